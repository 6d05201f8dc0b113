"""The database: one engine, and three kinds of transaction that mean the same everywhere.

Writers go one at a time, so that a read-modify-write never loses an update and never fails halfway;
readers see one snapshot and wait for nobody. An acknowledged commit is on disk.

- SQLite runs in WAL mode with ``synchronous=FULL``, and writers begin with ``BEGIN IMMEDIATE``.
- On PostgreSQL a writer's first statement takes the database's one advisory lock, which the server
  grants in order of asking and ends with the transaction; every statement after it sees all that
  was committed (READ COMMITTED). Readers are REPEATABLE READ and read-only.

``claiming`` is for the few short transactions that many people ask for at once and that lock the
rows they choose: on PostgreSQL they share the lock, and so go beside each other, never beside a
writer. On SQLite they are writers like any other.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlmodel import Session as Session

from annotator.errors import Misconfigured, Unavailable
from db import faults

BUSY_MILLISECONDS = 30_000
WRITERS = 0x616E6E6F
"""The advisory lock of writers ("anno"); PostgreSQL keeps one for each database."""
SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class Database:
    """A place where everything is kept.

    Args:
        url: SQLAlchemy address, or the path of a SQLite file.

    Raises:
        Misconfigured: the address is none, or its folder cannot be made.
    """

    def __init__(self, url: str | Path) -> None:
        self.url = as_url(url)
        self.engine = make_engine(self.url)
        # SQLite lets waiting writers sleep and try again, and the unlucky starve; within one
        # process they queue here instead.
        self.turn = threading.RLock() if self.is_sqlite else contextlib.nullcontext()
        self.shared = threading.local()

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """The SQLite file, None for a server."""
        name = self.engine.url.database
        return Path(name) if self.is_sqlite and name else None

    @property
    def place(self) -> str:
        """Where it is, for people: a file's path, or a server's address without its password."""
        return str(self.file or self.engine.url.render_as_string(hide_password=True))

    def size(self) -> int:
        """How many bytes it takes on its disk."""
        if self.file is not None:
            return self.file.stat().st_size
        with self.reading() as session:
            query = text("SELECT pg_database_size(current_database())")
            return int(session.connection().execute(query).scalar_one())

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent snapshot; nothing is written."""
        shared: Session | None = getattr(self.shared, "session", None)
        if shared is not None:
            yield shared
            return
        options: dict[str, Any] = {} if self.is_sqlite else SNAPSHOT
        with (
            self.engine.connect().execution_options(**options) as connection,
            Session(connection) as session,
        ):
            yield session

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let what this thread reads until the block ends come from one snapshot."""
        with self.reading() as session:
            self.shared.session = session
            try:
                yield
            finally:
                self.shared.session = None

    def writing(self) -> AbstractContextManager[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        return self._changing("alone")

    def claiming(self) -> AbstractContextManager[Session]:
        """A writing transaction beside others of its kind, which each lock what they take."""
        return self._changing("beside")

    @contextmanager
    def _changing(self, writes: str) -> Iterator[Session]:
        assert getattr(self.shared, "session", None) is None, "what was read would be old"
        with (
            self.turn,
            self.engine.connect().execution_options(writes=writes) as connection,
            Session(connection, expire_on_commit=False) as session,
        ):
            yield session
            session.commit()

    def close(self) -> None:
        """Give back all connections."""
        self.engine.dispose()


def as_url(url: str | Path) -> str:
    """A SQLAlchemy address from an address or the path of a SQLite file."""
    named = str(url)
    if "://" in named:
        return named
    file = str(Path(named).expanduser().resolve())
    return URL.create("sqlite", database=file).render_as_string(hide_password=False)


def make_engine(url: str) -> Engine:
    """An engine set up as the module's docstring says."""
    try:
        parsed = make_url(url)
    except ArgumentError as fault:
        raise Misconfigured(f"{url!r} is no database address or path.") from fault
    if parsed.get_backend_name() == "sqlite":
        return sqlite_engine(parsed)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return postgres_engine(parsed)
    raise Misconfigured(
        f"{parsed.drivername} is not supported; use a SQLite file or postgresql+psycopg://."
    )


def sqlite_engine(url: URL) -> Engine:
    """An engine for a SQLite file, whose folder is made where it is missing."""
    folder = Path(url.database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise Misconfigured(f"The database's folder {folder} cannot be made: {fault}.") from fault
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_MILLISECONDS / 1000, "isolation_level": None},
        json_serializer=to_json,
        json_deserializer=from_json,
    )
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    event.listen(engine, "handle_error", faults.told)
    return engine


def to_json(value: Any) -> str:
    """A value for a JSON column; most are empty lists."""
    return "[]" if value == [] else json.dumps(value)


def from_json(text: str) -> Any:
    """The inverse of to_json."""
    return [] if text == "[]" else json.loads(text)


def prepare_sqlite(connection: sqlite3.Connection, _: Any) -> None:
    """Set each new connection up."""
    for pragma in (
        f"busy_timeout={BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def begin_sqlite(connection: Connection) -> None:
    """Writers take the write lock at once; readers do not wait for it."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def postgres_engine(url: URL) -> Engine:
    """An engine for a PostgreSQL server; connections that a restart broke are replaced."""
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=30,
            connect_args={
                "connect_timeout": 10,
                "application_name": "annotator",
                "client_encoding": "utf8",
            },
        )
    except ImportError as fault:
        raise Misconfigured(
            "There is no driver for PostgreSQL: pip install 'mm-annotator[postgres]'."
        ) from fault
    event.listen(engine, "connect", prepare_postgres)
    event.listen(engine, "begin", begin_postgres)
    event.listen(engine, "handle_error", faults.told)
    return engine


def prepare_postgres(connection: Any, _: Any) -> None:
    """Set each new connection up; the server ends those whose machine has gone within a minute."""
    for setting in (
        f"lock_timeout = {BUSY_MILLISECONDS}",
        "tcp_keepalives_idle = 30",
        "tcp_keepalives_interval = 10",
        "tcp_keepalives_count = 3",
        "timezone = 'UTC'",
    ):
        connection.execute(f"SET {setting}")
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()


def begin_postgres(connection: Connection) -> None:
    """Writers wait for their turn; readers do not."""
    writes = connection.get_execution_options().get("writes")
    if writes:
        lock = "pg_advisory_xact_lock_shared" if writes == "beside" else "pg_advisory_xact_lock"
        connection.exec_driver_sql(f"SELECT {lock}({WRITERS})")


def ping(database: Database) -> None:
    """Raise what the driver raises where the database cannot be reached."""
    with database.reading() as session:
        session.connection().execute(text("SELECT 1"))


def encoding(database: Database) -> str:
    """How a server keeps text, in PostgreSQL's words; a SQLite file holds any."""
    if database.is_sqlite:
        return "UTF8"
    with database.reading() as session:
        return str(session.connection().execute(text("SHOW server_encoding")).scalar_one())


def refuse_unusable(database: Database) -> None:
    """Raise Misconfigured where the database cannot be opened, is none, or holds no Unicode."""
    try:
        ping(database)
    except (DBAPIError, Unavailable) as fault:
        why = fault.orig if isinstance(fault, DBAPIError) else fault.__cause__
        raise Misconfigured(f"The database {database.place} cannot be used: {why}.") from fault
    kept = encoding(database)
    if kept != "UTF8":
        raise Misconfigured(
            f"The database {database.place} keeps text as {kept}, not as UTF8: make another with"
            " CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        )
