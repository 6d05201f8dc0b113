"""Releases that were written, and merges that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from annotator.domain.records import Merge, Release
from annotator.errors import NotFound
from db.tables import ItemRow, MergeRow, ReleaseRow


def value(row: ReleaseRow) -> Release:
    """The frozen value of a row."""
    assert row.id is not None
    return Release(
        id=row.id,
        dataset_id=row.dataset_id,
        name=row.name,
        folder=row.folder,
        manifest=row.manifest,
        created_at=row.created_at,
        created_by=row.created_by,
    )


def add(
    session: Session,
    *,
    dataset_id: int,
    name: str,
    folder: str,
    manifest: Mapping[str, Any],
    person_id: int,
) -> Release:
    """Note a release that was written."""
    row = ReleaseRow(
        dataset_id=dataset_id,
        name=name,
        folder=folder,
        manifest=dict(manifest),
        created_at=datetime.now(UTC),
        created_by=person_id,
    )
    session.add(row)
    session.flush()
    return value(row)


def of_dataset(session: Session, *, dataset_id: int) -> list[Release]:
    """A dataset's releases, newest first."""
    rows = session.exec(
        select(ReleaseRow)
        .where(ReleaseRow.dataset_id == dataset_id)
        .order_by(col(ReleaseRow.id).desc())
    )
    return [value(row) for row in rows]


def merge_value(row: MergeRow) -> Merge:
    """The frozen value of a row."""
    assert row.id is not None
    return Merge(row.id, row.item_id, row.source_record_id, row.state, row.created_at)


def add_merge(session: Session, *, item_id: int, source_record_id: int) -> Merge:
    """Let a newer source record wait for a person; it replaces one that was waiting."""
    for older in session.exec(waiting_of(item_id)):
        older.state = "superseded"
        session.add(older)
    row = MergeRow(item_id=item_id, source_record_id=source_record_id, created_at=datetime.now(UTC))
    session.add(row)
    session.flush()
    return merge_value(row)


def supersede(session: Session, *, item_ids: Sequence[int]) -> None:
    """Close what waits for these items: their source has moved on without a conflict."""
    for start in range(0, len(item_ids), 500):
        session.connection().execute(
            update(MergeRow)
            .where(
                col(MergeRow.item_id).in_(item_ids[start : start + 500]),
                col(MergeRow.state) == "open",
            )
            .values(state="superseded")
        )
    session.expire_all()


def open_merges(session: Session, *, dataset_id: int) -> list[Merge]:
    """What waits in a dataset, in order of the items."""
    rows = session.exec(
        select(MergeRow)
        .join(ItemRow, col(ItemRow.id) == MergeRow.item_id)
        .where(ItemRow.dataset_id == dataset_id, MergeRow.state == "open")
        .order_by(col(ItemRow.position))
    )
    return [merge_value(row) for row in rows]


def get_merge(session: Session, *, merge_id: int) -> Merge:
    """Raises NotFound."""
    row = session.get(MergeRow, merge_id)
    if row is None:
        raise NotFound("merge", merge_id)
    return merge_value(row)


def move_merge(session: Session, *, merge_id: int, person_id: int, state: str) -> bool:
    """Settle a merge that waits, or let a settled one wait again.

    Args:
        state: ``settled`` or ``open``.

    Returns:
        False where somebody was faster, or another merge of the item waits.
    """
    row = session.get(MergeRow, merge_id)
    if row is None or row.state != ("open" if state == "settled" else "settled"):
        return False
    if state == "open" and session.exec(waiting_of(row.item_id)).first():
        return False
    done = state == "settled"
    row.state, row.settled_by = state, person_id if done else None
    row.settled_at = datetime.now(UTC) if done else None
    session.add(row)
    session.flush()
    return True


def waiting_of(item_id: int) -> Any:
    """The merges of an item that wait: one, or none."""
    return select(MergeRow).where(MergeRow.item_id == item_id, MergeRow.state == "open")
