"""Flags: what people say is wrong with an item."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select

from annotator.domain.records import Flag
from annotator.domain.vocabulary import STANDING
from annotator.errors import NotFound, StaleSave
from db.tables import FlagRow, ItemRow, metadata

FLAGS = metadata.tables["flag"]
OF_ITEM = table_select(FLAGS).where(FLAGS.c.item_id == bindparam("item")).order_by(FLAGS.c.id)


def value(row: Any) -> Flag:
    """The frozen value of a row."""
    return Flag(
        id=row.id,
        item_id=row.item_id,
        person_id=row.person_id,
        kind=row.kind,
        component_keys=tuple(row.component_keys),
        note=row.note,
        state=row.state,
        version=row.version,
        created_at=row.created_at,
    )


def get(session: Session, *, flag_id: int) -> Flag:
    """Raises NotFound."""
    row = session.get(FlagRow, flag_id)
    if row is None:
        raise NotFound("flag", flag_id)
    return value(row)


def of_item(session: Session, *, item_id: int) -> list[Flag]:
    """An item's flags, oldest first, withdrawn ones included."""
    return [value(row) for row in session.connection().execute(OF_ITEM, {"item": item_id})]


def raised(session: Session, *, dataset_id: int) -> set[tuple[int, int]]:
    """Which item was flagged by which person, withdrawn flags left out."""
    rows = session.exec(
        select(FlagRow.item_id, FlagRow.person_id)
        .join(ItemRow, col(ItemRow.id) == FlagRow.item_id)
        .where(ItemRow.dataset_id == dataset_id, FlagRow.state != "withdrawn")
    )
    return set(rows)


def add(
    session: Session,
    *,
    item_id: int,
    person_id: int,
    kind: str,
    component_keys: tuple[str, ...],
    note: str,
) -> Flag:
    """Raise a flag."""
    now = datetime.now(UTC)
    row = FlagRow(
        item_id=item_id,
        person_id=person_id,
        kind=kind,
        component_keys=list(component_keys),
        note=note,
        created_at=now,
        updated_at=now,
    )
    session.add(row)
    session.flush()
    return value(row)


def set_state(session: Session, *, flag_id: int, version: int, state: str) -> Flag:
    """Move a flag on from the version that was shown; raises StaleSave."""
    changed = session.connection().execute(
        update(FlagRow)
        .where(col(FlagRow.id) == flag_id, col(FlagRow.version) == version)
        .values(state=state, version=version + 1, updated_at=datetime.now(UTC))
    )
    session.expire_all()
    now = get(session, flag_id=flag_id)
    if changed.rowcount != 1:
        raise StaleSave("the flag", current={"state": now.state})
    return now


def shown_kinds(session: Session, *, dataset_id: int) -> dict[int, frozenset[str]]:
    """The kinds of each item's open and confirmed flags; items without any are left out."""
    rows = session.exec(
        select(FlagRow.item_id, FlagRow.kind)
        .join(ItemRow, col(ItemRow.id) == FlagRow.item_id)
        .where(ItemRow.dataset_id == dataset_id, col(FlagRow.state).in_(STANDING))
    )
    found: dict[int, set[str]] = {}
    for item_id, kind in rows:
        found.setdefault(item_id, set()).add(kind)
    return {item_id: frozenset(kinds) for item_id, kinds in found.items()}
