"""Items with known answers: gold that measures people, the qualification set, and examples.

An answer is kept apart from the item, which stays as its source has it: who gets a gold or a
qualification item must not see it. An example is for everybody to see.
"""

from __future__ import annotations

from collections.abc import Sequence

from annotator.domain.assignment import KNOWN
from annotator.domain.consensus import check_verdict
from annotator.domain.items import ItemContent, check_change, check_choice, check_text
from annotator.domain.records import Dataset, Item, Person
from annotator.errors import NotFound, Refused
from annotator.services import qualifying
from annotator.services.access import needs
from annotator.services.assigning import KNOWN_PLACES
from annotator.services.workspace import Workspace
from db import datasets, events, items, members, placing
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
) -> None:
    """Check and store one known answer; see set_gold for errors."""
    check_choice("purpose", purpose, tuple(KNOWN))
    check_verdict(verdict, note)
    check_text("why", note, empty=True)
    dataset = datasets.get(session, dataset_id=item.dataset_id)
    if purpose != "example":
        refuse_unless_asked(dataset, item)
    check_change(item.content, content, dataset.rules)
    members.set_gold(
        session,
        item_id=item.id,
        verdict=verdict,
        content=content,
        note=note.strip(),
        by=actor.id,
        purpose=purpose,
    )
    placing.set_purpose(session, item_id=item.id, purpose=purpose, wanted=KNOWN_PLACES[purpose])
    if purpose == "qualifying":
        qualifying.score_given(session, item, verdict, content)
    note_gold(session, actor, item, "gold.set")


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
) -> dict[str, int]:
    """Keep the same verdict as the known answer to several items, each as it stands.

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
            keep(session, actor, item, verdict, item.content, note, purpose)
            counted["set"] += 1
    return counted


@needs("set gold")
def forget_gold(workspace: Workspace, *, actor: Person, item_id: int) -> None:
    """Make an item with a known answer a usual one again; raises NotFound where it is none."""
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        if members.gold(session, item_id=item_id) is None:
            raise NotFound("gold item", item_id)
        members.forget_gold(session, item_id=item_id)
        overlap = dataset.plan.overlap if dataset.plan else 1
        placing.set_purpose(session, item_id=item_id, purpose="usual", wanted=overlap)
        note_gold(session, actor, item, "gold.forgotten")


def note_gold(session: Session, actor: Person, item: Item, kind: str) -> None:
    """Log a change of an item's gold, which only its author may see until it is settled."""
    events.append(
        session,
        person_id=actor.id,
        kind=kind,
        patch={},
        dataset_id=item.dataset_id,
        item_id=item.id,
        private_to=actor.id,
    )


@needs("set gold")
def of_item(workspace: Workspace, *, actor: Person, item_id: int) -> Gold | None:
    """The known answer to an item, if there is one."""
    with workspace.database.reading() as session:
        return members.gold(session, item_id=item_id)
