"""The queue of disagreements, ordered by what deciding them would change.

A case's effect is its stake times how close its model's rank is to changing. The stake stands in
the case; the closeness is one number per model; so the queue is merged from one index walk per
model, and a changed mean reorders it without touching a case. Where effects are equal, models
follow each other by name, and cases by kinds, type and id, as the index has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import exists, func, select, tuple_
from sqlmodel import Session

from annotator.domain.judging import Case
from annotator.domain.standing import KINDS, bits
from annotator.errors import InvalidValue
from db.tables import metadata

CASES = metadata.tables["scored_case"]
SCORES = metadata.tables["score"]
LEASES = metadata.tables["case_lease"]
DRAWS = metadata.tables["audit_draw"]
RATERS = metadata.tables["rater"]
ADJUDICATIONS = metadata.tables["adjudication"]

FILTERS: Final = ("model", "judge", "type", "kind")
MOST_COUNTED: Final = 5_000
"""More open cases than that are counted as "more than"."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the queue is looked at: values per name of FILTERS; none means all.

    ``judge`` holds raters' ids as text. ``against_verifier`` keeps only cases in which the judges'
    mean is nearer to the opposite of what the verifier says.
    """

    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    against_verifier: bool = False

    def __post_init__(self) -> None:
        for name, values in self.filters.items():
            if name not in FILTERS:
                raise InvalidValue("filter", f"must be one of {', '.join(FILTERS)}, not {name!r}")
            if name == "kind" and not set(values) <= set(KINDS):
                raise InvalidValue("kind", f"must be among {', '.join(KINDS)}")
            if name == "judge" and not all(value.isdecimal() for value in values):
                raise InvalidValue("judge", "must be the number of a rater")

    def of(self, name: str) -> tuple[str, ...]:
        """The values of one filter."""
        return self.filters.get(name, ())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case stands in the queue; cases compare by it."""

    case_id: int
    model: str
    stake: float
    kinds: int
    type: str
    effect: float

    @property
    def order(self) -> tuple[Any, ...]:
        """Sorts the queue when reversed: greatest effect first."""
        reverse_model = tuple(-ord(letter) for letter in self.model)
        return (self.effect, reverse_model, self.stake, self.kinds, self.type, self.case_id)


def conditions(dataset_id: int, wanted: Wanted) -> list[Any]:
    """What a case has to fulfil to be in the queue, but for its model."""
    found = [CASES.c.dataset_id == dataset_id, CASES.c.state == "open"]
    if wanted.of("type"):
        found.append(CASES.c.type.in_(wanted.of("type")))
    if wanted.of("kind"):
        found.append(CASES.c.kinds.bitwise_and(bits(wanted.of("kind"))) != 0)
    if wanted.of("judge"):
        judges = [int(value) for value in wanted.of("judge")]
        found.append(exists().where(SCORES.c.case_id == CASES.c.id, SCORES.c.rater_id.in_(judges)))
    if wanted.against_verifier:
        found += [
            CASES.c.kinds.bitwise_and(bits(("verifier",))) != 0,
            func.abs(CASES.c.judge_share - CASES.c.verifier_share) > 0.5,
        ]
    return found


def not_taken(person_id: int, now: datetime) -> Any:
    """Nobody else looks at the case."""
    return ~exists().where(
        LEASES.c.case_id == CASES.c.id, LEASES.c.person_id != person_id, LEASES.c.until > now
    )


def walk(
    session: Session,
    *,
    dataset_id: int,
    wanted: Wanted,
    closeness: Mapping[str, float],
    person_id: int,
    after: Place | None = None,
    backward: bool = False,
    limit: int = 1,
) -> list[Place]:
    """The next cases of the queue that nobody else looks at, in order.

    Args:
        closeness: of every model (see ``annotator.domain.standing.closeness``).
        after: begin behind this place; from the beginning where None.
        backward: walk towards the beginning instead, nearest first.
    """
    models = [m for m in sorted(closeness) if not wanted.of("model") or m in wanted.of("model")]
    found: list[Place] = []
    for model in models:
        found += of_model(
            session,
            [*conditions(dataset_id, wanted), not_taken(person_id, datetime.now(UTC))],
            model,
            closeness[model],
            after,
            backward,
            limit,
        )
    found.sort(key=lambda place: place.order, reverse=not backward)
    return found[:limit]


def of_model(
    session: Session,
    required: Sequence[Any],
    model: str,
    factor: float,
    after: Place | None,
    backward: bool,
    limit: int,
) -> list[Place]:
    """The next cases of one model."""
    columns = (CASES.c.stake, CASES.c.kinds, CASES.c.type, CASES.c.id)
    query = select(*columns).where(*required, CASES.c.model == model)
    if after is not None:
        query = query.where(beyond(after, model, factor, backward))
    query = query.order_by(*(c.asc() if backward else c.desc() for c in columns)).limit(limit)
    return [
        Place(row.id, model, row.stake, row.kinds, row.type, row.stake * factor)
        for row in session.connection().execute(query)
    ]


def beyond(after: Place, model: str, factor: float, backward: bool) -> Any:
    """What stands behind a place (or before it) among the cases of one model."""
    if model == after.model:
        here = tuple_(CASES.c.stake, CASES.c.kinds, CASES.c.type, CASES.c.id)
        there = (after.stake, after.kinds, after.type, after.case_id)
        return here > there if backward else here < there
    stake = after.effect / factor
    if backward:
        return CASES.c.stake >= stake if model < after.model else CASES.c.stake > stake
    return CASES.c.stake <= stake if model > after.model else CASES.c.stake < stake


def place_of(case: Case, closeness: Mapping[str, float]) -> Place:
    """Where a case stands, whether it is open or not."""
    effect = case.stake * closeness.get(case.model, 1.0)
    return Place(case.id, case.model, case.stake, bits(case.kinds), case.type, effect)


def count(session: Session, *, dataset_id: int, wanted: Wanted) -> int:
    """How many cases the queue has, MOST_COUNTED + 1 where there are more."""
    required = conditions(dataset_id, wanted)
    if wanted.of("model"):
        required.append(CASES.c.model.in_(wanted.of("model")))
    some = select(CASES.c.id).where(*required).limit(MOST_COUNTED + 1).subquery()
    return int(session.connection().execute(select(func.count()).select_from(some)).scalar_one())


def types(session: Session, *, dataset_id: int) -> list[str]:
    """The types of open cases; walked along the index, a step per model and type."""
    rows = session.connection().execute(
        select(CASES.c.type)
        .where(CASES.c.dataset_id == dataset_id, CASES.c.state == "open")
        .distinct()
    )
    return sorted(row.type for row in rows)


# The audit sample


def next_draws(
    session: Session,
    *,
    sample_id: int,
    raters: int,
    person_id: int,
    after: int = -1,
    limit: int = 1,
) -> list[tuple[int, int]]:
    """(position, case id) of draws this person may score blind, in the order drawn.

    Left out: what has its labels, what they labelled, what they scored on the disagreements (there
    judges were shown), and what as many others as are wanted look at.
    """
    mine = exists().where(
        SCORES.c.case_id == DRAWS.c.case_id,
        SCORES.c.rater_id.in_(
            select(RATERS.c.id).where(RATERS.c.person_id == person_id).scalar_subquery()
        ),
    )
    others = (
        select(func.count())
        .select_from(LEASES)
        .where(
            LEASES.c.case_id == DRAWS.c.case_id,
            LEASES.c.person_id != person_id,
            LEASES.c.purpose == "audit",
            LEASES.c.until > datetime.now(UTC),
        )
        .scalar_subquery()
    )
    decided = exists().where(
        ADJUDICATIONS.c.case_id == DRAWS.c.case_id, ADJUDICATIONS.c.person_id == person_id
    )
    rows = session.connection().execute(
        select(DRAWS.c.position, DRAWS.c.case_id)
        .where(
            DRAWS.c.sample_id == sample_id,
            DRAWS.c.labels < raters,
            DRAWS.c.position > after,
            ~mine,
            ~decided,
            DRAWS.c.labels + others < raters,
        )
        .order_by(DRAWS.c.position)
        .limit(limit)
    )
    return [(row.position, row.case_id) for row in rows]


def labelled(session: Session, *, sample_id: int, raters: int) -> tuple[int, int]:
    """How many draws of a sample have all their labels, and how many there are."""
    row = (
        session.connection()
        .execute(
            select(
                func.count().filter(DRAWS.c.labels >= raters).label("done"),
                func.count().label("drawn"),
            ).where(DRAWS.c.sample_id == sample_id)
        )
        .one()
    )
    return int(row.done), int(row.drawn)
