"""The audit at a million scores: computed once, then after one decision."""

from __future__ import annotations

import time
from typing import Any, Final

from annotator.services import audit
from annotator.services.workspace import Workspace
from db import adjudications, audits, cases, raters, scores
from tests.bench.judging import judged_home
from tests.bench.places import Place, opened
from tests.bench.table import Bar, Row

LIMIT_S: Final = 60
SHARE: Final = 0.5
"""Of the first computing's time that the next may take after one decision."""
DATASET_ID: Final = 1


def audit_row(place: Place, scale: Any) -> Row:
    """The whole audit, then the audit after one more decision."""
    home, filled = judged_home(place, scale.usual)
    with opened(place.settings(home)) as (workspace, actor):
        label_some(workspace, actor)
        first = seconds(workspace)
        decide(workspace, actor.id)
        then = seconds(workspace)
        again = seconds(workspace)
    ratio = then / first
    return Row(
        f"audit of {filled['scores']:,.0f} scores",
        f"{first:.1f} s",
        f"after one decision {then:.1f} s, with nothing new {again:.1f} s",
        f"{ratio:.2f}",
        (Bar(f"≤ {LIMIT_S} s", first <= LIMIT_S), Bar(f"≤ {SHARE}", ratio <= SHARE)),
        (
            "measured: reading every score, agreement of every two raters by method and type with"
            " 1,000 resamples of the items, leaderboards, errors, corrected means, biases.",
        ),
        {"first_s": first, "then_s": then, "again_s": again},
    )


def seconds(workspace: Workspace) -> float:
    """How long bringing the figures up to date takes."""
    began = time.perf_counter()
    audit.compute(workspace, dataset_id=DATASET_ID)
    return time.perf_counter() - began


def label_some(workspace: Workspace, actor: Any) -> None:
    """An audit sample of 300, scored by one person as the first judge did."""
    from annotator.services.auditing import draw
    from tests.bench.judging import score
    from tests.bench.places import DATASET

    drawn = draw(workspace, actor=actor, dataset=DATASET, size=300, strata=("model",), seed=1)
    with workspace.database.writing() as session:
        rater = raters.ensure(session, kind="reviewer", name=actor.name, person_id=actor.id)
        sampled = [one.case_id for one in audits.draws(session, sample_id=drawn.sample.id)]
        shares = {c.id: c.judge_share for c in cases.get_many(session, case_ids=sampled)}
        rows = [
            score(DATASET_ID, case_id, rater.id, round(shares[case_id] or 0.0), Sure())
            | {"purpose": "audit"}
            for case_id in sampled
        ]
        scores.insert_many(session, rows=rows)
        cases.refresh(session, case_ids=sampled)
        for case_id in sampled:
            audits.recount(session, case_id=case_id)


class Sure:
    """Chance that always reads and never errs."""

    def random(self) -> float:
        """In the middle."""
        return 0.5


def decide(workspace: Workspace, person_id: int) -> None:
    """Settle one case."""
    with workspace.database.writing() as session:
        (case,) = cases.get_many(session, case_ids=[1])
        adjudications.save(
            session,
            dataset_id=DATASET_ID,
            case_id=case.id,
            version=None,
            outcome="score",
            awarded=0.0,
            possible=3.0,
            accepted="own",
            person_id=person_id,
        )
        cases.refresh(session, case_ids=[case.id])
