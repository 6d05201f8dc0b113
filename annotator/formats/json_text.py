"""A JSON object's text, changed field by field: all that is not changed stays to the letter."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from annotator.domain.items import JSON, same

WHITE: Final = " \t\r\n"
HALF: Final = re.compile("[\ud800-\udfff]")
DECODER: Final = json.JSONDecoder()

Place = tuple[Any, int, int]
"""A value, and where its text begins and ends."""


def skip(text: str, at: int) -> int:
    """The next place that is no white space."""
    while at < len(text) and text[at] in WHITE:
        at += 1
    return at


def peek(text: str, at: int) -> str:
    """The next character that is no white space."""
    place = skip(text, at)
    return text[place : place + 1]


def dumped(value: JSON, *, ascii_only: bool) -> str:
    """A value as JSON; half an emoji, which is no text, as its escape, NaN and infinity as null."""
    try:
        text = json.dumps(value, ensure_ascii=ascii_only, allow_nan=False)
    except ValueError:
        return dumped(finite(value), ascii_only=ascii_only)
    return text if text.isascii() or not HALF.search(text) else json.dumps(value)


def finite(value: JSON) -> JSON:
    """A value with nothing in the place of numbers that JSON does not have."""
    if isinstance(value, Mapping):
        return {name: finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def patched(text: str, changed: Mapping[str, JSON], *, ascii_only: bool) -> str:
    """The text of a JSON object with some fields saying something else; new ones stand last."""
    fields = fields_of(text)
    model = next((p for p in fields.values() if isinstance(p[0], list) and len(p[0]) > 1), None)
    parts = {}
    for name in changed.keys() & fields.keys():
        shape = fields[name] if fields[name][0] else model
        parts[name] = value_text(text, changed[name], shape, ascii_only=ascii_only)
    for name in reversed(fields):
        if name in parts:
            text = text[: fields[name][1]] + parts[name] + text[fields[name][2] :]
    missing = {name: value for name, value in changed.items() if name not in fields}
    return with_fields(text, missing, ascii_only=ascii_only) if missing else text


def with_fields(text: str, missing: Mapping[str, JSON], *, ascii_only: bool) -> str:
    """The text of a JSON object with fields added behind its last one, set off as that one is."""
    fields = list(fields_of(text).items())
    model = next((p for _, p in fields if isinstance(p[0], list) and len(p[0]) > 1), None)
    _, start, end = fields[-1][1]
    before = fields[-2][1][2] if len(fields) > 1 else start
    gap = text[before:start].partition('"')[0] if len(fields) > 1 else ", "
    added = "".join(
        f"{gap}{json.dumps(name)}: {value_text(text, value, model, ascii_only=ascii_only)}"
        for name, value in missing.items()
    )
    return text[:end] + added + text[end:]


def fields_of(text: str) -> dict[str, Place]:
    """The fields of a JSON object with the places of their values."""
    found: dict[str, Place] = {}
    at = skip(text, 1)
    while text[at] != "}":
        name, at = DECODER.raw_decode(text, at)
        start = skip(text, skip(text, at) + 1)
        value, at = DECODER.raw_decode(text, start)
        found[name] = (value, start, at)
        at = skip(text, at)
        at = skip(text, at + 1) if text[at] == "," else at
    return found


def elements_of(text: str, start: int) -> Iterator[Place]:
    """The elements of a JSON list with their places."""
    at = skip(text, start + 1)
    while text[at] != "]":
        value, end = DECODER.raw_decode(text, at)
        yield value, at, end
        at = skip(text, end)
        at = skip(text, at + 1) if text[at] == "," else at


def value_text(text: str, value: JSON, shape: Place | None, *, ascii_only: bool) -> str:
    """A value as JSON; a list is laid out like the one in ``shape`` and keeps its elements."""
    if not isinstance(value, list) or not value or shape is None or not shape[0]:
        return dumped(value, ascii_only=ascii_only)
    old = list(elements_of(text, shape[1]))
    opening, closing = text[shape[1] + 1 : old[0][1]], text[old[-1][2] : shape[2] - 1]
    gaps = [text[one[2] : other[1]] for one, other in pairwise(old)] or [f",{opening or ' '}"]
    parts = [
        text[old[index][1] : old[index][2]]
        if index < len(old) and same(old[index][0], element)
        else dumped(element, ascii_only=ascii_only)
        for index, element in enumerate(value)
    ]
    rest = "".join(gaps[min(i, len(gaps) - 1)] + part for i, part in enumerate(parts[1:]))
    return f"[{opening}{parts[0]}{rest}{closing}]"
