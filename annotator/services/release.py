"""Write a dataset as a release: the curated benchmark, its manifest, and what was changed.

A release is written into a hidden folder beside its place and moved there in one step, so that
what stands under its name is always whole. What stands there is never overwritten.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from annotator import __version__
from annotator.domain.changes import Patch, describe, difference
from annotator.domain.items import flatten
from annotator.domain.merging import rekey, united_names
from annotator.domain.records import Dataset, Event, Item, Person, SourceFile
from annotator.domain.vocabulary import VERDICTS
from annotator.errors import InputError, InvalidValue
from annotator.formats import Format, Outgoing, Target
from annotator.services.collector import collector_paused
from annotator.services.history import taking_back
from annotator.services.importing import format_of
from annotator.services.pictures import bytes_of
from annotator.services.workspace import Progress, Workspace, no_progress
from db import datasets, events, items, releases
from db.engine import Session

OPEN: Final = "open"
"""Stands among the verdicts of ``include`` for items nobody has settled yet."""

DEFAULT_INCLUDE: Final[tuple[str, ...]] = ("keep", "fix", OPEN)
MANIFEST: Final = "manifest.json"
CHANGES: Final = "CHANGES.md"
CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Outcome:
    """One item's fate in a release: whether it goes in, why not, and what was changed of it."""

    item: Item
    included: bool
    why: str
    patch: Patch
    numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a release would hold, before it is written."""

    included: int
    left_out: dict[str, int]
    changed: list[Outcome]
    open_errors: list[Item]


@collector_paused()
def export(
    workspace: Workspace,
    *,
    actor: Person,
    dataset: Dataset,
    out: Path,
    format: str = "",
    include: Sequence[str] = DEFAULT_INCLUDE,
    name: str | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Write a release into the folder ``out``, which must not exist, and note it in the log.

    Args:
        format: a format's name; the dataset's own where it is empty.
        include: which verdicts go in; ``open`` stands for items nobody has settled.
        name: the release's name, its folder's where there is none.

    Returns:
        The manifest.

    Raises:
        InputError: the folder exists, or cannot be written.
        InvalidValue: an unknown verdict in ``include``, or a name that is taken.
        NotFound: no such format.
    """
    wanted = check_include(include)
    chosen = format_of(format or dataset.format)
    label = check_name(name or out.name)
    refuse_existing(out)
    with workspace.database.reading() as session:
        refuse_taken(session, dataset, label)
    draft = hidden_folder(out)
    try:
        manifest = write_files(workspace, actor, dataset, chosen, wanted, label, draft, progress)
        flush(draft)
        with workspace.database.writing() as session:
            record(session, actor, dataset, label, out, manifest)
            put_in_place(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def check_include(include: Sequence[str]) -> tuple[str, ...]:
    """Refuse what is no verdict."""
    known = (*VERDICTS, OPEN)
    for verdict in include:
        if verdict not in known:
            raise InvalidValue("include", f"must be of {', '.join(known)}, not {verdict!r}")
    if not include:
        raise InvalidValue("include", "names no verdict, so nothing would be released")
    return tuple(v for v in known if v in include)


def check_name(name: str) -> str:
    """Refuse a name that could not be a folder's."""
    if not re.fullmatch(r"[\w][\w.+-]{0,79}", name):
        raise InvalidValue(
            "name", f"{name!r} must be letters, digits, dots, hyphens, 80 at the most"
        )
    return name


def refuse_taken(session: Session, dataset: Dataset, name: str) -> None:
    """A release's name stands for one release for ever."""
    if any(r.name == name for r in releases.of_dataset(session, dataset_id=dataset.id)):
        raise InvalidValue("name", f"this dataset has a release {name!r} already")


def refuse_existing(out: Path) -> None:
    """A release never takes the place of anything."""
    if out.exists():
        raise InputError(
            "exists already; a release is never overwritten.",
            file=str(out),
            mend="Name another folder.",
        )


def hidden_folder(out: Path) -> Path:
    """A folder beside the release's place, on the same disk."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}.", file=str(out)) from fault


def flush(draft: Path) -> None:
    """Bring everything that was written to disk."""
    for file in sorted(draft.rglob("*")):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
    sync_folder(draft)
    draft.chmod(0o755)


def put_in_place(draft: Path, out: Path) -> None:
    """Give a whole release its name."""
    refuse_existing(out)
    draft.rename(out)
    sync_folder(out.parent)


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_files(
    workspace: Workspace,
    actor: Person,
    dataset: Dataset,
    chosen: Format,
    include: tuple[str, ...],
    name: str,
    folder: Path,
    progress: Progress,
) -> dict[str, Any]:
    """Write data, changes and manifest from one snapshot of the database."""
    with workspace.database.reading() as session:
        sources = datasets.sources(session, dataset_id=dataset.id)
        if not sources:
            raise InputError(f"the dataset {dataset.name!r} has nothing in it.")
        tally = Tally(include)
        outgoing = walk(session, dataset, chosen, tally, progress)
        target = Target(folder, slug(dataset.name), bytes_of(workspace))
        losses = list(chosen.write(outgoing, sources[-1].layout, target).losses)
        log = events.curation_events(session, dataset_id=dataset.id)
    now = datetime.now(UTC).replace(microsecond=0)
    text = changes_text(dataset, name, actor, now, sources[-1], tally, losses, log)
    (folder / CHANGES).write_text(text, encoding="utf-8")
    manifest = {
        "dataset": dataset.name,
        "release": name,
        "format": chosen.name,
        "tool": {"name": "mm-annotator", "version": __version__},
        "created_at": now.isoformat(),
        "created_by": actor.name,
        "people": sorted({event.person for event in log}),
        "source": {"file": sources[-1].name, "sha256": sources[-1].sha256},
        "include": list(include),
        "counts": tally.counts(),
        "not_carried": losses,
        "files": {
            file.name: {"sha256": digest(file), "bytes": file.stat().st_size}
            for file in sorted(folder.iterdir())
        },
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    return manifest


class Tally:
    """Counts what goes in and keeps what changed, while items stream by."""

    def __init__(self, include: tuple[str, ...]) -> None:
        self.include = include
        self.included = 0
        self.left_out: dict[str, int] = {}
        self.changed: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Count one item."""
        if outcome.included:
            self.included += 1
        else:
            self.left_out[outcome.why] = self.left_out.get(outcome.why, 0) + 1
        if outcome.patch or (not outcome.included and outcome.item.verdict):
            self.changed.append(outcome)

    def counts(self) -> dict[str, Any]:
        """The numbers for the manifest."""
        edited = sum(1 for o in self.changed if o.included and o.patch)
        return {"items": self.included, "changed": edited, "left_out": self.left_out}


def walk(
    session: Session, dataset: Dataset, chosen: Format, tally: Tally, progress: Progress
) -> Iterator[Outgoing]:
    """The items that go in, in order of position."""
    heads = items.heads(session, dataset_id=dataset.id)
    for start in range(0, len(heads), CHUNK):
        progress(start, len(heads), "writing")
        chunk = heads[start : start + CHUNK]
        touched = [head.id for head in chunk if head.revision or head.verdict or head.withdrawn]
        known = {item.id: item for item in items.get_many(session, item_ids=touched)}
        texts = datasets.record_texts(session, record_ids=[head.source_record_id for head in chunk])
        for head in chunk:
            text = texts[head.source_record_id]
            if head.id not in known:
                if OPEN in tally.include:
                    tally.included += 1
                    yield Outgoing(text)
                else:
                    tally.left_out["not curated yet"] = tally.left_out.get("not curated yet", 0) + 1
                continue
            outcome = judge(known[head.id], text, chosen, tally.include)
            tally.add(outcome)
            if outcome.included:
                item = outcome.item
                yield Outgoing(text, item.content, curated=item.verdict is not None)
        session.expunge_all()


def judge(item: Item, text: str, chosen: Format, include: Sequence[str]) -> Outcome:
    """Whether an item goes in, and what was changed of its source."""
    record = chosen.read_record(text)
    aligned = rekey(item.content, record.content)
    patch = difference(flatten(aligned), flatten(item.content))
    stated, found = record.declared_count, len(record.content.components)
    if item.verdict is not None and stated is not None and stated != found:
        patch["number_of_components"] = (stated, len(item.content.components))
    numbers = united_names(aligned, item.content)
    verdict = item.verdict or OPEN
    why = ""
    if item.withdrawn_from_source and item.verdict is None:
        why = "no longer in the source"
    elif verdict not in include:
        why = {"drop": "dropped", OPEN: "not curated yet"}.get(verdict, f"verdict {verdict}")
    return Outcome(item, not why, why, patch, numbers)


def changes_text(
    dataset: Dataset,
    name: str,
    actor: Person,
    now: datetime,
    source: SourceFile,
    tally: Tally,
    losses: Sequence[str],
    log: Sequence[Event],
) -> str:
    """CHANGES.md: every difference from the source, by whom and why."""
    by_item: dict[int, list[Event]] = {}
    back = taking_back(log)
    for event in log:
        if event.item_id is not None and event.undone_by is None and event.id not in back:
            by_item.setdefault(event.item_id, []).append(event)
    counts = tally.counts()
    lines = [
        f"# {escape(dataset.name)} {escape(name)}: changes",
        "",
        f"Against {escape(source.name)} (sha256 `{source.sha256}`), written "
        f"{now:%Y-%m-%d %H:%M} UTC by {escape(actor.name)}.",
        "",
        f"{counts['items']} items, {counts['changed']} of them changed. Left out: "
        + (", ".join(f"{n} {why}" for why, n in tally.left_out.items()) or "none")
        + ".",
        "",
        *(f"- {loss}" for loss in losses),
    ]
    for heading, included in (("Changed", True), ("Left out by a person", False)):
        chosen = [o for o in tally.changed if o.included is included]
        if chosen:
            lines += ["", f"## {heading}"]
        for outcome in chosen:
            lines += ["", *item_lines(outcome, by_item.get(outcome.item.id, []))]
    if not tally.changed:
        lines += ["", "Nothing was changed."]
    return "\n".join(lines) + "\n"


def item_lines(outcome: Outcome, log: Sequence[Event]) -> list[str]:
    """One item's section of CHANGES.md."""
    item = outcome.item
    lines = [f"### Item {escape(item.source_id)}", ""]
    if not outcome.included:
        lines.append(f"- {outcome.why}")
    lines += [
        f"- {escape(change.sentence)}"
        for change in describe(outcome.patch, outcome.numbers, limit=None)
    ]
    for event in log:
        why = f": {escape(event.reason)}" if event.reason else ""
        lines.append(f"- by {escape(event.person)}, {event.at:%Y-%m-%d %H:%M} UTC{why}")
    return lines


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_<>\[\]#|$~&])", r"\\\1", " ".join(text.split()))


def record(
    session: Session,
    actor: Person,
    dataset: Dataset,
    name: str,
    out: Path,
    manifest: Mapping[str, Any],
) -> None:
    """Note a release that is about to get its place."""
    refuse_taken(session, dataset, name)
    events.append(
        session,
        person_id=actor.id,
        kind="release.written",
        patch={"release": (None, name)},
        dataset_id=dataset.id,
        reason=str(out),
    )
    releases.add(
        session,
        dataset_id=dataset.id,
        name=name,
        folder=str(out),
        manifest=manifest,
        person_id=actor.id,
    )


def preview(workspace: Workspace, *, dataset: Dataset, include: Sequence[str]) -> Preview:
    """What a release of these verdicts would hold, and what of it still has an open error.

    Raises:
        InvalidValue: an unknown verdict.
    """
    tally = Tally(check_include(include))
    chosen = format_of(dataset.format)
    with workspace.database.reading() as session:
        for _ in walk(session, dataset, chosen, tally, no_progress):
            pass
        risky = items.get_many(
            session, item_ids=items.with_open_errors(session, dataset_id=dataset.id)
        )
    kept = [item for item in risky if (item.verdict or OPEN) in tally.include]
    return Preview(tally.included, tally.left_out, tally.changed, kept)


def slug(name: str) -> str:
    """A dataset's name as a file's."""
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.") or "dataset"


def digest(file: Path) -> str:
    """A file's sha256 in hex."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
