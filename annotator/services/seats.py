"""Who may work on an item of a planned dataset, and what of it they may see.

An item is *shared* when more than one annotator gets it, or when it measures people (calibration,
gold). What one annotator does on a shared item is hidden from the others until it is settled, and
findings are hidden until one's own annotation is submitted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from annotator.domain.assignment import HELD, Plan
from annotator.domain.consensus import disagreement
from annotator.domain.counting import counted
from annotator.domain.qualification import Trials
from annotator.domain.records import Annotation, Dataset, Item, Person
from annotator.domain.rights import may
from annotator.errors import Forbidden, Refused
from db import members, opinions, places, placing, trials
from db.engine import Session
from db.places import Seat, Wish

__all__ = [
    "Seat",
    "follow",
    "hand_in",
    "hold",
    "is_barred",
    "is_hidden",
    "is_shared",
    "lease_of",
    "refuse_unless_open",
    "seat_of",
    "tally",
    "wish_of",
]


def seat_of(session: Session, dataset: Dataset, item_id: int, person_id: int) -> Seat | None:
    """An item as a person stands to it; None where the dataset has no plan."""
    if dataset.plan is None:
        return None
    return places.seat(session, item_id=item_id, person_id=person_id)


def is_shared(seat: Seat | None) -> bool:
    """Whether an item is looked at by more than one annotator, or measures them."""
    return seat is not None and not seat.alone


def is_hidden(seat: Seat | None, item: Item) -> bool:
    """Whether what others did on an item is hidden: it is shared and not settled."""
    return is_shared(seat) and item.verdict is None


def lease_of(plan: Plan) -> timedelta:
    """How long an item is kept for somebody who saves nothing."""
    return timedelta(minutes=plan.lease_minutes)


def wish_of(session: Session, dataset: Dataset, person_id: int, *, after: int = 0) -> Wish:
    """What a person may have next by the dataset's plan.

    Raises:
        Refused: the dataset names its annotators, and they are none of them.
    """
    assert dataset.plan is not None
    known = members.of_dataset(session, dataset_id=dataset.id)
    if known and person_id not in known:
        raise Refused(f"You are not among the annotators of {dataset.name}.")
    own = known.get(person_id)
    found = trials.of(session, dataset_id=dataset.id, person_id=person_id)
    return Wish(
        dataset_id=dataset.id,
        person_id=person_id,
        quota=own if own is not None else dataset.plan.quota,
        pool=dataset.plan.strategy != "by hand",
        qualifying=not found.done,
        barred=is_barred(dataset.plan, found),
        after=after,
    )


def is_barred(plan: Plan, found: Trials) -> bool:
    """Whether somebody gets nothing but qualification items."""
    return plan.must_qualify and not found.passed(plan.pass_mark)


def hold(session: Session, *, actor: Person, dataset: Dataset, item: Item) -> Seat | None:
    """Let a person work on an item: take or renew their place.

    Returns:
        The item as they stood to it, None where the dataset has no plan.

    Raises:
        Refused: its places are taken by others, or it is not theirs to take.
    """
    if dataset.plan is None:
        return None
    seat = places.seat(session, item_id=item.id, person_id=actor.id)
    if seat is None:
        raise Refused("This item is in nobody's queue; a maintainer can lay the queue out anew.")
    refuse_unqualified(session, actor, dataset, seat)
    if not (seat.mine and seat.mine.state in HELD):
        refuse_newcomer(session, actor, dataset, seat)
    again = seat.mine is not None and seat.mine.state == "submitted"
    lease = lease_of(dataset.plan)
    held = places.claim(
        session, item_id=item.id, person_id=actor.id, now=datetime.now(UTC), lease=lease
    )
    if not held:
        raise Refused(no_place(seat))
    if again:
        tally(session, item)
    return seat


def hand_in(session: Session, *, actor: Person, dataset: Dataset, item: Item) -> None:
    """The actor's annotation was submitted: their place is filled.

    Where the plan says so, an item on which people differ is given to one more.
    """
    if dataset.plan is None:
        return
    now = datetime.now(UTC)
    places.hand_in(session, item_id=item.id, person_id=actor.id, now=now)
    given, apart = tally(session, item)
    if dataset.plan.strategy == "weakest" and apart:
        seat = places.seat(session, item_id=item.id, person_id=actor.id)
        if seat and seat.purpose == "usual" and given == seat.wanted < dataset.plan.most:
            placing.widen(session, item_id=item.id, wanted=seat.wanted + 1, to_front=True)


def tally(session: Session, item: Item) -> tuple[int, float | None]:
    """Note how many have submitted an item and how much they differ; returns both."""
    given = opinions.submitted(session, item_ids=[item.id]).get(item.id, [])
    several = [one.opinion for one in given]
    apart = disagreement(item.content, several) if len(several) > 1 else None
    placing.tally(session, item_id=item.id, submitted=len(given), apart=apart)
    return len(given), apart


def follow(
    session: Session, *, dataset: Dataset, item: Item, annotation: Annotation, status: str
) -> None:
    """Undoing made an annotation a draft, or submitted, again; its place follows."""
    if dataset.plan is not None:
        places.follow(
            session,
            item_id=annotation.item_id,
            person_id=annotation.person_id,
            status=status,
            until=datetime.now(UTC) + lease_of(dataset.plan),
        )
        tally(session, item)


def refuse_unless_open(session: Session, *, actor: Person, item: Item) -> None:
    """Refuse to change what is agreed of a shared item before it is settled; reviewers may.

    Raises:
        Forbidden: the actor may not settle.
    """
    if may(actor.role, "settle"):
        return
    if is_hidden(places.seat(session, item_id=item.id, person_id=actor.id), item):
        raise Forbidden("settle")


def refuse_unqualified(session: Session, actor: Person, dataset: Dataset, seat: Seat) -> None:
    """Refuse other items to somebody who has not passed a qualification that is demanded."""
    plan = dataset.plan
    if plan is None or not plan.must_qualify or seat.purpose == "qualifying":
        return
    found = trials.of(session, dataset_id=dataset.id, person_id=actor.id)
    if is_barred(plan, found):
        raise Refused(
            f"The qualification of {dataset.name} comes first: {found.said(plan.pass_mark)}."
        )


def refuse_newcomer(session: Session, actor: Person, dataset: Dataset, seat: Seat) -> None:
    """Refuse a place to somebody the plan gives none; its qualification is for all of them."""
    wish = wish_of(session, dataset, actor.id)
    if seat.purpose == "qualifying":
        return
    if not wish.pool:
        raise Refused("Items of this dataset are assigned by hand, and this one is not yours.")
    if wish.quota is not None and places.taken_by(session, wish) >= wish.quota:
        raise Refused(f"You have had your {counted(wish.quota, 'item')} of this dataset.")


def no_place(seat: Seat) -> str:
    """Why a person gets no place at an item."""
    if seat.mine and seat.mine.state == "expired":
        return (
            "Your place at this item ran out and somebody else has it now. Your draft is kept; "
            "a reviewer can give you a place again."
        )
    if seat.purpose == "example":
        return "This item is an example of the guidelines: nobody annotates it."
    who = "Its annotator has" if seat.wanted == 1 else f"Its {seat.wanted} annotators have"
    return f"{who} been found already; take your next item instead."
