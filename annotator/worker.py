"""The worker process: takes jobs from the database until it is told to stop."""

from __future__ import annotations

import logging
import os
import signal
import threading

from annotator.config import load
from annotator.services.jobs import run_next, worker_name
from annotator.services.workspace import open_workspace

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.5


def main() -> None:
    """Work until SIGTERM or SIGINT; settings come from the environment."""
    settings = load()
    logging.basicConfig(level=settings.log, format="%(asctime)s worker %(levelname)s %(message)s")
    workspace = open_workspace(settings)
    name = worker_name()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    logger.info("ready")
    parent = os.getppid()
    while not ended.is_set() and os.getppid() == parent:
        if not run_next(workspace, worker=name, ending=ended.is_set):
            ended.wait(IDLE_SECONDS)


if __name__ == "__main__":
    main()
