"""The history of an item: each event readable, any one undoable."""

from __future__ import annotations

import streamlit as st

from annotator.errors import UndoBlocked
from annotator.services import effects, history
from annotator.services.history import Line
from annotator.ui import state
from annotator.ui.shell import clock, literal

SHOWN = 30


def undo(event_id: int, item_id: int, with_later: bool = False) -> None:
    """Undo an event; where others stand on it, ask."""

    def attempt() -> None:
        try:
            history.undo(
                state.workspace(),
                actor=state.actor(),
                event_id=event_id,
                with_later=with_later,
                tab=state.tab(),
            )
            state.keep("blocked", None)
        except UndoBlocked as fault:
            state.keep("blocked", (item_id, event_id, fault.later))

    state.attempt(attempt, item_id=item_id)


def undo_group(group: str) -> None:
    """Take back what was done to many items together."""
    done = state.attempt(
        lambda: history.undo_group(state.workspace(), actor=state.actor(), group=group)
    )
    if done is not None:
        left = f"; {done['left']} have later changes and were left" if done["left"] else ""
        state.tell(f"Took back {done['undone']}{left}.", good=True)


def remember(page: str, *, item_id: int | None = None, group: str | None = None) -> None:
    """Keep what was settled last on a page: an item, or several in one group of events."""
    state.keep(f"{page}_last", (item_id, group))


def show_undo(page: str) -> None:
    """The button that takes back what was settled last on a page."""
    last = state.kept(f"{page}_last")
    st.button(
        "Undo",
        shortcut="Z",
        key="undo",
        on_click=undo_last,
        args=(page,),
        disabled=last is None,
        help="Takes back what you did last here.",
    )


def undo_last(page: str) -> None:
    """Take back what was settled last: a whole group, or one's newest change of the item."""
    item_id, group = state.kept(f"{page}_last")
    if group is not None:
        state.keep(f"{page}_last", None)
        undo_group(group)
        return
    undo_newest(item_id)


@state.press
def undo_newest(item_id: int) -> None:
    """Take back one's newest change of an item."""
    lines = history.of_item(state.workspace(), actor=state.actor(), item_id=item_id)
    event = history.last_undoable(lines, state.actor())
    if event is None:
        state.tell("There is nothing of yours to undo on this item.")
    else:
        undo(event.id, item_id)


def show_log(lines: list[Line], item_id: int) -> None:
    """The item's events, newest first."""
    show_blocked(lines, item_id)
    if not lines:
        st.caption("Nothing was done on this item yet.")
    done = effects.of_events(state.workspace(), event_ids=[o.event.id for o in lines[:SHOWN]])
    for line in lines[:SHOWN]:
        show_line(line, item_id)
        if line.event.id in done:
            st.caption(literal(f"Models: {done[line.event.id].sentence}"))
    if len(lines) > SHOWN:
        st.caption(f"{len(lines) - SHOWN} older changes")


def show_line(line: Line, item_id: int) -> None:
    """One event with its reason and its button."""
    event = line.event
    with st.container(
        horizontal=True, wrap=False, key=f"line-{event.id}", vertical_alignment="center"
    ):
        struck = " (undone)" if event.undone_by is not None else ""
        reason = f": “{event.reason}”" if event.reason else ""
        st.text(f"{clock(event.at)}  {line.sentence}{reason}{struck}", width="stretch")
        if line.undoable:
            st.button(
                "Redo" if line.takes_back else "Undo",
                key=f"undo-{event.id}",
                on_click=undo,
                args=(event.id, item_id),
                type="tertiary",
            )


def show_blocked(lines: list[Line], item_id: int) -> None:
    """Later changes stand on the one to be undone: undo them together, or leave it."""
    blocked = state.kept("blocked")
    if not blocked or blocked[0] != item_id:
        return
    _, event_id, later = blocked
    with st.container(border=True):
        st.markdown("**Later changes stand on this one:**")
        for line in lines:
            if line.event.id in later:
                st.text(f"{clock(line.event.at)}  {line.sentence}")
        with st.container(horizontal=True):
            st.button("Undo them together", on_click=undo, args=(event_id, item_id, True))
            st.button("Leave it", on_click=state.keep, args=("blocked", None))
