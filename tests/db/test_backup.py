"""Backups that can be restored."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import ExitStack

import pytest

from annotator.errors import InputError
from annotator.services import datasets
from annotator.services.demo import build
from annotator.services.workspace import sign_in
from db import events, people
from db.backup import backup, check_backup
from db.engine import Database
from db.migrate import current, migrate
from db.transfer import transfer
from tests import databases
from tests.examples import Tab

pytestmark = pytest.mark.every_database


def test_a_backup_of_a_live_database_can_be_restored(workspace, ana, tmp_path, open_again):
    build(workspace)
    began, stop = threading.Event(), threading.Event()

    def keep_saving():
        tab = Tab(workspace, ana, 1)
        number = 0
        while not stop.is_set():
            number += 1
            tab.type(f"note {number}", base=tab.desk.note)
            began.set()

    saver = threading.Thread(target=keep_saving)
    saver.start()
    assert began.wait(30)
    try:
        counts = datasets.backup(workspace, actor=ana, target=tmp_path / "copies" / "copy.db")
    finally:
        stop.set()
        saver.join()
    assert counts["item"] == 39 and counts["event"] > 0
    with workspace.database.reading() as session:
        saved = len(events.of_item(session, item_id=1, viewer_id=None))
    restore(workspace, tmp_path / "copies" / "copy.db")
    again = open_again()
    with again.database.reading() as session:
        assert 0 < len(events.of_item(session, item_id=1, viewer_id=None)) <= saved
    assert [d.name for d in datasets.everything(again)] == ["Demo"]
    Tab(again, sign_in(again, name="Ana"), 1).weigh(c1=9)


def restore(workspace, copy):
    """Put a backup in the place of what is there."""
    workspace.database.close()
    if workspace.database.is_sqlite:
        for file in workspace.settings.home.glob("annotator.db*"):
            file.unlink()
        shutil.copy(copy, workspace.database.file)
        return
    databases.emptied(str(workspace.database.engine.url.database))
    source = Database(copy)
    transfer(source, workspace.database)
    source.close()
    workspace.database.close()


def test_upgrading_a_full_database_keeps_a_copy_of_it(environment, tmp_path, backend):
    with ExitStack() as stack:
        place = tmp_path / "old.db"
        if backend == "postgresql":
            place = stack.enter_context(databases.server_database())
        database = Database(place)
        stack.callback(database.close)
        assert migrate(database, "0001") is None
        with database.writing() as session:
            people.add(session, name="Ana")
        kept = migrate(database, "0002", backups=tmp_path / "kept")
        assert check_backup(kept)["person"] == 1
        assert kept.name.endswith(".before-0001")
        copy = Database(kept)
        assert (current(copy), current(database)) == ("0001", "0002")
        copy.close()


def test_a_backup_never_overwrites(workspace, tmp_path):
    target = tmp_path / "copy.db"
    target.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        backup(workspace.database, target)
    assert target.read_text() == "mine"


def test_a_backup_that_fails_leaves_nothing(workspace, tmp_path, monkeypatch):
    def broken(file):
        raise InputError("broken")

    monkeypatch.setattr("db.backup.check_backup", broken)
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
def test_a_backup_that_is_none_is_refused(workspace, item, tmp_path, harm):
    file = tmp_path / "copy #1?.db"
    backup(workspace.database, file)
    assert check_backup(file)["item"] == 3
    harm(file)
    with pytest.raises(InputError) as fault:
        check_backup(file)
    assert fault.value.mend
