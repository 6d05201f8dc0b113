"""How far annotators agree: on verdicts, flags, edits and weights; who is reliable.

Ratings are given one by one, and laid out as units (what is rated) by raters. Verdicts, flags and
edits are classes; weights are numbers. Intervals are bootstrapped over items, because the
components of an item are not independent.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Final

import numpy as np

from annotator.domain.statistics.agreement import (
    CHANCE_IS_ALL,
    ONE_CATEGORY,
    Level,
    Sums,
    alpha_of,
    counts_of,
    fleiss_of,
    gwet_of,
    kappa_of,
    sums_per_unit,
)
from annotator.domain.statistics.consensus import dawid_skene
from annotator.domain.statistics.figure import Figure, Floats, Ints, figure, ratio, undefined
from annotator.domain.statistics.resampling import Draws, draw, per_item, with_interval
from annotator.domain.vocabulary import VERDICTS

REPLICATES: Final = 500
NO_PAIR: Final = "no item was looked at by two of these people"
NUMBERS: Final = "these are numbers, not classes: see alpha"
MEASURES: Final = {
    "verdict": "verdict",
    "flag": "whether a flag was raised",
    "edit": "whether a component was edited",
    "weight": "weight of a component",
    "score": "score of an answer",
}
"""What is compared, in words for people."""
IN_NUMBERS: Final = ("weight", "score")
"""Measures whose values are numbers with distances; those of the others are classes."""
COEFFICIENTS: Final = ("percent", "kappa", "alpha", "AC1")


@dataclass(frozen=True, slots=True)
class Rating:
    """One person's value for one unit.

    ``unit`` names what is rated, within the item; ``value`` is a class's number, a weight, or a
    score's share of its points;
    ``stratum`` is the component's type, or the item's level; ``at`` when it was submitted.
    """

    measure: str
    item: int
    unit: Hashable
    person: int
    value: float
    stratum: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """The coefficients of one comparison, and how much they rest on."""

    name: str
    figures: Mapping[str, Figure]
    units: int
    items: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each two verdicts met on one item, for one pair of people: rows the first's."""

    names: tuple[int, int]
    table: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One measure: over everybody, per pair of people, per stratum and per week."""

    measure: str
    overall: Cell
    pairs: Mapping[tuple[int, int], Cell]
    strata: Mapping[str, Cell]
    weeks: Mapping[str, Cell]
    confusions: tuple[Confusion, ...]


def report(measure: str, ratings: Iterable[Rating]) -> Report:
    """Compare people on one measure."""
    mine = [one for one in ratings if one.measure == measure]
    people = sorted({one.person for one in mine})
    strata = sorted({one.stratum for one in mine})
    weeks = sorted({week_of(one.at) for one in mine})
    pairs = {pair: [r for r in mine if r.person in pair] for pair in combinations(people, 2)}
    return Report(
        measure=measure,
        overall=cell("everybody", measure, mine),
        pairs={pair: cell("", measure, both) for pair, both in pairs.items() if share_units(both)},
        strata={s: cell(s, measure, [r for r in mine if r.stratum == s]) for s in strata},
        weeks={w: cell(w, measure, [r for r in mine if week_of(r.at) == w]) for w in weeks},
        confusions=tuple(
            confusion(pair, both)
            for pair, both in pairs.items()
            if measure == "verdict" and share_units(both)
        ),
    )


def week_of(moment: datetime) -> str:
    """The ISO week of a moment, such as 2026-W47."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02}"


def share_units(ratings: Sequence[Rating]) -> bool:
    """Whether any unit was rated twice."""
    return len({(one.item, one.unit) for one in ratings}) < len(ratings)


def cell(name: str, measure: str, ratings: Sequence[Rating]) -> Cell:
    """The coefficients of some ratings; only units with two ratings or more count."""
    matrix, items = laid_out(ratings)
    if not len(matrix):
        nothing = {coefficient: undefined(NO_PAIR) for coefficient in COEFFICIENTS}
        return Cell(name, nothing, 0, 0)
    number = int(items.max()) + 1
    draws = draw(number, replicates=REPLICATES)
    numbers = measure in IN_NUMBERS
    found = coefficients(matrix, items, draws, "interval" if numbers else "nominal")
    if numbers:
        found |= {"kappa": undefined(NUMBERS), "AC1": undefined(NUMBERS)}
    return Cell(name, found, len(matrix), number)


def laid_out(ratings: Sequence[Rating]) -> tuple[Floats, Ints]:
    """(units, raters) with NaN for none, and each unit's item counted from 0."""
    units: dict[tuple[int, Hashable], dict[int, float]] = {}
    for one in ratings:
        units.setdefault((one.item, one.unit), {})[one.person] = one.value
    several = {unit: given for unit, given in units.items() if len(given) > 1}
    people = sorted({person for given in several.values() for person in given})
    column = {person: place for place, person in enumerate(people)}
    matrix = np.full((len(several), len(people)), np.nan)
    for row, given in enumerate(several.values()):
        for person, value in given.items():
            matrix[row, column[person]] = value
    _, items = np.unique([item for item, _ in several], return_inverse=True)
    return matrix, np.asarray(items, dtype=np.int64)


def coefficients(ratings: Floats, item: Ints, draws: Draws, level: Level) -> dict[str, Figure]:
    """Percent, kappa (Cohen's for two raters, Fleiss' for more), alpha and AC1, with intervals."""
    counts, scale = counts_of(ratings)
    size = len(scale)
    two = ratings.shape[1] == 2
    unit = sums_per_unit(counts, np.eye(size))
    columns = np.concatenate(
        [
            np.stack([unit.paired, unit.agreeing, unit.rated], axis=1),
            unit.shares,
            coincidences(counts).reshape(len(counts), size * size),
            tables(ratings, scale) if two else np.zeros((len(counts), 0)),
        ],
        axis=1,
    )
    by_item = per_item(item, columns, draws.items)

    def values(sums: Floats) -> dict[str, Floats]:
        lead = sums.shape[:-1]
        parts = Sums(sums[..., 0], sums[..., 1], sums[..., 3 : 3 + size], sums[..., 2])
        start = 3 + size
        met = sums[..., start : start + size * size].reshape(*lead, size, size)
        crossed = sums[..., start + size * size :]
        kappa = (
            kappa_of(crossed.reshape(*lead, size, size), np.eye(size)) if two else fleiss_of(parts)
        )
        return {
            "percent": ratio(parts.agreeing, parts.paired),
            "kappa": kappa,
            "alpha": alpha_of(met, scale, level),
            "AC1": gwet_of(parts, np.eye(size)),
        }

    at, spread = values(by_item.sum(axis=0)), values(draws.sums(by_item))
    why = {"percent": NO_PAIR, "kappa": CHANCE_IS_ALL if two else ONE_CATEGORY}
    return {
        name: with_interval(
            figure(float(at[name]), why.get(name, ONE_CATEGORY), scores=len(ratings)),
            spread[name],
            items=draws.items,
        )
        for name in COEFFICIENTS
    }


def coincidences(counts: Floats) -> Floats:
    """(units, categories, categories) each unit's part of Krippendorff's coincidences."""
    per = np.maximum(counts.sum(axis=1) - 1, 1)[:, None, None]
    together = counts[:, :, None] * counts[:, None, :]
    alone = np.eye(counts.shape[1]) * counts[:, :, None]
    return np.asarray((together - alone) / per)


def tables(ratings: Floats, scale: Floats) -> Floats:
    """(units, categories²) each unit's cell of two raters' table."""
    first = (ratings[:, 0, None] == scale).astype(float)
    second = (ratings[:, 1, None] == scale).astype(float)
    return np.asarray((first[:, :, None] * second[:, None, :]).reshape(len(ratings), -1))


def confusion(pair: tuple[int, int], ratings: Sequence[Rating]) -> Confusion:
    """Two people's verdicts against each other."""
    given: dict[int, dict[int, int]] = {}
    for one in ratings:
        given.setdefault(one.item, {})[one.person] = int(one.value)
    table = np.zeros((len(VERDICTS), len(VERDICTS)), dtype=int)
    for values in given.values():
        if len(values) == 2:
            table[values[pair[0]], values[pair[1]]] += 1
    return Confusion(pair, tuple(tuple(int(number) for number in row) for row in table))


def verdict_number(verdict: str) -> float:
    """A verdict as the number of its class."""
    return float(VERDICTS.index(verdict))


def reliability(ratings: Iterable[Rating]) -> dict[int, float]:
    """How often each person's verdict is the likeliest true one, by Dawid and Skene.

    The probability that somebody says what is the case, over the estimated shares of the cases.
    Only items with two verdicts or more count; people without any are left out.
    """
    mine = [one for one in ratings if one.measure == "verdict"]
    matrix, _ = laid_out(mine)
    if not len(matrix):
        return {}
    several: dict[int, set[int]] = {}
    for one in mine:
        several.setdefault(one.item, set()).add(one.person)
    people = sorted({p for given in several.values() if len(given) > 1 for p in given})
    estimate = dawid_skene(matrix)
    right = np.einsum("k,rkk->r", estimate.prevalence, estimate.errors)
    return {person: float(right[place]) for place, person in enumerate(people)}
