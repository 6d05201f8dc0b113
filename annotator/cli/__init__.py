"""``annotator …``: every job a person can do without a browser.

Results go to stdout (JSON where ``--json`` is given, or where nothing else makes sense), messages
and progress to stderr. Exit codes: 0 done, 1 refused or broken input, 2 wrong usage, 3 a
misconfigured installation. One module per group of commands; `common` is what they share.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from annotator import __version__
from annotator.cli.audit import audit
from annotator.cli.check import check
from annotator.cli.common import say
from annotator.cli.curate import curate
from annotator.cli.database import database
from annotator.cli.formats import formats
from annotator.cli.guidelines import guidelines
from annotator.cli.judge import judge
from annotator.cli.language import language
from annotator.cli.release import release
from annotator.cli.responses import responses
from annotator.cli.users import users
from annotator.errors import AnnotatorError, Misconfigured

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    help="Curate benchmarks of multimodal instruction following.",
)
app.add_typer(curate)
app.add_typer(database)
app.add_typer(formats)
app.add_typer(check)
app.add_typer(language)
app.add_typer(judge, name="judge")
app.add_typer(release, name="release")
app.add_typer(responses)
app.add_typer(audit, name="audit")
app.add_typer(guidelines, name="guidelines")
app.add_typer(users, name="users")


@app.callback(invoke_without_command=True)
def start(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Curate benchmarks of multimodal instruction following."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line, turning our errors into a sentence and an exit code."""
    try:
        app()
    except Misconfigured as fault:
        say(f"annotator: {fault}")
        sys.exit(3)
    except AnnotatorError as fault:
        say(f"annotator: {fault}")
        sys.exit(1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
