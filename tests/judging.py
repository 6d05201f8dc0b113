"""Datasets with answers, for tests of judge runs."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import text

from annotator.config import load
from annotator.domain.judging import JudgeRun
from annotator.domain.records import Person
from annotator.services import judge_runs
from annotator.services.answering import import_answers
from annotator.services.importing import import_file
from annotator.services.jobs import run_next
from annotator.services.judge_runs import Wish
from annotator.services.workspace import Workspace
from tests.examples import benchmark, record

KEY = "sk-very-secret-0123456789"


def picture(side: int = 64) -> bytes:
    """A photograph, nearly."""
    buffer = io.BytesIO()
    Image.effect_mandelbrot((side, side // 2), (-2, -1, 1, 1), 20).save(buffer, "PNG")
    return buffer.getvalue()


def dataset(
    workspace: Workspace,
    actor: Person,
    folder: Path,
    count: int = 3,
    models: tuple[str, ...] = ("model-a",),
    *,
    side: int = 64,
    said: Callable[[int, str], str | None] = lambda number, model: f"{model} sees {number} cats.",
) -> int:
    """The id of a dataset of so many items on one image, each answered by each model."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "images" / "cat.png").write_bytes(picture(side))
    data = benchmark(*(record(instruction=f"Tell story {n} about the cat.") for n in range(count)))
    report = import_file(
        workspace, actor=actor, file="b.json", data=data, dataset="Bench", images=folder
    )
    for model in models:
        rows = [
            {"index": n, "text": said(n, model)} for n in range(count) if said(n, model) is not None
        ]
        answer(workspace, actor, rows, model)
    return report.dataset_id


def answer(
    workspace: Workspace, actor: Person, rows: list[dict[str, Any]], model: str = "model-a"
) -> None:
    """Import answers."""
    data = "".join(json.dumps({**row, "model": model}) + "\n" for row in rows).encode()
    import_answers(workspace, actor=actor, dataset="Bench", file="a.jsonl", data=data, model=model)


def wish(dataset_id: int, url: str, **changed: Any) -> Wish:
    """What is wanted of a judge."""
    return Wish(**({"dataset_id": dataset_id, "model": "judge-x", "base_url": url} | changed))


def started(workspace: Workspace, actor: Person, wanted: Wish) -> JudgeRun:
    """The run, when its job is over."""
    run = judge_runs.start(workspace, actor=actor, wish=wanted)
    while run_next(workspace, worker="test"):
        pass
    return judge_runs.get(workspace, run_id=run.id)


def asked(workspace: Workspace, query: str, **values: Any) -> list[Any]:
    """Rows of the database, each as a tuple."""
    with workspace.database.reading() as session:
        return [tuple(row) for row in session.connection().execute(text(query), values)]


def changed(workspace: Workspace, statement: str, **values: Any) -> None:
    """Write past the services."""
    with workspace.database.writing() as session:
        session.connection().execute(text(statement), values)


def scores_of(workspace: Workspace) -> list[Any]:
    """All that judges gave, in an order that does not depend on when they did."""
    return asked(
        workspace,
        "SELECT c.response_id, c.component_key, s.repeat, s.awarded, s.possible, s.reason, r.text"
        " FROM score s JOIN scored_case c ON c.id = s.case_id JOIN judge_reply r"
        " ON r.id = s.reply_id ORDER BY 1, 2, 3",
    )


def worker(environment: dict[str, str], **extra: str) -> subprocess.Popen[bytes]:
    """A worker process of its own."""
    settings = load(environment | extra)
    return subprocess.Popen(
        [sys.executable, "-m", "annotator.worker"],
        env=os.environ | settings.environment() | extra,
    )


def until(condition: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something to come about."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
