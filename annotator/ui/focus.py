"""Put the keyboard into a field that a key has just opened; Escape takes it out again."""

from __future__ import annotations

from typing import Final

import streamlit as st

SCRIPT: Final = """
const done = new WeakMap();
export default function ({ parentElement, data }) {
  if (done.get(parentElement) === data.key) return;
  done.set(parentElement, data.key);
  const find = () => document.querySelector(
    `.st-key-${CSS.escape(data.key)} :is(input, textarea, button)`);
  const leave = (event) => {
    if (event.key === "Escape" && !event.isComposing) event.currentTarget.blur();
  };
  let tries = 0;
  const put = () => {
    const found = find();
    if (found) {
      found.addEventListener("keydown", leave);
      found.focus();
    }
    else if (tries++ < 20) setTimeout(put, 25);
  };
  put();
}
"""

FOCUS: Final = st.components.v2.component("annotator_focus", js=SCRIPT, isolate_styles=False)


def focus(key: str) -> None:
    """Focus the widget with this key, once when it appears; Escape there gives the keys back."""
    FOCUS(key=f"focus-{key}", data={"key": key}, height=1)
