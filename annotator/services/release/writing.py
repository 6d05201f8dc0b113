"""Carry a plan out: write everything a release holds into a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from annotator.domain.records import Event, Release
from annotator.errors import InputError
from annotator.formats import Target
from annotator.formats.base import ReadImage
from annotator.services.importing import format_of
from annotator.services.release.auditing import audit_lines
from annotator.services.release.card import CARD, card_text
from annotator.services.release.changes import (
    CHANGES,
    as_line,
    change_lines,
    changes_text,
    events_by_item,
)
from annotator.services.release.comparing import (
    CHANGE_LINES,
    ITEMS,
    ItemDifference,
    compare,
    in_order,
    read_items,
)
from annotator.services.release.croissant import CROISSANT, croissant_text
from annotator.services.release.guidance import guidelines_lines, write_guidelines
from annotator.services.release.kits import PARQUETS, write_kits
from annotator.services.release.manifest import MANIFEST as MANIFEST
from annotator.services.release.manifest import as_text, manifest_of
from annotator.services.release.options import slug
from annotator.services.release.plan import Plan
from annotator.services.release.scores import write_pairs, write_scores
from annotator.services.release.survey import Survey
from annotator.services.release.walking import item_values, outgoing, releasable, released
from annotator.services.workspace import Progress, Workspace, no_progress
from db.engine import Session

PROBLEMS: Final = "problems.jsonl"


@dataclass
class Written:
    """What was written so far: each format's files by split, and what got lost on the way."""

    files: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    losses: dict[str, list[str]] = field(default_factory=dict)


def write_files(
    workspace: Workspace,
    session: Session,
    plan: Plan,
    folder: Path,
    progress: Progress = no_progress,
    images: ReadImage | None = None,
) -> dict[str, Any]:
    """Write data, descriptions, changes and manifest.

    Args:
        images: where the bytes of images come from; those that may go out if left out.

    Returns:
        The manifest.
    """
    images = images or releasable(workspace, session, plan)
    written = write_data(session, plan, folder, images, progress)
    by_item = events_by_item(plan.log)
    since: list[ItemDifference] = []
    survey: Survey | None = None
    guidelines: dict[str, Any] | None = None
    if not plan.options.data_only:
        survey, since = write_items(session, plan, folder, by_item, progress)
        write_lines(folder / CHANGE_LINES, change_lines(plan, since, by_item))
        write_kits(plan, folder, written.files)
        write_scores(session, plan, folder)
        write_pairs(session, plan, folder, images)
        guidelines = write_guidelines(session, plan, folder)
        describe(session, plan, folder, survey, written, guidelines)
    text = changes_text(plan, written.losses, since, by_item)
    (folder / CHANGES).write_text(text, encoding="utf-8")
    manifest = manifest_of(plan, folder, written.losses, survey, guidelines)
    (folder / MANIFEST).write_text(as_text(manifest), encoding="utf-8")
    return manifest


def describe(
    session: Session,
    plan: Plan,
    folder: Path,
    survey: Survey,
    written: Written,
    guidelines: Mapping[str, Any] | None,
) -> None:
    """The card and the Croissant description."""
    audit = audit_lines(session, plan)
    card = card_text(
        plan, survey, written.files, written.losses, audit, guidelines_lines(guidelines)
    )
    (folder / CARD).write_text(card, encoding="utf-8")
    items = {f"{ITEMS}/{file.name}": file for file in sorted((folder / ITEMS).iterdir())}
    text = croissant_text(plan, items, plan.dataset.licence)
    (folder / CROISSANT).write_text(text, encoding="utf-8")


def write_data(
    session: Session, plan: Plan, folder: Path, images: ReadImage, progress: Progress
) -> Written:
    """Each format's files, split by split."""
    written = Written()
    for name in plan.options.formats:
        for split in plan.scheme.names:
            write_split(session, plan, name, split, folder, images, written, progress)
    return written


def write_split(
    session: Session,
    plan: Plan,
    name: str,
    split: str,
    folder: Path,
    images: ReadImage,
    written: Written,
    progress: Progress,
) -> None:
    """One split in one format; nothing where the split is empty."""
    entries = plan.in_split(split)
    if not entries and len(plan.scheme.names) > 1:
        return
    chosen = plan.own if name == plan.own.name else format_of(name)
    place = data_place(plan, name, split)
    (folder / place).mkdir(parents=True, exist_ok=True)
    target = Target(folder / place, file_name(plan, name, split), images)
    layout = plan.source.layout if name == plan.own.name else {}
    result = chosen.write(outgoing(session, plan, chosen, entries, progress), layout, target)
    paths = [(place / file).as_posix() for file in result.files]
    written.files.setdefault(name, {})[split] = paths
    lost = {*written.losses.get(name, ()), *result.losses}
    written.losses[name] = sorted(lost)


def file_name(plan: Plan, name: str, split: str) -> str:
    """A data file's name; a parquet's says the split, by which ``datasets`` knows it."""
    named = slug(plan.dataset.name)
    return f"{named}-{split}" if name in PARQUETS and not plan.options.data_only else named


def data_place(plan: Plan, name: str, split: str) -> Path:
    """Where a split's files lie in a format: ``format/split``, as far as there are several."""
    if plan.options.data_only:
        return Path()
    whole = plan.scheme.kind == "whole"
    return Path(name) if whole else Path(name) / split


def write_items(
    session: Session,
    plan: Plan,
    folder: Path,
    by_item: Mapping[int, Sequence[Event]],
    progress: Progress,
) -> tuple[Survey, list[ItemDifference]]:
    """The items in our own words, a file per split.

    Returns:
        The figures of what goes in, and what changed since the release before.
    """
    survey, now = Survey(plan), dict[int, dict[str, Any]]()
    (folder / ITEMS).mkdir()
    for split in plan.scheme.names:
        entries = plan.in_split(split)
        if not entries:
            continue
        file = folder / ITEMS / f"{split}.jsonl"
        with file.open("w", encoding="utf-8", newline="\n") as target:
            for one in released(session, plan, entries, progress):
                survey.add(one)
                log, annotators = by_item.get(one.item.id, ()), plan.annotators.get(one.item.id, ())
                values = item_values(one, log, annotators)
                target.write(as_line(values))
                if plan.previous is not None:
                    now[one.item.id] = values
    if survey.problems:
        write_lines(folder / PROBLEMS, (as_line(asdict(problem)) for problem in survey.problems))
    if plan.previous is None:
        return survey, []
    return survey, list(compare(items_of(plan.previous), in_order(now)))


def items_of(previous: Release) -> Mapping[int, Mapping[str, Any]]:
    """The items of the release before; raises InputError where its folder cannot be had."""
    folder = Path(previous.folder)
    if not folder.is_dir():
        raise InputError(
            f"the release {previous.name!r}, to compare with, is gone from this machine.",
            file=str(folder),
            mend="Put its folder back, or compare with another release, or with none.",
        )
    return read_items(folder)


def write_lines(file: Path, lines: Any) -> None:
    """Text lines as UTF-8 with a newline each."""
    with file.open("w", encoding="utf-8", newline="\n") as target:
        target.writelines(lines)
