"""People."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as table_select
from sqlmodel import Session, select

from annotator.domain.records import Person
from annotator.errors import NotFound
from db.tables import PersonRow, metadata

PEOPLE = metadata.tables["person"]
GET = table_select(PEOPLE).where(PEOPLE.c.id == bindparam("one"))


def value(row: Any) -> Person:
    """The frozen value of a row."""
    return Person(id=row.id, name=row.name, role=row.role, active=row.active)


def by_name(session: Session, *, name: str) -> Person | None:
    """The person of this name, if there is one."""
    row = session.exec(select(PersonRow).where(PersonRow.name == name)).first()
    return value(row) if row else None


def by_address(session: Session, *, name: str) -> Person | None:
    """The person of this address (casefolded) in whatever spelling; of several, who is barred."""
    spelled = [person for person in everyone(session) if person.name.casefold() == name]
    return min(spelled, key=lambda person: (person.active, person.id), default=None)


def get(session: Session, *, person_id: int) -> Person:
    """Raises NotFound."""
    row = session.connection().execute(GET, {"one": person_id}).first()
    if row is None:
        raise NotFound("person", person_id)
    return value(row)


def add(session: Session, *, name: str) -> Person:
    """A new person; the name must be free."""
    row = PersonRow(name=name, created_at=datetime.now(UTC))
    session.add(row)
    session.flush()
    return value(row)


def everyone(session: Session) -> list[Person]:
    """Everybody, by name."""
    return [value(row) for row in session.exec(select(PersonRow).order_by(PersonRow.name))]


def names(session: Session) -> dict[int, str]:
    """Everybody's name by id."""
    return {person.id: person.name for person in everyone(session)}
