"""How far raters agree, beyond and including chance.

Ratings are arrays of shape (units, raters), NaN where a rater gave none. Every coefficient is a
function of sums over units (``Sums``), so that a bootstrap over items needs only to weigh and add
them: the functions with ``_of`` take sums with any leading axes and give arrays, NaN where
undefined; the others give a Figure that says why.

Sources: J. Cohen 1960 and 1968 (kappa, weighted kappa); J. L. Fleiss 1971, here with unequal
numbers of ratings as in Gwet, *Handbook of Inter-Rater Reliability*, 4th ed. 2014, ch. 2;
K. Krippendorff, *Content Analysis*, 2004, ch. 11, and "Computing Krippendorff's
Alpha-Reliability", 2011; K. L. Gwet 2008, "Computing inter-rater reliability and its variance in
the presence of high agreement" (AC1; AC2 with weights in the handbook, ch. 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from annotator.domain.statistics.figure import Figure, Floats, Ints, figure, ratio, undefined
from annotator.errors import InvalidValue

Level = Literal["nominal", "ordinal", "interval", "ratio"]
"""What the distance of two categories means."""
Weighting = Literal["identity", "linear", "quadratic", "ordinal"]
"""How far two categories count as agreeing."""

NO_PAIRS = "no component was scored by two raters"
ONE_CATEGORY = "all scores are the same, so nothing could disagree"
CHANCE_IS_ALL = "both raters gave the same score throughout, so chance alone would agree always"


def percent(a: Floats, b: Floats) -> Figure:
    """The share of units, scored by both, on which two raters give the same; exact equality."""
    both = ~(np.isnan(a) | np.isnan(b))
    number = int(both.sum())
    if not number:
        return undefined(NO_PAIRS)
    return Figure(float(np.mean(a[both] == b[both])), scores=number)


def kappa(a: Floats, b: Floats, weighting: Weighting = "identity") -> Figure:
    """Cohen's kappa of two raters over the units both scored; weighted by category ranks."""
    table, scale = crosstab(a, b)
    number = int(table.sum())
    if not number:
        return undefined(NO_PAIRS)
    value = float(kappa_of(table, weights_of(scale, weighting, ranks=True)))
    return figure(value, CHANCE_IS_ALL, scores=number)


def fleiss(ratings: Floats) -> Figure:
    """Fleiss' kappa of any number of raters; units with one rating count for prevalence only."""
    sums, _ = sums_of(ratings)
    pairs = int(sums.paired)
    if not pairs:
        return undefined(NO_PAIRS)
    return figure(float(fleiss_of(sums)), ONE_CATEGORY, scores=pairs)


def alpha(ratings: Floats, level: Level = "nominal") -> Figure:
    """Krippendorff's alpha; units with fewer than two ratings are left out."""
    coincidences, scale = coincidences_of(ratings)
    total = round(float(coincidences.sum()))
    if not total:
        return undefined(NO_PAIRS)
    if level == "ratio" and (scale < 0).any():
        raise InvalidValue("ratings", "must not be negative on a ratio scale")
    return figure(float(alpha_of(coincidences, scale, level)), ONE_CATEGORY, scores=total)


def gwet(ratings: Floats, weighting: Weighting = "identity", scale: Sequence[float] = ()) -> Figure:
    """Gwet's AC1, or AC2 with other weights than ``identity``.

    ``scale`` are the categories that were possible; those that occur are added. With one possible
    category chance agreement has no meaning and the coefficient is undefined.
    """
    sums, categories = sums_of(ratings, scale, weighting)
    pairs = int(sums.paired)
    if not pairs:
        return undefined(NO_PAIRS)
    value = float(gwet_of(sums, weights_of(categories, weighting)))
    return figure(value, ONE_CATEGORY, scores=pairs)


# ------------------------------------------------------------------------- sums over units


@dataclass(frozen=True, slots=True)
class Sums:
    """What Fleiss' and Gwet's coefficients need, with any leading axes.

    ``paired``: units with two ratings or more. ``agreeing``: the sum over them of the share of
    agreeing pairs (weighted). ``shares``: last axis the categories, the sum over units of the
    share of each among the unit's ratings. ``rated``: units with any rating.
    """

    paired: Floats
    agreeing: Floats
    shares: Floats
    rated: Floats


def counts_of(ratings: Floats, scale: Sequence[float] = ()) -> tuple[Floats, Floats]:
    """(units, categories) numbers of ratings, and the categories in ascending order."""
    given = ratings[~np.isnan(ratings)]
    categories = np.union1d(given, np.asarray(scale, dtype=float))
    counts = (ratings[:, :, None] == categories).sum(axis=1).astype(float)
    return counts, categories


def sums_of(
    ratings: Floats, scale: Sequence[float] = (), weighting: Weighting = "identity"
) -> tuple[Sums, Floats]:
    """The sums over all units, and the categories."""
    counts, categories = counts_of(ratings, scale)
    per_unit = sums_per_unit(counts, weights_of(categories, weighting))
    return (
        Sums(
            per_unit.paired.sum(),
            per_unit.agreeing.sum(),
            per_unit.shares.sum(axis=0),
            per_unit.rated.sum(),
        ),
        categories,
    )


def sums_per_unit(counts: Floats, weights: Floats) -> Sums:
    """Each unit's part of the sums, from (units, categories) counts."""
    number = counts.sum(axis=1)
    paired = (number >= 2).astype(float)
    agreeing = (counts * (counts @ weights.T - 1)).sum(axis=1)
    pairs = np.where(paired > 0, number * (number - 1), 1)
    shares = counts / np.where(number > 0, number, 1)[:, None]
    return Sums(paired, paired * agreeing / pairs, shares, (number > 0).astype(float))


def coincidences_of(ratings: Floats) -> tuple[Floats, Floats]:
    """Krippendorff's matrix of coincidences (its sum is the number of pairable ratings)."""
    counts, categories = counts_of(ratings)
    counts = counts[counts.sum(axis=1) >= 2]
    per = np.maximum(counts.sum(axis=1) - 1, 1)
    together = (counts / per[:, None]).T @ counts
    alone = (counts / per[:, None]).sum(axis=0)
    return together - np.diag(alone), categories


def crosstab(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Two raters' table (rows the first) over the units both scored, and the categories."""
    both = ~(np.isnan(a) | np.isnan(b))
    categories, places = np.unique(np.concatenate([a[both], b[both]]), return_inverse=True)
    size, number = len(categories), int(both.sum())
    cells: Ints = places[:number] * size + places[number:]
    return np.bincount(cells, minlength=size * size).reshape(size, size).astype(float), categories


# ------------------------------------------------------------------------- coefficients of sums


def weights_of(scale: Floats, weighting: Weighting, *, ranks: bool = False) -> Floats:
    """(categories, categories) agreement weights, 1 on the diagonal.

    Linear and quadratic weights use the categories' values, or their ranks, as is usual with
    Cohen's kappa; ordinal weights are Gwet's.
    """
    size = len(scale)
    if weighting == "identity" or size < 2:
        return np.eye(size)
    if weighting == "ordinal":
        between = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) + 1.0
        pairs: Floats = between * (between - 1) / 2
        return np.asarray(1 - pairs / pairs.max())
    values = np.arange(size, dtype=float) if ranks else scale
    apart = np.abs(np.subtract.outer(values, values)) / (values.max() - values.min())
    return np.asarray(1 - (apart if weighting == "linear" else apart**2))


def kappa_of(tables: Floats, weights: Floats) -> Floats:
    """Cohen's kappa of tables (…, categories, categories)."""
    total = tables.sum(axis=(-2, -1))
    observed = ratio((tables * weights).sum(axis=(-2, -1)), total)
    margins = tables.sum(axis=-1)[..., :, None] * tables.sum(axis=-2)[..., None, :]
    chance = ratio((margins * weights).sum(axis=(-2, -1)), total**2)
    return beyond(observed, chance)


def fleiss_of(sums: Sums) -> Floats:
    """Fleiss' kappa of sums with identity weights."""
    shares = ratio(sums.shares, sums.rated[..., None])
    return beyond(ratio(sums.agreeing, sums.paired), (shares**2).sum(axis=-1))


def gwet_of(sums: Sums, weights: Floats) -> Floats:
    """Gwet's AC1 or AC2, by the weights with which the sums were made."""
    size = sums.shares.shape[-1]
    if size < 2:
        return np.full(np.shape(sums.paired), np.nan)
    shares = ratio(sums.shares, sums.rated[..., None])
    spread = (shares * (1 - shares)).sum(axis=-1)
    chance = weights.sum() / (size * (size - 1)) * spread
    return beyond(ratio(sums.agreeing, sums.paired), chance)


def beyond(observed: Floats, chance: Floats) -> Floats:
    """(observed − chance) / (1 − chance), NaN where chance leaves nothing to explain."""
    rest = np.where(np.abs(1 - chance) < 1e-12, 0.0, 1 - chance)
    return ratio(observed - chance, rest)


def alpha_of(coincidences: Floats, scale: Floats, level: Level) -> Floats:
    """Krippendorff's alpha of coincidences (…, categories, categories)."""
    margins = coincidences.sum(axis=-1)
    total = margins.sum(axis=-1)
    distances = distances_of(scale, level, margins)
    observed = (coincidences * distances).sum(axis=(-2, -1))
    expected = (margins[..., :, None] * margins[..., None, :] * distances).sum(axis=(-2, -1))
    return 1 - ratio((total - 1) * observed, expected)


def distances_of(scale: Floats, level: Level, margins: Floats) -> Floats:
    """Squared distances of categories; the ordinal ones depend on how often each occurs."""
    if level == "nominal":
        return 1 - np.eye(len(scale))
    if level == "interval":
        return np.subtract.outer(scale, scale) ** 2
    if level == "ratio":
        sums = np.add.outer(scale, scale)
        return (np.subtract.outer(scale, scale) / np.where(sums > 0, sums, 1)) ** 2
    middles = np.cumsum(margins, axis=-1) - margins / 2
    return (middles[..., :, None] - middles[..., None, :]) ** 2


def interval_alpha_of(moments: Floats) -> Floats:
    """Interval alpha of two raters from sums (…, 5): pairs, Σa, Σb, Σ(a² + b²), Σ(a − b)².

    The same value as ``alpha_of`` with every distinct score a category, at no cost in categories.
    """
    pairs, a, b, squares, apart = (moments[..., i] for i in range(5))
    number = 2 * pairs
    observed = ratio(apart, pairs)
    expected = ratio(2 * (number * squares - (a + b) ** 2), number * (number - 1))
    tiny = np.abs(expected) < 1e-15
    return 1 - ratio(observed, np.where(tiny, 0.0, expected))
