"""The audit sample scored blind: a drawn case, the response, one's own score, and nothing else.

What judges, verifier and peers say is never handed out here. Only these labels correct means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from annotator.domain.items import Component
from annotator.domain.judging import AuditSample, Response
from annotator.domain.records import Dataset, Item, Person
from annotator.errors import NotFound, Refused
from annotator.services.access import needs
from annotator.services.deciding import check_awarded, log, rater_of, shown_before, worth
from annotator.services.saving import check_handle, saved_before
from annotator.services.scoring import weight_of
from annotator.services.workspace import Workspace
from db import (
    adjudications,
    audits,
    cases,
    datasets,
    disagreements,
    events,
    items,
    responses,
    scores,
)
from db.engine import Session

LABELLED: Final = "audit.labelled"
CANNOT_TELL: Final = "cannot tell"
"""The reason of a label without a score."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn case as it is scored blind; ``done`` of ``drawn`` have all their labels."""

    sample: AuditSample
    case_id: int
    dataset: Dataset
    item: Item
    response: Response
    component: Component | None
    number: int | None
    possible: float
    done: int
    drawn: int
    after: int | None
    next_image: str | None


@needs("annotate")
def look(workspace: Workspace, *, actor: Person, sample_id: int, skip: int = -1) -> Drawn | None:
    """The next drawn case that this person may score blind, leased to them.

    Args:
        skip: the position of a draw to go past.

    Returns:
        None where nothing is left for this person.
    """
    with workspace.database.reading() as session:
        opened = next_draw(session, actor, sample_id, skip)
    if opened is None:
        return None
    with workspace.database.writing() as session:
        adjudications.lease(
            session,
            case_id=opened.case_id,
            person_id=actor.id,
            purpose="audit",
            others=opened.sample.raters - 1,
        )
    return opened


def next_draw(session: Session, actor: Person, sample_id: int, skip: int) -> Drawn | None:
    """What look shows."""
    sample = audits.get(session, sample_id=sample_id)
    while True:
        found = disagreements.next_draws(
            session,
            sample_id=sample_id,
            raters=sample.raters,
            person_id=actor.id,
            after=skip,
            limit=2,
        )
        if not found:
            return None
        case = cases.get(session, case_id=found[0][1])
        if not shown_before(session, actor, case):
            break
        skip = found[0][0]
    item = items.get(session, item_id=case.item_id)
    component = next((c for c in item.content.components if c.key == case.component_key), None)
    done, drawn = disagreements.labelled(session, sample_id=sample_id, raters=sample.raters)
    return Drawn(
        sample=sample,
        case_id=case.id,
        dataset=datasets.get(session, dataset_id=sample.dataset_id),
        item=item,
        response=replace(responses.get(session, response_id=case.response_id), standing=None),
        component=component,
        number=item.content.number(component.key) if component else None,
        possible=float(weight_of(component)) if component else 1.0,
        done=done,
        drawn=drawn,
        after=found[0][0],
        next_image=cases.image_hash(session, case_id=found[1][1]) if len(found) > 1 else None,
    )


def progress(workspace: Workspace, *, sample: AuditSample) -> tuple[int, int]:
    """How many draws of a sample have all their labels, and how many there are."""
    with workspace.database.reading() as session:
        return disagreements.labelled(session, sample_id=sample.id, raters=sample.raters)


@needs("annotate")
def label(
    workspace: Workspace,
    *,
    actor: Person,
    sample_id: int,
    case_id: int,
    awarded: float | None,
    save_id: str | None = None,
) -> None:
    """Score a drawn case blind; None where one cannot tell.

    Raises:
        InvalidValue: outside the component's worth.
        NotFound: the sample did not draw the case.
        Refused: one has scored it already, or has seen what judges said of it.
    """
    check_handle("save_id", save_id or "")
    with workspace.database.writing() as session:
        case = cases.get(session, case_id=case_id)
        if saved_before(session, actor, case.item_id, save_id):
            return
        if not audits.draws_case(session, sample_id=sample_id, case_id=case_id):
            raise NotFound("draw", case_id)
        item, possible = worth(session, case)
        if awarded is not None:
            check_awarded(awarded, possible)
        rater = rater_of(session, actor)
        if scores.of_rater(session, case_ids=[case_id], rater_id=rater.id):
            raise Refused("You have scored this already; a blind label can be given only once.")
        if shown_before(session, actor, case):
            raise Refused("You have seen what others said of this, so your label is not blind.")
        scores.insert_many(
            session,
            rows=[
                {
                    "dataset_id": case.dataset_id,
                    "case_id": case_id,
                    "rater_id": rater.id,
                    "purpose": "audit",
                    "awarded": awarded,
                    "possible": possible,
                    "reason": CANNOT_TELL if awarded is None else None,
                    "at": datetime.now(UTC),
                }
            ],
        )
        audits.recount(session, case_id=case_id)
        cases.refresh(session, case_ids=[case_id])
        adjudications.give_back(session, person_id=actor.id, case_id=case_id)
        said = CANNOT_TELL if awarded is None else awarded
        log(session, actor, item, case, LABELLED, {"label": (None, said)}, save_id=save_id)


@needs("annotate")
def take_back(workspace: Workspace, *, actor: Person, dataset_id: int) -> int | None:
    """Take one's newest blind label back, as a new event; the case can be scored again.

    Returns:
        The case, None where there is no label of this person to take back.
    """
    with workspace.database.writing() as session:
        mine = events.standing_of(
            session, dataset_id=dataset_id, person_id=actor.id, kinds=(LABELLED,), limit=1
        )
        if not mine:
            return None
        path, (_, said) = next(iter(mine[0].patch.items()))
        case = cases.get(session, case_id=int(path.split("/")[1]))
        item = items.get(session, item_id=case.item_id)
        rater = rater_of(session, actor)
        scores.forget(session, case_ids=[case.id], rater_id=rater.id, purpose="audit")
        audits.recount(session, case_id=case.id)
        cases.refresh(session, case_ids=[case.id])
        log(session, actor, item, case, LABELLED, {"label": (said, None)}, undoes=mine[0].id)
        return case.id
