"""Read a source's records and find their images, so that an interrupted import can go on.

Images go to the store as they come, and a record is kept without them: memory holds the texts of a
benchmark, never its images. Once many images were stored, what was read is noted in a journal
beside the uploads, a line a record; the next import of the same files starts behind its last line.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import Any, Final

from annotator import __version__
from annotator.errors import InputError
from annotator.formats import Format, Record, Source
from annotator.images import ImageFacts
from annotator.services import pictures
from annotator.services.pictures import Finder, Found, Stored
from annotator.services.workspace import Progress, Workspace

WORTH_NOTING: Final = 500
"""So many new images are stored before a journal is begun: a few seconds of work."""

NOTED_TOGETHER: Final = 50
SHOWN_EVERY: Final = 100


@dataclass(frozen=True, slots=True)
class Gathered:
    """One record without the bytes of its images, and what became of its image."""

    record: Record
    found: Found
    part: int = 0


class Journal:
    """What was read of a source so far, in a file.

    Args:
        folder: where journals lie.
        key: names the files and how they are read; another reading has another journal.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self.path = folder / f"{key}.journal"
        self.handle: TextIOWrapper | None = None
        self.waiting: list[str] = []

    def load(self, format: Format) -> list[Gathered]:
        """What an earlier import read; a last line that was cut off is dropped."""
        if not self.path.exists():
            return []
        found: list[Gathered] = []
        whole = 0
        with self.path.open("rb") as handle:
            for line in handle:
                try:
                    one = from_line(line, format)
                except (ValueError, KeyError, TypeError, InputError):
                    break
                found.append(one)
                whole += len(line)
        os.truncate(self.path, whole)
        return found

    def begin(self, found: Sequence[Gathered]) -> None:
        """Note what was read before the journal was worth having."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.handle = self.path.open("w", encoding="utf-8", newline="\n")
        self.waiting = [to_line(one) for one in found]

    def resume(self) -> None:
        """Go on behind the last line."""
        self.handle = self.path.open("a", encoding="utf-8", newline="\n")

    def add(self, one: Gathered, stored: Callable[[], None]) -> None:
        """Note one more record; ``stored`` waits for the images of those that get their line."""
        if self.handle is None:
            return
        self.waiting.append(to_line(one))
        if len(self.waiting) >= NOTED_TOGETHER:
            self.write(stored)

    def write(self, stored: Callable[[], None]) -> None:
        """Write the lines that wait, once their images are stored."""
        stored()
        if self.handle is not None and self.waiting:
            self.handle.writelines(self.waiting)
            self.handle.flush()
            os.fsync(self.handle.fileno())
            self.waiting = []

    def close(self) -> None:
        """Keep the file for the next import."""
        if self.handle is not None:
            self.handle.close()
            self.handle = None

    def remove(self) -> None:
        """The import is done."""
        self.close()
        self.path.unlink(missing_ok=True)


def journal_of(
    workspace: Workspace, sha256: str, format: Format, folder: Path | None, mapping: Any
) -> Journal:
    """The journal of one way of reading one source."""
    named = json.dumps([sha256, format.name, str(folder), mapping, __version__], sort_keys=True)
    key = hashlib.sha256(named.encode()).hexdigest()[:32]
    return Journal(workspace.settings.home / "uploads", key)


def to_line(one: Gathered) -> str:
    """A gathered record as JSON."""
    found, record = one.found, one.record
    stored = [found.stored.sha256, asdict(found.stored.facts)] if found.stored else None
    value = {
        "text": record.text,
        "ref": record.image_ref,
        "batch": record.origin.batch,
        "joins": record.joins,
        "id": record.source_id,
        "part": one.part,
        "stored": stored,
        "problem": found.problem,
        "withheld": found.withheld,
    }
    return json.dumps(value, ensure_ascii=False) + "\n"


def from_line(line: bytes, format: Format) -> Gathered:
    """The inverse of to_line; raises what a broken line makes it raise."""
    value = json.loads(line)
    stored = None
    if value["stored"]:
        sha256, facts = value["stored"]
        stored = Stored(sha256, ImageFacts(**facts))
    record = format.read_record(value["text"])
    record = replace(
        record,
        image_ref=value["ref"],
        source_id=value["id"],
        joins=value["joins"],
        origin=replace(record.origin, batch=value["batch"]),
    )
    return Gathered(record, Found(stored, value["problem"], value["withheld"]), value["part"])


@dataclass(frozen=True, slots=True)
class Harvest:
    """Everything that was read: the items' records with their images, and the layout.

    ``renamed`` items have an id of their own making, as the source gives theirs to several.
    """

    gathered: list[tuple[Record, Found]]
    layout: dict[str, Any]
    renamed: int = 0


def gather(
    workspace: Workspace,
    format: Format,
    parts: Sequence[Source],
    folder: Path | None,
    journal: Journal,
    progress: Progress,
) -> Harvest:
    """Read every record of every part and find its image.

    Raises:
        InputError: a part is broken, or a further row comes before its item.
    """
    every = journal.load(format)
    finder = Finder(workspace, folder)
    for one in every:
        finder.remember(one.record.image_ref, one.found)
    if every:
        journal.resume()
    layouts: list[dict[str, Any]] = []
    try:
        for number, source in enumerate(parts):
            layout: dict[str, Any] = {}
            layouts.append(layout)
            behind = sum(1 for one in every if one.part == number)
            for one in walk(format, source, number, behind, finder, layout):
                every.append(one)
                if journal.handle is None and finder.kept >= WORTH_NOTING:
                    journal.begin(every)
                else:
                    journal.add(one, finder.settle)
                if len(every) % SHOWN_EVERY == 0:
                    progress(len(every), estimate(len(every), number, parts), "reading")
    finally:
        try:
            journal.write(finder.settle)
        finally:
            journal.close()
            finder.close()
    gathered, renamed = named_apart(joined(format, every))
    return Harvest(gathered, united(layouts, parts), renamed)


def walk(
    format: Format,
    source: Source,
    part: int,
    skip: int,
    finder: Finder,
    layout: dict[str, Any],
) -> Iterator[Gathered]:
    """The records of one file behind those that are known."""
    reading = format.read(source, skip=skip)
    for record in reading.records:
        found = finder.find_embedded(record.embedded) or finder.find(record.image_ref)
        if record.embedded:
            record = replace(record, embedded=())
        record = without_withheld(record, found)
        if source.prefix and record.origin.batch is None:
            batch = source.prefix.strip("/")
            record = replace(record, origin=replace(record.origin, batch=batch))
        yield Gathered(record, found, part)
    layout.update(reading.layout)


def estimate(done: int, part: int, parts: Sequence[Source]) -> int:
    """About how many records there will be, judged by how far the files are read."""
    sizes = [source.size for source in parts]
    before = sum(sizes[:part]) + parts[part].share() * sizes[part]
    return max(done, int(done * sum(sizes) / before)) if before else done


def joined(format: Format, every: Sequence[Gathered]) -> list[tuple[Record, Found]]:
    """The items' records, further rows added to theirs; positions count items."""
    found: list[tuple[Record, Found]] = []
    place: dict[str | None, int] = {}
    for one in every:
        record = one.record
        if record.joins is None:
            place[record.source_id] = len(found)
            if record.position != len(found):
                record = replace(record, position=len(found))
            found.append((record, one.found))
            continue
        if record.joins not in place:
            raise InputError(
                f"is a further row of the item {record.joins!r}, which does not come before it.",
                row=f"record {record.position}",
                mend="Put the item's own row first.",
            )
        known, shown = found[place[record.joins]]
        whole = format.joined(known.text, record.text)
        found[place[record.joins]] = (replace(known, text=whole), shown)
    return found


def name_of(record: Record) -> str:
    """The source id that a record's item will have."""
    return record.source_id if record.source_id is not None else str(record.position)


def named_apart(
    gathered: Sequence[tuple[Record, Found]],
) -> tuple[list[tuple[Record, Found]], int]:
    """Records whose names are all different: the second of the name 7 is “7 (2)”; how many were."""
    taken: set[str] = set()
    found = []
    renamed = 0
    for record, image in gathered:
        name = name_of(record)
        if name in taken:
            number = next(n for n in count(2) if f"{name} ({n})" not in taken)
            name = f"{name} ({number})"
            record = replace(record, source_id=name)
            renamed += 1
        taken.add(name)
        found.append((record, image))
    return found, renamed


def united(layouts: Sequence[dict[str, Any]], parts: Sequence[Source]) -> dict[str, Any]:
    """The layout of the first file, with the names of all where there are several."""
    if len(parts) == 1:
        return layouts[0]
    return {**layouts[0], "parts": [source.name for source in parts]}


def without_withheld(record: Record, found: Found) -> Record:
    """The record without the bytes of an image that was taken down."""
    ref = record.image_ref
    if ref is None or found.withheld is None or not pictures.is_inline(ref):
        return record
    text = pictures.redacted(record.text, ref, found.withheld)
    return replace(record, text=text, image_ref=f"{pictures.WITHHELD}{found.withheld}")
