"""Run the checks on items and keep what they find."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from annotator.checks import FORM_CHECKS, Finding, Relative, Subject, check_form, check_item
from annotator.domain.items import ContentRules, ItemContent
from annotator.domain.records import Dataset, Item
from annotator.formats import FORMATS
from annotator.images import classify
from annotator.services.workspace import Progress, Workspace
from db import datasets, findings, items
from db.engine import Session

CHUNK: Final = 200
NAMED: Final = 5
"""So many related items are named in a finding."""


def subject_of(
    item: Item,
    *,
    rules: ContentRules,
    content: ItemContent | None = None,
    notes: tuple[str, ...] = (),
    relatives: tuple[Relative, ...] = (),
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
    )


def is_bare_address(ref: str | None) -> bool:
    """Whether a reference is an address without its scheme."""
    return ref is not None and classify(ref) == "url_without_scheme"


def same_item(others: Sequence[str]) -> tuple[Relative, ...]:
    """Twins, by their source ids, as relatives."""
    return (Relative("same item", tuple(others[:NAMED]), len(others)),) if others else ()


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
    twins = items.twins(session, item_ids=[item.id for item in every])
    notes = notes_of(session, every, rules)
    return {
        item.id: check(
            subject_of(
                item,
                rules=rules[item.dataset_id].rules,
                notes=notes.get(item.id, ()),
                relatives=same_item([twin.source_id for twin in twins[item.id]]),
            )
        )
        for item in every
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
    return {
        item.id: FORMATS[of[item.dataset_id].format].read_record(texts[item.source_record_id]).notes
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
    """Check every item of a dataset, a few hundred at a time; nobody waits while that is done.

    An item that is curated meanwhile is passed over: curating checks it.

    Returns:
        How many items were ``checked``.
    """
    with workspace.database.reading() as session:
        every = items.ids(session, dataset_id=dataset_id)
    for start in range(0, len(every), CHUNK):
        progress(start, len(every), "checking")
        with workspace.database.reading() as session:
            seen = items.get_many(session, item_ids=every[start : start + CHUNK])
            found = look(session, seen)
        with workspace.database.writing() as session:
            now = items.revisions(session, item_ids=list(found))
            still = {item.id for item in seen if now.get(item.id) == item.revision}
            keep(session, {item_id: each for item_id, each in found.items() if item_id in still})
    progress(len(every), len(every), "checked")
    return {"checked": len(every)}
