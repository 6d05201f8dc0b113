"""The gate before everything the server serves: pages, images, downloads, the pages' sockets.

With accounts or a proxy, nothing passes without a session but the sign-in page and what it needs.
A proxy's header passes from the configured proxies only; from anybody else it is taken off. A
server that asks nobody who they are, and listens on its machine alone, answers to its own names.
"""

from __future__ import annotations

import ipaddress
import logging
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final, cast
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from annotator import identity, oidc
from annotator.config import Settings
from annotator.errors import Unavailable
from annotator.services.workspace import Workspace

logger = logging.getLogger(__name__)

NOT_OURS: Final = "This server answers to localhost and 127.0.0.1; name others in ANNOTATOR_HOSTS."
HERE: Final = ("127.0.0.1", "::1")
"""A proxy on this machine may say whom it sends, also where it names no user."""
OPEN: Final = ("/signin", "/api/signin", "/api/invitation", "/api/health")
"""Paths that are served without a session."""


class Gate:
    """ASGI middleware over the whole server; see the module's docstring.

    Behind it a request has the address and the scheme that a proxy says its visitor has; the gate
    itself looks at who is connected, so that a proxy stays one whomever it names.
    """

    def __init__(self, app: ASGIApp, workspace: Workspace) -> None:
        proxies = [str(network) for network in workspace.settings.proxies]
        self.app = cast(ASGIApp, ProxyHeadersMiddleware(cast(Any, app), [*HERE, *proxies]))
        self.workspace = workspace
        self.open = OPEN + (oidc.OPEN if workspace.settings.access == "oidc" else ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        settings = self.workspace.settings
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if settings.access == "local":
            if answers_to(scope, settings):
                await self.app(scope, receive, send)
                return
            logger.warning("refused: %s under a name that is not ours", scope["path"])
            await close(scope, receive, send, 421, NOT_OURS)
            return
        scope = believed(scope, settings)
        try:
            known = scope["path"] in self.open or await run_in_threadpool(self.knows, scope)
        except Unavailable as fault:
            logger.error("%s: %s", scope["path"], fault)
            await close(scope, receive, send, 503, str(fault))
            return
        if known:
            await self.app(scope, receive, send)
            return
        logger.warning("refused: %s without a session", scope["path"])
        await refuse(scope, receive, send, settings)

    def knows(self, scope: Scope) -> bool:
        """Whether a request comes from somebody known."""
        headers = Headers(scope=scope)
        cookies = cookies_of(headers.get("cookie", ""))
        return identity.person_of(self.workspace, cookies, headers) is not None


def answers_to(scope: Scope, settings: Settings) -> bool:
    """Whether a request names this machine.

    A page from elsewhere can have its own name resolve to this machine, and would then read
    everything of a server that asks nobody for a password (DNS rebinding); its name gives it away.
    """
    if not loopback(settings.host):
        return True
    try:
        named = urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname or ""
    except ValueError:
        return False
    return loopback(named) or named in settings.hosts


def loopback(host: str) -> bool:
    """Whether a name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def cookies_of(header: str) -> dict[str, str]:
    """A request's cookies; none of a header that cannot be read."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def believed(scope: Scope, settings: Settings) -> Scope:
    """The request without a proxy's header where it does not come from a proxy."""
    if settings.access == "proxy" and from_proxy(scope, settings):
        return scope
    name = settings.proxy_header.lower().encode("latin-1")
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() != name]}


def from_proxy(scope: Scope, settings: Settings) -> bool:
    """Whether a request was sent by a configured proxy."""
    client: Any = scope.get("client")
    try:
        address = ipaddress.ip_address(client[0] if client else "")
    except ValueError:
        return False
    return any(address in network for network in settings.proxies)


async def refuse(scope: Scope, receive: Receive, send: Send, settings: Settings) -> None:
    """Send a browser to the sign-in page, and everything else away."""
    wants_page = (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and "text/html" in Headers(scope=scope).get("accept", "")
    )
    if wants_page and settings.access in ("accounts", "oidc"):
        await RedirectResponse("/signin", 303)(scope, receive, send)
        return
    await close(scope, receive, send, 401, "Sign in first.")


async def close(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    """Answer a request, or end a socket, with a sentence."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 4000 + status, "reason": why[:100]})
        return
    await JSONResponse({"error": why}, status)(scope, receive, send)
