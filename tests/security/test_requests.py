"""The real server against requests that no page of ours sends."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from annotator.config import load
from annotator.services.workspace import open_workspace, sign_in
from tests import databases
from tests.bench.places import free_port
from tests.examples import benchmark, imported, record

pytestmark = pytest.mark.every_database

OURS = {"X-Annotator": "1", "Content-Type": "application/json"}
JUDGE_KEY = "sk-very-secret"
PASSWORD = "of-the-database"
START_SECONDS = 300
"""Long enough for a machine that does much else; a server that ends is seen at once."""
ELSEWHERE = "http://evil.example"


@dataclass(frozen=True)
class Running:
    """A server with a dataset of one item."""

    port: int
    log: Path
    secrets: tuple[str, ...]

    def ask(
        self, method: str, path: str, body: object = None, **headers: str
    ) -> tuple[int, str, dict[str, str]]:
        """One request, its path sent as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body else None
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, text, {k.lower(): v for k, v in answer.getheaders()}

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            return self.ask("GET", "/api/health")[0] == 200
        except OSError:
            return False

    def cookie(self) -> str:
        """Ana's."""
        _, _, headers = self.ask("POST", "/api/name", {"name": "Ana"}, **OURS)
        return headers["set-cookie"].partition(";")[0]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("home")
    port = free_port()
    environment = {
        "ANNOTATOR_HOME": str(home),
        "ANNOTATOR_PORT": str(port),
        "ANNOTATOR_HOSTS": "notebook.example",
        "ANNOTATOR_UPLOAD_MB": "1",
        "ANNOTATOR_JUDGE_KEY": JUDGE_KEY,
    }
    with databases.unmade(backend) as place:
        for name, address in place.items():
            environment[name] = address.replace("annotator@", f"annotator:{PASSWORD}@", 1)
        workspace = open_workspace(load(environment))
        imported(workspace, sign_in(workspace, name="Ana"), benchmark(record()))
        workspace.database.close()
        found = Running(port, home / "server.log", (JUDGE_KEY, PASSWORD, *place.values()))
        with found.log.open("wb") as sink:
            process = subprocess.Popen(
                [sys.executable, "-m", "annotator.server"],
                env=os.environ | environment,
                stdout=sink,
                stderr=sink,
            )
        deadline = time.monotonic() + START_SECONDS
        while not found.answers():
            assert process.poll() is None and time.monotonic() < deadline, found.log.read_text()
            time.sleep(0.1)
        yield found
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1", "[::1", ""]
)
def test_a_name_that_was_made_to_lead_here_is_refused(running, host):
    for path in ("/", "/api/health", "/_stcore/health"):
        status, text, _ = running.ask("GET", path, Host=host)
        assert status in (400, 421), path
        assert "Ana" not in text
    assert running.ask("POST", "/api/name", {"name": "Ana"}, Host=host, **OURS)[0] in (400, 421)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "[::1]", "notebook.example", "LOCALHOST"]
)
def test_its_own_names_are_answered(running, host):
    assert running.ask("GET", "/api/health", Host=f"{host}:{running.port}")[0] == 200


def test_a_page_from_elsewhere_opens_no_socket(running):
    headers = {"Cookie": running.cookie()}
    address = f"ws://127.0.0.1:{running.port}/_stcore/stream"
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(address, origin=ELSEWHERE, additional_headers=headers, subprotocols=["streamlit"]),
    ):
        pass
    assert refused.value.response.status_code == 403
    own = f"http://127.0.0.1:{running.port}"
    with connect(address, origin=own, additional_headers=headers, subprotocols=["streamlit"]):
        pass


def test_a_form_from_elsewhere_changes_nothing(running):
    cookie = running.cookie()
    body = {"item_id": 1, "field": "note", "base": "", "text": "forged", "version": 0,
            "tab": "t", "save_id": "s"}  # fmt: skip
    headers = {"Cookie": cookie, "Origin": ELSEWHERE, "Content-Type": "text/plain"}
    for path in ("/api/draft", "/api/curation", "/api/name", "/api/leave"):
        status, text, answer = running.ask("POST", path, body, **headers)
        assert status == 403 and "did not come from our pages" in text
        assert "access-control-allow-origin" not in answer
    assert running.ask("OPTIONS", "/api/draft", **headers)[0] in (403, 405)


@pytest.mark.parametrize(
    "path",
    [
        "/image/../secret",
        "/image/..%2fsecret",
        "/image/%2e%2e/%2e%2e/annotator.db",
        "/image/..%5c..%5cannotator.db",
        "/asset/../../config.py",
        "/asset/..%2f..%2fconfig.py",
        "/app/static/../app.py",
        "/media/../../annotator.db",
        "/component/..%2f..%2fannotator.db/x",
        "//etc/passwd",
        "/static/..%2f..%2f..%2f..%2fetc/passwd",
    ],
)
def test_no_path_leaves_its_folder(running, path):
    status, text, _ = running.ask("GET", path, Cookie=running.cookie())
    assert "SQLite format" not in text and "root:" not in text and "ANNOTATOR_HOME" not in text
    assert status in (400, 401, 403, 404) or "<!doctype html>" in text.lower()[:200]


def test_an_upload_outside_a_page_is_refused(running):
    cookie = running.cookie()
    path = "/_stcore/upload_file/00000000-0000-0000-0000-000000000000/file"
    status, _, _ = running.ask("PUT", path, b"x" * 100, Cookie=cookie)
    assert 400 <= status < 500


def test_errors_tell_nothing_of_the_inside(running):
    cookie = running.cookie()
    for method, path, body in (
        ("POST", "/api/draft", b"{"),
        ("POST", "/api/draft", b"\xff\xfe"),
        ("POST", "/api/draft", {"item_id": "1; drop table item", "field": "x"}),
        ("GET", "/image/zz?size=full", None),
        ("PATCH", "/api/draft", None),
    ):
        status, text, _ = running.ask(method, path, body, Cookie=cookie, **OURS)
        assert 400 <= status < 500
        for word in ("Traceback", "sqlalchemy", "/annotator/", *running.secrets):
            assert word not in text


@pytest.mark.parametrize("half", ["\x00", "\ud800", "\U0001f642\udfff"])
def test_what_is_no_text_is_refused_in_words(running, half):
    cookie = running.cookie()
    draft = {"item_id": 1, "field": "note", "base": "", "text": "", "version": 0, "tab": "t",
             "save_id": "s"}  # fmt: skip
    asked = [("/api/name", {"name": f"A{half}"}), ("/api/signin", {"name": half, "password": half})]
    asked += [("/api/draft", draft | {field: half}) for field in ("text", "tab", "save_id")]
    for path, body in asked:
        status, text, _ = running.ask("POST", path, body, Cookie=cookie, **OURS)
        assert 400 <= status < 500 and json.loads(text)["error"], (path, body)
    assert running.ask("GET", "/image/%00", Cookie=cookie)[0] == 400
    forged = cookie.partition("=")[0] + "=1%00.x.y"
    assert running.ask("POST", "/api/draft", draft, Cookie=forged, **OURS)[0] == 401


def test_the_log_holds_no_secret(running):
    running.ask("POST", "/api/draft", b"{", Cookie=running.cookie(), **OURS)
    told = running.log.read_text()
    secret = (running.log.parent / "secret").read_text()
    assert not [one for one in (*running.secrets, secret) if one in told]
    assert running.cookie().partition("=")[2] not in told
