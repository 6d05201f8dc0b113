"""Judge runs and their calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlmodel import Session

from annotator.domain.judging import JudgeCall, JudgeRun
from annotator.errors import NotFound, StaleSave
from db.bulk import insert_rows
from db.cases import chunks
from db.tables import metadata
from db.tables_judging import JudgeCallRow, JudgeRunCallRow, JudgeRunRow

RUNS = metadata.tables["judge_run"]
CALLS = metadata.tables["judge_call"]
RUN_CALLS = metadata.tables["judge_run_call"]

LEASE = timedelta(minutes=5)
"""After so long a call that was sent and never answered may be made again."""


def value(row: Any) -> JudgeRun:
    """The frozen value of a row."""
    fields = dict(row._mapping)
    fields["methods"], fields["models"] = tuple(row.methods), tuple(row.models)
    return JudgeRun(**fields)


CALL_FIELDS = (
    "id", "key", "run_id", "rater_id", "response_id", "method", "component_key", "repeat", "state",
    "error_kind", "error", "finish_reason", "structured", "attempts", "prompt_tokens",
    "completion_tokens", "cost", "latency",
)  # fmt: skip


def call_value(row: Any) -> JudgeCall:
    """The frozen value of a row."""
    return JudgeCall(**{name: getattr(row, name) for name in CALL_FIELDS})


def add(session: Session, *, person_id: int, **columns: Any) -> JudgeRun:
    """Put a run in the queue; columns as in ``judge_run``."""
    row = JudgeRunRow(created_at=datetime.now(UTC), created_by=person_id, **columns)
    session.add(row)
    session.flush()
    assert row.id is not None
    return get(session, run_id=row.id)


def get(session: Session, *, run_id: int) -> JudgeRun:
    """Raises NotFound."""
    row = session.connection().execute(select(RUNS).where(RUNS.c.id == run_id)).first()
    if row is None:
        raise NotFound("judge run", run_id)
    return value(row)


def of_dataset(session: Session, *, dataset_id: int) -> list[JudgeRun]:
    """A dataset's runs, newest first."""
    rows = session.connection().execute(
        select(RUNS).where(RUNS.c.dataset_id == dataset_id).order_by(RUNS.c.id.desc())
    )
    return [value(row) for row in rows]


def save(session: Session, *, run_id: int, version: int, **columns: Any) -> JudgeRun:
    """Change a run over the version that was shown; raises StaleSave."""
    changed = session.connection().execute(
        update(RUNS)
        .where(RUNS.c.id == run_id, RUNS.c.version == version)
        .values(**columns, version=version + 1)
    )
    now = get(session, run_id=run_id)
    if changed.rowcount != 1:
        raise StaleSave("the run", current={"state": now.state})
    return now


def note(session: Session, *, run_id: int, **columns: Any) -> None:
    """Write progress and counters, which nobody edits."""
    session.connection().execute(update(RUNS).where(RUNS.c.id == run_id).values(**columns))


def plan(session: Session, *, run_id: int, calls: Sequence[Mapping[str, Any]]) -> None:
    """Note the calls a run needs; those that are known by their key are shared.

    Args:
        calls: columns of ``judge_call`` but run_id, state and created_at.
    """
    connection = session.connection()
    known: dict[str, int] = {}
    for chunk in chunks([call["key"] for call in calls]):
        found = connection.execute(select(CALLS.c.key, CALLS.c.id).where(CALLS.c.key.in_(chunk)))
        known.update({row.key: row.id for row in found})
    fresh = {call["key"]: call for call in calls if call["key"] not in known}
    first = int(connection.execute(select(func.max(CALLS.c.id))).scalar() or 0) + 1
    now = datetime.now(UTC)
    rows = [
        {**call, "id": first + offset, "run_id": run_id, "created_at": now}
        for offset, call in enumerate(fresh.values())
    ]
    insert_rows(session, JudgeCallRow, rows)
    known.update({row["key"]: row["id"] for row in rows})
    linked = set(
        connection.execute(
            select(RUN_CALLS.c.call_id).where(RUN_CALLS.c.run_id == run_id)
        ).scalars()
    )
    wanted = sorted({known[call["key"]] for call in calls} - linked)
    insert_rows(session, JudgeRunCallRow, [{"run_id": run_id, "call_id": one} for one in wanted])


def take(session: Session, *, run_id: int, limit: int) -> list[JudgeCall]:
    """Lease calls of a run that nobody has made: planned, or sent long ago and never answered."""
    now = datetime.now(UTC)
    connection = session.connection()
    free = or_(
        CALLS.c.state == "planned",
        and_(CALLS.c.state == "sent", CALLS.c.leased_until < now),
    )
    found = list(
        connection.execute(
            select(CALLS)
            .join(RUN_CALLS, RUN_CALLS.c.call_id == CALLS.c.id)
            .where(RUN_CALLS.c.run_id == run_id, free)
            .order_by(CALLS.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True, of=CALLS)
        )
    )
    connection.execute(
        update(CALLS)
        .where(CALLS.c.id.in_([row.id for row in found]))
        .values(state="sent", leased_until=now + LEASE)
    )
    return [call_value(row) for row in found]


def finish_call(session: Session, *, call_id: int, state: str, **columns: Any) -> bool:
    """Close a call that was sent as done or failed; False where that was done already."""
    changed = session.connection().execute(
        update(CALLS)
        .where(CALLS.c.id == call_id, CALLS.c.state.in_(("planned", "sent")))
        .values(state=state, finished_at=datetime.now(UTC), leased_until=None, **columns)
    )
    return changed.rowcount == 1


def release(session: Session, *, call_ids: Sequence[int]) -> None:
    """Give leased calls back, to be made later."""
    session.connection().execute(
        update(CALLS)
        .where(CALLS.c.id.in_(call_ids), CALLS.c.state == "sent")
        .values(state="planned", leased_until=None)
    )


def call(session: Session, *, call_id: int) -> JudgeCall:
    """Raises NotFound."""
    row = session.connection().execute(select(CALLS).where(CALLS.c.id == call_id)).first()
    if row is None:
        raise NotFound("judge call", call_id)
    return call_value(row)


def tally(session: Session, *, run_id: int) -> dict[str, int]:
    """How many of a run's calls are in each state."""
    rows = session.connection().execute(
        select(CALLS.c.state, func.count().label("many"))
        .join(RUN_CALLS, RUN_CALLS.c.call_id == CALLS.c.id)
        .where(RUN_CALLS.c.run_id == run_id)
        .group_by(CALLS.c.state)
    )
    return {row.state: row.many for row in rows}
