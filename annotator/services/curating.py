"""The next revision of an item's agreed state: the one place where it is written."""

from __future__ import annotations

from annotator.domain import changes
from annotator.domain.changes import Patch
from annotator.domain.consensus import Opinion, says_the_same
from annotator.domain.items import JSON, ItemContent, flatten
from annotator.domain.merging import united_names
from annotator.domain.records import Annotation, Item, Person
from annotator.errors import StaleSave
from annotator.services.comparing import compare_later
from annotator.services.verifying import verify_items
from db import cases, effects, events, items
from db.engine import Session


def curated_state(item: Item) -> dict[str, JSON]:
    """An item's agreed state in its flat form."""
    return flatten(item.content) | {"verdict": item.verdict, "reason": item.reason}


def revise(
    session: Session,
    *,
    actor: Person,
    item: Item,
    content: ItemContent,
    kind: str,
    verdict: str | None,
    reason: str | None,
    why: str | None = None,
    group: str | None = None,
    save_id: str | None = None,
    beside: Patch | None = None,
) -> int:
    """Write an item's next revision over the one that was read, with its event.

    Args:
        kind: the event's kind, ``curation.…``.
        verdict, reason: of the item from now on.
        why: the event's reason, where it is another than the item's.
        beside: what else the event says changed, under paths that are no content's.

    Returns:
        The revision that stands now.

    Raises:
        StaleSave: the item moved on since it was read.
    """
    before = curated_state(item)
    after = flatten(content) | {"verdict": verdict, "reason": reason}
    patch = changes.difference(before, after)
    answered = cases.answered(session, item_ids=[item.id])
    means = effects.now(session, dataset_id=item.dataset_id) if answered else {}
    saved = items.save(
        session,
        item_id=item.id,
        revision=item.revision,
        content=content,
        verdict=verdict,
        reason=reason,
        person_id=actor.id,
        rewritten=bool(patch.keys() - {"verdict", "reason"}),
    )
    if not saved:
        raise StaleSave("this item", current=before)
    revision: Patch = {"revision": (item.revision, item.revision + 1)}
    event_id = events.append(
        session,
        person_id=actor.id,
        kind=kind,
        patch=patch | revision | (beside or {}),
        dataset_id=item.dataset_id,
        item_id=item.id,
        numbers=united_names(item.content, content),
        reason=why if why is not None else reason,
        group=group,
        save_id=save_id,
    )
    if answered:
        verify_items(session, item_ids=[item.id])
        effects.store(session, event_id=event_id, dataset_id=item.dataset_id, before=means)
    if "instruction" in patch:
        compare_later(session, dataset_id=item.dataset_id, person_id=actor.id)
    return item.revision + 1


def reopen_if_different(
    session: Session, *, actor: Person, item: Item, opinion: Annotation, group: str
) -> bool:
    """Open a settled item again for a later annotation that says something else.

    Its content stays as it was settled; the log says whose annotation opened it.
    """
    if item.verdict is None:
        return False
    settled = Opinion(0, "", item.verdict, item.content)
    later = Opinion(actor.id, actor.name, opinion.verdict or "", opinion.content)
    if says_the_same(item.content, settled, later):
        return False
    revise(
        session,
        actor=actor,
        item=item,
        content=item.content,
        kind="curation.reopened",
        verdict=None,
        reason=None,
        why=f"{actor.name} submitted a different annotation after it was settled",
        group=group,
    )
    return True
