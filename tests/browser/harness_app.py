"""The page the component tests look at: one board, one note, one picture, a few keyed buttons."""

from __future__ import annotations

import time

import streamlit as st
from harness_store import STORE, TYPES

from annotator.ui.components import autosave, board, picture

st.set_page_config(layout="wide")
STORE.runs += 1
item = st.session_state.setdefault("item", int(st.query_params.get("item", 7)))
tab = st.session_state.setdefault("tab", f"tab-{time.time_ns()}")
person = "ana"


def go(by: int) -> None:
    STORE.order.append("go")
    STORE.pressed.append(f"go {by} with {STORE.text(st.session_state.item, 'note')!r}")
    st.session_state.item += by


def press(name: str) -> None:
    STORE.pressed.append(name)


entry = STORE.items[item]
common = {
    "item_id": item,
    "tab": tab,
    "version": STORE.versions[item],
    "person": person,
    "save_url": "/api/draft",
    "readonly": bool(STORE.mode.get("readonly")),
}
left, right = st.columns([1, 1])
with left:
    width, height = (800, 500) if item % 2 else (400, 600)
    picture(
        data={
            "src": f"/image/{item}?size=display",
            "full": f"/image/{item}",
            "alt": f"Picture of item {item}",
            "width": width,
            "height": height,
            "problem": "The image file is missing: astronaut.jpg." if item == 10 else None,
            "next": [f"/image/{item + 1}?size=display"],
            "credit": "NASA, public domain",
        }
    )
with right:
    board(
        data={**common, "target": STORE.target, "types": TYPES, "selected": None, **entry},
        on_op=STORE.apply,
    )
    autosave(
        data={
            **common,
            "field": "note",
            "text": STORE.text(item, "note"),
            "label": "Note",
            "placeholder": "What the next person should know",
            "rows": 2,
        },
        key="note",
    )
    row = st.container(horizontal=True)
    row.button("Previous", shortcut="K", on_click=go, args=(-1,))
    row.button("Next", shortcut="J", on_click=go, args=(1,))
    row.button("Keep", shortcut="1", on_click=press, args=("keep",))
    row.button("Again", shortcut="N", on_click=press, args=("again",))
    row.button("Submit and next", shortcut="Ctrl+Enter", on_click=go, args=(1,), type="primary")
