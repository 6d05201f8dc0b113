"""Several raters among each other: Fleiss, Krippendorff and Gwet over their grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from annotator.domain.statistics.agreement import (
    NO_PAIRS,
    ONE_CATEGORY,
    Sums,
    alpha_of,
    fleiss_of,
    gwet_of,
    sums_per_unit,
)
from annotator.domain.statistics.comparing import GRADES, grades
from annotator.domain.statistics.figure import Figure, Floats, Ints, ratio, undefined
from annotator.domain.statistics.resampling import Draws, per_item, with_interval

FIGURES: Final = ("percent", "Fleiss kappa", "alpha", "AC1")
"""``percent`` is the share of pairs of raters that give the same grade; ``alpha`` is ordinal."""
_SIZE: Final = len(GRADES)
_COLUMNS: Final = 3 + _SIZE + _SIZE**2


def compare_all(
    shares: Floats, item: Ints, part: Ints, groups: Sequence[Sequence[int]], draws: Draws
) -> list[Mapping[str, Figure]]:
    """Every figure of all raters together, within groups of parts.

    Args:
        shares: (units, raters) from 0 to 1, NaN where a rater gave none.
        item, part, groups, draws: as for ``comparing.compare_parts``.
    """
    rated = ~np.isnan(shares).all(axis=1)
    found, place = np.unique(part[rated], return_inverse=True)
    if not len(found):
        return [dict.fromkeys(FIGURES, undefined(NO_PAIRS)) for _ in groups]
    columns = unit_sums(shares[rated])
    cell = item[rated] * len(found) + place
    by_item = per_item(cell, columns, draws.items * len(found))
    by_item = by_item.reshape(draws.items, len(found), _COLUMNS)
    replicates = draws.sums(by_item.reshape(draws.items, -1)).reshape(-1, len(found), _COLUMNS)
    made: list[Mapping[str, Figure]] = []
    for group in groups:
        mine = np.flatnonzero(np.isin(found, group))
        totals = by_item[:, mine].sum(axis=0).sum(axis=0)
        items = int((by_item[:, mine, 0] > 0).any(axis=1).sum())
        made.append(_figures(totals, replicates[:, mine].sum(axis=1), items))
    return made


def unit_sums(shares: Floats) -> Floats:
    """Per unit: paired, agreeing, rated, the shares of each grade, the coincidences."""
    known = ~np.isnan(shares)
    graded = grades(np.where(known, shares, 0.0))
    counts = np.stack([((graded == g) & known).sum(axis=1) for g in range(_SIZE)], axis=1)
    counts = counts.astype(float)
    sums = sums_per_unit(counts, np.eye(_SIZE))
    per = np.where(sums.paired > 0, np.maximum(counts.sum(axis=1) - 1, 1), np.inf)
    together = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(_SIZE)
    coincidences = (together / per[:, None, None]).reshape(len(counts), -1)
    first = np.stack([sums.paired, sums.agreeing, sums.rated], axis=1)
    return np.concatenate([first, sums.shares, coincidences], axis=1)


def _figures(totals: Floats, replicates: Floats, items: int) -> Mapping[str, Figure]:
    at, spread = _values(totals), _values(replicates)
    pairs = int(totals[0])
    made = {}
    for name in FIGURES:
        value = float(at[name])
        why = ONE_CATEGORY if pairs else NO_PAIRS
        known = Figure(value, scores=pairs) if np.isfinite(value) else undefined(why, scores=pairs)
        made[name] = with_interval(known, spread[name], items=items)
    return made


def _values(sums: Floats) -> dict[str, Floats]:
    paired, agreeing, rated = sums[..., 0], sums[..., 1], sums[..., 2]
    shares = sums[..., 3 : 3 + _SIZE]
    coincidences = sums[..., 3 + _SIZE :].reshape(*sums.shape[:-1], _SIZE, _SIZE)
    added = Sums(paired, agreeing, shares, rated)
    two = Sums(paired, agreeing, shares[..., ::2], rated)
    three = gwet_of(added, np.eye(_SIZE))
    return {
        "percent": ratio(agreeing, paired),
        "Fleiss kappa": fleiss_of(added),
        "alpha": alpha_of(coincidences, np.arange(_SIZE, dtype=float), "ordinal"),
        "AC1": np.where(shares[..., 1] > 0, three, gwet_of(two, np.eye(2))),
    }
