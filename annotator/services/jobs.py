"""Long work: put into the queue by pages, done by a worker process, watched by anyone.

A job's parameters are JSON; its function may be called again from the start after a restart, so
each one is written to go on where it was, or to do nothing twice.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

from annotator.domain.records import Dataset, Job, Person
from annotator.errors import AnnotatorError, InputError, NotFound, Unavailable
from annotator.formats import ColumnMapping
from annotator.formats.mapping import from_json
from annotator.services import audit, bringing, comparing, proposing, release
from annotator.services import datasets as dataset_service
from annotator.services.access import needs
from annotator.services.checking import check_dataset, compare_again
from annotator.services.importing import import_file
from annotator.services.judge_work import run_judge
from annotator.services.pictures import fetch_missing
from annotator.services.uploads import forget_upload, keep_upload, upload_of
from annotator.services.workspace import Progress, PutBack, Stopped, Workspace, no_progress
from db import jobs, people

logger = logging.getLogger(__name__)

BEAT_SECONDS: Final = 1.0
TROUBLE_SECONDS: Final = 5.0
"""How long a worker waits before it asks a database again that could not work."""
NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MOST_ATTEMPTS: Final = 3

Work = Callable[[Workspace, Job, Person, Progress], Mapping[str, Any]]


def run_import(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """Import an upload, or a file or folder on the server; goes on where an earlier run was.

    ``images`` names a folder on the server, if any; ``mapping`` says which columns mean what.
    """
    parameters = job.parameters
    upload = parameters.get("upload")
    kept = upload_of(workspace, job) if upload else nullcontext(Path(parameters["path"]))
    images = Path(parameters["images"]) if parameters.get("images") else None
    mapping = parameters.get("mapping")
    with kept as path:
        beside = None if upload or path.is_dir() else path.parent
        report = import_file(
            workspace,
            actor=actor,
            file=parameters["file"],
            path=path,
            dataset=parameters["dataset"],
            format=parameters.get("format", "auto"),
            mapping=from_json(mapping) if mapping else None,
            images=images or beside,
            progress=progress,
        )
    result = report.as_dict()
    if parameters.get("fetch_images"):
        result |= fetch_missing(
            workspace, actor=actor, dataset_id=report.dataset_id, progress=progress
        )
    begun_before = bool(job.message)
    if not report.repeated or begun_before:
        result |= check_dataset(workspace, dataset_id=report.dataset_id, progress=progress)
    return result


def dataset_of(job: Job) -> int:
    """The dataset a job works on; raises NotFound where it names none."""
    if job.dataset_id is None:
        raise NotFound("dataset of job", job.id)
    return job.dataset_id


def run_fetch(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """Fetch a dataset's missing images."""
    return fetch_missing(workspace, actor=actor, dataset_id=dataset_of(job), progress=progress)


def run_checks(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """Check all items of a dataset again."""
    return check_dataset(workspace, dataset_id=dataset_of(job), progress=progress)


def run_comparison(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """Compare a dataset's items with each other again."""
    return compare_again(workspace, dataset_id=dataset_of(job), progress=progress)


def run_proposing(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """Let a judge model propose contradictions."""
    model = job.parameters.get("model")
    return proposing.propose(workspace, dataset_id=dataset_of(job), model=model, progress=progress)


def run_release(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """Write a release; the result is where, and how much."""
    manifest = release.create(
        workspace,
        actor=actor,
        dataset=dataset_service.get(workspace, dataset_id=dataset_of(job)),
        out=Path(job.parameters["out"]),
        options=release.options_of(job.parameters["options"]),
        progress=progress,
    )
    return {
        "items": manifest["counts"]["items"],
        "changed": manifest["counts"]["changed"],
        "files": len(manifest["files"]),
        "release": manifest["release"],
    }


def run_preview(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """What a release would hold, or what its texts would say, for the page that asked."""
    asked: Any = {
        "actor": actor,
        "dataset": dataset_service.get(workspace, dataset_id=dataset_of(job)),
        "options": release.options_of(job.parameters["options"]),
        "progress": progress,
    }
    if job.parameters.get("texts"):
        return release.drafted(workspace, **asked)
    return release.told(release.foresee(workspace, **asked))


def run_audit(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> Mapping[str, Any]:
    """Bring the audit's figures up to date."""
    found = audit.compute(workspace, dataset_id=dataset_of(job), progress=progress)
    return {"blocks of figures": len(found.cells)}


KINDS: Final[dict[str, Work]] = {
    "audit": run_audit,
    "import": run_import,
    "fetch images": run_fetch,
    "check": run_checks,
    comparing.JOB: run_comparison,
    proposing.JOB: run_proposing,
    "release": run_release,
    "judge run": run_judge,
    "release preview": run_preview,
    bringing.RESPONSES: bringing.run_responses,
    bringing.REPLIES: bringing.run_replies,
}

SLOW: Final = frozenset(("judge run",))
"""Kinds that take hours of waiting for others, and so have a worker of their own."""

SHARES: Final[dict[str, frozenset[str]]] = {
    "all": frozenset(KINDS),
    "quick": frozenset(KINDS) - SLOW,
    "slow": SLOW,
}
"""What a worker process may be told to take."""


@needs("start work")
def enqueue(
    workspace: Workspace,
    *,
    actor: Person,
    kind: str,
    parameters: Mapping[str, Any],
    dataset_id: int | None = None,
    once: bool = False,
) -> Job:
    """Put a job into the queue; raises NotFound for an unknown kind.

    Args:
        once: where this very work waits or runs already, that job is returned.
    """
    if kind not in KINDS:
        raise NotFound("kind of job", kind)
    work: dict[str, Any] = {"kind": kind, "parameters": parameters, "dataset_id": dataset_id}
    with workspace.database.writing() as session:
        known = jobs.under_way(session, **work) if once else None
        return known or jobs.add(session, **work, person_id=actor.id)


@needs("import")
def enqueue_upload(
    workspace: Workspace,
    *,
    actor: Person,
    kind: str,
    file: str,
    data: bytes,
    dataset: Dataset,
    parameters: Mapping[str, Any],
) -> Job:
    """Keep an uploaded file of answers or replies, and queue its import.

    Raises:
        InputError: the file is empty.
        NotFound: an unknown kind of job.
    """
    if not data:
        raise InputError("the file is empty.", file=file)
    asked = {
        **parameters,
        "upload": keep_upload(workspace, data),
        "file": file,
        "dataset": dataset.name,
    }
    return enqueue(workspace, actor=actor, kind=kind, parameters=asked, dataset_id=dataset.id)


@needs("import")
def enqueue_import(
    workspace: Workspace,
    *,
    actor: Person,
    file: str,
    data: bytes | None = None,
    path: Path | None = None,
    dataset: str,
    format: str,
    images: str | None,
    fetch_images: bool,
    mapping: ColumnMapping | None = None,
) -> Job:
    """Queue an import of an upload, which is kept until then, or of a path on the server.

    Raises:
        InputError: the path or the folder of images does not exist, or is one server's of several,
            or the file is empty.
    """
    if workspace.settings.images and (path is not None or images):
        raise InputError(
            "is on this server, and the import may run on another server that shares its images.",
            file=images or str(path),
            mend="Upload the file, or run `annotator import` on the server that has it.",
        )
    if images and not Path(images).is_dir():
        raise InputError("is no folder on this machine.", file=images)
    parameters: dict[str, Any] = {
        "file": file,
        "dataset": dataset,
        "format": format,
        "images": images or None,
        "fetch_images": fetch_images,
        "mapping": mapping.to_json() if mapping else None,
    }
    if path is not None:
        if not path.exists():
            raise InputError("does not exist on this machine.", file=str(path))
        parameters["path"] = str(path)
    else:
        if not data:
            raise InputError("the file is empty.", file=file)
        parameters["upload"] = keep_upload(workspace, data)
    return enqueue(workspace, actor=actor, kind="import", parameters=parameters)


@needs("look")
def recent(workspace: Workspace, *, actor: Person, limit: int = 20) -> list[Job]:
    """The newest jobs."""
    with workspace.database.reading() as session:
        return jobs.recent(session, limit=limit)


def get(workspace: Workspace, *, job_id: int) -> Job:
    """Raises NotFound."""
    with workspace.database.reading() as session:
        return jobs.get(session, job_id=job_id)


@needs("start work")
def stop(workspace: Workspace, *, actor: Person, job_id: int) -> None:
    """Stop a job; what it has done so far stays."""
    with workspace.database.writing() as session:
        jobs.finish(session, job_id=job_id, state="stopped", message="stopped by a person")
        job = jobs.get(session, job_id=job_id)
    forget_upload(workspace, job)


def worker_name() -> str:
    """What this process is called as a worker: its machine and its id."""
    return f"{socket.gethostname()}:{os.getpid()}"


def run_next(
    workspace: Workspace,
    *,
    worker: str,
    ending: Callable[[], bool] = lambda: False,
    kinds: Collection[str] | None = None,
) -> bool:
    """Take the next job and do it; False where none waits.

    Args:
        kinds: only jobs of these; all otherwise.
        ending: whether the worker has been told to end, so that the job is put back.

    Raises:
        Unavailable: the database, or what the job needs, is away; a job that was taken waits.
    """
    wanted = KINDS.keys() if kinds is None else kinds
    with workspace.database.reading() as session:
        if not jobs.any_waiting(session, kinds=wanted):
            return False
    with workspace.database.claiming() as session:
        job = jobs.take(session, worker=worker, kinds=wanted)
    if job is None:
        return False
    perform(workspace, job, worker=worker, ending=ending)
    return True


def perform(
    workspace: Workspace,
    job: Job,
    *,
    worker: str,
    ending: Callable[[], bool] = lambda: False,
    watched: Progress = no_progress,
) -> Job:
    """Do a job that this worker has taken; returns it as it is afterwards.

    Args:
        watched: told about progress, besides the database.

    Raises:
        Unavailable: the database, or the images' place, is away; the job waits.
    """
    with workspace.database.reading() as session:
        actor = people.get(session, person_id=job.created_by)
    logger.info("job %s (%s): begun, attempt %s", job.id, job.kind, job.attempts)
    progress = beating(workspace, job, worker, ending, watched)
    try:
        state, message, result = outcome_of(workspace, job, actor, progress)
    except Unavailable:
        put_back(workspace, job, worker, ending)
        logger.error("job %s waits", job.id)
        raise
    if state == "queued":
        put_back(workspace, job, worker, ending)
    elif state:
        with workspace.database.writing() as session:
            mine = jobs.finish(
                session, job_id=job.id, state=state, message=message, result=result, worker=worker
            )
        if mine:
            forget_upload(workspace, job)
    logger.info("job %s (%s): %s %s", job.id, job.kind, state or "left", message)
    return get(workspace, job_id=job.id)


def put_back(workspace: Workspace, job: Job, worker: str, ending: Callable[[], bool]) -> None:
    """Let a job wait for its next worker, as soon as the database can note that.

    A worker that ends meanwhile leaves the job to whoever finds its lease over.
    """
    while True:
        try:
            with workspace.database.writing() as session:
                jobs.put_back(session, job_id=job.id, worker=worker)
            return
        except Unavailable:
            if ending():
                return
            time.sleep(TROUBLE_SECONDS)


def outcome_of(
    workspace: Workspace, job: Job, actor: Person, progress: Progress
) -> tuple[str, str, Mapping[str, Any] | None]:
    """Do a job: its next state, message and result; an empty state where it is somebody else's."""
    if job.attempts > MOST_ATTEMPTS:
        return "failed", f"its worker died {MOST_ATTEMPTS} times while doing it", None
    try:
        return "done", "", KINDS[job.kind](workspace, job, actor, progress)
    except Stopped:
        return "", "stopped or taken over", None
    except PutBack:
        return "queued", "put back", None
    except Unavailable:
        raise
    except AnnotatorError as fault:
        return "failed", str(fault), None
    except OSError as fault:
        logger.exception("job %s failed", job.id)
        if fault.errno in NO_ROOM:
            return "failed", "The disk is full. Make room, then start it again.", None
        return "failed", f"The disk refused: {fault}.", None
    except Exception as fault:
        logger.exception("job %s failed", job.id)
        return "failed", f"an unexpected error, which the log has: {type(fault).__name__}", None


def beating(
    workspace: Workspace,
    job: Job,
    worker: str,
    ending: Callable[[], bool] = lambda: False,
    watched: Progress = no_progress,
) -> Progress:
    """A progress callback that notes progress at most once a second and keeps the lease."""
    last = 0.0

    def progress(done: int, total: int, message: str) -> bool:
        nonlocal last
        now = time.monotonic()
        watched(done, total, message)
        if ending():
            raise PutBack
        if now - last >= BEAT_SECONDS or done == total:
            last = now
            with workspace.database.claiming() as session:
                mine = jobs.beat(
                    session, job_id=job.id, worker=worker, done=done, total=total, message=message
                )
            if not mine:
                raise Stopped
        return True

    return progress
