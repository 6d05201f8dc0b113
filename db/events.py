"""The append-only log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, insert, or_
from sqlalchemy import select as table_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from annotator.domain.changes import Patch
from annotator.domain.records import Event
from annotator.errors import NotFound
from db.cases import chunks
from db.tables import EventRow, ItemRow, PersonRow, metadata

EVENTS = metadata.tables["event"]
APPEND = insert(EVENTS)
BY_SAVE_ID = table_select(EVENTS.c.person_id, EVENTS.c.item_id, EVENTS.c.flag_id).where(
    EVENTS.c.save_id == bindparam("save")
)


def append(
    session: Session,
    *,
    person_id: int,
    kind: str,
    patch: Patch,
    dataset_id: int | None = None,
    item_id: int | None = None,
    annotation_id: int | None = None,
    flag_id: int | None = None,
    numbers: Mapping[str, int] | None = None,
    reason: str | None = None,
    undoes: int | None = None,
    group: str | None = None,
    save_id: str | None = None,
    private_to: int | None = None,
) -> int:
    """Write one line in the transaction of the change it tells of; returns its id."""
    columns = {
        "at": datetime.now(UTC),
        "person_id": person_id,
        "kind": kind,
        "dataset_id": dataset_id,
        "item_id": item_id,
        "annotation_id": annotation_id,
        "flag_id": flag_id,
        "before": {path: before for path, (before, _) in patch.items()},
        "after": {path: after for path, (_, after) in patch.items()},
        "numbers": dict(numbers or {}),
        "reason": reason or None,
        "undoes": undoes,
        "group": group,
        "save_id": save_id or None,
        "private_to": private_to,
    }
    made = session.connection().execute(APPEND, columns).inserted_primary_key
    assert made is not None
    return int(made[0])


@dataclass(frozen=True, slots=True)
class Save:
    """Whose save a client-made id stands for."""

    person_id: int
    item_id: int | None
    flag_id: int | None


def by_save_id(session: Session, *, save_id: str | None) -> Save | None:
    """The save that was stored under a client-made id, if there is one."""
    if not save_id:
        return None
    row = session.connection().execute(BY_SAVE_ID, {"save": save_id}).first()
    return Save(*row) if row else None


def saved_before(session: Session, *, save_id: str | None) -> bool:
    """Whether a save with this client-made id has been stored already."""
    return by_save_id(session, save_id=save_id) is not None


def query() -> Any:
    """Events with their author's name."""
    return select(EventRow, PersonRow.name).join(PersonRow, col(PersonRow.id) == EventRow.person_id)


def value(row: EventRow, person: str, undone_by: int | None = None) -> Event:
    """The frozen value of a row."""
    assert row.id is not None
    return Event(
        id=row.id,
        at=row.at,
        person_id=row.person_id,
        person=person,
        kind=row.kind,
        dataset_id=row.dataset_id,
        item_id=row.item_id,
        annotation_id=row.annotation_id,
        flag_id=row.flag_id,
        patch={path: (row.before.get(path), row.after[path]) for path in row.after},
        numbers=row.numbers,
        reason=row.reason,
        undoes=row.undoes,
        undone_by=undone_by,
        group=row.group,
        private_to=row.private_to,
    )


def values(rows: Iterable[tuple[EventRow, str]]) -> list[Event]:
    """Frozen values of rows that come newest first, each with the undo that still stands on it.

    An undo that was itself undone no longer counts.
    """
    undone: dict[int, int] = {}
    found = []
    for row, person in rows:
        assert row.id is not None
        if row.undoes is not None and row.id not in undone:
            undone[row.undoes] = row.id
        found.append(value(row, person, undone.get(row.id)))
    return found


def visible(query_: Any, viewer_id: int | None) -> Any:
    """Leave out what is private to somebody else; None sees everything (for exports).

    What was done before an item was curated is private until then, and again once that is undone
    or the item is opened anew.
    """
    if viewer_id is None:
        return query_
    later = aliased(EventRow)
    curated = exists().where(
        col(later.item_id) == EventRow.item_id,
        col(later.kind).in_(("curation.revised", "curation.settled")),
        col(later.id) > EventRow.id,
        col(ItemRow.id) == EventRow.item_id,
        col(ItemRow.verdict).is_not(None),
    )
    open_to_all = col(EventRow.private_to).is_(None)
    return query_.where(or_(open_to_all, col(EventRow.private_to) == viewer_id, curated))


def of_item(session: Session, *, item_id: int, viewer_id: int | None) -> list[Event]:
    """An item's events that a person may see, newest first."""
    rows = session.exec(
        visible(query(), viewer_id)
        .where(EventRow.item_id == item_id)
        .order_by(col(EventRow.id).desc())
    )
    return values(rows)


def recent(
    session: Session, *, dataset_id: int, viewer_id: int | None, limit: int, kinds: Sequence[str]
) -> list[Event]:
    """A dataset's newest events of these kinds."""
    rows = session.exec(
        visible(query(), viewer_id)
        .where(EventRow.dataset_id == dataset_id, col(EventRow.kind).in_(kinds))
        .order_by(col(EventRow.id).desc())
        .limit(limit)
    )
    return [value(row, person) for row, person in rows]


def item_of(session: Session, *, event_id: int) -> int | None:
    """The item an event is about; raises NotFound."""
    row = session.get(EventRow, event_id)
    if row is None:
        raise NotFound("event", event_id)
    return row.item_id


def curation_events(session: Session, *, dataset_id: int) -> list[Event]:
    """Every change of agreed states in a dataset, oldest first."""
    rows = session.exec(
        query()
        .where(EventRow.dataset_id == dataset_id, col(EventRow.kind).startswith("curation."))
        .order_by(col(EventRow.id).desc())
    )
    return values(rows)[::-1]


@dataclass(frozen=True, slots=True)
class Moment:
    """An event's number and time."""

    id: int
    at: datetime


def public(query_: Any, dataset_id: int) -> Any:
    """Only what a release of a dataset can show.

    Releases themselves are passed over, and what is private to somebody but for flags and what was
    submitted, from which rules and agreement follow; the terms and takedowns of images count for
    every dataset.
    """
    handed_in = aliased(EventRow)
    submitted = exists().where(
        col(handed_in.annotation_id) == EventRow.annotation_id,
        col(handed_in.item_id) == EventRow.item_id,
        col(handed_in.kind) == "annotation.submitted",
        col(handed_in.id) <= EventRow.id,
    )
    return query_.where(
        or_(
            col(EventRow.dataset_id) == dataset_id,
            col(EventRow.kind).startswith("image."),
        ),
        or_(
            col(EventRow.private_to).is_(None),
            col(EventRow.kind).startswith("flag."),
            submitted,
        ),
        ~col(EventRow.kind).startswith("release."),
    )


def last_public(session: Session, *, dataset_id: int) -> Moment:
    """The last event that a release of a dataset can show.

    Raises:
        NotFound: nothing ever happened to the dataset.
    """
    found = public(select(EventRow.id, EventRow.at), dataset_id)
    row = session.exec(found.order_by(col(EventRow.id).desc()).limit(1)).first()
    if row is None:
        raise NotFound("event of dataset", dataset_id)
    return Moment(*row)


def public_since(session: Session, *, dataset_id: int, after: int) -> int:
    """How many events that a release can show came after one."""
    found = public(select(func.count()).select_from(EventRow), dataset_id)
    return int(session.exec(found.where(col(EventRow.id) > after)).one())


def replaced_images(session: Session, *, dataset_id: int) -> set[int]:
    """The items that were given another image in the place of one they had."""
    rows = session.exec(
        select(EventRow.item_id, EventRow.before, EventRow.after).where(
            EventRow.dataset_id == dataset_id, EventRow.kind == "image.attached"
        )
    )
    return {
        item_id
        for item_id, before, after in rows
        if item_id is not None and before.get("image") and after.get("image")
    }


def wordings(
    session: Session, *, item_ids: Sequence[int]
) -> dict[int, list[tuple[datetime | None, str]]]:
    """For each item that was reworded every agreed instruction, oldest first, and since when."""
    found: dict[int, list[tuple[datetime | None, str]]] = {}
    for chunk in chunks(item_ids):
        rows = session.exec(
            select(EventRow.item_id, EventRow.at, EventRow.before, EventRow.after)
            .where(col(EventRow.item_id).in_(chunk), col(EventRow.kind).startswith("curation."))
            .order_by(col(EventRow.id))
        )
        for item_id, at, before, after in rows:
            if item_id is not None and "instruction" in after:
                begun = found.setdefault(item_id, [(None, before["instruction"])])
                begun.append((at, after["instruction"]))
    return found


def first_of_group(session: Session, *, group: str, person_id: int) -> list[int]:
    """For each item in a person's group of events the first of them."""
    rows = session.exec(
        select(func.min(EventRow.id))
        .where(EventRow.group == group, EventRow.person_id == person_id)
        .group_by(col(EventRow.item_id))
    )
    return sorted(event_id for event_id in rows if event_id is not None)


def standing_of(
    session: Session, *, dataset_id: int, person_id: int, kinds: Sequence[str], limit: int
) -> list[Event]:
    """A person's newest doings of these kinds that nobody has taken back.

    Looked for among their last 200; what others did meanwhile is passed over.
    """
    here = (EventRow.dataset_id == dataset_id, col(EventRow.kind).in_(kinds))
    newest = session.exec(
        select(EventRow.item_id)
        .where(*here, EventRow.person_id == person_id, col(EventRow.undoes).is_(None))
        .order_by(col(EventRow.id).desc())
        .limit(200 + limit)
    )
    rows = session.exec(
        query()
        .where(*here, col(EventRow.item_id).in_(set(newest)))
        .order_by(col(EventRow.id).desc())
    )
    mine = [
        event
        for event in values(rows)
        if event.person_id == person_id and event.undoes is None and event.undone_by is None
    ]
    return mine[:limit]


def of_kinds(session: Session, *, dataset_id: int, kinds: Sequence[str]) -> list[Event]:
    """A dataset's events of some kinds, oldest first."""
    rows = session.exec(
        query()
        .where(EventRow.dataset_id == dataset_id, col(EventRow.kind).in_(kinds))
        .order_by(col(EventRow.id).desc())
    )
    return values(rows)[::-1]
