"""Datasets and the files they came from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, update
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select

from annotator.domain.assignment import Plan, plan_of
from annotator.domain.items import ContentRules
from annotator.domain.records import Dataset, SourceFile
from annotator.domain.weights import whole
from annotator.errors import NotFound, StaleSave
from db.tables import DatasetRow, SourceFileRow, SourceRecordRow, metadata

DATASETS = metadata.tables["dataset"]
RECORDS = metadata.tables["source_record"]
EVERYTHING = table_select(DATASETS).order_by(DATASETS.c.id)
GET = table_select(DATASETS).where(DATASETS.c.id == bindparam("one"))
TEXTS = table_select(RECORDS.c.id, RECORDS.c.text).where(
    RECORDS.c.id.in_(bindparam("many", expanding=True))
)


def value(row: Any) -> Dataset:
    """The frozen value of a row."""
    rules = ContentRules(
        types=tuple(row.taxonomy.get("types", ())),
        levels=tuple(row.taxonomy.get("levels", ())),
        extra_types=frozenset(row.taxonomy.get("source_types", ())),
        target=None if row.target is None else whole(row.target),
    )
    return Dataset(
        id=row.id,
        name=row.name,
        format=row.format,
        rules=rules,
        overlap=row.overlap,
        plan=plan_of(row.plan),
        licence=row.licence,
        version=row.version,
        created_at=row.created_at,
        mapping=row.mapping,
        citation=row.citation,
    )


def everything(session: Session) -> list[Dataset]:
    """All datasets, oldest first."""
    return [value(row) for row in session.connection().execute(EVERYTHING)]


def get(session: Session, *, dataset_id: int) -> Dataset:
    """Raises NotFound."""
    row = session.connection().execute(GET, {"one": dataset_id}).first()
    if row is None:
        raise NotFound("dataset", dataset_id)
    return value(row)


def by_name(session: Session, *, name: str) -> Dataset | None:
    """The dataset of this name, if there is one."""
    row = session.exec(select(DatasetRow).where(DatasetRow.name == name)).first()
    return value(row) if row else None


def add(
    session: Session,
    *,
    name: str,
    format: str,
    rules: ContentRules,
    person_id: int,
    mapping: dict[str, Any] | None = None,
) -> Dataset:
    """A new dataset; the name must be free."""
    row = DatasetRow(
        name=name,
        format=format,
        target=rules.target,
        taxonomy=taxonomy(rules),
        mapping=mapping,
        created_at=datetime.now(UTC),
        created_by=person_id,
    )
    session.add(row)
    session.flush()
    return value(row)


def taxonomy(rules: ContentRules) -> dict[str, Any]:
    """The rules' lists as they are stored."""
    return {
        "types": list(rules.types),
        "levels": list(rules.levels),
        "source_types": sorted(rules.extra_types),
    }


def save(
    session: Session,
    *,
    dataset_id: int,
    version: int,
    rules: ContentRules,
    licence: str | None,
    citation: str | None,
) -> Dataset:
    """Store a dataset's settings over the version that was shown; raises StaleSave."""
    changed = session.exec(
        update(DatasetRow)
        .where(col(DatasetRow.id) == dataset_id, col(DatasetRow.version) == version)
        .values(
            target=rules.target,
            taxonomy=taxonomy(rules),
            licence=licence,
            citation=citation,
            version=version + 1,
        )
    )
    session.expire_all()
    now = get(session, dataset_id=dataset_id)
    if changed.rowcount != 1:
        raise StaleSave(f"dataset {now.name}", current={"rules": taxonomy(now.rules)})
    return now


def save_plan(session: Session, *, dataset_id: int, version: int, plan: Plan | None) -> Dataset:
    """Store how a dataset's items are assigned over the version that was shown; StaleSave."""
    changed = session.exec(
        update(DatasetRow)
        .where(col(DatasetRow.id) == dataset_id, col(DatasetRow.version) == version)
        .values(
            plan=plan.as_dict() if plan else None,
            overlap=plan.overlap if plan else 1,
            version=version + 1,
        )
    )
    session.expire_all()
    now = get(session, dataset_id=dataset_id)
    if changed.rowcount != 1:
        current = {"plan": now.plan.as_dict() if now.plan else None}
        raise StaleSave(f"the plan of {now.name}", current=current)
    return now


def add_types(session: Session, *, dataset_id: int, types: Collection[str]) -> None:
    """Let a dataset know component types that a newer source brought."""
    row = session.get(DatasetRow, dataset_id)
    if row is None:
        raise NotFound("dataset", dataset_id)
    known = set(row.taxonomy.get("source_types", ()))
    if not known.issuperset(types):
        row.taxonomy = row.taxonomy | {"source_types": sorted(known | set(types))}
        row.version += 1
        session.add(row)
        session.flush()


def source_value(row: SourceFileRow) -> SourceFile:
    """The frozen value of a row."""
    assert row.id is not None
    return SourceFile(
        id=row.id,
        dataset_id=row.dataset_id,
        name=row.name,
        sha256=row.sha256,
        format=row.format,
        layout=row.layout,
        records=row.records,
        imported_at=row.imported_at,
        imported_by=row.imported_by,
    )


def sources(session: Session, *, dataset_id: int) -> list[SourceFile]:
    """The files imported into a dataset, oldest first."""
    rows = session.exec(
        select(SourceFileRow)
        .where(SourceFileRow.dataset_id == dataset_id)
        .order_by(col(SourceFileRow.id))
    )
    return [source_value(row) for row in rows]


def add_source(
    session: Session,
    *,
    dataset_id: int,
    name: str,
    sha256: str,
    format: str,
    layout: dict[str, Any],
    records: int,
    person_id: int,
) -> SourceFile:
    """Note an imported file."""
    row = SourceFileRow(
        dataset_id=dataset_id,
        name=name,
        sha256=sha256,
        format=format,
        layout=layout,
        records=records,
        imported_at=datetime.now(UTC),
        imported_by=person_id,
    )
    session.add(row)
    session.flush()
    return source_value(row)


def add_records(session: Session, *, rows: Sequence[dict[str, Any]]) -> None:
    """Store record texts; rows carry their ids (see next_record_id)."""
    if rows:
        session.connection().execute(insert(SourceRecordRow), rows)


def next_record_id(session: Session) -> int:
    """The first free id; safe inside a writing transaction."""
    return (session.exec(select(func.max(SourceRecordRow.id))).one() or 0) + 1


def all_records(session: Session, *, dataset_id: int) -> Iterator[tuple[int, str]]:
    """Every source record of a dataset, of all its files: id and text, few in memory at a time."""
    known = session.exec(
        select(SourceRecordRow.id)
        .join(SourceFileRow, col(SourceFileRow.id) == SourceRecordRow.source_file_id)
        .where(SourceFileRow.dataset_id == dataset_id)
    ).all()
    record_ids = [record_id for record_id in known if record_id is not None]
    for start in range(0, len(record_ids), 500):
        yield from record_texts(session, record_ids=record_ids[start : start + 500]).items()


def rewrite_record(session: Session, *, record_id: int, text: str) -> None:
    """Change a source record's text; only a takedown may."""
    session.connection().execute(
        update(SourceRecordRow).where(col(SourceRecordRow.id) == record_id).values(text=text)
    )
    session.expire_all()


def record_texts(session: Session, *, record_ids: Sequence[int]) -> dict[int, str]:
    """The texts of source records by id."""
    found: dict[int, str] = {}
    for start in range(0, len(record_ids), 500):
        rows = session.connection().execute(TEXTS, {"many": record_ids[start : start + 500]})
        found.update({row.id: row.text for row in rows})
    return found
