"""Judge runs and their calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlmodel import Session

from annotator.domain.judging import JudgeCall, JudgeRun
from annotator.errors import NotFound, Refused, StaleSave
from db.bulk import insert_rows
from db.cases import chunks
from db.tables import metadata
from db.tables_judging import JudgeCallRow, JudgeRunCallRow, JudgeRunRow

RUNS = metadata.tables["judge_run"]
CALLS = metadata.tables["judge_call"]
RUN_CALLS = metadata.tables["judge_run_call"]


def value(row: Any) -> JudgeRun:
    """The frozen value of a row."""
    fields = dict(row._mapping)
    fields["methods"], fields["models"] = tuple(row.methods), tuple(row.models)
    return JudgeRun(**fields)


CALL_FIELDS = (
    "id", "key", "run_id", "rater_id", "response_id", "method", "component_key", "repeat", "state",
    "error_kind", "error", "structured", "attempts", "prompt_tokens",
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


def active(session: Session, *, rater_id: int) -> list[JudgeRun]:
    """The runs of one judge that have not come to an end, oldest first."""
    rows = session.connection().execute(
        select(RUNS)
        .where(RUNS.c.rater_id == rater_id, RUNS.c.state.in_(("queued", "running", "paused")))
        .order_by(RUNS.c.id)
    )
    return [value(row) for row in rows]


def known(session: Session, *, keys: Sequence[str]) -> dict[str, JudgeCall]:
    """The calls that have these keys, by key."""
    found = {}
    for chunk in chunks(keys):
        rows = session.connection().execute(select(CALLS).where(CALLS.c.key.in_(chunk)))
        found.update({row.key: call_value(row) for row in rows})
    return found


def reserve(session: Session, *, run_id: int, calls: Sequence[Mapping[str, Any]]) -> list[int]:
    """Note calls as sent, before they are; those that were given back or failed are taken again.

    Args:
        calls: key, rater_id, response_id, method, component_key and repeat; each key once.

    Returns:
        The calls' ids, in order.

    Raises:
        Refused: one of them is sent or done already.
    """
    connection = session.connection()
    there = known(session, keys=[call["key"] for call in calls])
    if any(call.state in ("sent", "done") for call in there.values()):
        raise Refused("A call that is sent or done already is not sent again.")
    if there:
        connection.execute(
            update(CALLS)
            .where(CALLS.c.id.in_([call.id for call in there.values()]))
            .values(state="sent", run_id=run_id, error_kind=None, error=None, finished_at=None)
        )
    first = int(connection.execute(select(func.max(CALLS.c.id))).scalar() or 0) + 1
    now = datetime.now(UTC)
    fresh = [call for call in calls if call["key"] not in there]
    rows = [
        {**call, "id": first + offset, "run_id": run_id, "state": "sent", "created_at": now}
        for offset, call in enumerate(fresh)
    ]
    insert_rows(session, JudgeCallRow, rows)
    ids = {row["key"]: row["id"] for row in rows} | {k: call.id for k, call in there.items()}
    return [ids[call["key"]] for call in calls]


def link(session: Session, *, run_id: int, call_ids: Iterable[int]) -> None:
    """Note that a run needs calls."""
    wanted = sorted(set(call_ids))
    linked: set[int] = set()
    for chunk in chunks(wanted):
        rows = session.connection().execute(
            select(RUN_CALLS.c.call_id).where(
                RUN_CALLS.c.run_id == run_id, RUN_CALLS.c.call_id.in_(chunk)
            )
        )
        linked.update(rows.scalars())
    missing = [call_id for call_id in wanted if call_id not in linked]
    insert_rows(session, JudgeRunCallRow, [{"run_id": run_id, "call_id": one} for one in missing])


SETTLE = (
    update(CALLS)
    .where(CALLS.c.id == bindparam("b_id"), CALLS.c.state == "sent")
    .values(
        {
            name: bindparam(f"b_{name}")
            for name in (
                "state", "error_kind", "error", "structured", "attempts", "prompt_tokens",
                "completion_tokens", "cost", "latency", "finished_at",
            )
        }
    )
)  # fmt: skip


def settle(session: Session, *, ends: Mapping[int, Mapping[str, Any]]) -> None:
    """Close calls that were sent, by id: state and every other column of SETTLE but the time."""
    now = datetime.now(UTC)
    rows = [
        {f"b_{name}": value for name, value in end.items()} | {"b_id": one, "b_finished_at": now}
        for one, end in ends.items()
    ]
    if rows:
        session.connection().execute(SETTLE, rows)


def give_back(session: Session, *, call_ids: Sequence[int]) -> None:
    """Calls that were noted as sent and were not, to be made later."""
    for chunk in chunks(call_ids):
        session.connection().execute(
            update(CALLS)
            .where(CALLS.c.id.in_(chunk), CALLS.c.state == "sent")
            .values(state="planned")
        )


def still_sent(session: Session, *, call_ids: Sequence[int]) -> set[int]:
    """Those of the calls whose end is not known; nobody else settles them in this transaction."""
    found: set[int] = set()
    for chunk in chunks(call_ids):
        rows = session.connection().execute(
            select(CALLS.c.id)
            .where(CALLS.c.id.in_(chunk), CALLS.c.state == "sent")
            .with_for_update()
        )
        found.update(rows.scalars())
    return found


def totals(session: Session, *, run_id: int) -> dict[str, Any]:
    """Tokens and cost of the calls that a run made itself, as columns of the run."""
    names = ("prompt_tokens", "completion_tokens", "cost")
    sums = [func.coalesce(func.sum(CALLS.c[name]), 0).label(name) for name in names]
    row = session.connection().execute(select(*sums).where(CALLS.c.run_id == run_id)).one()
    return dict(row._mapping)


def sent(session: Session, *, rater_id: int) -> list[int]:
    """The calls to one judge whose end is not known, by id."""
    query = select(CALLS.c.id).where(CALLS.c.rater_id == rater_id, CALLS.c.state == "sent")
    return list(session.connection().execute(query.order_by(CALLS.c.id)).scalars())


def calls(session: Session, *, call_ids: Sequence[int]) -> dict[int, JudgeCall]:
    """Calls by id."""
    found = {}
    for chunk in chunks(call_ids):
        rows = session.connection().execute(select(CALLS).where(CALLS.c.id.in_(chunk)))
        found.update({row.id: call_value(row) for row in rows})
    return found


def tally(session: Session, *, run_id: int) -> dict[str, int]:
    """How many of a run's calls are in each state."""
    rows = session.connection().execute(
        select(CALLS.c.state, func.count().label("many"))
        .join(RUN_CALLS, RUN_CALLS.c.call_id == CALLS.c.id)
        .where(RUN_CALLS.c.run_id == run_id)
        .group_by(CALLS.c.state)
    )
    return {row.state: row.many for row in rows}
