"""``annotator guidelines``: what annotators go by, read and written in versions."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from annotator.cli.common import (
    AsJson,
    DatasetName,
    Db,
    Who,
    actor_of,
    examples,
    put,
    read_text,
    say,
    workspace_of,
)

guidelines = typer.Typer(help="Read and write a dataset's guidelines.", no_args_is_help=True)


@guidelines.command(
    epilog=examples(
        "annotator guidelines show --dataset MIA-Bench",
        "annotator guidelines show --dataset MIA-Bench --json",
    )
)
def show(
    dataset: DatasetName,
    version: Annotated[
        int | None, typer.Option(min=1, help="An earlier version; otherwise the one in force.")
    ] = None,
    as_json: AsJson = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Print the guidelines in force, or an earlier version; as JSON all versions, newest first."""
    from annotator.errors import NotFound
    from annotator.services import datasets
    from annotator.services import guidelines as service

    with workspace_of(db) as workspace:
        known = service.versions(
            workspace,
            actor=actor_of(workspace, who),
            dataset_id=datasets.named(workspace, name=dataset).id,
        )
    wanted = [one for one in known if version in (None, one.number)]
    if version is not None and not wanted:
        raise NotFound("version of the guidelines", version)
    if as_json:
        put([asdict(one) for one in wanted])
    elif wanted:
        typer.echo(wanted[0].text)
    else:
        say("Nothing has been written yet.")


@guidelines.command(
    epilog=examples(
        "annotator guidelines write guidelines.md --dataset MIA-Bench --note 'how lines count'"
    )
)
def write(
    file: Annotated[Path, typer.Argument(help="Markdown; - for standard input.")],
    dataset: DatasetName,
    note: Annotated[str, typer.Option(help="What changed, for who knows the version before.")] = "",
    db: Db = None,
    who: Who = None,
) -> None:
    """Write the next version; those before stay, and annotators are told."""
    from annotator.services import datasets
    from annotator.services import guidelines as service

    with workspace_of(db) as workspace:
        actor = actor_of(workspace, who)
        found = datasets.named(workspace, name=dataset).id
        known = service.versions(workspace, actor=actor, dataset_id=found)
        made = service.write(
            workspace,
            actor=actor,
            dataset_id=found,
            after=known[0].number if known else 0,
            text=read_text(file),
            note=note,
        )
    say(f"Version {made.number} is in force.")
