"""The alternative-annotator test: may a judge replace an annotator?

Calderon, Reichart and Dror 2025, "The Alternative Annotator Test for LLM-as-a-Judge" (arXiv
2501.10970). Each annotator is left out in turn; the judge and the left-out annotator are compared
by how well each agrees with the others. The judge wins over an annotator when a one-sided test
rejects that it is worse by ε or more, with the false discovery rate held (Benjamini and Yekutieli
2001); the winning rate is the share of annotators it wins over, and 0.5 passes. As components of
one item hang together, the test's standard error is clustered by item; with one component per
item it is the paper's t test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from annotator.domain.statistics.figure import Figure, Floats, Ints, undefined
from annotator.domain.statistics.student import distribution

Closeness = Literal["same", "near"]
"""``same``: agreement is being equal, for grades. ``near``: the negative root mean square of the
differences, for shares."""
EPSILON: Final = 0.15
"""The paper's ε for skilled annotators; 0.2 for experts, 0.1 for crowd workers."""
FALSE_DISCOVERIES: Final = 0.05
FEWEST_ANNOTATORS: Final = 3
FEWEST_SCORES: Final = 30
PASSES: Final = 0.5


@dataclass(frozen=True, slots=True)
class AgainstOne:
    """The judge against one annotator.

    ``advantage`` is the share of scores where the judge agrees with the others at least as well
    as the annotator does, ``annotator`` the same the other way round; ``p`` of the hypothesis
    that the judge is worse by ε or more; ``won`` after holding the false discovery rate.
    """

    name: str
    advantage: float
    annotator: float
    p: float
    won: bool
    scores: int


@dataclass(frozen=True, slots=True)
class Replacement:
    """The test's outcome. ``passes`` is None where the winning rate is undefined."""

    winning_rate: Figure
    advantage: Figure
    against: tuple[AgainstOne, ...]
    epsilon: float
    left_out: tuple[str, ...] = ()

    @property
    def passes(self) -> bool | None:
        """Whether the judge wins over half of the annotators or more."""
        rate = self.winning_rate.value
        return None if rate is None else rate >= PASSES

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "winning_rate": self.winning_rate.to_json(),
            "advantage": self.advantage.to_json(),
            "epsilon": self.epsilon,
            "passes": self.passes,
            "left_out": list(self.left_out),
            "against": [
                {
                    "annotator": one.name,
                    "judge_at_least_as_good": one.advantage,
                    "annotator_at_least_as_good": one.annotator,
                    "p": one.p,
                    "won": one.won,
                    "scores": one.scores,
                }
                for one in self.against
            ],
        }


def alternative_annotator(
    judged: Floats,
    people: Floats,
    names: Sequence[str],
    item: Ints,
    *,
    epsilon: float = EPSILON,
    closeness: Closeness = "same",
) -> Replacement:
    """Run the test.

    Args:
        judged: (units,) the judge's shares or grades, NaN where it gave none.
        people: (units, annotators) theirs; only units with two annotators or more count.
        names: the annotators.
        item: each unit's item.
        epsilon: by how much the judge may be worse, for being cheaper.
        closeness: how agreement with the others is measured.
    """
    tested, left_out = [], []
    for place, name in enumerate(names):
        wins = _wins(judged, people, place, closeness)
        usable = ~np.isnan(wins).any(axis=1)
        if int(usable.sum()) < FEWEST_SCORES:
            left_out.append(name)
        else:
            tested.append((name, wins[usable], item[usable]))
    if len(tested) < FEWEST_ANNOTATORS:
        why = (
            f"the test needs {FEWEST_ANNOTATORS} annotators with {FEWEST_SCORES} scores each that"
            f" others and the judge scored too; there are {len(tested)}"
        )
        nothing = undefined(why, scores=len(judged))
        return Replacement(nothing, nothing, (), epsilon, tuple(left_out))
    ps = [_p_value(wins, items, epsilon) for _, wins, items in tested]
    won = discoveries(ps, FALSE_DISCOVERIES)
    against = tuple(
        AgainstOne(name, float(w[:, 0].mean()), float(w[:, 1].mean()), p, rejected, len(w))
        for (name, w, _), p, rejected in zip(tested, ps, won, strict=True)
    )
    scores = sum(one.scores for one in against)
    rate = Figure(float(np.mean(won)), scores=scores)
    advantage = Figure(float(np.mean([one.advantage for one in against])), scores=scores)
    return Replacement(rate, advantage, against, epsilon, tuple(left_out))


def _wins(judged: Floats, people: Floats, place: int, closeness: Closeness) -> Floats:
    """(units, 2): judge at least as good, annotator at least as good; NaN where not comparable."""
    own = people[:, place]
    others = np.delete(people, place, axis=1)
    usable = ~np.isnan(judged) & ~np.isnan(own) & (~np.isnan(others)).any(axis=1)
    wins = np.full((len(judged), 2), np.nan)
    judge = _score(judged[usable], others[usable], closeness)
    annotator = _score(own[usable], others[usable], closeness)
    wins[usable, 0] = judge >= annotator - 1e-12
    wins[usable, 1] = annotator >= judge - 1e-12
    return wins


def _score(one: Floats, others: Floats, closeness: Closeness) -> Floats:
    apart = others - one[:, None]
    if closeness == "near":
        near: Floats = -np.sqrt(np.nanmean(apart**2, axis=1))
        return near
    same: Floats = np.nanmean(np.where(np.isnan(apart), np.nan, np.abs(apart) < 1e-9), axis=1)
    return same


def _p_value(wins: Floats, item: Ints, epsilon: float) -> float:
    """One-sided p of "the judge is worse by ε or more", with errors clustered by item."""
    behind = wins[:, 1] - wins[:, 0]
    number = len(behind)
    mean = float(behind.mean())
    _, groups = np.unique(item, return_inverse=True)
    parts = np.bincount(groups, weights=behind - mean)
    clusters = len(parts)
    if clusters < 2:
        return 1.0
    error = math.sqrt(clusters / (clusters - 1) * float((parts**2).sum())) / number
    if error == 0:
        return float(mean >= epsilon)
    return distribution((mean - epsilon) / error, clusters - 1)


def discoveries(ps: Sequence[float], rate: float) -> tuple[bool, ...]:
    """Which hypotheses are rejected by Benjamini and Yekutieli at this false discovery rate."""
    number = len(ps)
    harmonic = sum(1 / place for place in range(1, number + 1))
    order = sorted(range(number), key=lambda place: ps[place])
    last = 0
    for place, index in enumerate(order, start=1):
        if ps[index] <= place * rate / (number * harmonic):
            last = place
    rejected = set(order[:last])
    return tuple(index in rejected for index in range(number))
