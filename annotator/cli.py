"""``annotator …``: every job a person can do without a browser.

Results go to stdout (JSON where ``--json`` is given, or where nothing else makes sense), messages
and progress to stderr. Exit codes: 0 done, 1 refused or broken input, 2 wrong usage, 3 a
misconfigured installation.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from annotator import __version__
from annotator.config import load
from annotator.domain.records import Person
from annotator.errors import AnnotatorError, InputError, Misconfigured
from annotator.services import checking, importing, pictures, release
from annotator.services import datasets as dataset_service
from annotator.services import demo as demo_service
from annotator.services.browsing import View, look
from annotator.services.workspace import Workspace, open_workspace, sign_in

messages = Console(stderr=True, highlight=False)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Curate benchmarks of multimodal instruction following.",
)

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
def workspace_of(db: str | None) -> Iterator[Workspace]:
    """The installation that the environment and ``--db`` name."""
    workspace = open_workspace(load(database=db))
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


@app.command(epilog=examples("annotator serve", "annotator serve --port 9000 --db /data/bench.db"))
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


@app.command(
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
        + ("already there." if report.repeated else f"{report.new} items imported.")
    )
    if serve_it:
        serve(db=db, host=host, port=port)


@app.command(
    name="import",
    epilog=examples(
        "annotator import benchmark.json --dataset MIA-Bench",
        "annotator import benchmark.json --dataset MIA-Bench --images photos --fetch-images",
    ),
)
def import_(
    file: Annotated[Path, typer.Argument(help="The benchmark's file.")],
    dataset: DatasetName,
    format: Annotated[str, typer.Option(help="The file's format, or auto.")] = "auto",
    images: Annotated[
        Path | None,
        typer.Option(help="Folder of the images; otherwise the file's own folder."),
    ] = None,
    fetch_images: Annotated[
        bool, typer.Option("--fetch-images", help="Fetch images from their addresses.")
    ] = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Import a benchmark, or a newer version of one."""
    data = read(file)
    folder = images or file.resolve().parent
    if not folder.is_dir():
        raise InputError("is no folder.", file=str(folder), mend="Name the images' folder.")
    with workspace_of(db) as workspace, progress_bar("importing") as progress:
        actor = actor_of(workspace, who)
        report = importing.import_file(
            workspace,
            actor=actor,
            file=file.name,
            data=data,
            dataset=dataset,
            format=format,
            images=folder,
            progress=progress,
        )
        result = report.as_dict()
        if fetch_images:
            result |= pictures.fetch_missing(
                workspace, actor=actor, dataset_id=report.dataset_id, progress=progress
            )
        if not report.repeated:
            result |= checking.check_dataset(
                workspace, dataset_id=report.dataset_id, progress=progress
            )
    put(result)
    if report.repeated:
        say(f"{file.name} is what {dataset} holds already; nothing changed.")
    if report.waiting:
        say(f"{report.waiting} item(s) that people edited wait on the Merge page.")


def read(file: Path) -> bytes:
    """A file's bytes; raises InputError."""
    try:
        return file.read_bytes()
    except OSError as fault:
        raise InputError(
            f"cannot be read: {fault.strerror}.", file=str(file), mend="Name a file that is there."
        ) from fault


@app.command(
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
    wanted = release.DEFAULT_INCLUDE
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


@app.command(
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


@app.command(epilog=examples("annotator show 101 --dataset MIA-Bench --json"))
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


@app.command(epilog=examples("annotator stats", "annotator stats --dataset MIA-Bench --json"))
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
        typer.echo(f"{one['dataset']}: {one['items']} items ({statuses})")
        for finding in one["findings"]:
            typer.echo(f"  {finding['severity']}: {finding['kind']} {finding['count']}")


@app.command(
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

    text = sys.stdin.buffer.read() if str(file) == "-" else read(file)
    lines = decode(text, file).split("\n")
    for found in contradict_lines(lines, file=file.name, time_limit=seconds):
        typer.echo(json.dumps(found, ensure_ascii=False))


@app.command(epilog=examples("annotator verify answers.jsonl"))
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

    text = sys.stdin.buffer.read() if str(file) == "-" else read(file)
    for found in verify_lines(decode(text, file).split("\n"), file=file.name):
        typer.echo(json.dumps(found, ensure_ascii=False))


judge_app = typer.Typer(no_args_is_help=True, help="Judges: read what they wrote.")
app.add_typer(judge_app, name="judge")


@judge_app.command(name="read", epilog=examples("annotator judge read replies.jsonl"))
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

    text = sys.stdin.buffer.read() if str(file) == "-" else read(file)
    for found in read_lines(decode(text, file), file=file.name):
        typer.echo(json.dumps(found, ensure_ascii=False))


def decode(data: bytes, file: Path) -> str:
    """UTF-8 text; raises InputError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError(
            f"byte {fault.start} is not UTF-8.", file=str(file), mend="Save it as UTF-8."
        ) from fault


@app.command(
    epilog=examples("annotator backup before-lunch.db", "annotator backup before-lunch.db --check")
)
def backup(
    file: Annotated[Path, typer.Argument(help="New file to write.")],
    check: Annotated[
        bool, typer.Option("--check", help="Only check that this backup can be restored.")
    ] = False,
    db: Db = None,
) -> None:
    """Copy the live database to a new file, and check the copy."""
    if check:
        put(dataset_service.check_backup(file))
        return
    with workspace_of(db) as workspace:
        put(dataset_service.backup(workspace, target=file))


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


if __name__ == "__main__":
    main()
