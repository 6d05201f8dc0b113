"""The Release page: what would go in, then writing it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from annotator.domain.changes import describe, sentences
from annotator.domain.records import Dataset
from annotator.domain.vocabulary import VERDICTS
from annotator.services import datasets, jobs, release
from annotator.services.importing import FORMATS
from annotator.services.release import OPEN, Preview
from annotator.ui import state
from annotator.ui.jobs import show_jobs
from annotator.ui.shell import choose_dataset, clock, nothing_yet

LABELS = {"keep": "keep", "fix": "fix", "drop": "drop", OPEN: "not curated yet"}
SHOWN = 50


def show() -> None:
    """Preview a release, and write it."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Release", width="stretch")
        choose_dataset()
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_making(dataset)
    with right:
        show_jobs("release", dataset_id=dataset.id)
        show_releases(dataset)


def show_making(dataset: Dataset) -> None:
    """Rules, preview, name, button."""
    chosen = st.pills(
        "What goes in",
        (*VERDICTS, OPEN),
        selection_mode="multi",
        default=release.DEFAULT_INCLUDE,
        format_func=LABELS.__getitem__,
        key="include",
    )
    if not chosen:
        st.info("Choose what goes in.")
        return
    preview = release.preview(
        state.workspace(), actor=state.actor(), dataset=dataset, include=chosen
    )
    show_preview(preview)
    names = list(FORMATS)
    with st.form("make"):
        st.text_input("Name", key="release_name", placeholder="v1.0")
        st.selectbox(
            "Format",
            names,
            names.index(dataset.format),
            key="release_format",
            format_func=lambda name: FORMATS[name].title,
        )
        st.form_submit_button(
            "Write the release", type="primary", on_click=write, args=(dataset, tuple(chosen))
        )


def show_preview(preview: Preview) -> None:
    """What the release would hold."""
    out = ", ".join(f"{n} {why}" for why, n in preview.left_out.items()) or "none"
    columns = st.columns(3)
    columns[0].metric("Items", preview.included)
    columns[1].metric("Changed", sum(1 for o in preview.changed if o.included and o.patch))
    columns[2].metric("With an open error", len(preview.open_errors))
    st.caption(f"Left out: {out}")
    if preview.changed:
        with st.expander(f"What differs from the source ({len(preview.changed)})"):
            for outcome in preview.changed[:SHOWN]:
                said = sentences(describe(outcome.patch, outcome.numbers))
                why = f" ({outcome.why})" if outcome.why else ""
                st.text(f"{outcome.source_id}{why}: {said or 'no edits'}")
            if len(preview.changed) > SHOWN:
                st.caption(f"and {len(preview.changed) - SHOWN} more, all in CHANGES.md")
    if preview.open_errors:
        with st.expander(f"Items with an open error ({len(preview.open_errors)})"):
            listed = ", ".join(item.source_id for item in preview.open_errors[:SHOWN])
            more = len(preview.open_errors) - SHOWN
            st.text(f"{listed}{f' and {more} more' if more > 0 else ''}")


def write(dataset: Dataset, include: tuple[str, ...]) -> None:
    """Queue the release."""
    name, chosen = st.session_state["release_name"].strip(), st.session_state["release_format"]
    workspace = state.workspace()

    def action() -> None:
        out: Path = (
            workspace.settings.exports / release.slug(dataset.name) / release.check_name(name)
        )
        release.refuse_existing(out)
        jobs.enqueue(
            workspace,
            actor=state.actor(),
            kind="release",
            dataset_id=dataset.id,
            parameters={
                "out": str(out),
                "name": name,
                "format": chosen,
                "include": list(include),
            },
        )

    state.attempt(action)


def show_releases(dataset: Dataset) -> None:
    """What was written before."""
    st.subheader("Releases")
    standing = datasets.standing(state.workspace(), actor=None, dataset_id=dataset.id)
    if not standing.releases:
        st.caption("None yet.")
    for one in standing.releases:
        with st.container(border=True):
            counts = one.manifest["counts"]
            st.markdown(f"**{one.name}** · {clock(one.created_at)}")
            st.text(f"{counts['items']} items, {counts['changed']} changed\n{one.folder}")
            for name, facts in one.manifest["files"].items():
                st.caption(f"{name} · {facts['bytes']:,} bytes · sha256 {facts['sha256'][:16]}…")
            show_downloads(Path(one.folder), str(one.id))


def show_downloads(folder: Path, key: str) -> None:
    """A release's files, where they still lie where they were written."""
    if not folder.is_dir():
        st.caption("Its folder is gone from this machine.")
        return
    with st.container(horizontal=True):
        for file in sorted(folder.iterdir()):
            if file.is_file():
                st.download_button(
                    file.name,
                    file.read_bytes,
                    file_name=file.name,
                    on_click="ignore",
                    key=f"get-{key}-{file.name}",
                )
