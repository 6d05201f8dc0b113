"""Backups: one SQLite file, whatever the database is, so that anybody can check and restore it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from annotator.errors import InputError
from db.engine import Database

ANOTHER = "It cannot be restored; use another backup."


def backup(database: Database, target: Path) -> None:
    """Copy a live database to a new file as it is at one moment, then check the copy.

    Raises:
        InputError: the target exists, or the copy fails its check.
    """
    if target.exists():
        raise InputError("exists already.", file=str(target), mend="Name a new file.")
    partial = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}.", file=str(target)) from fault
    try:
        if database.file is not None:
            copy_file(database.file, partial)
        else:
            copy_server(database, partial)
        check_backup(partial)
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)


def copy_file(file: Path, target: Path) -> None:
    """Copy a SQLite file that may be written meanwhile, by SQLite's own backup."""
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def copy_server(database: Database, target: Path) -> None:
    """Copy a server's database, row by row, from one snapshot."""
    from db.transfer import transfer

    copy = Database(target)
    try:
        transfer(database, copy)
    finally:
        copy.close()
    with closing(sqlite3.connect(target)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


def check_backup(file: Path) -> dict[str, int]:
    """Whether a backup can be restored: SQLite's integrity and foreign keys.

    Returns:
        The number of rows of each table.

    Raises:
        InputError: the file is no database of ours, or is damaged.
    """
    if not file.is_file():
        raise InputError("does not exist.", file=str(file), mend="Name the file of a backup.")
    address = f"{file.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            faults = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            orphans = list(connection.execute("PRAGMA foreign_key_check"))
            names = [
                row[0]
                for row in connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE"
                    " '%search%' AND name NOT LIKE 'sqlite_%' ORDER BY name"
                )
            ]
            counts = {
                n: connection.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for n in names
            }
    # SQLite's word on damage may quote the damage, which is no UTF-8.
    except (sqlite3.DatabaseError, UnicodeDecodeError) as fault:
        raise InputError(
            f"is no readable SQLite database: {fault}.", file=str(file), mend=ANOTHER
        ) from fault
    if faults != ["ok"] or orphans or "event" not in counts:
        problem = "; ".join(faults[:3]) if faults != ["ok"] else "it is not a whole copy of ours"
        raise InputError(f"fails its check: {problem}.", file=str(file), mend=ANOTHER)
    return counts
