"""The server as users run it, with a route that tells how long each script run took.

``python -m tests.bench.served`` serves the app; with ``empty`` a page of one button, the yardstick
of the rows that are measured in a browser. Both run under the same options of Streamlit.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime.scriptrunner import script_runner

from annotator import server
from annotator.config import load
from annotator.routes import routes as our_routes
from annotator.services.workspace import shared_workspace

RUNS: list[dict[str, Any]] = []


def time_runs() -> None:
    """Note the wall and processor time of every script run, callbacks included."""
    original = script_runner.exec_func_with_error_handling

    def timed(func: Any, ctx: Any) -> Any:
        wall, processor = time.perf_counter(), time.thread_time()
        answer = original(func, ctx)
        RUNS.append(
            {
                "ms": (time.perf_counter() - wall) * 1000,
                "cpu_ms": (time.thread_time() - processor) * 1000,
                "query": ctx.query_string,
                "error": repr(answer[-1]) if answer[-1] is not None else None,
            }
        )
        return answer

    script_runner.exec_func_with_error_handling = timed


async def runs(_: Request) -> JSONResponse:
    """The runs since the last call."""
    found = list(RUNS)
    RUNS.clear()
    return JSONResponse(found)


def main() -> None:
    """Serve until stopped; settings come from the environment."""
    settings = load()
    time_runs()
    server.share_the_processor()
    if sys.argv[1:] == ["empty"]:
        script, routes = Path(__file__).with_name("empty_app.py"), []
    else:
        script = Path(server.__file__).with_name("app.py")
        routes = our_routes(shared_workspace(settings))
    app = st.App(script, routes=[*routes, Route("/bench/runs", runs)])
    app.run(config=server.streamlit_options(settings))


if __name__ == "__main__":
    main()
