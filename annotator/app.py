"""The app Streamlit runs: who is there, and the way between the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

from annotator.errors import Forbidden, Unavailable
from annotator.ui import state
from annotator.ui.places import every_page
from annotator.ui.shell import frame, show_notices
from annotator.ui.talk import show_bell
from annotator.ui.welcome import ask_name, ask_to_sign_in

# Our own: Streamlit would have the browser fetch one of its icons from elsewhere.
ICON: Final = Path(__file__).parent / "ui" / "icon.png"


def main() -> None:
    """Show the page of the address to somebody with a name."""
    st.set_page_config(page_title="mm-annotator", page_icon=ICON, layout="wide")
    try:
        show()
    except Unavailable as fault:
        st.error(f"{fault} What was saved before is safe.")
        st.button("Try again", shortcut="t")
    finally:
        state.end_of_run()


def show() -> None:
    """The page, or the way in."""
    state.clean_address()
    known = state.current_person() is not None
    chosen = st.navigation(every_page(), position="top" if known else "hidden")
    frame()
    if known:
        show_bell()
        try:
            chosen.run()
        except Forbidden as fault:
            st.error(f"{fault} An admin can give you another role.")
        show_notices()
    elif state.workspace().settings.access == "local":
        ask_name()
    else:
        ask_to_sign_in()


main()
