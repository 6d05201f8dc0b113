"""The demo's made-up people: an audit sample with their blind scores, and some final scores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from annotator.domain.judging import Case
from annotator.domain.records import Item, Person
from annotator.services import datasets, deciding
from annotator.services.auditing import draw
from annotator.services.release import pairing
from annotator.services.scoring import weight_of
from annotator.services.workspace import Workspace, sign_in
from db import audits, cases, items, raters, responses, scores
from db.engine import Session

SIZE: Final = 120
SEED: Final = 7

Key = tuple[int, str, int]
"""Position of the item, model, place of the component."""


def bring_people(workspace: Workspace, *, actor: Person, dataset: str, folder: Path) -> None:
    """Draw an audit sample and let the made-up people of the folder score it."""
    given = {file.stem: list(read(file)) for file in sorted(folder.glob("*.jsonl"))}
    drawn = draw(
        workspace,
        actor=actor,
        dataset=dataset,
        size=SIZE,
        strata=("model",),
        raters=len(given),
        seed=SEED,
    )
    people = [sign_in(workspace, name=lines[0]["person"]) for lines in given.values()]
    with workspace.database.writing() as session:
        sampled = [one.case_id for one in audits.draws(session, sample_id=drawn.sample.id)]
        places = places_of(session, drawn.sample.dataset_id, sampled)
        for person, lines in zip(people, given.values(), strict=True):
            rater = raters.ensure(session, kind="annotator", name=person.name, person_id=person.id)
            said = {(one["index"], one["model"]): one["shares"] for one in lines}
            rows = [
                row_of(drawn.sample.dataset_id, case_id, rater.id, said[index, model][place], worth)
                for case_id, ((index, model, place), worth) in places.items()
            ]
            scores.insert_many(session, rows=rows)
        cases.refresh(session, case_ids=sampled)
        for case_id in sampled:
            audits.recount(session, case_id=case_id)


def bring_decisions(workspace: Workspace, *, dataset_id: int, folder: Path) -> None:
    """Let made-up people settle some cases, and accept the first pair of answers that follows.

    What an interrupted build has done is not done again.
    """
    for file in sorted(folder.glob("*.jsonl")):
        lines = list(read(file))
        person = sign_in(workspace, name=lines[0]["person"])
        cases_by_place = case_ids(workspace, dataset_id)
        for line in lines:
            case_id = cases_by_place[line["index"], line["model"], line["component"] - 1]
            awarded = float(line["awarded"])
            deciding.score_own(
                workspace,
                actor=person,
                case_id=case_id,
                awarded=awarded,
                save_id=f"demo-own-{case_id}",
            )
            deciding.decide(
                workspace,
                actor=person,
                case_id=case_id,
                version=None,
                outcome="score",
                awarded=awarded,
                accepted="own",
                reason=line["reason"],
                save_id=f"demo-final-{case_id}",
            )
        accept_first_pair(workspace, person, dataset_id)


def case_ids(workspace: Workspace, dataset_id: int) -> dict[Key, int]:
    """The cases by where they stand in the demo's files."""
    with workspace.database.reading() as session:
        numbers = responses.ids(session, dataset_id=dataset_id)
        known = list(cases.ids_of(session, response_ids=numbers).values())
        return {key: case_id for case_id, (key, _) in places_of(session, dataset_id, known).items()}


def accept_first_pair(workspace: Workspace, person: Person, dataset_id: int) -> None:
    """A pair that goes into the demo's releases; the others wait to be looked at."""
    dataset = datasets.get(workspace, dataset_id=dataset_id)
    [first, *_] = pairing.offered(workspace, actor=person, dataset=dataset)
    pairing.decide(workspace, actor=person, dataset=dataset, offer=first, state="accepted")


def read(file: Path) -> Iterator[dict[str, Any]]:
    """The lines of a JSONL file."""
    return map(json.loads, file.read_text(encoding="utf-8").splitlines())


def places_of(
    session: Session, dataset_id: int, case_ids: list[int]
) -> dict[int, tuple[Key, float]]:
    """Where each case stands in the demo's files, and what it is worth."""
    found = cases.get_many(session, case_ids=case_ids)
    ids = sorted({case.item_id for case in found})
    by_id = {item.id: item for item in items.get_many(session, item_ids=ids)}
    answers = responses.get_many(session, response_ids=[case.response_id for case in found])
    models = {response.id: response.model for response in answers}
    return {
        case.id: place_of(by_id[case.item_id], models[case.response_id], case) for case in found
    }


def place_of(item: Item, model: str, case: Case) -> tuple[Key, float]:
    """Where one case stands, and what it is worth."""
    place = item.content.number(case.component_key) - 1
    return (item.position, model, place), float(weight_of(item.content.components[place]))


def row_of(
    dataset_id: int, case_id: int, rater_id: int, share: float, worth: float
) -> dict[str, Any]:
    """A blind score; the demo's are shares of the component's points."""
    return {
        "dataset_id": dataset_id,
        "case_id": case_id,
        "rater_id": rater_id,
        "purpose": "audit",
        "repeat": 0,
        "awarded": round(share * worth, 9),
        "possible": worth,
        "reason": None,
        "at": datetime.now(UTC),
    }
