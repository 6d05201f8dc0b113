"""Findings of the checks on items' agreed states."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, update
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select

from annotator.domain.findings import Finding
from annotator.domain.records import StoredFinding
from annotator.domain.vocabulary import SEVERITIES, STANDING
from annotator.errors import NotFound, StaleSave
from db.items import hidden
from db.tables import FindingRow, ItemRow, metadata

FINDINGS = metadata.tables["finding"]
OF_ITEM = (
    table_select(FINDINGS)
    .where(FINDINGS.c.item_id == bindparam("item"), FINDINGS.c.state != "gone")
    .order_by(FINDINGS.c.severity.desc(), FINDINGS.c.id)
)
KNOWN = table_select(
    FINDINGS.c.id,
    FINDINGS.c.item_id,
    FINDINGS.c.fingerprint,
    FINDINGS.c.state,
    FINDINGS.c.message,
    FINDINGS.c.evidence,
    FINDINGS.c.mends,
).where(FINDINGS.c.item_id.in_(bindparam("items", expanding=True)))
KNOWN_OF_KINDS = KNOWN.where(FINDINGS.c.kind.in_(bindparam("kinds", expanding=True)))


def value(row: Any) -> StoredFinding:
    """The frozen value of a row."""
    return StoredFinding(
        id=row.id,
        item_id=row.item_id,
        fingerprint=row.fingerprint,
        kind=row.kind,
        severity=row.severity,
        component_keys=tuple(row.component_keys),
        message=row.message,
        evidence=row.evidence,
        mends=tuple(row.mends),
        state=row.state,
        reason=row.reason,
        version=row.version,
    )


def of_item(session: Session, *, item_id: int) -> list[StoredFinding]:
    """An item's findings, worst first; those that are gone are left out."""
    return [value(row) for row in session.connection().execute(OF_ITEM, {"item": item_id})]


def get(session: Session, *, finding_id: int) -> StoredFinding:
    """Raises NotFound."""
    row = session.get(FindingRow, finding_id)
    if row is None:
        raise NotFound("finding", finding_id)
    return value(row)


def columns(item_id: int, finding: Finding) -> dict[str, Any]:
    """A finding as column values."""
    return {
        "item_id": item_id,
        "fingerprint": finding.fingerprint,
        "kind": finding.kind,
        "severity": rank(finding),
        "component_keys": list(finding.component_keys),
        "message": finding.message,
        "evidence": dict(finding.evidence),
        "mends": [{"label": m.label, "edits": [dict(e) for e in m.edits]} for m in finding.mends],
    }


def replace(
    session: Session,
    *,
    found: Mapping[int, Sequence[Finding]],
    kinds: Collection[str] | None = None,
) -> None:
    """Bring the stored findings of items to what the checks say now.

    A dismissed finding that is found again stays dismissed; one that is no longer found is gone;
    a gone one that comes back is open. One that is found in other words (a component has another
    number now) is told in those.

    Args:
        kinds: the kinds that were looked for; None for all. Stored ones of other kinds stay.
    """
    item_ids = list(found)
    for start in range(0, len(item_ids), 500):
        replace_chunk(session, {i: found[i] for i in item_ids[start : start + 500]}, kinds)
    session.expire_all()


def replace_chunk(
    session: Session, found: Mapping[int, Sequence[Finding]], kinds: Collection[str] | None
) -> None:
    """replace for at most 500 items."""
    connection = session.connection()
    if kinds is None:
        rows = connection.execute(KNOWN, {"items": list(found)})
    else:
        rows = connection.execute(KNOWN_OF_KINDS, {"items": list(found), "kinds": list(kinds)})
    stored = {(row.item_id, row.fingerprint): row for row in rows}
    now = {
        (item_id, finding.fingerprint): finding
        for item_id, findings in found.items()
        for finding in findings
    }
    fresh = [columns(key[0], finding) for key, finding in now.items() if key not in stored]
    back = [stored[key].id for key in now if key in stored and stored[key].state == "gone"]
    gone = [row.id for key, row in stored.items() if key not in now and row.state in STANDING]
    said = [(row, columns(key[0], now[key])) for key, row in stored.items() if key in now]
    if fresh:
        connection.execute(insert(FindingRow), fresh)
    for finding_ids, state in ((back, "open"), (gone, "gone")):
        if finding_ids:
            connection.execute(
                update(FindingRow).where(col(FindingRow.id).in_(finding_ids)).values(state=state)
            )
    for row, fresh_columns in said:
        wording = {name: fresh_columns[name] for name in ("message", "evidence", "mends")}
        if any(getattr(row, name) != value for name, value in wording.items()):
            connection.execute(
                update(FindingRow).where(col(FindingRow.id) == row.id).values(**wording)
            )


def set_state(
    session: Session, *, finding_id: int, version: int, state: str, reason: str | None
) -> StoredFinding:
    """Settle a finding or open it again, over the version that was shown; raises StaleSave."""
    changed = session.connection().execute(
        update(FindingRow)
        .where(col(FindingRow.id) == finding_id, col(FindingRow.version) == version)
        .values(state=state, reason=reason, version=version + 1)
    )
    session.expire_all()
    now = get(session, finding_id=finding_id)
    if changed.rowcount != 1:
        raise StaleSave("the finding", current={"state": now.state, "reason": now.reason})
    return now


def open_of_dataset(session: Session, *, dataset_id: int) -> list[tuple[StoredFinding, int, str]]:
    """Open findings of a dataset, each with its item's position and source id; worst first."""
    rows = session.exec(
        select(FindingRow, ItemRow.position, ItemRow.source_id)
        .join(ItemRow, col(ItemRow.id) == FindingRow.item_id)
        .where(ItemRow.dataset_id == dataset_id, col(FindingRow.state).in_(STANDING))
        .order_by(col(FindingRow.severity).desc(), col(ItemRow.position), col(FindingRow.id))
    )
    return [(value(row), position, source_id) for row, position, source_id in rows]


def counts(session: Session, *, dataset_id: int, blind: bool = False) -> list[tuple[str, int, int]]:
    """Open findings of a dataset: kind, severity rank, how many; worst and most first.

    Args:
        blind: those of shared items do not count before these are settled.
    """
    many = func.count()
    query = (
        select(FindingRow.kind, FindingRow.severity, many)
        .join(ItemRow, col(ItemRow.id) == FindingRow.item_id)
        .where(ItemRow.dataset_id == dataset_id, col(FindingRow.state).in_(STANDING))
        .group_by(col(FindingRow.kind), col(FindingRow.severity))
        .order_by(col(FindingRow.severity).desc(), many.desc())
    )
    if blind:
        query = query.where(~hidden())
    return [(kind, severity, number) for kind, severity, number in session.exec(query)]


def rank(finding: Finding) -> int:
    """A finding's severity as the number that is stored."""
    return SEVERITIES.index(finding.severity)


def insert_many(session: Session, *, found: Mapping[int, Sequence[Finding]]) -> None:
    """Store the findings of new items."""
    rows = [columns(item_id, finding) for item_id, each in found.items() for finding in each]
    if rows:
        session.connection().execute(insert(FindingRow), rows)


def ensure(session: Session, *, item_id: int, finding: Finding) -> StoredFinding:
    """The stored row of a finding, made where only a draft has it so far."""
    known = select(FindingRow).where(
        FindingRow.item_id == item_id, FindingRow.fingerprint == finding.fingerprint
    )
    row = session.exec(known).first()
    if row is None:
        insert_many(session, found={item_id: [finding]})
        row = session.exec(known).one()
    return value(row)
