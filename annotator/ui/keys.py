"""The sheet of keys on Annotate: the one list of them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

import streamlit as st

KEYS: Final = {
    "Go": {
        "K": "previous item",
        "J": "next item",
        "G": "jump to an item",
        "S": "skip to the next that waits",
    },
    "Decide": {
        "1": "keep",
        "2": "fix",
        "3": "drop",
        "Ctrl ⏎": "submit and next",
        "Z": "undo",
        "Y": "redo",
    },
    "Findings, flags, tests": {
        "M": "apply the first mend",
        "X": "dismiss the first finding",
        "F": "flag",
        "Esc": "leave a field, so that letters are keys again",
        "P": "history",
        "B": "guidelines",
        "L": "comments",
        "V": "make this the known answer, for who may",
        "Q": "test a response against the components",
    },
    "Instruction": {
        "I": "edit it; Esc ends",
        "A": "new component, from the chosen words if there are any",
        "U": "use the chosen words for the chosen component",
        "← →": "choose words, once it has the focus; Shift adds more",
    },
    "Components": {
        "↑ ↓ or [ ]": "choose",
        "T": "edit the text; Esc ends",
        "Alt ⏎": "split at the cursor, in the text",
        "Alt ↑ ↓": "move",
        "D": "all its fields",
    },
    "Weights": {
        "W": "first weight",
        "⏎": "next weight",
        "↑ ↓": "one more, one less",
        "N": "make the sum right",
        "E": "equal",
    },
    "Picture": {"O": "full size", "+ − 0": "zoom there", "Esc": "close"},
}

STYLE: Final = """<style>
.sheet { columns: 2; column-gap: 2rem; font-size: .88rem; }
.sheet section { break-inside: avoid; margin-bottom: .9rem; }
.sheet h4 { font-size: .88rem; margin: 0 0 .25rem; padding: 0; }
.sheet div { display: flex; gap: .6rem; padding: .08rem 0; }
.sheet kbd { min-width: 5.2rem; font-family: inherit; font-weight: 600; }
</style>"""


@st.dialog("Keys", width="medium")
def show_keys() -> None:
    """List every key."""
    show_sheet(KEYS)


def show_sheet(sheet: Mapping[str, Mapping[str, str]]) -> None:
    """Keys with what they do, by section."""
    sections = "".join(
        f"<section><h4>{escape(title)}</h4>"
        + "".join(
            f"<div><kbd>{escape(k)}</kbd><span>{escape(said)}</span></div>"
            for k, said in keys.items()
        )
        + "</section>"
        for title, keys in sheet.items()
    )
    st.html(f'{STYLE}<div class="sheet">{sections}</div>')
