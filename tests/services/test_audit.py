"""The audit: figures of what is in the database, kept, brought up to date, said alike."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from annotator.services import audit, auditing
from annotator.services.audit_frame import bring_up_to_date, empty, packed, unpacked
from annotator.services.audit_tables import TABLES, as_csv, as_json, harmless
from annotator.services.demo import build
from annotator.services.workspace import sign_in
from db import adjudications, audits, cases, raters, responses, scores
from tests.db.test_cases import by_key, give, judge
from tests.examples import Tab, benchmark, imported, record
from tests.judging import answer, asked

MODELS = ("model-a", "model-b")


@pytest.fixture
def judged(workspace, ana):
    """Forty items, two models, two judges and a verifier, with scores by a fixed rule."""
    data = benchmark(*(record(instruction=f"Sing of {n}.") for n in range(40)))
    items = imported(workspace, ana, data)
    random = np.random.default_rng(1)
    with workspace.database.writing() as session:
        answer_all(session, items)
        x, y = judge(session, "judge-x"), judge(session, "judge-y")
        code = raters.ensure(session, kind="verifier", name="verifier", version="1")
        rows = []
        for response in responses.of_items(session, item_ids=items):
            found = by_key(session, response)
            for key, possible in (("c1", 4), ("c2", 3), ("c3", 3)):
                right = random.random() < 0.8 - 0.3 * MODELS.index(response.model)
                points = possible if right else 0
                other = possible - points if random.random() < 0.2 else points
                rows += [(found[key].id, x, points, possible), (found[key].id, y, other, possible)]
                if key == "c2":
                    rows.append((found[key].id, code, points, possible))
        give_all(session, rows)
    return items


def answer_all(session, items):
    row = {"dataset_id": 1, "variant": "", "text": "A cat.", "error": None}
    row |= {"tokens": None, "file_id": None, "row": None}
    made = [{**row, "item_id": item, "model": model} for item in items for model in MODELS]
    responses.insert_many(session, rows=made)
    cases.ensure(session, item_ids=items)


def give_all(session, rows, purpose="judging"):
    made = [
        {
            "dataset_id": 1, "case_id": case_id, "rater_id": rater.id, "purpose": purpose,
            "repeat": 0, "awarded": awarded, "possible": possible, "reason": None,
            "at": datetime.now(UTC),
        }
        for case_id, rater, awarded, possible in rows
    ]  # fmt: skip
    scores.insert_many(session, rows=made)
    cases.refresh(session, case_ids=[case_id for case_id, *_ in rows])


def first_case(session, item, key):
    response = responses.of_items(session, item_ids=[item])[0]
    return by_key(session, response)[key]


def computed(workspace, **more):
    return audit.compute(workspace, dataset_id=1, **more)


def value(rows, **wanted):
    (row,) = [r for r in rows if all(r[name] == said for name, said in wanted.items())]
    return row


def shares(workspace, name):
    """A judge's shares by case, read past everything that is tested."""
    found = asked(
        workspace,
        "SELECT s.case_id, s.awarded / s.possible FROM score s JOIN rater r"
        " ON r.id = s.rater_id WHERE r.name = :name AND s.purpose = 'judging' ORDER BY 1",
        name=name,
    )
    return dict(found)


def test_agreement_is_that_of_the_scores(workspace, judged):
    found = TABLES["agreement"](computed(workspace))
    x, y = shares(workspace, "judge-x"), shares(workspace, "judge-y")
    expected = cohen_kappa_score([x[c] == 1 for c in x], [y[c] == 1 for c in x])
    row = value(
        found, rater="judge-x (1)", other="judge-y (1)", type="all", figure="kappa",
    )  # fmt: skip
    assert row["value"] == pytest.approx(expected, abs=1e-9)
    assert (row["scores"], row["items"]) == (240, 40)
    assert row["low"] < row["value"] < row["high"]
    verified = value(
        found, rater="judge-x (1)", other="verifier (1)", type="length_limit", figure="percent"
    )
    assert (verified["value"], verified["scores"]) == (1.0, 80)


def test_the_leaderboard_is_that_of_the_standings(workspace, judged):
    rows = TABLES["leaderboard"](computed(workspace))
    with workspace.database.reading() as session:
        means = {one.model: one.mean for one in cases.standings(session, dataset_id=1)}
    final = {r["model"]: r["value"] for r in rows if r["under"] == "final scores"}
    assert final == pytest.approx(means)
    assert [r["rank"] for r in rows if r["under"] == "judge-x (1)"] == [1, 2]


def test_what_is_kept_is_what_was_computed(workspace, judged, open_again):
    found = computed(workspace)
    kept = audit.look(open_again(), dataset_id=1)
    assert kept.cells == found.cells and kept.behind == 0 and kept.made_at is not None


def test_only_what_changed_is_computed_again(workspace, judged, ana):
    computed(workspace)
    with workspace.database.writing() as session:
        case = first_case(session, judged[0], "c1")
        adjudications.save(
            session, dataset_id=1, case_id=case.id, version=None, outcome="score", awarded=1,
            possible=4, accepted="own", person_id=ana.id,
        )  # fmt: skip
        cases.refresh(session, case_ids=[case.id])
    assert audit.look(workspace, dataset_id=1).behind == 1
    touched = []
    progress = lambda done, total, name: touched.append(name) or True  # noqa: E731
    increment = computed(workspace, progress=progress)
    assert set(touched) == {"agreement", "board"}
    assert touched.count("board") == 1
    whole = computed(workspace, afresh=True)
    assert increment.cells == whole.cells


def test_a_new_score_of_one_judge_leaves_the_others_alone(workspace, judged):
    computed(workspace)
    with workspace.database.writing() as session:
        case = first_case(session, judged[0], "c3")
        give(session, case.id, judge(session, "judge-y"), 1, 3, repeat=1)
    touched = []
    increment = computed(workspace, progress=lambda d, t, name: touched.append(name) or True)
    assert touched.count("repeats") == 1
    assert increment.cells == computed(workspace, afresh=True).cells
    row = value(TABLES["steadiness"](increment), judge="judge-y (1)", figure="flip rate")
    assert row["scores"] == 1


def test_an_edited_weight_changes_the_means(workspace, judged, ana):
    computed(workspace)
    tab = Tab(workspace, ana, judged[0])
    tab.weigh(c1=8, c2=1, c3=1)
    tab.submit("fix")
    assert computed(workspace).cells == computed(workspace, afresh=True).cells


def test_without_an_audit_sample_it_says_so(workspace, judged):
    found = computed(workspace)
    rows = TABLES["corrected"](found) + TABLES["errors"](found)
    assert {row["value"] for row in rows} == {None}
    assert all(row["note"].startswith("undefined: nothing of an audit sample") for row in rows)
    assert as_json(found)["audit_sample"]["samples"] == []


def label(workspace, person, sample_id, right):
    """A person's blind scores of the sample: judge-x's, wrong now and then."""
    random = np.random.default_rng(3)
    truth = shares(workspace, "judge-x")
    with workspace.database.writing() as session:
        rater = raters.ensure(session, kind="reviewer", name=person.name, person_id=person.id)
        rows = [
            (draw.case_id, rater, 4 * abs(truth[draw.case_id] - (random.random() > right)), 4)
            for draw in audits.draws(session, sample_id=sample_id)
        ]
        give_all(session, rows, purpose="audit")
        for case_id, *_ in rows:
            audits.recount(session, case_id=case_id)


def test_the_audit_sample_corrects_means_and_errors(workspace, judged, ana):
    computed(workspace)
    drawn = auditing.draw(workspace, actor=ana, dataset="Bench", size=80, strata=("model",), seed=4)
    label(workspace, ana, drawn.sample.id, right=0.9)
    found = computed(workspace)
    assert as_json(found)["audit_sample"]["labelled"] == 80
    sensitivity = value(
        TABLES["errors"](found), judge="judge-x (1)", type="all", figure="sensitivity"
    )
    assert 0.75 < sensitivity["value"] < 1 and sensitivity["low"] < sensitivity["high"]
    for row in TABLES["corrected"](found):
        assert row["low"] <= row["value"] <= row["high"]
    assert found.cells == computed(workspace, afresh=True).cells


def test_scores_of_disagreements_are_no_audit_labels(workspace, judged, ana):
    auditing.draw(workspace, actor=ana, dataset="Bench", size=20, seed=4)
    with workspace.database.writing() as session:
        rater = raters.ensure(session, kind="reviewer", name="Ana", person_id=ana.id)
        chosen = list(shares(workspace, "judge-x"))[:30]
        give_all(session, [(case_id, rater, 4, 4) for case_id in chosen])
    found = computed(workspace)
    assert as_json(found)["audit_sample"]["labelled"] == 0
    assert {row["value"] for row in TABLES["corrected"](found)} == {None}


def test_three_annotators_make_the_replacement_test(workspace, judged, ana, bo):
    drawn = auditing.draw(workspace, actor=ana, dataset="Bench", size=60, raters=3, seed=4)
    for person, right in ((ana, 0.9), (bo, 0.8), (sign_in(workspace, name="Cleo"), 0.7)):
        label(workspace, person, drawn.sample.id, right=right)
    rows = TABLES["replacement"](computed(workspace))
    rate = value(rows, judge="judge-x (1)", against="all: winning rate")
    assert rate["value"] is not None and rate["outcome"] in ("may replace", "may not replace")


def test_several_answers_of_a_model_make_pif_n_k(workspace, ana, item):
    said = {1: "A cat\nsits\nand\nsings?", 2: "A cat sings."}
    rows = [{"index": 0, "text": text, "run": run} for run, text in said.items()]
    answer(workspace, ana, rows, "m")
    rows = TABLES["following"](computed(workspace))
    figures = {row["figure"]: (row["model"], row["value"]) for row in rows}
    assert figures == {"PIF": ("m", 0.5), "PIF-2-1": ("m", 1.0), "PIF-2-2": ("m", 0.0)}


def test_a_frame_survives_packing(workspace, judged):
    with workspace.database.reading() as session:
        frame, _ = bring_up_to_date(session, empty(), dataset_id=1, above=0)
    again = unpacked(packed(frame))
    assert again.labels == frame.labels and again.shares.keys() == frame.shares.keys()
    for name, column in frame.numbers.items():
        assert np.array_equal(again.numbers[name], column, equal_nan=True)
    for key, column in frame.shares.items():
        assert np.array_equal(again.shares[key], column, equal_nan=True)


def test_cells_that_look_like_formulas_are_made_harmless():
    assert harmless("=1+1") == "'=1+1" and harmless("  @x") == "'  @x"
    assert harmless("model-a") == "model-a" and harmless(-0.5) == -0.5
    read = csv.DictReader(io.StringIO(as_csv([{"model": "+evil", "value": -1.5}])))
    assert list(read) == [{"model": "'+evil", "value": "-1.5"}]


def test_the_command_prints_the_figures_of_the_page(workspace, environment):
    build(workspace)
    command = [sys.executable, "-m", "annotator", "audit", "--dataset", "Demo", "--json"]
    done = subprocess.run(command, capture_output=True, env=full(environment), check=True)
    kept = audit.look(workspace, dataset_id=1)
    printed = json.loads(done.stdout)
    expected = json.loads(json.dumps(as_json(kept), default=str))
    assert printed == expected
    assert {row["under"] for row in printed["leaderboard"]} >= {"final scores"}
    plain = subprocess.run(command[:-1], capture_output=True, env=full(environment), check=True)
    assert b"Models under each rater" in plain.stdout


def full(environment):
    return {**os.environ, **environment}


def test_a_benchmark_without_answers_has_no_figures(workspace, item):
    found = computed(workspace)
    assert TABLES["agreement"](found) == [] and TABLES["corrected"](found) == []
    assert found.cells["summary"]["cases"] == 0
