"""The same action on all findings of one kind, after a preview of each."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Final

import streamlit as st

from annotator.checks.registry import title
from annotator.domain.records import Dataset
from annotator.services import conflicts
from annotator.services.conflicts import Effect, Wanted
from annotator.ui import state
from annotator.ui.focus import focus
from annotator.ui.log import remember
from annotator.ui.shell import literal

ACTIONS: Final = {
    "mend": ("Apply the first mend", "M", None),
    "dismiss": ("Dismiss…", "X", "Why are these no faults?"),
    "drop": ("Drop the items…", "3", "Why are these items dropped?"),
}
"""For each action its words, its key, and what is asked."""


def show_bulk(dataset: Dataset, kind: str, wanted: Wanted, *, close: Callable[[], None]) -> None:
    """Choose the action, look at what it would do, do it."""
    st.subheader(f"All open findings of this kind: {literal(title(kind))}")
    action = state.kept("bulk_action")
    with st.container(horizontal=True, gap="xsmall"):
        for name, (label, shortcut, _) in ACTIONS.items():
            st.button(
                label,
                shortcut=shortcut,
                key=f"bulk-{name}",
                type="primary" if action == name else "secondary",
                on_click=state.keep,
                args=("bulk_action", name),
            )
        st.button("Back", shortcut="B", key="bulk-back", on_click=leave, args=(close,))
    if action not in ACTIONS:
        st.caption("Choose what to do; nothing is done before you have seen it.")
        return
    effects = conflicts.preview(
        state.workspace(),
        dataset_id=dataset.id,
        kind=kind,
        action=action,
        wanted=wanted,
        actor=state.actor(),
    )
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
    show_form(kind, action, effects, len(doable), close)


def show_form(
    kind: str, action: str, effects: list[Effect], doable: int, close: Callable[[], None]
) -> None:
    """The reason, where one is needed, and the button that does it."""
    key = f"bulk-reason-{kind}-{action}"
    question = ACTIONS[action][2]
    with st.form(f"bulk-{kind}-{action}", border=False):
        if question:
            st.text_input(question, key=key)
        st.form_submit_button(
            f"Do it to {doable} of {len(effects)}",
            type="primary",
            shortcut="Ctrl+Enter",
            disabled=not doable,
            on_click=settle_all,
            # Ctrl+Enter in the field is heard by the form and by the button: one group, one save.
            args=(effects, action, key, close, uuid.uuid4().hex),
        )
    if question:
        focus(key)


def leave(close: Callable[[], None]) -> None:
    """Go back to the queue."""
    state.keep("bulk_action", None)
    close()


def settle_all(
    effects: list[Effect], action: str, reason_key: str, close: Callable[[], None], group: str
) -> None:
    """Do what the preview showed, once."""
    done = state.attempt(
        lambda: conflicts.settle_all(
            state.workspace(),
            actor=state.actor(),
            shown=effects,
            action=action,
            reason=st.session_state.get(reason_key, ""),
            save_id=group,
            group=group,
        )
    )
    if done is not None and any(done.values()):
        moved = f"; {done['moved']} had moved on and were left" if done["moved"] else ""
        state.tell(f"Settled {done['settled']}{moved}. Z takes it back.", good=True)
        remember("conflicts", group=group)
        leave(close)
