"""Taking a whole database across to an empty one, of either kind, with proof that it arrived.

Rows are read in the order of their keys, written as they are, ids and all, read back in the same
transaction and compared by number and by hash. A value has one form for that, whichever database
holds it: JSON as the text it was stored as, times in UTC to the microsecond. The search table
follows from the items and is made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, MetaData, Table, inspect, text
from sqlalchemy import types as kinds
from sqlmodel import Session

from annotator.errors import InputError
from db import search
from db.engine import Database, refuse_unusable
from db.items import body
from db.migrate import current, refuse_unknown, step

BATCH: Final = 2_000
DERIVED: Final = "item_search"
VERSION: Final = "alembic_version"

ITEMS: Final = text("SELECT id, source_id, instruction FROM item ORDER BY id")
PARTS: Final = text(
    "SELECT item_id, text FROM component WHERE position IS NOT NULL ORDER BY item_id, position"
)

Progress = Callable[[int, int, str], bool]


@dataclass(frozen=True, slots=True)
class Proof:
    """A table that arrived: its rows, and the SHA-256 of them all on both sides."""

    table: str
    rows: int
    sha256: str


def transfer(
    source: Database,
    target: Database,
    *,
    hold: bool = False,
    progress: Progress = lambda done, total, message: True,
) -> list[Proof]:
    """Copy everything that one database holds into an empty one, in one transaction.

    Args:
        hold: let nobody write to the source meanwhile; they wait, and are refused after 30 s.

    Raises:
        Misconfigured: either database cannot be used.
        InputError: the source holds nothing, or what the target cannot; the target is not empty;
            or what arrived is not what was sent. The target is as empty as before.
    """
    revision = prepare(source, target)
    with (
        source.writing() if hold else source.reading() as reader,
        target.writing() as writer,
    ):
        here, there = reader.connection(), writer.connection()
        tables = tables_of(there)
        total = sum(count(here, table) for table in tables)
        found: list[Proof] = []
        for table in tables:
            progress(sum(proof.rows for proof in found), total, table.name)
            found.append(copy_table(here, there, table))
        index_items(writer)
        restart_counters(there, tables)
    assert current(target) == revision
    return found


def prepare(source: Database, target: Database) -> str:
    """Bring the empty target to the source's revision, and return that."""
    for database in (source, target):
        refuse_unusable(database)
    revision = current(source)
    if revision is None:
        raise InputError("The database to be copied holds nothing of ours.")
    refuse_unknown(revision)
    with target.reading() as session:
        connection = session.connection()
        full = [t.name for t in tables_of(connection) if count(connection, t)]
        if full or (current(target) is None and inspect(connection).get_table_names()):
            raise InputError(
                "is not empty.", file=target.place, mend="Name a database that nobody has used yet."
            )
    step(target, current(target), revision)
    return revision


def tables_of(connection: Connection) -> list[Table]:
    """The tables as they stand in a database, each after those it refers to."""
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name != VERSION and DERIVED not in name)
    return found.sorted_tables


def count(connection: Connection, table: Table) -> int:
    """How many rows a table has."""
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{table.name}"').scalar_one())


def copy_table(here: Connection, there: Connection, table: Table) -> Proof:
    """Copy one table and read it back; raises InputError where that differs."""
    sent, arrived = Tally(), Tally()
    write = write_postgres if there.dialect.name == "postgresql" else write_sqlite
    write(there, table, sent.watch(rows_of(here, table)))
    for _ in arrived.watch(rows_of(there, table)):
        pass
    if (sent.rows, sent.sha256) != (arrived.rows, arrived.sha256):
        raise InputError(
            f"Table {table.name} did not arrive as it was sent: {sent.rows} rows, hash"
            f" {sent.sha256[:12]}; then {arrived.rows} rows, hash {arrived.sha256[:12]}."
        )
    return Proof(table.name, sent.rows, sent.sha256)


class Tally:
    """Counts and hashes the rows that pass."""

    def __init__(self) -> None:
        self.rows = 0
        self.hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of all rows so far, in hex."""
        return self.hash.hexdigest()

    def watch(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        """The same rows."""
        for row in rows:
            self.rows += 1
            self.hash.update(repr(row).encode())
            yield row


def rows_of(connection: Connection, table: Table) -> Iterator[tuple[Any, ...]]:
    """All rows of a table in the order of its key, each value in its one form."""
    server = connection.dialect.name == "postgresql"
    names = ", ".join(
        f'"{c.name}"::text' if server and isinstance(c.type, kinds.JSON) else f'"{c.name}"'
        for c in table.columns
    )
    key = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    raw: Any = connection.connection.driver_connection
    cursor = raw.cursor(name="transfer") if server else raw.cursor()
    forms = [form_of(column.type) for column in table.columns]
    try:
        cursor.execute(f'SELECT {names} FROM "{table.name}" ORDER BY {key}')
        while rows := cursor.fetchmany(BATCH):
            for row in rows:
                yield tuple(
                    value if value is None or form is None else form(value)
                    for value, form in zip(row, forms, strict=True)
                )
    finally:
        cursor.close()


def form_of(kind: kinds.TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """What brings a stored value of a type into its one form, None for most."""
    if isinstance(kind, kinds.DateTime):
        return moment
    if isinstance(kind, kinds.Boolean):
        return bool
    if isinstance(kind, kinds.Float):
        return float
    return bytes if isinstance(kind, kinds.LargeBinary) else None


def moment(value: str | datetime) -> str:
    """A time in UTC as SQLite stores it."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)
    return found.strftime("%Y-%m-%d %H:%M:%S.%f")


def write_sqlite(connection: Connection, table: Table, rows: Iterator[tuple[Any, ...]]) -> None:
    """Insert rows into SQLite."""
    raw: Any = connection.connection.driver_connection
    marks = ", ".join("?" for _ in table.columns)
    raw.executemany(f'INSERT INTO "{table.name}" ({names_of(table)}) VALUES ({marks})', rows)


def write_postgres(connection: Connection, table: Table, rows: Iterator[tuple[Any, ...]]) -> None:
    """Insert rows into PostgreSQL, whose times name their zone and whose texts hold no NUL."""
    raw: Any = connection.connection.driver_connection
    times = [isinstance(column.type, kinds.DateTime) for column in table.columns]
    with (
        raw.cursor() as cursor,
        cursor.copy(f'COPY "{table.name}" ({names_of(table)}) FROM STDIN') as copy,
    ):
        while batch := list(islice(rows, BATCH)):
            for row in batch:
                if any(isinstance(value, str) and "\x00" in value for value in row):
                    raise InputError(
                        f"Table {table.name}, row {row[0]} has a NUL character, which PostgreSQL"
                        " cannot hold."
                    )
                copy.write_row(
                    f"{value}+00" if time and value is not None else value
                    for value, time in zip(row, times, strict=True)
                )


def names_of(table: Table) -> str:
    """A table's columns, as SQL names them."""
    return ", ".join(f'"{column.name}"' for column in table.columns)


def index_items(session: Session) -> None:
    """Make the search table anew, from columns that every revision has."""
    parts: dict[int, list[str]] = {}
    for item_id, words in session.execute(PARTS):
        parts.setdefault(item_id, []).append(words)
    for batch in batched(session.execute(ITEMS).all()):
        rows = [
            {"id": row.id, "body": body(row.source_id, row.instruction, parts.get(row.id, ()))}
            for row in batch
        ]
        search.put(session, rows=rows, fresh=True)


def batched(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """BATCH rows at a time."""
    return (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))


def restart_counters(connection: Connection, tables: Sequence[Table]) -> None:
    """Let PostgreSQL's sequences go on behind the highest ids; SQLite needs nothing."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        for column in table.primary_key.columns:
            name = f"pg_get_serial_sequence('\"{table.name}\"', '{column.name}')"
            highest = f'(SELECT max("{column.name}") FROM "{table.name}")'
            if connection.exec_driver_sql(f"SELECT {name}").scalar() is not None:
                connection.exec_driver_sql(
                    f"SELECT setval({name}, coalesce({highest}, 1), {highest} IS NOT NULL)"
                )
