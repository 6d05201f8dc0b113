"""``annotator judge run`` as a process of its own: estimated, killed, gone on with, interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from tests.judge_server import JudgeServer
from tests.judging import KEY, asked, dataset, until

ITEMS = 40


@pytest.fixture
def server():
    with JudgeServer(latency=0.1, key=KEY) as one:
        yield one


@pytest.fixture
def run(environment, workspace, ana, tmp_path, server):
    dataset(workspace, ana, tmp_path / "b", ITEMS)

    def start(*flags: str) -> subprocess.Popen[str]:
        command = ["judge", "run", "--dataset", "Bench", "--model", "judge-x", "--as", "Ana"]
        return subprocess.Popen(
            [sys.executable, "-m", "annotator", *command, "--base-url", server.url, *flags],
            env=os.environ | environment | {"OPENAI_API_KEY": KEY},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def ended(process, code=0):
    out, err = process.communicate(timeout=120)
    assert process.returncode == code, out + err
    assert KEY not in out + err
    return json.loads(out), err


def once(server):
    return set(Counter(c.headers["idempotency-key"] for c in server.calls).values()) == {1}


def test_a_dry_run_prints_the_estimate_and_asks_nobody(run, server, workspace):
    found, _ = ended(run("--dry-run", "--price", "2.5/10", "--repeats", "2"))
    assert (found["replies"], found["calls"]) == (2 * ITEMS, 2 * ITEMS)
    assert found["calls_by_method"] == {"direct": 2 * ITEMS} and found["cost_usd"] > 0
    assert found["tokens"]["sent"] > found["tokens"]["received"] > 0
    assert server.calls == [] and asked(workspace, "SELECT * FROM judge_run") == []


def test_killed_it_goes_on_with_the_same_command_at_once(run, server, workspace):
    first = run("--concurrency", "4", "--price", "2.5/10")
    until(lambda: len(server.calls) >= ITEMS / 3)
    first.kill()
    first.communicate()
    found, said = ended(run("--concurrency", "8", "--price", "2.5/10"))
    assert (found["state"], found["replies"], found["without_reply"]) == ("done", ITEMS, 0)
    assert once(server) and len(server.calls) == ITEMS and found["cost_usd"] > 0
    assert f"for {ITEMS} replies" in said
    [[count, runs]] = asked(workspace, "SELECT count(*), max(run_id) FROM judge_call")
    assert (count, runs) == (ITEMS, found["run"])
    again, said = ended(run())
    assert again["replies"] == ITEMS and len(server.calls) == ITEMS and "0 calls for" in said


def test_interrupted_it_pauses_and_says_so(run, server, workspace):
    process = run("--concurrency", "4")
    until(lambda: len(server.calls) >= 8)
    process.send_signal(signal.SIGINT)
    found, said = ended(process, code=1)
    assert found["state"] == "paused" and "The same command goes on with it." in said
    assert len(server.calls) == found["replies"] == sum(server.answered.values())
    assert asked(workspace, "SELECT count(*) FROM judge_call WHERE state = 'sent'") == [(0,)]
    assert ended(run())[0]["replies"] == ITEMS and once(server)
