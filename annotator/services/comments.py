"""Comments on an item with @name, and the bell: what calls somebody and they have not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from annotator.domain import comments as rules
from annotator.domain.items import check_text
from annotator.domain.records import Item, Person
from annotator.domain.rights import may
from annotator.errors import InvalidValue, Refused
from annotator.services import seats
from annotator.services.access import needs
from annotator.services.saving import check_handle, saved_before
from annotator.services.workspace import Workspace
from db import comments as rows
from db import datasets, events, items, people, placing
from db.comments import Call, Comment
from db.engine import Session

__all__ = ["Call", "Comment", "Talk", "of_item", "place_of", "see", "unseen", "withdraw", "write"]

LONGEST: Final = 4_000
MOST_CALLS: Final = 50


@dataclass(frozen=True, slots=True)
class Talk:
    """What somebody may see of an item's comments, oldest first.

    ``names`` are the people who can be called; ``private`` says that the item's annotators see
    only their own comments and what reviewers say to them.
    """

    comments: tuple[Comment, ...]
    names: tuple[str, ...]
    private: bool


@dataclass(frozen=True, slots=True)
class Circle:
    """Who stands how to an item, as far as its comments go."""

    hidden: bool
    asked: set[int]
    reviewers: set[int]

    def shows(self, comment: Comment, viewer: int) -> bool:
        """Whether somebody may see a comment."""
        return rules.may_see(
            viewer,
            comment.person_id,
            called=viewer in comment.calls,
            hidden=self.hidden,
            asked=self.asked,
            reviewers=self.reviewers,
        )


def circle_of(session: Session, item: Item) -> Circle:
    """Who stands how to an item."""
    dataset = datasets.get(session, dataset_id=item.dataset_id)
    hidden = seats.is_hidden(seats.seat_of(session, dataset, item.id, 0), item)
    if not hidden:
        return Circle(False, set(), set())
    known = placing.of_items(session, item_ids=[item.id]).get(item.id, [])
    return Circle(True, {place.person_id for place in known}, reviewers_of(session))


def reviewers_of(session: Session) -> set[int]:
    """Who may settle."""
    return {p.id for p in people.everyone(session) if may(p.role, "settle")}


@needs("annotate")
def write(
    workspace: Workspace, *, actor: Person, item_id: int, text: str, save_id: str | None = None
) -> None:
    """Say something about an item; who is named with @ finds it at their bell.

    Raises:
        InvalidValue: no text, or too much.
    """
    check_text("comment", text)
    check_handle("save_id", save_id or "")
    if len(text) > LONGEST:
        raise InvalidValue("comment", f"is longer than {LONGEST:,} characters")
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        if saved_before(session, actor, item_id, save_id):
            return
        known = {person.name: person.id for person in people.everyone(session) if person.active}
        called = {known[name] for name in rules.mentioned(text, known)} - {actor.id}
        made = rows.add(
            session, item_id=item_id, person_id=actor.id, text=text.strip(), calls=called
        )
        note(session, actor, item, "comment.written", made, save_id)


@needs("annotate")
def withdraw(workspace: Workspace, *, actor: Person, comment_id: int) -> None:
    """Take one's own comment back; raises Refused for another's, NotFound for none."""
    with workspace.database.writing() as session:
        found = rows.get(session, comment_id=comment_id)
        if found.person_id != actor.id:
            raise Refused("Only who wrote a comment can take it back.")
        rows.withdraw(session, comment_id=comment_id)
        item = items.get(session, item_id=found.item_id)
        note(session, actor, item, "comment.withdrawn", comment_id, None)


def note(
    session: Session, actor: Person, item: Item, kind: str, comment_id: int, save_id: str | None
) -> None:
    """Log a comment, without its words, as private as what is done on the item."""
    events.append(
        session,
        person_id=actor.id,
        kind=kind,
        patch={"comment": (None, comment_id)},
        dataset_id=item.dataset_id,
        item_id=item.id,
        save_id=save_id,
        private_to=actor.id if circle_of(session, item).hidden else None,
    )


@needs("look")
def of_item(workspace: Workspace, *, actor: Person, item_id: int) -> Talk:
    """What the actor may see of an item's comments; raises NotFound."""
    with workspace.database.reading() as session:
        item = items.get(session, item_id=item_id)
        circle = circle_of(session, item)
        found = rows.of_item(session, item_id=item_id)
        names = [p.name for p in people.everyone(session) if p.active and p.id != actor.id]
    return Talk(
        tuple(comment for comment in found if circle.shows(comment, actor.id)),
        tuple(names),
        circle.hidden,
    )


@needs("look")
def unseen(workspace: Workspace, *, actor: Person) -> list[Call]:
    """The comments that call the actor, that they may see and have not seen, newest first."""
    with workspace.database.reading() as session:
        if not rows.any_unseen(session, person_id=actor.id):
            return []
        reviewers = reviewers_of(session)
        found = rows.unseen(session, person_id=actor.id, reviewers=reviewers, limit=MOST_CALLS)
        circles: dict[int, Circle] = {}
        for item_id in {call.comment.item_id for call in found}:
            circles[item_id] = circle_of(session, items.get(session, item_id=item_id))
    return [call for call in found if circles[call.comment.item_id].shows(call.comment, actor.id)]


@needs("look")
def place_of(workspace: Workspace, *, actor: Person, item_id: int) -> str:
    """The page on which the actor finds an item: curate, where they settle others' work on it."""
    with workspace.database.reading() as session:
        circle = circle_of(session, items.get(session, item_id=item_id))
    settles = circle.hidden and actor.id in circle.reviewers and actor.id not in circle.asked
    return "curate" if settles else "annotate"


@needs("look")
def see(workspace: Workspace, *, actor: Person, item_id: int) -> None:
    """Note that the actor has seen what calls them on an item, as far as they may see it."""
    shown = of_item(workspace, actor=actor, item_id=item_id).comments
    called = [comment.id for comment in shown if actor.id in comment.calls]
    if called:
        with workspace.database.writing() as session:
            rows.see(session, person_id=actor.id, comment_ids=called)
