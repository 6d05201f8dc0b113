"""Schema upkeep: Alembic migrations, each run as one transaction.

SQLite's batch mode rebuilds tables, which loses their triggers and may lose their children while
foreign keys are enforced; so enforcement is off while migrating and everything is checked after.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from annotator.errors import Misconfigured
from db.backup import backup
from db.engine import Database, refuse_unusable

logging.getLogger("alembic").setLevel(logging.WARNING)

SCRIPTS = Path(__file__).parent / "migrations"


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config


@cache
def revisions() -> tuple[str, ...]:
    """Every revision, newest first: read once, because Alembic compiles each file anew."""
    script = ScriptDirectory.from_config(configuration())
    return tuple(str(one.revision) for one in script.walk_revisions())


def head() -> str:
    """The revision this code is written for."""
    return revisions()[0]


def current(database: Database) -> str | None:
    """The revision the database stands at, None for an empty one."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


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
    if revision == "base":
        return False
    script = ScriptDirectory.from_config(configuration())
    return revision in {s.revision for s in script.iterate_revisions("head", found)}
