"""What every page shares: style, notices, the choice of a dataset, a literal text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

import streamlit as st

from annotator.domain.records import Dataset
from annotator.services import datasets
from annotator.ui import state
from annotator.ui.places import page

MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$<>&:@])")


@cache
def stylesheet() -> str:
    """Our style, read once."""
    return (Path(__file__).parent / "shell.css").read_text(encoding="utf-8")


def frame() -> None:
    """Style and notices, at the head of every page."""
    st.html(f"<style>{stylesheet()}</style>")
    show_notices()


def show_notices() -> None:
    """What callbacks have told, at the head of a page, and what the page itself has, at its end."""
    for notice in state.notices():
        st.toast(literal(notice.text), icon=notice.icon, duration="long")


def literal(text: str) -> str:
    """Text that Streamlit's Markdown shows as it is, on one line."""
    return MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def clock(moment: datetime | None) -> str:
    """A moment as people say it: today's time, else the day."""
    if moment is None:
        return "–"
    local = moment.astimezone()
    today = datetime.now().astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%Y-%m-%d %H:%M}"


def choose_dataset(
    among: Sequence[Dataset] | None = None, *, label: str = "Dataset"
) -> Dataset | None:
    """A select box over the datasets, where there is more than one; it changes the address.

    Args:
        among: all datasets, where they are at hand.
    """
    known = datasets.everything(state.workspace()) if among is None else among
    every = [dataset.name for dataset in known]
    chosen = state.current_dataset(known)
    if chosen is None or len(every) < 2:
        return chosen

    def picked() -> None:
        name = st.session_state["dataset_choice"]
        st.session_state["dataset"] = name
        state.go({"dataset": name})

    st.session_state["dataset_choice"] = chosen.name
    st.selectbox(
        label,
        every,
        key="dataset_choice",
        on_change=picked,
        label_visibility="collapsed",
        width=220,
    )
    return chosen


def nothing_yet() -> None:
    """Shown where there is no dataset."""
    st.subheader("No benchmark yet")
    st.write("Import one on the Admin page, or run `annotator demo` for one to try.")
    st.page_link(page("admin"), label="Import a benchmark", icon=":material/upload:")
