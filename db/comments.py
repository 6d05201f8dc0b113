"""Comments on items, and the mentions in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, exists, or_
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select, update

from annotator.errors import NotFound
from db.tables import DatasetRow, ItemRow, PersonRow
from db.tables_comments import CommentRow, MentionRow
from db.tables_team import PlaceRow, QueueItemRow

PLACES = PlaceRow.metadata.tables["place"]
QUEUE = QueueItemRow.metadata.tables["queue_item"]
MENTIONS = MentionRow.metadata.tables["mention"]
ANY_UNSEEN = (
    table_select(MENTIONS.c.comment_id)
    .where(MENTIONS.c.person_id == bindparam("person"), MENTIONS.c.seen.is_(False))
    .limit(1)
)
"""Made once: it is asked at every run of every page, and mostly the answer is nothing."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody said about an item; ``calls`` are the people it names with @."""

    id: int
    item_id: int
    person_id: int
    person: str
    text: str
    at: datetime
    calls: frozenset[int]


@dataclass(frozen=True, slots=True)
class Call:
    """A comment that calls somebody who has not seen it, and where it stands."""

    comment: Comment
    dataset: str
    source_id: str


def add(session: Session, *, item_id: int, person_id: int, text: str, calls: Iterable[int]) -> int:
    """Keep a comment with its mentions; returns its id."""
    row = CommentRow(item_id=item_id, person_id=person_id, text=text, at=datetime.now(UTC))
    session.add(row)
    session.flush()
    assert row.id is not None
    for called in sorted(set(calls)):
        session.add(MentionRow(comment_id=row.id, person_id=called))
    session.flush()
    return row.id


def get(session: Session, *, comment_id: int) -> Comment:
    """Raises NotFound, also where it was withdrawn."""
    found = values(session, standing().where(CommentRow.id == comment_id))
    if not found:
        raise NotFound("comment", comment_id)
    return found[0]


def of_item(session: Session, *, item_id: int) -> list[Comment]:
    """An item's comments, oldest first."""
    query = standing().where(CommentRow.item_id == item_id)
    return values(session, query.order_by(col(CommentRow.id)))


def standing() -> Any:
    """Comments that were not withdrawn, with their authors' names."""
    return (
        select(CommentRow, PersonRow.name)
        .join(PersonRow, col(PersonRow.id) == CommentRow.person_id)
        .where(col(CommentRow.withdrawn).is_(False))
    )


def values(session: Session, query: Any) -> list[Comment]:
    """The frozen values of a query's rows."""
    rows = session.exec(query).all()
    calls = calls_of(session, [row.id for row, _ in rows])
    return [value(row, name, calls) for row, name in rows]


def value(row: CommentRow, name: str, calls: dict[int, set[int]]) -> Comment:
    """The frozen value of a row."""
    assert row.id is not None
    called = frozenset(calls.get(row.id, ()))
    return Comment(row.id, row.item_id, row.person_id, name, row.text, row.at, called)


def calls_of(session: Session, comment_ids: Sequence[int]) -> dict[int, set[int]]:
    """Whom each of some comments calls."""
    found: dict[int, set[int]] = {}
    rows = session.exec(select(MentionRow).where(col(MentionRow.comment_id).in_(comment_ids)))
    for row in rows:
        found.setdefault(row.comment_id, set()).add(row.person_id)
    return found


def any_unseen(session: Session, *, person_id: int) -> bool:
    """Whether some comment calls somebody who has not seen it, be it private or not."""
    return session.connection().execute(ANY_UNSEEN, {"person": person_id}).first() is not None


def unseen(
    session: Session, *, person_id: int, reviewers: Collection[int], limit: int
) -> list[Call]:
    """The comments that call somebody, that they may see and have not seen, newest first.

    Args:
        reviewers: who may settle.
    """
    query = (
        select(CommentRow, PersonRow.name, DatasetRow.name, ItemRow.source_id)
        .join(MentionRow, col(MentionRow.comment_id) == CommentRow.id)
        .join(PersonRow, col(PersonRow.id) == CommentRow.person_id)
        .join(ItemRow, col(ItemRow.id) == CommentRow.item_id)
        .join(DatasetRow, col(DatasetRow.id) == ItemRow.dataset_id)
        .where(
            MentionRow.person_id == person_id,
            col(MentionRow.seen).is_(False),
            col(CommentRow.withdrawn).is_(False),
            may_be_seen(person_id, reviewers),
        )
        .order_by(col(CommentRow.id).desc())
        .limit(limit)
    )
    rows = session.exec(query).all()
    calls = calls_of(session, [row.id for row, *_ in rows if row.id is not None]) if rows else {}
    return [
        Call(value(row, name, calls), dataset, source_id) for row, name, dataset, source_id in rows
    ]


def may_be_seen(viewer: int, reviewers: Collection[int]) -> Any:
    """annotator.domain.comments.may_see for a comment that calls the viewer, as a condition.

    Without it the newest calls that are private for now would leave no room for older ones.
    """
    hidden = exists().where(
        QUEUE.c.item_id == ItemRow.id,
        col(ItemRow.verdict).is_(None),
        (QUEUE.c.wanted != 1) | (QUEUE.c.purpose != "usual"),
    )
    own = exists().where(PLACES.c.item_id == ItemRow.id, PLACES.c.person_id == viewer)
    theirs = exists().where(
        PLACES.c.item_id == ItemRow.id, PLACES.c.person_id == CommentRow.person_id
    )
    from_reviewer = col(CommentRow.person_id).in_(reviewers) & ~theirs
    return or_(~hidden, from_reviewer, ~own) if viewer in reviewers else or_(~hidden, from_reviewer)


def see(session: Session, *, person_id: int, comment_ids: Sequence[int]) -> int:
    """Note that somebody has seen comments that call them; returns how many were new to them."""
    changed = session.connection().execute(
        update(MentionRow)
        .where(
            col(MentionRow.person_id) == person_id,
            col(MentionRow.comment_id).in_(comment_ids),
            col(MentionRow.seen).is_(False),
        )
        .values(seen=True)
    )
    return int(changed.rowcount)


def withdraw(session: Session, *, comment_id: int) -> None:
    """Show a comment no more."""
    session.connection().execute(
        update(CommentRow).where(col(CommentRow.id) == comment_id).values(withdrawn=True)
    )
    session.expire_all()
