"""The courier: a process of its own that makes a run's calls and writes down what came of them.

``python -m annotator.judges.courier`` reads lines of JSON from its standard input and writes lines
of JSON to a file, the outbox. It does not end with the worker that started it: what is in flight
when the worker dies comes to its end and lies in the outbox when the work is taken up again, so
that no call is paid for twice.

In: ``{"server": {…}, "concurrency": 8, "outbox": "path"}``, then for each call ``{"id": 1,
"question": {…}, "image": ["path", "image/jpeg"], "note": {…}}``, then ``{"stop": true}`` or the end
of input, after which nothing new is begun.

Out: before a call is sent ``{"began": id, "note": …}``, with its note as it came; when it is over
``{"id", "answer": {…}, "stopped"}``; at the end ``{"ended": true}``. The file's time of change is
renewed every second: an outbox without an end and without a sign of life for `SILENT_SECONDS` has
no courier any more.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TextIO

from annotator.judges.asking import Answer, Question, Server, Tokens, data_uri
from annotator.judges.client import JudgeClient

BEAT_SECONDS: Final = 1.0
SILENT_SECONDS: Final = 10.0
KEPT_IMAGES: Final = 32


class Courier:
    """Makes the calls that come in, ``concurrency`` at a time."""

    def __init__(self, client: JudgeClient, outbox: TextIO) -> None:
        self.client = client
        self.outbox = outbox
        self.waiting: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
        self.stopped = False

    def stop(self) -> None:
        """Begin nothing new."""
        self.stopped = True
        self.client.stop()

    def take(self, line: str) -> None:
        """Take a line of input; an empty one is its end."""
        said = json.loads(line) if line.strip() else {"stop": True}
        if said.get("stop"):
            self.stop()
            self.waiting.put_nowait(None)
        else:
            self.waiting.put_nowait(said)

    async def work(self) -> None:
        """Make one call after the other until there are no more."""
        while not self.stopped:
            call = await self.waiting.get()
            if call is None or self.stopped:
                break
            self.write({"began": call["id"], "note": call.get("note")})
            answer = await self.ask(call)
            self.write({"id": call["id"], "answer": asdict(answer), "stopped": self.stopped})
        self.waiting.put_nowait(None)

    async def ask(self, call: Mapping[str, Any]) -> Answer:
        """Make one call."""
        try:
            question = question_of(call)
        except OSError as fault:
            return Answer(outcome="rejected", detail=f"the image cannot be read: {fault.strerror}")
        return await self.client.ask(question)

    async def beat(self) -> None:
        """Give a sign of life every second."""
        while True:
            os.utime(self.outbox.fileno())
            await asyncio.sleep(BEAT_SECONDS)

    def write(self, line: Mapping[str, Any]) -> None:
        """Write one line; it is with the operating system when this returns."""
        self.outbox.write(json.dumps(line) + "\n")
        self.outbox.flush()


def question_of(call: Mapping[str, Any]) -> Question:
    """The question of a line of input."""
    image = picture(*call["image"]) if call.get("image") else None
    return Question(**call["question"], image=image)


@lru_cache(maxsize=KEPT_IMAGES)
def picture(path: str, mime: str) -> str:
    """An image file as it is sent."""
    return data_uri(Path(path).read_bytes(), mime)


def answer_of(line: Mapping[str, Any]) -> Answer:
    """The answer in a line of an outbox."""
    fields = dict(line["answer"])
    fields["faults"] = tuple(fields["faults"])
    fields["tokens"] = Tokens(**fields["tokens"]) if fields["tokens"] else None
    return Answer(**fields)


async def deliver(settings: Mapping[str, Any], lines: TextIO) -> None:
    """Make calls until the input ends and what was begun is over."""
    server = Server(**settings["server"])
    with Path(settings["outbox"]).open("x", encoding="utf-8") as outbox:
        async with JudgeClient(server) as client:
            courier = Courier(client, outbox)
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, courier.take, "")
            listen(lines, lambda line: loop.call_soon_threadsafe(courier.take, line))
            beat = asyncio.create_task(courier.beat())
            await asyncio.gather(*(courier.work() for _ in range(settings["concurrency"])))
            beat.cancel()
        courier.write({"ended": True})


def listen(lines: TextIO, take: Callable[[str], object]) -> None:
    """Hand on each line of input, and its end, from a thread that holds nobody up."""

    def read() -> None:
        for line in iter(lines.readline, ""):
            take(line)
        take("")

    threading.Thread(target=read, daemon=True).start()


def main() -> None:
    """Deliver what standard input says."""
    import openai  # noqa: F401 - before the first call needs it: it takes most of a second

    lines = sys.stdin
    settings = lines.readline()
    if settings:
        asyncio.run(deliver(json.loads(settings), lines))


if __name__ == "__main__":
    main()
