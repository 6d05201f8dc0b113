"""A full disk, a database that may only be read, a clock set back: told, and without damage."""

from __future__ import annotations

import errno
import itertools
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from itsdangerous import timed
from sqlalchemy import event
from starlette.applications import Starlette
from starlette.testclient import TestClient

from annotator import gate, worker
from annotator.errors import Unavailable
from annotator.routes import routes
from annotator.services import jobs
from db import events as event_rows
from db import jobs as job_rows
from tests.examples import Tab, benchmark, imported, record

OURS = {"X-Annotator": "1"}


def fill(workspace):
    """Let the database grow no further, as if its disk were full; returns how to make room."""
    workspace.database.close()

    def limit(connection, _):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    event.listen(workspace.database.engine, "connect", limit)

    def room():
        event.remove(workspace.database.engine, "connect", limit)
        workspace.database.close()

    return room


def sound(workspace):
    """Whether SQLite finds nothing wrong with the file, asked from outside."""
    with sqlite3.connect(workspace.database.file) as connection:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def type_until_refused(tab):
    """Save longer and longer notes; returns the last one that was acknowledged."""
    with pytest.raises(Unavailable, match="disk is full"):
        for number in itertools.count(1):
            tab.type(f"{number} " + "x" * 4000 * number, base=tab.desk.note)
    return tab.desk.note


@pytest.mark.one_file
def test_a_full_disk_is_told_and_what_was_acknowledged_stays(workspace, ana, item, open_again):
    tab = Tab(workspace, ana, item)
    room = fill(workspace)
    acknowledged = type_until_refused(tab)
    assert Tab(open_again(), ana, item).desk.note == acknowledged
    assert sound(workspace)
    room()
    tab.look()
    tab.type("there is room again", base=acknowledged)
    assert Tab(open_again(), ana, item).desk.note == "there is room again"


@pytest.mark.one_file
def test_an_import_that_finds_the_disk_full_leaves_nothing(workspace, ana, item):
    room = fill(workspace)
    many = benchmark(*(record(instruction=f"Count to {n}. " * 40) for n in range(60)))
    with pytest.raises(Unavailable, match="disk is full"):
        imported(workspace, ana, many, "Second")
    with sqlite3.connect(workspace.database.file) as connection:
        assert connection.execute("SELECT name FROM dataset").fetchall() == [("Bench",)]
    assert sound(workspace)
    room()
    assert len(imported(workspace, ana, many, "Second")) == 60


@pytest.fixture
def read_only(workspace):
    """Makes the database say what it says of a file that this user may not write."""

    def deny(connection, _):
        connection.execute("PRAGMA query_only=ON")

    workspace.database.close()
    event.listen(workspace.database.engine, "connect", deny)
    yield
    event.remove(workspace.database.engine, "connect", deny)
    workspace.database.close()


@pytest.mark.one_file
def test_a_database_that_may_only_be_read_is_read_and_says_so(workspace, ana, item, read_only):
    tab = Tab(workspace, ana, item)
    assert tab.desk.item.id == item
    with pytest.raises(Unavailable, match="may only be read"):
        tab.type("refused")


@pytest.mark.one_file
def test_a_file_that_cannot_be_opened_is_told(workspace, ana, item):
    workspace.database.close()
    file = workspace.database.file
    hidden = file.with_name("elsewhere")
    file.rename(hidden)
    file.mkdir()
    with pytest.raises(Unavailable, match="cannot be opened"):
        Tab(workspace, ana, item)
    file.rmdir()
    hidden.rename(file)
    assert Tab(workspace, ana, item).desk.item.id == item


@pytest.mark.one_file
def test_the_server_answers_503_so_that_the_page_tries_again(workspace, item, read_only):
    app = Starlette(routes=routes(workspace))
    with TestClient(app) as browser:
        answer = browser.post("/api/name", json={"name": "Somebody new"}, headers=OURS)
    assert answer.status_code == 503
    assert "may only be read" in answer.json()["error"]


def test_the_gate_answers_503_too(workspace, monkeypatch, settings_with_accounts):
    def away(*_):
        raise Unavailable("The database does not take this now: its server does not answer.")

    monkeypatch.setattr(gate.identity, "person_of", away)
    app = gate.Gate(Starlette(routes=routes(workspace)), settings_with_accounts)
    with TestClient(app) as browser:
        answer = browser.get("/", headers={"accept": "text/html"})
    assert answer.status_code == 503 and "does not answer" in answer.json()["error"]


@pytest.fixture
def settings_with_accounts(workspace):
    """The workspace behind accounts."""
    return replace(workspace, settings=replace(workspace.settings, access="accounts"))


# The worker


@pytest.fixture
def job(workspace, ana):
    """A job that waits."""
    data = benchmark(record())
    return jobs.enqueue_import(
        workspace, actor=ana, file="b.json", data=data, dataset="Later", format="auto",
        images=None, fetch_images=False,
    )  # fmt: skip


def test_a_job_that_the_database_could_not_take_waits_and_goes_on(workspace, ana, job, monkeypatch):
    faults = iter([Unavailable("The database does not take this now."), None])
    whole = jobs.KINDS["import"]

    def shaky(*arguments):
        fault = next(faults)
        if fault:
            raise fault
        return whole(*arguments)

    monkeypatch.setitem(jobs.KINDS, "import", shaky)
    with pytest.raises(Unavailable):
        jobs.run_next(workspace, worker="w")
    assert jobs.get(workspace, job_id=job.id).state == "queued"
    assert jobs.run_next(workspace, worker="w")
    found = jobs.get(workspace, job_id=job.id)
    assert (found.state, found.attempts) == ("done", 1)


def test_a_job_on_a_full_disk_says_so(workspace, job, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setitem(jobs.KINDS, "import", full)
    jobs.run_next(workspace, worker="w")
    found = jobs.get(workspace, job_id=job.id)
    assert (found.state, "disk is full" in found.message) == ("failed", True)


def test_a_worker_outlives_a_database_that_is_away(environment, monkeypatch):
    looks = []

    def away(*_, ending, **__):
        looks.append(ending())
        if len(looks) < 3:
            raise Unavailable("away")
        raise KeyboardInterrupt

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(worker, "run_next", away)
    monkeypatch.setattr(worker, "TROUBLE_SECONDS", 0.01)
    monkeypatch.setattr(worker.signal, "signal", lambda *_: None)
    monkeypatch.setattr(worker.sys, "argv", ["worker"])
    with pytest.raises(KeyboardInterrupt):
        worker.main()
    assert len(looks) == 3


# The clock


@pytest.mark.parametrize(
    ("ahead", "free"), [(timedelta(days=1), True), (timedelta(minutes=5), False)]
)
def test_a_job_whose_lease_is_of_a_much_later_clock_is_taken_over(
    workspace, job, monkeypatch, ahead, free
):
    later = datetime.now(UTC) + ahead

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return later

    with monkeypatch.context() as patched:
        patched.setattr(job_rows, "datetime", Clock)
        with workspace.database.writing() as session:
            assert job_rows.take(session, worker="dead", kinds=["import"])
    with workspace.database.writing() as session:
        taken = job_rows.take(session, worker="alive", kinds=["import"])
    assert (taken is not None) is free


def test_a_clock_set_back_signs_nobody_out(workspace, item, monkeypatch):
    with TestClient(Starlette(routes=routes(workspace))) as browser:
        with monkeypatch.context() as patched:
            ahead = timed.time.time() + 3600
            patched.setattr(timed.time, "time", lambda: ahead)
            browser.post("/api/name", json={"name": "Ana"}, headers=OURS)
        body = {"item_id": item, "field": "note", "base": "", "text": "typed", "version": 0,
                "tab": "t", "save_id": "s"}  # fmt: skip
        assert browser.post("/api/draft", json=body, headers=OURS).status_code == 200


def test_saves_with_a_clock_set_back_keep_their_order(workspace, ana, item, monkeypatch):
    tab = Tab(workspace, ana, item)
    tab.judge("keep")
    earlier = datetime.now(UTC) - timedelta(days=1)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return earlier

    monkeypatch.setattr(event_rows, "datetime", Clock)
    tab.weigh(c1=5)
    tab.judge("fix")
    newest = [line.event.patch.get("verdict") for line in tab.log()]
    assert newest == [("keep", "fix"), None, (None, "keep")]
    tab.undo()
    assert tab.desk.verdict == "keep"
