"""The routes beside Streamlit's pages.

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
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from annotator import identity, oidc, signin
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
from annotator.images import BadImage
from annotator.services import accounts, annotate, pictures, settling
from annotator.services.saving import Shown
from annotator.services.workspace import Workspace, sign_in
from annotator.ui.components.assets import ASSETS, ROUTE
from db.engine import ping

logger = logging.getLogger(__name__)

OUR_HEADER = "X-Annotator"
LARGEST_BODY = 1_000_000
LARGEST_NUMBER = 2**63
FOR_EVER = "private, max-age=31536000, immutable"
SIZES = ("thumb", "display", "full")

Handler = Callable[[Request], Awaitable[Response]]
Save = Callable[[Workspace, Person, dict[str, Any]], dict[str, Any]]


def routes(workspace: Workspace) -> list[Route]:
    """Our routes over one workspace."""
    ours = Answers(workspace)
    return [
        Route(ROUTE, asset),
        Route("/signin", ours.sign_in_page),
        Route("/image/{sha256}", answered(ours.image)),
        Route("/api/health", answered(ours.health)),
        *(
            Route(path, answered(handler), methods=["POST"])
            for path, handler in (
                ("/api/draft", ours.draft),
                ("/api/curation", ours.curation),
                ("/api/name", ours.name),
                ("/api/signin", ours.sign_in),
                ("/api/invitation", ours.invitation),
                ("/api/leave", ours.leave),
            )
        ),
    ]


class Answers:
    """What the routes answer, over one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    # For somebody with a name

    async def image(self, request: Request) -> Response:
        """An image's file."""
        await self.somebody(request)
        size = request.query_params.get("size", "display")
        if size not in SIZES:
            return problem(404, "There is no such size.")
        sha256 = request.path_params["sha256"]
        try:
            path, mime = await run_in_threadpool(image_file, self.workspace, sha256, size)
        except (NotFound, InvalidValue, BadImage):
            return problem(404, "There is no such image.")
        headers = {
            "Cache-Control": FOR_EVER,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return FileResponse(path, media_type=mime, headers=headers)

    async def draft(self, request: Request) -> Response:
        """A text of an annotator's draft."""
        return await self.stored(request, save_draft)

    async def curation(self, request: Request) -> Response:
        """A text of a reviewer's draft."""
        return await self.stored(request, save_curation)

    async def stored(self, request: Request, save: Save) -> Response:
        """Save what a request holds, and answer what stands now."""
        person = await self.somebody(request)
        body = await json_body(request)
        return JSONResponse(await run_in_threadpool(save, self.workspace, person, body))

    async def somebody(self, request: Request) -> Person:
        """Who sends this; raises Nobody."""
        found = await run_in_threadpool(
            identity.person_of, self.workspace, request.cookies, request.headers
        )
        if found is None:
            raise Nobody
        return found

    # The ways in and out

    async def name(self, request: Request) -> Response:
        """Choose a name, where nobody has to prove it."""
        if self.workspace.settings.access != "local":
            return problem(403, "Names are not chosen here; sign in.")
        body = await json_body(request)
        person = await run_in_threadpool(sign_in, self.workspace, name=text_of(body, "name"))
        return self.remembered(request, person)

    def sign_in_page(self, request: Request) -> Response:
        """Where one signs in."""
        if self.workspace.settings.access == "oidc":
            return oidc.entrance(request.cookies, self.workspace.settings)
        return signin.page(request)

    async def sign_in(self, request: Request) -> Response:
        """Sign in with a password."""
        body = await self.with_accounts(request)
        person = await run_in_threadpool(
            accounts.sign_in,
            self.workspace,
            name=text_of(body, "name"),
            password=text_of(body, "password"),
            address=request.client.host if request.client else "",
        )
        return await run_in_threadpool(self.entered, request, person)

    async def invitation(self, request: Request) -> Response:
        """Make the account that an invitation allows."""
        body = await self.with_accounts(request)
        person = await run_in_threadpool(
            accounts.accept,
            self.workspace,
            token=text_of(body, "token"),
            name=text_of(body, "name"),
            password=text_of(body, "password"),
        )
        return await run_in_threadpool(self.entered, request, person)

    async def with_accounts(self, request: Request) -> dict[str, Any]:
        """A request's body, where there are accounts; raises NotFound."""
        if self.workspace.settings.access != "accounts":
            raise NotFound("way in", "accounts")
        return await json_body(request)

    def entered(self, request: Request, person: Person) -> Response:
        """Remember somebody until their sessions are ended."""
        epoch = accounts.epoch_of(self.workspace, person_id=person.id) or 0
        return self.remembered(request, person, epoch)

    def remembered(self, request: Request, person: Person, epoch: int = 0) -> Response:
        """An answer that sets the cookie."""
        response = JSONResponse({"name": person.name})
        secure = request.url.scheme == "https"
        identity.remember(response, self.workspace.settings, person, secure=secure, epoch=epoch)
        return response

    async def leave(self, request: Request) -> Response:
        """Forget the name; with accounts, everywhere where that is wished."""
        body = await json_body(request)
        if body.get("everywhere") and self.workspace.settings.access == "accounts":
            person = await run_in_threadpool(identity.person_of, self.workspace, request.cookies)
            if person is not None:
                await run_in_threadpool(accounts.sign_out_everywhere, self.workspace, actor=person)
        response = JSONResponse({})
        identity.forget(response)
        return response

    # For anybody

    async def health(self, request: Request) -> Response:
        """Whether the database answers."""
        await run_in_threadpool(ping, self.workspace.database)
        return JSONResponse({"status": "ok"})


async def asset(request: Request) -> Response:
    """Our components' code."""
    code = ASSETS.get(request.path_params["file"])
    if code is None:
        return problem(404, "There is no such file.")
    headers = {"Cache-Control": FOR_EVER, "X-Content-Type-Options": "nosniff"}
    return Response(code, media_type="text/javascript", headers=headers)


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
        except Nobody as fault:
            return problem(401, str(fault))
        except Unavailable as fault:
            logger.error("%s: %s", request.url.path, fault)
            return problem(503, str(fault))
        except AnnotatorError as fault:
            return problem(422, str(fault))

    return answering


def problem(status: int, sentence: str) -> Response:
    """An answer that says what is wrong."""
    return JSONResponse({"error": sentence}, status)


class Nobody(AnnotatorError):
    """A request without a name."""

    def __init__(self) -> None:
        super().__init__("Choose your name first.")


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
