"""The web server: Streamlit's pages and, beside them, the routes they need.

==================  ========================================================================
GET  /asset/FILE    our components' code; the file's name changes with it
GET  /image/HASH    an image by content, ``?size=thumb|display|full``; never changes
POST /api/draft     save a text as it is typed (see annotator.services.annotate.save_text)
POST /api/curation  the same of a reviewer's draft (see annotator.services.settling.save_text)
POST /api/name      choose a name; sets the signed cookie
POST /api/leave     forget the name
GET  /signin        see annotator.signin, also for /api/signin and /api/invitation
GET  /api/health    whether server and database answer
==================  ========================================================================

The cookie is HttpOnly and SameSite=Lax; every POST must come from our own pages, which a header
that no other origin may set proves.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from annotator import identity, oidc, signin
from annotator.config import Settings, load
from annotator.domain.records import Person
from annotator.errors import (
    AnnotatorError,
    Forbidden,
    InvalidValue,
    NotFound,
    StaleSave,
    TooOften,
    Unavailable,
)
from annotator.gate import Gate
from annotator.images import BadImage
from annotator.services import accounts, annotate, pictures, settling
from annotator.services.saving import Shown
from annotator.services.workspace import Workspace, shared_workspace, sign_in
from annotator.ui.components.assets import ASSETS, ROUTE
from db.engine import ping

logger = logging.getLogger(__name__)

OUR_HEADER = "X-Annotator"
PARENT_SECONDS = 1.0
LARGEST_BODY = 1_000_000
LARGEST_NUMBER = 2**63
FOR_EVER = "private, max-age=31536000, immutable"

Handler = Callable[[Request], Awaitable[Response]]


def routes(workspace: Workspace) -> list[Route]:
    """Our routes over one workspace."""

    def signed_in(handler: Callable[[Request, Person], Awaitable[Response]]) -> Handler:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            person = await run_in_threadpool(
                identity.person_of, workspace, request.cookies, request.headers
            )
            if person is None:
                return problem(401, "Choose your name first.")
            return await handler(request, person)

        return guarded

    async def image(request: Request, person: Person) -> Response:
        size = request.query_params.get("size", "display")
        if size not in ("thumb", "display", "full"):
            return problem(404, "There is no such size.")
        try:
            path, mime = await run_in_threadpool(
                image_file, workspace, request.path_params["sha256"], size
            )
        except (NotFound, InvalidValue, BadImage):
            return problem(404, "There is no such image.")
        headers = {
            "Cache-Control": FOR_EVER,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return FileResponse(path, media_type=mime, headers=headers)

    async def draft(request: Request, person: Person) -> Response:
        body = await json_body(request)
        saved = await run_in_threadpool(save_draft, workspace, person, body)
        return JSONResponse(saved)

    async def curation(request: Request, person: Person) -> Response:
        body = await json_body(request)
        saved = await run_in_threadpool(save_curation, workspace, person, body)
        return JSONResponse(saved)

    async def name(request: Request) -> Response:
        if workspace.settings.access != "local":
            return problem(403, "Names are not chosen here; sign in.")
        body = await json_body(request)
        person = await run_in_threadpool(sign_in, workspace, name=text_of(body, "name"))
        response = JSONResponse({"name": person.name})
        identity.remember(
            response, workspace.settings, person, secure=request.url.scheme == "https"
        )
        return response

    def entered(request: Request, person: Person) -> Response:
        response = JSONResponse({"name": person.name})
        epoch = accounts.epoch_of(workspace, person_id=person.id) or 0
        secure = request.url.scheme == "https"
        identity.remember(response, workspace.settings, person, secure=secure, epoch=epoch)
        return response

    def sign_in_page(request: Request) -> Response:
        if workspace.settings.access == "oidc":
            return oidc.entrance(request.cookies, workspace.settings)
        return signin.page(request)

    async def sign_in_here(request: Request) -> Response:
        if workspace.settings.access != "accounts":
            return problem(404, "There are no accounts here.")
        body = await json_body(request)
        person = await run_in_threadpool(
            accounts.sign_in,
            workspace,
            name=text_of(body, "name"),
            password=text_of(body, "password"),
            address=request.client.host if request.client else "",
        )
        return await run_in_threadpool(entered, request, person)

    async def invitation(request: Request) -> Response:
        if workspace.settings.access != "accounts":
            return problem(404, "There are no accounts here.")
        body = await json_body(request)
        person = await run_in_threadpool(
            accounts.accept,
            workspace,
            token=text_of(body, "token"),
            name=text_of(body, "name"),
            password=text_of(body, "password"),
        )
        return await run_in_threadpool(entered, request, person)

    async def leave(request: Request) -> Response:
        body = await json_body(request)
        if body.get("everywhere") and workspace.settings.access == "accounts":
            person = await run_in_threadpool(identity.person_of, workspace, request.cookies)
            if person is not None:
                await run_in_threadpool(accounts.sign_out_everywhere, workspace, actor=person)
        response = JSONResponse({})
        identity.forget(response)
        return response

    async def asset(request: Request) -> Response:
        code = ASSETS.get(request.path_params["file"])
        if code is None:
            return problem(404, "There is no such file.")
        headers = {"Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"}
        return Response(code, media_type="text/javascript", headers=headers)

    async def health(request: Request) -> Response:
        await run_in_threadpool(ping, workspace.database)
        return JSONResponse({"status": "ok"})

    return [
        Route(ROUTE, asset),
        Route("/image/{sha256}", answered(signed_in(image))),
        Route("/api/draft", answered(signed_in(draft)), methods=["POST"]),
        Route("/api/curation", answered(signed_in(curation)), methods=["POST"]),
        Route("/api/name", answered(name), methods=["POST"]),
        Route("/signin", sign_in_page),
        Route("/api/signin", answered(sign_in_here), methods=["POST"]),
        Route("/api/invitation", answered(invitation), methods=["POST"]),
        Route("/api/leave", answered(leave), methods=["POST"]),
        Route("/api/health", answered(health)),
    ]


def answered(handler: Handler) -> Handler:
    """Turn our errors into answers with a status and a sentence."""

    @wraps(handler)
    async def answering(request: Request) -> Response:
        if request.method == "POST" and OUR_HEADER not in request.headers:
            return problem(403, "This request did not come from our pages.")
        try:
            return await handler(request)
        except StaleSave as fault:
            return JSONResponse(
                {
                    "error": str(fault),
                    "current": fault.current.get("text"),
                    "version": fault.current.get("version"),
                    "by": fault.by,
                },
                409,
            )
        except NotFound as fault:
            return problem(404, str(fault))
        except TooLarge as fault:
            return problem(413, str(fault))
        except TooOften as fault:
            return problem(429, str(fault))
        except Forbidden as fault:
            return problem(403, str(fault))
        except Unavailable as fault:
            logger.error("%s: %s", request.url.path, fault)
            return problem(503, str(fault))
        except AnnotatorError as fault:
            return problem(422, str(fault))

    return answering


def problem(status: int, sentence: str) -> Response:
    """An answer that says what is wrong."""
    return JSONResponse({"error": sentence}, status)


class TooLarge(InvalidValue):
    """A request with more in it than any of ours has."""

    def __init__(self) -> None:
        super().__init__("request", f"is larger than {LARGEST_BODY:,} bytes")


async def json_body(request: Request) -> dict[str, Any]:
    """A JSON object of bounded size; raises InvalidValue."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY:
            raise TooLarge
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise InvalidValue("request", "is no JSON") from fault
    if not isinstance(body, dict):
        raise InvalidValue("request", "must be a JSON object")
    return body


def text_of(body: dict[str, Any], field: str) -> str:
    """A text of the request; raises InvalidValue."""
    value = body.get(field)
    if not isinstance(value, str):
        raise InvalidValue(field, "must be text")
    return value


def number_of(body: dict[str, Any], field: str) -> int:
    """A whole number of the request; raises InvalidValue."""
    value = body.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < LARGEST_NUMBER:
        raise InvalidValue(field, "must be a whole number, 0 or more")
    return value


def save_draft(workspace: Workspace, person: Person, body: dict[str, Any]) -> dict[str, Any]:
    """Store a typed text; see annotator.services.annotate.save_text."""
    field, text = text_of(body, "field"), text_of(body, "text")
    annotation = annotate.save_text(
        workspace,
        actor=person,
        item_id=number_of(body, "item_id"),
        shown=Shown(
            version=number_of(body, "version"),
            revision=0,
            tab=text_of(body, "tab"),
            save_id=text_of(body, "save_id"),
        ),
        field=field,
        base=text_of(body, "base"),
        text=text,
    )
    return {
        "version": annotation.version,
        "saved_at": f"{annotation.updated_at.astimezone():%H:%M}",
        "text": text,
    }


def save_curation(workspace: Workspace, person: Person, body: dict[str, Any]) -> dict[str, Any]:
    """Store a text of a reviewer's draft; see annotator.services.settling.save_text."""
    text = text_of(body, "text")
    draft = settling.save_text(
        workspace,
        actor=person,
        item_id=number_of(body, "item_id"),
        field=text_of(body, "field"),
        base=text_of(body, "base"),
        text=text,
    )
    saved_at = f"{draft.updated_at.astimezone():%H:%M}"
    return {"version": draft.version, "saved_at": saved_at, "text": text}


def image_file(workspace: Workspace, sha256: str, size: Any) -> tuple[Path, str]:
    """The file to send for an image; raises NotFound, BadImage."""
    pictures.shown(workspace, sha256=sha256)
    return workspace.images.derived(sha256, size)


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
        "global.developmentMode": False,
        # Under fast presses Streamlit asks for cached messages that it has already dropped, and
        # ends the session; so it caches none.
        "global.minCachedMessageSize": 1_000_000_000,
        "theme.light.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#4A9FDB",
        "logger.level": settings.log.lower(),
    } | ({"secrets.files": [str(oidc.secrets_file(settings))]} if settings.access == "oidc" else {})


def end_with_parent(parent: int) -> None:
    """Ask this process to end once the one that started it is gone, however it went."""
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve until stopped; settings come from the environment."""
    settings = load()
    logging.basicConfig(level=settings.log, format="%(asctime)s server %(levelname)s %(message)s")
    if settings.access == "oidc":
        oidc.check(settings)
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
