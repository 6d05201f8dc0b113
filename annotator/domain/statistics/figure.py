"""A number that explains itself: its interval, what it rests on, or why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Figure:
    """A statistic, or "undefined" with the reason.

    ``value`` is None exactly where ``why`` says why. ``low`` and ``high`` are the interval's ends,
    None where there is no interval; ``why`` then may say why even though there is a value.
    ``scores`` and ``items`` are the numbers of scores (or pairs of them) and items it rests on.
    """

    value: float | None
    why: str = ""
    low: float | None = None
    high: float | None = None
    scores: int = 0
    items: int = 0

    @property
    def defined(self) -> bool:
        """Whether there is a number."""
        return self.value is not None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object; ``undefined`` holds the reason where there is no number."""
        if self.value is None:
            return {"undefined": self.why, "scores": self.scores, "items": self.items}
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "scores": self.scores,
            "items": self.items,
        } | ({"note": self.why} if self.why else {})

    @staticmethod
    def from_json(stored: dict[str, Any]) -> Figure:
        """What ``to_json`` wrote."""
        why = stored.get("undefined", stored.get("note", ""))
        return Figure(
            stored.get("value"),
            why,
            stored.get("low"),
            stored.get("high"),
            stored["scores"],
            stored["items"],
        )


def undefined(why: str, *, scores: int = 0, items: int = 0) -> Figure:
    """No number, and the reason in words."""
    return Figure(None, why, scores=scores, items=items)


def figure(value: float, why: str, *, scores: int = 0, items: int = 0) -> Figure:
    """The number, or undefined for the reason given where it is not finite."""
    if not math.isfinite(value):
        return undefined(why, scores=scores, items=items)
    return Figure(float(value), scores=scores, items=items)


def added(places: Ints, values: Floats, size: int) -> Floats:
    """Sums (size,) of values by their place, from 0 to ``size`` − 1."""
    return np.asarray(np.bincount(places, weights=values, minlength=size), dtype=np.float64)


def ratio(above: Floats, below: Floats) -> Floats:
    """Division that gives NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below != 0, above / below, np.nan)
