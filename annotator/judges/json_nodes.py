"""JSON as models write it, with the place of every value.

Python's reader gives no places, keeps only the last of two equal keys and refuses single quotes,
trailing commas, comments and whatever was cut off; this one reads them and says what was cut.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from annotator.domain.regex import regex

_WHITE: Final = regex(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING: Final = regex(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
_NUMBER: Final = regex(r"-?\d{1,12}(?:\.\d{1,12})?(?![\w.])")
_SUM: Final = regex(r"-?\d[\d./]*")
_NAME: Final = regex(r"[A-Za-z_][\w ]*")
_CONSTANTS: Final = {
    "true": True, "True": True, "false": False, "False": False, "null": None, "None": None,
}  # fmt: skip
_MOST_DEPTH: Final = 20

Pairs = tuple[tuple["Node", "Node"], ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place.

    ``value`` is a str, the text of a number, a bool, None, a tuple of nodes (a list) or Fields.
    """

    value: str | Digits | bool | tuple[Node, ...] | Fields | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Digits:
    """A number as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Fields:
    """An object's pairs in order, equal keys included. ``cut`` where its end is missing."""

    pairs: Pairs
    cut: bool = False


class _Broken(Exception):
    """No JSON after all."""


class _Cut(Exception):
    """The text ends inside a value; carries nothing."""


def find_nodes(text: str) -> list[Node]:
    """The outermost objects and lists in a text, in order; what is none is passed over."""
    found: list[Node] = []
    at = 0
    while (at := _opening(text, at)) >= 0:
        try:
            node = _Reader(text).value(at, 0)
        except (_Broken, _Cut):
            at += 1
            continue
        if _speaks(node):
            found.append(node)
            at = node.end
        else:
            at += 1
    return found


def _opening(text: str, at: int) -> int:
    places = [p for p in (text.find("{", at), text.find("[", at)) if p >= 0]
    return min(places, default=-1)


def _speaks(node: Node) -> bool:
    return bool(node.value.pairs) if isinstance(node.value, Fields) else bool(node.value)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text

    def value(self, at: int, depth: int) -> Node:
        if depth > _MOST_DEPTH:
            raise _Broken
        at = self.skip(at)
        if at >= len(self.text):
            raise _Cut
        character = self.text[at]
        if character == "{":
            return self.fields(at, depth)
        if character == "[":
            return self.items(at, depth)
        if character in "\"'":
            return self.string(at)
        return self.atom(at)

    def skip(self, at: int) -> int:
        match = _WHITE.match(self.text, at)
        return match.end() if match else at

    def string(self, at: int) -> Node:
        match = _STRING.match(self.text, at)
        if match is None:
            raise _Cut
        return Node(_unquoted(match.group()), at, match.end())

    def atom(self, at: int) -> Node:
        match = _NUMBER.match(self.text, at)
        if match:
            if match.end() >= len(self.text):
                raise _Cut
            return Node(Digits(match.group()), at, match.end())
        match = _SUM.match(self.text, at)
        if match and match.end() >= len(self.text):
            raise _Cut
        if match:
            return Node(match.group(), at, match.end())
        match = _NAME.match(self.text, at)
        if match and match.group().strip() in _CONSTANTS:
            return Node(_CONSTANTS[match.group().strip()], at, match.end())
        raise _Broken

    def key(self, at: int) -> Node:
        if self.text[at] in "\"'":
            return self.string(at)
        match = _NUMBER.match(self.text, at) or _NAME.match(self.text, at)
        if match is None:
            raise _Broken
        return Node(match.group().strip(), at, match.end())

    def fields(self, at: int, depth: int) -> Node:
        start, pairs, at = at, list[tuple[Node, Node]](), at + 1
        try:
            while (at := self.next(at)) < len(self.text) and self.text[at] != "}":
                name = self.key(at)
                colon = self.skip(name.end)
                if colon >= len(self.text):
                    raise _Cut
                if self.text[colon] not in ":=：":
                    raise _Broken
                value = self.value(colon + 1, depth + 1)
                pairs.append((name, value))
                at = self.after(value.end, "}")
        except _Cut:
            at = len(self.text)
        cut = at >= len(self.text)
        return Node(Fields(tuple(pairs), cut), start, len(self.text) if cut else at + 1)

    def items(self, at: int, depth: int) -> Node:
        start, nodes, at = at, list[Node](), at + 1
        while (at := self.next(at)) < len(self.text) and self.text[at] != "]":
            node = self.value(at, depth + 1)
            nodes.append(node)
            at = self.after(node.end, "]")
        if at >= len(self.text):
            if not nodes or not isinstance(nodes[-1].value, Fields):
                raise _Cut
            return Node(tuple(nodes), start, len(self.text))
        return Node(tuple(nodes), start, at + 1)

    def next(self, at: int) -> int:
        at = self.skip(at)
        while at < len(self.text) and self.text[at] in ",，":
            at = self.skip(at + 1)
        return at

    def after(self, at: int, closing: str) -> int:
        at = self.skip(at)
        if at < len(self.text) and self.text[at] not in f",，{closing}":
            raise _Broken
        return at


def _unquoted(written: str) -> str:
    """What a quoted string says; one that is no JSON (single quotes, a stray escape) as it is."""
    with suppress(ValueError):
        return str(json.loads(written, strict=False))
    return re.sub(r"\\(.)", r"\1", written[1:-1])
