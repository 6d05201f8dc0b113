"""A judge run beside a bare loop of the same client over the same requests."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from annotator.domain.records import Person
from annotator.judges import data_uri
from annotator.judges.dialect import Dialect
from annotator.judges.dispatch import prepare
from annotator.services import judge_runs
from annotator.services.jobs import get, perform, worker_name
from annotator.services.judge_plan import Plan
from annotator.services.judge_runs import Wish
from annotator.services.workspace import Workspace
from tests.bench.places import Place, opened
from tests.bench.table import Bar, Row, median
from tests.judging import dataset, wish

CONCURRENCY = 16
LATENCY = 0.05
BAR = 1.1


def judge_row(place: Place, calls: int, repeats: int) -> Row:
    """A run of so many calls, from its start to its end, and the bare loop, in turns."""
    ours, bare, cold = [], [], []
    with judge_server() as url:
        for number in range(repeats):
            home = place.root / f"judge-{number}"
            shutil.rmtree(home, ignore_errors=True)
            with opened(place.settings(home)) as (workspace, actor):
                wanted = wish(
                    dataset(workspace, actor, home / "source", calls // 2, ("model-a", "model-b")),
                    url,
                    concurrency=CONCURRENCY,
                    model=f"judge-{number}",
                )
                requests = write_requests(workspace, wanted, home / "requests.jsonl")
                began = time.perf_counter()
                bare.append(run_bare(url, requests))
                cold.append(time.perf_counter() - began)
                prepare()
                judge_runs.estimate(workspace, wanted)
                ours.append(timed_run(workspace, actor, wanted, calls))
    ratio = median(ours) / median(bare)
    return Row(
        f"judge run, {calls:,} calls, {LATENCY * 1000:.0f} ms, {CONCURRENCY} at once",
        f"{median(ours):.2f} s",
        f"bare loop {median(bare):.2f} s",
        f"{ratio:.2f}",
        (Bar(f"≤ {BAR}", ratio <= BAR),),
        (
            "measured: the job from its first to its last moment: planning, hashing, images, "
            "calls, reading replies, scores, standings, commits. As the command does, the process "
            "that calls is started before the estimate. Yardstick: the loop alone, its client "
            "imported and its requests ready in memory; with the start of its process "
            f"{median(cold):.2f} s.",
        ),
        {"run_s": ours, "bare_s": bare, "bare_with_start_s": cold},
    )


def timed_run(workspace: Workspace, actor: Person, wanted: Wish, calls: int) -> float:
    """The seconds of a run's job."""
    run = judge_runs.start(workspace, actor=actor, wish=wanted, total=calls, worker=worker_name())
    assert run.job_id is not None
    job = get(workspace, job_id=run.job_id)
    began = time.perf_counter()
    perform(workspace, job, worker=worker_name())
    took = time.perf_counter() - began
    ended = judge_runs.get(workspace, run_id=run.id)
    assert (ended.state, ended.done, ended.failed) == ("done", calls, 0), ended
    return took


def write_requests(workspace: Workspace, wanted: Wish, file: Path) -> Path:
    """What the run will send, a body per line."""
    with file.open("w") as lines:
        for tasks in Plan(workspace, wanted.scope).tasks():
            for task in tasks:
                assert task.image is not None
                path, mime = workspace.images.fitted(task.image.sha256, 1024)
                question = task.question(wanted.settings)
                body = Dialect().request("bare", question, question.max_tokens)
                image = {"url": data_uri(path.read_bytes(), mime)}
                words = body["messages"][0]["content"]
                body["messages"][0]["content"] = [
                    {"type": "image_url", "image_url": image},
                    {"type": "text", "text": words},
                ]
                lines.write(json.dumps(body) + "\n")
    return file


def run_bare(url: str, requests: Path) -> float:
    """The seconds of the bare loop."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bare_loop", url, str(requests), str(CONCURRENCY)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


@contextmanager
def judge_server() -> Iterator[str]:
    """The tests' judge server as a process of its own; its address."""
    command: list[Any] = [sys.executable, "-m", "tests.judge_server", "--latency", str(LATENCY)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()
