"""Which items ask nearly the same, so that a split never parts them.

Two instructions are near-duplicates where the Jaccard similarity of their word pairs is at least
``NEAR``. The pairs are found exactly, by prefix filtering (Chaudhuri et al., ICDE 2006; Bayardo et
al., WWW 2007): two sets that are similar enough share a word pair among the rarest few of each.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from annotator.domain.spans import bare_words

NEAR: Final = 0.7
"""Least similarity of near-duplicates: one word in twenty changed stays, one in eight does not."""

Shingles = frozenset[tuple[str, ...]]


def shingles(text: str) -> Shingles:
    """The word pairs of a text, without case and punctuation; of one word, that word."""
    words = bare_words(text).split()
    return frozenset(pairwise(words)) if len(words) > 1 else frozenset([tuple(words)])


def similarity(one: Shingles, other: Shingles) -> float:
    """Jaccard similarity, from 0 to 1."""
    shared = len(one & other)
    return shared / (len(one) + len(other) - shared)


def near_pairs(texts: Sequence[Shingles], least: float = NEAR) -> Iterator[tuple[int, int]]:
    """Every pair of indexes whose similarity is at least ``least``, each pair once.

    Args:
        texts: distinct sets; equal ones are the caller's to join.
        least: above 0, at most 1.
    """
    counts = Counter(shingle for text in texts for shingle in text)
    by_rarity = sorted(counts, key=lambda shingle: (counts[shingle], shingle))
    rank = {shingle: number for number, shingle in enumerate(by_rarity)}
    order = sorted(range(len(texts)), key=lambda index: (len(texts[index]), index))
    sizes = np.array([len(texts[index]) for index in order])
    holding: dict[int, array[int]] = {}
    for place, index in enumerate(order):
        marks = sorted(rank[shingle] for shingle in texts[index])
        first = int(np.searchsorted(sizes, least * len(marks)))
        for other in near_places(marks, first, sizes, holding, least):
            yield order[other], index
        for mark in marks:
            holding.setdefault(mark, array("q")).append(place)


def near_places(
    marks: Sequence[int],
    first: int,
    sizes: np.ndarray[tuple[int], np.dtype[np.int64]],
    holding: Mapping[int, array[int]],
    least: float,
) -> list[int]:
    """The places from ``first`` on that share enough of these marks (rarest first)."""
    prefix = marks[: len(marks) - math.ceil(least * len(marks)) + 1]
    if not any(mark in holding and holding[mark][-1] >= first for mark in prefix):
        return []
    found = np.concatenate([np.frombuffer(holding[m], np.int64) for m in marks if m in holding])
    shared = np.bincount(found[found >= first] - first)
    united = len(marks) + sizes[first : first + len(shared)] - shared
    return [int(place) + first for place in np.flatnonzero(shared / united >= least)]


class Groups:
    """Disjoint sets of the numbers from 0; the least number of a set stands for it."""

    def __init__(self, size: int) -> None:
        self.parent = list(range(size))

    def of(self, number: int) -> int:
        """The number that stands for the set of this one."""
        while self.parent[number] != number:
            self.parent[number] = self.parent[self.parent[number]]
            number = self.parent[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Make two sets one."""
        first, second = sorted((self.of(one), self.of(other)))
        self.parent[second] = first
