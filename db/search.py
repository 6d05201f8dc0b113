"""Full-text search over items: the one place, beside migrations, that differs by dialect.

SQLite has an FTS5 table of texts, which cuts them into words itself. PostgreSQL has a table of
``tsvector``; its own parser reads addresses, signs and fractions into texts, so the words are cut
here, as FTS5 cuts them: letters and digits, without case and diacritics. It counts places up to
16,383 and 256 of each word: behind these a "quoted phrase" is no longer found, its words are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Boolean, literal, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session

WORDS: Final = re.compile(r"\w+", re.UNICODE)
TOKENS: Final = re.compile(r"[^\W_]+", re.UNICODE)
PLACES: Final = 16_383
LONGEST: Final = 500
"""Letters of a word by which PostgreSQL, which has a limit, finds it."""

QUERIES: Final = {
    "sqlite": "item.id IN (SELECT rowid FROM item_search WHERE item_search MATCH %s)",
    "postgresql": "item.id IN (SELECT rowid FROM item_search WHERE body @@ CAST(%s AS tsquery))",
}


class Found(FunctionElement[bool]):
    """The condition that an item is found: by the query of FTS5, or that of PostgreSQL."""

    type = Boolean()
    name = "found"
    inherit_cache = True


@compiles(Found)
def compile_found(element: Found, compiler: Any, **options: Any) -> str:
    """The condition in a dialect's words."""
    fts, ts = element.clauses
    name = compiler.dialect.name
    query: str = compiler.process(fts if name == "sqlite" else ts, **options)
    return QUERIES[name] % query


def put(session: Session, *, rows: Sequence[dict[str, Any]], fresh: bool = False) -> None:
    """Index items: rows of ``id`` and ``body``; ``fresh`` skips removing what stood there."""
    if not rows:
        return
    connection = session.connection()
    stored = ":body"
    if connection.dialect.name != "sqlite":
        rows = [{"id": row["id"], "body": vector(row["body"])} for row in rows]
        stored = "CAST(:body AS tsvector)"
    if not fresh:
        connection.execute(text("DELETE FROM item_search WHERE rowid = :id"), rows)
    connection.execute(text(f"INSERT INTO item_search (rowid, body) VALUES (:id, {stored})"), rows)


def clause(wanted: str) -> Found | None:
    """A condition on ``item.id``; None where nothing is asked for.

    Every word must occur, the last letters of each may be missing; "quoted words" stand together.
    """
    parts = [
        (WORDS.findall(quoted or bare), bool(quoted))
        for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', wanted)
        if TOKENS.search(quoted or bare)
    ]
    if not parts:
        return None
    return Found(literal(fts_query(parts)), literal(ts_query(parts)))


def fts_query(parts: Sequence[tuple[Sequence[str], bool]]) -> str:
    """Words and phrases in the language of FTS5."""
    return " AND ".join(f'"{" ".join(words)}"' + ("" if whole else " *") for words, whole in parts)


def ts_query(parts: Sequence[tuple[Sequence[str], bool]]) -> str:
    """Words and phrases in the language of PostgreSQL."""
    terms = []
    for words, whole in parts:
        *before, last = (f"'{token}'" for token in tokens(" ".join(words)))
        terms.append(" <-> ".join([*before, last if whole else last + ":*"]))
    return " & ".join(f"({term})" for term in terms)


def vector(body: str) -> str:
    """A text as PostgreSQL writes a ``tsvector``: its words and where they stand."""
    return " ".join(
        f"'{token}':{min(place, PLACES)}" for place, token in enumerate(tokens(body), start=1)
    )


def tokens(body: str) -> list[str]:
    """The words of a text without case and diacritics."""
    apart = unicodedata.normalize("NFD", body)
    plain = "".join(c for c in apart if unicodedata.category(c) != "Mn")
    return [token[:LONGEST] for token in TOKENS.findall(plain.lower())]
