"""Items with known answers: gold that measures people, the qualification set, and examples.

An answer is kept apart from the item, which stays as its source has it: who gets a gold or a
qualification item must not see it. An example is for everybody to see.
"""

from __future__ import annotations

from collections.abc import Sequence

from annotator.domain.assignment import KNOWN, Plan
from annotator.domain.changes import Patch
from annotator.domain.consensus import check_verdict
from annotator.domain.items import (
    JSON,
    ItemContent,
    check_change,
    check_choice,
    check_text,
    flatten,
    unflatten,
)
from annotator.domain.records import Dataset, Event, Item, Person
from annotator.errors import NotFound, Refused
from annotator.services import qualifying
from annotator.services.access import needs
from annotator.services.assigning import overlaps
from annotator.services.workspace import Workspace
from db import datasets, events, items, members, placing, trials
from db.engine import Session
from db.members import Gold

__all__ = ["KNOWN", "Gold", "forget_gold", "of_item", "set_gold", "set_many"]


@needs("set gold")
def set_gold(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    verdict: str,
    content: ItemContent,
    note: str = "",
    purpose: str = "gold",
) -> None:
    """Keep the known answer to an item.

    Args:
        note: why it is the answer; annotators of qualification items and examples read it.
        purpose: of KNOWN.

    Raises:
        InvalidValue: a verdict, content or purpose that may not be stored.
        Refused: the dataset has no plan, or the item is settled already; an example may be.
    """
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        keep(session, actor, item, verdict, content, note, purpose)


def keep(
    session: Session,
    actor: Person,
    item: Item,
    verdict: str,
    content: ItemContent,
    note: str,
    purpose: str,
    group: str | None = None,
) -> None:
    """Check and store one known answer; see set_gold for errors."""
    check_choice("purpose", purpose, tuple(KNOWN))
    check_verdict(verdict, note)
    check_text("why", note, empty=True)
    dataset = datasets.get(session, dataset_id=item.dataset_id)
    if purpose != "example":
        refuse_unless_asked(dataset, item)
    check_change(item.content, content, dataset.rules)
    known = Gold(item.id, verdict, content, note.strip(), purpose)
    log(session, actor, item, "gold.set", stand(session, actor, dataset, item, known), group)


def stand(
    session: Session, actor: Person, dataset: Dataset, item: Item, known: Gold | None
) -> Patch:
    """Let an item have a known answer, or none, and the places that go with it.

    Returns:
        What changed: ``known`` and ``purpose``, and as ``scored`` whose earlier answers were.
    """
    before = members.gold(session, item_id=item.id)
    found = placing.purpose(session, item_id=item.id)
    if known is None:
        purpose = before_known(session, item)
        members.forget_gold(session, item_id=item.id)
    else:
        purpose = known.purpose
        members.set_gold(session, known=known, by=actor.id)
    placing.set_purpose(
        session,
        item_id=item.id,
        purpose=purpose,
        wanted=overlaps(dataset.plan or Plan())[purpose],
    )
    patch: Patch = {"known": (told(before), told(known)), "purpose": (found, purpose)}
    if known is not None and purpose == "qualifying":
        scored = qualifying.score_given(session, item, known.verdict, known.content)
        patch |= {"scored": (None, scored)} if scored else {}
    return patch


def before_known(session: Session, item: Item) -> str:
    """What an item was in the queue for before it had a known answer."""
    for event in events.of_item(session, item_id=item.id, viewer_id=None):
        purpose = event.patch.get("purpose", (None, None))[0]
        if event.kind.startswith("gold.") and purpose in ("usual", "calibration"):
            return str(purpose)
    return "usual"


def told(known: Gold | None) -> JSON:
    """A known answer as an event keeps it."""
    if known is None:
        return None
    state = flatten(known.content)
    return {"verdict": known.verdict, "state": state, "note": known.note, "purpose": known.purpose}


def restore(session: Session, actor: Person, event: Event) -> Patch:
    """Take one change of a known answer back; returns what that changed.

    Whoever's earlier answer was scored by the answer that goes is scored by the next one.

    Raises:
        Refused: the item was settled since, so that nobody can be asked about it.
    """
    item = items.get(session, item_id=event.item_id or 0)
    dataset = datasets.get(session, dataset_id=item.dataset_id)
    values = event.patch["known"][0]
    known = values and Gold(
        item.id, values["verdict"], unflatten(values["state"]), values["note"], values["purpose"]
    )
    if known and known.purpose != "example":
        refuse_unless_asked(dataset, item)
    scored = event.patch.get("scored", (None, None))[1]
    trials.forget(session, item_id=item.id, person_ids=scored or [])
    return stand(session, actor, dataset, item, known)


def refuse_unless_asked(dataset: Dataset, item: Item) -> None:
    """Refuse to ask people for an answer that they can see, or where nobody is given items."""
    if dataset.plan is None:
        raise Refused(f"{dataset.name} has no queue; give it a plan first.")
    if item.verdict is not None:
        raise Refused("The item is settled, so its answer can be seen; choose an open one.")


@needs("set gold")
def set_many(
    workspace: Workspace,
    *,
    actor: Person,
    item_ids: Sequence[int],
    verdict: str,
    note: str = "",
    purpose: str = "gold",
    group: str | None = None,
) -> dict[str, int]:
    """Keep the same verdict as the known answer to several items, each as it stands.

    Args:
        group: a handle by which history.undo_group takes all of it back.

    Returns:
        Numbers of items ``set`` and ``left``, which are settled already.
    """
    counted = {"set": 0, "left": 0}
    check_verdict(verdict, note)
    with workspace.database.writing() as session:
        for item in items.get_many(session, item_ids=list(item_ids)):
            if item.verdict is not None and purpose != "example":
                counted["left"] += 1
                continue
            keep(session, actor, item, verdict, item.content, note, purpose, group)
            counted["set"] += 1
    return counted


@needs("set gold")
def forget_gold(workspace: Workspace, *, actor: Person, item_id: int) -> None:
    """Make an item with a known answer what it was before; raises NotFound where it has none."""
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        if members.gold(session, item_id=item_id) is None:
            raise NotFound("gold item", item_id)
        patch = stand(session, actor, dataset, item, None)
        log(session, actor, item, "gold.forgotten", patch)


def log(
    session: Session,
    actor: Person,
    item: Item,
    kind: str,
    patch: Patch,
    group: str | None = None,
) -> None:
    """Log a change of an item's gold, which only its author may see until it is settled."""
    events.append(
        session,
        person_id=actor.id,
        kind=kind,
        patch=patch,
        dataset_id=item.dataset_id,
        item_id=item.id,
        group=group,
        private_to=actor.id,
    )


@needs("set gold")
def of_item(workspace: Workspace, *, actor: Person, item_id: int) -> Gold | None:
    """The known answer to an item, if there is one."""
    with workspace.database.reading() as session:
        return members.gold(session, item_id=item_id)
