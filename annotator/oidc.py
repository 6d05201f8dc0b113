"""Signing in at an OpenID provider by Streamlit's own login (``st.login``, ``st.logout``).

Streamlit's routes do the exchange and set its signed cookie; /signin sends there. That cookie is
what authenticates here, for pages, images and downloads alike: it is read with Streamlit's key and
functions, must be for the origin of the ``redirect_uri``, and is good for the hours of a session.

The provider's client is set in ``secrets.toml`` in the home folder, in Streamlit's form::

    [auth]
    redirect_uri = "https://annotate.example.org/oauth2callback"
    cookie_secret = "…"
    client_id = "…"
    client_secret = "…"
    server_metadata_url = "https://login.example.org/.well-known/openid-configuration"
"""

from __future__ import annotations

import importlib.util
import json
import tomllib
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, Final

from starlette.responses import HTMLResponse, RedirectResponse, Response

from annotator.config import Settings
from annotator.errors import Misconfigured

OPEN: Final = ("/auth/login", "/auth/logout", "/oauth2callback")
"""Streamlit's routes for signing in and out, which are served without a session."""
NEEDED: Final = (
    "redirect_uri",
    "cookie_secret",
    "client_id",
    "client_secret",
    "server_metadata_url",
)
SHORTEST_SECRET: Final = 32

DENIED: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>No access · mm-annotator</title>
<meta name="color-scheme" content="light dark"></head>
<body style="font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 14vh auto">
<h1 style="font-size: 1.4rem">No access</h1>
<p>You are signed in as {name}, who is not let in here. An admin can change that.</p>
<p><a href="/auth/logout">Sign out</a></p></body></html>
"""


def secrets_file(settings: Settings) -> Path:
    """Where the provider's client is set."""
    return settings.home / "secrets.toml"


def check(settings: Settings) -> None:
    """Refuse to serve with a provider that is set by halves.

    Raises:
        Misconfigured: the file or a value is missing, or the secret is too short, or Authlib is
            not installed.
    """
    file = secrets_file(settings)
    try:
        auth = tomllib.loads(file.read_text(encoding="utf-8")).get("auth", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise Misconfigured(f"ANNOTATOR_ACCESS is oidc: {file} cannot be read: {fault}.") from fault
    missing = [name for name in NEEDED if not auth.get(name)]
    if missing:
        raise Misconfigured(f"{file} lacks {', '.join(missing)} under [auth].")
    if len(auth["cookie_secret"]) < SHORTEST_SECRET:
        raise Misconfigured(f"{file}: cookie_secret needs {SHORTEST_SECRET} characters or more.")
    if importlib.util.find_spec("authlib") is None:
        raise Misconfigured("ANNOTATOR_ACCESS is oidc: install mm-annotator[oidc].")


def claims_of(cookies: Mapping[str, str], settings: Settings) -> dict[str, Any] | None:
    """What the provider said of who sends this; None without a valid, fresh cookie of ours."""
    from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
    from streamlit.web.server.server_util import get_cookie_secret
    from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
    from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

    secret = get_cookie_secret()

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        days = settings.session_hours / 24
        return decode_signed_value(secret, name, value, max_age_days=days) if value else None

    raw = get_cookie_with_chunks(one, USER_COOKIE_NAME)
    try:
        found = json.loads(raw) if raw else None
    except ValueError:
        return None
    if not isinstance(found, dict) or not found.get("is_logged_in"):
        return None
    origin = get_origin_from_redirect_uri()
    return found if origin and found.get("origin") == origin else None


def name_of(claims: Mapping[str, Any], settings: Settings) -> str | None:
    """The name under which somebody works here; None where they are not let in.

    An address is nobody's unless the provider says that it has verified it, or is trusted in this.
    """
    name = claims.get(settings.oidc_claim)
    if not isinstance(name, str) or not name.strip():
        return None
    verified = settings.oidc_trust_addresses or claims.get("email_verified") is True
    if settings.oidc_claim == "email" and not verified:
        return None
    lowered = name.strip().casefold()
    allowed = any(
        pattern == "*"
        or lowered == pattern
        or (pattern.startswith("@") and lowered.endswith(pattern))
        for pattern in settings.oidc_allow
    )
    return name.strip() if allowed else None


def entrance(cookies: Mapping[str, str], settings: Settings) -> Response:
    """Send to the provider; who comes from there and is not let in is told so."""
    from streamlit.auth_util import encode_provider_token

    claims = claims_of(cookies, settings)
    if claims is None:
        return RedirectResponse(f"/auth/login?provider={encode_provider_token('default')}", 303)
    name = str(claims.get(settings.oidc_claim) or claims.get("sub") or "somebody")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": policy}
    return HTMLResponse(DENIED.format(name=escape(name)), 403, headers=headers)
