"""The errors this project raises on purpose.

    AnnotatorError
    ├── InputError        a file or a request from outside is broken: file, row, field, mend
    ├── InvalidValue      a value that the domain does not allow, whoever asked for it
    ├── NotFound          no such dataset, item, component, event, …
    ├── Refused           understood and allowed by type, but not now or not by this person
    │   ├── UndoBlocked   later events stand on the one to be undone; carries their ids
    │   ├── Forbidden     this person's role has no right to it
    │   │   └── SignedOut their session has ended
    │   └── TooOften      too many attempts; carries the seconds to wait
    ├── StaleSave         somebody saved since this was shown; carries what stands there now
    ├── Unavailable       the database cannot be reached, read or written just now; try again
    └── Misconfigured     a setting is missing or contradicts another

Anything else that escapes is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class AnnotatorError(Exception):
    """Base of every error that is meant to be read by a person."""


class InputError(AnnotatorError):
    """Broken input, named so that its sender can mend it.

    Args:
        problem: what is wrong, in one sentence.
        file: name of the file, as the sender knows it.
        row: where in the file: a 0-based record position or a line number, said in words.
        field: name of the field.
        mend: what to do about it.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        row: str | None = None,
        field: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.problem, self.file, self.row, self.field, self.mend = problem, file, row, field, mend
        place = ", ".join(
            part for part in (file, row, f"field {field!r}" if field else None) if part
        )
        text = f"{place}: {problem}" if place else problem
        super().__init__(f"{text} {mend}" if mend else text)


class InvalidValue(AnnotatorError):
    """A value outside what the domain allows.

    Args:
        field: the field in the vocabulary's words ("weight of component 2").
        problem: why the value is refused, with the allowed range.
    """

    def __init__(self, field: str, problem: str) -> None:
        self.field, self.problem = field, problem
        super().__init__(f"{field}: {problem}")


class NotFound(AnnotatorError):
    """No such thing."""

    def __init__(self, kind: str, name: object) -> None:
        self.kind, self.name = kind, name
        super().__init__(f"There is no {kind} {name!r}.")


class Refused(AnnotatorError):
    """A request that cannot be carried out as things stand."""


class UndoBlocked(Refused):
    """An event cannot be undone alone: later events changed the same fields.

    Args:
        later: ids of those events, oldest first.
    """

    def __init__(self, later: Sequence[int]) -> None:
        self.later = tuple(later)
        super().__init__(
            f"Later changes stand on this one ({len(self.later)}); undo them together with it."
        )


class Forbidden(Refused):
    """Somebody asked for what their role has no right to."""

    def __init__(self, right: str, said: str = "") -> None:
        self.right = right
        super().__init__(said or f"Your role here has no right to {right}.")


class SignedOut(Forbidden):
    """Somebody acts whose session has ended, or who was deactivated."""

    def __init__(self, right: str) -> None:
        super().__init__(right, "You are signed out: this was not done.")


class TooOften(Refused):
    """Too many attempts failed.

    Args:
        seconds: how long to wait.
    """

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many attempts. Try again in {seconds // 60} minutes.")


class StaleSave(AnnotatorError):
    """A save was based on a state that somebody has changed since; nothing was written.

    Args:
        what: what was to be saved, in words.
        current: the state that stands now, for showing both sides.
        by: who changed it.
    """

    def __init__(self, what: str, *, current: Mapping[str, Any], by: str | None = None) -> None:
        self.what, self.current, self.by = what, dict(current), by
        said = f"{what} was changed{f' by {by}' if by else ''} since you opened it."
        super().__init__(said[:1].upper() + said[1:])


class Unavailable(AnnotatorError):
    """The database cannot work just now: a full disk, a lock, a server that restarts.

    Nothing of the request was stored, and all that was acknowledged before is.
    """


class Misconfigured(AnnotatorError):
    """A setting is missing, malformed or at odds with another one."""
