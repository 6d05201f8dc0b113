"""Two raters over the same components: all figures of one cell of the audit from sums.

A share of a component's points is graded ``none``, ``part`` or ``full``; kappa and AC1 compare
grades, alpha compares shares on an interval scale. AC1's chance counts the grades that occur in
the cell, and at least two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from annotator.domain.statistics.agreement import (
    CHANCE_IS_ALL,
    NO_PAIRS,
    ONE_CATEGORY,
    Sums,
    gwet_of,
    interval_alpha_of,
    kappa_of,
    weights_of,
)
from annotator.domain.statistics.figure import Figure, Floats, Ints, ratio, undefined
from annotator.domain.statistics.resampling import Draws, per_item, with_interval

GRADES: Final = ("none", "part", "full")
"""None of a component's points, some of them, all of them."""
FIGURES: Final[Mapping[str, str]] = {
    "percent": NO_PAIRS,
    "kappa": CHANCE_IS_ALL,
    "weighted kappa": CHANCE_IS_ALL,
    "alpha": ONE_CATEGORY,
    "AC1": ONE_CATEGORY,
    "prevalence": NO_PAIRS,
    "prevalence of the other": NO_PAIRS,
    "difference": NO_PAIRS,
}
"""The figures of a comparison, with the reason that is given where one is undefined.

``prevalence`` is the share of full points by the first rater; ``difference`` the mean share that
the first gives above the other.
"""
_TABLE: Final = len(GRADES) ** 2
_MOMENTS: Final = 4


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two raters in one cell: ``table[i][j]`` counts grade i by the first and j by the other."""

    table: tuple[tuple[int, ...], ...]
    figures: Mapping[str, Figure]

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "table": [list(row) for row in self.table],
            "figures": {name: value.to_json() for name, value in self.figures.items()},
        }

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> Comparison:
        """What ``to_json`` wrote."""
        return Comparison(
            tuple(tuple(row) for row in stored["table"]),
            {name: Figure.from_json(value) for name, value in stored["figures"].items()},
        )


def grades(shares: Floats) -> Ints:
    """0, 1 or 2 for none, part or full; shares must not be NaN."""
    full = shares >= 1 - 1e-9
    return np.where(full, 2, np.where(shares > 1e-9, 1, 0)).astype(np.int64)


def compare(a: Floats, b: Floats, item: Ints, draws: Draws) -> Comparison:
    """Compare two raters' shares (units,) over the units that both scored.

    Args:
        a, b: shares from 0 to 1, NaN where the rater gave none.
        item: each unit's item, from 0 to the draws' items − 1.
        draws: resamples of the items.
    """
    whole = np.zeros(len(item), dtype=np.int64)
    return compare_parts(a, b, item, whole, [[0]], draws)[0]


def compare_parts(
    a: Floats,
    b: Floats,
    item: Ints,
    part: Ints,
    groups: Sequence[Sequence[int]],
    draws: Draws,
) -> list[Comparison]:
    """``compare`` within groups of parts, at the cost of the parts alone.

    Args:
        part: each unit's part, a number from 0.
        groups: for each comparison wanted the parts that belong to it.
    """
    both = ~(np.isnan(a) | np.isnan(b))
    found, place = np.unique(part[both], return_inverse=True)
    if not len(found):
        return [_nothing() for _ in groups]
    by_item = pair_sums(a[both], b[both], item[both], place, draws.items, len(found))
    totals = by_item.sum(axis=0)
    replicates = draws.sums(by_item.reshape(draws.items, -1)).reshape(-1, *totals.shape)
    occurs = by_item[:, :, :_TABLE].sum(axis=2) > 0
    made = []
    for group in groups:
        mine = np.flatnonzero(np.isin(found, group))
        if not len(mine):
            made.append(_nothing())
            continue
        items = int(occurs[:, mine].any(axis=1).sum())
        made.append(_comparison(totals[mine].sum(axis=0), replicates[:, mine].sum(axis=1), items))
    return made


def _nothing() -> Comparison:
    empty = tuple((0,) * len(GRADES) for _ in GRADES)
    return Comparison(empty, {name: undefined(NO_PAIRS) for name in FIGURES})


def _comparison(totals: Floats, replicates: Floats, items: int) -> Comparison:
    at, spread = values_of(totals), values_of(replicates)
    size = len(GRADES)
    table = totals[:_TABLE].reshape(size, size).round().astype(int)
    number = int(table.sum())
    return Comparison(
        tuple(tuple(int(count) for count in row) for row in table),
        {
            name: _figure(float(at[name]), spread[name], FIGURES[name], number, items)
            for name in FIGURES
        },
    )


def pair_sums(a: Floats, b: Floats, item: Ints, part: Ints, items: int, parts: int) -> Floats:
    """(items, parts, 13): the table of grades row by row, Σa, Σb, Σ(a² + b²), Σ(a − b)²."""
    size, cell = len(GRADES), item * parts + part
    places = cell * _TABLE + grades(a) * size + grades(b)
    table = np.bincount(places, minlength=items * parts * _TABLE).reshape(items, parts, _TABLE)
    columns = np.stack([a, b, a * a + b * b, (a - b) ** 2], axis=1)
    moments = per_item(cell, columns, items * parts).reshape(items, parts, _MOMENTS)
    return np.concatenate([table.astype(float), moments], axis=2)


def values_of(sums: Floats) -> dict[str, Floats]:
    """Every figure from sums (…, 13)."""
    size = len(GRADES)
    tables = sums[..., :_TABLE].reshape(*sums.shape[:-1], size, size)
    moments = sums[..., _TABLE : _TABLE + _MOMENTS]
    pairs = tables.sum(axis=(-2, -1))
    agreeing = np.trace(tables, axis1=-2, axis2=-1)
    rows, columns = tables.sum(axis=-1), tables.sum(axis=-2)
    return {
        "percent": ratio(agreeing, pairs),
        "kappa": kappa_of(tables, np.eye(size)),
        "weighted kappa": kappa_of(tables, weights_of(np.arange(size, dtype=float), "quadratic")),
        "alpha": interval_alpha_of(np.concatenate([pairs[..., None], moments], axis=-1)),
        "AC1": _ac1(pairs, agreeing, (rows + columns) / 2),
        "prevalence": ratio(rows[..., -1], pairs),
        "prevalence of the other": ratio(columns[..., -1], pairs),
        "difference": ratio(moments[..., 0] - moments[..., 1], pairs),
    }


def _ac1(pairs: Floats, agreeing: Floats, shares: Floats) -> Floats:
    """AC1 over the grades that occur; a cell without part points has two grades."""
    three = gwet_of(Sums(pairs, agreeing, shares, pairs), np.eye(3))
    two = gwet_of(Sums(pairs, agreeing, shares[..., ::2], pairs), np.eye(2))
    return np.where(shares[..., 1] > 0, three, two)


def _figure(value: float, spread: Floats, why: str, scores: int, items: int) -> Figure:
    known = Figure(value, scores=scores) if np.isfinite(value) else undefined(why, scores=scores)
    return with_interval(known, spread, items=items)
