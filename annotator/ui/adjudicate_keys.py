"""The sheet of keys on Adjudicate: the one list of them."""

from __future__ import annotations

from typing import Final

import streamlit as st

from annotator.ui.keys import show_sheet

KEYS: Final = {
    "Go": {"K": "previous case", "J": "next case", "Z": "undo your last doing", "L": "history"},
    "Your score, first": {
        "0 … 9": "that many points",
        "P": "pass: all points",
        "O": "fail: none",
    },
    "Make final": {
        "Y": "yours",
        "V": "the rule's",
        "A B D E": "the first judge's, the second's, …",
        "S": "another score, then 0 … 9",
        "U": "undecidable",
        "F": "the component is at fault: flag it",
    },
    "More": {
        "N": "ask for reasons always, or only against a rule",
        "I": "read a reply that code could not read",
        "H": "this sheet",
    },
    "Audit sample": {"T": "cannot tell", "J": "skip"},
    "Picture": {"Esc": "close full size"},
}


@st.dialog("Keys", width="medium")
def show_keys() -> None:
    """List every key."""
    show_sheet(KEYS)
