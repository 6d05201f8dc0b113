"""The Annotate page.

Parameters: ``dataset``, ``item`` (its id) and a view as on Browse, through which previous and next
lead. Keys stand on their controls; the sheet (H) lists them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import streamlit as st

from annotator.domain.records import Dataset
from annotator.domain.rights import may
from annotator.domain.vocabulary import VERDICTS
from annotator.errors import NotFound
from annotator.services import annotate, assigning, browsing, datasets, history
from annotator.services.annotate import Desk
from annotator.services.browsing import View, Way
from annotator.services.saving import Shown
from annotator.services.workspace import at_once
from annotator.ui import desk as desks
from annotator.ui import state
from annotator.ui.components import autosave
from annotator.ui.effects import show_what_would_change
from annotator.ui.focus import focus
from annotator.ui.gold import show_gold
from annotator.ui.guidelines import guidelines_button, show_guidelines, show_lesson
from annotator.ui.keys import show_keys
from annotator.ui.log import show_log, undo, undo_newest
from annotator.ui.panels import panel, show_flags, show_image_upload, show_jump, show_panel
from annotator.ui.shell import choose_dataset, clock, literal, nothing_yet
from annotator.ui.sides import show_moved, show_refusal
from annotator.ui.talk import show_talk

VERDICT_KEYS: Final = dict(zip(VERDICTS, ("1", "2", "3"), strict=True))
VERDICT_HELP: Final = {
    "keep": "The item is right as it stands.",
    "fix": "The item is right with your edits.",
    "drop": "The item cannot be saved; say why in the note.",
}


def show() -> None:
    """Show the item of the address, or the first one that waits."""
    view = state.current_view()
    item_id = state.number("item")
    if item_id is None:
        item_id = first_item(view)
    if item_id is None:
        return
    workspace, actor = state.workspace(), state.actor()
    try:
        with at_once(workspace):
            every = datasets.everything(workspace)
            desk = annotate.open_item(workspace, actor=actor, item_id=item_id)
            way = browsing.way(
                workspace, actor=actor, dataset_id=desk.dataset.id, item_id=item_id, view=view
            )
            handed_in = submitted(desk.dataset)
    except NotFound:
        st.error("There is no such item.")
        return
    with st.container(key="desk"):
        show_top(desk, view, way, every, handed_in)
        show_refusal(desk)
        left, right = st.columns([9, 11], gap="medium")
        with left, st.container(key="left"):
            desks.show_picture(desk.item, way.next_image)
            show_image_upload(desk)
        with right, st.container(key="right"):
            show_work(desk, view, way)
    desks.remember_shown(desk)


def first_item(view: View) -> int | None:
    """Where this person should begin, from now on in the address; None is told."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return None
    if dataset.plan is not None:
        found = next_of_queue(dataset)
    else:
        found = browsing.first(
            state.workspace(), actor=state.actor(), dataset_id=dataset.id, view=view
        )
    if found is not None:
        state.go(state.address(dataset, view, item=str(found)))
    elif dataset.plan is not None:
        st.info(
            literal(
                assigning.why_nothing(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
            )
        )
    else:
        st.info("Nothing in this view. Widen it on the Browse page.")
    return found


def next_of_queue(dataset: Dataset, after: int = 0) -> int | None:
    """This person's next item of a planned dataset, kept for them from now on."""
    found = state.attempt(
        lambda: assigning.take_next(
            state.workspace(), actor=state.actor(), dataset_id=dataset.id, after=after
        )
    )
    return found if isinstance(found, int) else None


def move(dataset: Dataset, view: View, item_id: int | None) -> None:
    """Open another item."""
    if item_id is None:
        state.tell("That was the last one.", good=True)
        return
    state.keep("panel", None)
    state.set_refused(None)
    state.go(state.address(dataset, view, item=str(item_id)))


def show_top(desk: Desk, view: View, way: Way, every: Sequence[Dataset], handed_in: int) -> None:
    """Where we are, how far along, and the way on."""
    near = way.neighbours
    to = partial(move, desk.dataset, view)
    with st.container(horizontal=True, key="top", vertical_alignment="center", gap="xsmall"):
        for label, shortcut, name, target in (
            ("◀", "K", "Previous", near.before),
            ("▶", "J", "Next", near.after),
        ):
            st.button(
                label,
                help=name,
                shortcut=shortcut,
                on_click=to,
                args=(target,),
                disabled=target is None,
                key=name.lower(),
            )
        st.button("Jump", shortcut="G", on_click=panel, args=("jump",), key="jump")
        st.button("Keys", shortcut="H", on_click=show_keys, key="keys")
        guidelines_button(desk)
        choose_dataset(every)
        st.markdown(f"**{literal(desk.dataset.name)} ▸ {literal(desk.item.source_id)}**")
        place = "outside this view" if near.place is None else f"{near.place + 1} of {near.total}"
        filtered = " · filtered" if browsing.address_of(view) else ""
        st.caption(f"{place}{filtered} · {handed_in} submitted by you")
        show_state(desk)
    if state.kept("panel") == "jump":
        show_jump(desk, to)


def show_state(desk: Desk) -> None:
    """What is saved, and what stands."""
    annotation = desk.annotation
    words = {"curated": f"curated: {desk.item.verdict}", "open": "open", "draft": "in work"}
    said = words[desk.item.status]
    if desk.seat and desk.seat.mine and desk.seat.mine.state == "submitted":
        said = "submitted" if desk.item.verdict is None else said
    if annotation and annotation.status == "draft":
        said = f"your draft, saved {clock(annotation.updated_at)}"
    st.caption(f"{said} · {literal(state.actor().name)}")


def submitted(dataset: Dataset) -> int:
    """How many items of the dataset the person has handed in; counted once, then kept up."""
    dataset_id, count = state.kept("submitted") or (0, 0)
    if dataset_id != dataset.id:
        count = datasets.submitted_by(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
        state.keep("submitted", (dataset.id, count))
    return count


def show_work(desk: Desk, view: View, way: Way) -> None:
    """The board and, below it, everything that is decided on this item."""

    def settle(take_theirs: list[str]) -> None:
        state.attempt(
            lambda: annotate.take_sides(
                state.workspace(),
                actor=state.actor(),
                item_id=desk.item.id,
                shown=desks.shown_now(desk),
                take_theirs=take_theirs,
            ),
            item_id=desk.item.id,
        )

    show_guidelines(desk)
    show_lesson(desk)
    moved = show_moved(desk, desk.item.content, settle)
    desks.show_board(desk, on_details=lambda: state.keep("panel", "details"))
    show_tools(desk)
    show_panel(desk)
    if state.kept("panel") == "skip":
        show_skip_form(desk, view)
    if state.kept("panel") == "talk":
        show_talk(desk.item.id)
    if state.kept("panel") == "gold":
        show_gold(desk.item, desk.content, desk.verdict, desk.note)
    show_flags(desk)
    if desk.blind:
        st.caption("Several people look at this item: findings are shown when you have submitted.")
    autosave(
        key="note",
        data={
            "item_id": desk.item.id,
            "person": state.actor().name,
            "tab": state.tab(),
            "version": desk.version,
            "field": "note",
            "text": desk.note,
            "label": "Note",
            "placeholder": "Why? Needed to drop an item; goes into the release's changes.",
            "rows": 1,
            "save_url": "/api/draft",
            "readonly": False,
        },
    )
    show_verdict(desk, view, way, moved)
    show_what_would_change(desk)
    if state.kept("panel") == "history":
        lines = history.of_item(state.workspace(), actor=state.actor(), item_id=desk.item.id)
        show_log(lines, desk.item.id)


def act(desk: Desk, name: str, action: Callable[[Shown], Any], mine: str) -> None:
    """Do something to the draft; the save's id makes a doubled press one save."""
    item_id = desk.item.id
    shown = desks.shown_now(desk, f"{state.tab()}-{item_id}-{desk.version}-{name}")

    def again() -> None:
        workspace, actor = state.workspace(), state.actor()
        action(desks.shown_now(annotate.open_item(workspace, actor=actor, item_id=item_id)))

    state.attempt(lambda: action(shown), item_id=item_id, mine=mine, again=again)


def edit(desk: Desk, name: str, edits: desks.Edits, reason: str | None = None) -> None:
    """Apply edits from a button."""
    shown = desks.shown_now(desk, f"{state.tab()}-{desk.item.id}-{desk.version}-{name}")
    desks.save_edits(desk.item.id, shown, edits, desk, reason=reason)


def key_of(desk: Desk, name: str) -> str:
    """A control's key: of this item, so that a late press never reaches the next one."""
    return f"{name}-{desk.item.id}"


def show_tools(desk: Desk) -> None:
    """Weights, findings, flags, details: one line of buttons."""
    target = desk.dataset.target
    keys = desks.locked(desk.item.id)
    finding = desk.findings[0] if desk.findings else None
    mend = next((f for f in desk.findings if f.mends), None)
    with st.container(horizontal=True, key="tools", gap="xsmall"):
        if target is not None and desk.content.components:
            for label, shortcut, op in (
                (f"Make it {target}", "N", "normalise_weights"),
                ("Equal", "E", "equalise_weights"),
            ):
                edits = [{"op": op, "target": target, "locked": keys}]
                st.button(
                    label,
                    shortcut=shortcut,
                    key=key_of(desk, op),
                    on_click=edit,
                    args=(desk, op, edits),
                )
        if mend is not None:
            st.button(
                "Mend",
                shortcut="M",
                key=key_of(desk, "mend-now"),
                help=f"{literal(mend.message)} → {literal(mend.mends[0].label)}",
                on_click=edit,
                args=(desk, "mend", mend.mends[0].edits, mend.message),
            )
        if finding is not None:
            st.button(
                "Dismiss…",
                shortcut="X",
                key=key_of(desk, "dismiss-now"),
                on_click=state.keep,
                args=("dismissing", (desk.item.id, finding.fingerprint)),
            )
        st.button("Flag…", shortcut="F", on_click=panel, args=("flag",), key="flag")
        st.button("Details…", shortcut="D", on_click=panel, args=("details",), key="details")
        st.button("Test…", shortcut="Q", on_click=panel, args=("tester",), key="tester")
        st.button("History", shortcut="P", on_click=panel, args=("history",), key="history")
        st.button("Comments", shortcut="L", on_click=panel, args=("talk",), key="talk-open")
        if may(state.actor().role, "set gold"):
            st.button("Answer…", shortcut="V", on_click=panel, args=("gold",), key="gold")


def show_verdict(desk: Desk, view: View, way: Way, moved: bool) -> None:
    """Verdict, submit, skip, undo: always in sight."""
    with st.container(horizontal=True, key="actions", gap="xsmall"):
        for verdict, shortcut in VERDICT_KEYS.items():
            st.button(
                verdict.capitalize(),
                shortcut=shortcut,
                help=VERDICT_HELP[verdict],
                type="primary" if desk.verdict == verdict else "secondary",
                key=key_of(desk, verdict),
                on_click=set_verdict,
                args=(desk, verdict),
            )
        st.button(
            "Submit and next",
            shortcut="Ctrl+Enter",
            icon=":material/check:",
            key=key_of(desk, "submit"),
            on_click=submit,
            args=(desk, view, way),
            disabled=moved,
        )
        show_skip(desk, view, way)
        st.button("Undo", shortcut="Z", key="undo", on_click=undo_newest, args=(desk.item.id,))
        st.button("Redo", shortcut="Y", key="redo", on_click=redo_last, args=(desk.item.id,))


def show_skip(desk: Desk, view: View, way: Way) -> None:
    """Go on without submitting; who has a place at the item says why, and gives it back."""
    mine = desk.seat.mine if desk.seat else None
    if mine is not None and mine.state in ("dealt", "leased"):
        trial = desk.seat is not None and desk.seat.purpose == "qualifying"
        if trial and desk.item.verdict is None:
            said = "A qualification item cannot be skipped."
            st.button("Skip…", shortcut="S", key="skip", disabled=True, help=said)
            return
        st.button("Skip…", shortcut="S", key="skip", on_click=panel, args=("skip",))
        return
    st.button(
        "Skip",
        shortcut="S",
        key="skip",
        on_click=move,
        args=(desk.dataset, view, way.next_open or way.neighbours.after),
    )


def show_skip_form(desk: Desk, view: View) -> None:
    """Ask why somebody cannot judge this item."""
    key = f"skip-reason-{desk.item.id}"

    def skip() -> None:
        def action() -> bool:
            assigning.skip(
                state.workspace(),
                actor=state.actor(),
                item_id=desk.item.id,
                reason=st.session_state[key],
            )
            return True

        if state.attempt(action):
            move(desk.dataset, view, next_of_queue(desk.dataset, desk.item.id))

    with st.form(f"form-{key}", border=False):
        st.text_input("Why can you not judge this item? It goes to somebody else.", key=key)
        st.form_submit_button("Skip it", on_click=skip)
    focus(key)


def set_verdict(desk: Desk, verdict: str) -> None:
    """Set the verdict, or clear it when it is pressed again."""
    wanted = None if desk.verdict == verdict else verdict

    def action(shown: Shown) -> None:
        annotate.set_verdict(
            state.workspace(),
            actor=state.actor(),
            item_id=desk.item.id,
            shown=shown,
            verdict=wanted,
        )

    act(desk, f"verdict-{wanted}", action, f"verdict {wanted}")


def submit(desk: Desk, view: View, way: Way) -> None:
    """Hand in, and open the next item that waits."""
    shown = desks.shown_now(desk, f"{state.tab()}-{desk.item.id}-{desk.version}-submit")
    done = state.attempt(
        lambda: annotate.submit(
            state.workspace(), actor=state.actor(), item_id=desk.item.id, shown=shown
        ),
        item_id=desk.item.id,
        mine=f"submit: {desk.verdict}",
    )
    if done is None:
        return
    state.keep("submitted", None)
    if desk.seat and desk.seat.purpose == "qualifying" and desk.lesson is None:
        # What was expected is shown first; the next press goes on.
        return
    if desk.dataset.plan is not None:
        following = next_of_queue(desk.dataset, desk.item.id)
        if following is None:
            state.tell("Nothing waits for you any more. Thank you.", good=True)
        else:
            move(desk.dataset, view, following)
        return
    if way.next_open is None:
        state.tell("Nothing waits any more: every item of this view is curated.", good=True)
        return
    move(desk.dataset, view, way.next_open)


@state.press
def redo_last(item_id: int) -> None:
    """Bring back what was undone last."""
    lines = history.of_item(state.workspace(), actor=state.actor(), item_id=item_id)
    event = history.last_redoable(lines, state.actor())
    if event is None:
        state.tell("There is nothing to redo.")
    else:
        undo(event.id, item_id)
