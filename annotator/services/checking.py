"""Run the checks on items and keep what they find."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from annotator.checks import (
    FORM_CHECKS,
    Finding,
    Proposal,
    Relative,
    Subject,
    check_form,
    check_item,
)
from annotator.domain.items import ContentRules, ItemContent
from annotator.domain.records import Dataset, Item
from annotator.errors import NotFound
from annotator.images import BadImage, classify, inspect
from annotator.services.comparing import NAMED, compare_dataset
from annotator.services.proposed import proposals_of
from annotator.services.readers import reader_of
from annotator.services.workspace import Progress, Workspace
from db import datasets, findings, images, items, relations
from db.engine import Session
from db.relations import Relation

logger = logging.getLogger(__name__)

CHUNK: Final = 200


def subject_of(
    item: Item,
    *,
    rules: ContentRules,
    content: ItemContent | None = None,
    notes: tuple[str, ...] = (),
    relatives: tuple[Relative, ...] = (),
    proposals: tuple[Proposal, ...] = (),
) -> Subject:
    """An item, or somebody's draft of it, as the checks see it."""
    return Subject(
        content=content or item.content,
        rules=rules,
        declared_count=item.declared_count,
        curated=item.verdict is not None,
        image_ref=item.image_ref,
        bare_address=is_bare_address(item.image_ref),
        image_problem=item.image_problem,
        image_size=(item.image.width, item.image.height) if item.image else None,
        notes=notes,
        relatives=relatives,
        proposals=proposals,
    )


def is_bare_address(ref: str | None) -> bool:
    """Whether a reference is an address without its scheme."""
    return ref is not None and classify(ref) == "url_without_scheme"


def same_item(others: Sequence[str]) -> tuple[Relative, ...]:
    """Twins, by their source ids, as relatives."""
    return (Relative("same item", tuple(others[:NAMED]), len(others)),) if others else ()


def relatives_of(session: Session, *, item_ids: Sequence[int]) -> dict[int, tuple[Relative, ...]]:
    """What items have in common with others: twins as they stand, the rest as last compared."""
    twins = items.twins(session, item_ids=item_ids)
    related = relations.of_items(session, item_ids=item_ids)
    named = {other for each in related.values() for one in each for other in one.others}
    names = relations.source_ids(session, item_ids=sorted(named))
    return {
        item_id: (
            *same_item([twin.source_id for twin in twins[item_id]]),
            *(relative(one, names) for one in related[item_id]),
        )
        for item_id in item_ids
    }


def relative(one: Relation, names: Mapping[int, str]) -> Relative:
    """A stored relation as the checks see it."""
    return Relative(
        how=one.how,  # type: ignore[arg-type]  # written from the same closed list
        others=tuple(names[other] for other in one.others),
        total=one.total,
        score=one.score,
        key=one.component_key or None,
        text=one.text,
        same_name=one.same_name,
    )


def recheck(session: Session, *, item_ids: Sequence[int], form_only: bool = False) -> None:
    """Check items' agreed states again and store what is found.

    Args:
        form_only: check the form alone; what other checks found before stays as it is.
    """
    found = look(session, items.get_many(session, item_ids=item_ids), form_only=form_only)
    keep(session, found, form_only=form_only)


def look(
    session: Session, every: Sequence[Item], *, form_only: bool = False
) -> dict[int, list[Finding]]:
    """What the checks say about items' agreed states."""
    check = check_form if form_only else check_item
    rules = {
        dataset_id: datasets.get(session, dataset_id=dataset_id)
        for dataset_id in {item.dataset_id for item in every}
    }
    relatives = relatives_of(session, item_ids=[item.id for item in every])
    notes = notes_of(session, every, rules)
    contents = [item.content for item in every]
    proposed = proposals_of(session, contents) if not form_only else [()] * len(every)
    return {
        item.id: check(
            subject_of(
                item,
                rules=rules[item.dataset_id].rules,
                notes=notes.get(item.id, ()),
                relatives=relatives[item.id],
                proposals=proposals,
            )
        )
        for item, proposals in zip(every, proposed, strict=True)
    }


def keep(session: Session, found: dict[int, list[Finding]], *, form_only: bool = False) -> None:
    """Store what the checks said."""
    findings.replace(session, found=found, kinds=FORM_CHECKS if form_only else None)
    items.refresh_summary(session, item_ids=list(found))


def notes_of(
    session: Session, every: Sequence[Item], of: Mapping[int, Dataset]
) -> dict[int, tuple[str, ...]]:
    """What is odd about the source records of items that nobody has settled yet."""
    open_ = [item for item in every if item.verdict is None]
    texts = datasets.record_texts(session, record_ids=[item.source_record_id for item in open_])
    readers = {dataset_id: reader_of(dataset) for dataset_id, dataset in of.items()}
    return {
        item.id: readers[item.dataset_id].read_record(texts[item.source_record_id]).notes
        for item in open_
    }


def with_twins(session: Session, *, item_ids: Sequence[int]) -> list[int]:
    """Items, and those that ask the same of the same image, whose findings speak of them."""
    twins = items.twins(session, item_ids=item_ids)
    return list(dict.fromkeys([*item_ids, *(t.id for each in twins.values() for t in each)]))


def twins_in(keys: Iterable[str | None]) -> list[tuple[int, ...]]:
    """For each item the positions of the others with its key; None is nobody's twin."""
    listed = list(keys)
    places: dict[str, list[int]] = {}
    for position, key in enumerate(listed):
        if key is not None:
            places.setdefault(key, []).append(position)
    return [
        tuple(other for other in places[key] if other != position) if key is not None else ()
        for position, key in enumerate(listed)
    ]


def check_dataset(workspace: Workspace, *, dataset_id: int, progress: Progress) -> dict[str, int]:
    """Compare the items of a dataset, then check every one, a few hundred at a time.

    Nobody waits while that is done. An item that is curated meanwhile is passed over: curating
    checks it.

    Returns:
        How many items were ``checked``.
    """
    take_looks(workspace, dataset_id=dataset_id, progress=progress)
    compare_dataset(workspace, dataset_id=dataset_id, progress=progress)
    with workspace.database.reading() as session:
        every = items.ids(session, dataset_id=dataset_id)
    check_many(workspace, every, progress)
    return {"checked": len(every)}


def compare_again(workspace: Workspace, *, dataset_id: int, progress: Progress) -> dict[str, int]:
    """Compare the items of a dataset anew, and check those of which that says something else.

    Returns:
        How many items were ``checked``.
    """
    changed = sorted(compare_dataset(workspace, dataset_id=dataset_id, progress=progress))
    check_many(workspace, changed, progress)
    return {"checked": len(changed)}


def check_many(workspace: Workspace, item_ids: Sequence[int], progress: Progress) -> None:
    """Check items, each chunk in a transaction of its own."""
    for start in range(0, len(item_ids), CHUNK):
        progress(start, len(item_ids), "checking")
        with workspace.database.reading() as session:
            seen = items.get_many(session, item_ids=item_ids[start : start + CHUNK])
            found = look(session, seen)
        with workspace.database.writing() as session:
            now = items.revisions(session, item_ids=list(found))
            still = {item.id for item in seen if now.get(item.id) == item.revision}
            keep(session, {item_id: each for item_id, each in found.items() if item_id in still})
    progress(len(item_ids), len(item_ids), "checked")


def take_looks(workspace: Workspace, *, dataset_id: int, progress: Progress) -> None:
    """Take the looks of images that were stored before looks were taken."""
    with workspace.database.reading() as session:
        without = images.without_look(session, dataset_id=dataset_id)
    for start in range(0, len(without), CHUNK):
        progress(start, len(without), "looking at images")
        chunk = without[start : start + CHUNK]
        looks = {sha256: stored_look(workspace, sha256) for sha256 in chunk}
        with workspace.database.writing() as session:
            images.set_looks(session, looks=looks)


def stored_look(workspace: Workspace, sha256: str) -> str:
    """How a stored image looks; empty where there is nothing to see, or the file is gone."""
    try:
        data = workspace.images.read(sha256)
        return inspect(data, limits=workspace.settings.image_limits).look or ""
    except (NotFound, BadImage):
        logger.warning("image %s cannot be looked at", sha256)
        return ""
