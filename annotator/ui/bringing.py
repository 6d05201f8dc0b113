"""Uploading models' answers and judges' replies: a tab of the Admin page."""

from __future__ import annotations

from typing import Final

import streamlit as st

from annotator.domain.records import Dataset
from annotator.services import jobs
from annotator.services.bringing import REPLIES, RESPONSES
from annotator.ui import state
from annotator.ui.jobs import show_jobs

KINDS: Final = {"models' answers": RESPONSES, "judges' replies": REPLIES}
HELP: Final = (
    "Answers: MIA-Bench's JSONL, VLMEvalKit's and MM-IFEval's predictions (TSV, XLSX, JSONL). "
    "Replies: VLMEvalKit's storage, EvalScope's and lmms-eval's logs, or JSON lines with index, "
    "model, judge and reply."
)


def show_bringing(dataset: Dataset | None) -> None:
    """Upload a file; what became of it stands beside it."""
    if dataset is None:
        st.caption("No dataset yet.")
        return
    left, right = st.columns([3, 2], gap="large")
    with left, st.form("bringing"):
        st.segmented_control("What is in the file", list(KINDS), key="bringing_kind")
        st.file_uploader("The file", key="bringing_file", help=HELP)
        st.text_input("Model", key="bringing_model", placeholder="where the file does not say it")
        st.text_input(
            "Judge", key="bringing_judge", placeholder="for replies, where the file does not say it"
        )
        st.text_input(
            "Columns", key="bringing_map", placeholder="optional: text=said, index=number"
        )
        st.checkbox(
            "Leave out rows that match nothing, instead of refusing the file", key="bringing_skip"
        )
        st.form_submit_button("Import", type="primary", on_click=start, args=(dataset,))
    with right:
        show_jobs(RESPONSES, REPLIES, dataset_id=dataset.id)


def start(dataset: Dataset) -> None:
    """Queue the import."""
    values = st.session_state
    upload, kind = values["bringing_file"], values["bringing_kind"]
    if upload is None or kind is None:
        state.tell("Say what is in the file, and choose it.")
        return
    state.attempt(
        lambda: jobs.enqueue_upload(
            state.workspace(),
            actor=state.actor(),
            kind=KINDS[kind],
            file=upload.name,
            data=upload.getvalue(),
            dataset=dataset,
            parameters={
                "model": values["bringing_model"].strip() or None,
                "judge": values["bringing_judge"].strip() or None,
                "mapping": mapping_of(values["bringing_map"]),
                "skip_unmatched": values["bringing_skip"],
            },
        )
    )


def mapping_of(text: str) -> dict[str, str]:
    """ "field=column, …" as a mapping."""
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {name.strip(): column.strip() for name, _, column in pairs}
