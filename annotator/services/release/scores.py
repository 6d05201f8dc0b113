"""Final scores with their history, and the pairs of answers that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from annotator.domain.items import ItemContent
from annotator.domain.judging import WHOLE, Response
from annotator.domain.preferences import (
    OTHER_IMAGE,
    Asked,
    Decided,
    Pair,
    Prompted,
    pairs,
    prompted,
)
from annotator.domain.records import Item
from annotator.formats import Outgoing, Target
from annotator.formats.base import ReadImage
from annotator.services.finals import FinalScore, final_scores
from annotator.services.importing import format_of
from annotator.services.release.changes import as_line
from annotator.services.release.plan import Plan
from annotator.services.release.walking import picture_of
from db import events, items, preferences, responses
from db.engine import Session
from db.preferences import Decision

SCORES: Final = "scores/adjudicated.jsonl"
PAIRS: Final = "preferences"
UNPROMPTED: Final = f"{PAIRS}/left_out.jsonl"
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


def pairs_of(session: Session, dataset_id: int, going: set[int] | None = None) -> list[Prompted]:
    """The pairs that follow from the final scores, each with its prompt or why it is left out."""
    by_answer: dict[int, dict[str, tuple[float, float]]] = {}
    about: dict[int, FinalScore] = {}
    for one in final_scores(session, dataset_id=dataset_id, item_ids=going):
        awarded = one.decision.awarded
        said = one.response.text and not one.response.variant
        if awarded is not None and said and one.case.live and one.case.component_key != WHOLE:
            scores = by_answer.setdefault(one.response.id, {})
            scores[one.case.component_key] = (awarded, one.decision.possible)
            about[one.response.id] = one
    found = pairs(
        Decided(number, about[number].case.item_id, about[number].response.model, scores)
        for number, scores in by_answer.items()
    )
    return with_prompts(session, dataset_id, list(found), about)


def with_prompts(
    session: Session, dataset_id: int, found: Sequence[Pair], about: Mapping[int, FinalScore]
) -> list[Prompted]:
    """Pairs with the instruction that their answers answer."""
    item_ids = sorted({pair.item_id for pair in found})
    present = {item.id: item.content for item in items.get_many(session, item_ids=item_ids)}
    reworded = events.wordings(session, item_ids=item_ids)
    replaced = events.replaced_images(session, dataset_id=dataset_id) if found else set()
    times = {file.id: file.imported_at for file in responses.files(session, dataset_id=dataset_id)}

    def asked(response_id: int) -> Asked:
        one = about[response_id].response
        return Asked(one.prompt_sha256, times.get(one.file_id or 0))

    def with_prompt(pair: Pair) -> Prompted:
        if pair.item_id in replaced:
            return Prompted(pair, "", OTHER_IMAGE)
        wordings = reworded.get(pair.item_id) or [(None, present[pair.item_id].instruction)]
        return prompted(pair, asked(pair.chosen_id), asked(pair.rejected_id), wordings)

    return list(map(with_prompt, found))


def accepted(one: Prompted, decided: Mapping[tuple[int, int], Decision]) -> bool:
    """Whether a person accepted a pair as it is now."""
    pair = one.pair
    decision = decided.get((pair.chosen_id, pair.rejected_id))
    return (
        decision is not None
        and decision.state == ACCEPTED
        and decision.component_keys == pair.component_keys
    )


def write_pairs(session: Session, plan: Plan, folder: Path, images: ReadImage) -> int:
    """The pairs that people accepted, in the form that TRL reads, and those without a prompt.

    Returns:
        How many were accepted; there is no file of none.
    """
    going = {entry.head.id for entry in plan.entries}
    decided = preferences.of_dataset(session, dataset_id=plan.dataset.id)
    found = pairs_of(session, plan.dataset.id, going)
    chosen = [one for one in found if not one.why and accepted(one, decided)]
    unknown = [one for one in found if one.why]
    if unknown:
        write(folder / UNPROMPTED, unprompted_lines(session, unknown))
    if chosen:
        (folder / PAIRS).mkdir(exist_ok=True)
        target = Target(folder / PAIRS, "pairs", images)
        format_of("preference").write(outgoing_pairs(session, plan, chosen), {}, target)
    return len(chosen)


@dataclass(frozen=True, slots=True)
class Answered:
    """A pair's item and its answers."""

    item: Item
    good: Response
    bad: Response


def answers_of(session: Session, chosen: Sequence[Prompted]) -> Iterator[Answered]:
    """The item and the answers of each pair."""
    found = [one.pair for one in chosen]
    held = items.get_many(session, item_ids=sorted({pair.item_id for pair in found}))
    about: dict[int, Item] = {item.id: item for item in held}
    numbers = sorted({n for pair in found for n in (pair.chosen_id, pair.rejected_id)})
    answers = {one.id: one for one in responses.get_many(session, response_ids=numbers)}
    for pair in found:
        yield Answered(about[pair.item_id], answers[pair.chosen_id], answers[pair.rejected_id])


def unprompted_lines(session: Session, unknown: Sequence[Prompted]) -> Iterator[str]:
    """The pairs that are left out as nobody can say what they answer, a line each."""
    for one, about in zip(unknown, answers_of(session, unknown), strict=True):
        models = {"chosen_model": about.good.model, "rejected_model": about.bad.model}
        yield as_line({"item": about.item.source_id, **models, "why": one.why})


def outgoing_pairs(session: Session, plan: Plan, chosen: Sequence[Prompted]) -> Iterator[Outgoing]:
    """Pairs for the writer, with the components they are about."""
    for one, about in zip(chosen, answers_of(session, chosen), strict=True):
        item, good, bad = about.item, about.good, about.bad
        yield Outgoing(
            None,
            replace(item.content, instruction=one.prompt),
            key=f"{item.source_id}-{good.id}-{bad.id}",
            picture=picture_of(plan, item),
            extra={
                "chosen": good.text,
                "rejected": bad.text,
                "item": item.source_id,
                "chosen_model": good.model,
                "rejected_model": bad.model,
                "follows": broken(item.content, one.pair),
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
