"""Who gets which item: a dataset's plan, the order of its queue, and the dealing of places.

A *place* is one annotator's turn at one item. An item has as many places as its overlap says. Some
strategies deal all places beforehand; the others let people take the first free place of an order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from annotator.errors import InvalidValue

STRATEGIES: Final = {
    "order": "in the order of the source",
    "random": "in a random order",
    "findings": "open findings first",
    "weakest": "weakest agreement first",
    "round-robin": "dealt to everyone in turn",
    "level": "dealt by level",
    "type": "dealt by component type",
    "by hand": "only what is assigned by hand",
}
"""How a queue is ordered or dealt, in words for people."""

DEALT: Final = ("round-robin", "level", "type")
KNOWN: Final = {
    "gold": "hidden among the others, to measure people",
    "qualifying": "done first, with the answer shown afterwards; earlier answers count",
    "example": "shown with the guidelines, done by nobody",
}
"""What an item with a known answer is for, in words for people."""
PURPOSES: Final = ("usual", "calibration", *KNOWN)
PLACE_STATES: Final = ("dealt", "leased", "submitted", "skipped", "expired")
HELD: Final = ("dealt", "leased", "submitted")
"""Places of these states are somebody's: nobody else can have them."""

MOST_ANNOTATORS: Final = 100
EVERYBODY: Final = 1_000_000
"""The overlap of a gold item: all annotators get it, each once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a dataset's items are given to annotators.

    Attributes:
        overlap: annotators per item, 1 or more.
        most: with ``weakest``, annotators per item where people differ, at least ``overlap``.
        calibration: how many items, drawn at random, go to ``calibration_overlap`` annotators.
        quota: the most items one annotator gets, None for no limit.
        gold_every: one of so many items is a gold item, 0 for none.
        must_qualify: whoever has not passed the qualification set gets nothing else.
        pass_mark: percent of the expected answers that passing it takes.
        lease_minutes: how long an item is kept for an annotator who saves nothing.
        seed: of every random draw, so that it can be repeated.
        groups: with ``level`` and ``type``, whose each value's items are; a value that is not
            named is dealt to everyone.
    """

    strategy: str = "order"
    overlap: int = 1
    most: int = 0
    calibration: int = 0
    calibration_overlap: int = 0
    quota: int | None = None
    gold_every: int = 0
    must_qualify: bool = False
    pass_mark: int = 80
    lease_minutes: int = 60
    seed: int = 1
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The plan as JSON."""
        return asdict(self) | {"groups": {k: list(v) for k, v in self.groups.items()}}

    @property
    def shared(self) -> bool:
        """Whether any item is looked at by more than one annotator."""
        return max(self.overlap, self.calibration_overlap, self.most) > 1


def plan_of(stored: Mapping[str, Any] | None) -> Plan | None:
    """A stored plan; None where a dataset has none."""
    if stored is None:
        return None
    groups = {k: tuple(v) for k, v in stored.get("groups", {}).items()}
    return Plan(**{**stored, "groups": groups})


def check_plan(plan: Plan) -> Plan:
    """Refuse a plan that makes no sense; raises InvalidValue."""
    if plan.strategy not in STRATEGIES:
        known = ", ".join(STRATEGIES)
        raise InvalidValue("strategy", f"must be one of {known}, not {plan.strategy!r}")
    bounded("overlap", plan.overlap, 1, MOST_ANNOTATORS)
    bounded("calibration items", plan.calibration, 0, 1_000_000)
    bounded("calibration overlap", plan.calibration_overlap, 0, MOST_ANNOTATORS)
    bounded("annotators where people differ", plan.most, 0, MOST_ANNOTATORS)
    bounded("gold", plan.gold_every, 0, 1_000)
    bounded("pass mark", plan.pass_mark, 1, 100)
    bounded("minutes", plan.lease_minutes, 1, 60 * 24 * 30)
    if plan.gold_every == 1:
        raise InvalidValue("gold", "one of how many items is gold: 0 for none, or 2 and more")
    if plan.quota is not None:
        bounded("quota", plan.quota, 1, 10_000_000)
    if plan.calibration and plan.calibration_overlap < 2:
        raise InvalidValue("calibration overlap", "must be 2 or more: people are compared there")
    if plan.most and plan.most < plan.overlap:
        raise InvalidValue("annotators where people differ", "must not be below the overlap")
    return plan


def bounded(label: str, value: Any, least: int, most: int) -> None:
    """Refuse what is no whole number of a range."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidValue(label, f"must be a whole number from {least:,} to {most:,}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the order of a queue looks at of an item.

    ``weakness`` is how much its annotators differ, 0 to 1, or how much people differ on its level
    where it has too few annotations.
    """

    item_id: int
    position: int
    level: str | None = None
    type: str | None = None
    severity: int | None = None
    findings: int = 0
    weakness: float = 0.0
    settled: bool = False


def order(plan: Plan, candidates: Iterable[Candidate]) -> list[int]:
    """Item ids in the order in which they are handed out; settled ones last."""

    def key(one: Candidate) -> tuple[Any, ...]:
        place: tuple[Any, ...] = (one.position,)
        if plan.strategy == "random":
            place = (draw(plan.seed, "order", one.item_id),)
        elif plan.strategy == "findings":
            worst = -1 if one.severity is None else one.severity
            place = (-worst, -one.findings, one.position)
        elif plan.strategy == "weakest":
            place = (-one.weakness, one.position)
        return (one.settled, *place)

    return [one.item_id for one in sorted(candidates, key=key)]


def calibration_sample(plan: Plan, candidates: Iterable[Candidate]) -> set[int]:
    """The items of the calibration set: a random sample that a larger plan only adds to."""
    drawn = sorted(
        (one.item_id for one in candidates if not one.settled),
        key=lambda item_id: draw(plan.seed, "calibration", item_id),
    )
    return set(drawn[: plan.calibration])


def draw(seed: int, what: str, number: int) -> int:
    """A random number that seed, purpose and item decide for ever."""
    digest = hashlib.blake2b(f"{seed}/{what}/{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def deal(
    plan: Plan,
    people: Sequence[int],
    wanted: Mapping[int, int],
    candidates: Sequence[Candidate],
    held: Mapping[int, Sequence[int]],
) -> list[tuple[int, int]]:
    """Deal the free places of a dealt plan: pairs of item and person.

    People get equal numbers, one apart at the most where all may have everything. An item that
    fewer people may have than its overlap says keeps places free.

    Args:
        wanted: places of each item.
        candidates: items in the order of the queue.
        held: who has a place at an item already.
    """
    load = dict.fromkeys(people, 0)
    for owners in held.values():
        for person in owners:
            load[person] = load.get(person, 0) + 1
    # With the same load, the one whose turn came longest ago.
    turn = {person: number for number, person in enumerate(people)}
    clock = len(people)
    dealt: list[tuple[int, int]] = []
    for one in grouped(plan, candidates):
        taken = set(held.get(one.item_id, ()))
        free = wanted.get(one.item_id, 0) - len(taken)
        may = [p for p in allowed(plan, one, people) if p not in taken]
        may.sort(key=lambda person: (load[person], turn[person]))
        for person in may[: max(0, free)]:
            dealt.append((one.item_id, person))
            load[person] += 1
            turn[person] = clock
            clock += 1
    return dealt


def grouped(plan: Plan, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The items that are dealt, those of one value together where values are dealt."""
    waiting = [one for one in candidates if not one.settled]
    if plan.strategy in ("level", "type"):
        return sorted(waiting, key=lambda one: value_of(plan, one) or "")
    return waiting


def value_of(plan: Plan, one: Candidate) -> str | None:
    """The value of an item that its dealing goes by."""
    return one.level if plan.strategy == "level" else one.type


def allowed(plan: Plan, one: Candidate, people: Sequence[int]) -> list[int]:
    """Who may be dealt an item."""
    named = plan.groups.get(value_of(plan, one) or "") if plan.strategy in DEALT else None
    return [p for p in people if named is None or p in named]


def is_gold_turn(plan: Plan, person_id: int, taken: int) -> bool:
    """Whether a person's next item, after so many, is a gold one.

    In each block of ``gold_every`` items one is, at a place that cannot be guessed.
    """
    if not plan.gold_every:
        return False
    block, place = divmod(taken, plan.gold_every)
    return place == draw(plan.seed, f"gold/{person_id}", block) % plan.gold_every


def with_overlap(plan: Plan, overlap: int) -> Plan:
    """The plan with another overlap."""
    return check_plan(replace(plan, overlap=overlap))
