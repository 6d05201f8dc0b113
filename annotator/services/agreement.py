"""Agreement of a dataset's annotators, the items where they differ, and each one's own figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median
from typing import Final

from annotator.domain.changes import apply, invert
from annotator.domain.consensus import Opinion, align, says_the_same
from annotator.domain.items import COMPONENT_FIELDS, ItemContent, flatten, same, unflatten
from annotator.domain.people_agreement import (
    MEASURES,
    Rating,
    Report,
    reliability,
    report,
    verdict_number,
)
from annotator.domain.records import Dataset, Event, Item, Person
from annotator.domain.rights import may
from annotator.services.access import needs
from annotator.services.workspace import Workspace
from db import datasets, events, flags, items, members, opinions, people, placing, scored
from db.engine import Session
from db.members import Gold
from db.opinions import Given

__all__ = ["MEASURES", "Agreement", "Annotator", "Differing", "Report", "measure"]

CONTENT: Final = ("instruction", "level", "answers", "order")
LONGEST_SITTING: Final = timedelta(hours=1)
"""A longer time between taking and submitting is a pause, not work."""


@dataclass(frozen=True, slots=True)
class Differing:
    """An item on which people differ: by how much (0 to 1), and each one's verdict."""

    item_id: int
    source_id: str
    apart: float
    verdicts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Annotator:
    """One annotator's figures; None where there is nothing to measure.

    Attributes:
        minutes: the median time from taking an item to submitting it, pauses left out.
        consensus: the share of their settled items whose verdict is theirs.
        whole: … and where nothing else was settled differently either.
        gold: the share of gold items whose verdict they gave, of ``golds``.
        reliability: how often they say what is the case, by Dawid and Skene.
    """

    person_id: int
    name: str
    submitted: int
    minutes: float | None
    settled: int
    consensus: float | None
    whole: float | None
    golds: int
    gold: float | None
    reliability: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a dataset's annotators agree."""

    dataset: Dataset
    report: Report
    differing: tuple[Differing, ...]
    annotators: tuple[Annotator, ...]
    names: Mapping[int, str]


@needs("look")
def measure(workspace: Workspace, *, actor: Person, dataset_id: int, of: str) -> Agreement:
    """Compare a dataset's annotators on one of MEASURES.

    Who may not see everybody's figures sees their own line, and neither pairs nor items.
    """
    with workspace.database.reading() as session:
        dataset = datasets.get(session, dataset_id=dataset_id)
        given = opinions.of_dataset(session, dataset_id=dataset_id)
        known_answers = members.golds(session, dataset_id=dataset_id)
        for item_id, one in known_answers.items():
            # People were shown the answer, and may have taken it over.
            if one.purpose == "qualifying":
                given.pop(item_id, None)
        golds = {i: one for i, one in known_answers.items() if one.purpose == "gold"}
        several = {item_id: each for item_id, each in given.items() if len(each) > 1}
        known = {one.id: one for one in items.get_many(session, item_ids=list(given))}
        bases = bases_of(session, dataset_id, several, known)
        flagged = flags.raised(session, dataset_id=dataset_id)
        names = {person.id: person.name for person in people.everyone(session)}
        differing = differing_items(session, dataset_id, given, names)
        scores = scored.by_people(session, dataset_id=dataset_id) if of == "score" else []
    ratings = list(ratings_of(several, bases, flagged))
    quality = reliability(ratings)
    if of == "score":
        ratings = [Rating("score", *one) for one in scores]
    everybody = {one.opinion.person_id for each in given.values() for one in each}
    if not may(actor.role, "see everybody's figures"):
        everybody &= {actor.id}
    lines = [
        annotator(person_id, names[person_id], given, known, golds, quality)
        for person_id in sorted(everybody)
    ]
    compared = report(of, ratings)
    if not may(actor.role, "see everybody's figures"):
        compared, differing = replace(compared, pairs={}, confusions=()), ()
    return Agreement(
        dataset=dataset,
        report=compared,
        differing=differing,
        annotators=tuple(lines),
        names=names,
    )


def bases_of(
    session: Session,
    dataset_id: int,
    given: Mapping[int, Sequence[Given]],
    known: Mapping[int, Item],
) -> dict[int, ItemContent]:
    """Items as their annotators found them: what was settled since is taken back."""
    log: dict[int, list[Event]] = {}
    for event in events.curation_events(session, dataset_id=dataset_id):
        if event.item_id is not None and event.item_id in given:
            log.setdefault(event.item_id, []).append(event)
    found = {}
    for item_id, each in given.items():
        began = min(one.base_revision for one in each)
        state = dict(flatten(known[item_id].content))
        for event in reversed(log.get(item_id, [])):
            revision = event.patch.get("revision", (0, 0))[1]
            if revision > began:
                back = {p: v for p, v in event.patch.items() if p in CONTENT or p[:2] == "c/"}
                state = apply(state, invert(back))
        found[item_id] = unflatten(state)
    return found


def ratings_of(
    given: Mapping[int, Sequence[Given]],
    bases: Mapping[int, ItemContent],
    flagged: set[tuple[int, int]],
) -> Iterator[Rating]:
    """What each person said, one value at a time.

    Args:
        bases: each item as its annotators found it.
    """
    for item_id, each in given.items():
        base = bases[item_id]
        at = {one.opinion.person_id: one.submitted_at for one in each}
        level = base.level or "no level"
        for opinion in align(base, [one.opinion for one in each]):
            person, when = opinion.person_id, at[opinion.person_id]
            number = verdict_number(opinion.verdict)
            yield Rating("verdict", item_id, "", person, number, level, when)
            raised = float((item_id, person) in flagged)
            yield Rating("flag", item_id, "", person, raised, level, when)
            for key, kind, edited, weight in component_values(base, opinion):
                yield Rating("edit", item_id, key, person, edited, kind, when)
                if weight is not None:
                    yield Rating("weight", item_id, key, person, weight, kind, when)


def component_values(
    base: ItemContent, opinion: Opinion
) -> Iterator[tuple[str, str, float, float | None]]:
    """For each component that stood before: key, type, whether it was edited, and its weight.

    A component that was taken out is edited, and has no weight.
    """
    before, after = flatten(base), flatten(opinion.content)
    for component in base.components:
        paths = [f"c/{component.key}/{name}" for name in COMPONENT_FIELDS]
        edited = any(not same(before[path], after.get(path)) for path in paths)
        weight = after.get(f"c/{component.key}/weight")
        yield component.key, component.type, float(edited), weight


def differing_items(
    session: Session,
    dataset_id: int,
    given: Mapping[int, Sequence[Given]],
    names: Mapping[int, str],
) -> tuple[Differing, ...]:
    """The items where people differ, most first."""
    found = placing.apart(session, dataset_id=dataset_id)
    return tuple(
        Differing(
            item_id,
            source_id,
            apart,
            tuple(
                (names[one.opinion.person_id], one.opinion.verdict)
                for one in given.get(item_id, ())
            ),
        )
        for item_id, source_id, apart in found
    )


def annotator(
    person_id: int,
    name: str,
    given: Mapping[int, Sequence[Given]],
    known: Mapping[int, Item],
    golds: Mapping[int, Gold],
    quality: Mapping[int, float],
) -> Annotator:
    """One annotator's figures."""
    mine = {
        item_id: one
        for item_id, each in given.items()
        for one in each
        if one.opinion.person_id == person_id
    }
    times = [
        one.submitted_at - one.taken_at
        for one in mine.values()
        if one.taken_at and one.submitted_at - one.taken_at <= LONGEST_SITTING
    ]
    settled = Counter[str]()
    for item_id, one in mine.items():
        item = known[item_id]
        if item.verdict is None or len(given[item_id]) < 2:
            continue
        agreed = Opinion(0, "", item.verdict, item.content)
        settled["all"] += 1
        settled["verdict"] += one.opinion.verdict == item.verdict
        settled["whole"] += says_the_same(item.content, agreed, one.opinion)
    tested = [one.opinion.verdict == golds[i].verdict for i, one in mine.items() if i in golds]
    return Annotator(
        person_id=person_id,
        name=name,
        submitted=len(mine),
        minutes=median(t.total_seconds() for t in times) / 60 if times else None,
        settled=settled["all"],
        consensus=share(settled["verdict"], settled["all"]),
        whole=share(settled["whole"], settled["all"]),
        golds=len(tested),
        gold=share(sum(tested), len(tested)),
        reliability=quality.get(person_id),
    )


def share(part: int, whole: int) -> float | None:
    """A share, None of nothing."""
    return part / whole if whole else None
