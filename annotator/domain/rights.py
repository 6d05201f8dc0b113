"""What each role may do: the one table of rights."""

from __future__ import annotations

from typing import Final

from annotator.errors import InvalidValue

ROLES: Final = ("annotator", "reviewer", "maintainer", "admin")
"""From fewest to most rights; each role may do what those before it may."""

RIGHTS: Final = {
    "look": "annotator",
    "annotate": "annotator",
    "flag": "annotator",
    "undo": "annotator",
    "settle": "reviewer",
    "audit": "reviewer",
    "assign": "reviewer",
    "see everybody's figures": "reviewer",
    "set gold": "reviewer",
    "plan": "maintainer",
    "import": "maintainer",
    "change settings": "maintainer",
    "keep images": "maintainer",
    "release": "maintainer",
    "start work": "maintainer",
    "run judges": "maintainer",
    "keep people": "admin",
    "back up": "admin",
}
"""Each right and the least role that has it."""


def may(role: str, right: str) -> bool:
    """Whether a role has a right; an unknown role has none."""
    return role in ROLES and ROLES.index(role) >= ROLES.index(RIGHTS[right])


def check_role(role: str) -> str:
    """Refuse what is no role."""
    if role not in ROLES:
        raise InvalidValue("role", f"must be one of {', '.join(ROLES)}, not {role!r}")
    return role
