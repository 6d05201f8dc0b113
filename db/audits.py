"""Audit samples: randomly drawn cases, with the probability with which each came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session

from annotator.domain.judging import AuditDraw, AuditSample
from annotator.errors import NotFound
from db.bulk import insert_rows
from db.tables import metadata
from db.tables_judging import AuditDrawRow, AuditSampleRow

SAMPLES = metadata.tables["audit_sample"]
DRAWS = metadata.tables["audit_draw"]
CASES = metadata.tables["scored_case"]
SCORES = metadata.tables["score"]


def value(row: Any) -> AuditSample:
    """The frozen value of a row."""
    return AuditSample(
        id=row.id,
        dataset_id=row.dataset_id,
        size=row.size,
        population=row.population,
        strata=tuple(row.strata),
        seed=row.seed,
        raters=row.raters,
        created_at=row.created_at,
        created_by=row.created_by,
    )


def draw_value(row: Any) -> AuditDraw:
    """The frozen value of a row."""
    return AuditDraw(
        id=row.id,
        sample_id=row.sample_id,
        case_id=row.case_id,
        position=row.position,
        stratum=row.stratum,
        probability=row.probability,
        labels=row.labels,
    )


def population(session: Session, *, dataset_id: int) -> list[tuple[int, str, str]]:
    """Every live case of a dataset as (id, type, model), in order of id."""
    rows = session.connection().execute(
        select(CASES.c.id, CASES.c.type, CASES.c.model)
        .where(CASES.c.dataset_id == dataset_id, CASES.c.live)
        .order_by(CASES.c.id)
    )
    return [(row.id, row.type, row.model) for row in rows]


def add(
    session: Session,
    *,
    dataset_id: int,
    population: int,
    strata: Sequence[str],
    seed: int,
    raters: int,
    person_id: int,
    draws: Sequence[Mapping[str, Any]],
) -> AuditSample:
    """Store a sample; each draw names case_id, position, stratum and probability."""
    row = AuditSampleRow(
        dataset_id=dataset_id,
        size=len(draws),
        population=population,
        strata=list(strata),
        seed=seed,
        raters=raters,
        created_at=datetime.now(UTC),
        created_by=person_id,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    insert_rows(session, AuditDrawRow, [{"sample_id": row.id, **draw} for draw in draws])
    return value(row)


def get(session: Session, *, sample_id: int) -> AuditSample:
    """Raises NotFound."""
    row = session.connection().execute(select(SAMPLES).where(SAMPLES.c.id == sample_id)).first()
    if row is None:
        raise NotFound("audit sample", sample_id)
    return value(row)


def of_dataset(session: Session, *, dataset_id: int) -> list[AuditSample]:
    """A dataset's samples, newest first."""
    rows = session.connection().execute(
        select(SAMPLES).where(SAMPLES.c.dataset_id == dataset_id).order_by(SAMPLES.c.id.desc())
    )
    return [value(row) for row in rows]


def draws(session: Session, *, sample_id: int) -> list[AuditDraw]:
    """A sample's draws in order of position."""
    rows = session.connection().execute(
        select(DRAWS).where(DRAWS.c.sample_id == sample_id).order_by(DRAWS.c.position)
    )
    return [draw_value(row) for row in rows]


def draws_case(session: Session, *, sample_id: int, case_id: int) -> bool:
    """Whether a sample drew a case."""
    found = session.connection().execute(
        select(DRAWS.c.id).where(DRAWS.c.sample_id == sample_id, DRAWS.c.case_id == case_id)
    )
    return found.first() is not None


def recount(session: Session, *, case_id: int) -> None:
    """Bring the number of blind labels of a case up to date in every sample that drew it."""
    labels = (
        select(func.count())
        .select_from(SCORES)
        .where(SCORES.c.case_id == case_id, SCORES.c.purpose == "audit")
        .scalar_subquery()
    )
    session.connection().execute(
        update(DRAWS).where(DRAWS.c.case_id == case_id).values(labels=labels)
    )
