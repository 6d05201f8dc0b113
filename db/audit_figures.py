"""The audit's columns and figures, kept between one look and the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlmodel import Session

from db.bulk import insert_rows
from db.tables import metadata
from db.tables_audit import AuditCellRow, AuditFrameRow

FRAMES = metadata.tables[str(AuditFrameRow.__tablename__)]
CELLS = metadata.tables[str(AuditCellRow.__tablename__)]


@dataclass(frozen=True, slots=True)
class Kept:
    """A packed frame with what it has seen."""

    stamp: int
    reply_id: int
    form: int
    data: bytes
    made_at: datetime


def frame(session: Session, *, dataset_id: int) -> Kept | None:
    """The kept frame of a dataset, if there is one."""
    row = session.get(AuditFrameRow, dataset_id)
    return Kept(row.stamp, row.reply_id, row.form, row.data, row.made_at) if row else None


def seen(session: Session, *, dataset_id: int) -> tuple[int, datetime] | None:
    """The stamp that the kept figures are of, and when they were made."""
    query = select(FRAMES.c.stamp, FRAMES.c.made_at).where(FRAMES.c.dataset_id == dataset_id)
    row = session.connection().execute(query).first()
    return (row.stamp, row.made_at) if row else None


def cells(session: Session, *, dataset_id: int) -> dict[str, dict[str, Any]]:
    """The kept figures by name."""
    query = select(CELLS.c.name, CELLS.c.figures).where(CELLS.c.dataset_id == dataset_id)
    return {row.name: row.figures for row in session.connection().execute(query)}


def keep(
    session: Session,
    *,
    dataset_id: int,
    stamp: int,
    reply_id: int,
    form: int,
    data: bytes,
    figures: Mapping[str, Mapping[str, Any]],
    gone: Iterable[str],
) -> None:
    """Replace the frame, and the figures that are named; forget those that are gone."""
    connection = session.connection()
    connection.execute(delete(FRAMES).where(FRAMES.c.dataset_id == dataset_id))
    insert_rows(
        session,
        AuditFrameRow,
        [
            {
                "dataset_id": dataset_id,
                "stamp": stamp,
                "reply_id": reply_id,
                "form": form,
                "data": data,
                "made_at": datetime.now(UTC),
            }
        ],
    )
    names = [*figures, *gone]
    for start in range(0, len(names), 500):
        connection.execute(
            delete(CELLS).where(
                CELLS.c.dataset_id == dataset_id, CELLS.c.name.in_(names[start : start + 500])
            )
        )
    rows = [
        {"dataset_id": dataset_id, "name": name, "figures": dict(value)}
        for name, value in figures.items()
    ]
    insert_rows(session, AuditCellRow, rows)
