"""Uploaded files, which wait for the worker that imports them, on whichever server it runs."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from annotator.domain.records import Job
from annotator.services.workspace import Workspace


def uploads(workspace: Workspace) -> Path:
    """Where uploaded files wait for their import."""
    folder = workspace.settings.home / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        copy = Path(folder) / file.name
        workspace.images.borrow(copy)
        yield copy


def forget_upload(workspace: Workspace, job: Job) -> None:
    """Delete the file that a finished import worked on."""
    name = job.parameters.get("upload")
    if name:
        (uploads(workspace) / name).unlink(missing_ok=True)
        workspace.images.take_back(name)
