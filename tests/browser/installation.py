"""A real server on a home folder of its own, the way into it, and what its database says."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page

from tests import databases

ROOT = Path(__file__).parents[2]
START_SECONDS = 300
PATIENCE_SECONDS = 90
"""For whatever is bound to come: a busy machine may be slow, and a passing test never waits."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def until(holds: Callable[[], Any], message: str = "", seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait for something outside the page; what held is returned."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := holds():
            return value
        time.sleep(0.02)
    raise AssertionError(message or "it never held")


@dataclass(slots=True)
class Installation:
    """The server and its worker as processes, and the home folder they work in."""

    home: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def exports(self) -> Path:
        return self.home / "exports"

    def ask(self, sql: str, *values: Any) -> list[Any]:
        """Ask the database through a connection of our own; a row of one column is its value."""
        rows = databases.answers(self.environment, sql, values)
        return [row[0] if len(row) == 1 else row for row in rows]

    def answers(self) -> bool:
        assert self.process.poll() is None, f"the server ended:\n{self.log.read_text()}"
        try:
            urllib.request.urlopen(f"{self.address}/api/health", timeout=30).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def start(home: Path, *command: str, **settings: str) -> Installation:
    """Start ``annotator …`` on a home folder and wait until it answers."""
    home.mkdir(parents=True, exist_ok=True)
    port, log = free_port(), home / "server.log"
    clean = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"}
    environment = {"ANNOTATOR_HOME": str(home), "ANNOTATOR_EXPORTS": str(home / "exports")}
    environment |= settings
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "annotator", *command, "--port", str(port)],
            cwd=ROOT,
            env=clean | environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    installed = Installation(home, port, process, log, environment)
    until(installed.answers, "the server did not start", START_SECONDS)
    return installed


def sign_in(context: BrowserContext, installed: Installation, name: str) -> None:
    """Choose a name, as the first page's form does; the context keeps the cookie."""
    answer = context.request.post(
        f"{installed.address}/api/name",
        headers={"X-Annotator": "1", "Content-Type": "application/json"},
        data=json.dumps({"name": name}),
    )
    assert answer.ok, answer.text()


@dataclass(frozen=True, slots=True)
class Dataset:
    """A copy of the demo benchmark that one test has to itself."""

    installed: Installation
    name: str
    id: int
    items: Sequence[int]

    def address(self, place: str, **parameters: str | int) -> str:
        more = "".join(f"&{name}={value}" for name, value in parameters.items())
        return f"{self.installed.address}/{place}?dataset={self.name}{more}"

    def open(self, page: Page, position: int = 0) -> int:
        """Open an item on Annotate; returns its id."""
        page.goto(self.address("annotate", item=self.items[position]))
        shows(page, self.items[position])
        return self.items[position]

    def note(self, position: int) -> str | None:
        """Ana's note on an item, as it stands in the database."""
        return self.annotation(position, "note")

    def annotation(self, position: int, column: str, name: str = "Ana") -> Any:
        found = self.installed.ask(
            f"select a.{column} from annotation a join person p on p.id = a.person_id"
            " where a.item_id = ? and p.name = ?",
            self.items[position],
            name,
        )
        return found[0] if found else None

    def draft(self, position: int, name: str = "Ana") -> dict[str, Any]:
        return dict(json.loads(self.annotation(position, "state", name) or "{}"))

    def texts(self, position: int, name: str = "Ana") -> list[str]:
        state = self.draft(position, name)
        return [state[f"c/{key}/text"] for key in state.get("order", [])]

    def weights(self, position: int, name: str = "Ana") -> list[float]:
        state = self.draft(position, name)
        return [state[f"c/{key}/weight"] for key in state.get("order", [])]

    def item(self, position: int, column: str) -> Any:
        return self.installed.ask(f"select {column} from item where id = ?", self.items[position])[
            0
        ]


def shows(page: Page, item: int) -> None:
    """Wait until an item is on the page with everything that is typed into, and keys are heard."""
    page.locator(f'.bd[data-item="{item}"] .bd-text').wait_for()
    page.locator(f'.an-field[data-item="{item}"]').wait_for()
    page.get_by_role("button", name="Submit and next").wait_for()
    settled(page)


def note(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Note", exact=True)


def settled(page: Page) -> None:
    """Wait until Streamlit has nothing under way."""
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    )
