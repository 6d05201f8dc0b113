"""The schema: up, down and up again on a full database, and equal to the tables in code."""

from __future__ import annotations

import re
import shutil
from contextlib import ExitStack

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError

from annotator.config import load
from annotator.errors import Misconfigured
from annotator.services.demo import build
from annotator.services.workspace import open_workspace, sign_in
from db import events, people
from db.migrate import configuration, current, head, migrate, revisions
from db.tables import metadata
from tests import databases
from tests.examples import Tab

pytestmark = pytest.mark.every_database


@pytest.fixture
def full(workspace, ana):
    """A database with something in most tables."""
    build(workspace)
    tab = Tab(workspace, ana, 1)
    tab.weigh(c1=6)
    tab.submit("fix")
    return workspace.database


SCHEMAS = {
    "sqlite": "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
    "postgresql": """
        SELECT 'column', table_name || '.' || column_name, concat_ws(' ',
            data_type, character_maximum_length, is_nullable, column_default, collation_name)
            FROM information_schema.columns WHERE table_schema = 'public'
        UNION SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger
            WHERE NOT tgisinternal
        UNION SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace
        UNION SELECT 'function', proname, prosrc FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
        """,
}


@pytest.fixture
def environment(tmp_path, backend, templates):
    """Settings of an installation whose database may be spoilt."""
    home = tmp_path / "home"
    home.mkdir()
    with ExitStack() as stack:
        place = home / "annotator.db"
        if backend == "sqlite":
            shutil.copy(templates(backend), place)
        else:
            # The template is also where other tests work, one after another.
            databases.emptied(templates(backend))
            place = stack.enter_context(databases.server_database(templates(backend)))
        yield {"ANNOTATOR_HOME": str(home), "DATABASE_URL": str(place)}


def schema(database):
    kind = database.engine.dialect.name
    return sorted(
        (kind, name, sql and re.sub(r"\s+", " ", sql))
        for kind, name, sql in databases.asked(database, SCHEMAS[kind].replace("::", "\\:\\:"))
        if not name.startswith("alembic_version")
    )


def rows(database, table):
    return databases.asked(database, f'SELECT count(*) FROM "{table}"')[0][0]


def test_the_migrated_schema_is_the_one_in_code(workspace):
    with workspace.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [
            difference
            for difference in compare_metadata(context, metadata)
            if "item_search" not in str(difference)
        ]
    assert found == []


def test_the_files_are_named_after_their_revisions_in_order():
    script = ScriptDirectory.from_config(configuration())
    assert revisions() == tuple(one.revision for one in script.walk_revisions())


def test_down_and_up_again_gives_the_same_schema(full):
    before = schema(full)
    migrate(full, "base")
    assert schema(full) == []
    migrate(full)
    assert schema(full) == before
    assert current(full) == head()


def test_migrating_twice_changes_nothing(full):
    before, items = schema(full), rows(full, "item")
    migrate(full)
    assert (schema(full), rows(full, "item")) == (before, items)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE event SET reason = 'x'", "DELETE FROM event", "UPDATE event SET id = id + 1000"],
)
def test_events_can_be_neither_changed_nor_removed(full, statement, backend):
    for _ in range(2):
        if backend == "postgresql":
            with pytest.raises(IntegrityError, match="append-only"):
                databases.asked(full, "TRUNCATE event CASCADE")
        with pytest.raises(IntegrityError, match="append-only"):
            databases.asked(full, statement)
        migrate(full, "base")
        migrate(full)
        build_log(full)


def build_log(database):
    with database.writing() as session:
        person = people.add(session, name="Cleo")
        events.append(session, person_id=person.id, kind="made.up", patch={})


def test_foreign_keys_are_enforced(full):
    from sqlalchemy import text

    with pytest.raises(IntegrityError), full.writing() as session:
        session.connection().execute(text("UPDATE item SET dataset_id = 999"))
    migrate(full, "base")
    migrate(full)
    if full.is_sqlite:
        with full.reading() as session:
            assert session.connection().execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_a_database_of_a_newer_version_is_refused(workspace, environment):
    databases.asked(workspace.database, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Misconfigured, match="upgrade the tool"):
        open_workspace(load(environment))


@pytest.mark.parametrize(
    "address",
    ["/etc/passwd", "postgresql+nodriver://x/y", "nonsense://x", "sqlite:////proc/1/x/y.db", "://"],
)
def test_an_address_that_is_none_is_refused_in_words(tmp_path, address):
    with pytest.raises(Misconfigured):
        open_workspace(load({"ANNOTATOR_HOME": str(tmp_path), "DATABASE_URL": address}))


@pytest.mark.parametrize("name", ["a b.db", "a?b#c.db", "ä%20.db"])
def test_any_file_name_will_do(tmp_path, name):
    found = open_workspace(
        load({"ANNOTATOR_HOME": str(tmp_path), "DATABASE_URL": str(tmp_path / name)})
    )
    sign_in(found, name="Ana")
    found.database.close()
    assert (tmp_path / name).is_file()
