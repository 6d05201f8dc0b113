"""What every use case works on: settings, database, image store; and who acts."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from annotator.config import Settings
from annotator.domain.items import check_text
from annotator.domain.records import Person
from annotator.errors import InvalidValue
from annotator.images import ImageStore, open_store
from db import people
from db.engine import Database
from db.migrate import migrate

LONGEST_NAME = 80

Progress = Callable[[int, int, str], bool]
"""Called by long work with done, total and a message; False asks to stop."""


class Stopped(Exception):
    """Raised by Progress: the job was stopped, or another worker has it; its worker drops it."""


class PutBack(Exception):
    """Raised by Progress: the worker is told to end; the job waits to be gone on with."""


def no_progress(done: int, total: int, message: str) -> bool:
    """Nobody watches."""
    return True


@dataclass(frozen=True, slots=True)
class Workspace:
    """One installation: its settings, its database, its images."""

    settings: Settings
    database: Database
    images: ImageStore


def open_workspace(settings: Settings) -> Workspace:
    """Open an installation; an older or empty database is brought up to date first.

    Raises:
        Misconfigured: a folder or the database cannot be used.
    """
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    migrate(database, backups=backups_of(settings, database))
    return Workspace(settings, database, open_store(settings.images, settings.home))


def backups_of(settings: Settings, database: Database) -> Path | None:
    """The folder of copies made before an upgrade; a SQLite file's lie beside it."""
    return None if database.is_sqlite else settings.home


@lru_cache(maxsize=4)
def shared_workspace(settings: Settings) -> Workspace:
    """open_workspace, once per process: pages and routes work on one engine."""
    return open_workspace(settings)


def at_once(workspace: Workspace) -> AbstractContextManager[None]:
    """Let services called in the block read from one snapshot; none of them may write."""
    return workspace.database.together()


def clean_name(name: str) -> str:
    """A person's name as it is stored; raises InvalidValue."""
    check_text("name", name)
    cleaned = unicodedata.normalize("NFC", " ".join(name.split()))
    if len(cleaned) > LONGEST_NAME or not cleaned.isprintable():
        raise InvalidValue("name", f"must be at most {LONGEST_NAME} printable characters")
    return cleaned


def sign_in(workspace: Workspace, *, name: str) -> Person:
    """The person of this name, made known where they are new.

    Raises:
        InvalidValue: an empty, overlong or unprintable name.
    """
    cleaned = clean_name(name)
    with workspace.database.reading() as session:
        known = people.by_name(session, name=cleaned)
    if known:
        return known
    with workspace.database.writing() as session:
        return people.by_name(session, name=cleaned) or people.add(session, name=cleaned)


def person(workspace: Workspace, *, person_id: int) -> Person:
    """Raises NotFound."""
    with workspace.database.reading() as session:
        return people.get(session, person_id=person_id)
