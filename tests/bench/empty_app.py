"""The least a Streamlit page can do on a key press: count it."""

import streamlit as st


def press() -> None:
    st.session_state["presses"] = st.session_state.get("presses", 0) + 1


st.button("Press", shortcut="Ctrl+Enter", on_click=press)
st.text(f"pressed {st.session_state.get('presses', 0)}")
