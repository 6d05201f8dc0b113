"""Bring a dataset's items to a newer version of its source, losing nobody's work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from annotator.domain.changes import difference
from annotator.domain.items import ItemContent, flatten
from annotator.domain.merging import aligned
from annotator.domain.records import Dataset, Item, Person
from annotator.domain.spans import twin_key
from annotator.formats import Format, Record
from annotator.services import pictures
from annotator.services.curating import revise
from annotator.services.matching import Incoming, Known
from annotator.services.report import Report
from db import annotations as annotation_rows
from db import items, releases
from db.engine import Session

Outcome = Literal["unchanged", "updated", "waiting"]


@dataclass(frozen=True, slots=True)
class Pair:
    """An item, the newer record it was found to be, and the id under which that is stored."""

    known: Known
    incoming: Incoming
    record_id: int


def update_known(
    session: Session,
    actor: Person,
    dataset: Dataset,
    format: Format,
    pairs: Sequence[Pair],
    report: Report,
) -> set[int]:
    """Bring items to their newer records: at once where nobody edited them, else by a merge.

    Returns:
        The items that are to be checked again.
    """
    worked_on = annotation_rows.annotated(session, dataset_id=dataset.id)
    judged = [(pair, *judge(format, pair, worked_on)) for pair in pairs]
    items.update_sources(session, rows=[source_row(p, outcome) for p, outcome, _ in judged])
    settled = [pair.known.item.id for pair, outcome, _ in judged if outcome != "waiting"]
    releases.supersede(session, item_ids=settled)
    changed: set[int] = set()
    for pair, outcome, content in judged:
        item = pair.known.item
        if outcome == "updated" and write_update(session, actor, item, content):
            changed.add(item.id)
        if outcome == "waiting":
            releases.add_merge(session, item_id=item.id, source_record_id=pair.record_id)
        if refresh_image(session, actor, pair):
            changed.add(item.id)
        report.count(outcome)
    return changed


def judge(format: Format, pair: Pair, worked_on: set[int]) -> tuple[Outcome, ItemContent]:
    """What becomes of an item, and the newer content in the item's keys."""
    item, record = pair.known.item, pair.incoming.record
    if pair.known.text == record.text:
        return "unchanged", item.content
    base, newer = aligned(item.content, format.read_record(pair.known.text).content, record.content)
    if not differs(item.content, newer):
        return "updated", newer
    edited = item.verdict is not None or item.id in worked_on or differs(base, item.content)
    return ("waiting" if edited else "updated"), newer


def differs(one: ItemContent, other: ItemContent) -> bool:
    """Whether two contents print differently."""
    return bool(difference(flatten(one), flatten(other)))


def source_row(pair: Pair, outcome: Outcome) -> dict[str, Any]:
    """The columns that follow from the newer record; a waiting item keeps the record it had."""
    item, record = pair.known.item, pair.incoming.record
    return {
        "id": item.id,
        "source_record_id": item.source_record_id if outcome == "waiting" else pair.record_id,
        "withdrawn_from_source": False,
        "twin_key": twin_key(record.image_ref, item.content.instruction),
        **source_columns(record),
    }


def source_columns(record: Record) -> dict[str, Any]:
    """The columns of an item that only its source decides."""
    return {
        "position": record.position,
        "source_id": record.source_id if record.source_id is not None else str(record.position),
        "declared_count": record.declared_count,
        "image_ref": record.image_ref,
        "generator": record.origin.generator,
        "prompt_version": record.origin.prompt_version,
        "batch": record.origin.batch,
    }


def write_update(session: Session, actor: Person, item: Item, content: ItemContent) -> bool:
    """Take over a newer source's content as the next revision; False where it says the same."""
    if not difference(flatten(item.content), flatten(content)):
        return False
    revise(
        session,
        actor=actor,
        item=item,
        content=content,
        kind="curation.source",
        verdict=item.verdict,
        reason=item.reason,
        why="a newer version of the source",
    )
    return True


def refresh_image(session: Session, actor: Person, pair: Pair) -> bool:
    """Take the image the newer record names, unless it names the same and we have it."""
    item, found = pair.known.item, pair.incoming.found
    same_name = item.image_ref == pair.incoming.record.image_ref
    nothing_new = (
        found.stored is None and item.image is None and item.image_problem == found.problem
    )
    if (same_name and item.image is not None) or nothing_new:
        return False
    pictures.attach(session, item=item, found=found, actor_id=actor.id)
    return True


def withdraw(
    session: Session,
    existing: Sequence[Known],
    matched: Mapping[int, Known],
    position: int,
    report: Report,
) -> None:
    """Items the newer source no longer has stay, behind the others, and are marked."""
    kept = {known.item.id for known in matched.values()}
    gone = [known.item for known in existing if known.item.id not in kept]
    report.withdrawn = sum(1 for item in gone if not item.withdrawn_from_source)
    items.update_sources(
        session,
        rows=[
            {"id": item.id, "position": position + place, "withdrawn_from_source": True}
            for place, item in enumerate(gone)
        ],
    )
