"""Both sides of two states that moved apart, and the person's choice between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from annotator.domain.items import ItemContent
from annotator.domain.merging import Difference, compare, component_names, united_names
from annotator.services.annotate import Desk
from annotator.ui import desk as desks
from annotator.ui import state
from annotator.ui.shell import literal


def show_refusal(desk: Desk) -> None:
    """A save that came too late: what it was, what changed meanwhile, and the choice."""
    show_late(
        desk.item.id,
        "What changed there meanwhile",
        lambda: desks.what_changed(desk) or "nothing that you could see",
    )


def show_late(item_id: int, title: str, there: Callable[[], str]) -> None:
    """The save of this item (or case) that came too late, if one did: both sides, and the choice.

    Args:
        title: what the other side is called.
        there: the other side in words.
    """
    refusal = state.refused()
    if refusal is None or refusal.item_id != item_id:
        return

    def mine() -> None:
        state.set_refused(None)
        if refusal.again is not None:
            state.attempt(refusal.again, item_id=item_id, mine=refusal.mine)

    with st.container(border=True, key="refusal"):
        st.markdown(f":material/sync_problem: **Not saved.** {literal(refusal.said)}")
        left, right = st.columns(2)
        with left:
            st.caption("Yours, not saved")
            st.text(refusal.mine or "the same as there")
        with right:
            st.caption(title)
            st.text(there())
        with st.container(horizontal=True):
            st.button("Save mine on top", on_click=mine, disabled=refusal.again is None)
            st.button("Leave it as it is there", on_click=state.set_refused, args=(None,))


def show_moved(desk: Desk, base: ItemContent, settle: Callable[[list[str]], None]) -> bool:
    """The curation moved on under a draft: choose per difference. True where that is so."""
    if desk.moved_by is None:
        return False
    with st.container(border=True, key="moved"):
        st.markdown(
            ":material/call_split: **The curation moved on under your draft.** "
            "Choose what you want of each side; nothing of either is lost, both are in the history."
        )
        found = compare(base, desk.content, desk.item.content)
        choose_sides(found, desk.content, desk.item.content, settle, ("Mine", "Theirs"))
    return True


def choose_sides(
    found: Sequence[Difference],
    ours: ItemContent,
    theirs: ItemContent,
    settle: Callable[[list[str]], None],
    names: tuple[str, str],
) -> None:
    """A line per difference with both values, nothing chosen beforehand, and one button."""
    numbers = united_names(ours, theirs)
    chosen: dict[str, str | None] = {}
    for column, text in zip(st.columns([2, 4, 4, 3]), ("", *names, ""), strict=True):
        column.caption(text)
    for difference in found:
        columns = st.columns([2, 4, 4, 3], vertical_alignment="center")
        columns[0].text(path_name(difference.path, numbers))
        columns[1].text(side_text(difference, difference.ours, ours))
        columns[2].text(side_text(difference, difference.theirs, theirs))
        with columns[3]:
            chosen[difference.path] = st.segmented_control(
                f"Which side of {path_name(difference.path, numbers)}",
                names,
                key=f"side-{difference.path}-{hash((ours, theirs))}",
                label_visibility="collapsed",
            )

    def all_of(name: str) -> list[str]:
        return [d.path for d in found] if name == names[1] else []

    with st.container(horizontal=True):
        st.button(
            "Save this choice",
            type="primary",
            disabled=not all(chosen.values()),
            on_click=lambda: settle([p for p, side in chosen.items() if side == names[1]]),
        )
        for name in names:
            st.button(f"All {name.lower()}", on_click=lambda name=name: settle(all_of(name)))


def path_name(path: str, numbers: dict[str, int]) -> str:
    """A path as people say it."""
    if path == "order":
        return "components"
    if not path.startswith("c/"):
        return path
    _, key, name = path.split("/")
    return f"{name.replace('_', ' ')} of component {numbers.get(key, '?')}"


def side_text(difference: Difference, value: object, content: ItemContent) -> str:
    """One side's value as text; the components by their numbers and texts."""
    if difference.path == "order":
        names = component_names(content)
        return "\n".join(f"{names[c.key]}. {c.text}" for c in content.components)
    return "none" if value in (None, "", []) else str(value)
