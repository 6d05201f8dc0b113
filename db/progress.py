"""How a dataset's work goes: by day, by person, by split, and what waits for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import String, case, cast, exists, func, select

from annotator.domain.assignment import KNOWN
from db.engine import Session
from db.tables import metadata
from db.tables_release import SplitPlaceRow
from db.tables_team import PlaceRow, QueueItemRow

ITEMS = metadata.tables["item"]
ANNOTATIONS = metadata.tables["annotation"]
EVENTS = metadata.tables["event"]
PLACES = PlaceRow.metadata.tables["place"]
QUEUE = QueueItemRow.metadata.tables["queue_item"]
SPLITS = SplitPlaceRow.metadata.tables["split_place"]
NO_SPLIT: Final = "not in a release yet"


def day_of(value: Any) -> date:
    """A day as SQLite (text) or a server (a date) gives it."""
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def submitted_by_day(
    session: Session, *, dataset_id: int, person_id: int | None = None
) -> dict[date, int]:
    """How many annotations were submitted on each day (UTC); each counts when it was last."""
    day = func.date(ANNOTATIONS.c.submitted_at)
    query = (
        select(day, func.count())
        .join(ITEMS, ITEMS.c.id == ANNOTATIONS.c.item_id)
        .where(ITEMS.c.dataset_id == dataset_id, ANNOTATIONS.c.submitted_at.is_not(None))
        .group_by(day)
    )
    if person_id is not None:
        query = query.where(ANNOTATIONS.c.person_id == person_id)
    return {day_of(day): number for day, number in session.connection().execute(query)}


def settled_by_day(session: Session, *, dataset_id: int) -> dict[date, int]:
    """How many items that stand settled became so on each day (UTC), as far as the log says.

    That was when their verdict last changed: a mend, or a newer source, settles nothing.
    """
    last = (
        select(EVENTS.c.item_id, func.max(EVENTS.c.at).label("at"))
        .join(ITEMS, ITEMS.c.id == EVENTS.c.item_id)
        .where(
            EVENTS.c.dataset_id == dataset_id,
            EVENTS.c.kind.startswith("curation."),
            cast(EVENTS.c.after, String).contains('"verdict"'),
            ITEMS.c.verdict.is_not(None),
        )
        .group_by(EVENTS.c.item_id)
        .subquery()
    )
    day = func.date(last.c.at)
    rows = session.connection().execute(select(day, func.count()).group_by(day))
    return {day_of(day): number for day, number in rows}


def by_group(session: Session, *, dataset_id: int, of: str) -> list[tuple[str, str, int]]:
    """How many items of each split, or level, have each status: group, status, number."""
    group = func.coalesce(SPLITS.c.split, NO_SPLIT)
    if of == "level":
        group = func.coalesce(ITEMS.c.level, "no level")
    query = (
        select(group, ITEMS.c.status, func.count())
        .select_from(ITEMS.outerjoin(SPLITS, SPLITS.c.item_id == ITEMS.c.id))
        .where(ITEMS.c.dataset_id == dataset_id)
        .group_by(group, ITEMS.c.status)
        .order_by(group)
    )
    return [(name, status, number) for name, status, number in session.connection().execute(query)]


@dataclass(frozen=True, slots=True)
class Worked:
    """One person's annotations of a dataset by status, and when they last submitted one."""

    submitted: int = 0
    drafts: int = 0
    last: datetime | None = None


def by_person(session: Session, *, dataset_id: int) -> dict[int, Worked]:
    """What each person has done."""
    query = (
        select(
            ANNOTATIONS.c.person_id,
            func.count(case((ANNOTATIONS.c.status == "submitted", 1))),
            func.count(),
            func.max(ANNOTATIONS.c.submitted_at),
        )
        .join(ITEMS, ITEMS.c.id == ANNOTATIONS.c.item_id)
        .where(ITEMS.c.dataset_id == dataset_id)
        .group_by(ANNOTATIONS.c.person_id)
    )
    return {
        person: Worked(submitted, every - submitted, last)
        for person, submitted, every, last in session.connection().execute(query)
    }


def sittings(
    session: Session, *, dataset_id: int, limit: int
) -> list[tuple[int, datetime, datetime]]:
    """The newest submitted places: person, when they took the item, when they submitted it."""
    query = (
        select(PLACES.c.person_id, PLACES.c.taken_at, PLACES.c.submitted_at)
        .where(
            PLACES.c.dataset_id == dataset_id,
            PLACES.c.state == "submitted",
            PLACES.c.taken_at.is_not(None),
            PLACES.c.submitted_at.is_not(None),
        )
        .order_by(PLACES.c.submitted_at.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in session.connection().execute(query)]


def waited_for(session: Session, *, dataset_id: int) -> dict[int, int]:
    """For each person the items that others have submitted and that wait for theirs."""
    mine = (
        select(PLACES.c.person_id, func.count())
        .join(QUEUE, QUEUE.c.item_id == PLACES.c.item_id)
        .join(ITEMS, ITEMS.c.id == PLACES.c.item_id)
        .where(
            PLACES.c.dataset_id == dataset_id,
            PLACES.c.state.in_(("dealt", "leased")),
            QUEUE.c.purpose.not_in(list(KNOWN)),
            QUEUE.c.submitted > 0,
            ITEMS.c.verdict.is_(None),
        )
        .group_by(PLACES.c.person_id)
    )
    return {row[0]: row[1] for row in session.connection().execute(mine)}


def begun_by_nobody(session: Session, *, dataset_id: int) -> int:
    """Open items of the queue with a free place that nobody has begun."""
    taken = exists().where(
        PLACES.c.item_id == QUEUE.c.item_id, PLACES.c.state.in_(("leased", "submitted", "dealt"))
    )
    query = (
        select(func.count())
        .select_from(QUEUE.join(ITEMS, ITEMS.c.id == QUEUE.c.item_id))
        .where(
            QUEUE.c.dataset_id == dataset_id,
            QUEUE.c.purpose.not_in(list(KNOWN)),
            ITEMS.c.verdict.is_(None),
            ~taken,
        )
    )
    return int(session.connection().execute(query).scalar_one())
