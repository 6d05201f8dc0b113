"""Final scores and pairs of answers in a release."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest

from annotator.domain.preferences import APART, FOREIGN, UNSAID
from annotator.errors import InvalidValue, StaleSave
from annotator.services import audit, datasets, deciding, release
from annotator.services.answering import import_answers
from annotator.services.demo import build
from annotator.services.release import Options, pairing
from annotator.services.release.auditing import judge_lines
from db import cases, raters, responses
from db import scores as score_rows
from tests.examples import ITEM, Tab, benchmark, imported, record

GOOD, BAD = "A cat with green eyes. Who is it?", "A cat."


@pytest.fixture
def bench(workspace, ana):
    """Two answers to the first of two items, with final scores for two components."""
    imported(workspace, ana, benchmark(record(), record(instruction="Sing.", image="b.png")))
    with workspace.database.writing() as session:
        rows = [
            {"dataset_id": 1, "item_id": 1, "model": name, "text": text}
            for name, text in (("model-a", GOOD), ("model-b", BAD))
        ]
        responses.insert_many(session, rows=rows)
        cases.ensure(session, item_ids=[1])
        numbers = responses.ids(session, dataset_id=1)
        by_case = cases.ids_of(session, response_ids=numbers)
    for key, points in (("c1", (4, 4)), ("c3", (3, 0))):
        for response_id, awarded in zip(numbers, points, strict=True):
            decide(workspace, ana, by_case[response_id, key], awarded)
    return datasets.named(workspace, name="Bench")


def decide(workspace, person, case_id, awarded, version=None):
    deciding.score_own(workspace, actor=person, case_id=case_id, awarded=awarded)
    deciding.decide(
        workspace, actor=person, case_id=case_id, version=version, outcome="score",
        awarded=awarded, accepted="own", reason="seen",
    )  # fmt: skip


@pytest.fixture
def create(workspace, ana, bench, tmp_path):
    def now(name):
        out = tmp_path / "out" / name
        options = Options(name, formats=("mia-bench",))
        release.create(workspace, actor=ana, dataset=bench, out=out, options=options)
        return out

    return now


def lines(file):
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_final_scores_go_out_with_their_history(create):
    found = lines(create("v1") / "scores" / "adjudicated.jsonl")
    assert [(one["component"], one["model"], one["awarded"]) for one in found] == [
        ("c1", "model-a", 4),
        ("c1", "model-b", 4),
        ("c3", "model-a", 3),
        ("c3", "model-b", 0),
    ]
    assert found[3]["by"] == "Ana" and found[3]["reason"] == "seen"
    assert [(step["by"], step["awarded"]) for step in found[3]["history"]] == [("Ana", 0)]


def test_pairs_go_out_once_a_person_accepted_them(create, workspace, ana, bo, bench):
    assert not (create("v1") / "preferences").exists()
    [offer] = pairing.offered(workspace, actor=ana, dataset=bench)
    shown = pairing.look_at(workspace, actor=ana, offer=offer)
    assert (shown.chosen.text, shown.rejected.text, offer.state) == (GOOD, BAD, "waiting")
    pairing.decide(workspace, actor=ana, dataset=bench, offer=offer, state="accepted")
    with pytest.raises(StaleSave):
        pairing.decide(workspace, actor=bo, dataset=bench, offer=offer, state="refused")
    folder = create("v2")
    [line] = lines(folder / "preferences" / "pairs.jsonl")
    assert GOOD in json.dumps(line["chosen"]) and BAD in json.dumps(line["rejected"])
    assert line["follows"] == ["3. mention its eyes"]
    [again] = pairing.offered(workspace, actor=ana, dataset=bench)
    assert again.state == "accepted"
    pairing.decide(workspace, actor=bo, dataset=bench, offer=again, state="refused")
    assert not (create("v3") / "preferences").exists()
    assert release.verify(folder).sound


def test_the_prompt_of_a_pair_is_what_its_answers_answered(create, workspace, ana, bench):
    """Reworded later, it keeps its prompt; what came in after that is known by its file alone."""
    answers_in(workspace, ana, "early")
    tab = Tab(workspace, ana, 1)
    tab.edit({"op": "set_instruction", "value": "Sing about the cat."})
    tab.submit("fix")
    answers_in(workspace, ana, "late")
    answers_in(workspace, ana, "late-said", "Sing  about the cat.")
    answers_in(workspace, ana, "late-old", ITEM.instruction)
    answers_in(workspace, ana, "elsewhere", "Dance about the cat.")
    with workspace.database.reading() as session:
        numbers = responses.ids(session, dataset_id=1)
        models = {one.id: one for one in responses.get_many(session, response_ids=numbers)}
        by_case = cases.ids_of(session, response_ids=numbers)
    for response_id, one in models.items():
        if not one.model.startswith("model"):
            decide(workspace, ana, by_case[response_id, "c1"], 4 if one.model == "early" else 0)
    found = {
        (models[offer.pair.chosen_id].model, models[offer.pair.rejected_id].model): offer
        for offer in pairing.offered(workspace, actor=ana, dataset=bench)
    }
    old, new = ITEM.instruction, "Sing about the cat."
    assert found["early", "late-old"].prompt == old
    assert found["early", "late"].why == UNSAID
    assert found["early", "late-said"].why == APART
    assert found["early", "elsewhere"].why == FOREIGN
    with pytest.raises(InvalidValue, match="left out"):
        pairing.decide(
            workspace, actor=ana, dataset=bench, offer=found["early", "late"], state="accepted"
        )
    pairing.decide(
        workspace, actor=ana, dataset=bench, offer=found["early", "late-old"], state="accepted"
    )
    folder = create("v1") / "preferences"
    [line] = lines(folder / "pairs.jsonl")
    assert old in json.dumps(line["prompt"]) and new not in json.dumps(line)
    assert {(one["rejected_model"], one["why"]) for one in lines(folder / "left_out.jsonl")} >= {
        ("late", UNSAID), ("late-said", APART), ("elsewhere", FOREIGN)
    }  # fmt: skip


def answers_in(workspace, person, model, prompt=None):
    row = {"index": 0, "text": f"{model} sees a cat."} | ({"prompt": prompt} if prompt else {})
    data = json.dumps(row).encode()
    import_answers(
        workspace, actor=person, dataset="Bench", file=f"{model}.jsonl", data=data, model=model
    )


def judged(workspace, *scores):
    """A judge's scores of each answer's components, None for one that could not be read."""
    with workspace.database.writing() as session:
        rater = raters.ensure(session, kind="judge", name="judge-x", version="v1")
        numbers = responses.ids(session, dataset_id=1)
        by_case = cases.ids_of(session, response_ids=numbers)
        rows = [
            score_row(by_case[number, key], rater.id, awarded)
            for number in numbers
            for key, awarded in zip(("c1", "c2", "c3"), scores, strict=True)
        ]
        score_rows.insert_many(session, rows=rows)
        cases.refresh(session, case_ids=[row["case_id"] for row in rows])


def score_row(case_id, rater_id, awarded):
    return {
        "dataset_id": 1, "case_id": case_id, "rater_id": rater_id, "purpose": "judging",
        "repeat": 0, "awarded": awarded, "possible": 4, "at": datetime.now(UTC),
        "reason": None if awarded is not None else "no score",
    }  # fmt: skip


def test_the_card_audits_the_judges(create, workspace):
    assert "there is no judge to audit" in (create("v1") / "README.md").read_text("utf-8")
    judged(workspace, 4, None, 2)
    card = (create("v2") / "README.md").read_text("utf-8")
    assert "| judge-x (v1) | 6 | 2 | 33.3% |" in card
    assert "| judge-x (v1) | adjudicated (hard cases) |" in card
    assert "No random audit sample was scored blind" in card


def test_the_card_does_not_depend_on_whether_the_judges_page_was_looked_at(create, workspace):
    judged(workspace, 4, 1, 2)
    before = create("v1")
    audit.compute(workspace, dataset_id=1)
    found = release.reproduce(workspace, dataset=datasets.named(workspace, name="Bench"), name="v1")
    assert found.identical and (before / "README.md").is_file()


def test_means_are_corrected_by_the_audit_sample(workspace, ana):
    build(workspace)
    with workspace.database.reading() as session:
        lines = list(judge_lines(audit.reckon(session, dataset_id=1)))
    assert any(line.startswith("Corrected by an audit sample: 120 of 120") for line in lines)
    [row] = [x for x in lines if x.startswith("| demo-judge-x | demo-model-a | ")]
    assert re.search(r"\| 0\.\d{3} \| 0\.\d{3} \\\[0\.\d{3}, 0\.\d{3}\\\] \|", row)
