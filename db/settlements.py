"""Reviewers' drafts of a curation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from annotator.domain.items import ItemContent, flatten, unflatten
from db.tables_team import SettlementRow


@dataclass(frozen=True, slots=True)
class Settlement:
    """A reviewer's draft of an item's curation; ``version`` 0 is one that nobody has stored."""

    item_id: int
    person_id: int
    base_revision: int
    content: ItemContent
    verdict: str | None
    reason: str
    version: int
    updated_at: datetime


def value(row: SettlementRow) -> Settlement:
    """The frozen value of a row."""
    return Settlement(
        item_id=row.item_id,
        person_id=row.person_id,
        base_revision=row.base_revision,
        content=unflatten(row.state),
        verdict=row.verdict,
        reason=row.reason,
        version=row.version,
        updated_at=row.updated_at,
    )


def of(session: Session, *, item_id: int, person_id: int) -> Settlement | None:
    """A person's draft for an item, if there is one."""
    row = session.exec(
        select(SettlementRow).where(
            SettlementRow.item_id == item_id, SettlementRow.person_id == person_id
        )
    ).first()
    return value(row) if row else None


def save(session: Session, draft: Settlement) -> bool:
    """Store a draft's next version over the one it carries; False where that moved on."""
    columns: dict[str, Any] = {
        "base_revision": draft.base_revision,
        "state": flatten(draft.content),
        "verdict": draft.verdict,
        "reason": draft.reason,
        "version": draft.version + 1,
        "updated_at": datetime.now(UTC),
    }
    if draft.version == 0:
        if of(session, item_id=draft.item_id, person_id=draft.person_id) is not None:
            return False
        session.add(SettlementRow(item_id=draft.item_id, person_id=draft.person_id, **columns))
        session.flush()
        return True
    changed = session.connection().execute(
        update(SettlementRow)
        .where(
            col(SettlementRow.item_id) == draft.item_id,
            col(SettlementRow.person_id) == draft.person_id,
            col(SettlementRow.version) == draft.version,
        )
        .values(**columns)
    )
    session.expire_all()
    return changed.rowcount == 1


def forget(session: Session, *, item_id: int, person_id: int) -> None:
    """Throw a draft away."""
    session.connection().execute(
        delete(SettlementRow).where(
            col(SettlementRow.item_id) == item_id, col(SettlementRow.person_id) == person_id
        )
    )
    session.expire_all()
