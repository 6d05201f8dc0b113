"""Models side by side under one rater: means, ranks, and how sure both are.

A model's mean is over items, each item the share of its points. Models are compared over the
same resampled items (a paired bootstrap), differences over the items both models were scored on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np

from annotator.domain.statistics.figure import Figure, Floats, Truths, ratio, undefined
from annotator.domain.statistics.resampling import Draws, interval, with_interval

NOT_SCORED: Final = "none of its answers was scored"
NOT_TOGETHER: Final = "no item on which both were scored"
_TIE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Place:
    """One model's place: 1 is the best; ``ranks`` the interval of its rank over resamples.

    ``best`` is the share of resamples in which it is first, ties included.
    """

    model: str
    mean: Figure
    rank: int | None
    ranks: tuple[int, int] | None
    best: float | None


@dataclass(frozen=True, slots=True)
class Gap:
    """The mean of ``first`` minus that of ``second`` over the items both have.

    ``swapped`` is the share of resamples in which the order of the two means is the other one.
    """

    first: str
    second: str
    difference: Figure
    swapped: float | None


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """All models under one rater, the best first; gaps between every two."""

    places: tuple[Place, ...]
    gaps: tuple[Gap, ...]

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "places": [
                {
                    "model": place.model,
                    "mean": place.mean.to_json(),
                    "rank": place.rank,
                    "ranks": list(place.ranks) if place.ranks else None,
                    "best": place.best,
                }
                for place in self.places
            ],
            "gaps": [
                {
                    "first": gap.first,
                    "second": gap.second,
                    "difference": gap.difference.to_json(),
                    "swapped": gap.swapped,
                }
                for gap in self.gaps
            ],
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> Leaderboard:
        """What ``to_json`` wrote."""
        return Leaderboard(
            tuple(
                Place(
                    place["model"],
                    Figure.from_json(place["mean"]),
                    place["rank"],
                    (place["ranks"][0], place["ranks"][1]) if place["ranks"] else None,
                    place["best"],
                )
                for place in stored["places"]
            ),
            tuple(
                Gap(
                    gap["first"],
                    gap["second"],
                    Figure.from_json(gap["difference"]),
                    gap["swapped"],
                )
                for gap in stored["gaps"]
            ),
        )


def rank_models(models: Sequence[str], scores: Floats, draws: Draws) -> Leaderboard:
    """Rank models by their means.

    Args:
        models: their names.
        scores: (items, models) shares from 0 to 1, NaN where the item was not scored.
        draws: resamples of the items.
    """
    known = ~np.isnan(scores)
    filled = np.where(known, scores, 0.0)
    sums = np.concatenate([filled, known.astype(float)], axis=1)
    means, spread = _means(sums.sum(axis=0)), _means(draws.sums(sums))
    ranks, rank_spread = ranks_of(means), ranks_of(spread)
    places = [
        _place(name, means[i], spread[:, i], ranks[i], rank_spread[:, i], int(known[:, i].sum()))
        for i, name in enumerate(models)
    ]
    places.sort(key=lambda place: (place.rank is None, place.rank, place.model))
    order = [models.index(place.model) for place in places if place.rank is not None]
    gaps = tuple(
        _gap(models[i], models[j], filled, known, (i, j), draws) for i, j in combinations(order, 2)
    )
    return Leaderboard(tuple(places), gaps)


def _means(sums: Floats) -> Floats:
    number = sums.shape[-1] // 2
    return ratio(sums[..., :number], sums[..., number:])


def ranks_of(means: Floats) -> Floats:
    """1 for the highest along the last axis; equal means share the better rank; NaN for NaN."""
    with np.errstate(invalid="ignore"):
        above = (means[..., None, :] > means[..., :, None] + _TIE).sum(axis=-1)
    return np.where(np.isnan(means), np.nan, above + 1.0)


def _place(
    model: str, mean: float, spread: Floats, rank: float, ranks: Floats, items: int
) -> Place:
    if np.isnan(mean):
        return Place(model, undefined(NOT_SCORED), None, None, None)
    measured = with_interval(Figure(float(mean), scores=items), spread, items=items)
    ends = interval(ranks) if measured.low is not None else None
    return Place(
        model,
        measured,
        int(rank),
        (int(np.floor(ends[0])), int(np.ceil(ends[1]))) if ends else None,
        float(np.mean(ranks == 1)) if ends else None,
    )


def _gap(
    first: str, second: str, filled: Floats, known: Truths, pair: tuple[int, int], draws: Draws
) -> Gap:
    i, j = pair
    common = known[:, i] & known[:, j]
    items = int(common.sum())
    if not items:
        return Gap(first, second, undefined(NOT_TOGETHER), None)
    apart = np.where(common, filled[:, i] - filled[:, j], 0.0)
    spread = draws.sums(np.stack([apart, common.astype(float)], axis=1))
    differences = ratio(spread[:, 0], spread[:, 1])
    value = Figure(float(apart.sum() / items), scores=items)
    known_differences = differences[np.isfinite(differences)]
    swapped = float(np.mean(known_differences < 0)) if items > 1 else None
    return Gap(first, second, with_interval(value, differences, items=items), swapped)
