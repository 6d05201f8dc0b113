"""Final scores: the decisions that stand, each with its answer and everything that led to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from annotator.domain.items import JSON
from annotator.domain.judging import Adjudication, Case, Response
from annotator.domain.records import Event
from annotator.services.adjudicating import DECIDED, case_of
from db import adjudications, cases, events, items, people, raters, responses
from db.engine import Session

Step = Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class FinalScore:
    """One decision.

    Args:
        item: the item's id in its source.
        position: the item's place there.
        by: who decided.
        rater: whose score was accepted, where it was a judge's or a rule's.
        history: every decision of the case, those taken back too, oldest first.
    """

    item: str
    position: int
    case: Case
    response: Response
    decision: Adjudication
    by: str
    rater: str | None
    history: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        """As it is written into a release."""
        one = self.decision
        return {
            "item": self.item,
            "component": self.case.component_key,
            "model": self.response.model,
            "variant": self.response.variant,
            "outcome": one.outcome,
            "awarded": one.awarded,
            "possible": one.possible,
            "whose": one.accepted,
            "rater": self.rater,
            "by": self.by,
            "at": one.at.replace(microsecond=0).isoformat(),
            "reason": one.reason,
            "history": list(self.history),
        }


def final_scores(
    session: Session, *, dataset_id: int, item_ids: Collection[int] | None = None
) -> list[FinalScore]:
    """The decisions of a dataset that stand, by item, component and model.

    Args:
        item_ids: only of these items.
    """
    decisions = adjudications.of_dataset(session, dataset_id=dataset_id)
    known = {
        case.id: case
        for case in cases.get_many(session, case_ids=[one.case_id for one in decisions])
        if item_ids is None or case.item_id in item_ids
    }
    decisions = [one for one in decisions if one.case_id in known]
    about = items.get_many(session, item_ids=sorted({case.item_id for case in known.values()}))
    named = {item.id: item for item in about}
    numbers = sorted({case.response_id for case in known.values()})
    answers = {one.id: one for one in responses.get_many(session, response_ids=numbers)}
    rated = sorted({one.rater_id for one in decisions if one.rater_id is not None})
    labels = {key: rater.label for key, rater in raters.get_many(session, rater_ids=rated).items()}
    names = people.names(session)
    history = histories(session, dataset_id)
    found = [
        FinalScore(
            item=named[known[one.case_id].item_id].source_id,
            position=named[known[one.case_id].item_id].position,
            case=known[one.case_id],
            response=answers[known[one.case_id].response_id],
            decision=one,
            by=names[one.person_id],
            rater=None if one.rater_id is None else labels.get(one.rater_id),
            history=tuple(history[one.case_id]),
        )
        for one in decisions
    ]
    return sorted(found, key=place)


def place(one: FinalScore) -> tuple[int, str, str, int]:
    """Where a final score stands among the others."""
    return one.position, one.case.component_key, one.response.model, one.case.id


def histories(session: Session, dataset_id: int) -> Mapping[int, list[Step]]:
    """What was decided of each case, step by step."""
    found: dict[int, list[Step]] = defaultdict(list)
    for event in events.of_kinds(session, dataset_id=dataset_id, kinds=(DECIDED,)):
        found[case_of(event)].append(step(event))
    return found


def step(event: Event) -> Step:
    """One decision, or the taking back of one."""
    after = {path.rpartition("/")[2]: new for path, (_, new) in event.patch.items()}
    return {
        "at": event.at.replace(microsecond=0).isoformat(),
        "by": event.person,
        "undoes": event.undoes is not None,
        "outcome": after["outcome"],
        "awarded": after["awarded"],
        "accepted": after["accepted"],
        "reason": event.reason,
    }
