"""The worker's side of the courier: start it, hand it calls, read its outbox; also afterwards."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any, Final

from annotator.errors import AnnotatorError
from annotator.judges.asking import Answer, Question, Server
from annotator.judges.courier import SILENT_SECONDS, answer_of

_ENDING: Final = ".outbox"
_LONGEST_WORDS: Final = 300


class CourierLost(AnnotatorError):
    """The process that makes the calls has died, or could not begin."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """One line of an outbox: a call that began (``answer`` None), or what came of it.

    ``note`` is what was handed over with the call, on the line that says that it began.
    ``stopped`` says that it was told to stop meanwhile, so that a passing fault is not the end.
    """

    id: int
    answer: Answer | None = None
    stopped: bool = False
    note: Any = None


class Outbox:
    """A courier's outbox, read line by line while it grows."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.ended = False
        self._read = 0

    def read(self) -> list[Delivered]:
        """What is new. A line that is not whole yet, or never will be, is left."""
        try:
            with self.file.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        return list(self._lines(whole))

    def _lines(self, data: bytes) -> Iterator[Delivered]:
        for text in data.splitlines():
            line = json.loads(text)
            if line.get("ended"):
                self.ended = True
            elif "began" in line:
                yield Delivered(line["began"], note=line.get("note"))
            else:
                yield Delivered(line["id"], answer_of(line), line["stopped"])

    @property
    def silent(self) -> bool:
        """Whether nobody writes here any more."""
        if self.ended:
            return True
        with contextlib.suppress(FileNotFoundError):
            return time.time() - self.file.stat().st_mtime > SILENT_SECONDS
        return True

    def remove(self) -> None:
        """Delete the file."""
        self.file.unlink(missing_ok=True)


def left_behind(folder: Path) -> list[Outbox]:
    """The outboxes in a folder, oldest first."""
    if not folder.is_dir():
        return []
    files = [file for file in folder.iterdir() if file.suffix == _ENDING]
    return [Outbox(file) for file in sorted(files, key=lambda file: file.stat().st_mtime)]


_spare: list[tuple[subprocess.Popen[bytes], IO[bytes]]] = []


def prepare() -> None:
    """Start a courier ahead of the run that will need it: its start takes a second."""
    if not _spare:
        _spare.append(_started())


def _started() -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    """A courier that waits for its first line, and what it writes on its standard error."""
    log = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the courier
    process = subprocess.Popen(
        [sys.executable, "-m", "annotator.judges.courier"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=log,
        start_new_session=True,
    )
    return process, log


class Dispatch:
    """A running courier, one that was prepared if there is one.

    Args:
        folder: where its outbox is to lie; made where it is missing.
        server: who is asked.
        concurrency: calls at the same time.
    """

    def __init__(self, folder: Path, *, server: Server, concurrency: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.outbox = Outbox(folder / f"{uuid.uuid4().hex}{_ENDING}")
        self._process, self._log = _spare.pop() if _spare else _started()
        self._say(
            {
                "server": asdict(server),
                "concurrency": concurrency,
                "outbox": str(self.outbox.file),
            }
        )

    def send(
        self, call_id: int, question: Question, image: tuple[Path, str] | None, note: Any = None
    ) -> None:
        """Hand over a call; raises CourierLost.

        Args:
            image: a file and its media type.
            note: JSON that the outbox repeats, for whoever reads it later.
        """
        said = {field.name: getattr(question, field.name) for field in fields(question)}
        del said["image"]
        line: dict[str, Any] = {"id": call_id, "question": said, "note": note}
        if image is not None:
            line["image"] = [str(image[0]), image[1]]
        self._say(line)

    def stop(self) -> None:
        """Ask it to begin nothing new."""
        with contextlib.suppress(CourierLost):
            self._say({"stop": True})

    def read(self) -> list[Delivered]:
        """What came since the last time; raises CourierLost where nothing will come any more."""
        lost = self._process.poll() is not None
        found = self.outbox.read()
        if lost and not found and not self.outbox.ended:
            raise CourierLost(f"The process that asks judges has died. {self._last_words()}")
        return found

    @property
    def ended(self) -> bool:
        """Whether it has said its last."""
        return self.outbox.ended

    def close(self) -> None:
        """Let go of it; what it has begun it brings to its end."""
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        if self.outbox.ended:
            self._process.wait()

    def _say(self, line: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as fault:
            raise CourierLost(
                f"The process that asks judges is gone. {self._last_words()}"
            ) from fault

    def _last_words(self) -> str:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1][:_LONGEST_WORDS] if lines else ""
