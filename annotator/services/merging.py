"""Settle a newer source record against an item somebody has edited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from annotator.domain.changes import Patch
from annotator.domain.items import ItemContent, flatten
from annotator.domain.merging import Difference, aligned, choose, compare
from annotator.domain.records import Item, Merge, Person
from annotator.errors import StaleSave
from annotator.services.access import needs
from annotator.services.checking import recheck, with_twins
from annotator.services.curating import revise
from annotator.services.readers import reader_of
from annotator.services.workspace import Workspace
from db import datasets, items, releases
from db.engine import Session

MERGE: Final = "merge"
"""The path of an event under which a merge's state, its id and the item's source record stand."""


@dataclass(frozen=True, slots=True)
class Case:
    """One merge: the item as it is agreed, the newer source, and where they differ."""

    merge: Merge
    item: Item
    source: ItemContent
    differences: list[Difference]


@needs("look")
def waiting(workspace: Workspace, *, actor: Person, dataset_id: int) -> list[Merge]:
    """The merges of a dataset that wait, in order of the items."""
    with workspace.database.reading() as session:
        return releases.open_merges(session, dataset_id=dataset_id)


@needs("look")
def open_merge(workspace: Workspace, *, actor: Person, merge_id: int) -> Case:
    """Both sides of a merge; raises NotFound."""
    with workspace.database.reading() as session:
        merge = releases.get_merge(session, merge_id=merge_id)
        item = items.get(session, item_id=merge.item_id)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        ids = [item.source_record_id, merge.source_record_id]
        texts = datasets.record_texts(session, record_ids=ids)
    reader = reader_of(dataset)
    base = reader.read_record(texts[item.source_record_id]).content
    theirs = reader.read_record(texts[merge.source_record_id]).content
    old, new = aligned(item.content, base, theirs)
    return Case(merge, item, new, compare(old, item.content, new))


@needs("settle")
def settle(
    workspace: Workspace,
    *,
    actor: Person,
    merge_id: int,
    revision: int,
    take_source: Sequence[str],
) -> int:
    """Write the chosen state as the next revision, over the newer source record.

    Args:
        revision: the item's revision that was shown.
        take_source: paths to take from the source; the rest stays ours.

    Returns:
        The item's revision now.

    Raises:
        StaleSave: the item moved on, or somebody settled this merge already.
    """
    case = open_merge(workspace, actor=actor, merge_id=merge_id)
    content = choose(case.item.content, case.source, take_source)
    with workspace.database.writing() as session:
        current = flatten(case.item.content)
        if not releases.move_merge(session, merge_id=merge_id, person_id=actor.id, state="settled"):
            raise StaleSave("this merge", current=current)
        if case.item.revision != revision:
            raise StaleSave("this item", current=current)
        twins = with_twins(session, item_ids=[case.item.id])
        now = revise(
            session,
            actor=actor,
            item=case.item,
            content=content,
            kind="curation.merged",
            verdict=case.item.verdict,
            reason=case.item.reason,
            why="settled against a newer source",
            beside={
                MERGE: (
                    ["open", merge_id, case.item.source_record_id],
                    ["settled", merge_id, case.merge.source_record_id],
                )
            },
        )
        items.update_sources(
            session,
            rows=[{"id": case.item.id, "source_record_id": case.merge.source_record_id}],
        )
        items.touch(session, item_id=case.item.id, person_id=actor.id)
        recheck(session, item_ids=with_twins(session, item_ids=twins))
    return now


def restore(session: Session, *, actor: Person, item_id: int, inverse: Patch) -> None:
    """Let a merge that is taken back wait again, and one that is done again be settled.

    Where a newer source has come since, that one waits, and the item keeps its record.
    """
    (_, _, found), (state, merge_id, record_id) = inverse[MERGE]
    item = items.get(session, item_id=item_id)
    if item.source_record_id != found or not releases.move_merge(
        session, merge_id=merge_id, person_id=actor.id, state=state
    ):
        return
    items.update_sources(session, rows=[{"id": item_id, "source_record_id": record_id}])
