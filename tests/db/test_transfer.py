"""Databases taken across, from file to server and back, with nothing lost and proof of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import types as kinds

from annotator.errors import InputError
from annotator.services import browsing
from annotator.services.browsing import View
from annotator.services.demo import build
from annotator.services.workspace import Workspace
from db import events, people, transfer
from db.engine import Database
from db.migrate import current, migrate
from db.tables import metadata
from tests import databases
from tests.examples import Tab

pytestmark = pytest.mark.every_database


@pytest.fixture
def empty_target(backend, tmp_path):
    """An empty database of the kind under test."""
    if backend == "sqlite":
        found = Database(tmp_path / "moved" / "annotator.db")
        yield found
        found.close()
        return
    with databases.server_database() as address:
        found = Database(address)
        yield found
        found.close()


@pytest.fixture
def source(tmp_path):
    """An empty SQLite database."""
    found = Database(tmp_path / "source.db")
    yield found
    found.close()


def add(database, *names):
    with database.writing() as session:
        return [people.add(session, name=name).id for name in names]


VALUES = {
    kinds.JSON: {"é": [1, 2.50, None, "\x00", "🦊"], "a": {}},
    kinds.DateTime: datetime(2024, 2, 29, 23, 59, 59, 7, tzinfo=UTC),
    kinds.Float: 0.1 + 0.2,
    kinds.Boolean: True,
    kinds.LargeBinary: b"\x00\xff\n",
    kinds.Integer: 1,
    kinds.String: "tab\t, “é” \\N \n🦊",
}


def fill(database):
    """Put a row that is hard to carry into each table that has none."""
    with database.writing() as session:
        connection = session.connection()
        for table in metadata.sorted_tables:
            if connection.execute(table.select().limit(1)).first() is None:
                connection.execute(table.insert().values({c: value_of(c) for c in table.columns}))


def value_of(column):
    """Something a column can hold; references lead to the first row."""
    if column.nullable and column.foreign_keys:
        return None
    kind = getattr(column.type, "impl", column.type)
    found = next(value for of, value in VALUES.items() if isinstance(kind, of))
    return found[: kind.length] if isinstance(found, str) else found


def test_a_full_database_goes_there_and_back(workspace, ana, empty_target, tmp_path):
    build(workspace)
    tab = Tab(workspace, ana, 1)
    tab.weigh(c1=6)
    tab.type("naïve – “quoted”\t🦊")
    tab.submit("fix")
    fill(workspace.database)
    there = transfer.transfer(workspace.database, empty_target, hold=True)
    rows = {proof.table: proof.rows for proof in there}
    assert rows["item"] == 39 and rows["event"] > 10 and rows["score"] > 100
    assert min(rows.values()) > 0 and len(rows) == len(metadata.tables)

    back = Database(tmp_path / "back.db")
    assert transfer.transfer(empty_target, back) == there
    back.close()

    moved = Workspace(workspace.settings, empty_target, workspace.images)
    assert logs_of(moved) == logs_of(workspace)
    assert found(moved, "describ") == found(workspace, "describ") != []
    # Work goes on behind the ids that came across.
    Tab(moved, ana, 2).weigh(c1=9)
    assert len(logs_of(moved)) > len(logs_of(workspace))


def found(workspace, words):
    """The positions of the items that a search finds."""
    page = browsing.page(workspace, dataset_id=1, view=View(search=words), number=0)
    return [row.position for row in page.rows]


def logs_of(workspace):
    with workspace.database.reading() as session:
        return [
            line
            for item_id in range(1, 40)
            for line in events.of_item(session, item_id=item_id, viewer_id=None)
        ]


def test_an_older_database_is_taken_across_as_it_stands(source, empty_target):
    migrate(source, "0003")
    add(source, "Ana", "Bo")
    transfer.transfer(source, empty_target)
    assert current(empty_target) == "0003"
    assert add(empty_target, "Cleo") == [3]


def test_a_target_that_is_not_empty_is_refused(source, empty_target):
    migrate(source)
    add(source, "Ana")
    migrate(empty_target)
    add(empty_target, "Bo")
    with pytest.raises(InputError, match="not empty"):
        transfer.transfer(source, empty_target)
    assert databases.asked(empty_target, "SELECT name FROM person") == [("Bo",)]


def test_somebody_elses_database_is_refused(source, empty_target):
    migrate(source)
    databases.asked(empty_target, "CREATE TABLE mine (id INTEGER)")
    with pytest.raises(InputError, match="not empty"):
        transfer.transfer(source, empty_target)


def test_a_source_without_anything_is_refused(source, empty_target):
    with pytest.raises(InputError, match="nothing of ours"):
        transfer.transfer(source, empty_target)


@pytest.mark.parametrize("harm", [lambda row: None, lambda row: (row[0], "Eve", *row[2:])])
def test_what_arrives_otherwise_leaves_the_target_empty(source, empty_target, monkeypatch, harm):
    migrate(source)
    add(source, "Ana", "Bo")
    name = "write_sqlite" if empty_target.is_sqlite else "write_postgres"
    write = getattr(transfer, name)

    def harmed(connection, table, rows):
        changed = (harm(row) if table.name == "person" and row[1] == "Bo" else row for row in rows)
        write(connection, table, (row for row in changed if row is not None))

    monkeypatch.setattr(transfer, name, harmed)
    with pytest.raises(InputError, match="Table person did not arrive"):
        transfer.transfer(source, empty_target)
    assert databases.asked(empty_target, "SELECT name FROM person") == []
    monkeypatch.undo()
    assert transfer.transfer(source, empty_target)


def test_what_a_server_cannot_hold_is_told(source, empty_target, backend):
    migrate(source)
    add(source, "Ana")
    databases.asked(source, "UPDATE person SET name = 'A' || char(0)")
    if backend == "sqlite":
        assert transfer.transfer(source, empty_target)
        return
    with pytest.raises(InputError, match="person, row 1 has a NUL"):
        transfer.transfer(source, empty_target)
