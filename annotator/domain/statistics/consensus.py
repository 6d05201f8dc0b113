"""Who is right when raters differ: the latent class of each unit and each rater's errors.

A. P. Dawid and A. M. Skene 1979, "Maximum likelihood estimation of observer error-rates using the
EM algorithm". Counts are smoothed a little, so that a rater who never met a class is not held to
be infallible on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from annotator.domain.statistics.agreement import counts_of
from annotator.domain.statistics.figure import Floats
from annotator.errors import InvalidValue

SMOOTHING: Final = 0.01
MOST_STEPS: Final = 1000
_ENOUGH: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Consensus:
    """The estimate.

    ``categories``: ascending. ``probability``: (units, categories), NaN for a unit nobody rated.
    ``prevalence``: (categories,). ``errors``: (raters, true, given) rows that sum to 1.
    ``fit``: the log likelihood after each step, never falling but for the smoothing.
    """

    categories: Floats
    probability: Floats
    prevalence: Floats
    errors: Floats
    fit: tuple[float, ...]
    converged: bool

    @property
    def most_likely(self) -> Floats:
        """Each unit's likeliest category, NaN for a unit nobody rated."""
        known = ~np.isnan(self.probability).any(axis=1)
        best = self.categories[np.argmax(np.nan_to_num(self.probability), axis=1)]
        return np.where(known, best, np.nan)


def dawid_skene(ratings: Floats, *, smoothing: float = SMOOTHING) -> Consensus:
    """Estimate classes and errors from (units, raters) ratings, NaN where missing.

    Raises:
        InvalidValue: there is no rating at all.
    """
    if np.isnan(ratings).all():
        raise InvalidValue("ratings", "must hold at least one")
    counts, categories = counts_of(ratings)
    rated = counts.sum(axis=1) > 0
    given = (ratings[rated][:, :, None] == categories).astype(float)
    belief = counts[rated] / counts[rated].sum(axis=1, keepdims=True)
    fit: list[float] = []
    converged = False
    while len(fit) < MOST_STEPS and not converged:
        prevalence, errors = _errors(belief, given, smoothing)
        belief, likelihood = _belief(prevalence, errors, given)
        converged = bool(fit) and abs(likelihood - fit[-1]) <= _ENOUGH * (1 + abs(likelihood))
        fit.append(likelihood)
    probability = np.full((len(ratings), len(categories)), np.nan)
    probability[rated] = belief
    return Consensus(categories, probability, prevalence, errors, tuple(fit), converged)


def _errors(belief: Floats, given: Floats, smoothing: float) -> tuple[Floats, Floats]:
    prevalence = belief.sum(axis=0) + smoothing
    counts = np.einsum("uk,urc->rkc", belief, given) + smoothing
    return prevalence / prevalence.sum(), counts / counts.sum(axis=2, keepdims=True)


def _belief(prevalence: Floats, errors: Floats, given: Floats) -> tuple[Floats, float]:
    log = np.log(prevalence) + np.einsum("urc,rkc->uk", given, np.log(errors))
    highest = log.max(axis=1, keepdims=True)
    scaled = np.exp(log - highest)
    total = scaled.sum(axis=1, keepdims=True)
    return scaled / total, float((highest + np.log(total)).sum())
