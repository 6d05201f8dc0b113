"""Judge runs whose worker is killed, ended, paused or stopped; and a tenth of faults."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from annotator.errors import Refused
from annotator.services import judge_runs, judge_settling
from annotator.services.jobs import run_next
from annotator.services.workspace import open_workspace
from db import jobs as job_rows
from tests.judge_server import JudgeServer
from tests.judging import asked, changed, dataset, scores_of, started, until, wish, worker

ITEMS = 40


@pytest.fixture
def server():
    with JudgeServer(latency=0.1) as one:
        yield one


@pytest.fixture
def bench(workspace, ana, tmp_path):
    return dataset(workspace, ana, tmp_path / "b", ITEMS, ("model-a", "model-b"))


@pytest.fixture
def undisturbed(workspace, ana, bench, server):
    """What a run gives that nobody disturbs, as another judge's scores; and the calls it takes."""

    def give() -> list:
        started(workspace, ana, wish(bench, server.url, concurrency=16))
        found = scores_of(workspace)
        changed(workspace, "DELETE FROM score")
        forget_replies(workspace)
        for table in ("judge_run_call", "judge_call", "judge_run"):
            changed(workspace, f"DELETE FROM {table}")
        server.forget()
        return found

    return give


def forget_replies(workspace):
    """Delete what no row of may be deleted; a server's database is the next test's, too."""
    if workspace.database.is_sqlite:
        changed(workspace, "DROP TRIGGER judge_reply_no_delete")
        changed(workspace, "DELETE FROM judge_reply")
        return
    changed(workspace, "ALTER TABLE judge_reply DISABLE TRIGGER judge_reply_no_delete")
    changed(workspace, "DELETE FROM judge_reply")
    changed(workspace, "ALTER TABLE judge_reply ENABLE TRIGGER judge_reply_no_delete")


def names(server):
    return Counter(call.headers["idempotency-key"] for call in server.calls)


def state_of(workspace, run_id):
    return judge_runs.get(workspace, run_id=run_id)


def test_a_worker_killed_again_and_again_makes_each_call_once_and_ends_with_the_same(
    environment, workspace, ana, bench, server, undisturbed
):
    whole = undisturbed()
    run = judge_runs.start(workspace, actor=ana, wish=wish(bench, server.url, concurrency=8))
    for share in (0.3, 0.6):
        process = worker(environment)
        until(lambda share=share: len(server.calls) >= share * 2 * ITEMS)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        changed(
            workspace, "UPDATE job SET leased_until = '2020-01-01 00:00:00' WHERE state = 'running'"
        )
    process = worker(environment)
    until(lambda: state_of(workspace, run.id).state == "done")
    process.terminate()
    process.wait()
    done = state_of(workspace, run.id)
    assert (done.done, done.failed) == (2 * ITEMS, 0)
    assert set(names(server).values()) == {1} and len(names(server)) == 2 * ITEMS
    assert judge_settling.ASKED_AGAIN not in done.counters
    assert scores_of(workspace) == whole
    assert list((workspace.settings.home / "judging").rglob("*.outbox")) == []


def test_a_worker_that_is_told_to_end_lets_calls_end_and_the_next_goes_on_at_once(
    environment, workspace, ana, bench, server
):
    run = judge_runs.start(workspace, actor=ana, wish=wish(bench, server.url, concurrency=4))
    process = worker(environment)
    until(lambda: len(server.calls) >= 20)
    process.terminate()
    process.wait(30)
    assert state_of(workspace, run.id).state == "queued"
    assert asked(workspace, "SELECT state, attempts FROM job WHERE kind = 'judge run'") == [
        ("queued", 0)
    ]
    sent = len(server.calls)
    time.sleep(0.5)
    assert len(server.calls) == sent == sum(server.answered.values())
    while run_next(workspace, worker="test"):
        pass
    assert state_of(workspace, run.id).done == 2 * ITEMS
    assert set(names(server).values()) == {1}


def test_a_run_pauses_goes_on_and_stops(environment, workspace, ana, bench, server):
    run = judge_runs.start(workspace, actor=ana, wish=wish(bench, server.url, concurrency=4))
    process = worker(environment)
    until(lambda: state_of(workspace, run.id).done >= 10)
    with pytest.raises(Refused, match="at work already"):
        judge_runs.resume(workspace, actor=ana, run_id=run.id)
    with pytest.raises(Refused, match="at work already"):
        judge_runs.start(workspace, actor=ana, wish=wish(bench, server.url))
    judge_runs.pause(workspace, actor=ana, run_id=run.id)
    until(lambda: not asked(workspace, "SELECT 1 FROM job WHERE state = 'running'"))
    paused, sent = state_of(workspace, run.id), len(server.calls)
    assert paused.state == "paused" and paused.done == sent < 2 * ITEMS
    judge_runs.resume(workspace, actor=ana, run_id=run.id)
    until(lambda: state_of(workspace, run.id).done >= paused.done + 10)
    judge_runs.stop(workspace, actor=ana, run_id=run.id)
    until(lambda: not asked(workspace, "SELECT 1 FROM job WHERE state = 'running'"))
    stopped = state_of(workspace, run.id)
    assert stopped.state == "stopped" and stopped.done == len(server.calls) < 2 * ITEMS
    with pytest.raises(Refused):
        judge_runs.pause(workspace, actor=ana, run_id=run.id)
    process.terminate()
    process.wait(30)
    assert asked(workspace, "SELECT count(*) FROM judge_call WHERE state = 'sent'") == [(0,)]
    again = started(workspace, ana, wish(bench, server.url, concurrency=16))
    assert again.id != run.id and again.done == 2 * ITEMS
    assert set(names(server).values()) == {1}
    said = asked(workspace, "SELECT after FROM event WHERE kind = 'judge.run' ORDER BY id")
    states = [(json.loads(row[0]) if isinstance(row[0], str) else row[0])["state"] for row in said]
    assert states == ["started", "paused", "resumed", "stopped", "started"]


def test_a_run_that_waits_is_paused_without_a_worker(workspace, ana, bench, server):
    run = judge_runs.start(workspace, actor=ana, wish=wish(bench, server.url))
    judge_runs.pause(workspace, actor=ana, run_id=run.id)
    assert not run_next(workspace, worker="test") and server.calls == []
    judge_runs.resume(workspace, actor=ana, run_id=run.id)
    with pytest.raises(Refused, match="waits"):
        judge_runs.resume(workspace, actor=ana, run_id=run.id)


def test_a_job_that_is_stopped_pauses_its_run(environment, workspace, ana, bench, server):
    run = judge_runs.start(workspace, actor=ana, wish=wish(bench, server.url, concurrency=4))
    process = worker(environment)
    until(lambda: len(server.calls) >= 10)
    with workspace.database.writing() as session:
        job_rows.finish(session, job_id=run.job_id, state="stopped", message="by a person")
    until(lambda: state_of(workspace, run.id).state == "paused")
    process.terminate()
    process.wait(30)
    assert asked(workspace, "SELECT count(*) FROM judge_call WHERE state = 'sent'") == [(0,)]


def test_a_tenth_of_faults_loses_nothing_and_counts_nothing_twice(
    workspace, ana, bench, server, undisturbed
):
    server.latency = 0.01
    whole = undisturbed()
    for fault in ("429 after 0.05", "500", "drop", "half", "html"):
        server.chance(fault, 0.03)
    run = started(workspace, ana, wish(bench, server.url, concurrency=16))
    assert (run.state, run.done, run.failed) == ("done", 2 * ITEMS, 0)
    faults = Counter(call.treated for call in server.calls)
    del faults["ok"]
    assert faults.total() >= ITEMS / 5
    overcome = {k: v for k, v in run.counters.items() if k.startswith("overcome")}
    assert sum(overcome.values()) == faults.total()
    assert overcome.get("overcome: rate limited", 0) == faults["429 after 0.05"]
    assert overcome.get("overcome: server error", 0) == faults["500"]
    assert len(server.calls) == 2 * ITEMS + faults.total()
    assert set(server.answered.values()) == {1}
    assert scores_of(workspace) == whole
    assert asked(workspace, "SELECT count(*), sum(attempts) FROM judge_call") == [
        (2 * ITEMS, len(server.calls))
    ]


def test_when_the_courier_dies_too_its_calls_are_made_again_and_that_is_told(
    environment, workspace, ana, bench, server, monkeypatch
):
    server.script("hang", "hang", "hang")
    run = judge_runs.start(workspace, actor=ana, wish=wish(bench, server.url, concurrency=3))
    process = worker(environment)
    until(lambda: len(server.calls) == 3)
    couriers = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and child_of(entry, process.pid)
    ]
    for pid in (process.pid, *couriers):
        os.kill(pid, signal.SIGKILL)
    process.wait()
    monkeypatch.setattr("annotator.judges.dispatch.SILENT_SECONDS", 1.0)
    changed(
        workspace, "UPDATE job SET leased_until = '2020-01-01 00:00:00' WHERE state = 'running'"
    )
    while run_next(workspace, worker="test"):
        pass
    done = state_of(workspace, run.id)
    assert (done.state, done.done) == ("done", 2 * ITEMS)
    assert done.counters[judge_settling.ASKED_AGAIN] == 3
    assert sorted(Counter(names(server).values()).items()) == [(1, 2 * ITEMS - 3), (2, 3)]
    assert asked(workspace, "SELECT count(*) FROM judge_reply") == [(2 * ITEMS,)]


def child_of(entry: Path, parent: int) -> bool:
    try:
        return f"PPid:\t{parent}\n" in (entry / "status").read_text()
    except OSError:
        return False


def test_two_runs_of_one_judge_do_not_run_at_the_same_time(
    environment, workspace, ana, bench, server
):
    first = judge_runs.start(workspace, actor=ana, wish=wish(bench, server.url, concurrency=2))
    process = worker(environment)
    until(lambda: len(server.calls) >= 5)
    second = judge_runs.start(
        workspace, actor=ana, wish=wish(bench, server.url, models=("model-a",))
    )
    assert run_next(workspace, worker="test")
    waiting = state_of(workspace, second.id)
    assert waiting.state == "paused" and f"Run {first.id} asks the same judge" in waiting.message
    process.terminate()
    process.wait(30)


def test_another_process_reads_what_was_stored(workspace, ana, bench, server):
    run = started(workspace, ana, wish(bench, server.url, concurrency=16, models=("model-a",)))
    assert run.done == ITEMS
    stored = asked(workspace, "SELECT count(*) FROM score WHERE reply_id IS NOT NULL")
    assert stored == [(3 * ITEMS,)]
    again = open_workspace(workspace.settings)
    assert judge_runs.get(again, run_id=run.id).done == ITEMS
    again.database.close()
