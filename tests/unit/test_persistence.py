"""What was acknowledged is there after ``kill -9``, asked from another process."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.examples import Tab, benchmark, imported, record

CLIENTS = 10


def read_notes(open_again, person, item_ids):
    """For each item the draft's note, and every note its log holds."""
    workspace = open_again()
    found = {}
    for item_id in item_ids:
        tab = Tab(workspace, person, item_id)
        with workspace.database.reading() as session:
            from db import events

            log = events.of_item(session, item_id=item_id, viewer_id=None)
        found[item_id] = (tab.desk.note, {event.patch["note"][1] for event in log})
    return found


def test_a_killed_process_loses_no_acknowledged_save(item, ana, environment, open_again):
    script = textwrap.dedent(
        """
        from annotator.config import load
        from annotator.services.workspace import open_workspace, sign_in
        from tests.examples import Tab

        workspace = open_workspace(load())
        tab = Tab(workspace, sign_in(workspace, name="Ana"), 1)
        number = 0
        while True:
            number += 1
            tab.type(f"note {number}", base=tab.desk.note)
            print(number, flush=True)
        """
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    acknowledged = [int(process.stdout.readline()) for _ in range(30)]
    process.kill()
    acknowledged += [int(line) for line in process.stdout.read().splitlines()]
    process.wait()
    note, logged = read_notes(open_again, ana, [item])[item]
    assert acknowledged == list(range(1, len(acknowledged) + 1))
    assert {f"note {number}" for number in acknowledged} <= logged
    assert int(note.removeprefix("note ")) in (acknowledged[-1], acknowledged[-1] + 1)


# The real server


def post(port, path, body, cookie=None, header=True):
    """The answer's status, body and cookie."""
    headers = {"Content-Type": "application/json"}
    if header:
        headers["X-Annotator"] = "1"
    if cookie:
        headers["Cookie"] = cookie
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            given = (answer.headers["Set-Cookie"] or "").partition(";")[0]
            return answer.status, json.load(answer), given
    except urllib.error.HTTPError as fault:
        return fault.code, json.load(fault), None


@pytest.fixture
def serve(environment, tmp_path):
    """Starts the real server on a free port; kills it at the end."""
    running = []

    def start():
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        log = (tmp_path / f"server-{port}.log").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "annotator.server"],
            env=os.environ | environment | {"ANNOTATOR_PORT": str(port)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        running.append(process)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=30).close()
                return port, process
            except OSError:
                assert process.poll() is None, (tmp_path / f"server-{port}.log").read_text()
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    yield start
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_killed_server_loses_no_acknowledged_save_of_ten_clients(
    workspace, ana, serve, open_again
):
    records = [record(image=f"{n}.png", instruction=f"Do {n}.") for n in range(CLIENTS)]
    item_ids = imported(workspace, ana, benchmark(*records))
    workspace.database.close()
    port, process = serve()
    acknowledged = {item_id: [] for item_id in item_ids}
    enough = threading.Event()

    def client(item_id):
        _, _, cookie = post(port, "/api/name", {"name": "Ana"})
        version, note = 0, ""
        for number in range(1, 10_000):
            text = f"note {number}"
            body = {
                "item_id": item_id, "field": "note", "base": note, "text": text,
                "version": version, "tab": f"tab-{item_id}", "save_id": f"{item_id}-{number}",
            }  # fmt: skip
            try:
                status, answer, _ = post(port, "/api/draft", body, cookie)
            except (OSError, http.client.HTTPException):
                return
            assert status == 200, answer
            acknowledged[item_id].append(text)
            version, note = answer["version"], text
            if sum(map(len, acknowledged.values())) > 150:
                enough.set()

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client, item_id) for item_id in item_ids]
        assert enough.wait(60)
        os.killpg(process.pid, signal.SIGKILL)
        for one in clients:
            one.result()
    assert min(map(len, acknowledged.values())) > 0
    for item_id, (note, logged) in read_notes(open_again, ana, item_ids).items():
        texts = acknowledged[item_id]
        assert set(texts) <= logged
        assert int(note.removeprefix("note ")) in (len(texts), len(texts) + 1)
    port, _ = serve()
    assert post(port, "/api/name", {"name": "Ana"})[0] == 200
