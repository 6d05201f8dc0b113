"""Full-text search over items: the one place, beside migrations, that differs by dialect."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

WORDS = re.compile(r"\w+", re.UNICODE)


def put(session: Session, *, rows: Sequence[dict[str, Any]], fresh: bool = False) -> None:
    """Index items: rows of ``id`` and ``body``; ``fresh`` skips removing what stood there."""
    if not rows:
        return
    connection = session.connection()
    if not fresh:
        connection.execute(text("DELETE FROM item_search WHERE rowid = :id"), rows)
    connection.execute(text("INSERT INTO item_search (rowid, body) VALUES (:id, :body)"), rows)


def clause(wanted: str) -> tuple[str, str] | None:
    """A condition on ``item.id`` and its parameter ``:search``; None where nothing is asked for.

    Every word must occur, the last letters of each may be missing; "quoted words" stand together.
    """
    parts = [
        " ".join(WORDS.findall(quoted or bare)) + ("" if quoted else "*")
        for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', wanted)
        if WORDS.search(quoted or bare)
    ]
    if not parts:
        return None
    terms = [f'"{p[:-1]}" *' if p.endswith("*") else f'"{p}"' for p in parts]
    return (
        "item.id IN (SELECT rowid FROM item_search WHERE item_search MATCH :search)",
        " AND ".join(terms),
    )
