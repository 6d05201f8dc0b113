"""Who may call which service: ``needs`` on each; the rights are in annotator.domain.rights."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from annotator.domain.records import Person
from annotator.domain.rights import RIGHTS, may
from annotator.errors import Forbidden, SignedOut

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

NEEDS: Final[dict[str, str]] = {}
"""The right that each guarded service needs, by module and name."""


def needs(right: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a service be called only by an ``actor`` with a right; refusals are logged.

    Raises (when the service is called):
        Forbidden: the actor's role has no such right.
        SignedOut: they were deactivated, or their session has ended.
    """
    assert right in RIGHTS, right

    def guard(service: Callable[P, R]) -> Callable[P, R]:
        name = f"{service.__module__}.{service.__qualname__}"
        NEEDS[name] = right

        @wraps(service)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            check(kwargs.get("actor"), right, name)
            return service(*args, **kwargs)

        return guarded

    return guard


def check(actor: object, right: str, name: str) -> None:
    """Refuse who may not, and log it."""
    if isinstance(actor, Person) and actor.active and may(actor.role, right):
        return
    who = (
        f"{actor.name!r} ({actor.role}{'' if actor.active else ', deactivated'})"
        if isinstance(actor, Person)
        else "nobody"
    )
    logger.warning("refused: %s may not %s (%s)", who, right, name)
    raise SignedOut(right) if isinstance(actor, Person) and not actor.active else Forbidden(right)
