"""``annotator formats``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from annotator.cli.common import AsJson, examples, put
from annotator.errors import InputError
from annotator.formats import FORMATS, Format

formats = typer.Typer()
KINDS = {"items": "items", "answers": "models' answers", "material": "test material for judges"}


@formats.command(
    name="formats", epilog=examples("annotator formats", "annotator formats mia-bench --json")
)
def list_formats(
    name: Annotated[str | None, typer.Argument(help="Only this format.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the file formats, what each can hold, and a record of each."""
    if name is not None and name not in FORMATS:
        raise InputError(f"there is no format {name!r}.", mend="annotator formats lists them.")
    chosen = [FORMATS[name]] if name else list(FORMATS.values())
    if as_json:
        put([described(form) for form in chosen])
        return
    for form in chosen:
        typer.echo(f"{form.name}: {form.title}")
        typer.echo(f"  holds {KINDS[form.kind]}{', ' if holding(form) else ''}{holding(form)}")
        for line in form.example.splitlines():
            typer.echo(f"  {line}")


def described(form: Format) -> dict[str, Any]:
    """A format as JSON."""
    return {
        "format": form.name,
        "title": form.title,
        "kind": form.kind,
        "extension": form.extension,
        "holds": asdict(form.holds),
        "example": form.example,
    }


def holding(form: Format) -> str:
    """What a format has fields for, in words."""
    holds = form.holds
    words = {
        "components": holds.components,
        "weights": holds.components and holds.weights,
        "verifier calls": holds.judging,
        "answers": holds.answers and form.kind == "items",
        "comparison prompts": holds.comparisons,
    }
    found = [word for word, held in words.items() if held]
    images = {"bytes": "images inside", "files": "images beside", "names": "images by name"}
    if form.kind == "items":
        found.append(images.get(holds.images, "no images"))
    return ", ".join(found)
