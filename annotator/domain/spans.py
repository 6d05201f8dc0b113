"""Where a component occurs in its instruction, in code points.

Published components are mostly pieces of their instruction, often with a number lifted out ("in a
four-sentence story" becomes "in a story" and "four-sentence"). So a component is looked for as it
stands, then with case, white space and outer punctuation aside, then as runs of words.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Span = tuple[int, int]
Match = Literal["verbatim", "reworded", "absent"]

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
REWORDED = 0.6
MOST_PAIRS = 20_000
"""How many pairs of equal words are aligned; long texts of few words would take minutes."""


@dataclass(frozen=True, slots=True)
class Located:
    """How a component stands in an instruction, and where (half-open spans, ascending)."""

    match: Match
    spans: tuple[Span, ...]
    coverage: float


def locate(component: str, instruction: str) -> Located:
    """Find a component's words in its instruction.

    Returns:
        ``verbatim`` with one span; ``reworded`` with the runs of words the two share when they
        make up at least 60 % of the component's words; else ``absent`` without spans.
    """
    wanted = component.strip().strip(".,;:!?").strip()
    if not wanted:
        return Located("absent", (), 0.0)
    start = instruction.find(wanted)
    if start >= 0:
        return Located("verbatim", ((start, start + len(wanted)),), 1.0)
    needle, hay = words(wanted), words(instruction)
    if not needle or not hay:
        return Located("absent", (), 0.0)
    whole = find_run([w for w, _ in needle], [w for w, _ in hay])
    if whole is not None:
        return Located("verbatim", ((hay[whole][1][0], hay[whole + len(needle) - 1][1][1]),), 1.0)
    if pairs(needle, hay) > MOST_PAIRS:
        return Located("absent", (), 0.0)
    return align(needle, hay)


def words(text: str) -> list[tuple[str, Span]]:
    """Words in lower case with their spans."""
    return [(m.group().casefold(), m.span()) for m in WORD.finditer(text)]


def bare_words(text: str) -> str:
    """The words in lower case, one space apart: equal for texts that differ in form only."""
    return " ".join(WORD.findall(text)).casefold()


def pairs(needle: list[tuple[str, Span]], hay: list[tuple[str, Span]]) -> int:
    """How many pairs of equal words two texts have."""
    theirs = Counter(word for word, _ in hay)
    return sum(theirs[word] for word, _ in needle)


def twin_key(image_ref: str | None, instruction: str) -> str | None:
    """Two items with the same key ask the same of the same image; None where none is named.

    Letter case, white space and punctuation of the instruction do not count.
    """
    if not image_ref:
        return None
    said = f"{image_ref}\0{bare_words(instruction)}"
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def find_run(needle: list[str], hay: list[str]) -> int | None:
    """Index of the first place where the needle's words stand in a row."""
    for index in range(len(hay) - len(needle) + 1):
        if hay[index : index + len(needle)] == needle:
            return index
    return None


def align(needle: list[tuple[str, Span]], hay: list[tuple[str, Span]]) -> Located:
    """The longest shared runs of words, in order."""
    matcher = SequenceMatcher(None, [w for w, _ in needle], [w for w, _ in hay], autojunk=False)
    blocks = [b for b in matcher.get_matching_blocks() if b.size]
    coverage = sum(b.size for b in blocks) / len(needle)
    if coverage < REWORDED:
        return Located("absent", (), coverage)
    spans = tuple((hay[b.b][1][0], hay[b.b + b.size - 1][1][1]) for b in blocks)
    return Located("reworded", merge(spans), coverage)


def merge(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Join spans that touch or are one space apart."""
    joined: list[Span] = []
    for start, end in spans:
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
