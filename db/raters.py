"""Who scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, select

from annotator.domain.items import JSON
from annotator.domain.judging import Rater
from annotator.errors import NotFound
from db.tables_judging import RaterRow, ScoreRow


def value(row: RaterRow) -> Rater:
    """The frozen value of a row."""
    assert row.id is not None
    return Rater(
        id=row.id,
        kind=row.kind,
        name=row.name,
        version=row.version,
        settings=row.settings,
        person_id=row.person_id,
    )


def get(session: Session, *, rater_id: int) -> Rater:
    """Raises NotFound."""
    row = session.get(RaterRow, rater_id)
    if row is None:
        raise NotFound("rater", rater_id)
    return value(row)


def get_many(session: Session, *, rater_ids: Sequence[int]) -> dict[int, Rater]:
    """Raters by id."""
    rows = session.exec(select(RaterRow).where(col(RaterRow.id).in_(rater_ids)))
    return {rater.id: rater for rater in map(value, rows)}


def every(session: Session, *, kind: str | None = None) -> list[Rater]:
    """All raters, or those of a kind, by name and version."""
    query = select(RaterRow).order_by(col(RaterRow.name), col(RaterRow.version), col(RaterRow.id))
    if kind is not None:
        query = query.where(RaterRow.kind == kind)
    return [value(row) for row in session.exec(query)]


def of_dataset(session: Session, *, dataset_id: int) -> list[Rater]:
    """The raters with scores in a dataset, by kind, name and version."""
    query = (
        select(RaterRow)
        .where(
            select(ScoreRow.id)
            .where(ScoreRow.dataset_id == dataset_id, ScoreRow.rater_id == RaterRow.id)
            .exists()
        )
        .order_by(col(RaterRow.kind), col(RaterRow.name), col(RaterRow.version), col(RaterRow.id))
    )
    return [value(row) for row in session.exec(query)]


def ensure(
    session: Session,
    *,
    kind: str,
    name: str,
    version: str = "",
    settings: Mapping[str, JSON] | None = None,
    person_id: int | None = None,
) -> Rater:
    """The rater of this kind, name, version and settings, made where there is none.

    A person is one rater for ever, whatever their role becomes; their id stands in the settings'
    key.
    """
    key = settings_key(settings or {}) if person_id is None else f"person {person_id}"
    same = (
        (RaterRow.kind == kind, RaterRow.name == name, RaterRow.version == version)
        if person_id is None
        else (RaterRow.person_id == person_id,)
    )
    row = session.exec(
        select(RaterRow).where(*same, RaterRow.settings_key == key).order_by(col(RaterRow.id))
    ).first()
    if row is None:
        row = RaterRow(
            kind=kind,
            name=name,
            version=version,
            settings=dict(settings or {}),
            settings_key=key,
            person_id=person_id,
        )
        session.add(row)
        session.flush()
    return value(row)


def settings_key(settings: Mapping[str, Any]) -> str:
    """16 hex digits that are the same for the same settings; empty for none."""
    if not settings:
        return ""
    said = json.dumps(settings, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()[:16]
