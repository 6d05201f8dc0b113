"""The Merge page: a newer source against what people made of the item."""

from __future__ import annotations

import streamlit as st

from annotator.domain.counting import counted
from annotator.services import merging
from annotator.ui import state
from annotator.ui.shell import choose_dataset, literal, nothing_yet
from annotator.ui.sides import choose_sides


def show() -> None:
    """The first merge that waits, source and ours side by side."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Merge", width="stretch")
        choose_dataset()
    waiting = merging.waiting(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    if not waiting:
        st.info(
            "Nothing waits. When a newer version of a source changes items that people have "
            "edited, both sides are shown here."
        )
        return
    st.caption(counted(len(waiting), "item waits", "items wait"))
    case = merging.open_merge(state.workspace(), actor=state.actor(), merge_id=waiting[0].id)

    def settle(take_theirs: list[str]) -> None:
        state.attempt(
            lambda: merging.settle(
                state.workspace(),
                actor=state.actor(),
                merge_id=case.merge.id,
                revision=case.item.revision,
                take_source=take_theirs,
            )
        )

    st.subheader(f"Item {literal(case.item.source_id)}")
    st.text(case.item.content.instruction)
    choose_sides(case.differences, case.item.content, case.source, settle, ("Ours", "Newer source"))
