"""The card and the changes of a release as they would be written, made when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from annotator.domain.records import Dataset
from annotator.services import release
from annotator.services.release import Options
from annotator.ui import state

LABEL = "README.md and CHANGES.md"
HEIGHT = 420


def show(dataset: Dataset, options: Options) -> None:
    """A button, and what it made as long as it is of these options."""
    st.button(LABEL, key="texts", shortcut="T", on_click=make, args=(dataset, options))
    made_of, texts = state.kept(key(dataset), (None, {}))
    if made_of == options:
        show_texts(texts)


@state.press
def make(dataset: Dataset, options: Options) -> None:
    """Make the texts, and keep them for this page."""
    workspace, actor = state.workspace(), state.actor()
    texts = state.attempt(
        lambda: release.drafted(workspace, actor=actor, dataset=dataset, options=options)
    )
    if texts is not None:
        state.keep(key(dataset), (options, texts))


def key(dataset: Dataset) -> str:
    """Under which the texts are kept."""
    return f"texts-{dataset.id}"


def show_texts(texts: Mapping[str, str]) -> None:
    """The texts as they stand in the files: nothing of them is rendered."""
    for tab, text in zip(st.tabs(list(texts)), texts.values(), strict=True):
        tab.code(text, language=None, wrap_lines=True, height=HEIGHT)
