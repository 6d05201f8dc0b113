"""The dashboard: how far a dataset is, at which pace, when it should end, and what blocks whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Final

from annotator.domain.progress import Day, Ending, Pace, days, ending, pace
from annotator.domain.records import Dataset, Person
from annotator.domain.rights import may
from annotator.services import assigning, seats
from annotator.services.access import needs
from annotator.services.agreement import LONGEST_SITTING
from annotator.services.workspace import Workspace
from db import browse, datasets, members, people, places, placing, releases, trials
from db import progress as rows
from db.engine import Session
from db.places import Wish

__all__ = ["Block", "Day", "Group", "Progress", "Worker", "of_dataset"]

NEWEST: Final = 5_000
"""How many sittings the time per item is taken from."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One person's part: numbers of annotations and places, and minutes per item (median)."""

    name: str
    submitted: int
    drafts: int
    kept: int
    dealt: int
    skipped: int
    ran_out: int
    today: int
    per_day: float | None
    minutes: float | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Group:
    """A split's or level's items by status."""

    name: str
    items: int
    curated: int
    draft: int
    open: int


@dataclass(frozen=True, slots=True)
class Block:
    """Something that waits: for whom, what, how many, and the page and stage it is done on."""

    who: str
    what: str
    number: int
    page: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How a dataset's work goes.

    ``everybody`` says whether the viewer sees all people or only themselves.
    """

    dataset: Dataset
    items: int
    statuses: dict[str, int]
    verdicts: dict[str, int]
    left: int
    days: tuple[Day, ...]
    pace: Pace | None
    ending: Ending
    minutes: float | None
    workers: tuple[Worker, ...]
    splits: tuple[Group, ...]
    levels: tuple[Group, ...]
    blocks: tuple[Block, ...]
    everybody: bool


@needs("look")
def of_dataset(
    workspace: Workspace, *, actor: Person, dataset_id: int, today: date | None = None
) -> Progress:
    """How a dataset's work goes; raises NotFound.

    Who may not see everybody's figures sees, of people, themselves only.

    Args:
        today: the day up to which is reckoned, in UTC; otherwise the present one.
    """
    now = today or datetime.now(UTC).date()
    everybody = may(actor.role, "see everybody's figures")
    with workspace.database.reading() as session:
        dataset = datasets.get(session, dataset_id=dataset_id)
        counted = browse.totals(session, dataset_id=dataset_id)
        items = sum(counted.statuses.values())
        left = items - sum(counted.verdicts.values())
        known = days(
            rows.submitted_by_day(session, dataset_id=dataset_id),
            rows.settled_by_day(session, dataset_id=dataset_id),
            total=items,
            today=now,
        )
        sittings = rows.sittings(session, dataset_id=dataset_id, limit=NEWEST)
        minutes = minutes_of(sittings)
        return Progress(
            dataset=dataset,
            items=items,
            statuses=counted.statuses,
            verdicts=counted.verdicts,
            left=left,
            days=tuple(known),
            pace=pace(known),
            ending=ending(known, left=left, today=now),
            minutes=median([m for each in minutes.values() for m in each]) if minutes else None,
            workers=tuple(workers(session, dataset, minutes, now, None if everybody else actor)),
            splits=groups(session, dataset_id, "split"),
            levels=groups(session, dataset_id, "level"),
            blocks=tuple(
                blocks(
                    session,
                    dataset,
                    None if everybody else actor,
                    settles=may(actor.role, "settle"),
                )
            ),
            everybody=everybody,
        )


def minutes_of(sittings: list[tuple[int, datetime, datetime]]) -> dict[int, list[float]]:
    """Each person's minutes per item, pauses left out."""
    found: dict[int, list[float]] = {}
    for person_id, taken, submitted in sittings:
        if timedelta(0) <= submitted - taken <= LONGEST_SITTING:
            found.setdefault(person_id, []).append((submitted - taken).total_seconds() / 60)
    return found


def workers(
    session: Session,
    dataset: Dataset,
    minutes: dict[int, list[float]],
    today: date,
    only: Person | None,
) -> list[Worker]:
    """Everybody who has a part in a dataset, or one person."""
    states = placing.standing(session, dataset_id=dataset.id).places
    worked = rows.by_person(session, dataset_id=dataset.id)
    named = members.of_dataset(session, dataset_id=dataset.id)
    concerned = {*worked, *named, *(person for person, _ in states)}
    found = []
    for person in people.everyone(session):
        if person.id not in concerned or (only is not None and person.id != only.id):
            continue
        done = rows.submitted_by_day(session, dataset_id=dataset.id, person_id=person.id)
        own = pace(days(done, {}, total=0, today=today))
        mine = worked.get(person.id, rows.Worked())
        found.append(
            Worker(
                name=person.name,
                submitted=mine.submitted,
                drafts=mine.drafts,
                kept=states.get((person.id, "leased"), 0),
                dealt=states.get((person.id, "dealt"), 0),
                skipped=states.get((person.id, "skipped"), 0),
                ran_out=states.get((person.id, "expired"), 0),
                today=done.get(today, 0),
                per_day=own.submitted if own else None,
                minutes=median(minutes[person.id]) if person.id in minutes else None,
                last=mine.last,
            )
        )
    return found


def groups(session: Session, dataset_id: int, of: str) -> tuple[Group, ...]:
    """Items by split, or by level, and status."""
    found: dict[str, dict[str, int]] = {}
    for name, status, number in rows.by_group(session, dataset_id=dataset_id, of=of):
        found.setdefault(name, {})[status] = number
    return tuple(
        Group(
            name,
            sum(each.values()),
            each.get("curated", 0),
            each.get("draft", 0),
            each.get("open", 0),
        )
        for name, each in found.items()
    )


def blocks(
    session: Session, dataset: Dataset, only: Person | None, *, settles: bool
) -> list[Block]:
    """What waits for whom, what stops most first within reviewers, people and maintainers."""
    found: list[Block] = []
    counted = browse.totals(session, dataset_id=dataset.id)
    merges = len(releases.open_merges(session, dataset_id=dataset.id))
    if settles:
        # Before an item is settled, nobody learns from these whether their peers agree.
        stages = placing.stages(session, dataset_id=dataset.id)
        for stage, verb in (("differing", "differ"), ("agreeing", "agree")):
            what = f"items on which people {verb}, to be settled"
            found.append(Block("reviewers", what, stages[stage], "curate", stage))
    found += [
        Block("reviewers", "items with open flags", counted.flags, "conflicts"),
        Block("reviewers", "items that a newer source changed", merges, "merge"),
        Block("maintainers", "items without an image", counted.without_image, "admin"),
    ]
    found = [block for block in found if block.number]
    found += waiting(session, dataset, only)
    if dataset.plan is not None and dataset.plan.strategy == "by hand":
        free = rows.begun_by_nobody(session, dataset_id=dataset.id)
        if free:
            found.append(Block("reviewers", "items to be assigned by hand", free, "browse"))
    return found


def waiting(session: Session, dataset: Dataset, only: Person | None) -> list[Block]:
    """What waits for each annotator, and why somebody gets nothing more."""
    if dataset.plan is None:
        return []
    found = []
    owed = rows.waited_for(session, dataset_id=dataset.id)
    states = placing.standing(session, dataset_id=dataset.id).places
    concerned = {*owed, *members.of_dataset(session, dataset_id=dataset.id)}
    concerned |= {person for person, _ in states}
    for person in people.everyone(session):
        if person.id not in concerned or (only is not None and person.id != only.id):
            continue
        if owed.get(person.id):
            gone = "" if person.active else ", who was deactivated"
            what = "items that others have submitted, and that they keep or were dealt"
            found.append(Block(f"{person.name}{gone}", what, owed[person.id]))
        why = idle(session, dataset, person) if person.active else ""
        if why:
            found.append(Block(person.name, why, 0))
    return found


def idle(session: Session, dataset: Dataset, person: Person) -> str:
    """Why somebody is given nothing more; empty where something waits for them."""
    assert dataset.plan is not None
    if assigning.waiting_for(session, dataset, person.id) is not None:
        return ""
    found = trials.of(session, dataset_id=dataset.id, person_id=person.id)
    if seats.is_barred(dataset.plan, found):
        return f"gets nothing: the qualification is {found.said(dataset.plan.pass_mark)}"
    own = members.of_dataset(session, dataset_id=dataset.id).get(person.id)
    quota = own if own is not None else dataset.plan.quota
    taken = places.taken_by(session, Wish(dataset_id=dataset.id, person_id=person.id))
    if quota is not None and taken >= quota:
        return f"gets nothing more: the quota of {quota} is used up"
    return "gets nothing more: all items are handed in, or others have them"
