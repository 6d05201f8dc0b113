"""The bootstrap over items: whatever is a function of sums over items gets an interval.

Components of one item, and the models' answers to it, are not independent; items are. So items
are drawn with replacement, each with everything that belongs to it (a cluster bootstrap; Davison
and Hinkley 1997, §3.8). One set of draws serves every statistic of a data set, which makes
differences between models, judges or types paired.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from annotator.domain.statistics.figure import Figure, Floats, Ints, added
from annotator.errors import InvalidValue

REPLICATES = 1000
CONFIDENCE = 0.95
FEWEST_ITEMS = 2
_BLOCK = 100
"""Replicates multiplied at once: keeps the numbers of draws in small integers until then."""
_MOST_UNDEFINED = 0.05
"""Share of replicates that may be undefined before the interval is."""


@dataclass(frozen=True, slots=True)
class Draws:
    """How often each item was drawn in each replicate: (replicates, items) small integers."""

    times: NDArray[np.uint8]

    @property
    def items(self) -> int:
        """The number of items."""
        return int(self.times.shape[1])

    def sums(self, per_item: Floats) -> Floats:
        """Each replicate's sums (replicates, columns) of what items contribute (items, columns).

        In single precision, which halves the time: an interval's ends move by less than 1e-5.
        Columns of nothing, such as grades that nobody gave, are not multiplied.
        """
        if len(per_item) != self.items:
            raise InvalidValue("items", f"must be {self.items}, not {len(per_item)}")
        some = np.flatnonzero(per_item.any(axis=0))
        single = per_item[:, some].astype(np.float32)
        found = np.zeros((len(self.times), per_item.shape[1]))
        for b in range(0, len(self.times), _BLOCK):
            found[b : b + _BLOCK, some] = self.times[b : b + _BLOCK].astype(np.float32) @ single
        return found


def draw(items: int, *, replicates: int = REPLICATES, seed: int = 0) -> Draws:
    """Draw as many items with replacement as there are, so many times; the seed fixes it."""
    generator = np.random.default_rng([seed, items])
    times = np.zeros((replicates, items), dtype=np.uint8)
    for start in range(0, replicates, _BLOCK):
        block = times[start : start + _BLOCK]
        chosen = generator.integers(0, items, block.shape)
        chosen += np.arange(len(block))[:, None] * items
        block[:] = np.bincount(chosen.ravel(), minlength=block.size).reshape(block.shape)
    return Draws(times)


@lru_cache(maxsize=2)
def usual_draws(items: int) -> Draws:
    """The draws with the usual number and seed, kept: the same figures whenever asked."""
    return draw(items)


def per_item(item: Ints, columns: Floats, items: int) -> Floats:
    """Sum rows (rows, columns) by their item, a number from 0 to ``items`` − 1."""
    return np.stack([added(item, column, items) for column in columns.T], axis=1)


def interval(replicates: Floats, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """The percentile interval; None where too many replicates are undefined to trust it."""
    known = replicates[np.isfinite(replicates)]
    if len(known) < len(replicates) * (1 - _MOST_UNDEFINED) or not len(known):
        return None
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def with_interval(
    point: Figure, replicates: Floats, *, items: int, confidence: float = CONFIDENCE
) -> Figure:
    """The figure with its bootstrap interval, or with the reason why it has none."""
    if point.value is None:
        return Figure(None, point.why, scores=point.scores, items=items)
    if items < FEWEST_ITEMS:
        why = "no interval: one item only"
        return Figure(point.value, why, scores=point.scores, items=items)
    ends = interval(replicates, confidence)
    if ends is None:
        why = "no interval: undefined in too many resamples of the items"
        return Figure(point.value, why, scores=point.scores, items=items)
    return Figure(point.value, "", *ends, scores=point.scores, items=items)


def bootstrap(
    item: Ints,
    columns: Floats,
    statistic: Callable[[Floats], Floats],
    *,
    why: str,
    draws: Draws,
) -> Figure:
    """A statistic of column sums with its interval.

    Args:
        item: (rows,) each row's item, from 0 to the draws' number of items − 1.
        columns: (rows, columns) what each row contributes.
        statistic: (…, columns) sums → (…) values, NaN where undefined.
        why: the reason to give where it is undefined over all items.
        draws: over all items of the data set, those without a row included.
    """
    by_item = per_item(item, columns, draws.items)
    value = float(statistic(by_item.sum(axis=0)))
    touched = len(np.unique(item))
    point = Figure(value if np.isfinite(value) else None, "" if np.isfinite(value) else why)
    point = Figure(point.value, point.why, scores=len(item))
    return with_interval(point, statistic(draws.sums(by_item)), items=touched)
