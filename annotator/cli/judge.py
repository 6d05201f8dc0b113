"""``annotator judge …``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from annotator.cli.common import examples, read_text

judge = typer.Typer(no_args_is_help=True, help="Judges: read what they wrote.")


@judge.command(name="read", epilog=examples("annotator judge read replies.jsonl"))
def judge_read(
    file: Annotated[
        Path,
        typer.Argument(
            help='JSON lines: {"id", "form": "mia"|"direct"|"compare"|"perception"|"auto", '
            '"weights": [4, 3, 3], "reply"}; - for standard input.'
        ),
    ],
) -> None:
    """Read judges' replies: a score per component, or why there is none; and the kits' readings."""
    from annotator.judges import read_lines

    for found in read_lines(read_text(file), file=file.name):
        typer.echo(json.dumps(found, ensure_ascii=False))
