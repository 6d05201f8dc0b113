"""The releases that were written: their hashes, whether they are still whole, their files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from annotator.domain.counting import counted
from annotator.domain.records import Dataset, Release
from annotator.services import release as service
from annotator.ui import state
from annotator.ui.shell import clock, literal

FIRST: Final = ("README.md", "CHANGES.md", "manifest.json")
MOST_FILES: Final = 40


def show(dataset: Dataset) -> None:
    """What was written before, the newest first."""
    st.subheader("Releases")
    found = service.of_dataset(state.workspace(), dataset=dataset)
    if not found:
        st.caption("None yet.")
    for one in found:
        with st.container(border=True):
            show_release(dataset, one)


def show_release(dataset: Dataset, one: Release) -> None:
    """One release."""
    counts, folder = one.manifest["counts"], Path(one.folder)
    st.markdown(f"**{literal(one.name)}** · {clock(one.created_at)}")
    st.text(f"{counted(counts['items'], 'item')}, {counts['changed']:,} changed\n{one.folder}")
    content = one.manifest.get("content_sha256") or ""
    st.caption(f"sha256 of the content {content[:32]}…")
    if not folder.is_dir():
        st.caption("Its folder is gone from this machine.")
        return
    with st.container(horizontal=True):
        st.button("Verify", key=f"verify-{one.id}", on_click=verify, args=(dataset, one.name))
        with st.popover(f"Files ({len(one.manifest['files']) + 1})"):
            show_files(one, folder)


def show_files(one: Release, folder: Path) -> None:
    """A release's files to download, those that people read first."""
    names = sorted(one.manifest["files"], key=lambda name: (name not in FIRST, name))
    for name in ["manifest.json", *names][:MOST_FILES]:
        file = folder / name
        if file.is_file():
            st.download_button(
                name,
                file.read_bytes,
                file_name=file.name,
                on_click="ignore",
                key=f"get-{one.id}-{name}",
            )
    more = len(names) + 1 - MOST_FILES
    if more > 0:
        st.caption(f"and {more} more in {folder}")


def verify(dataset: Dataset, name: str) -> None:
    """Check every byte, and say what was found."""

    def action() -> None:
        found = service.verify_noted(state.workspace(), dataset=dataset, name=name)
        if found.sound:
            state.tell(
                f"{name}: {counted(found.files, 'file')}, each as it was written.", good=True
            )
        else:
            state.tell(f"{name}: {counted(len(found.problems), 'problem')}. {found.problems[0]}")

    state.attempt(action)
