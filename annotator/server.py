"""The web server: Streamlit's pages behind the gate and, beside them, our routes."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from annotator import oidc
from annotator.config import Settings, load
from annotator.gate import Gate
from annotator.routes import routes
from annotator.services.workspace import shared_workspace

logger = logging.getLogger(__name__)

PARENT_SECONDS = 1.0
SWITCH_SECONDS = 0.0005
"""How long one thread of Python may keep the others waiting, a tenth of what is usual: each piece
of a page is sent by one thread, which otherwise waits the whole time after every one."""


def streamlit_options(settings: Settings) -> dict[str, Any]:
    """Streamlit's options; a wheel has no ``.streamlit`` folder beside it."""
    return {
        "server.address": settings.host,
        "server.port": settings.port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.maxUploadSize": settings.upload_mb,
        "server.enableXsrfProtection": True,
        "runner.postScriptGC": False,
        "runner.magicEnabled": False,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        # No page around ours steers it; the browser would look each of our own messages up in it.
        "client.allowedOrigins": [],
        "global.developmentMode": False,
        # Under fast presses Streamlit asks for cached messages that it has already dropped, and
        # ends the session; so it caches none.
        "global.minCachedMessageSize": 1_000_000_000,
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#4A9FDB",
        "logger.level": settings.log.lower(),
    } | ({"secrets.files": [str(oidc.secrets_file(settings))]} if settings.access == "oidc" else {})


def share_the_processor() -> None:
    """Let whoever sends pages not wait for whoever makes them."""
    sys.setswitchinterval(SWITCH_SECONDS)


def end_with_parent(parent: int) -> None:
    """Ask this process to end once the one that started it is gone, however it went."""
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve until stopped; settings come from the environment."""
    settings = load()
    logging.basicConfig(level=settings.log, format="%(asctime)s server %(levelname)s %(message)s")
    share_the_processor()
    workspace = shared_workspace(settings)
    threading.Thread(target=end_with_parent, args=(os.getppid(),), daemon=True).start()
    app = st.App(
        Path(__file__).with_name("app.py"),
        routes=routes(workspace),
        middleware=[Middleware(Gate, workspace=workspace)],
    )
    app.run(config=streamlit_options(settings))


if __name__ == "__main__":
    main()
