"""Guidelines in versions, and who has read which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import bindparam
from sqlalchemy import select as table_select
from sqlmodel import Session, func

from db.tables import metadata
from db.tables_guidelines import GuidelinesReadRow, GuidelinesRow

PEOPLE = metadata.tables["person"]
TABLE = GuidelinesRow.metadata.tables["guidelines"]
VERSIONS = (
    table_select(TABLE.c.number, TABLE.c.text, TABLE.c.note, PEOPLE.c.name, TABLE.c.written_at)
    .join(PEOPLE, PEOPLE.c.id == TABLE.c.written_by)
    .where(TABLE.c.dataset_id == bindparam("dataset"))
    .order_by(TABLE.c.number.desc())
)
NEWEST = VERSIONS.limit(1)
IN_FORCE = table_select(func.max(TABLE.c.number)).where(TABLE.c.dataset_id == bindparam("dataset"))


@dataclass(frozen=True, slots=True)
class Guidelines:
    """One version of a dataset's guidelines: ``text`` is Markdown, ``note`` says what changed."""

    number: int
    text: str
    note: str
    author: str
    at: datetime


def newest(session: Session, *, dataset_id: int) -> Guidelines | None:
    """The guidelines in force, None where there are none."""
    found = session.connection().execute(NEWEST, {"dataset": dataset_id}).first()
    return Guidelines(*found) if found else None


def number_in_force(session: Session, *, dataset_id: int) -> int | None:
    """The number of the guidelines in force, None where there are none."""
    found: int | None = session.connection().execute(IN_FORCE, {"dataset": dataset_id}).scalar()
    return found


def versions(session: Session, *, dataset_id: int) -> list[Guidelines]:
    """Every version, newest first."""
    rows = session.connection().execute(VERSIONS, {"dataset": dataset_id})
    return [Guidelines(*row) for row in rows]


def write(
    session: Session, *, dataset_id: int, number: int, text: str, note: str, by: int
) -> Guidelines:
    """Add a version."""
    session.add(
        GuidelinesRow(
            dataset_id=dataset_id,
            number=number,
            text=text,
            note=note,
            written_by=by,
            written_at=datetime.now(UTC),
        )
    )
    session.flush()
    found = newest(session, dataset_id=dataset_id)
    assert found is not None
    return found


def read_by(session: Session, *, dataset_id: int, person_id: int) -> int:
    """The newest version that somebody has read, 0 for none."""
    row = session.get(GuidelinesReadRow, (dataset_id, person_id))
    return row.number if row else 0


def mark_read(session: Session, *, dataset_id: int, person_id: int, number: int) -> None:
    """Note that somebody has read a version; an older one than before changes nothing."""
    row = session.get(GuidelinesReadRow, (dataset_id, person_id))
    if row is None:
        row = GuidelinesReadRow(dataset_id=dataset_id, person_id=person_id, number=number)
    row.number = max(row.number, number)
    session.add(row)
    session.flush()
