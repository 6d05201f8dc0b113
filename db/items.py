"""Items and their components in their agreed state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import sqlalchemy
from sqlalchemy import and_, bindparam, case, exists, func, inspect, or_, update
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select

from annotator.domain import weights
from annotator.domain.items import Component, ItemContent
from annotator.domain.records import Image, Item, Origin
from annotator.domain.spans import twin_key
from annotator.domain.vocabulary import SEVERITIES, STANDING
from annotator.errors import NotFound
from db import cases, images, search
from db.bulk import insert_rows
from db.tables import (
    AnnotationRow,
    ComponentRow,
    FindingRow,
    FlagRow,
    ItemRow,
    metadata,
)
from db.tables_team import QueueItemRow

ITEMS = metadata.tables["item"]
COMPONENTS = metadata.tables["component"]
"""Rows of these are read as plain tuples: making mapped objects takes longer than the reading."""

CHUNK = 500

# What every run and every save asks for is built once: building it takes longer than asking.

WHOLE = table_select(ITEMS, *images.JOINED).outerjoin(
    images.TABLE, images.TABLE.c.id == ITEMS.c.image_id
)
WHOLE_ONE = WHOLE.where(ITEMS.c.id == bindparam("one"))
WHOLE_MANY = WHOLE.where(ITEMS.c.id.in_(bindparam("many", expanding=True)))
PARTS = (
    table_select(COMPONENTS)
    .where(COMPONENTS.c.position.is_not(None))
    .order_by(COMPONENTS.c.item_id, COMPONENTS.c.position)
)
PARTS_ONE = PARTS.where(COMPONENTS.c.item_id == bindparam("one"))
PARTS_MANY = PARTS.where(COMPONENTS.c.item_id.in_(bindparam("many", expanding=True)))
SAVE_VERDICT = (
    update(ITEMS)
    .where(ITEMS.c.id == bindparam("one"), ITEMS.c.revision == bindparam("seen"))
    .values(
        revision=ITEMS.c.revision + 1,
        verdict=bindparam("new_verdict"),
        reason=bindparam("new_reason"),
        touched_by=bindparam("by"),
        touched_at=bindparam("at"),
    )
)
OTHERS = ITEMS.alias("other")
TWINS = (
    table_select(ITEMS.c.id, OTHERS.c.id, OTHERS.c.position, OTHERS.c.source_id)
    .join(
        OTHERS,
        and_(
            OTHERS.c.dataset_id == ITEMS.c.dataset_id,
            OTHERS.c.twin_key == ITEMS.c.twin_key,
            OTHERS.c.id != ITEMS.c.id,
        ),
    )
    .where(ITEMS.c.id.in_(bindparam("many", expanding=True)))
)
"""Without ORDER BY, for which SQLite may take the index of positions and read the whole dataset."""
IMAGE_HASH = (
    table_select(images.TABLE.c.sha256)
    .join(ITEMS, ITEMS.c.image_id == images.TABLE.c.id)
    .where(ITEMS.c.id == bindparam("one"))
)


def component_value(row: Any) -> Component:
    """The frozen value of a row."""
    weight: int | float | None = row.weight
    if weight is not None and not row.weight_decimal:
        weight = weights.whole(weight)
    return Component(
        key=row.key,
        text=row.text,
        type=row.type,
        weight=weight,
        judge_method=row.judge_method,
        verifier_calls=tuple(row.verifier_calls),
    )


def value(row: Any, components: Sequence[Component], image: Image | None) -> Item:
    """The frozen value of an item's row, its components and its image."""
    return Item(
        id=row.id,
        dataset_id=row.dataset_id,
        position=row.position,
        source_id=row.source_id,
        source_record_id=row.source_record_id,
        content=ItemContent(
            instruction=row.instruction,
            level=row.level,
            answers=tuple(row.answers),
            components=tuple(components),
        ),
        declared_count=row.declared_count,
        image=image,
        image_ref=row.image_ref,
        image_problem=row.image_problem,
        origin=Origin(row.generator, row.prompt_version, row.batch),
        revision=row.revision,
        verdict=row.verdict,
        reason=row.reason,
        status=row.status,
        touched_at=row.touched_at,
        withdrawn_from_source=row.withdrawn_from_source,
    )


def get(session: Session, *, item_id: int) -> Item:
    """One item; raises NotFound."""
    row = session.connection().execute(WHOLE_ONE, {"one": item_id}).first()
    if row is None:
        raise NotFound("item", item_id)
    parts = session.connection().execute(PARTS_ONE, {"one": item_id})
    return value(row, [component_value(part) for part in parts], images.joined(row))


def get_many(session: Session, *, item_ids: Sequence[int]) -> list[Item]:
    """Items in the order of the ids; those that are not there are left out."""
    found: dict[int, Item] = {}
    for start in range(0, len(item_ids), CHUNK):
        chunk = item_ids[start : start + CHUNK]
        parts = components_of(session, chunk)
        for row in session.connection().execute(WHOLE_MANY, {"many": chunk}):
            found[row.id] = value(row, parts[row.id], images.joined(row))
    return [found[item_id] for item_id in item_ids if item_id in found]


def components_of(session: Session, chunk: Sequence[int]) -> dict[int, list[Component]]:
    """The components of each of these items, in order."""
    parts: dict[int, list[Component]] = {item_id: [] for item_id in chunk}
    for row in session.connection().execute(PARTS_MANY, {"many": chunk}):
        parts[row.item_id].append(component_value(row))
    return parts


def ids(session: Session, *, dataset_id: int) -> list[int]:
    """All items of a dataset in order of position."""
    return [
        item_id
        for item_id in session.exec(
            select(ItemRow.id)
            .where(ItemRow.dataset_id == dataset_id)
            .order_by(col(ItemRow.position))
        )
        if item_id is not None
    ]


def places(session: Session, *, dataset_id: int) -> list[tuple[int, int, str, str | None, str]]:
    """Each item's id, position, source id, image reference and instruction, by position."""
    query = (
        table_select(
            ITEMS.c.id, ITEMS.c.position, ITEMS.c.source_id, ITEMS.c.image_ref, ITEMS.c.instruction
        )
        .where(ITEMS.c.dataset_id == dataset_id)
        .order_by(ITEMS.c.position)
    )
    return [
        (row.id, row.position, row.source_id, row.image_ref, row.instruction)
        for row in session.connection().execute(query)
    ]


def at_position(session: Session, *, dataset_id: int, position: int) -> int | None:
    """The id of the item at a position."""
    return session.exec(
        select(ItemRow.id).where(ItemRow.dataset_id == dataset_id, ItemRow.position == position)
    ).first()


def by_source_id(session: Session, *, dataset_id: int, source_id: str) -> int | None:
    """The id of the item with an id in the source; one that is still in the source, if any."""
    return session.exec(
        select(ItemRow.id)
        .where(ItemRow.dataset_id == dataset_id, ItemRow.source_id == source_id)
        .order_by(col(ItemRow.withdrawn_from_source), col(ItemRow.position))
    ).first()


def revisions(session: Session, *, item_ids: Sequence[int]) -> dict[int, int]:
    """The revision at which items stand."""
    found: dict[int, int] = {}
    for start in range(0, len(item_ids), CHUNK):
        rows = session.exec(
            select(ItemRow.id, ItemRow.revision).where(
                col(ItemRow.id).in_(item_ids[start : start + CHUNK])
            )
        )
        found.update({item_id: revision for item_id, revision in rows if item_id is not None})
    return found


def names(session: Session, *, item_ids: Iterable[int]) -> dict[int, str]:
    """The ids that items have in their source."""
    rows = session.exec(
        select(ItemRow.id, ItemRow.source_id).where(col(ItemRow.id).in_(list(item_ids)))
    )
    return {item_id: source_id for item_id, source_id in rows if item_id is not None}


def next_id(session: Session) -> int:
    """The first free item id; safe inside a writing transaction."""
    return (session.exec(select(func.max(ItemRow.id))).one() or 0) + 1


def insert_many(session: Session, *, items: Sequence[Mapping[str, Any]]) -> None:
    """Store new items.

    Args:
        items: ItemRow columns with ``id`` set, and ``components``, a sequence of Component.
    """
    rows: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    bodies: list[dict[str, Any]] = []
    for item in items:
        row = {key: val for key, val in item.items() if key != "components"}
        row.update(summary_of(item["components"]))
        rows.append(row)
        parts.extend(
            component_row(item["id"], position, component)
            for position, component in enumerate(item["components"])
        )
        bodies.append(
            {
                "id": item["id"],
                "body": body(
                    item["source_id"], item["instruction"], [c.text for c in item["components"]]
                ),
            }
        )
    insert_rows(session, ItemRow, rows)
    insert_rows(session, ComponentRow, parts)
    search.put(session, rows=bodies, fresh=True)


def component_row(item_id: int, position: int | None, component: Component) -> dict[str, Any]:
    """A component as column values."""
    return {
        "item_id": item_id,
        "key": component.key,
        "position": position,
        "text": component.text,
        "type": component.type,
        "weight": component.weight,
        "weight_decimal": isinstance(component.weight, float),
        "judge_method": component.judge_method,
        "verifier_calls": [dict(call) for call in component.verifier_calls],
    }


def summary_of(components: Sequence[Component]) -> dict[str, Any]:
    """The columns below *Browse* that follow from the components."""
    known = [c.weight for c in components if c.weight is not None]
    return {
        "component_count": len(components),
        "weight_sum": float(weights.total(known)) if known else None,
    }


def body(source_id: str, instruction: str, components: Iterable[str]) -> str:
    """The text under which an item is found, from the texts of its components too."""
    return "\n".join([source_id, instruction, *components])


def save(
    session: Session,
    *,
    item_id: int,
    revision: int,
    content: ItemContent,
    verdict: str | None,
    reason: str | None,
    person_id: int,
    rewritten: bool = True,
) -> bool:
    """Write the next revision over the one that was seen; False where it moved on meanwhile.

    Args:
        rewritten: whether the content differs from what stands; else only the verdict is written.
    """
    changed = session.connection().execute(
        SAVE_VERDICT,
        {
            "one": item_id,
            "seen": revision,
            "new_verdict": verdict,
            "new_reason": reason,
            "by": person_id,
            "at": datetime.now(UTC),
        },
    )
    if changed.rowcount != 1:
        return False
    if rewritten:
        write_content(session, item_id=item_id, content=content)
    cases.ensure(session, item_ids=[item_id])
    session.expire_all()
    return True


def write_content(session: Session, *, item_id: int, content: ItemContent) -> None:
    """Write an item's agreed content, and what is found and compared by it."""
    source_id, image_ref = session.exec(
        select(ItemRow.source_id, ItemRow.image_ref).where(ItemRow.id == item_id)
    ).one()
    session.connection().execute(
        update(ItemRow)
        .where(col(ItemRow.id) == item_id)
        .values(
            twin_key=twin_key(image_ref, content.instruction),
            instruction=content.instruction,
            level=content.level,
            answers=list(content.answers),
            **summary_of(content.components),
        )
    )
    write_components(session, item_id=item_id, content=content)
    text = body(source_id, content.instruction, [c.text for c in content.components])
    search.put(session, rows=[{"id": item_id, "body": text}])


def write_components(session: Session, *, item_id: int, content: ItemContent) -> None:
    """Bring the component rows to the content; removed ones keep their row without a position."""
    rows = {
        r.key: r for r in session.exec(select(ComponentRow).where(ComponentRow.item_id == item_id))
    }
    kept = {component.key for component in content.components}
    for key, row in rows.items():
        if key not in kept:
            row.position = None
            session.add(row)
    for position, component in enumerate(content.components):
        columns = component_row(item_id, position, component)
        stored = rows.get(component.key) or ComponentRow(**columns)
        for name, val in columns.items():
            setattr(stored, name, val)
        session.add(stored)
    session.flush()


def set_image(session: Session, *, item_id: int, image_id: int | None, problem: str | None) -> None:
    """Say which image an item has, or why it has none."""
    session.connection().execute(
        update(ItemRow)
        .where(col(ItemRow.id) == item_id)
        .values(image_id=image_id, image_problem=problem)
    )
    session.expire_all()


def move_aside(session: Session, *, dataset_id: int) -> None:
    """Free all positions of a dataset, which are unique in it, to be given anew."""
    session.connection().execute(
        update(ItemRow)
        .where(col(ItemRow.dataset_id) == dataset_id)
        .values(position=-1 - col(ItemRow.position))
    )
    session.expire_all()


def update_sources(session: Session, *, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change what only the source decides: rows of ``id`` and the same columns each."""
    session.bulk_update_mappings(inspect(ItemRow), [dict(row) for row in rows])
    session.expire_all()


def touch(session: Session, *, item_id: int, person_id: int) -> None:
    """Note who last worked on an item, and bring its summary up to date."""
    session.flush()
    now = datetime.now(UTC)
    session.connection().execute(touched(), {"one": item_id, "by": person_id, "at": now})
    session.expire_all()


@cache
def touched() -> Any:
    """The statement of ``touch``."""
    return (
        update(ItemRow)
        .where(col(ItemRow.id) == bindparam("one"))
        .values(touched_by=bindparam("by"), touched_at=bindparam("at"), **summary())
    )


def refresh_summary(session: Session, *, item_ids: Sequence[int]) -> None:
    """Recompute the columns below *Browse* that follow from other tables."""
    session.flush()
    for start in range(0, len(item_ids), CHUNK):
        session.connection().execute(refreshed(), {"many": item_ids[start : start + CHUNK]})
    session.expire_all()


@cache
def refreshed() -> Any:
    """The statement of ``refresh_summary``."""
    many: Any = bindparam("many", expanding=True)
    return update(ItemRow).where(col(ItemRow.id).in_(many)).values(**summary())


def summary() -> dict[str, Any]:
    """The columns below *Browse* that follow from other tables, as expressions."""
    open_findings = (
        select(func.count())
        .select_from(FindingRow)
        .where(FindingRow.item_id == ItemRow.id, col(FindingRow.state).in_(STANDING))
        .scalar_subquery()
    )
    worst = (
        select(func.max(FindingRow.severity))
        .where(FindingRow.item_id == ItemRow.id, col(FindingRow.state).in_(STANDING))
        .scalar_subquery()
    )
    flags = (
        select(func.count())
        .select_from(FlagRow)
        .where(FlagRow.item_id == ItemRow.id, col(FlagRow.state).in_(STANDING), ~hidden())
        .scalar_subquery()
    )
    drafts = (
        select(AnnotationRow.id)
        .where(AnnotationRow.item_id == ItemRow.id, AnnotationRow.status == "draft")
        .exists()
    )
    status = case((col(ItemRow.verdict).is_not(None), "curated"), (drafts, "draft"), else_="open")
    return {"findings": open_findings, "severity": worst, "flags": flags, "status": status}


def hidden() -> Any:
    """The condition that what people say of an item is hidden: it is shared and not settled."""
    return and_(
        col(ItemRow.verdict).is_(None),
        exists().where(
            col(QueueItemRow.item_id) == ItemRow.id,
            or_(col(QueueItemRow.wanted) > 1, col(QueueItemRow.purpose) != "usual"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Twin:
    """Another item that asks the same of the same image."""

    id: int
    position: int
    source_id: str


def twins(session: Session, *, item_ids: Sequence[int]) -> dict[int, list[Twin]]:
    """For each item the others of its dataset that ask the same of the same image."""
    found: dict[int, list[Twin]] = {item_id: [] for item_id in item_ids}
    for start in range(0, len(item_ids), CHUNK):
        chunk = item_ids[start : start + CHUNK]
        for item_id, *twin in session.connection().execute(TWINS, {"many": chunk}):
            found[item_id].append(Twin(*twin))
    for others in found.values():
        others.sort(key=lambda twin: twin.position)
    return found


def without_image(session: Session, *, dataset_id: int) -> list[tuple[int, str]]:
    """Items that name an image they do not have: id and reference, in order of position."""
    rows = session.exec(
        select(ItemRow.id, ItemRow.image_ref)
        .where(
            ItemRow.dataset_id == dataset_id,
            col(ItemRow.image_id).is_(None),
            col(ItemRow.image_ref).is_not(None),
        )
        .order_by(col(ItemRow.position))
    )
    return [(item_id, ref) for item_id, ref in rows if item_id is not None and ref is not None]


@dataclass(frozen=True, slots=True)
class Head:
    """What a release decides by, without an item's texts.

    ``severity`` is the rank of the worst open finding, ``image_id`` None where no image is here.
    """

    id: int
    source_record_id: int
    position: int
    source_id: str
    revision: int
    verdict: str | None
    status: str
    withdrawn: bool
    severity: int | None
    image_id: int | None
    image_problem: str | None
    batch: str | None

    @property
    def touched(self) -> bool:
        """Whether it may differ from its source."""
        return bool(self.revision or self.verdict or self.withdrawn)


def heads(session: Session, *, dataset_id: int) -> list[Head]:
    """All items' heads in order of position."""
    columns = [
        ITEMS.c[name]
        for name in (
            *("id", "source_record_id", "position", "source_id", "revision", "verdict", "status"),
            *("withdrawn_from_source", "severity", "image_id", "image_problem", "batch"),
        )
    ]
    rows = session.connection().execute(
        sqlalchemy.select(*columns)
        .where(ITEMS.c.dataset_id == dataset_id)
        .order_by(ITEMS.c.position)
    )
    return [Head(*row) for row in rows]


def with_open_errors(session: Session, *, dataset_id: int) -> list[int]:
    """Items with an open finding of the highest severity, in order of position."""
    worst = len(SEVERITIES) - 1
    rows = session.exec(
        select(ItemRow.id)
        .where(ItemRow.dataset_id == dataset_id, ItemRow.severity == worst)
        .order_by(col(ItemRow.position))
    )
    return [item_id for item_id in rows if item_id is not None]


def image_hash(session: Session, *, item_id: int) -> str | None:
    """The hash of an item's image, None where it has none."""
    found: str | None = session.connection().execute(IMAGE_HASH, {"one": item_id}).scalar()
    return found
