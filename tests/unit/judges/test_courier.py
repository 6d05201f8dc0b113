"""The courier outlives whoever started it, for the calls that are in flight."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from annotator.judges import dispatch as dispatch_module
from annotator.judges.asking import Question, Server
from annotator.judges.dispatch import (
    CourierLost,
    Dispatch,
    Outbox,
    _started,
    left_behind,
    prepare,
)
from tests.judge_server import JudgeServer

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def server():
    with JudgeServer() as one:
        yield one


def dispatch(folder: Path, server: JudgeServer, concurrency: int = 2, **settings) -> Dispatch:
    made = Server(url=server.url, model="judge-x", key=KEY, **({"seconds": 5} | settings))
    return Dispatch(folder, server=made, concurrency=concurrency)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def everything(read: Callable[[], list], ended: Callable[[], bool]) -> list:
    found = []

    def over() -> bool:
        found.extend(read())
        return ended()

    until(over)
    return found + read()


def test_calls_are_made_and_written_down(server, tmp_path):
    server.words = "Three."
    picture = tmp_path / "one.jpg"
    picture.write_bytes(b"\xff\xd8 not really")
    courier = dispatch(tmp_path / "box", server)
    for number in range(5):
        image = (picture, "image/jpeg") if number == 3 else None
        courier.send(number, Question(text=f"How many? {number}", name=f"n{number}"), image)
    until(lambda: sum(server.answered.values()) == 5)
    courier.stop()
    found = everything(courier.read, lambda: courier.ended)
    courier.close()
    assert [one.id for one in found if one.answer is None] == [0, 1, 2, 3, 4]
    answers = {one.id: one.answer for one in found if one.answer is not None}
    assert {answer.text for answer in answers.values()} == {"Three."} and len(answers) == 5
    [call] = [call for call in server.calls if call.images]
    assert call.images[0].startswith("data:image/jpeg;base64,")
    assert {call.headers["idempotency-key"] for call in server.calls} == {f"n{i}" for i in range(5)}
    assert KEY not in courier.outbox.file.read_text()
    courier.outbox.remove()
    assert list((tmp_path / "box").iterdir()) == []


def test_a_picture_that_is_gone_ends_its_call_alone(server, tmp_path):
    courier = dispatch(tmp_path, server)
    courier.send(1, Question(text="Look."), (tmp_path / "none.jpg", "image/jpeg"))
    courier.send(2, Question(text="Read."), None)
    until(lambda: sum(server.answered.values()) == 1)
    courier.stop()
    found = everything(courier.read, lambda: courier.ended)
    outcomes = {one.id: one.answer.outcome for one in found if one.answer}
    assert outcomes == {1: "rejected", 2: "answered"}


def test_one_that_was_prepared_is_taken_and_one_that_nobody_needs_ends(server, tmp_path):
    prepare()
    ((spare, _),) = dispatch_module._spare
    courier = dispatch(tmp_path, server)
    assert courier._process is spare and not dispatch_module._spare
    courier.stop()
    until(lambda: courier.outbox.read() == [] and courier.ended)
    courier.close()
    unwanted, _ = _started()
    unwanted.stdin.close()
    assert unwanted.wait(timeout=60) == 0


STARTER = """
import sys, time
from pathlib import Path
from annotator.judges.asking import Question, Server
from annotator.judges.dispatch import Dispatch
folder, url = sys.argv[1:]
courier = Dispatch(Path(folder), server=Server(url=url, model="judge-x"), concurrency=2)
for number in range(6):
    courier.send(number, Question(text=f"How many? {number}"), None)
time.sleep(600)
"""


def test_what_is_in_flight_when_the_worker_is_killed_is_not_lost_and_nothing_is_begun(tmp_path):
    with JudgeServer(latency=1.5) as server:
        worker = subprocess.Popen([sys.executable, "-c", STARTER, str(tmp_path), server.url])
        until(lambda: len(server.calls) == 2)
        worker.kill()
        worker.wait()
        [outbox] = left_behind(tmp_path)
        found = everything(outbox.read, lambda: outbox.ended)
        assert outbox.silent
        began = {one.id for one in found if one.answer is None}
        answered = {one.id for one in found if one.answer and one.answer.outcome == "answered"}
        assert began == answered == {0, 1}
        assert len(server.calls) == sum(server.answered.values()) == 2


def test_a_courier_that_is_killed_is_noticed(server, tmp_path):
    server.script("hang", "hang")
    courier = dispatch(tmp_path, server)
    courier.send(1, Question(text="Look."), None)
    until(lambda: len(server.calls) == 1)
    courier._process.kill()
    courier._process.wait()
    with pytest.raises(CourierLost):
        for _ in range(3):
            courier.read()
    with pytest.raises(CourierLost):
        for _ in range(3):
            courier.send(2, Question(text="x" * 100_000), None)


def test_an_outbox_is_silent_without_an_end_once_its_signs_of_life_stop(tmp_path):
    file = tmp_path / "a.outbox"
    file.write_text('{"began": 1}\n{"id": 1, "answ')
    outbox = Outbox(file)
    assert [one.id for one in outbox.read()] == [1] and outbox.read() == []
    assert not outbox.silent
    os.utime(file, (time.time() - 60, time.time() - 60))
    assert outbox.silent


def test_a_line_that_is_still_being_written_is_read_when_it_is_whole(tmp_path):
    file = tmp_path / "a.outbox"
    answer = {"outcome": "answered", "text": "Zwölf", "faults": [], "tokens": None}
    line = json.dumps({"id": 7, "answer": answer, "stopped": False}) + "\n"
    file.write_text(line[:20])
    outbox = Outbox(file)
    assert outbox.read() == []
    file.write_text(line)
    assert [(one.id, one.answer.text) for one in outbox.read()] == [(7, "Zwölf")]
