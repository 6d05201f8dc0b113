"""Who is there: a name chosen once (local), an account, or whom a proxy or a provider names.

The cookie is signed, HttpOnly and SameSite=Lax. With accounts it carries the epoch of the person's
sessions: signing out everywhere, another password and deactivating end them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.responses import Response

from annotator import oidc
from annotator.config import Settings
from annotator.domain.records import Person
from annotator.errors import InvalidValue, NotFound
from annotator.services import accounts
from annotator.services.workspace import Workspace, person

COOKIE: Final = "annotator_person"
DAYS: Final = 90
SECONDS: Final = DAYS * 24 * 3600


def signer(settings: Settings) -> URLSafeTimedSerializer:
    """Signs and checks the cookie; one of another way in is worth nothing here."""
    salt = "person" if settings.access == "local" else f"person by {settings.access}"
    return URLSafeTimedSerializer(settings.signing_key(), salt=salt)


def seconds(settings: Settings) -> int:
    """How long a cookie is good."""
    return SECONDS if settings.access == "local" else settings.session_hours * 3600


def remember(
    response: Response, settings: Settings, person: Person, *, secure: bool, epoch: int = 0
) -> None:
    """Set the cookie on an answer."""
    kept = [person.id, person.name] if settings.access == "local" else [person.id, epoch]
    response.set_cookie(
        COOKIE,
        signer(settings).dumps(kept),
        max_age=seconds(settings),
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def forget(response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def person_of(
    workspace: Workspace, cookies: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Person | None:
    """Who sends this; None for nobody, a forged or expired cookie, or another database's.

    Args:
        headers: as annotator.gate lets them through: a proxy's header only from a proxy.
    """
    settings = workspace.settings
    if settings.access == "proxy":
        return let_in(workspace, (headers or {}).get(settings.proxy_header))
    if settings.access == "oidc":
        claims = oidc.claims_of(cookies, settings)
        named = oidc.name_of(claims, settings) if claims else None
        return let_in(workspace, named)
    token = cookies.get(COOKIE)
    if not token:
        return None
    try:
        (person_id, proof), signed_at = signer(settings).loads(token, return_timestamp=True)
        # Not by ``max_age``, which takes a clock that was set back for an expired cookie.
        if (datetime.now(UTC) - signed_at).total_seconds() > seconds(settings):
            return None
        found = person(workspace, person_id=person_id)
    except (BadSignature, NotFound, TypeError, ValueError):
        return None
    if settings.access == "accounts":
        fits = accounts.epoch_of(workspace, person_id=found.id) == proof
    else:
        fits = found.name == proof
    return found if found.active and fits else None


def let_in(workspace: Workspace, name: str | None) -> Person | None:
    """The person whom a trusted proxy or a provider names; None for nobody."""
    try:
        return accounts.from_proxy(workspace, name=name) if name and name.strip() else None
    except InvalidValue:
        return None
