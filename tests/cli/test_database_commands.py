"""The database on the command line: upgrades, and taking it to another one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from annotator.cli import app
from annotator.errors import InputError
from db import people
from db.backup import check_backup
from db.engine import Database
from db.migrate import current, head, migrate
from tests import databases

pytestmark = pytest.mark.every_database


@pytest.fixture
def place(backend, tmp_path):
    """The address of an empty database of the kind under test."""
    if backend == "sqlite":
        yield str(tmp_path / "place.db")
        return
    with databases.server_database() as address:
        yield address


@pytest.fixture
def annotator(tmp_path):
    """Runs a command in an installation of its own; gives what it said."""
    environment = {"ANNOTATOR_HOME": str(tmp_path / "home"), "DATABASE_URL": ""}

    def run(*words):
        return CliRunner().invoke(app, list(words), env=environment, catch_exceptions=False)

    return run


def old(address):
    """A database of an earlier version with somebody in it."""
    database = Database(address)
    migrate(database, "0002")
    with database.writing() as session:
        people.add(session, name="Ana")
    database.close()


def revision(address):
    database = Database(address)
    found = current(database)
    database.close()
    return found


def test_an_upgrade_keeps_what_was_there(annotator, place):
    old(place)
    said = json.loads(annotator("migrate", "--db", place, "--json").stdout)
    assert (said["before"], said["after"]) == ("0002", head())
    assert check_backup(Path(said["backup"]))["person"] == 1
    assert revision(place) == head()
    again = annotator("migrate", "--db", place)
    assert "up to date" in again.stderr and again.exit_code == 0


def test_a_database_is_moved_and_moved_back(annotator, place, tmp_path):
    file, back = str(tmp_path / "mine.db"), str(tmp_path / "back.db")
    old(file)
    there = json.loads(annotator("move", "--from", file, "--to", place, "--json").stdout)
    here = json.loads(annotator("move", "--from", place, "--to", back, "--json").stdout)
    assert there == here
    assert {one["table"]: one["rows"] for one in there}["person"] == 1
    with pytest.raises(InputError, match="not empty"):
        annotator("move", "--from", file, "--to", back)
    assert "person" in annotator("move", "--from", back, "--to", f"{back}.2").stdout


def test_two_servers_that_start_at_once_make_one_database(place, tmp_path):
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "annotator", "migrate", "--db", place],
            env=os.environ | {"ANNOTATOR_HOME": str(tmp_path / name)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    said = [process.communicate(timeout=120)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert revision(place) == head()
