"""Admin's import: a file or a folder, and what its columns mean where no format says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from annotator.services import columns, datasets, jobs
from annotator.services.columns import LISTS, ROLES, SEPARATORS, ColumnMapping, Look
from annotator.services.importing import FORMATS
from annotator.ui import state
from annotator.ui.jobs import show_jobs

LOOKED_AT = 8 * 2**20
"""So many bytes of an upload are looked at for its first rows."""

LINE = 35
"""Height of one of the table's lines, in pixels."""

ROOM, NARROWEST = 720, 100
"""The table's width and a column's least, in pixels, so that one long text hides no column."""

MAPPED = ("instruction", "image", "id", "level", "components", "types", "weights", "answers")
SAID = {
    "line": "a new line",
    "semicolon": "a semicolon",
    "bar": "a vertical bar",
    "comma": "a comma",
}


def show_import() -> None:
    """Choose what is imported, see what it is, start."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.file_uploader("The benchmark's file", key="import_file")
        if has_own_folders():
            st.text_input(
                "Or a file or folder on the server",
                key="import_path",
                placeholder="for large files and folders of images",
            )
        st.selectbox(
            "Format",
            ["auto", *(name for name, form in FORMATS.items() if form.kind == "items")],
            key="import_format",
            format_func=lambda n: "find out" if n == "auto" else FORMATS[n].title,
        )
        seen = look()
        if seen is not None:
            show_look(seen)
        with st.form("import", clear_on_submit=False):
            if seen is not None and seen.can_be_mapped:
                show_mapping(seen)
            show_rest(seen)
    with right:
        show_jobs("import", "fetch images", "check")


def has_own_folders() -> bool:
    """Whether a worker sees this server's folders: where images are shared it may be another's."""
    return not state.workspace().settings.images


def show_rest(seen: Look | None) -> None:
    """The dataset's name, where images lie, and the button."""
    st.text_input(
        "Dataset",
        key="import_name",
        placeholder="a new name, or the dataset this is a newer version of",
    )
    if has_own_folders():
        st.text_input(
            "Folder of images on the server",
            key="import_images",
            placeholder="optional; relative paths are looked up there",
        )
    else:
        st.caption(
            "Several servers share the images, so files and folders of one of them are imported "
            "there, by annotator import."
        )
    st.checkbox("Fetch images from their addresses", key="import_fetch")
    st.form_submit_button("Import", type="primary", on_click=start_import, args=(seen,))


def look() -> Look | None:
    """What was chosen, as far as its first rows say; None where nothing is."""
    values = st.session_state
    upload, typed = values.get("import_file"), values.get("import_path", "").strip()
    chosen = values.get("import_format", "auto")
    if typed:
        path = Path(typed).expanduser()
        return columns.look(path.name, path=path, format=chosen) if path.exists() else None
    if upload is None:
        return None
    return columns.look(upload.name, data=beginning(upload), format=chosen)


def beginning(upload: Any) -> bytes:
    """As much of an upload as its first rows need: a workbook, whose index stands last, whole."""
    upload.seek(0)
    data: bytes = upload.read(LOOKED_AT)
    if data.startswith((b"PK", b"PAR1")):
        data += upload.read()
    upload.seek(0)
    return data


def show_look(seen: Look) -> None:
    """What the file is, or why it cannot be read."""
    if seen.format is not None:
        st.text(f"This is {FORMATS[seen.format].title}.")
    elif seen.can_be_mapped:
        st.text("No known format recognises this file: say what its columns mean.")
    else:
        st.text(seen.problem or "")


def show_mapping(seen: Look) -> None:
    """The first rows, and a choice of columns for each role."""
    rows = pd.DataFrame(list(seen.rows), dtype="object")
    width = max(NARROWEST, ROOM // len(seen.columns))
    st.dataframe(
        rows,
        hide_index=True,
        height=LINE * (len(rows) + 1) + 3,
        column_config={name: st.column_config.TextColumn(width=width) for name in seen.columns},
    )
    base = key_of(seen)
    left, right = st.columns(2)
    for place, role in enumerate(MAPPED):
        with left if place < len(MAPPED) // 2 else right:
            guess = list(seen.guess.of(role))
            if role in LISTS:
                st.multiselect(ROLES[role], seen.columns, guess, key=f"map-{role}-{base}")
            else:
                st.selectbox(
                    ROLES[role],
                    seen.columns,
                    index=seen.columns.index(guess[0]) if guess else None,
                    key=f"map-{role}-{base}",
                    placeholder="none",
                )
    st.selectbox(
        "Between the elements of a list in one cell stands",
        list(SEPARATORS),
        key=f"map-separator-{base}",
        format_func=lambda name: SAID[name],
    )
    st.caption("The mapping is kept with the dataset; one that is there already keeps its own.")


def key_of(seen: Look) -> str:
    """Tells the widgets of one file's columns from another's."""
    return "|".join(seen.columns)


def chosen_mapping(seen: Look | None) -> ColumnMapping | None:
    """What the person said the columns mean; raises InvalidValue."""
    if seen is None or not seen.can_be_mapped:
        return None
    values, base = st.session_state, key_of(seen)
    found: dict[str, list[str]] = {}
    for role in MAPPED:
        value = values.get(f"map-{role}-{base}")
        found[role] = list(value) if isinstance(value, list) else [value] if value else []
    for role, names in seen.guess.columns.items():
        if role not in MAPPED:
            found[role] = list(names)
    return columns.mapping(found, values[f"map-separator-{base}"])


@state.press
def start_import(seen: Look | None) -> None:
    """Queue the import."""
    values = st.session_state
    upload, typed = values["import_file"], values.get("import_path", "").strip()
    if (upload is None and not typed) or not values["import_name"].strip():
        state.tell("Choose a file, and name the dataset.")
        return
    path = Path(typed).expanduser() if typed else None
    name = values["import_name"].strip()
    known = any(dataset.name == name for dataset in datasets.everything(state.workspace()))
    queued = state.attempt(
        lambda: jobs.enqueue_import(
            state.workspace(),
            actor=state.actor(),
            file=path.name if path else upload.name,
            data=None if path else upload.getvalue(),
            path=path,
            dataset=name,
            format=values["import_format"],
            images=values.get("import_images", "").strip() or None,
            fetch_images=values["import_fetch"],
            mapping=None if known else chosen_mapping(seen),
        )
    )
    if queued is not None:
        state.tell(
            f"The import of {name} has begun; beside the file you see how far it is.", good=True
        )
