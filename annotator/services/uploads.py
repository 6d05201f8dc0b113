"""Uploaded files, which wait for the worker that imports them, on whichever server it runs."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from annotator.domain.records import Job
from annotator.services.workspace import Workspace

COPY: Final = "copy-"


def uploads(workspace: Workspace) -> Path:
    """Where uploaded files wait for their import."""
    folder = workspace.settings.home / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def unchecked(workspace: Workspace, dataset: str) -> Path:
    """A file that stands while an import into a dataset, or the checks behind it, are under way.

    Where it is there before, they were interrupted.
    """
    named = hashlib.sha256(dataset.strip().encode()).hexdigest()[:32]
    return uploads(workspace) / f"{named}.unchecked"


def keep_upload(workspace: Workspace, data: bytes) -> str:
    """Keep an upload; returns the name it goes by."""
    file = uploads(workspace) / uuid.uuid4().hex
    file.write_bytes(data)
    if workspace.images.lend(file):
        file.unlink()
    return file.name


@contextmanager
def upload_of(workspace: Workspace, job: Job) -> Iterator[Path]:
    """The file that a job imports; where servers share uploads, a copy for this long."""
    file = uploads(workspace) / str(job.parameters["upload"])
    if file.exists():
        yield file
        return
    forget_copies(workspace)
    folder = file.parent / f"{COPY}{file.name}"
    folder.mkdir(exist_ok=True)
    try:
        workspace.images.borrow(folder / file.name)
        yield folder / file.name
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forget_copies(workspace: Workspace) -> None:
    """Delete the copies of killed imports that another server has brought to their end."""
    for folder in uploads(workspace).glob(f"{COPY}*"):
        if not workspace.images.lends(folder.name.removeprefix(COPY)):
            shutil.rmtree(folder, ignore_errors=True)


def forget_upload(workspace: Workspace, job: Job) -> None:
    """Delete the file that a finished import worked on."""
    name = job.parameters.get("upload")
    if name:
        (uploads(workspace) / name).unlink(missing_ok=True)
        workspace.images.take_back(name)
