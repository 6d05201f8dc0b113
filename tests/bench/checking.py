"""The background check of a whole dataset, as the worker does it, and how its progress moves."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from typing import Any, Final

from annotator.domain.records import Person
from annotator.domain.vocabulary import SEVERITIES
from annotator.services import jobs
from annotator.services.workspace import Workspace
from db import findings
from db.jobs import take as taken
from tests.bench.places import Place, opened
from tests.bench.table import Bar, Row

MINUTES: Final = 10
"""The most that the usual number of items may take."""
STILL_S: Final = 30
"""The longest that the progress may stand still."""
DATASET_ID: Final = 1


def check_row(place: Place, scale: Any) -> Row:
    """Import with the checks of the form, then the job that checks the words, the whole of it."""
    home = place.copy(scale.usual, "checked")
    with opened(place.settings(home)) as (workspace, actor):
        seen, result = checked(workspace, actor)
        found = kinds(workspace)
    number, took = result["checked"], seen[-1][0] - seen[0][0]
    still = max(b - a for (a, _), (b, _) in itertools.pairwise(seen))
    phases: dict[str, float] = {}
    for (a, phase), (b, _) in itertools.pairwise(seen):
        phases[phase] = phases.get(phase, 0.0) + b - a
    return Row(
        f"check of {number:,} items",
        f"{took / 60:.1f} min",
        f"{1000 * took / number:.1f} ms each",
        "–",
        (
            Bar(f"≤ {MINUTES} min", took <= 60 * MINUTES),
            Bar(f"still ≤ {STILL_S} s", still <= STILL_S),
        ),
        (
            f"the worker's job, begun to done; its progress moved {len(seen):,} times and stood "
            f"still for {still:.1f} s at most; "
            + ", ".join(f"{phase or 'start'} {seconds:.0f} s" for phase, seconds in phases.items()),
            "found: " + ", ".join(f"{kind} {n:,}" for kind, n in found.most_common()),
        ),
        {"seconds": took, "still_s": still, "phases": phases, "found": dict(found)},
    )


def checked(workspace: Workspace, actor: Person) -> tuple[list[tuple[float, str]], dict[str, Any]]:
    """Do the job; when its progress moved, with what it said, and its result."""
    jobs.enqueue(
        workspace,
        actor=actor,
        kind="check",
        parameters={},
        dataset_id=DATASET_ID,
    )
    seen = [(time.perf_counter(), "")]
    places: list[tuple[int, str]] = []

    def watched(done: int, total: int, message: str) -> bool:
        if places[-1:] != [(done, message)]:
            places.append((done, message))
            seen.append((time.perf_counter(), message))
        return True

    with workspace.database.writing() as session:
        job = taken(session, worker=jobs.worker_name(), kinds=["check"])
    assert job is not None
    job = jobs.perform(workspace, job, worker=jobs.worker_name(), watched=watched)
    seen.append((time.perf_counter(), "done"))
    assert job.state == "done", job.message
    return seen, dict(job.result or {})


def kinds(workspace: Workspace) -> Counter[str]:
    """How many findings of each kind there are."""
    with workspace.database.reading() as session:
        counted = findings.counts(session, dataset_id=DATASET_ID)
    return Counter({f"{kind} ({SEVERITIES[rank]})": n for kind, rank, n in counted})
