"""Guidelines in versions, and who has read which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from db.tables import PersonRow
from db.tables_guidelines import GuidelinesReadRow, GuidelinesRow


@dataclass(frozen=True, slots=True)
class Guidelines:
    """One version of a dataset's guidelines: ``text`` is Markdown, ``note`` says what changed."""

    number: int
    text: str
    note: str
    author: str
    at: datetime


def query(dataset_id: int) -> Any:
    """A dataset's versions with their authors, newest first."""
    return (
        select(GuidelinesRow, PersonRow.name)
        .join(PersonRow, col(PersonRow.id) == GuidelinesRow.written_by)
        .where(GuidelinesRow.dataset_id == dataset_id)
        .order_by(col(GuidelinesRow.number).desc())
    )


def value(row: GuidelinesRow, author: str) -> Guidelines:
    """The frozen value of a row."""
    return Guidelines(row.number, row.text, row.note, author, row.written_at)


def newest(session: Session, *, dataset_id: int) -> Guidelines | None:
    """The guidelines in force, None where there are none."""
    found = session.exec(query(dataset_id).limit(1)).first()
    return value(*found) if found else None


def number_in_force(session: Session, *, dataset_id: int) -> int | None:
    """The number of the guidelines in force, None where there are none."""
    found = select(func.max(GuidelinesRow.number)).where(GuidelinesRow.dataset_id == dataset_id)
    return session.exec(found).one()


def versions(session: Session, *, dataset_id: int) -> list[Guidelines]:
    """Every version, newest first."""
    return [value(row, author) for row, author in session.exec(query(dataset_id))]


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
