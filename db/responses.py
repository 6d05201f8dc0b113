"""Models' answers, and the files that responses and replies came in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlmodel import Session

from annotator.domain.judging import JudgingFile, Response
from annotator.errors import NotFound
from db.bulk import insert_rows
from db.cases import chunks
from db.tables import metadata
from db.tables_judging import JudgingFileRow, ResponseRow

FILES = metadata.tables["judging_file"]
RESPONSES = metadata.tables["response"]


def file_value(row: Any) -> JudgingFile:
    """The frozen value of a row."""
    return JudgingFile(
        id=row.id,
        dataset_id=row.dataset_id,
        kind=row.kind,
        name=row.name,
        sha256=row.sha256,
        format=row.format,
        records=row.records,
        imported_at=row.imported_at,
    )


def files(session: Session, *, dataset_id: int) -> list[JudgingFile]:
    """A dataset's imported files of responses and replies, oldest first."""
    rows = session.connection().execute(
        select(FILES).where(FILES.c.dataset_id == dataset_id).order_by(FILES.c.id)
    )
    return [file_value(row) for row in rows]


def add_file(
    session: Session,
    *,
    dataset_id: int,
    kind: str,
    name: str,
    sha256: str,
    format: str,
    records: int,
    person_id: int,
) -> int:
    """Note an imported file; returns its id, that of the same bytes where they were in before."""
    known = session.connection().execute(
        select(FILES.c.id).where(
            FILES.c.dataset_id == dataset_id, FILES.c.kind == kind, FILES.c.sha256 == sha256
        )
    )
    known_id: int | None = known.scalar()
    if known_id is not None:
        return known_id
    row = JudgingFileRow(
        dataset_id=dataset_id,
        kind=kind,
        name=name,
        sha256=sha256,
        format=format,
        records=records,
        imported_at=datetime.now(UTC),
        imported_by=person_id,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    return row.id


def value(row: Any) -> Response:
    """The frozen value of a row."""
    return Response(
        id=row.id,
        dataset_id=row.dataset_id,
        item_id=row.item_id,
        model=row.model,
        variant=row.variant,
        text=row.text,
        error=row.error,
        tokens=row.tokens,
        file_id=row.file_id,
        row=row.row,
        standing=row.standing,
        prompt_sha256=row.prompt_sha256,
    )


def get(session: Session, *, response_id: int) -> Response:
    """Raises NotFound."""
    found = get_many(session, response_ids=[response_id])
    if not found:
        raise NotFound("response", response_id)
    return found[0]


def get_many(session: Session, *, response_ids: Sequence[int]) -> list[Response]:
    """Responses in the order of the ids; those that are not there are left out."""
    found = {}
    for chunk in chunks(response_ids):
        rows = session.connection().execute(select(RESPONSES).where(RESPONSES.c.id.in_(chunk)))
        found.update({row.id: value(row) for row in rows})
    return [found[response_id] for response_id in response_ids if response_id in found]


def of_items(session: Session, *, item_ids: Sequence[int]) -> list[Response]:
    """The responses to these items, by item, model and variant."""
    found: list[Response] = []
    for chunk in chunks(item_ids):
        rows = session.connection().execute(
            select(RESPONSES)
            .where(RESPONSES.c.item_id.in_(chunk))
            .order_by(RESPONSES.c.item_id, RESPONSES.c.model, RESPONSES.c.variant)
        )
        found.extend(map(value, rows))
    return found


def ids(session: Session, *, dataset_id: int, models: Sequence[str] = ()) -> list[int]:
    """A dataset's whole-prompt responses in order of item and model; of all models, or of some."""
    query = select(RESPONSES.c.id).where(
        RESPONSES.c.dataset_id == dataset_id, RESPONSES.c.variant == ""
    )
    if models:
        query = query.where(RESPONSES.c.model.in_(models))
    query = query.order_by(RESPONSES.c.item_id, RESPONSES.c.model)
    return list(session.connection().execute(query).scalars())


def models(session: Session, *, dataset_id: int) -> dict[str, int]:
    """A dataset's models by name, with the number of their whole-prompt responses."""
    rows = session.connection().execute(
        select(RESPONSES.c.model, func.count().label("many"))
        .where(RESPONSES.c.dataset_id == dataset_id, RESPONSES.c.variant == "")
        .group_by(RESPONSES.c.model)
        .order_by(RESPONSES.c.model)
    )
    return {row.model: row.many for row in rows}


def insert_many(session: Session, *, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store new responses; each row names dataset_id, item_id, model, variant, text, error,
    tokens, file_id, row and prompt_sha256. Their cases are made by ``db.cases.ensure``."""
    insert_rows(session, ResponseRow, rows)


def fill_in(
    session: Session,
    *,
    response_id: int,
    text: str,
    file_id: int,
    row: int,
    prompt_sha256: str | None,
) -> None:
    """Put an answer where so far only an error was."""
    session.connection().execute(
        update(RESPONSES)
        .where(RESPONSES.c.id == response_id, RESPONSES.c.text.is_(None))
        .values(text=text, error=None, file_id=file_id, row=row, prompt_sha256=prompt_sha256)
    )
