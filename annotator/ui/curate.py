"""The Curate page: annotations of an item side by side, and the draft of what is agreed.

Parameters: ``dataset``, ``stage`` (annotator.services.settling.STAGES), ``place`` (0-based in it),
or ``item`` (its id).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import streamlit as st

from annotator.domain.records import Dataset
from annotator.domain.vocabulary import VERDICTS
from annotator.errors import AnnotatorError
from annotator.services import history, settling
from annotator.services.settling import STAGES, Case
from annotator.ui import state
from annotator.ui.components import autosave, board
from annotator.ui.desk import ENVELOPE, occurrence, show_picture
from annotator.ui.gold import show_gold
from annotator.ui.log import remember, show_log, show_undo
from annotator.ui.opinions import show_opinions
from annotator.ui.rules import show_rule
from annotator.ui.shell import choose_dataset, literal, nothing_yet
from annotator.ui.talk import show_talk

VERDICT_KEYS: Final = dict(zip(VERDICTS, ("1", "2", "3"), strict=True))
SAYS: Final = {
    "differing": "differ",
    "agreeing": "agree",
    "in work": "in work",
    "settled": "settled",
    "gold": "gold",
}


def show() -> None:
    """Show the case of the address."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    counts = settling.stages(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    asked = state.parameter("stage")
    stage = asked if asked in STAGES else next((s for s in STAGES if counts[s]), STAGES[0])
    place = max(0, min(state.number("place") or 0, counts[stage] - 1))
    show_top(dataset, stage, place, counts)
    if state.kept("curate_panel") == "rule":
        show_rule(dataset, close=partial(panel, None))
        return
    case = case_of(dataset, stage, place)
    if case is None:
        show_nothing(dataset, stage)
        return
    with st.container(key="desk"):
        left, right = st.columns([7, 13], gap="medium")
        with left, st.container(key="left"):
            show_picture(case.item, key="curate-picture", height="var(--picture-height, 46vh)")
            show_remarks(case)
        with right, st.container(key="right"):
            show_case(case, partial(visit, dataset, stage), place, counts[stage])


def show_nothing(dataset: Dataset, stage: str) -> None:
    """Why there is nothing to curate."""
    if dataset.plan is None or not dataset.plan.shared:
        st.info(
            "Each item of this dataset has one annotator, so submitting is curating. "
            "Admin ▸ Queue gives items to several people."
        )
    else:
        st.info(f"No item here: {SAYS[stage]}.")


def case_of(dataset: Dataset, stage: str, place: int) -> Case | None:
    """The item of the address, or the one at the place."""
    item_id = state.number("item")
    workspace, actor = state.workspace(), state.actor()
    if item_id is not None:
        try:
            return settling.open_case(workspace, actor=actor, item_id=item_id)
        except AnnotatorError as fault:
            state.tell(str(fault))
            return None
    return settling.look(workspace, actor=actor, dataset_id=dataset.id, stage=stage, place=place)


def visit(dataset: Dataset, stage: str, place: int) -> None:
    """Go to a place of a stage."""
    state.keep("curate_panel", None)
    state.go({"dataset": dataset.name, "stage": stage, "place": str(max(0, place))})


def panel(name: str | None) -> None:
    """Open a panel, or close it if it is open."""
    state.keep("curate_panel", None if state.kept("curate_panel") == name else name)


def show_top(dataset: Dataset, stage: str, place: int, counts: dict[str, int]) -> None:
    """The way through a stage, and the stages."""
    total = counts[stage]
    with st.container(horizontal=True, key="top", vertical_alignment="center", gap="xsmall"):
        for label, shortcut, name, target in (
            ("◀", "K", "Previous", place - 1),
            ("▶", "J", "Next", place + 1),
        ):
            st.button(
                label,
                help=name,
                shortcut=shortcut,
                key=f"curate-{name}",
                disabled=not 0 <= target < total,
                on_click=visit,
                args=(dataset, stage, target),
            )
        choose_dataset()
        st.session_state["curate-stage"] = stage
        st.segmented_control(
            "Stage",
            STAGES,
            key="curate-stage",
            format_func=lambda name: f"{SAYS[name]} {counts[name]}",
            on_change=lambda: visit(dataset, st.session_state["curate-stage"] or stage, 0),
            label_visibility="collapsed",
        )
        st.button(
            "Settle what agrees…", shortcut="B", key="curate-rule", on_click=panel, args=("rule",)
        )
        show_undo("curate")
        st.caption(f"{place + 1 if total else 0} of {total}")


def show_remarks(case: Case) -> None:
    """Who has not submitted, flags, findings, and why a settled item is open again."""
    if case.before:
        st.warning(f"This was settled. {literal(case.before)}.", icon=":material/lock_open:")
    if case.waiting:
        st.caption(f"Not submitted yet: {literal(', '.join(case.waiting))}")
    for flag, name in case.flags:
        note = f": {flag.note}" if flag.note else ""
        st.text(f"⚑ {flag.kind}{note} ({flag.state}) {name}")
    for finding in case.findings:
        st.text(f"! {finding.message}")


def show_case(case: Case, go: Callable[[int], None], place: int, total: int) -> None:
    """Opinions, the draft, and what can be done."""
    st.markdown(
        f"**{literal(case.dataset.name)} ▸ {literal(case.item.source_id)}** · revision "
        f"{case.item.revision} · {case.item.verdict or 'not settled'} · rule: "
        f"{literal(case.decision.why)}"
    )
    if case.opinions:
        show_opinions(case, take_one=partial(take_one, case), take=partial(take, case))
    else:
        st.caption("Nobody has submitted this item.")
    st.caption("What will be agreed: what you took, and what you write yourself")
    show_board(case)
    autosave(
        key="curate-reason",
        data={
            "item_id": case.item.id,
            "person": shelf(),
            "tab": state.tab(),
            "version": case.draft.version,
            "field": "note",
            "text": case.draft.reason,
            "label": "Reason",
            "placeholder": "Needed where people differ, and to drop an item.",
            "rows": 1,
            "save_url": "/api/curation",
            "readonly": False,
        },
    )
    show_actions(case, go, place, total)
    if state.kept("curate_panel") == "talk":
        show_talk(case.item.id)
    if state.kept("curate_panel") == "gold":
        show_gold(case.item, case.draft.content, case.draft.verdict, case.draft.reason)
    if state.kept("curate_panel") == "history":
        show_log(
            history.of_item(state.workspace(), actor=state.actor(), item_id=case.item.id),
            case.item.id,
        )


def shelf() -> str:
    """Under which name the browser keeps unsaved texts: apart from those of one's annotation."""
    return f"curation by {state.actor().name}"


def show_board(case: Case) -> None:
    """The draft's instruction, components and weights, to be edited."""
    content, dataset = case.draft.content, case.dataset
    types = [*dataset.rules.types, *sorted(dataset.rules.extra_types - set(dataset.rules.types))]
    board(
        key="curate-board",
        on_op=partial(handle, case),
        data={
            "item_id": case.item.id,
            "tab": state.tab(),
            "version": case.draft.version,
            "person": shelf(),
            "save_url": "/api/curation",
            "readonly": False,
            "target": dataset.target,
            "instruction": content.instruction,
            "types": types,
            "components": [
                {
                    "key": component.key,
                    "number": number,
                    "text": component.text,
                    "type": component.type,
                    "weight": component.weight,
                    "method": component.judge_method,
                    "locked": False,
                    **occurrence(component.text, content.instruction),
                }
                for number, component in enumerate(content.components, 1)
            ],
            "findings": [],
            "selected": None,
        },
    )


def handle(case: Case, op: dict[str, Any]) -> int | None:
    """Do what the board asks; returns the draft's new version where it was saved."""
    if op["op"] in ("refresh", "select", "details", "lock", "mend", "dismiss"):
        return None
    change = {name: value for name, value in op.items() if name not in ENVELOPE}
    if change["op"] == "add_component" and change.get("text") == "":
        change["text"] = "new component"
    made = state.attempt(
        lambda: settling.edit(
            state.workspace(),
            actor=state.actor(),
            item_id=int(op["item_id"]),
            version=int(op["version"]),
            edits=[change],
        )
    )
    return made.version if made is not None else None


def take_one(case: Case, person_id: int) -> None:
    """Take one annotator's opinion whole."""
    state.attempt(
        lambda: settling.take_one(
            state.workspace(),
            actor=state.actor(),
            item_id=case.item.id,
            version=case.draft.version,
            person_id=person_id,
        )
    )


def take(case: Case, path: str, person_id: int) -> None:
    """Take one part from one annotator, or from what stands."""
    state.attempt(
        lambda: settling.take(
            state.workspace(),
            actor=state.actor(),
            item_id=case.item.id,
            version=case.draft.version,
            path=path,
            person_id=person_id,
        )
    )


def show_actions(case: Case, go: Callable[[int], None], place: int, total: int) -> None:
    """Verdict, settle, start anew, history."""
    base = f"{case.item.id}-{case.draft.version}"
    with st.container(horizontal=True, key="actions", gap="xsmall"):
        for verdict, shortcut in VERDICT_KEYS.items():
            st.button(
                verdict.capitalize(),
                shortcut=shortcut,
                type="primary" if case.draft.verdict == verdict else "secondary",
                key=f"curate-{verdict}-{case.item.id}",
                on_click=set_verdict,
                args=(case, verdict),
            )
        st.button(
            "Settle",
            shortcut="Ctrl+Enter",
            icon=":material/check:",
            key=f"settle-{case.item.id}",
            on_click=settle,
            args=(case, go, place, total),
        )
        st.button(
            "Begin anew",
            shortcut="D",
            key=f"anew-{base}",
            on_click=discard,
            args=(case.item.id,),
        )
        target = case.dataset.target
        if target is not None and case.draft.content.components:
            st.button(
                f"Make it {target}",
                shortcut="N",
                key=f"sum-{base}",
                on_click=make_sum,
                args=(case, target),
            )
        st.button("Comments", shortcut="L", key="curate-talk", on_click=panel, args=("talk",))
        st.button("Answer…", shortcut="V", key="curate-gold", on_click=panel, args=("gold",))
        st.button("History", shortcut="P", key="curate-history", on_click=panel, args=("history",))


def set_verdict(case: Case, verdict: str) -> None:
    """Set the draft's verdict, or clear it when it is pressed again."""
    state.attempt(
        lambda: settling.set_verdict(
            state.workspace(),
            actor=state.actor(),
            item_id=case.item.id,
            version=case.draft.version,
            verdict=None if case.draft.verdict == verdict else verdict,
        )
    )


@state.press
def settle(case: Case, go: Callable[[int], None], place: int, total: int) -> None:
    """Make the draft the agreed state, and go on."""
    workspace, actor = state.workspace(), state.actor()
    # The reason may have been saved since this was drawn; what else is in the draft may not.
    now = settling.open_case(workspace, actor=actor, item_id=case.item.id)
    drawn, stands = case.draft, now.draft
    same = (drawn.content, drawn.verdict) == (stands.content, stands.verdict)
    version = stands.version if same else drawn.version
    done = state.attempt(
        lambda: settling.settle(
            workspace,
            actor=actor,
            item_id=case.item.id,
            version=version,
            revision=case.item.revision,
            save_id=f"{state.tab()}-settle-{case.item.id}-{case.item.revision}-{version}",
        )
    )
    if done is not None:
        remember("curate", item_id=case.item.id)
        state.tell(f"Settled as revision {done}.", good=True)
        go(min(place, max(0, total - 2)))


def make_sum(case: Case, target: float) -> None:
    """Scale the draft's weights to the sum that the dataset asks for."""
    state.attempt(
        lambda: settling.edit(
            state.workspace(),
            actor=state.actor(),
            item_id=case.item.id,
            version=case.draft.version,
            edits=[{"op": "normalise_weights", "target": target, "locked": []}],
        )
    )


def discard(item_id: int) -> None:
    """Throw the draft away."""
    state.attempt(lambda: settling.discard(state.workspace(), actor=state.actor(), item_id=item_id))
