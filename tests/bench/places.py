"""Where the rows are measured: databases of each size, made once per run, and servers over them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from annotator.config import Settings, load
from annotator.domain.records import Person
from annotator.services import importing
from annotator.services.workspace import Workspace, open_workspace, sign_in
from tests.bench.generate import write_benchmark

DATASET = "bench"
WHO = "Ana"
START_SECONDS = 60


@dataclass
class Place:
    """A folder that holds what is measured, kept for all rows of one run."""

    root: Path
    made: set[Path] = field(default_factory=set)

    def source(self, count: int) -> Path:
        """The benchmark file of so many items."""
        folder = self.root / f"source-{count}"
        if not (folder / "benchmark.json").exists():
            write_benchmark(folder, count)
        return folder / "benchmark.json"

    def settings(self, home: Path, database: str | None = None) -> Settings:
        """Settings of an installation in a folder, with its database there or elsewhere."""
        return load({"ANNOTATOR_HOME": str(home), "ANNOTATOR_LOG": "WARNING"}, database=database)

    def imported(self, count: int) -> Path:
        """A home folder with so many items; rows copy it and leave it as it is."""
        home = self.root / f"home-{count}"
        if not (home / "done").exists():
            shutil.rmtree(home, ignore_errors=True)
            with opened(self.settings(home)) as (workspace, actor):
                file = self.source(count)
                importing.import_file(
                    workspace,
                    actor=actor,
                    file=file.name,
                    data=file.read_bytes(),
                    dataset=DATASET,
                    images=file.parent,
                )
                settle_statistics(workspace)
            (home / "done").touch()
        return home

    def copy(self, count: int, name: str) -> Path:
        """A fresh copy of an imported home that a row may write to."""
        home, target = self.imported(count), self.root / f"{name}-{count}"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(home, target)
        return target


def settle_statistics(workspace: Workspace) -> None:
    """Move the write-ahead log into the file, so that a copied file is whole."""
    with workspace.database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Workspace, Person]]:
    """An installation, and somebody who works there."""
    workspace = open_workspace(settings)
    try:
        yield workspace, sign_in(workspace, name=WHO)
    finally:
        workspace.database.close()


@dataclass(frozen=True)
class Server:
    """A server process that runs."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def runs(self) -> list[dict[str, Any]]:
        """The script runs since the last call; raises where one of them failed."""
        with urllib.request.urlopen(f"{self.url}/bench/runs") as answer:
            found: list[dict[str, Any]] = json.load(answer)
        failed = [run for run in found if run["error"]]
        if failed:
            raise RuntimeError(f"a page failed: {failed[0]['error']}")
        return found

    def memory(self) -> float:
        """Resident memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kib) / 1024

    def sign_in(self, name: str) -> str:
        """Choose a name; returns the cookie as a header's value."""
        request = urllib.request.Request(
            f"{self.url}/api/name",
            json.dumps({"name": name}).encode(),
            {"X-Annotator": "1", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return str(answer.headers["Set-Cookie"]).split(";")[0]

    def end(self) -> None:
        """Ask it to end, and end it after a grace."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()
        self.process.wait()

    def faults(self) -> list[str]:
        """Lines of its log that speak of an error."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if "Traceback" in line or " ERROR " in line]


@contextmanager
def serving(home: Path, *, empty: bool = False) -> Iterator[Server]:
    """Serve an installation on a free port of this machine."""
    server = start(home, free_port(), *(["empty"] if empty else []))
    try:
        wait_for(server)
        yield server
    finally:
        server.end()


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start(home: Path, port: int, *arguments: str, database: str | None = None) -> Server:
    """Start a server over an installation; its log goes on where an earlier one's ended."""
    settings = replace(Place(home).settings(home, database), port=port)
    log = home / "server.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.served", *arguments],
            env=os.environ | settings.environment(),
            stdout=sink,
            stderr=sink,
        )
    return Server(f"http://127.0.0.1:{port}", process, log)


def wait_for(server: Server) -> None:
    """Wait until a server answers; raises RuntimeError with its log where it does not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    told = server.log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"the server did not start: {told}")
