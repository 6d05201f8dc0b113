"""Known answers: of one item (Annotate, Curate) or of a whole view (Browse)."""

from __future__ import annotations

import uuid
from typing import Final

import streamlit as st

from annotator.domain.counting import counted
from annotator.domain.items import ItemContent
from annotator.domain.records import Dataset, Item
from annotator.domain.vocabulary import VERDICTS
from annotator.services import gold
from annotator.services.browsing import View
from annotator.services.gold import KNOWN
from annotator.ui import state
from annotator.ui.focus import focus
from annotator.ui.log import undo_group
from annotator.ui.queue import ids_of

MOST_AT_ONCE: Final = 500


def purpose_of(name: str) -> str:
    """A purpose with what it means."""
    return f"{name}: {KNOWN[name]}"


def show_gold(item: Item, content: ItemContent, verdict: str | None, note: str) -> None:
    """Make what is on the page the known answer to its item, or forget the one there is."""
    known = gold.of_item(state.workspace(), actor=state.actor(), item_id=item.id)
    key = f"gold-{item.id}"

    def keep() -> None:
        def action() -> bool:
            gold.set_gold(
                state.workspace(),
                actor=state.actor(),
                item_id=item.id,
                verdict=st.session_state[f"{key}-{verdict}"] or "",
                content=content,
                note=st.session_state[f"{key}-why"],
                purpose=st.session_state[f"{key}-purpose"],
            )
            return True

        if state.attempt(action):
            close()
            state.tell("Kept as the known answer.", good=True)

    def forget() -> None:
        state.attempt(
            lambda: gold.forget_gold(state.workspace(), actor=state.actor(), item_id=item.id)
        )
        close()

    with st.form(f"form-{key}"):
        if known is None:
            st.text("The known answer will be what stands here.")
        else:
            st.text(f"This is a known answer: {known.verdict}; {purpose_of(known.purpose)}.")
        # Who is none of the annotators has no verdict of their own here.
        st.segmented_control("Verdict", VERDICTS, default=verdict, key=f"{key}-{verdict}")
        st.selectbox(
            "What it is for",
            list(KNOWN),
            list(KNOWN).index(known.purpose) if known else 0,
            format_func=purpose_of,
            key=f"{key}-purpose",
        )
        st.text_input(
            "Why is this the answer? Annotators read it afterwards.",
            known.note if known else note,
            key=f"{key}-why",
        )
        with st.container(horizontal=True):
            st.form_submit_button("Keep this answer", type="primary", on_click=keep)
            if known is not None:
                st.form_submit_button("Forget the answer", on_click=forget)
    focus(f"{key}-why")


def close() -> None:
    """Close the panel on whichever page it is."""
    state.keep("panel", None)
    state.keep("curate_panel", None)


def show_many(dataset: Dataset, view: View, total: int) -> None:
    """Give the items of a view the same known verdict, from Browse."""
    number = min(total, MOST_AT_ONCE)

    def keep() -> None:
        group = uuid.uuid4().hex

        def action() -> dict[str, int]:
            return gold.set_many(
                state.workspace(),
                actor=state.actor(),
                item_ids=ids_of(dataset, view, MOST_AT_ONCE),
                verdict=st.session_state["many-verdict"] or "",
                note=st.session_state["many-why"],
                purpose=st.session_state["many-purpose"],
                group=group,
            )

        told = state.attempt(action)
        if told is not None:
            left = counted(told["left"], "is settled already", "are settled already")
            more = f"; {left}" if told["left"] else ""
            have = counted(told["set"], "item has", "items have")
            state.tell(f"{have} a known answer{more}.", good=True)
            state.keep("gold_group", group if told["set"] else None)

    with st.form("gold-many", border=False):
        st.segmented_control("Verdict, each item as it stands", VERDICTS, key="many-verdict")
        st.radio("What they are for", list(KNOWN), format_func=purpose_of, key="many-purpose")
        st.text_input("Why? Annotators read it afterwards.", key="many-why")
        st.form_submit_button(f"Keep it for {counted(number, 'item')} of this view", on_click=keep)
    if group := state.kept("gold_group"):
        st.button("Take the last answers back", key="gold-undo", on_click=take_back, args=(group,))


def take_back(group: str) -> None:
    """Take back what was kept for a whole view."""
    state.keep("gold_group", None)
    undo_group(group)
