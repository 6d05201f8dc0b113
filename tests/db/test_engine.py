"""Transactions and concurrent writers: the same on every database."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from annotator.errors import Misconfigured, Unavailable
from annotator.services.workspace import sign_in
from db import annotations, events, findings, flags, items, people, releases
from db import datasets as rows
from db.engine import Database
from db.migrate import migrate
from tests import databases
from tests.examples import Tab

pytestmark = pytest.mark.every_database


def test_ten_threads_of_read_modify_write_lose_nothing(workspace, ana):
    def work(_):
        for _ in range(20):
            with workspace.database.writing() as session:
                connection = session.connection()
                count = connection.execute(text("SELECT role FROM person")).scalar_one()
                number = int(count) if count.isdigit() else 0
                connection.execute(text("UPDATE person SET role = :n"), {"n": str(number + 1)})

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(work, range(10)))
    with workspace.database.reading() as session:
        assert people.get(session, person_id=ana.id).role == "200"


def test_a_reader_sees_one_snapshot_and_waits_for_nobody(workspace):
    with workspace.database.reading() as session:
        before = len(people.everyone(session))
        with workspace.database.writing() as other:
            people.add(other, name="Cleo")
        assert len(people.everyone(session)) == before
    with workspace.database.reading() as session:
        assert len(people.everyone(session)) == before + 1


def test_a_block_that_raises_leaves_nothing(workspace):
    with pytest.raises(RuntimeError), workspace.database.writing() as session:
        people.add(session, name="Cleo")
        raise RuntimeError
    with workspace.database.reading() as session:
        assert people.by_name(session, name="Cleo") is None


def test_the_same_name_chosen_by_ten_at_once_is_one_person(workspace):
    barrier = threading.Barrier(10)

    def choose(_):
        barrier.wait()
        return sign_in(workspace, name="Cleo").id

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(choose, range(10)))) == 1


def test_repositories_return_frozen_values(workspace, ana, item):
    Tab(workspace, ana, item).weigh(c1=6)
    with workspace.database.writing() as session:
        flag = flags.add(
            session, item_id=item, person_id=ana.id, kind="other", component_keys=(), note=""
        )
        values = [
            flag,
            ana,
            items.get(session, item_id=item),
            items.get(session, item_id=item).content,
            annotations.of(session, item_id=item, person_id=ana.id),
            rows.get(session, dataset_id=1),
            rows.sources(session, dataset_id=1)[0],
            events.of_item(session, item_id=item, viewer_id=None)[0],
            findings.of_item(session, item_id=item)[0],
            releases.add_merge(session, item_id=item, source_record_id=1),
        ]
    for value in values:
        name = dataclasses.fields(value)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(value, name, None)


def test_text_is_ordered_by_code_point(workspace):
    names = ["Zoe", "anna", "Ärger", "a", "B", "_x", "é", "e", "E"]
    with workspace.database.writing() as session:
        for name in names:
            people.add(session, name=name)
    found = databases.asked(workspace.database, "SELECT name FROM person ORDER BY name")
    assert [name for (name,) in found] == sorted(names)


def test_an_acknowledged_commit_is_flushed(workspace, backend):
    asked = {
        "sqlite": {
            "PRAGMA synchronous": 2,
            "PRAGMA journal_mode": "wal",
            "PRAGMA busy_timeout": 30_000,
        },
        "postgresql": {"SHOW synchronous_commit": "on", "SHOW lock_timeout": "30s"},
    }[backend]
    with workspace.database.reading() as session:
        connection = session.connection()
        assert {one: connection.execute(text(one)).scalar() for one in asked} == asked


def test_nothing_is_written_while_reading(workspace, backend):
    if backend == "postgresql":
        with (
            workspace.database.reading() as session,
            pytest.raises(Unavailable, match="only be read"),
        ):
            people.add(session, name="Cleo")
    with workspace.database.reading() as session:
        assert people.by_name(session, name="Cleo") is None


def test_where_it_is_says_no_password():
    database = Database("postgresql+psycopg://ana:secret@host/bench")
    assert database.place == "postgresql+psycopg://ana:***@host/bench"


def test_its_size_on_disk(workspace):
    assert 100_000 < workspace.database.size() < 100_000_000


@pytest.mark.skipif(not databases.SERVER, reason="ANNOTATOR_TEST_POSTGRES is not set")
@pytest.mark.parametrize("kept", ["SQL_ASCII", "LATIN1"])
def test_a_server_that_keeps_no_unicode_is_refused_in_words(kept):
    more = f"ENCODING '{kept}' LOCALE_PROVIDER libc LOCALE 'C'"
    with databases.server_database("template0", more) as address:
        database = Database(address)
        with pytest.raises(Misconfigured, match=f"keeps text as {kept}, not as UTF8"):
            migrate(database)
        database.close()
