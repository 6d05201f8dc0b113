"""What a database says when it cannot work just now, in words that a person can act on.

SQLite's result codes are those of https://sqlite.org/rescode.html, PostgreSQL's states those of its
appendix A.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DataError, OperationalError

from annotator.errors import InvalidValue, Unavailable

FULL: Final = "its disk is full. Make room, then try again"
READ_ONLY: Final = "it may only be read. Let this program write to it, then try again"
LOCKED: Final = "somebody else has locked it for too long. Try again"
SQLITE: Final = {
    5: LOCKED,
    8: READ_ONLY,
    10: "its disk reports an error. Look at the disk, then try again",
    13: FULL,
    14: "its file cannot be opened. See that the folder is there and may be written",
}
"""By primary result code."""
POSTGRESQL: Final = {
    "25006": READ_ONLY,
    "53100": FULL,
    "53200": "its server is out of memory. Try again",
    "53300": "its server has too many connections. Try again",
    "55P03": LOCKED,
    "57P": "its server is restarting. Try again",
}
"""By state, or by how a state begins."""
GONE: Final = "its server does not answer. Try again"


def told(context: ExceptionContext) -> None:
    """SQLAlchemy's ``handle_error``: raises Unavailable for what is nobody's mistake.

    What was acknowledged before is stored; what was not is rolled back. A NUL, which nothing that
    is stored holds and PostgreSQL does not even search for, raises InvalidValue.
    """
    if context.is_pre_ping:
        return  # The pool asks whether a connection lives, and makes another where it does not.
    fault = context.original_exception
    if isinstance(context.sqlalchemy_exception, DataError) and "NUL" in str(fault):
        raise InvalidValue("text", "holds a character that is not text (NUL)") from fault
    why = reason(fault)
    if why is None and context.is_disconnect:
        why = GONE
    connecting = context.connection is None and not hasattr(fault, "sqlite_errorcode")
    if why is None and connecting and isinstance(context.sqlalchemy_exception, OperationalError):
        why = GONE
    if why:
        raise Unavailable(f"The database does not take this now: {why}.") from fault


def reason(fault: BaseException) -> str | None:
    """Why a driver's error is the database's own trouble; None where it is not."""
    code = getattr(fault, "sqlite_errorcode", None)
    if code is not None:
        return SQLITE.get(code & 0xFF)
    state = getattr(fault, "sqlstate", None) or ""
    return POSTGRESQL.get(state) or POSTGRESQL.get(state[:3])
