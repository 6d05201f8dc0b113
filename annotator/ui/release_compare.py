"""What differs between two releases, or between one and its source, item by item."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import streamlit as st

from annotator.domain.records import Dataset
from annotator.errors import AnnotatorError
from annotator.services import release as service
from annotator.services.release import Comparison, ItemDifference
from annotator.ui import state
from annotator.ui.shell import literal

SOURCE: Final = "source"
PER_PAGE: Final = 20
SAID: Final = 400
"""So many characters of a text are shown: most instructions whole, so that both ends differ."""


def show(dataset: Dataset) -> None:
    """Two choices, then what differs."""
    names = [one.name for one in service.of_dataset(state.workspace(), dataset=dataset)]
    if not names:
        st.info("There is nothing to compare before the first release.")
        return
    chosen = choose(dataset, names)
    if chosen is None:
        return
    try:
        found = compared(dataset, *chosen)
    except AnnotatorError as fault:
        st.warning(str(fault), icon=":material/error:")
        return
    counts = found.counts()
    for column, (kind, number) in zip(st.columns(4), counts.items(), strict=False):
        column.metric(kind.capitalize(), number)
    if not found.differences:
        st.info("Both hold the same items, saying the same.")
        return
    show_page(found)


def choose(dataset: Dataset, names: list[str]) -> tuple[str, str] | None:
    """The two sides; they are in the address."""
    left, right = st.columns(2)
    after = state.parameter("after")
    later = right.selectbox(
        "with", names, names.index(after) if after in names else 0, key=f"after-{dataset.id}"
    )
    befores = [*(name for name in names if name != later), SOURCE]
    before = state.parameter("before")
    earlier = left.selectbox(
        "Compare",
        befores,
        befores.index(before) if before in befores else 0,
        key=f"before-{dataset.id}-{later}",
    )
    place = {"dataset": dataset.name, "view": "compare", "before": earlier, "after": later}
    if {name: state.parameter(name) for name in place} != place:
        state.go(place)
    return earlier, later


def compared(dataset: Dataset, before: str, after: str) -> Comparison:
    """What differs; raises AnnotatorError."""
    workspace = state.workspace()
    later = service.folder_of(workspace, dataset=dataset, name=after)
    if before == SOURCE:
        return read_source(str(later))
    earlier = service.folder_of(workspace, dataset=dataset, name=before)
    return read_both(str(earlier), str(later))


@st.cache_data(max_entries=8, show_spinner="Comparing …")
def read_both(before: str, after: str) -> Comparison:
    """Two releases, which never change, compared once."""
    return service.compare_folders(Path(before), Path(after))


@st.cache_data(max_entries=8, show_spinner="Comparing …")
def read_source(folder: str) -> Comparison:
    """A release and its source."""
    return service.compare_source(Path(folder))


def show_page(found: Comparison) -> None:
    """Some of the items, with the way to the others."""
    pages = (len(found.differences) - 1) // PER_PAGE + 1
    key = f"page-{found.before}-{found.after}"
    at = min(state.kept(key, 0), pages - 1)
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            turn("Previous", "K", key, at - 1, at == 0)
            turn("Next", "J", key, at + 1, at == pages - 1)
            st.caption(f"page {at + 1} of {pages}")
    for one in found.differences[at * PER_PAGE : (at + 1) * PER_PAGE]:
        with st.container(border=True):
            show_item(one, found.before, found.after)


def turn(label: str, key: str, kept: str, to: int, disabled: bool) -> None:
    """A button to another page."""
    st.button(
        label,
        key=f"turn-{label}",
        shortcut=key,
        disabled=disabled,
        on_click=state.keep,
        args=(kept, to),
    )


def show_item(one: ItemDifference, before: str, after: str) -> None:
    """One item: what was changed, in sentences and side by side."""
    st.markdown(f"**Item {literal(one.item)}** · {one.what}")
    if not one.patch:
        return
    for sentence in one.sentences(limit=SAID):
        st.text(f"• {sentence}")
    long = {path: pair for path, pair in one.patch.items() if is_long(pair)}
    if long:
        with st.expander("Side by side"):
            show_sides(long, before, after)


def is_long(pair: tuple[Any, Any]) -> bool:
    """Whether a text is too long to be read in a sentence."""
    return any(isinstance(value, str) and len(value) > 60 for value in pair)


def show_sides(patch: Mapping[str, tuple[Any, Any]], before: str, after: str) -> None:
    """Both texts, whole."""
    for path, (old, new) in patch.items():
        left, right = st.columns(2)
        left.caption(f"{literal(path)} in {literal(before)}")
        left.text("none" if old is None else str(old))
        right.caption(f"in {literal(after)}")
        right.text("none" if new is None else str(new))
