"""The commands of releases: create, publish, list, verify, diff, reproduce."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

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
from annotator.domain.counting import counted
from annotator.errors import InputError
from annotator.services import datasets
from annotator.services import release as service
from annotator.services.release import Options, Rules

release = typer.Typer(no_args_is_help=True, help="Make releases, and prove that they are whole.")

OptionalDataset = Annotated[
    str | None,
    typer.Option("--dataset", metavar="NAME", help="The dataset, where a release is named."),
]


Name = Annotated[str, typer.Option(help="The release's name, given once.")]
Out = Annotated[
    str | None,
    typer.Option(
        help="Folder to write; else DATASET/NAME among the exports. An address, such as "
        "s3://bucket/place, gets a copy of that."
    ),
]
Formats = Annotated[str, typer.Option(help="Formats, comma-separated; else the dataset's own.")]
Splits = Annotated[
    str,
    typer.Option(
        help="none; source, as the source had them; some of clean,repaired,dropped; or names with "
        "shares, drawn by the hash of each item's duplicate group, as in "
        "train=80,validation=10,test=10."
    ),
]
Seed = Annotated[str, typer.Option(help="A text that gives another drawing.")]
Placed = Annotated[
    list[str] | None,
    typer.Option(metavar="ITEM=SPLIT", help="The split of an item that would join two groups."),
]
Include = Annotated[
    str, typer.Option(help="Verdicts that go in: keep, fix, drop, open (not settled yet).")
]
Status = Annotated[str, typer.Option(help="Statuses that go in: open, draft, curated.")]
Agreement = Annotated[
    float, typer.Option(help="Least share of annotators with the same verdict, 0 to 1.")
]
WithoutFlags = Annotated[
    str, typer.Option(help="Kinds of open flags that keep an item out, or all.")
]
WithoutFindings = Annotated[
    str | None, typer.Option(help="Keep out items with an open finding from this severity on.")
]
Images = Annotated[str, typer.Option(help="any, or required: only items with image.")]
Previous = Annotated[str, typer.Option(help="Release to compare with: a name, newest or none.")]
JustPreview = Annotated[bool, typer.Option("--preview", help="Say what it would hold.")]


def words(text: str) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@release.command(
    epilog=examples(
        "annotator release create --dataset MIA-Bench --name v1.1",
        "annotator release create --dataset MIA-Bench --name v1.1 --preview",
        "annotator release create --dataset MIA-Bench --name v1.2 "
        "--splits train=80,validation=10,test=10 --include keep,fix --without-findings error",
        "annotator release create --dataset MIA-Bench --name v1.3 "
        "--splits train=80,validation=10,test=10 --place 101=train",
    )
)
def create(
    dataset: DatasetName,
    name: Name,
    out: Out = None,
    formats: Formats = "",
    splits: Splits = "none",
    seed: Seed = "",
    place: Placed = None,
    include: Include = "keep,fix,open",
    status: Status = "open,draft,curated",
    agreement: Agreement = 0.0,
    without_flags: WithoutFlags = "",
    without_findings: WithoutFindings = None,
    images: Images = "any",
    previous: Previous = "newest",
    preview: JustPreview = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Write a release: data, changes, card, and everything needed to load and check it."""
    rules = Rules(
        verdicts=words(include),
        statuses=words(status),
        agreement=agreement,
        without_flags=flag_kinds(without_flags),
        without_findings=without_findings,
        images=images,
    )
    options = Options(name, rules, splits, seed, words(formats), previous, places(place or []))
    with workspace_of(db) as workspace, progress_bar("releasing") as progress:
        common: dict[str, Any] = {
            "actor": actor_of(workspace, who),
            "dataset": datasets.named(workspace, name=dataset),
            "options": options,
            "progress": progress,
        }
        if preview:
            put(service.told(service.foresee(workspace, **common)))
            return
        address = out if out and service.is_address(out) else None
        usual = workspace.settings.exports / service.slug(dataset) / name
        folder = (Path(out) if out and not address else usual).resolve()
        if address:
            service.refuse_occupied(address)
        manifest = service.create(workspace, out=folder, **common)
        if address:
            service.publish(
                workspace,
                actor=common["actor"],
                dataset=common["dataset"],
                name=name,
                address=address,
            )
        put(manifest)


@release.command(
    epilog=examples("annotator release publish v1.1 --dataset MIA-Bench --to published/v1.1")
)
def publish(
    name: Annotated[str, typer.Argument(help="The release's name.")],
    dataset: DatasetName,
    to: Annotated[str, typer.Option(help="An empty place, such as s3://bucket/place.")],
    db: Db = None,
    who: Who = None,
) -> None:
    """Copy a release that was made before to an address, compared byte by byte."""
    with workspace_of(db) as workspace:
        number = service.publish(
            workspace,
            actor=actor_of(workspace, who),
            dataset=datasets.named(workspace, name=dataset),
            name=name,
            address=to,
        )
    put({"release": name, "address": to, "files": number})
    say(f"{name}: {counted(number, 'file')} at {to}.")


def flag_kinds(text: str) -> tuple[str, ...]:
    """Kinds of flags; ``all`` stands for every one."""
    return service.FLAG_KINDS if text == "all" else words(text)


def places(given: list[str]) -> dict[str, str]:
    """ITEM=SPLIT as a mapping; raises InputError."""
    pairs = [text.rpartition("=") for text in given]
    for text, (item, _, split) in zip(given, pairs, strict=True):
        if not item or not split:
            raise InputError(f"--place {text!r} is not ITEM=SPLIT.", mend="Say --place 101=train.")
    return {item: split for item, _, split in pairs}


@release.command(
    name="list",
    epilog=examples("annotator release list", "annotator release list --dataset MIA-Bench --json"),
)
def list_(dataset: OptionalDataset = None, as_json: AsJson = False, db: Db = None) -> None:
    """List releases with their hashes, the newest first."""
    with workspace_of(db) as workspace:
        chosen = (
            [datasets.named(workspace, name=dataset)] if dataset else datasets.everything(workspace)
        )
        found = [
            service.summary(one, each)
            for one in chosen
            for each in service.of_dataset(workspace, dataset=one)
        ]
    if as_json:
        put(found)
        return
    for one in found:
        typer.echo(
            f"{one['dataset']} {one['release']}\t{one['items']} items\t"
            f"{(one['content_sha256'] or '-')[:16]}\t{one['folder']}"
        )


@release.command(
    epilog=examples(
        "annotator release verify exports/MIA-Bench/v1.1",
        "annotator release verify v1.1 --dataset MIA-Bench",
    )
)
def verify(
    folder: Annotated[
        str, typer.Argument(help="A release's folder or address; or its name, with --dataset.")
    ],
    dataset: OptionalDataset = None,
    db: Db = None,
) -> None:
    """Check that no byte of a release changed, and that nothing is missing or was added.

    With --dataset, its manifest is compared with what the database noted as well.
    """
    if dataset is None and service.is_address(folder):
        with service.fetched(folder) as copy:
            found = replace(service.verify(copy), folder=folder)
    elif dataset is None:
        found = service.verify(Path(folder))
    else:
        with workspace_of(db) as workspace:
            chosen = datasets.named(workspace, name=dataset)
            found = service.verify_noted(workspace, dataset=chosen, name=folder)
    put(found.as_dict())
    if not found.sound:
        say(f"{found.folder}: {counted(len(found.problems), 'problem')}.")
        raise typer.Exit(1)
    say(f"{found.folder}: {counted(found.files, 'file')}, each as it was written.")


@release.command(
    epilog=examples(
        "annotator release diff v1.0 v1.1 --dataset MIA-Bench",
        "annotator release diff exports/MIA-Bench/v1.0 exports/MIA-Bench/v1.1 --json",
        "annotator release diff source v1.1 --dataset MIA-Bench",
    )
)
def diff(
    before: Annotated[str, typer.Argument(help="A release's name or folder, or source.")],
    after: Annotated[str, typer.Argument(help="A later one's.")],
    dataset: OptionalDataset = None,
    as_json: AsJson = False,
    db: Db = None,
) -> None:
    """Say item by item what differs between two releases, or from the source."""
    with workspace_of(db) as workspace:
        chosen = datasets.named(workspace, name=dataset) if dataset else None
        later = service.folder_of(workspace, dataset=chosen, name=after)
        if before == "source":
            found = service.compare_source(later)
        else:
            earlier = service.folder_of(workspace, dataset=chosen, name=before)
            found = service.compare_folders(earlier, later)
    if as_json:
        put(found.as_dict())
        return
    counts = ", ".join(f"{number} {kind}" for kind, number in found.counts().items())
    say(f"{found.before} → {found.after}: {counts}")
    for one in found.differences:
        typer.echo(f"{one.item}\t{one.what}\t{'; '.join(one.sentences(limit=120))}")


@release.command(epilog=examples("annotator release reproduce v1.1 --dataset MIA-Bench"))
def reproduce(
    name: Annotated[str, typer.Argument(help="The release's name.")],
    dataset: DatasetName,
    db: Db = None,
) -> None:
    """Make a release again from the database and compare every byte; nothing is kept."""
    with workspace_of(db) as workspace, progress_bar("making it again") as progress:
        found = service.reproduce(
            workspace,
            dataset=datasets.named(workspace, name=dataset),
            name=name,
            progress=progress,
        )
    put(found.as_dict())
    if found.identical:
        say(f"{name}: the same {counted(found.files, 'file')}, byte for byte.")
        return
    came = counted(found.events_since, "event") + " of curation came since. "
    differ = counted(len(found.differs), "file differs", "files differ")
    say(f"{name}: {differ}. {came if found.events_since else ''}")
    raise typer.Exit(1)
