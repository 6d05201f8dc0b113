"""Import a benchmark's file, for the first time or as a newer version of what is there.

Records are read as a stream, and their images go to the store as they come; then come the checks,
and then one transaction writes everything, so that a file is imported whole or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from annotator.checks import Subject, check_form
from annotator.domain.findings import Finding
from annotator.domain.items import ContentRules, check_text
from annotator.domain.records import Dataset, Image, Person
from annotator.domain.spans import twin_key
from annotator.errors import InputError, InvalidValue
from annotator.formats import FORMATS as FORMATS
from annotator.formats import (
    ColumnMapping,
    Format,
    Record,
    choose,
    digest_of,
    parts_of,
    takes_mapping,
)
from annotator.formats import Source as SourceFile
from annotator.services import pictures
from annotator.services.access import needs
from annotator.services.assigning import enrol
from annotator.services.checking import is_bare_address, recheck, same_item, twins_in
from annotator.services.collector import collector_paused
from annotator.services.gathering import gather, journal_of, name_of
from annotator.services.matching import Incoming, Known, match
from annotator.services.pictures import Found
from annotator.services.readers import format_of as format_of
from annotator.services.readers import mapping_of
from annotator.services.report import Report
from annotator.services.updating import Pair, source_columns, update_known, withdraw
from annotator.services.workspace import Progress, Workspace, no_progress
from db import cases, datasets, events, findings, items
from db.engine import Session

LONGEST_NAME: Final = 120
OTHER_WAYS: Final = (
    "annotator answers and annotator judge read these; annotator formats lists them."
)


@needs("import")
def import_file(
    workspace: Workspace,
    *,
    actor: Person,
    file: str,
    data: bytes | None = None,
    path: Path | None = None,
    dataset: str,
    format: str = "auto",
    mapping: ColumnMapping | None = None,
    images: Path | None = None,
    progress: Progress = no_progress,
) -> Report:
    """Import a file or folder into the dataset of this name, which is made if there is none.

    An import that was interrupted goes on where it was: see ``gathering``.

    Args:
        file: the file's name, for messages and the manifest.
        data: the file's bytes; or
        path: where it lies, or a folder with data files (see ``formats.parts_of``).
        mapping: which columns mean what, for formats that take any; a dataset keeps its first.
        images: folder in which relative paths and downloaded copies of addresses are looked for;
            otherwise a folder that is imported is its own.
        progress: called with done, total (about) and a message.

    Returns:
        What was done; ``repeated`` where these very files are what the dataset holds already.

    Raises:
        InputError: a file cannot be read, or holds no items; nothing was imported.
        InvalidValue: the dataset's name is empty or too long.
    """
    name = checked_name(dataset)
    parts = parts_of(path, file) if path is not None else [SourceFile(file, data=data)]
    folder = images or (path if path is not None and path.is_dir() else None)
    sha256 = digest_of(parts)
    with workspace.database.reading() as session:
        known = datasets.by_name(session, name=name)
        repeated = known is not None and already(session, known, sha256)
    chosen, columns = reader_for(known, parts[0], format, mapping)
    journal = journal_of(workspace, sha256, chosen, folder, columns)
    if known and repeated:
        journal.remove()
        return Report(name, known.id, repeated=True)
    with collector_paused():
        harvest = gather(workspace, chosen, parts, folder, journal, progress)
        gathered = harvest.gathered
        if not gathered:
            raise InputError("holds no record.", file=file, mend="Nothing was imported.")
        rules = known.rules if known else rules_for(chosen, [record for record, _ in gathered])
        incoming = prepare(gathered, rules)
        with workspace.database.writing() as session:
            target = known or datasets.by_name(session, name=name)
            if target is None:
                target = datasets.add(
                    session,
                    name=name,
                    format=chosen.name,
                    rules=rules,
                    person_id=actor.id,
                    mapping=columns,
                )
            elif already(session, target, sha256):
                return Report(name, target.id, repeated=True)
            source = Source(file, sha256, chosen, harvest.layout)
            report = store(session, actor, target, source, incoming)
            report.renamed = harvest.renamed
    journal.remove()
    progress(len(incoming), len(incoming), "stored")
    return report


def checked_name(dataset: str) -> str:
    """A dataset's name; raises InvalidValue."""
    name = dataset.strip()
    check_text("dataset", name)
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidValue("dataset", f"must be at most {LONGEST_NAME} printable characters")
    return name


def reader_for(
    known: Dataset | None, source: SourceFile, format: str, mapping: ColumnMapping | None
) -> tuple[Format, dict[str, Any] | None]:
    """The format of a file, and the mapping that a new dataset keeps.

    Raises:
        InputError: it holds no items, or is of another format or mapping than the dataset.
    """
    own = mapping_of(known) if known else None
    chosen = choose(format, source, mapping or own)
    if chosen.kind != "items":
        what = "models' answers" if chosen.kind == "answers" else "test material for judges"
        raise InputError(
            f"holds {what}, not items ({chosen.title}).", file=source.name, mend=OTHER_WAYS
        )
    if known and known.format != chosen.name:
        raise InputError(
            f"the dataset {known.name!r} came as {known.format}, this file is {chosen.name}.",
            file=source.name,
            mend="Import it under another name.",
        )
    if known and mapping and mapping != own:
        raise InputError(
            f"the dataset {known.name!r} is read by another mapping of columns.",
            file=source.name,
            mend="Leave the mapping out, or import the file under another name.",
        )
    takes = takes_mapping(chosen.name) and mapping is not None
    return chosen, mapping.to_json() if mapping and takes else None


def already(session: Session, dataset: Dataset, sha256: str) -> bool:
    """Whether a file is the newest source of a dataset."""
    known = datasets.sources(session, dataset_id=dataset.id)
    return bool(known) and known[-1].sha256 == sha256


@dataclass(frozen=True, slots=True)
class Source:
    """The file that is being imported."""

    file: str
    sha256: str
    format: Format
    layout: dict[str, Any]


def rules_for(format: Format, records: Sequence[Record]) -> ContentRules:
    """The format's rules, with the types that the source knows beyond the taxonomy.

    A dataset in which no component has a weight is unweighted.
    """
    components = [c for record in records for c in record.content.components]
    unweighted = bool(components) and all(c.weight is None for c in components)
    target = None if unweighted else format.rules.target
    return replace(format.rules, extra_types=types_of(format, records), target=target)


def types_of(format: Format, records: Iterable[Record]) -> frozenset[str]:
    """The component types that a source knows beyond the taxonomy."""
    found = {c.type for record in records for c in record.content.components if c.type}
    return frozenset(found - set(format.rules.types))


def twinned(session: Session, existing: Sequence[Known]) -> set[int]:
    """The items that have a twin, whose position their findings name."""
    found = items.twins(session, item_ids=[known.item.id for known in existing])
    return {item_id for item_id, twins in found.items() if twins}


def prepare(gathered: Sequence[tuple[Record, Found]], rules: ContentRules) -> list[Incoming]:
    """Check each record."""
    keys = [twin_key(r.image_ref, r.content.instruction) for r, _ in gathered]
    incoming = []
    for (record, found), key, others in zip(gathered, keys, twins_in(keys), strict=True):
        subject = Subject(
            content=record.content,
            rules=rules,
            declared_count=record.declared_count,
            image_ref=record.image_ref,
            bare_address=is_bare_address(record.image_ref),
            image_problem=found.problem,
            image_size=size_of(found),
            notes=record.notes,
            relatives=same_item([name_of(gathered[other][0]) for other in others]),
        )
        digest = hashlib.sha256(record.text.encode()).hexdigest()
        incoming.append(Incoming(record, digest, found, key, check_form(subject)))
    return incoming


def size_of(found: Found) -> tuple[int, int] | None:
    """Width and height of an image that was found."""
    return (found.stored.facts.width, found.stored.facts.height) if found.stored else None


def store(
    session: Session,
    actor: Person,
    dataset: Dataset,
    source: Source,
    incoming: Sequence[Incoming],
) -> Report:
    """Write what comes in; everything happens in the caller's transaction."""
    report = Report(dataset.name, dataset.id, records=len(incoming))
    records = [one.record for one in incoming]
    record_ids = store_records(session, actor, dataset, source, incoming)
    existing = known_items(session, dataset)
    matched = match(existing, incoming) if existing else {}
    before = twinned(session, existing)
    items.move_aside(session, dataset_id=dataset.id)
    fresh = [index for index in range(len(incoming)) if index not in matched]
    insert_new(session, dataset, incoming, fresh, record_ids, report)
    pairs = [Pair(known, incoming[i], record_ids[i]) for i, known in matched.items()]
    changed = update_known(session, actor, dataset, source.format, pairs, report)
    withdraw(session, existing, matched, len(incoming), report)
    cases.ensure(session, item_ids=[known.item.id for known in existing])
    changed |= before | twinned(session, existing)
    recheck(session, item_ids=sorted(changed), form_only=True)
    datasets.add_types(session, dataset_id=dataset.id, types=types_of(source.format, records))
    enrol(session, dataset.id)
    events.append(
        session,
        person_id=actor.id,
        kind="dataset.imported",
        patch={"source": (None, source.sha256)},
        dataset_id=dataset.id,
        reason=f"{source.file}: {report.new} new, {report.updated} updated, "
        f"{report.waiting} waiting to be merged, {report.unchanged} unchanged, "
        f"{report.withdrawn} withdrawn",
    )
    count_outcome(incoming, report)
    return report


def store_records(
    session: Session,
    actor: Person,
    dataset: Dataset,
    source: Source,
    incoming: Sequence[Incoming],
) -> list[int]:
    """Keep the file's layout and each record's text; returns the records' ids."""
    noted = datasets.add_source(
        session,
        dataset_id=dataset.id,
        name=source.file,
        sha256=source.sha256,
        format=source.format.name,
        layout=source.layout,
        records=len(incoming),
        person_id=actor.id,
    )
    first = datasets.next_record_id(session)
    datasets.add_records(
        session,
        rows=[
            {
                "id": first + index,
                "source_file_id": noted.id,
                "position": one.record.position,
                "sha256": one.sha256,
                "text": one.record.text,
            }
            for index, one in enumerate(incoming)
        ],
    )
    return [first + index for index in range(len(incoming))]


def known_items(session: Session, dataset: Dataset) -> list[Known]:
    """The dataset's items in order of position."""
    found = items.get_many(session, item_ids=items.ids(session, dataset_id=dataset.id))
    texts = datasets.record_texts(session, record_ids=[i.source_record_id for i in found])
    return [Known(item, texts[item.source_record_id]) for item in found]


def insert_new(
    session: Session,
    dataset: Dataset,
    incoming: Sequence[Incoming],
    fresh: Sequence[int],
    record_ids: Sequence[int],
    report: Report,
) -> None:
    """Store the records that are no item yet, with their findings."""
    first = items.next_id(session)
    rows, found = [], {}
    stored = (incoming[index].found.stored for index in fresh)
    noted = pictures.note_all(session, every=[one for one in stored if one])
    for offset, index in enumerate(fresh):
        one = incoming[index]
        image_id, problem = image_columns(one.found, noted)
        rows.append(
            {
                "id": first + offset,
                "dataset_id": dataset.id,
                "source_record_id": record_ids[index],
                "image_id": image_id,
                "image_problem": problem,
                "twin_key": one.twin_key,
                **source_columns(one.record),
                **worst(one.findings),
                "instruction": one.record.content.instruction,
                "level": one.record.content.level,
                "answers": list(one.record.content.answers),
                "components": one.record.content.components,
            }
        )
        found[first + offset] = one.findings
    items.insert_many(session, items=rows)
    findings.insert_many(session, found=found)
    report.new = len(rows)


def image_columns(found: Found, noted: Mapping[str, Image]) -> tuple[int | None, str | None]:
    """An item's image and, where it has none, why."""
    if found.stored is None:
        return None, found.problem
    image = noted[found.stored.sha256]
    if image.taken_down_at:
        return None, pictures.taken_down(image)
    return image.id, None


def worst(found: Sequence[Finding]) -> dict[str, Any]:
    """How many findings, and the rank of the worst."""
    ranks = [findings.rank(finding) for finding in found]
    return {"findings": len(ranks), "severity": max(ranks, default=None)}


def count_outcome(incoming: Sequence[Incoming], report: Report) -> None:
    """Count images and findings."""
    report.images = sum(1 for one in incoming if one.found.stored)
    report.without_image = len(incoming) - report.images
    report.errors = sum(1 for one in incoming for f in one.findings if f.severity == "error")
