"""The same action on all findings of one kind, after a preview of each."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import streamlit as st

from annotator.checks.registry import title
from annotator.domain.records import Dataset
from annotator.services import conflicts
from annotator.services.conflicts import Effect
from annotator.ui import state
from annotator.ui.focus import focus
from annotator.ui.shell import literal


def show_bulk(dataset: Dataset, kind: str, *, close: Callable[[], None]) -> None:
    """Choose the action, look at what it would do, do it."""
    st.subheader(f"All open findings: {literal(title(kind))}")
    action = st.segmented_control(
        "Action",
        ("mend", "dismiss"),
        key=f"bulk-action-{kind}",
        format_func={"mend": "Apply the first mend", "dismiss": "Dismiss"}.__getitem__,
        label_visibility="collapsed",
    )
    st.button("Back", shortcut="B", key="bulk-back", on_click=close)
    if action is None:
        focus(f"bulk-action-{kind}")
        return
    effects = conflicts.preview(state.workspace(), dataset_id=dataset.id, kind=kind, action=action)
    doable = [one for one in effects if one.refused is None]
    st.dataframe(
        [
            {
                "item": one.item.source_id,
                "finding": one.finding.message,
                "becomes": one.refused or one.said,
            }
            for one in effects
        ],
        hide_index=True,
    )
    with st.form(f"bulk-{kind}-{action}", border=False):
        if action == "dismiss":
            st.text_input("Why are these no faults?", key=f"bulk-reason-{kind}")
        st.form_submit_button(
            f"Do it to {len(doable)} of {len(effects)}",
            type="primary",
            disabled=not doable,
            on_click=settle_all,
            args=(effects, action, f"bulk-reason-{kind}", close),
        )


def settle_all(
    effects: list[Effect], action: str, reason_key: str, close: Callable[[], None]
) -> None:
    """Do what the preview showed."""
    done = state.attempt(
        lambda: conflicts.settle_all(
            state.workspace(),
            actor=state.actor(),
            shown=effects,
            action=action,
            reason=st.session_state.get(reason_key, ""),
            save_id=uuid.uuid4().hex,
        )
    )
    if done is not None:
        moved = f"; {done['moved']} had moved on and were left" if done["moved"] else ""
        state.tell(f"Settled {done['settled']}{moved}. Undo it in an item's history.", good=True)
        close()
