"""Simulated benchmarks whose truth is known: items, components, judges, audit samples.

A component passes with a chance that depends on its type and on its item (components of one item
hang together). Items are drawn anew in each data set, so the truth is the expectation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from annotator.domain.statistics.correcting import Population
from annotator.domain.statistics.sampling import AuditSample, together

TYPES: Final = (0.4, 0.3, 0.2, 0.1)
"""How often each type occurs."""
EASE: Final = (1.2, 0.4, -0.3, -1.0)
"""Each type's log odds of passing for a middling item."""
ITEM_SPREAD: Final = 1.0
JUDGES: Final = {"good": (0.95, 0.05), "poor": (0.6, 0.4), "biased": (0.98, 0.5)}
"""Chance that a judge passes what people pass, and what people fail."""
DESIGNS: Final = ("uniform", "stratified")


@dataclass(frozen=True, slots=True)
class World:
    """One data set: what is known, what was sampled, and what everybody would have said."""

    units: Population
    sample: AuditSample
    people: np.ndarray


def truth() -> float:
    """The expected share of passes, by integrating over items."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    chance = 1 / (1 + np.exp(-(np.array(EASE)[:, None] + ITEM_SPREAD * nodes)))
    return float(np.array(TYPES) @ (chance @ weights / weights.sum()))


def world(
    seed: int, judge: str, design: str, *, items: int = 1000, each: int = 5, labels: int = 200
) -> World:
    """``items`` × ``each`` components, ``labels`` of them scored by people."""
    random = np.random.default_rng([seed, items, labels])
    number = items * each
    item = np.repeat(np.arange(items), each)
    kind = random.choice(len(TYPES), number, p=TYPES)
    odds = np.array(EASE)[kind] + np.repeat(random.normal(0, ITEM_SPREAD, items), each)
    people = (random.random(number) < 1 / (1 + np.exp(-odds))).astype(float)
    passes, fails = JUDGES[judge]
    judged = (random.random(number) < np.where(people == 1, passes, fails)).astype(float)
    whole = np.zeros(number, dtype=np.int64)
    if design == "twice":
        stratum, sample = drawn_twice(random, whole, kind, people, labels)
    else:
        stratum = kind if design == "stratified" else whole
        sample = drawn(random, stratum, people, labels)
    units = Population(item, judged, np.ones(number), stratum)
    return World(units, sample, people)


def drawn_twice(random, whole, kind, people, labels) -> tuple[np.ndarray, AuditSample]:
    """Half of the labels drawn from the first four fifths without strata, then half by type.

    The last fifth came in between; a quarter of the second sample has not been labelled yet.
    """
    early = np.flatnonzero(np.arange(len(whole)) < 0.8 * len(whole))
    first = random.choice(early, labels // 2, replace=False)
    by_type = drawn(random, kind, people, labels // 2)
    chance_by_type = np.zeros(len(TYPES))
    chance_by_type[kind[by_type.unit]] = by_type.inclusion
    second = random.permutation(by_type.unit)[: 3 * len(by_type) // 4]
    chance = np.where(np.arange(len(whole)) < 0.8 * len(whole), len(first) / len(early), 0.0)
    cell, inclusion = together([(whole, chance), (kind, 0.75 * chance_by_type[kind])], len(whole))
    unit = np.union1d(first, second)
    return cell, AuditSample(unit, people[unit], inclusion[unit])


def drawn(random, stratum, people, labels) -> AuditSample:
    """As many labels from each stratum, so that rare types are over-sampled."""
    chosen, inclusion = [], []
    strata = np.unique(stratum)
    for one in strata:
        members = np.flatnonzero(stratum == one)
        number = labels // len(strata)
        chosen.append(random.choice(members, number, replace=False))
        inclusion.append(np.full(number, number / len(members)))
    unit = np.concatenate(chosen)
    return AuditSample(unit, people[unit], np.concatenate(inclusion))


MODELS: Final = (0.74, 0.72, 0.55)
"""The models' true means in ``benchmark``."""


def benchmark(seed: int, judge: str, *, items: int = 400, components: int = 4) -> np.ndarray:
    """(items, models) item scores by a judge; models share the items' difficulty."""
    random = np.random.default_rng([seed, items])
    difficulty = random.normal(0, 0.8, items)[:, None, None]
    base = np.log(np.array(MODELS) / (1 - np.array(MODELS)))[None, :, None]
    size = (items, len(MODELS), components)
    people = random.random(size) < 1 / (1 + np.exp(-(base + difficulty)))
    passes, fails = JUDGES[judge]
    return (random.random(size) < np.where(people, passes, fails)).mean(axis=2)


def judged_means(judge: str) -> np.ndarray:
    """The expected means of ``benchmark`` under a judge."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    base = np.log(np.array(MODELS) / (1 - np.array(MODELS)))[:, None]
    chance = 1 / (1 + np.exp(-(base + 0.8 * nodes))) @ weights / weights.sum()
    passes, fails = JUDGES[judge]
    return passes * chance + fails * (1 - chance)
