"""The commands of curation: serve, demo, import, export, items, show, stats, backup."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from annotator.cli.common import (
    AsJson,
    DatasetName,
    Db,
    Who,
    actor_of,
    examples,
    progress_bar,
    put,
    say,
    workspace_of,
)
from annotator.config import load
from annotator.domain.counting import counted
from annotator.errors import InputError
from annotator.formats.mapping import ROLES, SEPARATORS, from_options
from annotator.services import checking, importing, pictures, release
from annotator.services import datasets as dataset_service
from annotator.services import demo as demo_service
from annotator.services.browsing import View, look
from annotator.services.uploads import unchecked
from annotator.services.workspace import open_workspace

curate = typer.Typer()


@curate.command(
    epilog=examples("annotator serve", "annotator serve --port 9000 --db /data/bench.db")
)
def serve(
    db: Db = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the app and its worker until interrupted."""
    from annotator.serving import serve_forever

    settings = load(
        os.environ
        | ({"ANNOTATOR_HOST": host} if host else {})
        | ({"ANNOTATOR_PORT": str(port)} if port is not None else {}),
        database=db,
    )
    open_workspace(settings).database.close()
    raise typer.Exit(serve_forever(settings, say))


@curate.command(
    epilog=examples("annotator demo", "annotator demo --port 9000", "annotator demo --no-serve")
)
def demo(
    db: Db = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    serve_it: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve it when it is built.")
    ] = True,
) -> None:
    """Build the demo dataset, where it is not there yet, and serve it."""
    with workspace_of(db) as workspace:
        report = demo_service.build(workspace)
    say(
        f"Demo dataset {report.dataset!r}: "
        + ("already there." if report.repeated else f"{counted(report.new, 'item')} imported.")
    )
    if serve_it:
        serve(db=db, host=host, port=port)


@curate.command(
    name="import",
    epilog=examples(
        "annotator import benchmark.json --dataset MIA-Bench",
        "annotator import benchmark.json --dataset MIA-Bench --images photos --fetch-images",
        "annotator import MM-IFEval.tsv --dataset MM-IFEval",
        "annotator import my-image-folder --dataset Mine",
        "annotator import own.csv --dataset Own --map instruction=prompt --map components=rules",
        "annotator import benchmark.json --dataset Mine --licence CC-BY-4.0 --citation paper.bib",
    ),
)
def import_(
    file: Annotated[Path, typer.Argument(help="The benchmark's file, or a folder of its files.")],
    dataset: DatasetName,
    format: Annotated[str, typer.Option(help="The file's format, or auto.")] = "auto",
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the images; otherwise the file's own folder."),
    ] = None,
    fetch_images: Annotated[
        bool, typer.Option("--fetch-images", help="Fetch images from their addresses.")
    ] = False,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="ROLE=COLUMN",
            help=f"Which column means what in csv, jsonl and xlsx; roles: {', '.join(ROLES)}; "
            f"separator is one of {', '.join(SEPARATORS)}.",
        ),
    ] = None,
    licence: Annotated[
        str | None, typer.Option(help="The source's licence, for the cards of releases.")
    ] = None,
    citation: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT|FILE", help="How the source wants to be cited: words, or a BibTeX file."
        ),
    ] = None,
    db: Db = None,
    who: Who = None,
) -> None:
    """Import a benchmark, or a newer version of one; one that was interrupted goes on."""
    if not file.exists():
        raise InputError("does not exist.", file=str(file), mend="Name a file that is there.")
    folder = images or (file if file.is_dir() else file.resolve().parent)
    if not folder.is_dir():
        raise InputError("is no folder.", file=str(folder), mend="Name the images' folder.")
    words = cited(citation)
    with workspace_of(db) as workspace, progress_bar("importing") as progress:
        actor = actor_of(workspace, who)
        owed = unchecked(workspace, dataset)
        goes_on = owed.exists()
        owed.touch()
        report = importing.import_file(
            workspace,
            actor=actor,
            file=file.resolve().name,
            path=file,
            dataset=dataset,
            format=format,
            mapping=from_options(map_) if map_ else None,
            images=folder,
            progress=progress,
        )
        result = report.as_dict()
        if fetch_images:
            result |= pictures.fetch_missing(
                workspace, actor=actor, dataset_id=report.dataset_id, progress=progress
            )
        if licence is not None or citation is not None:
            dataset_service.attribute(
                workspace,
                actor=actor,
                dataset_id=report.dataset_id,
                licence=licence,
                citation=words,
            )
        if goes_on or not report.repeated:
            result |= checking.check_dataset(
                workspace, dataset_id=report.dataset_id, progress=progress
            )
        owed.unlink(missing_ok=True)
    put(result)
    if report.repeated:
        ended = (
            "nothing changed but its checks, which are done now" if goes_on else "nothing changed"
        )
        say(f"{file.name} is what {dataset} holds already; {ended}.")
    if report.renamed:
        say(
            counted(report.renamed, "record has", "records have")
            + " an id that another one has, too; the items are called like “7 (2)”."
        )
    if report.waiting:
        say(
            counted(report.waiting, "item waits", "items wait")
            + " on the Merge page, because people had edited what the file changes."
        )


def cited(given: str | None) -> str | None:
    """A citation's words; those of the file where one is named. Raises InputError."""
    if given is None or not given.endswith((".bib", ".txt")):
        return given
    try:
        return Path(given).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(
            "cannot be read as text.", file=given, mend="Name a BibTeX file in UTF-8."
        ) from fault


@curate.command(
    epilog=examples(
        "annotator export --dataset MIA-Bench --out exports/mia-bench-v1",
        "annotator export --dataset MIA-Bench --out curated --include keep,fix",
    )
)
def export(
    dataset: DatasetName,
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist.")],
    format: Annotated[str, typer.Option(help="Format; otherwise the dataset's own.")] = "",
    include: Annotated[
        str | None,
        typer.Option(
            help="Verdicts that go in, comma-separated: keep, fix, drop, open (not settled yet). "
            "Without it, everything but what was dropped."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name; otherwise the folder's.")] = None,
    db: Db = None,
    who: Who = None,
) -> None:
    """Write a release: data, manifest and changes."""
    wanted: tuple[str, ...] = release.DEFAULT_INCLUDE
    if include is not None:
        wanted = tuple(verdict.strip() for verdict in include.split(","))
    with workspace_of(db) as workspace, progress_bar("exporting") as progress:
        manifest = release.export(
            workspace,
            actor=actor_of(workspace, who),
            dataset=dataset_service.named(workspace, name=dataset),
            out=out.resolve(),
            format=format,
            include=wanted,
            name=name,
            progress=progress,
        )
    put(manifest)


@curate.command(
    epilog=examples(
        "annotator items --dataset MIA-Bench",
        'annotator items --dataset MIA-Bench --search "four sentence" --json',
    )
)
def items(
    dataset: DatasetName,
    search: Annotated[str, typer.Option(help="Words that occur in the item.")] = "",
    status: Annotated[
        Literal["open", "draft", "curated"] | None, typer.Option(help="Only items of this status.")
    ] = None,
    as_json: AsJson = False,
    db: Db = None,
) -> None:
    """List a dataset's items."""
    filters: dict[str, tuple[str, ...]] = {"status": (status,)} if status else {}
    with workspace_of(db) as workspace:
        found = dataset_service.named(workspace, name=dataset)
        for row in look(workspace, dataset_id=found.id, view=View(search=search, filters=filters)):
            if as_json:
                typer.echo(json.dumps(row, ensure_ascii=False))
            else:
                words = " ".join(row["instruction"].split())
                typer.echo(f"{row['item']}\t{row['status']}\t{row['verdict'] or '-'}\t{words[:90]}")


@curate.command(epilog=examples("annotator show 101 --dataset MIA-Bench --json"))
def show(
    item: Annotated[str, typer.Argument(help="Its id in the source, or its position.")],
    dataset: DatasetName,
    as_json: AsJson = False,
    db: Db = None,
) -> None:
    """Show one item with its components and findings."""
    with workspace_of(db) as workspace:
        found = dataset_service.named(workspace, name=dataset)
        value = dataset_service.show(workspace, dataset=found, name=item)
    if as_json:
        put(value)
        return
    typer.echo(f"Item {value['item']} · {value['level']} · {value['status']}")
    typer.echo(value["instruction"])
    for part in value["components"]:
        typer.echo(f"  {part['number']}. [{part['weight']}] {part['type']}: {part['text']}")
    for finding in value["findings"]:
        typer.echo(f"  {finding['severity']}: {finding['message']} ({finding['state']})")


@curate.command(epilog=examples("annotator stats", "annotator stats --dataset MIA-Bench --json"))
def stats(
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="Only this dataset.")
    ] = None,
    as_json: AsJson = False,
    db: Db = None,
) -> None:
    """Say where the datasets stand."""
    with workspace_of(db) as workspace:
        chosen = (
            [dataset_service.named(workspace, name=dataset)]
            if dataset
            else dataset_service.everything(workspace)
        )
        found = [
            dataset_service.as_dict(
                dataset_service.standing(workspace, actor=None, dataset_id=one.id)
            )
            for one in chosen
        ]
    if as_json:
        put(found)
        return
    for one in found:
        statuses = ", ".join(f"{n} {name}" for name, n in one["statuses"].items())
        typer.echo(f"{one['dataset']}: {counted(one['items'], 'item')} ({statuses})")
        for finding in one["findings"]:
            typer.echo(f"  {finding['severity']}: {finding['kind']} {finding['count']}")


@curate.command(
    epilog=examples("annotator backup before-lunch.db", "annotator backup before-lunch.db --check")
)
def backup(
    file: Annotated[Path, typer.Argument(help="New file to write.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only check that this backup can be restored.")
    ] = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Copy the live database to a new file, and check the copy."""
    if check:
        put(dataset_service.check_backup(file))
        return
    with workspace_of(db) as workspace:
        put(dataset_service.backup(workspace, actor=actor_of(workspace, who), target=file))
