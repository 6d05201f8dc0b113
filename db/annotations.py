"""Annotations: each annotator's own opinion of an item."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, update
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select

from annotator.domain.items import unflatten
from annotator.domain.records import Annotation
from annotator.errors import NotFound
from db.tables import AnnotationRow, ItemRow, metadata

ANNOTATIONS = metadata.tables["annotation"]
EVERY = table_select(ANNOTATIONS)
OF = EVERY.where(
    ANNOTATIONS.c.item_id == bindparam("item"), ANNOTATIONS.c.person_id == bindparam("person")
)
GET = EVERY.where(ANNOTATIONS.c.id == bindparam("one"))
OF_ITEM = EVERY.where(ANNOTATIONS.c.item_id == bindparam("item"))
ADD = insert(ANNOTATIONS)
SAVE = update(ANNOTATIONS).where(
    ANNOTATIONS.c.id == bindparam("one"), ANNOTATIONS.c.version == bindparam("seen")
)
COUNTS = (
    table_select(ANNOTATIONS.c.status, func.count().label("many"))
    .join(metadata.tables["item"], metadata.tables["item"].c.id == ANNOTATIONS.c.item_id)
    .where(
        metadata.tables["item"].c.dataset_id == bindparam("dataset"),
        ANNOTATIONS.c.person_id == bindparam("person"),
    )
    .group_by(ANNOTATIONS.c.status)
)


def value(row: Any) -> Annotation:
    """The frozen value of a row."""
    return Annotation(
        id=row.id,
        item_id=row.item_id,
        person_id=row.person_id,
        base_revision=row.base_revision,
        content=unflatten(row.state),
        verdict=row.verdict,
        reason=row.reason,
        note=row.note,
        status=row.status,
        version=row.version,
        tab=row.tab,
        updated_at=row.updated_at,
        submitted_at=row.submitted_at,
        guidelines=row.guidelines,
    )


def of(session: Session, *, item_id: int, person_id: int) -> Annotation | None:
    """A person's annotation of an item, if there is one."""
    row = session.connection().execute(OF, {"item": item_id, "person": person_id}).first()
    return value(row) if row else None


def get(session: Session, *, annotation_id: int) -> Annotation:
    """Raises NotFound."""
    row = session.connection().execute(GET, {"one": annotation_id}).first()
    if row is None:
        raise NotFound("annotation", annotation_id)
    return value(row)


def add(
    session: Session, *, item_id: int, person_id: int, tab: str | None, columns: Mapping[str, Any]
) -> int:
    """Store somebody's first word on an item; returns its id."""
    now = datetime.now(UTC)
    key = {"item_id": item_id, "person_id": person_id, "version": 1, "tab": tab}
    row = {**key, "created_at": now, "updated_at": now, **columns}
    made = session.connection().execute(ADD, row).inserted_primary_key
    assert made is not None
    return int(made[0])


def save(
    session: Session,
    *,
    annotation_id: int,
    version: int,
    tab: str | None,
    columns: Mapping[str, Any],
) -> bool:
    """Write columns over the version that was read in this transaction; False if it moved on."""
    changed = session.connection().execute(
        SAVE,
        {
            "one": annotation_id,
            "seen": version,
            "version": version + 1,
            "tab": tab,
            "updated_at": datetime.now(UTC),
            **columns,
        },
    )
    session.expire_all()
    return changed.rowcount == 1


def of_item(session: Session, *, item_id: int) -> list[Annotation]:
    """Everybody's annotations of an item."""
    return [value(row) for row in session.connection().execute(OF_ITEM, {"item": item_id})]


def annotated(session: Session, *, dataset_id: int) -> set[int]:
    """The items of a dataset that anybody has worked on."""
    rows = session.exec(
        select(AnnotationRow.item_id)
        .join(ItemRow, col(ItemRow.id) == AnnotationRow.item_id)
        .where(ItemRow.dataset_id == dataset_id)
    )
    return set(rows)


def opinions(session: Session, *, dataset_id: int) -> dict[int, list[tuple[str, dict[str, Any]]]]:
    """Verdict and content of every submitted annotation of the items that have at least two."""
    rows, items = metadata.tables["annotation"], metadata.tables["item"]
    several = (
        table_select(rows.c.item_id)
        .join(items, items.c.id == rows.c.item_id)
        .where(items.c.dataset_id == dataset_id, rows.c.status == "submitted")
        .group_by(rows.c.item_id)
        .having(func.count() > 1)
    )
    found: dict[int, list[tuple[str, dict[str, Any]]]] = {}
    for item_id, verdict, state in session.connection().execute(
        table_select(rows.c.item_id, rows.c.verdict, rows.c.state)
        .where(rows.c.item_id.in_(several), rows.c.status == "submitted")
        .order_by(rows.c.id)
    ):
        found.setdefault(item_id, []).append((verdict or "", state))
    return found


def annotators(session: Session, *, dataset_id: int) -> dict[int, list[str]]:
    """Who annotated each settled item, in the order of their annotations."""
    rows, items, people = (metadata.tables[name] for name in ("annotation", "item", "person"))
    found: dict[int, list[str]] = {}
    for item_id, name in session.connection().execute(
        table_select(rows.c.item_id, people.c.name)
        .join(items, items.c.id == rows.c.item_id)
        .join(people, people.c.id == rows.c.person_id)
        .where(
            items.c.dataset_id == dataset_id,
            items.c.verdict.is_not(None),
            rows.c.status == "submitted",
        )
        .order_by(rows.c.id)
    ):
        found.setdefault(item_id, []).append(name)
    return found


def counts(session: Session, *, dataset_id: int, person_id: int) -> dict[str, int]:
    """How many annotations of a dataset a person has, by status."""
    rows = session.connection().execute(COUNTS, {"dataset": dataset_id, "person": person_id})
    return {row.status: row.many for row in rows}


def drafts(
    session: Session, *, dataset_id: int, person_id: int, limit: int
) -> list[tuple[int, str]]:
    """Items on which a person has unfinished work, newest first: id and the source's id."""
    rows = session.exec(
        select(AnnotationRow.item_id, ItemRow.source_id)
        .join(ItemRow, col(ItemRow.id) == AnnotationRow.item_id)
        .where(
            ItemRow.dataset_id == dataset_id,
            AnnotationRow.person_id == person_id,
            AnnotationRow.status == "draft",
        )
        .order_by(col(AnnotationRow.updated_at).desc())
        .limit(limit)
    )
    return list(rows)


def rebase(session: Session, *, item_id: int, person_id: int, revision: int) -> None:
    """Say that a person's annotation has seen a revision of the curation."""
    session.connection().execute(
        update(AnnotationRow)
        .where(col(AnnotationRow.item_id) == item_id, col(AnnotationRow.person_id) == person_id)
        .values(base_revision=revision)
    )
    session.expire_all()
