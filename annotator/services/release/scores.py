"""Final scores with their history, and the pairs of answers that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from annotator.domain.items import ItemContent
from annotator.domain.judging import WHOLE
from annotator.domain.preferences import Decided, Pair, pairs
from annotator.domain.records import Item
from annotator.formats import Outgoing, Target
from annotator.formats.base import ReadImage
from annotator.services.finals import FinalScore, final_scores
from annotator.services.importing import format_of
from annotator.services.release.changes import as_line
from annotator.services.release.plan import Plan
from annotator.services.release.walking import picture_of
from db import items, preferences, responses
from db.engine import Session
from db.preferences import Decision

SCORES: Final = "scores/adjudicated.jsonl"
PAIRS: Final = "preferences"
ACCEPTED: Final = "accepted"


def write_scores(session: Session, plan: Plan, folder: Path) -> int:
    """The final scores of what goes in, a line each; no file where there is none.

    Returns:
        How many.
    """
    going = {entry.head.id for entry in plan.entries}
    found = final_scores(session, dataset_id=plan.dataset.id, item_ids=going)
    if found:
        write(folder / SCORES, (as_line(one.as_dict()) for one in found))
    return len(found)


# Pairs


def pairs_of(session: Session, dataset_id: int, going: set[int] | None = None) -> list[Pair]:
    """The pairs that follow from the final scores."""
    by_answer: dict[int, dict[str, tuple[float, float]]] = {}
    about: dict[int, FinalScore] = {}
    for one in final_scores(session, dataset_id=dataset_id, item_ids=going):
        awarded = one.decision.awarded
        said = one.response.text and not one.response.variant
        if awarded is not None and said and one.case.live and one.case.component_key != WHOLE:
            scores = by_answer.setdefault(one.response.id, {})
            scores[one.case.component_key] = (awarded, one.decision.possible)
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
