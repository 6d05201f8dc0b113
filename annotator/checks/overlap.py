"""Comparing texts by their words: normal forms, content words, what is lifted from where."""

from __future__ import annotations

import re
from functools import lru_cache

from annotator.constraints.base import tokens
from annotator.constraints.lexicon import lexicon
from annotator.constraints.morphology import stem
from annotator.constraints.numerals import digits

_STOP = lexicon(
    """
    a an the and or but of in on at to for from with without by as is are was were be been
    being it its this that these those there their his her your you i we they he she them my
    our me us which who whom whose what how when where why if then than so not no do does did
    done has have had having can could may might must shall should will would about into over
    under within using use used include including includes ensure ensuring make making also
    all each every any some one only just exactly least most more please while via per such
    both either image picture photo shown seen response
    """
)


@lru_cache(maxsize=8192)
def normal(text: str) -> tuple[str, ...]:
    """The words of ``text`` in lower case, hyphens opened, numbers in digits."""
    return tuple(tokens(digits(re.sub(r"[-–—/]", " ", text))))


@lru_cache(maxsize=8192)
def content(text: str) -> frozenset[str]:
    """Stems of the words of ``text`` that carry meaning; numbers count as such."""
    return frozenset(
        stem(w) for w in normal(text) if w not in _STOP and not (len(w) < 2 and w.isalpha())
    )


def verbatim(part: str, whole: str) -> bool:
    """Whether the words of ``part`` stand in a row in ``whole``."""
    one, other = normal(part), normal(whole)
    n = len(one)
    return any(other[i : i + n] == one for i in range(len(other) - n + 1))


def lifted(part: str, whole: str) -> bool:
    """Whether ``part`` is ``whole`` with words left out: the same words in the same order."""
    rest = iter(normal(whole))
    return all(any(w == r for r in rest) for w in normal(part))


_PREFIX = 5
"""Letters that two stems must share to count as one word ("humor", "humorous")."""


def share(part: str, whole: str) -> float:
    """How much of the content of ``part`` is in ``whole``, from 0 to 1; 1 where there is none."""
    words, there = content(part), content(whole)
    beginnings = {w[:_PREFIX] for w in there if len(w) >= _PREFIX}
    hits = sum(w in there or w[:_PREFIX] in beginnings for w in words)
    return hits / len(words) if words else 1.0
