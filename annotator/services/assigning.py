"""Give items to annotators: a dataset's plan, its queue, gold items, assigning by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from statistics import mean
from typing import Final

from annotator.domain import assignment
from annotator.domain.assignment import DEALT, EVERYBODY, Candidate, Plan, check_plan
from annotator.domain.changes import difference
from annotator.domain.consensus import disagreement
from annotator.domain.counting import counted
from annotator.domain.items import check_text
from annotator.domain.records import Dataset, Person
from annotator.domain.rights import may
from annotator.errors import InvalidValue, Refused
from annotator.services import seats
from annotator.services.access import needs
from annotator.services.workspace import Workspace
from db import datasets, events, items, members, opinions, people, places, placing, trials
from db.engine import Session
from db.members import Gold
from db.places import Seat, Wish
from db.placing import Standing

__all__ = ["Gold", "Queue", "Seat", "assign", "overview", "set_plan", "skip", "take_next"]

KNOWN_PLACES: Final = {"gold": EVERYBODY, "qualifying": EVERYBODY, "example": 0}
"""How many annotators get an item with a known answer, by what it is for."""


def overlaps(plan: Plan) -> dict[str, int]:
    """How many annotators get an item under a plan, by its purpose."""
    return {"usual": plan.overlap, "calibration": plan.calibration_overlap, **KNOWN_PLACES}


# The plan


@needs("plan")
def set_plan(
    workspace: Workspace,
    *,
    actor: Person,
    dataset_id: int,
    version: int,
    plan: Plan | None,
    annotators: Mapping[int, int | None] | None = None,
) -> Dataset:
    """Say how a dataset's items are assigned, and lay its queue out.

    What people have begun or handed in stays theirs; what was only dealt is dealt anew.

    Args:
        version: the dataset's version that was shown.
        plan: None for no queue: everybody takes what waits, and one annotator is enough.
        annotators: who annotates it, with a quota of their own or None; no one named is everybody
            who comes, so that a plan that deals beforehand has to name them. None leaves that as
            it is.

    Raises:
        InvalidValue: a plan that makes no sense.
        NotFound: an annotator that does not exist.
        StaleSave: somebody changed the dataset since it was shown.
    """
    wanted = check_plan(plan) if plan else None
    with workspace.database.writing() as session:
        before = datasets.get(session, dataset_id=dataset_id)
        old = members.of_dataset(session, dataset_id=dataset_id)
        new = old if annotators is None else dict(annotators)
        for person_id, quota in new.items():
            people.get(session, person_id=person_id)
            if quota is not None:
                assignment.bounded("quota", quota, 1, 10_000_000)
        if wanted and wanted.strategy in DEALT and not new:
            raise InvalidValue(
                "annotators", "name them: nobody else would do what is dealt to them"
            )
        after = datasets.save_plan(session, dataset_id=dataset_id, version=version, plan=wanted)
        members.replace(session, dataset_id=dataset_id, members=new)
        patch = difference(flat(before.plan, old), flat(after.plan, new))
        events.append(
            session, person_id=actor.id, kind="dataset.plan", patch=patch, dataset_id=dataset_id
        )
        lay_out(session, after)
        return after


def flat(plan: Plan | None, annotators: Mapping[int, int | None]) -> dict[str, object]:
    """A plan and its people as flat values, for the log."""
    values = plan.as_dict() if plan else {"strategy": None}
    return values | {"annotators": {str(k): v for k, v in annotators.items()}}


def lay_out(session: Session, dataset: Dataset) -> None:
    """Lay a dataset's queue out by its plan, and deal what is dealt beforehand."""
    plan = dataset.plan
    if plan is None:
        placing.close(session, dataset_id=dataset.id)
        return
    known = candidates(session, dataset)
    known_answers = members.golds(session, dataset_id=dataset.id)
    calibration = assignment.calibration_sample(
        plan, (one for one in known if one.item_id not in known_answers)
    )
    by_id = {one.item_id: one for one in known}
    ordered = assignment.order(plan, known)
    purposes = {
        item_id: "calibration" if item_id in calibration else "usual" for item_id in ordered
    } | {item_id: one.purpose for item_id, one in known_answers.items() if item_id in by_id}
    wanted = {item_id: overlaps(plan)[purpose] for item_id, purpose in purposes.items()}
    placing.undeal(session, dataset_id=dataset.id)
    placing.lay_out(
        session,
        dataset_id=dataset.id,
        rows=[(item_id, purposes[item_id], wanted[item_id]) for item_id in ordered],
    )
    given = opinions.of_dataset(session, dataset_id=dataset.id)
    for item in items.get_many(session, item_ids=list(given)):
        seats.tally(session, item)
    if plan.strategy in DEALT:
        usual = [by_id[item_id] for item_id in ordered if item_id not in known_answers]
        deal_out(session, dataset, plan, usual, wanted)


def deal_out(
    session: Session,
    dataset: Dataset,
    plan: Plan,
    ordered: Sequence[Candidate],
    wanted: Mapping[int, int],
) -> None:
    """Deal the free places of a plan that deals beforehand."""
    pairs = assignment.deal(
        plan,
        annotators_of(session, dataset),
        wanted,
        ordered,
        placing.held(session, dataset_id=dataset.id),
    )
    placing.deal(session, dataset_id=dataset.id, pairs=pairs)


def annotators_of(session: Session, dataset: Dataset) -> list[int]:
    """Who annotates a dataset: those named, or everybody who is active."""
    named = members.of_dataset(session, dataset_id=dataset.id)
    active = [person.id for person in people.everyone(session) if person.active]
    return [person_id for person_id in active if not named or person_id in named]


def candidates(session: Session, dataset: Dataset) -> list[Candidate]:
    """The dataset's items, with how much people differ on them where the plan asks for it."""
    found = opinions.candidates(session, dataset_id=dataset.id)
    if dataset.plan is None or dataset.plan.strategy != "weakest":
        return found
    given = opinions.of_dataset(session, dataset_id=dataset.id)
    several = [item_id for item_id, each in given.items() if len(each) > 1]
    bases = {item.id: item.content for item in items.get_many(session, item_ids=several)}
    weak = {
        item_id: disagreement(bases[item_id], [one.opinion for one in given[item_id]])
        for item_id in bases
    }
    by_level: dict[str | None, list[float]] = {}
    for one in found:
        if one.item_id in weak:
            by_level.setdefault(one.level, []).append(weak[one.item_id])
    usual = {level: mean(values) for level, values in by_level.items()}
    return [
        replace(one, weakness=weak.get(one.item_id, usual.get(one.level, 0.0))) for one in found
    ]


@needs("plan")
def reorder(workspace: Workspace, *, actor: Person, dataset_id: int) -> None:
    """Order a queue anew by what is known now: findings, and where people differ."""
    with workspace.database.writing() as session:
        dataset = datasets.get(session, dataset_id=dataset_id)
        if dataset.plan is None:
            raise Refused(f"{dataset.name} has no queue; give it a plan first.")
        lay_out(session, dataset)
        events.append(
            session, person_id=actor.id, kind="queue.reordered", patch={}, dataset_id=dataset_id
        )


def enrol(session: Session, dataset_id: int) -> None:
    """Bring items that an import brought into their dataset's queue, if it has one."""
    dataset = datasets.get(session, dataset_id=dataset_id)
    if dataset.plan is not None:
        lay_out(session, dataset)


# The next item


@needs("annotate")
def take_next(
    workspace: Workspace, *, actor: Person, dataset_id: int, after: int = 0
) -> int | None:
    """A person's next item of a planned dataset, leased to them; None where nothing waits.

    Args:
        after: the item they come from, which is not offered again now.

    Raises:
        Refused: the dataset has no plan, or they are none of its annotators.
    """
    now = datetime.now(UTC)

    def taken(session: Session, take: Callable[..., int | None]) -> int | None:
        dataset = datasets.get(session, dataset_id=dataset_id)
        wish = wish_for(session, dataset, actor.id, after)
        assert dataset.plan is not None
        return take(session, wish, now=now, lease=seats.lease_of(dataset.plan))

    with workspace.database.claiming() as session:
        if not places.any_overdue(session, dataset_id=dataset_id, now=now):
            places.wait_turn(session, person_id=actor.id)
            found = taken(session, places.give)
            if found is not None:
                return found
    with workspace.database.writing() as session:
        return taken(session, places.take)


@needs("annotate")
def why_nothing(workspace: Workspace, *, actor: Person, dataset_id: int) -> str:
    """Why take_next has nothing for a person of a planned dataset, as a sentence."""
    with workspace.database.reading() as session:
        dataset = datasets.get(session, dataset_id=dataset_id)
        try:
            wish = wish_for(session, dataset, actor.id, 0)
        except Refused as fault:
            return str(fault)
        assert dataset.plan is not None
        if wish.barred and not wish.qualifying:
            said = trials.of(session, dataset_id=dataset_id, person_id=actor.id)
            stands = said.said(dataset.plan.pass_mark)
            return f"Qualification {stands}. A reviewer can let you in on Admin, Queue."
        if wish.quota is not None and places.taken_by(session, wish) >= wish.quota:
            return f"You have had your {counted(wish.quota, 'item')} of {dataset.name}. Thank you."
    if not wish.pool:
        return "Items of this dataset are assigned by hand, and none waits for you."
    return "Nothing waits for you here: your items are handed in, or others have them."


def waiting_for(
    session: Session, dataset: Dataset, person_id: int, *, after: int = 0
) -> int | None:
    """The item that a person would be given now; it may be another's by then."""
    try:
        wish = wish_for(session, dataset, person_id, after)
    except Refused:
        return None
    found = places.choose(session, wish)
    return found.item_id if found else None


def wish_for(session: Session, dataset: Dataset, person_id: int, after: int) -> Wish:
    """What a person may have next, and whether it is a gold item's turn."""
    if dataset.plan is None:
        raise Refused(f"{dataset.name} has no queue.")
    wish = seats.wish_of(session, dataset, person_id, after=after)
    if not dataset.plan.gold_every:
        return wish
    taken = places.taken_by(session, wish)
    return replace(wish, gold_first=assignment.is_gold_turn(dataset.plan, person_id, taken))


@needs("annotate")
def skip(workspace: Workspace, *, actor: Person, item_id: int, reason: str) -> None:
    """Give one's place at an item back, and be offered it no more.

    Raises:
        InvalidValue: no reason is given.
        Refused: they have no place there, or the item is part of their qualification.
    """
    if not reason.strip():
        raise InvalidValue("reason", "say why you skip this item")
    check_text("reason", reason)
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        seat = places.seat(session, item_id=item_id, person_id=actor.id)
        if seat is not None and seat.purpose == "qualifying" and item.verdict is None:
            raise Refused("A qualification item cannot be skipped: every one needs your answer.")
        if not places.skip(session, item_id=item_id, person_id=actor.id, reason=reason.strip()):
            raise Refused("You have no unfinished place at this item to give back.")
        events.append(
            session,
            person_id=actor.id,
            kind="item.skipped",
            patch={},
            dataset_id=item.dataset_id,
            item_id=item_id,
            reason=reason.strip(),
            private_to=actor.id,
        )


# By hand


@needs("assign")
def assign(
    workspace: Workspace,
    *,
    actor: Person,
    dataset_id: int,
    item_ids: Sequence[int],
    person_ids: Sequence[int],
    widen: bool = False,
) -> dict[str, int]:
    """Assign items to people by hand.

    Args:
        widen: give an item more places where its own are taken; otherwise it is left alone.

    Returns:
        Numbers of places ``given`` and ``left``: taken already, or with no place free.

    Raises:
        Refused: the dataset has no plan.
    """
    with workspace.database.writing() as session:
        dataset = datasets.get(session, dataset_id=dataset_id)
        if dataset.plan is None:
            raise Refused(f"{dataset.name} has no queue; give it a plan first.")
        for person_id in person_ids:
            if not people.get(session, person_id=person_id).active:
                raise Refused("Somebody who was deactivated cannot be given items.")
        pairs = [(item_id, person_id) for item_id in item_ids for person_id in person_ids]
        if widen:
            make_room(session, pairs)
        given = placing.deal(session, dataset_id=dataset_id, pairs=pairs, by_hand=True)
        names = {p.id: p.name for p in people.everyone(session)}
        who = ", ".join(names[person_id] for person_id in person_ids)
        events.append(
            session,
            person_id=actor.id,
            kind="queue.assigned",
            patch={"places": (None, given), "people": (None, who)},
            dataset_id=dataset_id,
        )
        return {"given": given, "left": len(set(pairs)) - given}


def make_room(session: Session, pairs: Sequence[tuple[int, int]]) -> None:
    """Give items as many places as these people need."""
    by_item: dict[int, set[int]] = {}
    for item_id, person_id in pairs:
        by_item.setdefault(item_id, set()).add(person_id)
    known = placing.of_items(session, item_ids=list(by_item))
    for item_id, wanted_by in by_item.items():
        owners = {p.person_id for p in known.get(item_id, ()) if p.held}
        if wanted_by - owners:
            placing.widen(session, item_id=item_id, wanted=len(owners | wanted_by))


# How far it is


@dataclass(frozen=True, slots=True)
class Queue:
    """A dataset's queue for people: its plan, its annotators, and how far each is."""

    dataset: Dataset
    standing: Standing
    annotators: dict[int, int | None]
    names: dict[int, str]

    def of(self, person_id: int, state: str) -> int:
        """How many places of a state a person has."""
        return self.standing.places.get((person_id, state), 0)


@needs("look")
def overview(workspace: Workspace, *, actor: Person, dataset_id: int) -> Queue:
    """How far a dataset's queue is; of people, only the actor where they may not see everybody."""
    everybody = may(actor.role, "see everybody's figures")
    with workspace.database.reading() as session:
        found = placing.standing(session, dataset_id=dataset_id)
        shown = {key: n for key, n in found.places.items() if everybody or key[0] == actor.id}
        return Queue(
            dataset=datasets.get(session, dataset_id=dataset_id),
            standing=replace(found, places=shown),
            annotators=members.of_dataset(session, dataset_id=dataset_id),
            names={person.id: person.name for person in people.everyone(session)},
        )
