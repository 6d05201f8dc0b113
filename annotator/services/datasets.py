"""Datasets: how they stand, what they allow, and the whole database's backup."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from annotator.domain.changes import difference
from annotator.domain.items import MAX_WEIGHT, Number, check_text, is_number
from annotator.domain.records import Dataset, Person, Release, SourceFile
from annotator.domain.rights import may
from annotator.domain.vocabulary import SEVERITIES
from annotator.errors import InputError, InvalidValue, NotFound
from annotator.services import assigning
from annotator.services.access import needs
from annotator.services.checking import recheck
from annotator.services.workspace import Workspace
from db import annotations as annotation_rows
from db import backup as backups
from db import browse, events, findings, items, releases, way
from db import datasets as rows


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a dataset stands: numbers of items, of open findings, and of one person's work."""

    dataset: Dataset
    items: int
    statuses: dict[str, int]
    verdicts: dict[str, int]
    findings: list[tuple[str, str, int]]
    flags: int
    without_image: int
    merges: int
    mine: dict[str, int]
    next_item: int | None
    drafts: list[tuple[int, str]]
    sources: list[SourceFile]
    releases: list[Release]

    @property
    def curated(self) -> int:
        """How many items are settled."""
        return self.statuses.get("curated", 0)


def everything(workspace: Workspace) -> list[Dataset]:
    """All datasets, oldest first."""
    with workspace.database.reading() as session:
        return rows.everything(session)


def named(workspace: Workspace, *, name: str) -> Dataset:
    """The dataset of this name.

    Raises:
        NotFound: there is none; the message names those there are.
    """
    with workspace.database.reading() as session:
        found = rows.by_name(session, name=name)
        if found is None:
            raise NotFound("dataset", name)
        return found


def get(workspace: Workspace, *, dataset_id: int) -> Dataset:
    """Raises NotFound."""
    with workspace.database.reading() as session:
        return rows.get(session, dataset_id=dataset_id)


def standing(workspace: Workspace, *, actor: Person | None, dataset_id: int) -> Standing:
    """Where a dataset stands, and for a person what they have done and what comes next.

    Who may not settle is not told of findings on shared items before these are settled.
    """
    person_id = actor.id if actor else 0
    blind = actor is not None and not may(actor.role, "settle")
    with workspace.database.reading() as session:
        counted = browse.totals(session, dataset_id=dataset_id)
        dataset = rows.get(session, dataset_id=dataset_id)
        return Standing(
            dataset=dataset,
            items=sum(counted.statuses.values()),
            statuses=counted.statuses,
            verdicts=counted.verdicts,
            findings=[
                (kind, SEVERITIES[rank], number)
                for kind, rank, number in findings.counts(
                    session, dataset_id=dataset_id, blind=blind
                )
            ],
            flags=counted.flags,
            without_image=counted.without_image,
            merges=len(releases.open_merges(session, dataset_id=dataset_id)),
            mine=annotation_rows.counts(session, dataset_id=dataset_id, person_id=person_id),
            next_item=assigning.waiting_for(session, dataset, person_id)
            if dataset.plan is not None
            else way.next_open(
                session, dataset_id=dataset_id, person_id=person_id, view=browse.View(), after=-1
            ),
            drafts=annotation_rows.drafts(
                session, dataset_id=dataset_id, person_id=person_id, limit=10
            ),
            sources=rows.sources(session, dataset_id=dataset_id),
            releases=releases.of_dataset(session, dataset_id=dataset_id),
        )


def as_dict(standing: Standing) -> dict[str, Any]:
    """A standing as JSON, for scripts."""
    return {
        "dataset": standing.dataset.name,
        "items": standing.items,
        "statuses": standing.statuses,
        "verdicts": standing.verdicts,
        "findings": [
            {"kind": kind, "severity": severity, "count": count}
            for kind, severity, count in standing.findings
        ],
        "flags": standing.flags,
        "without_image": standing.without_image,
        "merges": standing.merges,
        "sources": [
            {"file": s.name, "sha256": s.sha256, "records": s.records} for s in standing.sources
        ],
        "releases": [release.name for release in standing.releases],
    }


@needs("change settings")
def save_settings(
    workspace: Workspace,
    *,
    actor: Person,
    dataset_id: int,
    version: int,
    target: Number | None,
    types: tuple[str, ...],
    levels: tuple[str, ...],
    licence: str | None,
    citation: str | None,
) -> Dataset:
    """Change what a dataset allows, after which all its items are checked again, and whose it is.

    Args:
        target: the sum of an item's weights, None where items are unweighted.
        citation: how the source wants to be cited, as BibTeX or in words.

    Raises:
        InvalidValue: a target not above 0, or an empty name.
        StaleSave: somebody changed them since they were shown.
    """
    if target is not None and not (is_number(target) and 0 < target <= MAX_WEIGHT):
        raise InvalidValue("sum of weights", "must be above 0, or none")
    check_text("licence", licence or "", empty=True)
    check_text("citation", citation or "", empty=True)
    for name in (*types, *levels):
        check_text("taxonomy", name)
    with workspace.database.writing() as session:
        before = rows.get(session, dataset_id=dataset_id)
        rules = replace(before.rules, target=target, types=types, levels=levels)
        after = rows.save(
            session,
            dataset_id=dataset_id,
            version=version,
            rules=rules,
            licence=licence or None,
            citation=citation or None,
        )
        patch = difference(settings_of(before), settings_of(after))
        if patch:
            events.append(
                session,
                person_id=actor.id,
                kind="dataset.settings",
                patch=patch,
                dataset_id=dataset_id,
            )
        if before.rules != after.rules:
            recheck(session, item_ids=items.ids(session, dataset_id=dataset_id))
        return after


@needs("change settings")
def attribute(
    workspace: Workspace,
    *,
    actor: Person,
    dataset_id: int,
    licence: str | None = None,
    citation: str | None = None,
) -> Dataset:
    """Say whose a dataset's source is; None leaves what is known.

    Raises:
        InvalidValue, StaleSave: as save_settings does.
    """
    with workspace.database.reading() as session:
        now = rows.get(session, dataset_id=dataset_id)
    return save_settings(
        workspace,
        actor=actor,
        dataset_id=dataset_id,
        version=now.version,
        target=now.rules.target,
        types=now.rules.types,
        levels=now.rules.levels,
        licence=now.licence if licence is None else licence,
        citation=now.citation if citation is None else citation,
    )


@needs("look")
def submitted_by(workspace: Workspace, *, actor: Person, dataset_id: int) -> int:
    """How many of a dataset's items a person has handed in."""
    with workspace.database.reading() as session:
        found = annotation_rows.counts(session, dataset_id=dataset_id, person_id=actor.id)
    return found.get("submitted", 0)


def settings_of(dataset: Dataset) -> dict[str, Any]:
    """A dataset's settings as flat values."""
    kept = {k: v for k, v in asdict(dataset.rules).items() if k in ("target", "types", "levels")}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in kept.items()} | {
        "licence": dataset.licence,
        "citation": dataset.citation,
    }


@needs("back up")
def backup(workspace: Workspace, *, actor: Person, target: Path) -> dict[str, int]:
    """Copy the live database to a new file and check the copy.

    Returns:
        The number of rows of each table in the copy.

    Raises:
        InputError: the file exists, or the copy fails its check.
    """
    backups.backup(workspace.database, target)
    return backups.check_backup(target)


def check_backup(file: Path) -> dict[str, int]:
    """Whether a backup can be restored; raises InputError."""
    return backups.check_backup(file)


def show(workspace: Workspace, *, dataset: Dataset, name: str) -> dict[str, Any]:
    """An item as JSON, by its id in the source or its position.

    Raises:
        InputError: there is no such item.
    """
    with workspace.database.reading() as session:
        item_id = items.by_source_id(session, dataset_id=dataset.id, source_id=name)
        if item_id is None and name.isdecimal() and len(name) < 10:
            item_id = items.at_position(session, dataset_id=dataset.id, position=int(name))
        if item_id is None:
            raise InputError(
                f"the dataset {dataset.name!r} has no item {name!r}.",
                mend="annotator items lists them.",
            )
        item = items.get(session, item_id=item_id)
        found = findings.of_item(session, item_id=item_id)
        text = rows.record_texts(session, record_ids=[item.source_record_id])
    return {
        "item": item.source_id,
        "position": item.position,
        "instruction": item.content.instruction,
        "level": item.content.level,
        "components": [
            {
                "number": number,
                "text": c.text,
                "type": c.type,
                "weight": c.weight,
                "judge_method": c.judge_method,
                "verifier_calls": [dict(call) for call in c.verifier_calls],
            }
            for number, c in enumerate(item.content.components, 1)
        ],
        "answers": list(item.content.answers),
        "image": {
            "source": item.image_ref,
            "sha256": item.image.sha256 if item.image else None,
            "problem": item.image_problem,
        },
        "status": item.status,
        "verdict": item.verdict,
        "reason": item.reason,
        "revision": item.revision,
        "findings": [
            {
                "kind": f.kind,
                "severity": SEVERITIES[f.severity],
                "state": f.state,
                "message": f.message,
            }
            for f in found
        ],
        "source": text[item.source_record_id],
    }
