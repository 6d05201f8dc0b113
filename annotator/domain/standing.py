"""Where a case stands: who differs about it, what is at stake, what counts meanwhile.

A case's standing is the share of its points that counts now: the adjudicated one; before that the
mean of the judges, each judge's repeats averaged first; where no judge has a readable score, the
verifier's. An item's standing is its cases' standings weighted by the components' weights; a
model's is the mean over its items. An undecidable case and one whose component is at fault have no
standing: they count neither way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

KINDS: Final = ("judges", "verifier", "human", "repeats", "unparsed")
"""Kinds of disagreement: judge–judge, judge–verifier, judge–human, one judge with itself across
repeats; and a judge's score that could not be read. The position is the bit that is stored."""

UNREAD: Final = 0.5
"""The spread of an unparsed score: it may be anything, so half of the range is expected."""

HALFWAY: Final = 5.0
"""A gap to the next rank, in points of 100, at which a disagreement is half as pressing."""


@dataclass(frozen=True, slots=True)
class Said:
    """One score in the eyes of these rules; ``share`` None where it is unparsed."""

    kind: str
    rater_id: int
    share: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the scores of one case amount to. Shares and spreads are from 0 to 1."""

    judges: int
    unparsed: int
    people: int
    judge_share: float | None
    verifier_share: float | None
    human_share: float | None
    spreads: Mapping[str, float]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of disagreement there are."""
        return tuple(kind for kind in KINDS if self.spreads.get(kind, 0) > 0)

    @property
    def spread(self) -> float:
        """The widest of the disagreements."""
        return max(self.spreads.values(), default=0.0)

    @property
    def before_decision(self) -> float | None:
        """The share that counts while nobody has adjudicated."""
        return self.judge_share if self.judge_share is not None else self.verifier_share


def stand(said: Iterable[Said]) -> Standing:
    """What a case's scores for the purpose of judging amount to."""
    scores = list(said)
    by_judge: dict[int, list[float]] = {}
    unparsed = 0
    for score in scores:
        if score.kind != "judge":
            continue
        if score.share is None:
            unparsed += 1
        else:
            by_judge.setdefault(score.rater_id, []).append(score.share)
    judges = [mean(shares) for shares in by_judge.values()]
    verifier = first(s.share for s in scores if s.kind == "verifier")
    people = [s.share for s in scores if s.kind in ("annotator", "reviewer")]
    human = [share for share in people if share is not None]
    spreads = {
        "judges": width(judges),
        "verifier": 0.0 if verifier is None else farthest(judges, verifier),
        "human": max((farthest(judges, one) for one in human), default=0.0),
        "repeats": max(map(width, by_judge.values()), default=0.0),
        "unparsed": UNREAD if unparsed else 0.0,
    }
    return Standing(
        judges=len(judges),
        unparsed=unparsed,
        people=len(human),
        judge_share=mean(judges) if judges else None,
        verifier_share=verifier,
        human_share=mean(human) if human else None,
        spreads=spreads,
    )


def mean(shares: Sequence[float]) -> float:
    """The mean of at least one share."""
    return sum(shares) / len(shares)


def width(shares: Sequence[float]) -> float:
    """Highest minus lowest; 0 for fewer than two."""
    return settled(max(shares) - min(shares)) if len(shares) > 1 else 0.0


def farthest(shares: Sequence[float], point: float) -> float:
    """The greatest distance from a point; 0 for none."""
    return settled(max((abs(share - point) for share in shares), default=0.0))


def settled(distance: float) -> float:
    """A distance without the dust of dividing by weights."""
    return 0.0 if distance < 1e-9 else distance


def first(shares: Iterable[float | None]) -> float | None:
    """The first share that is there."""
    return next((share for share in shares if share is not None), None)


def bits(kinds: Iterable[str]) -> int:
    """Kinds as the number that is stored."""
    return sum(1 << KINDS.index(kind) for kind in set(kinds))


def kinds_of(stored: int) -> tuple[str, ...]:
    """The inverse of bits."""
    return tuple(kind for position, kind in enumerate(KINDS) if stored >> position & 1)


def closeness(means: Mapping[str, float | None]) -> dict[str, float]:
    """How close each model's rank is to changing, from 0 to 1.

    1 where another model has the same mean, 0.5 at HALFWAY points to the nearest, 1 for a model
    without a neighbour to compare with (its disagreements keep their order among themselves).

    Args:
        means: from 0 to 1, None where a model has none yet.
    """
    known = {model: value for model, value in means.items() if value is not None}
    found = {}
    for model in means:
        gaps = [
            100 * abs(known[model] - other)
            for name, other in known.items()
            if name != model and model in known
        ]
        found[model] = HALFWAY / (HALFWAY + min(gaps)) if gaps else 1.0
    return found


def ranks(means: Mapping[str, float | None]) -> dict[str, int | None]:
    """Each model's rank, 1 for the highest mean; equal means share a rank."""
    known = [value for value in means.values() if value is not None]
    return {
        model: None if value is None else 1 + sum(settled(other - value) > 0 for other in known)
        for model, value in means.items()
    }


def item_standing(parts: Iterable[tuple[float, float | None]]) -> float | None:
    """An item's share from its cases' (weight share, standing); None where nothing is known.

    Cases without a standing are left out of both sums.
    """
    known = [(weight, share) for weight, share in parts if share is not None and weight > 0]
    total = sum(weight for weight, _ in known)
    return sum(weight * share for weight, share in known) / total if total else None


def steps(possible: float) -> tuple[float, ...]:
    """The scores that a person can give by a key: whole points, or quarters of the weight.

    At most eleven, from 0 to ``possible``.
    """
    if possible == int(possible) and 1 <= possible <= 10:
        return tuple(float(step) for step in range(int(possible) + 1))
    return tuple(possible * quarter / 4 for quarter in range(5)) if possible > 0 else (0.0,)
