"""Who is there: a name chosen once, remembered in a signed cookie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.responses import Response

from annotator.config import Settings
from annotator.domain.records import Person
from annotator.errors import NotFound
from annotator.services.workspace import Workspace, person

COOKIE: Final = "annotator_person"
DAYS: Final = 90
SECONDS: Final = DAYS * 24 * 3600


def signer(settings: Settings) -> URLSafeTimedSerializer:
    """Signs and checks the cookie."""
    return URLSafeTimedSerializer(settings.signing_key(), salt="person")


def remember(response: Response, settings: Settings, person: Person, *, secure: bool) -> None:
    """Set the cookie on an answer."""
    response.set_cookie(
        COOKIE,
        signer(settings).dumps([person.id, person.name]),
        max_age=SECONDS,
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def forget(response: Response) -> None:
    """Take the cookie away."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def person_of(workspace: Workspace, cookies: Mapping[str, str]) -> Person | None:
    """The person whose cookie this is; None for none, a forged, expired or another database's."""
    token = cookies.get(COOKIE)
    if not token:
        return None
    try:
        person_id, name = signer(workspace.settings).loads(token, max_age=SECONDS)
        found = person(workspace, person_id=person_id)
    except (BadSignature, NotFound, TypeError, ValueError):
        return None
    return found if found.active and found.name == name else None
