"""The browser components: the board, the autosaving text field and the picture.

Data goes in as JSON and is set as text only. What happens in the browser comes back in two ways:
operations as a Streamlit trigger (`board`), texts as POST requests to the address in the data
(`board` and `autosave`).

Data is a list of one dictionary: of a dictionary Streamlit looks at every value for a data frame.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from annotator.ui.components.assets import read, stub

__all__ = ["autosave", "board", "marked", "picture", "talk"]

_BOARD = st.components.v2.component(
    "annotator_board",
    js=stub("board"),
    css=read("field.css", "board.css"),
    isolate_styles=False,
)
_AUTOSAVE = st.components.v2.component(
    "annotator_autosave",
    js=stub("autosave"),
    css=read("field.css", "autosave.css"),
    isolate_styles=False,
)
_PICTURE = st.components.v2.component(
    "annotator_picture", js=stub("picture"), css=read("picture.css"), isolate_styles=False
)

_MARKED = st.components.v2.component(
    "annotator_marked", js=stub("marked"), css=read("marked.css"), isolate_styles=False
)

_TALK = st.components.v2.component(
    "annotator_talk", js=stub("talk"), css=read("talk.css"), isolate_styles=False
)


def board(
    *, data: Mapping[str, Any], on_op: Callable[[dict[str, Any]], int | None], key: str = "board"
) -> None:
    """Show the instruction, findings, components and weights of one item.

    `on_op` is called once per operation, in the order they were made, before the script runs. It
    may return the item's new version: operations made before the browser could know it then carry
    it instead of the old one.
    """
    inbox = _Inbox(key)

    def received() -> None:
        for op in inbox.fresh():
            inbox.moved(op, on_op(op))

    _BOARD(key=key, data=[{**data, "ack": inbox.ack()}], on_op_change=received)


def autosave(*, data: Mapping[str, Any], key: str) -> None:
    """Show a text field that saves what is typed in it to `data["save_url"]`."""
    _AUTOSAVE(key=key, data=[dict(data)])


def talk(*, data: Mapping[str, Any], on_said: Callable[[dict[str, Any]], None], key: str) -> None:
    """Show a field to say something in, with names offered after @.

    ``on_said`` is called with ``item_id``, ``text`` and ``save_id``, before the script runs.
    """

    def received() -> None:
        sent = st.session_state[key]
        value = sent.get("said") if isinstance(sent, Mapping) else None
        if value:
            on_said(dict(value))

    _TALK(key=key, data=[dict(data)], on_said_change=received)


def picture(*, data: Mapping[str, Any], key: str = "picture") -> None:
    """Show an item's picture with its full-size viewer, or the sentence why there is none."""
    _PICTURE(key=key, data=[dict(data)])


def marked(
    *,
    key: str,
    of: str,
    label: str,
    blocks: Sequence[Mapping[str, Any]],
    max_height: str | None = None,
    show_first: bool = False,
) -> None:
    """Show texts with marked stretches, read only.

    Args:
        of: what they are of; the texts scroll to their head when it changes.
        label: the region's name for screen readers.
        blocks: ``{"text", "spans": [{"start", "end", "kind", "label"}]}`` each; places count code
            points; ``kind`` is component, pass, fail or passage.
        max_height: a CSS length; a longer text scrolls.
        show_first: scroll to the first marked stretch.
    """
    _MARKED(
        key=key,
        data=[
            {
                "of": of,
                "label": label,
                "blocks": [dict(block) for block in blocks],
                "max_height": max_height,
                "show_first": show_first,
            }
        ],
    )


class _Inbox:
    """Operations of one board in one session, each handed on once, however often it is sent.

    The browser numbers its operations and repeats those that `ack` has not confirmed, so one that
    a rerun swallowed comes again, and one that came twice is known by its number.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self._state: dict[str, Any] = st.session_state.setdefault(
            f"_ops_of_{key}", {"client": "", "seq": 0, "moved": {}}
        )

    def ack(self) -> dict[str, Any]:
        return {"client": self._state["client"], "seq": self._state["seq"]}

    def fresh(self) -> Iterator[dict[str, Any]]:
        """Unseen operations; each is seen before it is handled: one that raises is not repeated."""
        sent = st.session_state[self._key]
        value = (sent.get("op") if isinstance(sent, Mapping) else None) or {}
        if value.get("client", "") != self._state["client"]:
            self._state.update(client=value.get("client", ""), seq=0, moved={})
        for op in value.get("ops", []):
            if op["seq"] > self._state["seq"]:
                self._state["seq"] = op["seq"]
                yield self._current(op)

    def _current(self, op: Mapping[str, Any]) -> dict[str, Any]:
        known = self._state["moved"].get(op["item_id"], {})
        version = known.get(op["version"], op["version"])
        return {**{name: op[name] for name in op if name != "seq"}, "version": version}

    def moved(self, op: Mapping[str, Any], version: int | None) -> None:
        """Remember that this board's own operation made `version` out of the one it was made on."""
        if not isinstance(version, int):
            return
        known = self._state["moved"].setdefault(op["item_id"], {})
        for shown, now in known.items():
            if now == op["version"]:
                known[shown] = version
        known[op["version"]] = version
