"""Start the server and its workers as processes and keep them up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from annotator import oidc
from annotator.config import Settings

LOOK_SECONDS: Final = 0.5
RESTART_SECONDS: Final = 2.0
GRACE_SECONDS: Final = 10.0
WORKERS: Final = ("quick", "slow")


@dataclass(slots=True)
class Processes:
    """The server and its workers, one for what is quick and one for what takes hours of waiting.

    A worker is started again when it dies.
    """

    environment: dict[str, str]
    server: subprocess.Popen[bytes] = field(init=False)
    workers: dict[str, subprocess.Popen[bytes]] = field(init=False)

    def __post_init__(self) -> None:
        self.server = self.start("annotator.server")
        self.workers = {share: self.start("annotator.worker", share) for share in WORKERS}

    def start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        """One Python process running a module of ours."""
        return subprocess.Popen([sys.executable, "-m", module, *arguments], env=self.environment)

    def watch(self) -> int:
        """Wait until the server ends; returns its exit code."""
        while True:
            try:
                return self.server.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                for share, worker in self.workers.items():
                    if worker.poll() is not None:
                        time.sleep(RESTART_SECONDS)
                        self.workers[share] = self.start("annotator.worker", share)

    def end(self) -> None:
        """Ask all to end, and end them after a grace."""
        every = (self.server, *self.workers.values())
        for process in every:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for process in every:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def serve_forever(settings: Settings, say: Callable[[str], None]) -> int:
    """Serve until SIGTERM, SIGINT or the server's end; returns an exit code.

    Raises:
        Misconfigured: the provider that people sign in at is set by halves.
    """
    if settings.access == "oidc":
        oidc.check(settings)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
    say(f"Serving on http://{settings.host}:{settings.port} (data in {settings.home})")
    processes = Processes(os.environ | settings.environment())
    try:
        return processes.watch()
    except KeyboardInterrupt:
        return 0
    finally:
        processes.end()
