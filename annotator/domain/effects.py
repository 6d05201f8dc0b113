"""What a change does to the models: their means and ranks before and after it.

Means are standings (``annotator.domain.standing``): shares of the points from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from annotator.domain.judging import ModelStanding
from annotator.domain.standing import ranks

_DUST = 1e-9


@dataclass(frozen=True, slots=True)
class Shift:
    """One model before and after; None where it has no score or no rank."""

    model: str
    before: float | None
    after: float | None
    rank_before: int | None
    rank_after: int | None

    @property
    def moved(self) -> bool:
        """Whether the mean or the rank is another one."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        return abs(self.before - self.after) > _DUST or self.rank_before != self.rank_after

    def __str__(self) -> str:
        """``model-b 71.24 → 69.80, rank 2 → 3``; what stays is said once."""
        before, after = points(self.before), points(self.after)
        said = f"{self.model} {before}" if before == after else f"{self.model} {before} → {after}"
        if self.rank_before == self.rank_after:
            return said
        first = "none" if self.rank_before is None else str(self.rank_before)
        then = "none" if self.rank_after is None else str(self.rank_after)
        return f"{said}, rank {first} → {then}"

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "model": self.model,
            "before": self.before,
            "after": self.after,
            "rank_before": self.rank_before,
            "rank_after": self.rank_after,
        }


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to every model, the best before it first."""

    shifts: tuple[Shift, ...]

    @property
    def moved(self) -> tuple[Shift, ...]:
        """The models that it moves."""
        return tuple(shift for shift in self.shifts if shift.moved)

    @property
    def sentence(self) -> str:
        """In words: means in points of 100, ranks where they change."""
        if not self.shifts:
            return "No model has scores here yet."
        if not self.moved:
            return "No model's mean changes."
        return "; ".join(map(str, self.moved))

    def of(self, model: str) -> Shift:
        """What it does to one model."""
        return next((s for s in self.shifts if s.model == model), Shift(model, *[None] * 4))


def points(mean: float | None) -> str:
    """A mean in points of 100."""
    return "no score" if mean is None else f"{100 * mean:.2f}"


def effect(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> Effect:
    """The effect of going from some means to others."""
    first, then = ranks(before), ranks(after)
    models = sorted({*before, *after}, key=lambda m: (first.get(m) is None, first.get(m), m))
    return Effect(
        tuple(Shift(m, before.get(m), after.get(m), first.get(m), then.get(m)) for m in models)
    )


def effect_from_json(stored: Iterable[Mapping[str, Any]]) -> Effect:
    """What ``Shift.to_json`` wrote for each model."""
    return Effect(tuple(Shift(**one) for one in stored))


def means(standings: Iterable[ModelStanding]) -> dict[str, float | None]:
    """Models' means by name."""
    return {one.model: one.mean for one in standings}


def replaced(
    standings: Iterable[ModelStanding],
    old: Mapping[str, float | None],
    new: Mapping[str, float | None],
) -> dict[str, float | None]:
    """Models' means after one response each went from one standing to another."""
    return {
        one.model: one.shifted(old.get(one.model), new.get(one.model)).mean for one in standings
    }


def foretold(
    standings: Iterable[ModelStanding],
    old: Mapping[str, float | None],
    new: Mapping[str, float | None],
) -> Effect:
    """The effect of one response of each model going from one standing to another."""
    known = list(standings)
    return effect(means(known), replaced(known, old, new))
