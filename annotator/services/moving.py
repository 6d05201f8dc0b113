"""The database itself: brought up to date, and taken across to another one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from annotator.config import Settings
from annotator.services.workspace import Progress, backups_of, no_progress
from db.engine import Database, as_url, refuse_unusable
from db.migrate import current, migrate
from db.transfer import Proof, transfer

__all__ = ["Proof", "Upgrade", "move", "upgrade"]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """From which revision to which, and where the copy of the old state is, if one was made."""

    before: str | None
    after: str | None
    backup: Path | None


def upgrade(settings: Settings) -> Upgrade:
    """Bring the database up to date after a backup of it.

    Raises:
        Misconfigured: it cannot be used, or a newer version of the tool wrote it.
        InputError: the backup fails its check; nothing was changed.
    """
    database = Database(settings.database)
    try:
        refuse_unusable(database)
        before = current(database)
        backup = migrate(database, backups=backups_of(settings, database))
        return Upgrade(before, current(database), backup)
    finally:
        database.close()


def move(source: str, target: str, *, progress: Progress = no_progress) -> list[Proof]:
    """Copy everything from one database to an empty one, while nobody writes to the first.

    Returns:
        For each table its rows, and their hash, which is the same on both sides.

    Raises:
        Misconfigured: a database cannot be used.
        InputError: see db.transfer.transfer.
    """
    here, there = Database(as_url(source)), Database(as_url(target))
    try:
        return transfer(here, there, hold=True, progress=progress)
    finally:
        here.close()
        there.close()
