"""Databases for tests: a SQLite file each, or one made from a template on a PostgreSQL server.

``make test`` runs everything on SQLite and, where there is a server, what is marked
``every_database`` on PostgreSQL, too. ``make test-databases`` runs on PostgreSQL whatever has a
database at all, but for what is marked ``one_file``.
"""

from __future__ import annotations

import os
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import TextLoader
from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.pool import NullPool

from db.engine import Database
from db.migrate import migrate

SERVER = os.environ.get("ANNOTATOR_TEST_POSTGRES", "")
"""The address of a server on which databases may be made; without it only SQLite is tested."""

THOROUGH = bool(os.environ.get("ANNOTATOR_TEST_THOROUGH"))
"""Whether everything that has a database runs on PostgreSQL, and nothing else."""

if THOROUGH and not SERVER:
    raise SystemExit("ANNOTATOR_TEST_THOROUGH needs a server: ANNOTATOR_TEST_POSTGRES")


def backends(marked: bool) -> tuple[str, ...]:
    """The kinds of database that a test runs on, one marked ``every_database`` or another."""
    if THOROUGH:
        return ("postgresql",)
    return ("sqlite", "postgresql") if marked and SERVER else ("sqlite",)


def on_server(statement: str) -> None:
    """Run a statement that no transaction can hold, such as CREATE DATABASE."""
    engine = create_engine(SERVER, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def address_of(name: str) -> str:
    """The address of a database on the server."""
    return make_url(SERVER).set(database=name).render_as_string(hide_password=False)


@contextmanager
def server_database(template: str | None = None, more: str = "") -> Iterator[str]:
    """A database on the server, empty or like a template, removed afterwards; gives its address."""
    name = f"annotator_{uuid.uuid4().hex[:16]}"
    on_server(f"CREATE DATABASE {name} {more}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield address_of(name)
    finally:
        on_server(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def unmade(backend: str) -> Iterator[dict[str, str]]:
    """The settings of an installation whose database holds nothing yet, not even tables."""
    if backend == "sqlite":
        yield {}
        return
    with server_database() as address:
        yield {"DATABASE_URL": address}


@contextmanager
def copied(place: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The settings of an installation whose database is like that of another's settings."""
    if "DATABASE_URL" not in place:
        yield {}
        return
    with server_database(make_url(place["DATABASE_URL"]).database) as address:
        yield {"DATABASE_URL": address}


@contextmanager
def template(backend: str, folder: Path) -> Iterator[str]:
    """A migrated database without data: a file's path, or a database's name."""
    if backend == "sqlite":
        migrated(str(folder / "annotator.db"))
        yield str(folder / "annotator.db")
        return
    with server_database() as address:
        migrated(address)
        yield str(make_url(address).database)


def migrated(address: str) -> None:
    """Bring an empty database up to date."""
    database = Database(address)
    migrate(database)
    database.close()


EMPTY = """
DO $$
DECLARE
    one record;
    used boolean;
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT format('%I', tablename) AS name FROM pg_tables
        WHERE schemaname = current_schema() AND tablename <> 'alembic_version' LOOP
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || one.name || ')' INTO used;
        IF used THEN EXECUTE 'DELETE FROM ' || one.name; END IF;
    END LOOP;
    FOR one IN SELECT format('%I', sequencename) AS name FROM pg_sequences
        WHERE schemaname = current_schema() AND last_value IS NOT NULL LOOP
        PERFORM setval(one.name, 1, false);
    END LOOP;
END $$
"""
"""Every table emptied and every sequence begun again: a tenth of the time of a new database."""


def emptied(name: str) -> str:
    """The address of a database on the server after everything in it was removed."""
    engine = create_engine(address_of(name), poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(EMPTY.replace("%", "%%"))
    return address_of(name)


def answers(environment: Mapping[str, str], statement: str, values: Sequence[Any]) -> list[Any]:
    """What a statement written for SQLite gives in an installation, beside the tool's own engine.

    JSON comes as the text that it is stored as.
    """
    address = environment.get("DATABASE_URL")
    if address is None:
        file = Path(environment["ANNOTATOR_HOME"], "annotator.db")
        with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as connection:
            return connection.execute(statement, values).fetchall()
    place = address.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(place, autocommit=True) as server:
        server.adapters.register_loader("json", TextLoader)
        cursor = server.execute(statement.replace("%", "%%").replace("?", "%s").encode(), values)
        return cursor.fetchall() if cursor.description else []


def asked(database: Database, statement: str, **values: Any) -> Sequence[Any]:
    """What a statement gives on a connection of its own, as another process would see it."""
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.begin() as connection:
        found = connection.execute(text(statement), values)
        rows = found.all() if found.returns_rows else []
    engine.dispose()
    return rows


def plan_of(database: Database, query: str) -> str:
    """How a database would answer a query, where tables are large enough for indexes to pay."""
    if database.is_sqlite:
        return "\n".join(row[3] for row in asked(database, f"EXPLAIN QUERY PLAN {query}"))
    with database.engine.connect() as connection:
        for way in ("seqscan", "bitmapscan"):
            connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
        lines = connection.exec_driver_sql(f"EXPLAIN {query}".replace("%", "%%"))
        return "\n".join(line for (line,) in lines)


@contextmanager
def listening(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """What a database is asked in the block: each statement with its values, in order.

    The first of every transaction is ``BEGIN``; on a server, which sends none, it stands for it.
    """
    found: list[tuple[str, Any]] = []

    def begun(_: Any) -> None:
        found.append(("BEGIN", ()))

    def executed(_: Any, cursor: Any, statement: str, values: Any, *others: Any) -> None:
        if not statement.startswith("BEGIN"):
            found.append((statement, values))

    for name, noted in (("begin", begun), ("before_cursor_execute", executed)):
        event.listen(database.engine, name, noted)
    try:
        yield found
    finally:
        for name, noted in (("begin", begun), ("before_cursor_execute", executed)):
            event.remove(database.engine, name, noted)


def counts(found: Sequence[tuple[str, Any]]) -> tuple[int, int]:
    """How many transactions, and how many statements in them."""
    begun = sum(statement == "BEGIN" for statement, _ in found)
    return begun, len(found) - begun
