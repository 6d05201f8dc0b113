"""Final scores, and who is looking at which case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Insert, Update, delete, insert, select, update
from sqlmodel import Session

from annotator.domain.judging import Adjudication
from annotator.errors import StaleSave
from db.tables import metadata
from db.tables_judging import AdjudicationRow, CaseLeaseRow

ADJUDICATIONS = metadata.tables[str(AdjudicationRow.__tablename__)]
LEASES = metadata.tables[str(CaseLeaseRow.__tablename__)]
PEOPLE = metadata.tables["person"]

LEASE = timedelta(minutes=10)
"""How long a case stays with somebody who looks at it and does nothing."""


def value(row: Any) -> Adjudication:
    """The frozen value of a row."""
    return Adjudication(
        id=row.id,
        dataset_id=row.dataset_id,
        case_id=row.case_id,
        outcome=row.outcome,
        awarded=row.awarded,
        possible=row.possible,
        accepted=row.accepted,
        rater_id=row.rater_id,
        flag_id=row.flag_id,
        reason=row.reason,
        person_id=row.person_id,
        version=row.version,
        at=row.at,
    )


def of_case(session: Session, *, case_id: int) -> Adjudication | None:
    """What was decided of a case, taken-back decisions included."""
    row = session.connection().execute(
        select(ADJUDICATIONS).where(ADJUDICATIONS.c.case_id == case_id)
    )
    found = row.first()
    return value(found) if found else None


def of_dataset(session: Session, *, dataset_id: int) -> list[Adjudication]:
    """All decisions of a dataset that stand, by case."""
    rows = session.connection().execute(
        select(ADJUDICATIONS)
        .where(ADJUDICATIONS.c.dataset_id == dataset_id, ADJUDICATIONS.c.outcome.is_not(None))
        .order_by(ADJUDICATIONS.c.case_id)
    )
    return [value(row) for row in rows]


def save(
    session: Session, *, dataset_id: int, case_id: int, version: int | None, **columns: Any
) -> tuple[Adjudication | None, Adjudication]:
    """Decide a case over the version that was shown, None where there was no decision.

    Returns:
        What stood before, and what stands now.

    Raises:
        StaleSave: somebody decided meanwhile; carries what stands there now.
    """
    known = of_case(session, case_id=case_id)
    if (known.version if known else None) != version:
        raise stale(session, known)
    columns |= {"at": datetime.now(UTC), "version": known.version + 1 if known else 1}
    change: Insert | Update = (
        update(ADJUDICATIONS)
        .where(ADJUDICATIONS.c.id == known.id, ADJUDICATIONS.c.version == version)
        .values(**columns)
        if known
        else insert(ADJUDICATIONS).values(dataset_id=dataset_id, case_id=case_id, **columns)
    )
    row = session.connection().execute(change.returning(ADJUDICATIONS)).first()
    if row is None:
        raise stale(session, of_case(session, case_id=case_id))
    return known, value(row)


def stale(session: Session, known: Adjudication | None) -> StaleSave:
    """The error that tells of somebody else's decision."""
    if known is None:
        return StaleSave("the decision", current={})
    name = session.connection().execute(select(PEOPLE.c.name).where(PEOPLE.c.id == known.person_id))
    current = {"outcome": known.outcome, "awarded": known.awarded, "reason": known.reason}
    return StaleSave("the decision", current=current, by=name.scalar())


def lease(session: Session, *, case_id: int, person_id: int, purpose: str, others: int = 0) -> bool:
    """Take or renew the lease of a case; who looks at this one no longer looks at another.

    Args:
        others: how many other people may look at it at the same time.

    Returns:
        Whether the person has it now.
    """
    connection = session.connection()
    now = datetime.now(UTC)
    taken = connection.execute(
        select(LEASES.c.person_id).where(
            LEASES.c.case_id == case_id, LEASES.c.until > now, LEASES.c.person_id != person_id
        )
    ).all()
    if len(taken) > others:
        return False
    connection.execute(delete(LEASES).where(LEASES.c.person_id == person_id))
    columns = {"case_id": case_id, "person_id": person_id, "purpose": purpose}
    connection.execute(insert(LEASES).values(**columns, until=now + LEASE))
    return True


def holds(session: Session, *, case_id: int, person_id: int) -> bool:
    """Whether a person has a case for a good while yet."""
    row = session.connection().execute(
        select(LEASES.c.case_id).where(
            LEASES.c.case_id == case_id,
            LEASES.c.person_id == person_id,
            LEASES.c.until > datetime.now(UTC) + LEASE / 2,
        )
    )
    return row.first() is not None


def give_back(session: Session, *, person_id: int, case_id: int | None = None) -> None:
    """End a person's leases, or the one of a case."""
    query = delete(LEASES).where(LEASES.c.person_id == person_id)
    if case_id is not None:
        query = query.where(LEASES.c.case_id == case_id)
    session.connection().execute(query)


def holder(session: Session, *, case_id: int, person_id: int) -> str | None:
    """The name of somebody else who has a case now."""
    row = session.connection().execute(
        select(PEOPLE.c.name)
        .join(LEASES, LEASES.c.person_id == PEOPLE.c.id)
        .where(
            LEASES.c.case_id == case_id,
            LEASES.c.person_id != person_id,
            LEASES.c.until > datetime.now(UTC),
        )
    )
    name = row.scalar()
    return str(name) if name else None
