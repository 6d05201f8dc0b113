"""Pairs of answers side by side: accepted or refused before they go into a release."""

from __future__ import annotations

from typing import Final

import streamlit as st

from annotator.domain.records import Dataset
from annotator.services.release import pairing
from annotator.services.release.pairing import Offered, Shown
from annotator.ui import state
from annotator.ui.shell import literal

STATES: Final = ("waiting", "accepted", "refused", "left out")


def show(dataset: Dataset) -> None:
    """The first pair that waits, and how many were decided."""
    found = pairing.offered(state.workspace(), actor=state.actor(), dataset=dataset)
    if not found:
        st.info(
            "No pairs yet. They follow from final scores: two answers to one item, of which one "
            "follows a component that the other breaks."
        )
        return
    counts = {name: sum(1 for offer in found if offer.state == name) for name in STATES}
    named = st.segmented_control(
        "Pairs",
        [name for name in STATES if name != "left out" or counts[name]],
        default="waiting",
        format_func=lambda name: f"{name} {counts[name]}",
        label_visibility="collapsed",
        key=f"pairs-{dataset.id}",
    )
    chosen = [offer for offer in found if offer.state == (named or "waiting")]
    if not chosen:
        st.info("None here.")
        return
    at = state.kept("pair", 0) % len(chosen)
    show_pair(dataset, chosen, at)


def show_pair(dataset: Dataset, chosen: list[Offered], at: int) -> None:
    """One pair with its keys."""
    shown = pairing.look_at(state.workspace(), actor=state.actor(), offer=chosen[at])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Previous", shortcut="K", key="pair-back", on_click=turn, args=(at - 1,))
        st.button("Next", shortcut="J", key="pair-on", on_click=turn, args=(at + 1,))
        for label, key, decision in (("Accept", "A", "accepted"), ("Refuse", "X", "refused")):
            st.button(
                label,
                shortcut=key,
                key=f"pair-{decision}",
                disabled=chosen[at].state in (decision, "left out"),
                on_click=decide,
                args=(dataset, chosen[at], decision),
            )
        st.caption(f"{at + 1} of {len(chosen)}")
    show_sides(shown)


def show_sides(shown: Shown) -> None:
    """The item, what the pair is about, and both answers."""
    content, pair = shown.item.content, shown.offered.pair
    picture, text = st.columns([1, 3])
    if shown.item.image:
        picture.html(
            f'<img src="/image/{shown.item.image.sha256}?size=thumb" alt="the image" '
            'style="max-width: 100%">'
        )
    with text:
        st.caption(f"Item {literal(shown.item.source_id)}")
        if pair_is_old(shown):
            st.caption("The item was reworded since; this is the instruction that both answer.")
        st.text(shown.offered.prompt or content.instruction)
        if shown.offered.why:
            st.warning(f"Left out: {shown.offered.why}.", icon=":material/help:")
        for component in content.components:
            if component.key in pair.component_keys:
                number = content.number(component.key)
                st.text(f"Chosen follows, rejected breaks: {number}. {component.text}")
    left, right = st.columns(2)
    for column, title, answer in (
        (left, "Chosen", shown.chosen),
        (right, "Rejected", shown.rejected),
    ):
        with column, st.container(border=True):
            st.caption(f"{title}: {literal(answer.model)}")
            st.text(answer.text or "")


def pair_is_old(shown: Shown) -> bool:
    """Whether the answers answer another instruction than the item has now."""
    return shown.offered.prompt not in ("", shown.item.content.instruction)


def turn(to: int) -> None:
    """Go to another pair."""
    state.keep("pair", to)


def decide(dataset: Dataset, offer: Offered, decision: str) -> None:
    """Accept or refuse; the next pair comes up by itself."""
    state.attempt(
        lambda: pairing.decide(
            state.workspace(), actor=state.actor(), dataset=dataset, offer=offer, state=decision
        )
    )
