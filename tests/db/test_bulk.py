"""Rows inserted past SQLAlchemy's unit of work arrive as those inserted through it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from annotator.domain.records import Person
from annotator.services.workspace import Workspace
from db.bulk import insert_rows
from db.tables import AnnotationRow, DatasetRow, EventRow, PersonRow

pytestmark = pytest.mark.every_database

NOW = datetime(2024, 7, 1, 12, 0, 0, 5, tzinfo=UTC)


def dataset(name: str, who: Person) -> dict[str, Any]:
    """A row with a JSON value, a date, and columns left to their defaults."""
    return {
        "name": name,
        "format": "mia-bench",
        "taxonomy": {"types": ["é", '"']},
        "created_at": NOW,
        "created_by": who.id,
    }


def test_rows_arrive_with_values_and_defaults(workspace: Workspace, ana: Person) -> None:
    with workspace.database.writing() as session:
        insert_rows(session, DatasetRow, [dataset("A", ana), dataset("B", ana)])
    with workspace.database.reading() as session:
        found = session.exec(select(DatasetRow).order_by(col(DatasetRow.id))).all()
        assert [row.name for row in found] == ["A", "B"]
        assert found[0].taxonomy == {"types": ["é", '"']}
        assert (found[0].created_at, found[0].target, found[0].overlap) == (NOW, None, 1)
        assert (found[0].licence, found[0].version) == (None, 1)


def test_booleans_and_given_values_win_over_defaults(workspace: Workspace) -> None:
    row = {"name": "Cy", "role": "reader", "active": False, "created_at": NOW}
    with workspace.database.writing() as session:
        insert_rows(session, PersonRow, [row])
    with workspace.database.reading() as session:
        found = session.exec(select(PersonRow).where(PersonRow.name == "Cy")).one()
        assert (found.role, found.active) == ("reader", False)


def test_no_rows_are_no_work(workspace: Workspace) -> None:
    with workspace.database.writing() as session:
        insert_rows(session, AnnotationRow, [])


def test_a_row_that_lacks_what_must_be_given_is_refused(workspace: Workspace, ana: Person) -> None:
    row = {"at": NOW, "person_id": ana.id, "kind": "made.up", "before": {}, "after": {}}
    with workspace.database.writing() as session, pytest.raises(IntegrityError):
        insert_rows(session, EventRow, [row])
