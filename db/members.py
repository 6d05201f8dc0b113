"""Who annotates a dataset, and the known answers of its gold items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, delete
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select

from annotator.domain.items import ItemContent, flatten, unflatten
from db.tables import ItemRow
from db.tables_team import GoldRow, MemberRow

GOLD = GoldRow.metadata.tables["gold"]
MEMBERS = MemberRow.metadata.tables["member"]
MEMBERS_OF = (
    table_select(MEMBERS.c.person_id, MEMBERS.c.quota)
    .where(MEMBERS.c.dataset_id == bindparam("dataset"))
    .order_by(MEMBERS.c.person_id)
)
GOLD_ONE = table_select(GOLD).where(GOLD.c.item_id == bindparam("item"))


@dataclass(frozen=True, slots=True)
class Gold:
    """The known answer to an item, and what it is for (annotator.domain.assignment.KNOWN)."""

    item_id: int
    verdict: str
    content: ItemContent
    note: str
    purpose: str = "gold"


def of_dataset(session: Session, *, dataset_id: int) -> dict[int, int | None]:
    """The people who annotate a dataset, with their own quota; none named means everybody."""
    rows = session.connection().execute(MEMBERS_OF, {"dataset": dataset_id})
    return {row.person_id: row.quota for row in rows}


def replace(session: Session, *, dataset_id: int, members: Mapping[int, int | None]) -> None:
    """Say who annotates a dataset."""
    session.connection().execute(delete(MemberRow).where(col(MemberRow.dataset_id) == dataset_id))
    for person_id, quota in members.items():
        session.add(MemberRow(dataset_id=dataset_id, person_id=person_id, quota=quota))
    session.flush()


def gold(session: Session, *, item_id: int) -> Gold | None:
    """The known answer to an item, if there is one."""
    row = session.connection().execute(GOLD_ONE, {"item": item_id}).first()
    return gold_value(row) if row else None


def gold_value(row: Any) -> Gold:
    """The frozen value of a row."""
    return Gold(row.item_id, row.verdict, unflatten(row.state), row.note, row.purpose)


def golds(session: Session, *, dataset_id: int) -> dict[int, Gold]:
    """All known answers of a dataset."""
    rows = session.exec(
        select(GoldRow)
        .join(ItemRow, col(ItemRow.id) == GoldRow.item_id)
        .where(ItemRow.dataset_id == dataset_id)
    )
    return {row.item_id: gold_value(row) for row in rows}


def set_gold(session: Session, *, known: Gold, by: int) -> None:
    """Keep the known answer to an item."""
    session.merge(
        GoldRow(
            item_id=known.item_id,
            verdict=known.verdict,
            purpose=known.purpose,
            state=flatten(known.content),
            note=known.note,
            set_by=by,
            set_at=datetime.now(UTC),
        )
    )
    session.flush()


def forget_gold(session: Session, *, item_id: int) -> None:
    """Let an item have no known answer."""
    session.connection().execute(delete(GoldRow).where(col(GoldRow.item_id) == item_id))
    session.expire_all()
