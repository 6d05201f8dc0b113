"""What the commands share: common options, the installation, output for people and for scripts."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from annotator.config import load
from annotator.domain.records import Person
from annotator.errors import InputError
from annotator.services.workspace import Workspace, open_workspace, sign_in

messages = Console(stderr=True, highlight=False)

Db = Annotated[
    str | None,
    typer.Option("--db", metavar="PATH-or-URL", help="Database; otherwise DATABASE_URL."),
]
DatasetName = Annotated[str, typer.Option("--dataset", metavar="NAME", help="The dataset.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Who = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Who does it; otherwise your login name."),
]


def examples(*lines: str) -> str:
    """The epilogue of a command's help."""
    return "**Examples**\n\n" + "\n\n".join(f"`{line}`" for line in lines)


@contextmanager
def workspace_of(db: str | None, *, judge_url: str | None = None) -> Iterator[Workspace]:
    """The installation that the environment and the flags ``--db`` and ``--base-url`` name."""
    workspace = open_workspace(load(database=db, judge_url=judge_url))
    try:
        yield workspace
    finally:
        workspace.database.close()


def actor_of(workspace: Workspace, who: str | None) -> Person:
    """The person in whose name the command acts."""
    try:
        return sign_in(workspace, name=who or getpass.getuser())
    except (KeyError, OSError) as fault:
        raise InputError("this machine has no name for you.", mend="Say it with --as.") from fault


def say(text: str) -> None:
    """A message for people."""
    messages.print(text, markup=False)


def put(value: Any) -> None:
    """A result as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int, str], bool]]:
    """A progress bar on stderr, where that is a terminal."""
    with Progress(
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        console=messages,
        transient=True,
        disable=not messages.is_terminal,
    ) as bar:
        task = bar.add_task("", total=None)

        def progress(done: int, total: int, message: str) -> bool:
            bar.update(task, completed=done, total=total, description=message[:60])
            return True

        yield progress


def read(file: Path) -> bytes:
    """A file's bytes; raises InputError."""
    try:
        return file.read_bytes()
    except OSError as fault:
        raise InputError(
            f"cannot be read: {fault.strerror}.", file=str(file), mend="Name a file that is there."
        ) from fault


def decode(data: bytes, file: Path) -> str:
    """UTF-8 text; raises InputError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError(
            f"byte {fault.start} is not UTF-8.", file=str(file), mend="Save it as UTF-8."
        ) from fault


def read_text(file: Path) -> str:
    """The text of a file, or of standard input where it is named ``-``; raises InputError."""
    return decode(sys.stdin.buffer.read() if str(file) == "-" else read(file), file)
