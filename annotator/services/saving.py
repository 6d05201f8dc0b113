"""What a save has to name, and when it comes too late; see annotator.services.annotate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from annotator.domain.items import flatten
from annotator.domain.records import Annotation, Item, Person
from annotator.errors import InvalidValue, Refused, StaleSave
from annotator.services.drafts import last_curator, state_of
from db import events
from db.engine import Session

LONGEST_HANDLE: Final = 64


@dataclass(frozen=True, slots=True)
class Shown:
    """What a client had before it when it saved."""

    version: int
    revision: int
    tab: str
    save_id: str | None = None

    def __post_init__(self) -> None:
        check_handle("tab", self.tab)
        check_handle("save_id", self.save_id or "")


def check_handle(label: str, value: str) -> None:
    """Refuse a name that a client made up for itself where it could not be stored."""
    if len(value) > LONGEST_HANDLE or not value.isascii() or not (value or " ").isprintable():
        raise InvalidValue(label, f"must be at most {LONGEST_HANDLE} plain characters")


def saved_before(session: Session, actor: Person, item_id: int, save_id: str | None) -> bool:
    """Whether this very save has been stored already; raises Refused where its id is another's."""
    event = events.by_save_id(session, save_id=save_id)
    if event is None:
        return False
    if (event.person_id, event.item_id) != (actor.id, item_id):
        raise Refused("This save's id was used for another save; reload the page and save again.")
    return True


def check_fresh(session: Session, item: Item, annotation: Annotation | None, shown: Shown) -> None:
    """Refuse a save whose author had not seen what stands now."""
    if annotation is None:
        if shown.revision != item.revision:
            by = last_curator(session, item.id)
            raise StaleSave("this item", current=flatten(item.content), by=by)
        return
    if not is_fresh(annotation, shown):
        raise StaleSave("your draft", current=state_of(annotation), by="you, in another tab,")
    if annotation.status == "submitted" and shown.revision != item.revision:
        by = last_curator(session, item.id)
        raise StaleSave("this item", current=flatten(item.content), by=by)


def is_fresh(annotation: Annotation, shown: Shown) -> bool:
    """Whether a tab has seen what stands, or wrote it itself."""
    return annotation.version == shown.version or bool(shown.tab and annotation.tab == shown.tab)
