"""Watching long work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from annotator.domain.records import Job
from annotator.services import jobs
from annotator.ui import state
from annotator.ui.shell import clock

RUNNING = ("queued", "running")


def show_jobs(*kinds: str, dataset_id: int | None = None) -> None:
    """The newest jobs of these kinds (all, where none is named); alive while one runs.

    Args:
        dataset_id: only those on this dataset.
    """
    found = newest(kinds, dataset_id)
    running = any(job.state in RUNNING for job in found)
    state.fragment(watch, run_every=1.0 if running else None)(kinds, dataset_id, running)


def newest(kinds: tuple[str, ...], dataset_id: int | None) -> list[Job]:
    """The newest jobs of these kinds on this dataset."""
    found = jobs.recent(state.workspace(), actor=state.actor())
    return [
        job
        for job in found
        if (not kinds or job.kind in kinds) and dataset_id in (None, job.dataset_id)
    ][:5]


def watch(kinds: tuple[str, ...], dataset_id: int | None, was_running: bool) -> None:
    """Show the jobs; when the last one ends, the whole page is shown anew."""
    found = newest(kinds, dataset_id)
    for job in found:
        show_job(job)
    if was_running and not any(job.state in RUNNING for job in found):
        st.rerun()


def show_job(job: Job) -> None:
    """One job's state, progress and outcome."""
    with st.container(border=True):
        file = job.parameters.get("file")
        when = clock(job.finished_at or job.created_at)
        st.text(f"{job.kind}: {job.state}, {when}{f', {file}' if file else ''}")
        if job.state in RUNNING:
            share = job.done / job.total if job.total else 0.0
            st.progress(min(share, 1.0), text=f"{job.done} of {job.total or '?'} ")
            st.button("Stop", key=f"stop-{job.id}", on_click=stop, args=(job.id,))
        if job.state == "failed":
            st.text(job.message)
        if job.state == "done" and job.result:
            st.caption(outcome(job.result))


def outcome(result: Mapping[str, Any]) -> str:
    """What a job did, in numbers."""
    if result.get("repeated"):
        return "This is what the dataset holds already; nothing changed."
    numbers = [
        f"{value} {name.replace('_', ' ')}"
        for name, value in result.items()
        if value and isinstance(value, int) and not isinstance(value, bool) and name != "dataset_id"
    ]
    return ", ".join(numbers) or "Nothing changed."


@state.press
def stop(job_id: int) -> None:
    """Stop a job."""
    jobs.stop(state.workspace(), actor=state.actor(), job_id=job_id)
