"""Transactions, concurrent writers, and backups that can be restored."""

from __future__ import annotations

import dataclasses
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from annotator.errors import InputError
from annotator.services import datasets
from annotator.services.demo import build
from annotator.services.workspace import sign_in
from db import annotations, events, findings, flags, items, people, releases
from db import datasets as rows
from db.engine import Database, backup, check_backup
from tests.examples import Tab


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


def test_an_acknowledged_commit_is_flushed(workspace):
    with workspace.database.reading() as session:
        connection = session.connection()
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA busy_timeout")).scalar() == 30_000


# Backups


def test_a_backup_of_a_live_database_can_be_restored(workspace, ana, tmp_path, open_again):
    build(workspace)
    stop = threading.Event()

    def keep_saving():
        tab = Tab(workspace, ana, 1)
        number = 0
        while not stop.is_set():
            number += 1
            tab.type(f"note {number}", base=tab.desk.note)

    saver = threading.Thread(target=keep_saving)
    saver.start()
    try:
        counts = datasets.backup(workspace, actor=ana, target=tmp_path / "copies" / "copy.db")
    finally:
        stop.set()
        saver.join()
    assert counts["item"] == 39 and counts["event"] > 0
    workspace.database.close()
    home = workspace.settings.home
    for file in home.glob("annotator.db*"):
        file.unlink()
    shutil.copy(tmp_path / "copies" / "copy.db", home / "annotator.db")
    again = open_again()
    assert [d.name for d in datasets.everything(again)] == ["Demo"]
    Tab(again, sign_in(again, name="Ana"), 1).weigh(c1=9)


def test_a_backup_never_overwrites(workspace, tmp_path):
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        backup(workspace.database, target)
    assert target.read_text() == "mine"


def test_a_backup_that_fails_leaves_nothing(workspace, tmp_path, monkeypatch):
    def broken(file):
        raise InputError("broken")

    monkeypatch.setattr("db.engine.check_backup", broken)
    with pytest.raises(InputError):
        backup(workspace.database, tmp_path / "sub" / "copy.db")
    assert list((tmp_path / "sub").iterdir()) == []


def damaged(file):
    data = bytearray(file.read_bytes())
    for place in range(20_000, len(data), 4_096):
        data[place : place + 200] = b"\xff" * 200
    file.write_bytes(data)


def cut_off(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def orphaned(file):
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM source_file")


def foreign(file):
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE other (id)")


@pytest.mark.parametrize(
    "harm",
    [damaged, cut_off, orphaned, foreign, lambda file: file.write_bytes(b""),
     lambda file: file.write_text("no database"), lambda file: file.unlink()],
)  # fmt: skip
def test_a_backup_that_is_none_is_refused(workspace, tmp_path, harm):
    build(workspace)
    file = tmp_path / "copy #1?.db"
    backup(workspace.database, file)
    assert check_backup(file)["item"] == 39
    harm(file)
    with pytest.raises(InputError) as fault:
        check_backup(file)
    assert fault.value.mend


def test_a_servers_backup_is_left_to_its_own_tools(tmp_path):
    from annotator.errors import Misconfigured

    with pytest.raises(Misconfigured, match="pg_dump"):
        backup(Database("sqlite://"), tmp_path / "copy.db")
