"""Cutting an instruction into the pieces that each ask for one thing, with their places."""

from __future__ import annotations

import re

from annotator.constraints.base import Constraint
from annotator.constraints.clause import quoted, sentence_spans
from annotator.constraints.parsing import parse
from annotator.constraints.segment import Span
from annotator.domain.regex import regex

_JOINT = regex(
    r"[;:]\s+|,\s+(?:and\s+|but\s+|while\s+|with\s+)?|\s+(?=(?:and|but|while|with|without|"
    r"using|in (?:exactly|only|no more than|at most|at least))\s)"
)
_MOST_JOINTS = 24


def split_instruction(text: str) -> list[tuple[str, int, int]]:
    """The parts of an instruction as ``(text, start, end)`` in code points, in order.

    Sentences are cut further where a joint (a comma, "and", "without" …) leaves both sides
    stating the constraints that the whole states, no more and no fewer, and each at least one.
    Nothing is lost: what stands in no part is white space or a joint.
    """
    found: list[tuple[str, int, int]] = []
    for sentence in sentence_spans(text):
        found.extend((s.text, s.start, s.end) for s in _parts(text, sentence))
    return found


def _parts(text: str, span: Span) -> list[Span]:
    whole = set(parse(span.text))
    if len(whole) < 2:
        return [span]
    for joint in _joints(span.text):
        left = _trimmed(text, span.start, span.start + joint.start())
        right = _trimmed(text, span.start + joint.end(), span.end)
        one, two = _read(left), _read(right)
        if one and two and one | two == whole and not one & two:
            return [*_parts(text, left), *_parts(text, right)]
    return [span]


def _joints(text: str) -> list[re.Match[str]]:
    inside = [(q.start, q.end) for q in quoted(text)]
    found = [
        m
        for m in _JOINT.finditer(text)
        if not any(a < m.start() < b or a < m.end() < b for a, b in inside)
    ]
    return found[:_MOST_JOINTS]


def _read(span: Span) -> set[Constraint]:
    return set(parse(span.text)) if span.text else set()


def _trimmed(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Span(start, start + len(piece), piece)
