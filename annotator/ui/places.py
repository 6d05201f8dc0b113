"""The pages, in the order of the work, and the way to each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

import streamlit as st

from annotator.ui import state

FOLDER: Final = Path(__file__).resolve().parents[2] / "pages"
PAGES: Final = {
    "home": ("Home", ":material/home:"),
    "progress": ("Progress", ":material/monitoring:"),
    "browse": ("Browse", ":material/table_rows:"),
    "annotate": ("Annotate", ":material/edit_note:"),
    "conflicts": ("Conflicts", ":material/rule:"),
    "curate": ("Curate", ":material/balance:"),
    "adjudicate": ("Adjudicate", ":material/gavel:"),
    "agreement": ("Agreement", ":material/handshake:"),
    "judges": ("Judges", ":material/balance:"),
    "merge": ("Merge", ":material/merge:"),
    "release": ("Release", ":material/deployed_code:"),
    "admin": ("Admin", ":material/settings:"),
}


def page(name: str) -> Any:
    """One page, by the name of its file."""
    title, icon = PAGES[name]
    return st.Page(FOLDER / f"{name}.py", title=title, icon=icon, default=name == "home")


def every_page() -> list[Any]:
    """All pages, made once for a session: one page is never run by two scripts at a time."""
    if (made := state.kept("pages")) is None:
        state.keep("pages", made := [page(name) for name in PAGES])
    return list(made)


def go_to(name: str, parameters: Mapping[str, Any] | None = None) -> NoReturn:
    """Leave for another page."""
    st.switch_page(page(name), query_params=dict(parameters or {}))
