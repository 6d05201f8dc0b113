"""Drafts as values: what an annotator sees of an item, and what of it may be stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from annotator.domain.changes import Patch, difference
from annotator.domain.items import JSON, ItemContent, check_change, check_text, flatten, unflatten
from annotator.domain.records import Annotation, Dataset, Item, Person
from annotator.domain.vocabulary import VERDICTS
from annotator.errors import InvalidValue
from db import events
from db.engine import Session

LONGEST_NOTE: Final = 20_000


def content_of(item: Item, annotation: Annotation | None, *, shared: bool = False) -> ItemContent:
    """What an annotator sees: their own word, else the agreed state."""
    if annotation is None:
        return item.content
    return reopened(annotation, item, shared=shared).content


def last_curator(session: Session, item_id: int) -> str:
    """The name behind an item's newest revision."""
    log = events.of_item(session, item_id=item_id, viewer_id=None)
    return next((e.person for e in log if e.kind.startswith("curation.")), "somebody")


def moved_by(session: Session, item: Item, annotation: Annotation | None) -> str | None:
    """Who moved the curation on since a draft was begun."""
    if annotation is None or annotation.status != "draft":
        return None
    if annotation.base_revision == item.revision:
        return None
    return last_curator(session, item.id)


def blank(item: Item, actor: Person) -> Annotation:
    """An annotation nobody has stored yet."""
    return Annotation(
        id=0,
        item_id=item.id,
        person_id=actor.id,
        base_revision=item.revision,
        content=item.content,
        verdict=None,
        reason="",
        note="",
        status="draft",
        version=0,
        tab=None,
        updated_at=datetime.now(UTC),
        submitted_at=None,
    )


def reopened(annotation: Annotation, item: Item, *, shared: bool = False) -> Annotation:
    """A submitted annotation as a draft: over what is agreed now, where that has moved on.

    On a shared item it stays over what its author saw, whatever was agreed since.
    """
    if shared or annotation.status == "draft" or annotation.base_revision == item.revision:
        return replace(annotation, status="draft")
    return replace(annotation, content=item.content, base_revision=item.revision, status="draft")


def state_of(annotation: Annotation) -> dict[str, JSON]:
    """An annotation in its flat form."""
    return flatten(annotation.content) | {
        "verdict": annotation.verdict,
        "note": annotation.note,
    }


def check_state(before: Mapping[str, JSON], after: Mapping[str, JSON], dataset: Dataset) -> None:
    """Refuse an annotation's state that may not be stored."""
    check_change(unflatten(before), unflatten(after), dataset.rules)
    if after["verdict"] not in (None, *VERDICTS):
        raise InvalidValue("verdict", f"must be keep, fix or drop, not {after['verdict']!r}")
    check_text("note", after["note"], empty=True)
    if len(after["note"]) > LONGEST_NOTE:
        raise InvalidValue("note", f"is longer than {LONGEST_NOTE:,} characters")


def checked_patch(standing: Annotation, made: Annotation, dataset: Dataset) -> Patch:
    """What a step changed of an annotation; raises InvalidValue where that may not be stored."""
    before, after = state_of(standing), state_of(made)
    check_state(before, after, dataset)
    patch = difference(before, after)
    if made.base_revision != standing.base_revision:
        patch["revision"] = (standing.base_revision, made.base_revision)
    return patch
