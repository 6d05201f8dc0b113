"""Schema upkeep: Alembic migrations, each run as one transaction.

SQLite's batch mode rebuilds tables, which loses their triggers and may lose their children while
foreign keys are enforced; so enforcement is off while migrating and everything is checked after.
Alembic is loaded only to migrate: finding that there is nothing to do must not take every process
half a second.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, inspect, text

from annotator.errors import Misconfigured
from db.backup import backup
from db.engine import Database, refuse_unusable

if TYPE_CHECKING:
    from alembic.config import Config

logging.getLogger("alembic").setLevel(logging.WARNING)

SCRIPTS = Path(__file__).parent / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


@cache
def revisions() -> tuple[str, ...]:
    """Every revision, newest first: each file is named after its own."""
    files = (SCRIPTS / "versions").glob("[0-9]*.py")
    return tuple(sorted((file.name.partition("_")[0] for file in files), reverse=True))


def head() -> str:
    """The revision this code is written for."""
    return revisions()[0]


def current(database: Database) -> str | None:
    """The revision the database stands at, None for an empty one."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def migrate(
    database: Database, revision: str = "head", *, backups: Path | None = None
) -> Path | None:
    """Bring the database to a revision, after a backup of what is there.

    Args:
        backups: folder of the backup; otherwise it lies beside a SQLite file, and a server's is
            left to its own tools.

    Returns:
        The backup; None where there was nothing to back up, or nothing to do.

    Raises:
        Misconfigured: the database cannot be used, or a newer version of the tool wrote it.
    """
    refuse_unusable(database)
    found = current(database)
    if found is not None:
        refuse_unknown(found)
    if found == head() and revision == "head":
        return None
    kept = save_before(database, found, backups) if found is not None else None
    step(database, found, revision)
    return kept


def refuse_unknown(found: str) -> None:
    """Raise Misconfigured where a database stands at a revision that this code does not know."""
    if found not in revisions():
        raise Misconfigured(
            f"The database stands at {found}, which this version does not know: upgrade the tool."
        )


def save_before(database: Database, found: str, folder: Path | None) -> Path | None:
    """Keep a copy of the database as it was at a revision, once."""
    file = database.file
    folder = folder or (file.parent if file else None)
    if folder is None:
        return None
    name = file.name if file else f"{database.engine.url.database}.db"
    target = folder / f"{name}.before-{found}"
    if not target.exists():
        backup(database, target)
    return target


def step(database: Database, found: str | None, revision: str) -> None:
    """Run the migrations between two revisions in one transaction."""
    from alembic import command

    with database.engine.connect() as connection:
        enforce(database, connection, False)
        try:
            with connection.execution_options(writes="alone").begin():
                if revision == "head" or found is None or is_later(revision, found):
                    command.upgrade(configuration(connection), revision)
                else:
                    command.downgrade(configuration(connection), revision)
                if (
                    database.is_sqlite
                    and connection.execute(text("PRAGMA foreign_key_check")).first()
                ):
                    raise Misconfigured("The migration would leave orphaned rows; nothing changed.")
        finally:
            enforce(database, connection, True)


def enforce(database: Database, connection: Connection, on: bool) -> None:
    """Let SQLite enforce foreign keys or not; it cannot be told so inside a transaction."""
    raw: Any = connection.connection.driver_connection
    if database.is_sqlite:
        raw.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def is_later(revision: str, found: str) -> bool:
    """Whether a revision comes after another one."""
    return revision in revisions() and revision > found
