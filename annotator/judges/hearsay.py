"""Scores in a reply that are not the judge's own: quoted, another's, or given as an example."""

from __future__ import annotations

import re
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.labels import Claim

_OTHERS: Final = regex(
    r"\b(?:other|another|previous|earlier|prior|different|second|first)\s+"
    r"(?:judges?|models?|evaluators?|raters?|graders?|reviewers?|annotators?|assistants?|replies|reply)\b|"
    r"\b(?:judge|evaluator|rater|grader|reviewer|annotator)\s+(?-i:[A-Z]|\d)\b|"
    r"\b(?:response|model|answer|assistant)\s+(?-i:[A-HJ-Z])\b|"
    r"\bfor\s+(?:example|instance)\b|\be\.g\.|\bwould\s+(?:have|be|get|give|read)\b|\bhypothetical\w*|"
    r"\bif\b[^.\n]*\b(?:had|were)\b",
    re.IGNORECASE,
)
_QUOTED: Final = regex(r'(?<![\w"])"(?=[^"\n]*\d)[^"\n]{6,}"(?!\w)')
_QUOTED_LINE: Final = regex(r"^[^\S\n]*>[^\n]*$", re.MULTILINE)
_SENTENCE: Final = regex(r"[.!?](?=\s)|\n")
_OWN: Final = regex(r"\b(?:my|mine|i|i'd|our|we)\b[^.\n]{0,60}\Z", re.IGNORECASE)
_WRAPPED: Final = 0.6


def own_claims(text: str, claims: list[Claim]) -> tuple[list[Claim], list[Claim]]:
    """The judge's own claims, and those it only reports."""
    inside = [m.span() for m in _QUOTED.finditer(text) if not _wraps(text, *m.span())]
    lines = [m.span() for m in _QUOTED_LINE.finditer(text)]
    if all(_within(claim, lines) for claim in claims):
        lines = []
    own: list[Claim] = []
    reported: list[Claim] = []
    previous = 0
    spoken = False
    for claim in claims:
        if claim.source != "text":
            own.append(claim)
            continue
        between = text[previous : claim.start]
        broken = bool(_SENTENCE.search(between))
        sentence = _SENTENCE.split(between)[-1]
        spoken = bool(_OTHERS.search(sentence) and not _OWN.search(sentence)) or (
            spoken and not broken and not _OWN.search(sentence)
        )
        foreign = spoken or _within(claim, inside) or _within(claim, lines)
        (reported if foreign else own).append(claim)
        previous = claim.end
    return own, reported


def _wraps(text: str, start: int, end: int) -> bool:
    """Whether a quotation is the reply itself, put between marks."""
    return end - start >= _WRAPPED * len(text.strip())


def _within(claim: Claim, places: list[tuple[int, int]]) -> bool:
    return any(start <= claim.value.start and claim.value.end <= end for start, end in places)
