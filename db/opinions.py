"""What annotators submitted of items, to be compared: only of people who had a place there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from annotator.domain.assignment import Candidate
from annotator.domain.consensus import Opinion
from annotator.domain.items import unflatten
from db.engine import Session
from db.tables import metadata
from db.tables_team import PlaceRow, QueueItemRow

ITEMS = metadata.tables["item"]
ANNOTATIONS = metadata.tables["annotation"]
PEOPLE = metadata.tables["person"]
COMPONENTS = metadata.tables["component"]
PLACES = PlaceRow.metadata.tables["place"]
QUEUE = QueueItemRow.metadata.tables["queue_item"]
CHUNK = 500

SUBMITTED = (
    select(
        ANNOTATIONS.c.item_id,
        ANNOTATIONS.c.person_id,
        PEOPLE.c.name,
        ANNOTATIONS.c.verdict,
        ANNOTATIONS.c.state,
        ANNOTATIONS.c.note,
        ANNOTATIONS.c.base_revision,
        ANNOTATIONS.c.guidelines,
        PLACES.c.taken_at,
        ANNOTATIONS.c.submitted_at,
    )
    .join(PEOPLE, PEOPLE.c.id == ANNOTATIONS.c.person_id)
    .join(
        PLACES,
        (PLACES.c.item_id == ANNOTATIONS.c.item_id)
        & (PLACES.c.person_id == ANNOTATIONS.c.person_id),
    )
    .where(ANNOTATIONS.c.status == "submitted", PLACES.c.state == "submitted")
    .order_by(ANNOTATIONS.c.submitted_at, ANNOTATIONS.c.id)
)
"""Submitted annotations of people with a place, in the order of submitting."""
OF_ITEMS = SUBMITTED.where(ANNOTATIONS.c.item_id.in_(bindparam("items", expanding=True)))
OF_DATASET = SUBMITTED.where(PLACES.c.dataset_id == bindparam("dataset"))


@dataclass(frozen=True, slots=True)
class Given:
    """An opinion with when it was given, and over which revision."""

    item_id: int
    opinion: Opinion
    base_revision: int
    taken_at: datetime | None
    submitted_at: datetime


def submitted(session: Session, *, item_ids: Sequence[int]) -> dict[int, list[Given]]:
    """The submitted annotations of items, in the order of submitting."""
    found: dict[int, list[Given]] = {}
    for start in range(0, len(item_ids), CHUNK):
        for given in rows(session, OF_ITEMS, {"items": item_ids[start : start + CHUNK]}):
            found.setdefault(given.item_id, []).append(given)
    return found


def of_dataset(session: Session, *, dataset_id: int) -> dict[int, list[Given]]:
    """All submitted annotations of a dataset by item."""
    found: dict[int, list[Given]] = {}
    for given in rows(session, OF_DATASET, {"dataset": dataset_id}):
        found.setdefault(given.item_id, []).append(given)
    return found


def rows(session: Session, query: Any, keys: Mapping[str, Any]) -> Iterator[Given]:
    """What one of the queries above finds."""
    for row in session.connection().execute(query, keys):
        opinion = Opinion(
            row.person_id,
            row.name,
            row.verdict or "",
            unflatten(row.state),
            row.note,
            row.guidelines,
        )
        yield Given(row.item_id, opinion, row.base_revision, row.taken_at, row.submitted_at)


def made_under(session: Session, *, dataset_id: int) -> Iterator[tuple[int, int | None]]:
    """Of each submitted annotation its item, and the version of the guidelines it records."""
    query = (
        select(ANNOTATIONS.c.item_id, ANNOTATIONS.c.guidelines)
        .join(ITEMS, ITEMS.c.id == ANNOTATIONS.c.item_id)
        .where(ITEMS.c.dataset_id == dataset_id, ANNOTATIONS.c.status == "submitted")
    )
    for row in session.connection().execute(query):
        yield row.item_id, row.guidelines


def candidates(session: Session, *, dataset_id: int) -> list[Candidate]:
    """A dataset's items as the order of a queue looks at them, with the first component's type."""
    first = (
        select(COMPONENTS.c.item_id, COMPONENTS.c.type).where(COMPONENTS.c.position == 0).subquery()
    )
    query = (
        select(
            ITEMS.c.id,
            ITEMS.c.position,
            ITEMS.c.level,
            first.c.type,
            ITEMS.c.severity,
            ITEMS.c.findings,
            ITEMS.c.verdict,
        )
        .outerjoin(first, first.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.dataset_id == dataset_id, ITEMS.c.withdrawn_from_source.is_(False))
        .order_by(ITEMS.c.position)
    )
    return [
        Candidate(
            item_id=row.id,
            position=row.position,
            level=row.level,
            type=row.type,
            severity=row.severity,
            findings=row.findings,
            settled=row.verdict is not None,
        )
        for row in session.connection().execute(query)
    ]


def purposes(session: Session, *, dataset_id: int) -> dict[int, str]:
    """What each item of a queue is there for."""
    query = select(QUEUE.c.item_id, QUEUE.c.purpose).where(QUEUE.c.dataset_id == dataset_id)
    return {row.item_id: row.purpose for row in session.connection().execute(query)}
