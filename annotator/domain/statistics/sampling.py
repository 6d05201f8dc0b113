"""The audit sample, and why labels from anywhere else are refused.

What people say about disagreements corrects no mean: disagreements are the hard cases, and their
probability of being labelled is not known. So corrections take an ``AuditSample``, which is made
of ``AuditLabel`` values alone; a ``QueueLabel`` is refused by type and, where nobody checks types,
when the sample is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from annotator.domain.statistics.figure import Floats, Ints
from annotator.errors import InvalidValue, Refused


@dataclass(frozen=True, slots=True)
class AuditLabel:
    """A person's blind score of a component that was drawn at random.

    ``unit`` is the (response, component)'s place in the population; ``share`` from 0 to 1;
    ``inclusion`` the probability with which it was drawn, above 0 and at most 1.
    """

    unit: int
    share: float
    inclusion: float


@dataclass(frozen=True, slots=True)
class QueueLabel:
    """A person's score of a disagreement; it settles the case and corrects nothing else."""

    unit: int
    share: float


@dataclass(frozen=True, slots=True)
class AuditSample:
    """Labels as columns; made by ``audit_sample``."""

    unit: Ints
    share: Floats
    inclusion: Floats

    def __len__(self) -> int:
        return len(self.unit)

    def within(self, chosen: Ints) -> AuditSample:
        """The labels of a domain: ``chosen`` gives each old unit's new place, −1 where outside."""
        inside = chosen[self.unit] >= 0
        return AuditSample(chosen[self.unit][inside], self.share[inside], self.inclusion[inside])


def audit_sample(labels: Iterable[AuditLabel]) -> AuditSample:
    """The sample that corrections take.

    Raises:
        Refused: a label does not come from a random audit sample.
        InvalidValue: a share or a probability is out of range, or a unit is labelled twice.
    """
    kept = list(labels)
    for label in kept:
        if not isinstance(label, AuditLabel):
            raise Refused(
                "Only labels of a random audit sample can correct a mean; labels from the queue"
                " of disagreements are the hard cases and would bias it."
            )
        if not 0 <= label.share <= 1:
            raise InvalidValue("share", f"must be from 0 to 1, not {label.share!r}")
        if not 0 < label.inclusion <= 1:
            problem = f"must be above 0 and at most 1, not {label.inclusion!r}"
            raise InvalidValue("inclusion probability", problem)
    units = np.array([label.unit for label in kept], dtype=np.int64)
    if len(np.unique(units)) != len(units):
        raise InvalidValue("audit sample", "labels a component of a response twice")
    return AuditSample(
        units,
        np.array([label.share for label in kept], dtype=float),
        np.array([label.inclusion for label in kept], dtype=float),
    )


def together(designs: Iterable[tuple[Ints, Floats]], units: int) -> tuple[Ints, Floats]:
    """Several audit samples of one population as one.

    Units that had the same chances in every drawing are exchangeable, so whatever was labelled of
    them is a simple random sample of them, however much of each drawing has been labelled.

    Args:
        designs: per drawing each unit's stratum, a number from 0, and its chance of being drawn
            and labelled: 0 where it was not there to be drawn.

    Returns:
        Each unit's cell of equal chances, a number from 0, and its chance of being labelled at all.
    """
    cell, missed = np.zeros(units, dtype=np.int64), np.ones(units)
    for stratum, chance in designs:
        part = np.unique(stratum * 2 + (chance > 0), return_inverse=True)[1]
        cell = np.unique(cell * (int(part.max(initial=0)) + 1) + part, return_inverse=True)[1]
        missed = missed * (1 - chance)
    return cell.astype(np.int64), 1 - missed


def checked(sample: AuditSample) -> AuditSample:
    """The sample itself; refuses anything else.

    Raises:
        Refused: it is no AuditSample.
    """
    if not isinstance(sample, AuditSample):
        raise Refused("A mean is corrected by an audit sample alone, made by audit_sample().")
    return sample
