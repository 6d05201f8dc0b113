"""How the items of a dataset are related, as the last comparison found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import Session, col

from db.tables import ComponentRow, ImageRow, ItemRow
from db.tables_checks import RelationRow

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Relation:
    """One item's relation to others; see RelationRow. ``others`` are ids of items."""

    item_id: int
    how: str
    others: tuple[int, ...]
    total: int
    score: float = 1.0
    component_key: str = ""
    text: str = ""
    same_name: bool = False


NAMES = tuple(field.name for field in fields(Relation))
TABLE = RelationRow.metadata.tables["relation"]
OF_ITEMS = (
    select(*(TABLE.c[name] for name in NAMES))
    .where(TABLE.c.item_id.in_(bindparam("items", expanding=True)))
    .order_by(TABLE.c.id)
)


def value(row: Any) -> Relation:
    """The frozen value of a row."""
    return Relation(**{name: getattr(row, name) for name in NAMES} | {"others": tuple(row.others)})


def of_items(session: Session, *, item_ids: Sequence[int]) -> dict[int, list[Relation]]:
    """The relations of each of these items."""
    found: dict[int, list[Relation]] = {item_id: [] for item_id in item_ids}
    for start in range(0, len(item_ids), CHUNK):
        chunk = item_ids[start : start + CHUNK]
        for row in session.connection().execute(OF_ITEMS, {"items": chunk}):
            found[row.item_id].append(value(row))
    return found


def replace(session: Session, *, item_ids: Sequence[int], now: Iterable[Relation]) -> set[int]:
    """Bring the relations of items to what a comparison found; returns whose have changed."""
    before = of_items(session, item_ids=item_ids)
    after: dict[int, list[Relation]] = {item_id: [] for item_id in item_ids}
    for relation in now:
        after[relation.item_id].append(relation)
    changed = [i for i in item_ids if set(before[i]) != set(after[i])]
    connection = session.connection()
    for start in range(0, len(changed), CHUNK):
        chunk = changed[start : start + CHUNK]
        connection.execute(delete(RelationRow).where(col(RelationRow.item_id).in_(chunk)))
        rows = [
            {name: getattr(relation, name) for name in NAMES} | {"others": list(relation.others)}
            for item_id in chunk
            for relation in after[item_id]
        ]
        if rows:
            connection.execute(insert(RelationRow), rows)
    return set(changed)


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison needs to know of an item; ``image`` and ``look`` are None without one."""

    id: int
    instruction: str
    twin_key: str | None
    image_ref: str | None
    image: str | None
    look: str | None


def compared(session: Session, *, dataset_id: int) -> list[Compared]:
    """All items of a dataset in order of position; those the source no longer has are left out."""
    rows = session.connection().execute(
        select(
            col(ItemRow.id),
            col(ItemRow.instruction),
            col(ItemRow.twin_key),
            col(ItemRow.image_ref),
            col(ImageRow.sha256),
            col(ImageRow.look),
        )
        .outerjoin(ImageRow, col(ImageRow.id) == col(ItemRow.image_id))
        .where(col(ItemRow.dataset_id) == dataset_id, col(ItemRow.withdrawn_from_source).is_(False))
        .order_by(col(ItemRow.position))
    )
    return [
        Compared(id or 0, instruction, twin_key, ref, image, look)
        for id, instruction, twin_key, ref, image, look in rows
    ]


def component_texts(session: Session, *, dataset_id: int) -> list[tuple[int, str, str]]:
    """Item id, key and text of every component of a dataset."""
    rows = session.connection().execute(
        select(col(ComponentRow.item_id), col(ComponentRow.key), col(ComponentRow.text))
        .join(ItemRow, col(ItemRow.id) == col(ComponentRow.item_id))
        .where(col(ItemRow.dataset_id) == dataset_id, col(ComponentRow.position).is_not(None))
        .order_by(col(ComponentRow.item_id), col(ComponentRow.position))
    )
    return [(item_id, key, text) for item_id, key, text in rows]


def source_ids(session: Session, *, item_ids: Sequence[int]) -> dict[int, str]:
    """The source ids of items."""
    found: dict[int, str] = {}
    for start in range(0, len(item_ids), CHUNK):
        query = select(col(ItemRow.id), col(ItemRow.source_id)).where(
            col(ItemRow.id).in_(item_ids[start : start + CHUNK])
        )
        found.update({row.id: row.source_id for row in session.connection().execute(query)})
    return found
