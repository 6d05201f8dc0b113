"""Answers and replies that were uploaded, imported by the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from annotator.domain.records import Job, Person
from annotator.formats.replies import Names
from annotator.services.answering import import_answers
from annotator.services.replying import import_replies
from annotator.services.uploads import upload_of
from annotator.services.workspace import Progress, Workspace

RESPONSES: Final = "responses"
REPLIES: Final = "replies"


def run_responses(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """Import an uploaded file of models' answers."""
    asked = job.parameters
    return import_answers(
        workspace,
        actor=actor,
        dataset=asked["dataset"],
        file=asked["file"],
        data=uploaded(workspace, job),
        model=asked.get("model"),
        mapping=asked.get("mapping"),
        skip_unmatched=bool(asked.get("skip_unmatched")),
        progress=progress,
    ).as_dict()


def run_replies(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """Import an uploaded file of judges' replies."""
    asked = job.parameters
    return import_replies(
        workspace,
        actor=actor,
        dataset=asked["dataset"],
        file=asked["file"],
        data=uploaded(workspace, job),
        names=Names(asked.get("judge"), asked.get("model"), asked.get("version")),
        mapping=asked.get("mapping"),
        skip_unmatched=bool(asked.get("skip_unmatched")),
        progress=progress,
    ).as_dict()


def uploaded(workspace: Workspace, job: Job) -> bytes:
    """The bytes of a job's upload."""
    with upload_of(workspace, job) as file:
        return file.read_bytes()
