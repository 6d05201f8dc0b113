"""Final scores with their history, and the pairs of answers that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from annotator.domain.items import ItemContent
from annotator.domain.judging import WHOLE, Adjudication, Case, Response
from annotator.domain.preferences import Decided, Pair, pairs
from annotator.domain.records import Event, Item
from annotator.formats import Outgoing, Target
from annotator.formats.base import ReadImage
from annotator.services.importing import format_of
from annotator.services.release.changes import as_line
from annotator.services.release.plan import Plan
from annotator.services.release.walking import picture_of
from db import adjudications, cases, events, items, people, preferences, responses
from db.engine import Session
from db.preferences import Decision

SCORES: Final = "scores/adjudicated.jsonl"
PAIRS: Final = "preferences"
DECIDED: Final = "adjudication.decided"
ACCEPTED: Final = "accepted"


@dataclass(frozen=True, slots=True)
class FinalScore:
    """One decision with its case and the answer it is about."""

    decision: Adjudication
    case: Case
    response: Response


def finals(session: Session, dataset_id: int, going: set[int] | None = None) -> list[FinalScore]:
    """The decisions that stand, of these items (all, where None), in order of their cases."""
    decisions = adjudications.of_dataset(session, dataset_id=dataset_id)
    by_id = {
        case.id: case
        for case in cases.get_many(session, case_ids=[one.case_id for one in decisions])
        if going is None or case.item_id in going
    }
    answers = {
        response.id: response
        for response in responses.get_many(
            session, response_ids=sorted({case.response_id for case in by_id.values()})
        )
    }
    return [
        FinalScore(one, by_id[one.case_id], answers[by_id[one.case_id].response_id])
        for one in decisions
        if one.case_id in by_id
    ]


def write_scores(session: Session, plan: Plan, folder: Path) -> int:
    """The final scores of what goes in, a line each; no file where there is none.

    Returns:
        How many.
    """
    going = {entry.head.id: entry.head.source_id for entry in plan.entries}
    found = finals(session, plan.dataset.id, set(going))
    if not found:
        return 0
    names = {person.id: person.name for person in people.everyone(session)}
    history = decisions_of(session, plan.dataset.id)
    lines = (
        as_line(score_values(one, going, names, history.get(one.case.id, []))) for one in found
    )
    write(folder / SCORES, lines)
    return len(found)


def score_values(
    one: FinalScore, going: Mapping[int, str], names: Mapping[int, str], log: Sequence[Event]
) -> dict[str, Any]:
    """One final score."""
    decision = one.decision
    return {
        "item": going[one.case.item_id],
        "component": one.case.component_key,
        "model": one.response.model,
        "outcome": decision.outcome,
        "awarded": decision.awarded,
        "possible": decision.possible,
        "whose": decision.accepted,
        "by": names.get(decision.person_id, ""),
        "at": decision.at.replace(microsecond=0).isoformat(),
        "reason": decision.reason,
        "history": [
            {
                "by": event.person,
                "at": event.at.replace(microsecond=0).isoformat(),
                "after": {path.rpartition("/")[2]: new for path, (_, new) in event.patch.items()},
                "reason": event.reason,
                "undoes": event.undoes,
            }
            for event in log
        ],
    }


def decisions_of(session: Session, dataset_id: int) -> dict[int, list[Event]]:
    """The events of decisions by case, oldest first."""
    found: dict[int, list[Event]] = {}
    for event in events.every(session, dataset_id=dataset_id, kind=DECIDED):
        case = next(iter(event.patch), "").split("/")
        if len(case) > 1 and case[1].isdecimal():
            found.setdefault(int(case[1]), []).append(event)
    return found


# Pairs


def pairs_of(session: Session, dataset_id: int, going: set[int] | None = None) -> list[Pair]:
    """The pairs that follow from the final scores."""
    by_answer: dict[int, dict[str, tuple[float, float]]] = {}
    about: dict[int, FinalScore] = {}
    for one in finals(session, dataset_id, going):
        awarded = one.decision.awarded
        usable = one.decision.outcome == "score" and awarded is not None and one.response.text
        if usable and not one.response.variant and one.case.component_key != WHOLE:
            scores = by_answer.setdefault(one.response.id, {})
            scores[one.case.component_key] = (awarded or 0.0, one.decision.possible)
            about[one.response.id] = one
    return list(
        pairs(
            Decided(number, about[number].case.item_id, about[number].response.model, scores)
            for number, scores in by_answer.items()
        )
    )


def accepted(pair: Pair, decision: Decision | None) -> bool:
    """Whether a person accepted a pair as it is now."""
    return (
        decision is not None
        and decision.state == ACCEPTED
        and decision.component_keys == pair.component_keys
    )


def write_pairs(session: Session, plan: Plan, folder: Path, images: ReadImage) -> int:
    """The pairs that people accepted, in the form that TRL reads; no file where there is none.

    Returns:
        How many.
    """
    going = {entry.head.id for entry in plan.entries}
    decided = preferences.of_dataset(session, dataset_id=plan.dataset.id)
    chosen = [
        pair
        for pair in pairs_of(session, plan.dataset.id, going)
        if accepted(pair, decided.get((pair.chosen_id, pair.rejected_id)))
    ]
    if chosen:
        (folder / PAIRS).mkdir()
        target = Target(folder / PAIRS, "pairs", images)
        format_of("preference").write(outgoing_pairs(session, plan, chosen), {}, target)
    return len(chosen)


def outgoing_pairs(session: Session, plan: Plan, chosen: Sequence[Pair]) -> Iterator[Outgoing]:
    """Pairs for the writer, with the components they are about."""
    held = items.get_many(session, item_ids=sorted({pair.item_id for pair in chosen}))
    about: dict[int, Item] = {item.id: item for item in held}
    numbers = sorted({n for pair in chosen for n in (pair.chosen_id, pair.rejected_id)})
    answers = {one.id: one for one in responses.get_many(session, response_ids=numbers)}
    for pair in chosen:
        item = about[pair.item_id]
        good, bad = answers[pair.chosen_id], answers[pair.rejected_id]
        yield Outgoing(
            None,
            item.content,
            key=f"{item.source_id}-{good.id}-{bad.id}",
            picture=picture_of(plan, item),
            extra={
                "chosen": good.text,
                "rejected": bad.text,
                "item": item.source_id,
                "chosen_model": good.model,
                "rejected_model": bad.model,
                "follows": broken(item.content, pair),
            },
        )


def broken(content: ItemContent, pair: Pair) -> list[str]:
    """The components that the chosen answer follows and the rejected one breaks."""
    kept = {component.key: component for component in content.components}
    return [
        f"{content.number(key)}. {kept[key].text}" for key in pair.component_keys if key in kept
    ]


def write(file: Path, lines: Any) -> None:
    """Lines of JSON into a folder of their own."""
    file.parent.mkdir(exist_ok=True)
    with file.open("w", encoding="utf-8", newline="\n") as target:
        target.writelines(lines)
