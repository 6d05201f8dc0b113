"""The Release page: what would go in, then writing it; releases compared; pairs of answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import streamlit as st

from annotator.domain.records import Dataset
from annotator.domain.vocabulary import FLAG_KINDS, ITEM_STATUSES, VERDICTS
from annotator.errors import AnnotatorError
from annotator.services import datasets, jobs, release
from annotator.services.importing import FORMATS
from annotator.services.release import OPEN, Options, Rules
from annotator.ui import (
    preferences,
    release_compare,
    release_preview,
    release_shelf,
    release_texts,
    state,
)
from annotator.ui.jobs import show_jobs
from annotator.ui.shell import choose_dataset, nothing_yet

VIEWS: Final = {"make": "Make", "compare": "Compare", "pairs": "Pairs"}
LABELS: Final = {"keep": "keep", "fix": "fix", "drop": "drop", OPEN: "not curated yet"}
FINDINGS: Final = {
    "": "any open findings",
    "error": "nothing with an open error",
    "warning": "nothing with an open warning or error",
    "info": "nothing with any open finding",
}
SPLITS: Final = {
    "none": "one set",
    "source": "as the source had them",
    "train=80,validation=10,test=10": "train 80 / validation 10 / test 10",
    "clean,repaired": "clean / repaired",
    "clean,repaired,dropped": "clean / repaired / dropped",
    "own": "own shares …",
}
LIVE: Final = 2_000
"""Up to so many items are previewed at once; larger datasets by the worker."""


def show() -> None:
    """One of the page's views."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Release", width="stretch")
        view = choose_view()
        choose_dataset()
    if view == "compare":
        release_compare.show(dataset)
        return
    if view == "pairs":
        preferences.show(dataset)
        return
    show_making(dataset)


def choose_view() -> str:
    """Which of the views; it is in the address."""
    named = state.parameter("view") or "make"
    for number, (name, label) in enumerate(VIEWS.items(), 1):
        st.button(
            label,
            key=f"view-{name}",
            shortcut=str(number),
            type="primary" if name == named else "secondary",
            on_click=visit,
            args=(name,),
        )
    return named if named in VIEWS else "make"


def visit(view: str) -> None:
    """Show one of the views, of the dataset in the address."""
    dataset = state.parameter("dataset")
    state.go({"view": view} | ({"dataset": dataset} if dataset else {}))


def show_making(dataset: Dataset) -> None:
    """What is chosen and what comes of it; beside it the button, and what was written before."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        options = choose_options(dataset)
    with right:
        if options is not None:
            show_writing(dataset, options)
        show_jobs("release", dataset_id=dataset.id)
        release_shelf.show(dataset)
    if options is None:
        left.info("Choose what goes in.")
        return
    with left:
        found = preview(dataset, options)
        if found is not None:
            release_preview.show(found, dataset)
            show_texts(dataset, options)


def choose_options(dataset: Dataset) -> Options | None:
    """Rules, splits, formats; None where nothing goes in."""
    rules = choose_rules()
    if rules is None:
        return None
    left, right = st.columns([3, 2])
    with left:
        splits, seed = choose_splits()
    with right:
        previous = choose_previous(dataset)
    formats = choose_formats(dataset)
    return Options("preview", rules, splits, seed, formats, previous, placed=placed(dataset))


def choose_rules() -> Rules | None:
    """What goes in; None where nothing is chosen."""
    chosen = st.pills(
        "What goes in",
        (*VERDICTS, OPEN),
        selection_mode="multi",
        default=release.DEFAULT_INCLUDE,
        format_func=LABELS.__getitem__,
        key="include",
    )
    with st.expander("More rules: status, findings, flags, agreement, images"):
        statuses = st.pills(
            "Status", ITEM_STATUSES, selection_mode="multi", default=ITEM_STATUSES, key="statuses"
        )
        left, right = st.columns(2)
        findings = left.selectbox(
            "Findings", list(FINDINGS), format_func=FINDINGS.__getitem__, key="without_findings"
        )
        flags = right.multiselect(
            "No open flag of", FLAG_KINDS, key="without_flags", placeholder="any flag may be open"
        )
        agreement = left.slider(
            "Least agreement of the annotators, %", 0, 100, 0, step=5, key="agreement"
        )
        images = right.checkbox("Only items whose image is here", key="images_required")
    if not chosen or not statuses:
        return None
    return Rules(
        verdicts=tuple(chosen),
        statuses=tuple(statuses),
        agreement=agreement / 100,
        without_flags=tuple(flags),
        without_findings=findings or None,
        images="required" if images else "any",
    )


def choose_splits() -> tuple[str, str]:
    """How it is split: what ``read_scheme`` takes, and the seed."""
    named = st.selectbox("Splits", list(SPLITS), format_func=SPLITS.__getitem__, key="splits")
    own = ""
    if named == "own":
        own = st.text_input("Names and shares", "train=80,test=20", key="own_splits")
    seed = ""
    if "=" in named or named == "own":
        seed = st.text_input("Drawing", key="seed", placeholder="any word draws anew", max_chars=40)
    return own if named == "own" else named, seed


def choose_formats(dataset: Dataset) -> tuple[str, ...]:
    """The formats."""
    items = [name for name, form in FORMATS.items() if form.kind == "items"]
    usual = release.default_formats(Options("preview"), dataset)
    formats = st.multiselect(
        "Formats",
        items,
        default=[name for name in usual if name in items],
        format_func=lambda name: FORMATS[name].title,
        key="formats",
    )
    return tuple(formats)


def choose_previous(dataset: Dataset) -> str:
    """The release to compare with."""
    known = [one.name for one in release.of_dataset(state.workspace(), dataset=dataset)]
    names = ["newest", *known, "none"]
    previous: str = st.selectbox("What changed since", names, key="previous")
    return previous


def placed(dataset: Dataset) -> dict[str, str]:
    """What a person decided of items that would join two groups."""
    found: dict[str, str] = state.kept(f"placed-{dataset.id}", {})
    return found


def preview(dataset: Dataset, options: Options) -> Mapping[str, Any] | None:
    """What would go in: at once, or asked of the worker for a large dataset."""
    workspace, actor = state.workspace(), state.actor()
    if is_live(dataset):
        try:
            found = release.foresee(workspace, actor=actor, dataset=dataset, options=options)
        except AnnotatorError as fault:
            st.warning(str(fault), icon=":material/error:")
            return None
        return release.told(found)
    return asked(dataset, options, "Preview", "P")


def is_live(dataset: Dataset) -> bool:
    """Whether a dataset is small enough to be looked at while the page waits."""
    standing = datasets.standing(state.workspace(), actor=None, dataset_id=dataset.id)
    return standing.items <= LIVE


def show_texts(dataset: Dataset, options: Options) -> None:
    """The card and the changes as they would be written."""
    if is_live(dataset):
        release_texts.show(dataset, options)
        return
    texts = asked(dataset, options, release_texts.LABEL, "T", texts=True)
    if texts is not None:
        release_texts.show_texts(texts)


def asked(
    dataset: Dataset, options: Options, label: str, key: str, **more: bool
) -> Mapping[str, Any] | None:
    """What the worker makes of these options, the newest; a button that asks for it."""
    wanted = {"options": options.as_dict(), **more}
    same = [
        job
        for job in jobs.recent(state.workspace(), actor=state.actor())
        if job.kind == "release preview"
        and job.dataset_id == dataset.id
        and json.dumps(job.parameters, sort_keys=True) == json.dumps(wanted, sort_keys=True)
    ]

    @state.press
    def ask() -> None:
        jobs.enqueue(
            state.workspace(),
            actor=state.actor(),
            kind="release preview",
            dataset_id=dataset.id,
            parameters=wanted,
        )

    st.button(label, key=f"ask-{key}", shortcut=key, on_click=ask)
    if not more:
        show_jobs("release preview", dataset_id=dataset.id)
    return same[0].result if same and same[0].state == "done" else None


def show_writing(dataset: Dataset, options: Options) -> None:
    """Name and button."""
    with st.form("make", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name", key="release_name", placeholder="v1.0")
        st.form_submit_button(
            "Write the release",
            type="primary",
            shortcut="Ctrl+Enter",
            on_click=write,
            args=(dataset, options.as_dict()),
        )


def write(dataset: Dataset, values: Mapping[str, Any]) -> None:
    """Queue the release."""
    name = st.session_state["release_name"].strip()
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
            parameters={"out": str(out), "options": {**values, "name": name}},
            once=True,  # Ctrl+Enter in the field is heard by the form and by the button
        )

    state.attempt(action)
