"""Asking a judge model for contradictions that only meaning can decide."""

from __future__ import annotations

import streamlit as st

from annotator.domain.counting import counted
from annotator.domain.records import Dataset
from annotator.services import jobs, proposing
from annotator.ui import state
from annotator.ui.focus import focus
from annotator.ui.jobs import show_jobs


def show_ask(dataset: Dataset) -> None:
    """Which model, how many calls that would be, and the run that is under way."""
    settings = state.workspace().settings
    with st.container(border=True):
        st.caption(
            "The model reads instruction and components of each item that it has not read yet, "
            f"at `{settings.judge_url.replace('`', '')}`. What it proposes waits here for a person."
        )
        key = f"ask-model-{dataset.id}"
        st.session_state.setdefault(key, settings.judge_model or "")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            model = st.text_input("Model", key=key, width=320).strip()
            waiting = (
                proposing.waiting(state.workspace(), dataset_id=dataset.id, model=model)
                if model
                else 0
            )
            st.button(
                f"Ask about {counted(waiting, 'item')}",
                key="ask-start",
                shortcut="Shift+A",
                type="primary",
                disabled=not waiting,
                on_click=start,
                args=(dataset, model),
            )
        if not state.kept("ask_begun"):
            # Once: a field that takes the focus at every run takes the keys of the page with it.
            state.keep("ask_begun", True)
            focus(key)
        show_jobs(proposing.JOB, dataset_id=dataset.id)


def start(dataset: Dataset, model: str) -> None:
    """Queue the work."""
    state.attempt(
        lambda: jobs.enqueue(
            state.workspace(),
            actor=state.actor(),
            kind=proposing.JOB,
            parameters={"model": model},
            dataset_id=dataset.id,
        )
    )
