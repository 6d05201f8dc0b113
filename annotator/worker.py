"""The worker process: takes jobs from the database until it is told to stop.

``python -m annotator.worker [all|quick|slow]`` says which (``jobs.SHARES``).
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading

from annotator.config import load
from annotator.errors import Unavailable
from annotator.services.jobs import SHARES, TROUBLE_SECONDS, run_next, worker_name
from annotator.services.workspace import open_workspace

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.5


def main() -> None:
    """Work until SIGTERM, SIGINT or the parent's end; settings come from the environment."""
    settings = load()
    kinds = SHARES[sys.argv[1] if len(sys.argv) > 1 else "all"]
    logging.basicConfig(level=settings.log, format="%(asctime)s worker %(levelname)s %(message)s")
    workspace = open_workspace(settings)
    name = worker_name()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    logger.info("ready")
    parent = os.getppid()

    def ending() -> bool:
        return ended.is_set() or os.getppid() != parent

    while not ending():
        try:
            if not run_next(workspace, worker=name, ending=ending, kinds=kinds):
                ended.wait(IDLE_SECONDS)
        except Unavailable as fault:
            logger.error("%s", fault)
            ended.wait(TROUBLE_SECONDS)


if __name__ == "__main__":
    main()
