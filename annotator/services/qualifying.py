"""The qualification set: each answer is compared at once, and the expected one is shown."""

from __future__ import annotations

from dataclasses import dataclass

from annotator.domain.assignment import Plan
from annotator.domain.changes import describe, difference, sentences
from annotator.domain.consensus import Opinion
from annotator.domain.items import ItemContent, flatten
from annotator.domain.merging import united_names
from annotator.domain.qualification import Trials, share_of
from annotator.domain.records import Annotation, Dataset, Item, Person
from annotator.errors import Refused
from annotator.services.access import needs
from annotator.services.workspace import Workspace
from db import datasets, events, members, opinions, people, trials
from db.engine import Session

__all__ = ["Candidate", "Lesson", "Trials", "everyone", "let_in"]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What somebody is shown of a qualification item once they have answered it.

    Attributes:
        share: how far their first answer was the expected one, 0 to 1.
        verdict: the expected verdict.
        changes: what the expected answer changes in the item, in words; empty for nothing.
        apart: what would make their answer the expected one, in words; empty where it is.
        why: in the words of who set it.
        standing: where they stand in the qualification, as a sentence.
    """

    share: float
    verdict: str
    changes: str
    apart: str
    why: str
    standing: str


def note_answer(
    session: Session, *, actor: Person, dataset: Dataset, item: Item, given: Annotation
) -> None:
    """Keep how far an answer to a qualification item was the expected one, the first time."""
    known = members.gold(session, item_id=item.id)
    if known is None or known.purpose != "qualifying":
        return
    expected = Opinion(0, "", known.verdict, known.content)
    answer = Opinion(actor.id, actor.name, given.verdict or "", given.content)
    share = share_of(item.content, expected, answer)
    if trials.note(session, item_id=item.id, person_id=actor.id, share=share):
        events.append(
            session,
            person_id=actor.id,
            kind="trial.answered",
            patch={"share": (None, round(share, 4))},
            dataset_id=dataset.id,
            item_id=item.id,
            private_to=actor.id,
        )


def score_given(session: Session, item: Item, verdict: str, content: ItemContent) -> list[int]:
    """Score what was submitted of an item before it became a qualification item; says whose."""
    expected = Opinion(0, "", verdict, content)
    scored = []
    for given in opinions.submitted(session, item_ids=[item.id]).get(item.id, []):
        share = share_of(item.content, expected, given.opinion)
        if trials.note(session, item_id=item.id, person_id=given.opinion.person_id, share=share):
            scored.append(given.opinion.person_id)
    return scored


def lesson_of(
    session: Session, *, actor: Person, dataset: Dataset, item: Item, mine: Annotation | None
) -> Lesson | None:
    """What the actor learns from a qualification item; None before they have answered it."""
    share = trials.share(session, item_id=item.id, person_id=actor.id)
    known = members.gold(session, item_id=item.id) if share is not None else None
    if share is None or known is None or known.purpose != "qualifying" or mine is None:
        return None
    found = trials.of(session, dataset_id=dataset.id, person_id=actor.id)
    return Lesson(
        share=share,
        verdict=known.verdict,
        changes=told(item.content, known.content),
        apart=told(mine.content, known.content),
        why=known.note,
        standing=found.said((dataset.plan or Plan()).pass_mark),
    )


def told(before: ItemContent, after: ItemContent) -> str:
    """How two contents differ, in words."""
    patch = difference(flatten(before), flatten(after))
    return sentences(describe(patch, united_names(before, after)))


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody and where they stand in a dataset's qualification."""

    person: Person
    trials: Trials
    passed: bool
    said: str

    @property
    def waived(self) -> bool:
        """Whether a reviewer let them in."""
        return self.trials.waived


@needs("assign")
def everyone(workspace: Workspace, *, actor: Person, dataset_id: int) -> list[Candidate]:
    """Where each active annotator stands; nobody where there is no qualification set."""
    with workspace.database.reading() as session:
        dataset = datasets.get(session, dataset_id=dataset_id)
        mark = (dataset.plan or Plan()).pass_mark
        items, known = trials.of_dataset(session, dataset_id=dataset_id)
        named = members.of_dataset(session, dataset_id=dataset_id)
        active = [
            person
            for person in people.everyone(session)
            if person.active and (not named or person.id in named)
        ]
    if not items:
        return []
    found = [(person, known.get(person.id, Trials(items, 0, 0.0))) for person in active]
    return [
        Candidate(person, trial, trial.passed(mark), trial.said(mark)) for person, trial in found
    ]


@needs("assign")
def let_in(workspace: Workspace, *, actor: Person, dataset_id: int, person_id: int) -> None:
    """Let somebody annotate a dataset without having passed; raises NotFound."""
    with workspace.database.writing() as session:
        datasets.get(session, dataset_id=dataset_id)
        who = people.get(session, person_id=person_id)
        if trials.waive(session, dataset_id=dataset_id, person_id=person_id, by=actor.id):
            log_waiver(session, actor, dataset_id, (None, who.name))


@needs("assign")
def withdraw(workspace: Workspace, *, actor: Person, dataset_id: int, person_id: int) -> None:
    """Ask the qualification of somebody after all; raises Refused where nobody let them in."""
    with workspace.database.writing() as session:
        who = people.get(session, person_id=person_id)
        if not trials.withdraw(session, dataset_id=dataset_id, person_id=person_id):
            raise Refused(f"Nobody let {who.name} in.")
        given = events.of_kinds(session, dataset_id=dataset_id, kinds=["trial.waived"])
        undoes = next(
            (e.id for e in reversed(given) if e.patch["person"] == (None, who.name)), None
        )
        log_waiver(session, actor, dataset_id, (who.name, None), undoes)


def log_waiver(
    session: Session,
    actor: Person,
    dataset_id: int,
    change: tuple[str | None, str | None],
    undoes: int | None = None,
) -> None:
    """Log that somebody was let in, or that this was taken back."""
    events.append(
        session,
        person_id=actor.id,
        kind="trial.waived",
        patch={"person": change},
        dataset_id=dataset_id,
        undoes=undoes,
    )
