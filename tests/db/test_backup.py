"""Backups that can be restored."""

from __future__ import annotations

import shutil
import sqlite3
import threading

import pytest

from annotator.errors import InputError
from annotator.services import datasets
from annotator.services.demo import build
from annotator.services.workspace import sign_in
from db.engine import Database, backup, check_backup
from db.migrate import head, migrate
from tests.examples import Tab


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


def test_migrating_a_full_database_keeps_a_copy_of_it(workspace):
    build(workspace)
    migrate(workspace.database, "base")
    file = workspace.database.file
    assert check_backup(file.with_name(f"{file.name}.before-{head()}"))["item"] == 39


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
