"""The audit at a million scores: computed once, then after one decision."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from annotator.domain.records import Person
from annotator.services import audit, auditing
from annotator.services.workspace import Workspace
from db import adjudications, audits, cases, items, raters, responses, scores
from db.engine import Session
from tests.bench.places import DATASET, Place, opened
from tests.bench.table import Bar, Row

MODELS: Final = ("model-a", "model-b", "model-c")
JUDGES: Final = ("judge-v", "judge-w", "judge-x", "judge-y", "judge-z")
LIMIT_S: Final = 60
SHARE: Final = 0.5
"""Of the first computing's time that the next may take after one decision."""
DATASET_ID: Final = 1
LABELS: Final = 300
CHUNK: Final = 50_000


def audit_row(place: Place, scale: Any) -> Row:
    """The whole audit, then the audit after one more decision."""
    home = place.copy(scale.usual, "audited")
    with opened(place.settings(home)) as (workspace, actor):
        number = fill(workspace)
        label(workspace, actor)
        first = seconds(workspace)
        decide(workspace, actor)
        then = seconds(workspace)
        again = seconds(workspace)
    ratio = then / first
    return Row(
        f"audit of {number:,} scores",
        f"{first:.1f} s",
        f"after one decision {then:.1f} s, with nothing new {again:.1f} s",
        f"{ratio:.2f}",
        (Bar(f"≤ {LIMIT_S} s", first <= LIMIT_S), Bar(f"≤ {SHARE}", ratio <= SHARE)),
        (
            "measured: reading every score; agreement of every two raters by method and type with "
            "1,000 resamples of the items; leaderboards, errors, corrected means, biases.",
        ),
        {"first_s": first, "then_s": then, "again_s": again},
    )


def seconds(workspace: Workspace) -> float:
    """How long bringing the figures up to date takes."""
    began = time.perf_counter()
    audit.compute(workspace, dataset_id=DATASET_ID)
    return time.perf_counter() - began


def fill(workspace: Workspace) -> int:
    """Three models' answers to every item, five judges' scores; how many scores there are."""
    chance = np.random.default_rng(1)
    with workspace.database.writing() as session:
        item_ids = items.ids(session, dataset_id=DATASET_ID)
        made = [answer(item_id, model) for item_id in item_ids for model in MODELS]
        responses.insert_many(session, rows=made)
        case_ids = cases.ensure(session, item_ids=item_ids)
        judges = [raters.ensure(session, kind="judge", name=name) for name in JUDGES]
        truth = (chance.random(len(case_ids)) < 0.7).astype(float)
        for judge in judges:
            wrong = chance.random(len(case_ids)) < 0.1
            store(session, case_ids, judge.id, np.where(wrong, 1 - truth, truth), "judging")
        cases.refresh(session, case_ids=case_ids)
    return len(case_ids) * len(JUDGES)


def answer(item_id: int, model: str) -> dict[str, Any]:
    """One response as column values."""
    return {
        "dataset_id": DATASET_ID,
        "item_id": item_id,
        "model": model,
        "variant": "",
        "text": "The harbour lies in the sun. " * (1 + item_id % 7),
        "error": None,
        "tokens": None,
        "file_id": None,
        "row": None,
    }


def store(session: Session, case_ids: list[int], rater_id: int, shares: Any, purpose: str) -> None:
    """Scores of one rater."""
    for start in range(0, len(case_ids), CHUNK):
        rows = [
            {
                "dataset_id": DATASET_ID,
                "case_id": case_id,
                "rater_id": rater_id,
                "purpose": purpose,
                "repeat": 0,
                "awarded": float(3 * share),
                "possible": 3.0,
                "reason": None,
                "at": datetime.now(UTC),
            }
            for case_id, share in zip(
                case_ids[start : start + CHUNK], shares[start : start + CHUNK], strict=True
            )
        ]
        scores.insert_many(session, rows=rows)


def label(workspace: Workspace, actor: Person) -> None:
    """An audit sample, scored by one person as most judges did."""
    drawn = auditing.draw(
        workspace, actor=actor, dataset=DATASET, size=LABELS, strata=("model",), seed=1
    )
    with workspace.database.writing() as session:
        rater = raters.ensure(session, kind="reviewer", name=actor.name, person_id=actor.id)
        chosen = [one.case_id for one in audits.draws(session, sample_id=drawn.sample.id)]
        known = cases.get_many(session, case_ids=chosen)
        shares = np.array([round(case.judge_share or 0.0) for case in known], dtype=float)
        store(session, chosen, rater.id, shares, "audit")
        cases.refresh(session, case_ids=chosen)
        for case_id in chosen:
            audits.recount(session, case_id=case_id)


def decide(workspace: Workspace, actor: Person) -> None:
    """Settle one case."""
    with workspace.database.writing() as session:
        case = cases.get(session, case_id=1)
        adjudications.save(
            session,
            dataset_id=DATASET_ID,
            case_id=case.id,
            version=None,
            outcome="score",
            awarded=0.0,
            possible=3.0,
            accepted="own",
            person_id=actor.id,
        )
        cases.refresh(session, case_ids=[case.id])
