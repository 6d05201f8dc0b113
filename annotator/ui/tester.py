"""Test a response on Annotate: which components pass, with the evidence marked in it."""

from __future__ import annotations

from html import escape
from typing import Final

import streamlit as st

from annotator.services.annotate import Desk
from annotator.services.testing import Tested, try_response
from annotator.ui.focus import focus

SIGNS: Final = {"pass": "✓ pass", "fail": "✗ fail", "undecided": "? undecided"}
MARKED: Final = 20_000


def show_tester(desk: Desk) -> None:
    """A field for a response, and what the rules say about it."""
    key = f"response-{desk.item.id}"
    with st.form(f"tester-{desk.item.id}"):
        response = st.text_area("A response to test", key=key, height=120)
        st.form_submit_button("Test it")
    focus(key)
    if not response.strip():
        return
    for one in try_response(desk.content, response):
        show_tested(one, response)


def show_tested(one: Tested, response: str) -> None:
    """One component's outcome, constraint by constraint."""
    with st.container(border=True):
        st.text(f"{SIGNS[one.outcome]}   {one.number}. {one.component.text}")
        if one.problem:
            st.text(one.problem)
        if not one.tried and not one.problem:
            st.caption("No rule reads this component; it needs a judge.")
        for tried in one.tried:
            st.text(f"{SIGNS[tried.outcome]}: {tried.said} {tried.reason}")
        spans = [span for tried in one.tried for span in tried.spans]
        if spans and len(response) <= MARKED:
            st.html(marked(response, spans))


def marked(text: str, spans: list[tuple[int, int]]) -> str:
    """The text as HTML with the spans marked; everything in it is escaped."""
    pieces, at = [], 0
    for start, end in sorted(spans):
        if start < at or end <= start:
            continue
        pieces += [escape(text[at:start]), f"<mark>{escape(text[start:end])}</mark>"]
        at = end
    pieces.append(escape(text[at:]))
    body = "".join(pieces)
    return f'<div dir="auto" style="white-space:pre-wrap;font-size:.85rem">{body}</div>'
