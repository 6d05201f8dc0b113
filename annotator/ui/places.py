"""The pages, in the order of the work, and the way to each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NoReturn

import streamlit as st

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
    """All pages."""
    return [page(name) for name in PAGES]


def go_to(name: str, parameters: Mapping[str, Any] | None = None) -> NoReturn:
    """Leave for another page."""
    st.switch_page(page(name), query_params=dict(parameters or {}))
