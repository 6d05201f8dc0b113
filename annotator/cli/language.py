"""The constraint language on the command line, for files of one's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from annotator.cli.common import examples, read_text

language = typer.Typer()


@language.command(
    epilog=examples("annotator contradict constraints.jsonl", "annotator contradict - < file.jsonl")
)
def contradict(
    file: Annotated[
        Path,
        typer.Argument(
            help='JSON lines: {"id", "constraints": [text, …]} or {"id", "instruction": text}; '
            "- for standard input."
        ),
    ],
    seconds: Annotated[float, typer.Option(help="Time limit for the solver, per line.")] = 0.5,
) -> None:
    """Find constraints that cannot hold together: JSON lines in, JSON lines out."""
    from annotator.constraints import contradict_lines

    lines = read_text(file).split("\n")
    for found in contradict_lines(lines, file=file.name, time_limit=seconds):
        typer.echo(json.dumps(found, ensure_ascii=False))


@language.command(epilog=examples("annotator verify answers.jsonl"))
def verify(
    file: Annotated[
        Path,
        typer.Argument(
            help='JSON lines: {"id", "constraint": text or {"func", "params"}, "response"}; '
            "- for standard input."
        ),
    ],
) -> None:
    """Check responses against constraints: pass, fail or undecided, with the evidence."""
    from annotator.constraints import verify_lines

    for found in verify_lines(read_text(file).split("\n"), file=file.name):
        typer.echo(json.dumps(found, ensure_ascii=False))
