"""The Adjudicate page: one disagreement at a time, own score first, then what the others said.

Parameters: ``dataset``, ``case`` (its id), the filters ``model``, ``judge``, ``type`` and ``kind``,
``against`` (1: only where judges are against the verifier), and ``sample`` (an audit sample's id)
for scoring a random sample blind.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import streamlit as st

from annotator.domain.counting import noun
from annotator.domain.effects import Effect
from annotator.domain.records import Dataset
from annotator.domain.rights import may
from annotator.domain.spans import locate
from annotator.domain.standing import KINDS, steps
from annotator.errors import InvalidValue, NotFound
from annotator.services import adjudicating, auditing, deciding, retracting
from annotator.services.adjudicating import Opened, Wanted
from annotator.ui import state
from annotator.ui.adjudicate_keys import show_keys
from annotator.ui.components import marked
from annotator.ui.desk import show_picture
from annotator.ui.shell import choose_dataset, clock, literal, nothing_yet
from annotator.ui.verdicts import (
    points,
    scale,
    show_final,
    show_panel,
    show_said,
    show_stale,
)

NAMES: Final = ("model", "judge", "type", "kind")
KIND_NAMES: Final = {
    "judges": "judges differ",
    "verifier": "judge against rule",
    "human": "judge against person",
    "repeats": "judge against itself",
    "unparsed": "not readable",
}
MOST: Final = 5_000
AGAINST: Final = "Only where the judges are against what the rule says."


def show() -> None:
    """Show the case of the address, or the one whose decision would change most."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    sample_id = state.number("sample")
    if sample_id is not None:
        from annotator.ui.blind import show_sample

        show_sample(dataset, sample_id)
        return
    if not may(state.actor().role, "settle"):
        show_other_work(dataset)
        return
    wanted = wanted_now()
    opened = open_case(dataset, wanted)
    with st.container(key="desk"):
        show_top(dataset, wanted, opened)
        if opened is None:
            show_nothing(dataset, wanted)
            return
        show_stale(opened)
        left, right = st.columns([10, 9], gap="medium")
        with left, st.container(key="left"):
            show_answer(opened)
        with right, st.container(key="right"):
            show_case(dataset, wanted, opened)
    # Last: nobody who waits to see the case waits for a write to the disk.
    if not adjudicating.take(state.workspace(), actor=state.actor(), opened=opened):
        st.rerun()


def show_other_work(dataset: Dataset) -> None:
    """What somebody who may not decide can do here: score an audit sample blind."""
    st.info("Deciding disagreements is for reviewers.")
    show_mode(dataset)


def wanted_now() -> Wanted:
    """What the address asks for; what it cannot be asked is told and left out."""
    try:
        return Wanted(
            {name: tuple(st.query_params.get_all(name)) for name in NAMES},
            against_verifier=state.parameter("against") == "1",
        )
    except InvalidValue as fault:
        state.tell(f"The address asks for something unknown: {fault}")
        return Wanted()


def open_case(dataset: Dataset, wanted: Wanted) -> Opened | None:
    """The case of the address, or the first of the queue, which then is the address's."""
    case_id = state.number("case")
    look = partial(
        adjudicating.look,
        state.workspace(),
        actor=state.actor(),
        dataset_id=dataset.id,
        wanted=wanted,
    )
    try:
        found = look(case_id=case_id)
    except NotFound:
        state.tell("There is no such case here; this is the first that waits.")
        found = look()
    if found is not None and found.case.id != case_id:
        state.go(address(dataset, wanted, case=str(found.case.id)))
    return found


def address(dataset: Dataset, wanted: Wanted, **more: str) -> dict[str, Any]:
    """Parameters that lead back to a place of the queue."""
    filters = {name: list(values) for name, values in wanted.filters.items() if values}
    against = {"against": "1"} if wanted.against_verifier else {}
    return {"dataset": dataset.name, **filters, **against, **more}


def visit(dataset: Dataset, wanted: Wanted, case_id: int | None) -> None:
    """Open a case; the first that waits where None."""
    state.keep("adjudicate_panel", None)
    state.set_refused(None)
    more = {"case": str(case_id)} if case_id is not None else {}
    state.go(address(dataset, wanted, **more))


def show_nothing(dataset: Dataset, wanted: Wanted) -> None:
    """Why there is nothing to do."""
    if not adjudicating.choices_of(state.workspace(), dataset_id=dataset.id).raters:
        st.info(
            "Nobody has scored anything yet. Import models' answers and judges' replies on the "
            "Judges page, or with `annotator responses` and `annotator judge import`."
        )
        return
    filtered = any(wanted.filters.values()) or wanted.against_verifier
    more = " under these filters; widen them." if filtered else "."
    st.success(f"No disagreement waits{more}")
    st.button("Undo", shortcut="Z", key="undo", on_click=undo_last, args=(dataset, wanted))


def show_top(dataset: Dataset, wanted: Wanted, opened: Opened | None) -> None:
    """The way through the queue, and its filters."""
    before, after = (opened.before, opened.after) if opened else (None, None)
    with st.container(horizontal=True, key="top", vertical_alignment="center", gap="xsmall"):
        for label, shortcut, name, target in (
            ("◀", "K", "Previous", before),
            ("▶", "J", "Next", after),
        ):
            st.button(
                label,
                help=name,
                shortcut=shortcut,
                key=f"adjudicate-{name}",
                disabled=target is None,
                on_click=visit,
                args=(dataset, wanted, target),
            )
        st.button("Keys", shortcut="H", on_click=show_keys, key="keys")
        choose_dataset()
        count = opened.counted if opened else 0
        said = f"more than {MOST:,}" if count > MOST else f"{count:,}"
        st.caption(f"{said} open, by effect")
        show_filters(dataset, wanted)
        show_mode(dataset)


def show_mode(dataset: Dataset) -> None:
    """The way to the newest audit sample, or to drawing the first."""
    found = auditing.samples(state.workspace(), dataset_id=dataset.id)
    newest = found[0].id if found else 0
    st.button(
        "Audit sample" if found else "Audit sample…",
        icon=":material/casino:",
        key="to-sample",
        help="Score a random sample blind; only that corrects means.",
        on_click=state.go,
        args=({"dataset": dataset.name, "sample": str(newest)},),
    )


def show_filters(dataset: Dataset, wanted: Wanted) -> None:
    """The filters, and the most asked-for one as a toggle."""

    def toggled() -> None:
        against = bool(st.session_state["adjudicate-against"])
        visit(dataset, Wanted(wanted.filters, against_verifier=against), None)

    count = sum(1 for values in wanted.filters.values() if values)
    label = f"Filters ({count})" if count else "Filters"
    with st.popover(label, key="adjudicate-filters", on_change="rerun") as filters:
        if filters.open:
            show_choices(dataset, wanted)
    st.session_state["adjudicate-against"] = wanted.against_verifier
    st.toggle("against the rule", key="adjudicate-against", on_change=toggled, help=AGAINST)


def show_choices(dataset: Dataset, wanted: Wanted) -> None:
    """A multiselect per filter."""
    choices = adjudicating.choices_of(state.workspace(), dataset_id=dataset.id)
    options = {
        "model": choices.models,
        "judge": [str(rater.id) for rater in choices.judges],
        "type": dataset.rules.types,
        "kind": KINDS,
    }
    names = {
        "judge": {str(rater.id): rater.label for rater in choices.judges},
        "kind": KIND_NAMES,
    }

    def spoken(name: str, value: str) -> str:
        return literal(names.get(name, {}).get(value, value))

    def filtered() -> None:
        chosen = {name: tuple(st.session_state[f"adjudicate-{name}"]) for name in NAMES}
        visit(dataset, Wanted(chosen, against_verifier=wanted.against_verifier), None)

    for name in NAMES:
        chosen = list(wanted.of(name))
        key = f"adjudicate-{name}"
        st.session_state[key] = chosen
        st.multiselect(
            name.capitalize(),
            list(dict.fromkeys([*options[name], *chosen])),
            key=key,
            placeholder=f"any {name}",
            format_func=partial(spoken, name),
            on_change=filtered,
        )


def show_answer(opened: Opened) -> None:
    """Image, instruction with the component's words, and the response with the evidence."""
    left, right = st.columns([2, 3], gap="small")
    with left:
        show_picture(opened.item, opened.next_image, key="case-picture", height="31vh")
    with right:
        st.caption(
            f"Instruction of item {literal(opened.item.source_id)}"
            + (f" · {literal(opened.item.content.level)}" if opened.item.content.level else "")
        )
        show_instruction(opened)
    with st.container(border=True, key="response"):
        st.caption(f"Response of **{literal(opened.response.model)}**")
        show_response(opened)


def show_instruction(opened: Opened) -> None:
    """The instruction with the component's words."""
    instruction = opened.item.content.instruction
    spans = locate(opened.component.text, instruction).spans if opened.component else ()
    found = [{"start": s, "end": e, "kind": "component", "label": ""} for s, e in spans]
    marked(
        key="case-instruction",
        of=str(opened.case.id),
        label="Instruction",
        blocks=[{"text": instruction, "spans": found}],
        max_height="27vh",
        show_first=True,
    )


def show_response(opened: Opened) -> None:
    """The response; what the rules found is marked once one's own score is in."""
    if opened.response.text is None:
        st.warning(f"The model gave no answer: {literal(opened.response.error or '')}")
        return
    spans = []
    for tried in opened.verifier.tried if opened.verifier else ():
        kind = "fail" if tried["outcome"] == "fail" else "pass"
        spans += [
            {"start": start, "end": end, "kind": kind, "label": tried["reason"]}
            for start, end in tried["spans"]
        ]
    marked(
        key="case-response",
        of=str(opened.case.id),
        label=f"Response of {opened.response.model}",
        blocks=[{"text": opened.response.text, "spans": spans}],
        max_height="calc(100vh - 31vh - 230px)",
        show_first=True,
    )


def show_case(dataset: Dataset, wanted: Wanted, opened: Opened) -> None:
    """The component, one's own score, and what the others said after it."""
    show_component(opened)
    if opened.settled:
        show_settled(opened)
    if opened.held_by is not None:
        st.info(f"{opened.held_by} is deciding this one. J leads to the next.")
    choose = partial(decide, dataset, wanted, opened)
    if opened.revealed:
        show_said(opened, choose)
        show_panel(opened, choose, partial(flag, dataset, wanted, opened))
    with st.container(horizontal=True, key="actions", gap="xsmall", vertical_alignment="center"):
        if not opened.revealed:
            show_scores(
                opened.case.id, opened.possible, opened.held_by is not None, partial(give, opened)
            )
        else:
            show_final(opened, choose)
        st.button("Undo", shortcut="Z", key="undo", on_click=undo_last, args=(dataset, wanted))
        st.button("History", shortcut="L", key="history", on_click=panel, args=("history",))
    if state.kept("adjudicate_panel") == "history":
        show_history(dataset, opened)


def show_component(opened: Opened) -> None:
    """What is scored."""
    component = opened.component
    if component is None:
        st.markdown("**The whole answer**, against the accepted answers")
        st.text("\n".join(opened.item.content.answers) or "The item no longer has this component.")
        return
    with st.container(border=True):
        st.caption(
            f"Component {opened.number} · {literal(component.type)} · "
            f"{points(opened.possible)} {noun(opened.possible, 'point')}"
        )
        st.text(component.text)


def show_settled(opened: Opened) -> None:
    """The decision that stands."""
    found = opened.adjudication
    assert found is not None
    what = {
        "score": f"{points(found.awarded or 0)} of {points(found.possible)}",
        "undecidable": "undecidable",
        "flagged": "the component is at fault",
    }[found.outcome or "undecidable"]
    why = f": {literal(found.reason)}" if found.reason else ""
    st.success(f"{literal(opened.decided_by or '')} said {what}{why} ({clock(found.at)})")


def panel(name: str | None) -> None:
    """Open a small panel, or close it if it is open."""
    state.keep("adjudicate_panel", None if state.kept("adjudicate_panel") == name else name)


def show_scores(
    case_id: int, possible: float, disabled: bool, give_: Callable[[float], None]
) -> None:
    """Buttons from nothing to everything; their numbers are their keys, P and O the two ends."""
    with st.container(horizontal=True, key=scale(possible), gap="xsmall", width="content"):
        st.caption("Your score")
        for number, value in enumerate(steps(possible)):
            st.button(
                points(value),
                shortcut=str(number) if number < 10 else None,
                key=f"own-{case_id}-{number}",
                disabled=disabled,
                on_click=give_,
                args=(value,),
            )
    for label, shortcut, value in (("Pass", "P", possible), ("Fail", "O", 0.0)):
        st.button(
            label,
            shortcut=shortcut,
            key=f"own-{case_id}-{label}",
            disabled=disabled,
            on_click=give_,
            args=(value,),
        )


def save_id(opened: Opened, name: str) -> str:
    """A save's id: a doubled press is one save."""
    version = opened.adjudication.version if opened.adjudication else 0
    newest = opened.own.id if opened.own else 0
    return f"{state.tab()}-{opened.case.id}-{opened.case.stamp}-{newest}-{version}-{name}"[:64]


def give(opened: Opened, awarded: float) -> None:
    """Give one's own score."""
    state.attempt(
        lambda: deciding.score_own(
            state.workspace(),
            actor=state.actor(),
            case_id=opened.case.id,
            awarded=awarded,
            save_id=save_id(opened, "own"),
        )
    )


def decide(
    dataset: Dataset, wanted: Wanted, opened: Opened, choice: dict[str, Any], reason: str = ""
) -> None:
    """Say the final word, and open the next case."""
    version = opened.adjudication.version if opened.adjudication else None

    def save(at: int | None, handle: str | None) -> Any:
        return deciding.decide(
            state.workspace(),
            actor=state.actor(),
            case_id=opened.case.id,
            version=at,
            reason=reason,
            save_id=handle,
            **choice,
        )

    def again() -> Any:
        now = adjudicating.decision_of(state.workspace(), case_id=opened.case.id)
        done = save(now.version if now else None, None)
        finished(dataset, wanted, opened, done)
        return done

    said = "undecidable"
    if choice["outcome"] == "score":
        said = f"{points(choice['awarded'])} of {points(opened.possible)}"
    done = state.attempt(
        lambda: save(version, save_id(opened, "final")),
        item_id=opened.case.id,
        mine=f"{said}{f': {reason}' if reason else ''}",
        again=again,
    )
    if done is not None:
        finished(dataset, wanted, opened, done)


def flag(dataset: Dataset, wanted: Wanted, opened: Opened, kind: str, note: str) -> None:
    """Say that the component is at fault, and open the next case."""
    version = opened.adjudication.version if opened.adjudication else None
    done = state.attempt(
        lambda: deciding.flag_component(
            state.workspace(),
            actor=state.actor(),
            case_id=opened.case.id,
            version=version,
            kind=kind,
            note=note,
            save_id=save_id(opened, "flag"),
        ),
        said_late=True,
    )
    if done is not None:
        finished(dataset, wanted, opened, done)


def finished(dataset: Dataset, wanted: Wanted, opened: Opened, done: Effect) -> None:
    """Tell what it did, and go on."""
    state.keep("adjudicate_pending", None)
    state.tell(f"Saved. {done.sentence.rstrip('.')}. Z undoes it.", good=True)
    visit(dataset, wanted, opened.after)


@state.press
def undo_last(dataset: Dataset, wanted: Wanted) -> None:
    """Take back one's newest doing here, and go where it was done."""
    newest = adjudicating.own_events(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    if not newest:
        state.tell("There is nothing of yours to undo here.")
        return
    undo(dataset, wanted, newest[0].id)


def undo(dataset: Dataset, wanted: Wanted, event_id: int) -> None:
    """Take an event back, and go to its case."""
    case_id = state.attempt(
        lambda: retracting.undo(state.workspace(), actor=state.actor(), event_id=event_id)
    )
    if case_id is not None:
        state.tell("Taken back.", good=True)
        visit(dataset, wanted, case_id)


def show_history(dataset: Dataset, opened: Opened) -> None:
    """What happened to this case, newest first, each with its undo."""
    lines = adjudicating.log_of(state.workspace(), actor=state.actor(), case_id=opened.case.id)
    if not lines:
        st.caption("Nothing has happened to this case yet.")
    for event in lines:
        with st.container(horizontal=True, vertical_alignment="center", key=f"line-{event.id}"):
            st.text(
                f"{clock(event.at)}  {event.person} {adjudicating.sentence(event)}",
                width="stretch",
            )
            if event.undone_by is None:
                st.button(
                    "Redo" if event.undoes is not None else "Undo",
                    type="tertiary",
                    key=f"undo-{event.id}",
                    on_click=undo,
                    args=(dataset, Wanted(), event.id),
                )
