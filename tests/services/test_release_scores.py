"""Final scores and pairs of answers in a release."""

from __future__ import annotations

import json

import pytest

from annotator.errors import StaleSave
from annotator.services import datasets, release
from annotator.services.release import Options, pairing
from db import adjudications, cases, events, responses
from tests.examples import benchmark, imported, record

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
        for (response_id, key), case_id in by_case.items():
            if key in ("c1", "c3"):
                awarded = 0 if (response_id, key) == (numbers[1], "c3") else 4 if key == "c1" else 3
                decide(session, ana, case_id, awarded, 4 if key == "c1" else 3)
    return datasets.named(workspace, name="Bench")


def decide(session, person, case_id, awarded, possible):
    adjudications.save(
        session,
        dataset_id=1,
        case_id=case_id,
        version=None,
        outcome="score",
        awarded=awarded,
        possible=possible,
        accepted="own",
        reason="seen",
        person_id=person.id,
    )
    events.append(
        session,
        person_id=person.id,
        kind="adjudication.decided",
        patch={f"a/{case_id}/awarded": (None, awarded)},
        dataset_id=1,
        item_id=1,
        reason="seen",
    )


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
        ("c3", "model-a", 3),
        ("c1", "model-b", 4),
        ("c3", "model-b", 0),
    ]
    assert found[3]["by"] == "Ana" and found[3]["reason"] == "seen"
    assert found[3]["history"][0]["after"] == {"awarded": 0}


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
