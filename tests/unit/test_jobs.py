"""Long work: leased, taken over, stopped, given up after three deaths, going on after a restart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from annotator.errors import InputError, NotFound
from annotator.images import open_store
from annotator.services import datasets, jobs
from annotator.services import uploads as kept
from annotator.services.jobs import KINDS, Stopped, enqueue, enqueue_import, run_next
from annotator.services.workspace import PutBack
from db import jobs as rows
from tests.examples import benchmark, imported, record

pytestmark = pytest.mark.every_database


def queue_import(workspace, ana, data=None, dataset="Bench", **changed):
    return enqueue_import(
        workspace, actor=ana, file="bench.json", data=data or benchmark(record()),
        dataset=dataset, format="auto", images=None, fetch_images=False, **changed,
    )  # fmt: skip


def expire(workspace):
    """Let every lease run out."""
    with workspace.database.writing() as session:
        past = (datetime.now(UTC) - timedelta(seconds=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
        session.connection().execute(text("UPDATE job SET leased_until = :past"), {"past": past})


def take(workspace, worker):
    with workspace.database.writing() as session:
        return rows.take(session, worker=worker, kinds=KINDS.keys())


def uploads(workspace):
    return list(kept.uploads(workspace).iterdir())


def test_an_upload_is_imported_and_its_file_forgotten(workspace, ana):
    job = queue_import(workspace, ana)
    assert run_next(workspace, worker="w") and not run_next(workspace, worker="w")
    done = jobs.get(workspace, job_id=job.id)
    assert (done.state, done.result["new"], done.finished_at is not None) == ("done", 1, True)
    assert datasets.named(workspace, name="Bench").name == "Bench"
    assert uploads(workspace) == []


def shared(workspace, address, home):
    """The workspace as a server sees it that shares its images."""
    home.mkdir(exist_ok=True)
    settings = replace(workspace.settings, home=home, images=address)
    return replace(workspace, settings=settings, images=open_store(address, home))


def test_an_upload_leaves_no_file_on_any_server(workspace, ana, tmp_path):
    address = f"{tmp_path}/shared"
    one, two = (shared(workspace, address, tmp_path / name) for name in ("one", "two"))
    job = queue_import(one, ana)
    assert run_next(two, worker="w")
    assert jobs.get(one, job_id=job.id).state == "done"
    stopped = queue_import(one, ana, dataset="Other")
    jobs.stop(two, actor=ana, job_id=stopped.id)
    assert uploads(one) == uploads(two) == []
    assert [f for f in (tmp_path / "shared").rglob("*") if f.is_file()] == []


def test_the_copy_of_a_killed_import_goes_when_another_server_ends_it(workspace, ana, tmp_path):
    address = f"{tmp_path}/shared"
    one, two = (shared(workspace, address, tmp_path / name) for name in ("one", "two"))
    job = queue_import(one, ana)
    killed = kept.upload_of(two, job)
    assert killed.__enter__().read_bytes() == benchmark(record()) and uploads(two) != []
    kept.forget_copies(two)
    assert uploads(two) != [], "the import may go on here"
    assert run_next(one, worker="w")
    queue_import(one, ana, dataset="Other")
    assert run_next(two, worker="w") and uploads(two) == []


def test_one_servers_files_are_no_jobs_of_all(workspace, ana, tmp_path):
    server = shared(workspace, f"{tmp_path}/shared", tmp_path / "one")
    (tmp_path / "bench.json").write_bytes(benchmark(record()))
    for given in ({"path": tmp_path / "bench.json"}, {"data": b"x", "images": str(tmp_path)}):
        with pytest.raises(InputError, match=r"may run on another server.*annotator import"):
            enqueue_import(
                server, actor=ana, file="bench.json", dataset="Bench", format="auto",
                fetch_images=False, **{"images": None, **given},
            )  # fmt: skip
    assert uploads(server) == [] and jobs.recent(server, actor=ana) == []


def test_the_same_file_queued_twice_is_two_uploads(workspace, ana):
    first, second = queue_import(workspace, ana), queue_import(workspace, ana, dataset="Other")
    while run_next(workspace, worker="w"):
        pass
    assert [jobs.get(workspace, job_id=j.id).state for j in (first, second)] == ["done", "done"]
    assert len(datasets.everything(workspace)) == 2


def test_a_broken_file_fails_in_words(workspace, ana):
    job = queue_import(workspace, ana, b'[{"instruction": 5}]')
    run_next(workspace, worker="w")
    failed = jobs.get(workspace, job_id=job.id)
    assert failed.state == "failed"
    assert "no known format" in failed.message or "record 0" in failed.message


def test_an_unexpected_error_fails_the_job_not_the_worker(workspace, ana, monkeypatch, caplog):
    def explode(*_):
        raise ZeroDivisionError

    monkeypatch.setitem(KINDS, "check", explode)
    job = enqueue(workspace, actor=ana, kind="check", parameters={}, dataset_id=None)
    assert run_next(workspace, worker="w")
    failed = jobs.get(workspace, job_id=job.id)
    assert (failed.state, "ZeroDivisionError" in failed.message) == ("failed", True)


def test_empty_uploads_and_folders_that_are_none_are_refused(workspace, ana):
    with pytest.raises(InputError, match="empty"):
        enqueue_import(
            workspace, actor=ana, file="x", data=b"", dataset="B", format="auto",
            images=None, fetch_images=False,
        )  # fmt: skip
    with pytest.raises(InputError, match="no folder"):
        enqueue_import(
            workspace, actor=ana, file="x", data=b"[]", dataset="B", format="auto",
            images="/nowhere", fetch_images=False,
        )  # fmt: skip
    with pytest.raises(NotFound):
        enqueue(workspace, actor=ana, kind="dance", parameters={})


def test_a_job_is_taken_by_one_worker_until_its_lease_ends(workspace, ana):
    queue_import(workspace, ana)
    assert take(workspace, "first").attempts == 1
    assert take(workspace, "second") is None
    expire(workspace)
    assert take(workspace, "second").attempts == 2
    with workspace.database.writing() as session:
        assert not rows.beat(session, job_id=1, worker="first", done=1, total=2, message="")
        assert rows.beat(session, job_id=1, worker="second", done=1, total=2, message="")
        assert not rows.finish(session, job_id=1, state="done", message="", worker="first")
        assert rows.finish(session, job_id=1, state="done", message="", worker="second")


def test_the_oldest_job_comes_first(workspace, ana):
    first, second = queue_import(workspace, ana), queue_import(workspace, ana)
    assert [take(workspace, "a").id, take(workspace, "b").id] == [first.id, second.id]


def test_a_stopped_job_ends_at_its_next_step(workspace, ana, monkeypatch):
    seen = []

    def work(workspace, job, actor, progress):
        for step in range(5):
            seen.append(step)
            jobs.stop(workspace, actor=ana, job_id=job.id)
            monkeypatch.setattr(jobs, "BEAT_SECONDS", 0.0)
            progress(step, 5, "working")
        return {}

    monkeypatch.setitem(KINDS, "check", work)
    monkeypatch.setattr(jobs, "BEAT_SECONDS", 0.0)
    job = enqueue(workspace, actor=ana, kind="check", parameters={})
    run_next(workspace, worker="w")
    assert (seen, jobs.get(workspace, job_id=job.id).state) == ([0], "stopped")


def test_a_worker_whose_job_was_taken_over_drops_it(workspace, ana):
    queue_import(workspace, ana)
    job = take(workspace, "first")
    expire(workspace)
    take(workspace, "second")
    progress = jobs.beating(workspace, job, "first")
    with pytest.raises(Stopped):
        progress(1, 1, "")
    assert jobs.get(workspace, job_id=job.id).state == "running"


def test_a_job_whose_worker_dies_three_times_is_given_up(workspace, ana):
    job = queue_import(workspace, ana)
    for _ in range(3):
        take(workspace, "dying")
        expire(workspace)
    run_next(workspace, worker="w")
    failed = jobs.get(workspace, job_id=job.id)
    assert (failed.state, "died 3 times" in failed.message) == ("failed", True)


def test_an_import_goes_on_after_a_restart_without_doing_twice(workspace, ana):
    """The worker died after the import was stored, before the job was closed."""
    data = benchmark(record(), record(instruction="Sing."))
    job = queue_import(workspace, ana, data)
    take(workspace, "dying")
    imported(workspace, ana, data)
    expire(workspace)
    run_next(workspace, worker="w")
    done = jobs.get(workspace, job_id=job.id)
    assert (done.state, done.result["repeated"]) == ("done", True)
    assert datasets.standing(workspace, actor=None, dataset_id=1).items == 2


def test_an_import_that_was_stored_and_not_yet_checked_is_checked_by_its_next_worker(
    workspace, ana, monkeypatch
):
    job = queue_import(workspace, ana)

    def interrupted(workspace, *, dataset_id, progress):
        raise PutBack

    with monkeypatch.context() as patched:
        patched.setattr(jobs, "check_dataset", interrupted)
        assert run_next(workspace, worker="w")
    assert jobs.get(workspace, job_id=job.id).state == "queued"
    assert run_next(workspace, worker="other")
    done = jobs.get(workspace, job_id=job.id).result
    assert (done["repeated"], done["checked"]) == (True, 1)


def test_checks_and_releases_are_jobs_too(workspace, ana, tmp_path):
    imported(workspace, ana, benchmark(record()))
    enqueue(workspace, actor=ana, kind="check", parameters={}, dataset_id=1)
    enqueue(
        workspace, actor=ana, kind="release", dataset_id=1,
        parameters={"out": str(tmp_path / "v1"), "options": {"name": "v1"}},
    )  # fmt: skip
    while run_next(workspace, worker="w"):
        pass
    assert [job.state for job in jobs.recent(workspace, actor=ana)] == ["done", "done"]
    assert json.loads((tmp_path / "v1" / "manifest.json").read_text())["counts"]["items"] == 1


def test_the_worker_process_does_the_job_and_ends_when_told(workspace, ana, environment):
    job = queue_import(workspace, ana)
    worker = subprocess.Popen(
        [sys.executable, "-m", "annotator.worker"],
        env=os.environ | environment,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 120
    while jobs.get(workspace, job_id=job.id).state != "done":
        assert time.monotonic() < deadline and worker.poll() is None
        time.sleep(0.1)
    worker.terminate()
    _, said = worker.communicate(timeout=120)
    assert worker.returncode == 0, said


@pytest.mark.parametrize("module", ["annotator.worker", "annotator.server", "annotator.cli"])
def test_each_process_starts_from_its_own_module(module):
    code = f"import importlib; importlib.import_module({module!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_worker_takes_its_share_alone(workspace, ana):
    slow = enqueue(workspace, actor=ana, kind="judge run", parameters={"run_id": 0})
    quick = queue_import(workspace, ana)
    assert jobs.SHARES["quick"] | jobs.SHARES["slow"] == jobs.SHARES["all"] == set(KINDS)
    assert run_next(workspace, worker="w", kinds=jobs.SHARES["quick"])
    assert not run_next(workspace, worker="w", kinds=jobs.SHARES["quick"])
    states = [jobs.get(workspace, job_id=job.id).state for job in (slow, quick)]
    assert states == ["queued", "done"]


def test_a_worker_that_is_told_to_end_puts_its_job_back(workspace, ana, monkeypatch):
    def long(workspace, job, actor, progress):
        progress(1, 2, "half")
        raise AssertionError("it was not told")

    monkeypatch.setitem(KINDS, "check", long)
    job = enqueue(workspace, actor=ana, kind="check", parameters={}, dataset_id=None)
    assert run_next(workspace, worker="w", ending=lambda: True)
    waiting = jobs.get(workspace, job_id=job.id)
    assert (waiting.state, waiting.attempts) == ("queued", 0)
    assert take(workspace, "other").id == job.id
