"""Long work as rows, leased by worker processes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, update
from sqlmodel import Session, col, select

from annotator.domain.records import Job
from annotator.errors import NotFound
from db.tables import JobRow

LEASE = timedelta(seconds=30)
APART = timedelta(minutes=10)
"""Clocks of servers that share a database may differ by so much."""


def value(row: JobRow) -> Job:
    """The frozen value of a row."""
    assert row.id is not None
    return Job(
        id=row.id,
        kind=row.kind,
        dataset_id=row.dataset_id,
        state=row.state,
        parameters=row.parameters,
        done=row.done,
        total=row.total,
        message=row.message,
        result=row.result,
        attempts=row.attempts,
        created_at=row.created_at,
        created_by=row.created_by,
        finished_at=row.finished_at,
    )


def add(
    session: Session,
    *,
    kind: str,
    parameters: Mapping[str, Any],
    dataset_id: int | None,
    person_id: int,
    worker: str | None = None,
) -> Job:
    """Put work in the queue; ``worker`` takes it at once, so that nobody else does."""
    now = datetime.now(UTC)
    row = JobRow(
        kind=kind,
        dataset_id=dataset_id,
        parameters=dict(parameters),
        created_at=now,
        created_by=person_id,
    )
    if worker is not None:
        row.state, row.worker, row.leased_until, row.attempts = "running", worker, now + LEASE, 1
    session.add(row)
    session.flush()
    return value(row)


def get(session: Session, *, job_id: int) -> Job:
    """Raises NotFound."""
    row = session.get(JobRow, job_id)
    if row is None:
        raise NotFound("job", job_id)
    return value(row)


def recent(session: Session, *, limit: int = 20) -> list[Job]:
    """The newest jobs."""
    rows = session.exec(select(JobRow).order_by(col(JobRow.id).desc()).limit(limit))
    return [value(row) for row in rows]


def under_way(
    session: Session, *, kind: str, parameters: Mapping[str, Any], dataset_id: int | None
) -> Job | None:
    """The job that waits or runs with these very parameters, if there is one."""
    rows = session.exec(
        select(JobRow).where(
            col(JobRow.kind) == kind,
            col(JobRow.dataset_id) == dataset_id,
            col(JobRow.state).in_(("queued", "running")),
        )
    )
    return next((value(row) for row in rows if row.parameters == parameters), None)


def free(now: datetime) -> ColumnElement[bool]:
    """A job waits, or its worker has gone silent.

    A lease that ends long after one made now would is of a clock that was set back since: its
    worker, were it alive, would have renewed it.
    """
    ends = col(JobRow.leased_until)
    return or_(
        col(JobRow.state) == "queued",
        and_(col(JobRow.state) == "running", or_(ends < now, ends > now + LEASE + APART)),
    )


def any_waiting(session: Session, *, kinds: Collection[str]) -> bool:
    """Whether there is anything of these kinds to take; asked often, so without the write lock."""
    query = select(JobRow.id).where(free(datetime.now(UTC)), col(JobRow.kind).in_(kinds))
    return session.exec(query.limit(1)).first() is not None


def take(session: Session, *, worker: str, kinds: Collection[str]) -> Job | None:
    """Lease the oldest job of these kinds that waits or whose worker has gone silent."""
    now = datetime.now(UTC)
    row = session.exec(
        select(JobRow)
        .where(free(now), col(JobRow.kind).in_(kinds))
        .order_by(col(JobRow.id))
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if row is None:
        return None
    row.state, row.worker, row.leased_until = "running", worker, now + LEASE
    row.attempts += 1
    session.add(row)
    session.flush()
    return value(row)


def beat(
    session: Session, *, job_id: int, worker: str, done: int, total: int | None, message: str
) -> bool:
    """Note progress and renew the lease; False where it was stopped or taken over."""
    changed = session.connection().execute(
        update(JobRow)
        .where(
            col(JobRow.id) == job_id, col(JobRow.worker) == worker, col(JobRow.state) == "running"
        )
        .values(done=done, total=total, message=message, leased_until=datetime.now(UTC) + LEASE)
    )
    return changed.rowcount == 1


def put_back(session: Session, *, job_id: int, worker: str) -> None:
    """Give a job back to the queue, as if this worker had never taken it."""
    session.connection().execute(
        update(JobRow)
        .where(
            col(JobRow.id) == job_id, col(JobRow.worker) == worker, col(JobRow.state) == "running"
        )
        .values(state="queued", worker=None, leased_until=None, attempts=col(JobRow.attempts) - 1)
    )
    session.expire_all()


def forgive(session: Session, *, job_id: int) -> None:
    """Count no earlier attempts: this one has got further."""
    session.connection().execute(update(JobRow).where(col(JobRow.id) == job_id).values(attempts=1))


def holder(session: Session, *, job_id: int) -> str | None:
    """The worker that holds a job now; None where it waits, is over, or its worker is silent."""
    row = session.get(JobRow, job_id)
    if row is None or row.state != "running" or row.leased_until is None:
        return None
    return row.worker if row.leased_until >= datetime.now(UTC) else None


def finish(
    session: Session,
    *,
    job_id: int,
    state: str,
    message: str,
    result: Mapping[str, Any] | None = None,
    worker: str | None = None,
) -> bool:
    """Close a job as done, failed or stopped; False where that was done already.

    Args:
        worker: close it only while this worker has it.
    """
    mine = [col(JobRow.worker) == worker] if worker is not None else []
    changed = session.connection().execute(
        update(JobRow)
        .where(col(JobRow.id) == job_id, col(JobRow.state).in_(("queued", "running")), *mine)
        .values(
            state=state,
            message=message,
            result=dict(result) if result is not None else None,
            finished_at=datetime.now(UTC),
            worker=None,
            leased_until=None,
        )
    )
    session.expire_all()
    return changed.rowcount == 1


def is_queued(session: Session, *, kind: str, dataset_id: int) -> bool:
    """Whether such work on a dataset waits to be begun."""
    waiting = select(JobRow.id).where(
        JobRow.kind == kind, JobRow.dataset_id == dataset_id, JobRow.state == "queued"
    )
    return session.exec(waiting.limit(1)).first() is not None
