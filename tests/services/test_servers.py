"""Several app servers on one PostgreSQL, and PostgreSQL restarted under them.

Run where ANNOTATOR_TEST_POSTGRES names a server: the same setting says that PostgreSQL is here.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from annotator.config import load
from annotator.errors import Unavailable
from annotator.services import accounts, datasets, jobs
from annotator.services.demo import build
from annotator.services.workspace import open_workspace, sign_in
from db import annotations, people
from db import jobs as rows
from tests import databases
from tests.examples import benchmark, record

pytestmark = pytest.mark.skipif(not databases.SERVER, reason="ANNOTATOR_TEST_POSTGRES is not set")

PASSWORD = "correct horse battery"
POSTGRES = Path(__file__).parents[2] / ".ci" / "postgres"


def ask(port, path, body=None, cookie=None):
    """The answer's status, bytes and cookie."""
    headers = {"X-Annotator": "1", "Content-Type": "application/json"}
    headers |= {"Cookie": cookie} if cookie else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            given = (answer.headers["Set-Cookie"] or "").partition(";")[0]
            return answer.status, answer.read(), given
    except urllib.error.HTTPError as fault:
        return fault.code, fault.read(), None


@pytest.fixture
def servers(tmp_path):
    """Two ``annotator serve`` with nothing in common but a database and an image store.

    Gives the settings of each, and its port.
    """
    running, found = [], []
    with databases.server_database() as address:
        for name in ("one", "two"):
            with closing(socket.socket()) as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            settings = {
                "ANNOTATOR_HOME": str(tmp_path / name),
                "ANNOTATOR_EXPORTS": str(tmp_path / name / "exports"),
                "ANNOTATOR_IMAGES": f"file://{tmp_path}/images",
                "ANNOTATOR_ACCESS": "accounts",
                "ANNOTATOR_SECRET": "the same on both",
                "ANNOTATOR_PORT": str(port),
                "DATABASE_URL": address,
            }
            found.append((settings, port))
        workspace = open_workspace(load(found[0][0]))
        build(workspace)
        ana = sign_in(workspace, name="Ana")
        accounts.add_user(workspace, actor=ana, name="Ana", role="admin", password=PASSWORD)
        workspace.database.close()
        try:
            for settings, port in found:
                log = (tmp_path / f"{port}.log").open("w")
                running.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "annotator", "serve"],
                        env=os.environ | settings, stdout=log, stderr=log, start_new_session=True,
                    )
                )  # fmt: skip
            for (_, port), process in zip(found, running, strict=True):
                wait_until_up(port, process, tmp_path / f"{port}.log")
            yield found
        finally:
            for process in running:
                os.killpg(process.pid, signal.SIGTERM)
            for process in running:
                process.wait(60)


def wait_until_up(port, process, log):
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        try:
            if ask(port, "/api/health")[0] == 200:
                return
        except (OSError, http.client.HTTPException):
            assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def draft(item_id, text, base, version):
    return {
        "item_id": item_id, "field": "note", "base": base, "text": text,
        "version": version, "tab": "tab", "save_id": f"{item_id}-{version}",
    }  # fmt: skip


def test_two_servers_share_sessions_work_images_and_jobs(servers):
    (first, one), (second, two) = servers
    status, _, cookie = ask(one, "/api/signin", {"name": "Ana", "password": PASSWORD})
    assert status == 200 and cookie
    assert ask(two, "/api/draft", draft(1, "x", "", 0))[0] == 401

    here, there = open_workspace(load(first)), open_workspace(load(second))
    try:
        ana = sign_in(here, name="Ana")
        note, version = "", 0
        for number in range(6):
            text = f"note {number}"
            status, said, _ = ask((one, two)[number % 2], "/api/draft",
                                  draft(1, text, note, version), cookie)  # fmt: skip
            assert status == 200, said
            note, version = text, json.loads(said)["version"]
        with there.database.reading() as session:
            found = annotations.of(session, item_id=1, person_id=ana.id)
        assert (found.note, found.version) == ("note 5", version)

        shown = databases.asked(here.database, "SELECT sha256 FROM image ORDER BY id LIMIT 3")
        for (sha256,) in shown:
            path = f"/image/{sha256}?size=thumb"
            answers = [ask(port, path, cookie=cookie) for port in (one, two)]
            assert answers[0][0] == answers[1][0] == 200
            assert answers[0][1] == answers[1][1]
        assert ask(two, f"/image/{shown[0][0]}?size=thumb")[0] in (401, 403)

        # Whichever worker takes it, it gets the upload.
        asked = [queue(w, ana, name) for w, name in ((here, "A"), (there, "B"))]
        for job in asked:
            assert finished(here, job.id).state == "done"
        assert {d.name for d in datasets.everything(there)} == {"Demo", "A", "B"}
        assert here.images.files.find(f"{here.images.place}/lent") == []
        assert ask(two, "/api/leave", {}, cookie)[0] == 200
    finally:
        here.database.close()
        there.database.close()


def queue(workspace, ana, name):
    data = benchmark(record(instruction=f"Do {name}."))
    return jobs.enqueue_import(
        workspace, actor=ana, file=f"{name}.json", data=data, dataset=name, format="auto",
        images=None, fetch_images=False,
    )  # fmt: skip


def finished(workspace, job_id):
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        with workspace.database.reading() as session:
            job = rows.get(session, job_id=job_id)
        if job.state not in ("queued", "running"):
            return job
        time.sleep(0.2)
    raise AssertionError(f"job {job_id} does not end: {job}")


def test_a_restart_of_postgresql_is_told_and_gone_on_after(tmp_path):
    # Not in tmp_path, which others may not enter, and whose name is too long for a socket.
    folder = Path(f"/tmp/annotator-restart-{os.getpid()}")
    address = subprocess.run(
        [POSTGRES, "start", folder], check=True, capture_output=True, text=True
    ).stdout.strip()
    workspace = open_workspace(load({"ANNOTATOR_HOME": str(tmp_path), "DATABASE_URL": address}))
    try:
        sign_in(workspace, name="Ana")
        # Between two transactions the connections of the pool break, and nobody notices.
        subprocess.run([POSTGRES, "restart", folder], check=True)
        assert sign_in(workspace, name="Bo").id == 2
        # In the middle of one it is told in words, and nothing of it is stored.
        with pytest.raises(Unavailable, match="Try again"), workspace.database.writing() as session:
            people.add(session, name="Cleo")
            subprocess.run([POSTGRES, "restart", folder], check=True)
            people.add(session, name="Dan")
        assert sign_in(workspace, name="Eve").name == "Eve"
        names = databases.asked(workspace.database, "SELECT name FROM person ORDER BY id")
        assert [name for (name,) in names] == ["Ana", "Bo", "Eve"]
    finally:
        workspace.database.close()
        subprocess.run([POSTGRES, "stop", folder], check=True)
