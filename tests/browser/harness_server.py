"""Serve harness_app.py with a save route kept in memory: `python harness_server.py PORT`."""

from __future__ import annotations

import asyncio
import io
import sys
from pathlib import Path

import streamlit as st
from PIL import Image, ImageDraw
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1])]

from harness_store import STORE  # noqa: E402

from annotator.ui.components.assets import ASSETS, ROUTE  # noqa: E402


async def asset(request: Request) -> Response:
    return Response(ASSETS[request.path_params["file"]], media_type="text/javascript")


async def save(request: Request) -> Response:
    body = await request.json()
    sent = {**body, "header": request.headers.get("x-annotator")}
    mode = dict(STORE.mode)
    STORE.saves.append(sent)
    await asyncio.sleep(mode.get("delay", 0))
    if mode.get("status"):
        return JSONResponse({"error": mode.get("error", "told to")}, status_code=mode["status"])
    answer = _stored(body)
    if mode.get("lose_answer"):
        return JSONResponse({}, status_code=503)
    return answer


def _stored(body: dict[str, object]) -> Response:
    item, field, text = int(str(body["item_id"])), str(body["field"]), str(body["text"])
    with STORE.lock:
        done = STORE.seen.get(str(body["save_id"]))
        if done is not None:
            return JSONResponse(done)
        current = STORE.text(item, field)
        if current != body["base"]:
            told = {"current": current, "by": "Ana in another tab", "version": STORE.versions[item]}
            return JSONResponse(told, status_code=409)
        STORE.set_text(item, field, text)
        STORE.versions[item] += 1
        done = {"version": STORE.versions[item], "saved_at": "14:02", "text": text}
        STORE.seen[str(body["save_id"])] = done
    return JSONResponse(done)


async def state(_: Request) -> Response:
    return JSONResponse(
        {
            name: getattr(STORE, name)
            for name in ("items", "versions", "texts", "saves", "ops", "pressed", "order", "runs")
        }
    )


async def control(request: Request) -> Response:
    """Reset, or set what the server does next: mode, target, one text behind everybody's back."""
    body = await request.json()
    if body.get("reset"):
        STORE.reset()
    for name in ("mode", "target"):
        if name in body:
            setattr(STORE, name, body[name])
    if "text" in body:
        STORE.set_text(*body["text"])
        STORE.versions[body["text"][0]] += 1
    return JSONResponse({})


async def image(request: Request) -> Response:
    item = int(request.path_params["item"])
    width, height = (800, 500) if item % 2 else (400, 600)
    if "size" not in request.query_params:
        width, height = width * 3, height * 3
    picture = Image.new("RGB", (width, height), (40 + item * 17 % 200, 110, 150))
    draw = ImageDraw.Draw(picture)
    for at in range(0, max(width, height), 50):
        draw.line([(at, 0), (0, at)], fill=(235, 235, 220), width=2)
    draw.text((20, 20), f"item {item}", fill="white", font_size=height // 8)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return Response(out.getvalue(), media_type="image/png")


ROUTES = [
    Route(ROUTE, asset),
    Route("/api/draft", save, methods=["POST"]),
    Route("/test/state", state),
    Route("/test/control", control, methods=["POST"]),
    Route("/image/{item}", image),
]
app = st.App(str(HERE / "harness_app.py"), routes=ROUTES)

if __name__ == "__main__":
    app.run(
        config={
            "server.port": int(sys.argv[1]),
            "server.address": "127.0.0.1",
            "server.headless": True,
            "server.fileWatcherType": "none",
            "runner.postScriptGC": False,
            "browser.gatherUsageStats": False,
            "global.developmentMode": False,
            # A cached message can be missing in the browser after interrupted runs, which
            # ends the connection: seen under fast presses with messages above 10 kB.
            "global.minCachedMessageSize": 1_000_000_000,
        }
    )
