"""The verifier's scores: what a rule can decide about a response, decided by code.

A component passes where all its constraints pass, fails where one fails; what needs a judge has no
score here. The scores follow the agreed text of the components: curation calls ``verify_items``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from annotator.constraints import Response as Parsed
from annotator.domain.items import ItemContent
from annotator.domain.judging import Rater, Response
from annotator.services.scoring import weight_of
from annotator.services.testing import Tested, tested
from db import cases, items, raters, responses, scores
from db.engine import Session

NAME: Final = "rules"


def verifier(session: Session) -> Rater:
    """The rater that the rules are."""
    return raters.ensure(session, kind="verifier", name=NAME)


def verify_items(session: Session, *, item_ids: Sequence[int]) -> list[int]:
    """Bring the verifier's scores of these items' responses to what the rules say now.

    Returns:
        The ids of the cases whose score changed.
    """
    answers = [
        one
        for one in responses.of_items(session, item_ids=item_ids)
        if one.text is not None and not one.variant
    ]
    if not answers:
        return []
    changed = verify_answers(session, verifier(session), answers)
    cases.refresh(session, case_ids=changed)
    return changed


def verify_answers(session: Session, rater: Rater, answers: Sequence[Response]) -> list[int]:
    """verify_items for some responses, but for bringing their cases up to date."""
    item_ids = sorted({one.item_id for one in answers})
    contents = {i.id: i.content for i in items.get_many(session, item_ids=item_ids)}
    places = cases.ids_of(session, response_ids=[one.id for one in answers])
    wanted = {
        places[one.id, part.component.key]: row_of(part)
        for one in answers
        for part in decided(contents[one.item_id], one)
        if (one.id, part.component.key) in places
    }
    known = scores.of_rater(session, case_ids=list(places.values()), rater_id=rater.id)
    same = {case_id for case_id, row in wanted.items() if known.get(case_id) == signature(row)}
    stale = [case_id for case_id in known if case_id not in same]
    fresh = [case_id for case_id in wanted if case_id not in same]
    scores.forget(session, case_ids=stale, rater_id=rater.id)
    scores.insert_many(
        session, rows=completed(rater, answers[0].dataset_id, [(c, wanted[c]) for c in fresh])
    )
    return sorted({*stale, *fresh})


def decided(content: ItemContent, response: Response) -> Iterator[Tested]:
    """What the rules decide about a response."""
    parsed = Parsed(response.text or "")
    for number, component in enumerate(content.components, 1):
        found = tested(number, component, parsed)
        if found.outcome != "undecided":
            yield found


def row_of(part: Tested) -> dict[str, Any]:
    """What a decided component is awarded, with the evidence."""
    possible = float(weight_of(part.component))
    return {
        "awarded": possible if part.outcome == "pass" else 0.0,
        "possible": possible,
        "evidence": {
            "tried": [
                {
                    "said": one.said,
                    "outcome": one.outcome,
                    "reason": one.reason,
                    "spans": [list(span) for span in one.spans],
                }
                for one in part.tried
            ]
        },
    }


def signature(row: dict[str, Any]) -> tuple[float, float, Any]:
    """What makes two of the verifier's scores the same."""
    return row["awarded"], row["possible"], row["evidence"]


def completed(
    rater: Rater, dataset_id: int, fresh: Sequence[tuple[int, dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The new scores as column values."""
    now = datetime.now(UTC)
    return [
        {"dataset_id": dataset_id, "case_id": case_id, "rater_id": rater.id, "at": now, **row}
        for case_id, row in fresh
    ]
