"""Cases: made with their responses, and what is repeated about them kept true."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from annotator.errors import Refused
from db import adjudications, cases, judge_runs, raters, responses, scores
from tests import databases
from tests.examples import Tab

pytestmark = pytest.mark.every_database


@pytest.fixture
def session(workspace):
    with workspace.database.writing() as session:
        yield session


def answer(session, item_id, model="model-a", text="A cat.", variant=""):
    row = {
        "dataset_id": 1, "item_id": item_id, "model": model, "variant": variant, "text": text,
        "error": None, "tokens": None, "file_id": None, "row": None,
    }  # fmt: skip
    responses.insert_many(session, rows=[row])
    cases.ensure(session, item_ids=[item_id])
    found = responses.of_items(session, item_ids=[item_id])
    return next(one for one in found if (one.model, one.variant) == (model, variant))


def give(session, case_id, rater, awarded, possible, repeat=0, purpose="judging"):
    scores.insert_many(
        session,
        rows=[
            {
                "dataset_id": 1, "case_id": case_id, "rater_id": rater.id, "purpose": purpose,
                "repeat": repeat, "awarded": awarded, "possible": possible,
                "reason": None if awarded is not None else "cut off", "at": datetime.now(UTC),
            }
        ],
    )  # fmt: skip
    cases.refresh(session, case_ids=[case_id])
    return cases.get(session, case_id=case_id)


def by_key(session, response):
    return {c.component_key: c for c in cases.of_response(session, response_id=response.id)}


def judge(session, name):
    return raters.ensure(session, kind="judge", name=name, version="1")


def test_a_response_has_a_case_per_component_and_a_variant_has_none(session, item):
    response = answer(session, item)
    found = by_key(session, response)
    assert {key: case.weight_share for key, case in found.items()} == {
        "c1": 0.4, "c2": 0.3, "c3": 0.3,
    }  # fmt: skip
    assert found["c2"].type == "length_limit"
    assert by_key(session, answer(session, item, variant="c2")) == {}


def test_making_cases_again_makes_none(session, item):
    answer(session, item)
    before = cases.ensure(session, item_ids=[item])
    assert cases.ensure(session, item_ids=[item]) == before


def test_judges_who_differ_open_a_case_with_its_stake(session, item):
    response = answer(session, item)
    case_id = by_key(session, response)["c2"].id
    assert give(session, case_id, judge(session, "x"), 3, 3).state == "agreed"
    case = give(session, case_id, judge(session, "y"), 0, 3)
    assert (case.state, case.kinds, case.spread) == ("open", ("judges",), 1.0)
    assert case.stake == pytest.approx(0.3)
    assert case.standing == pytest.approx(0.5)


def test_standings_go_up_to_the_model(session, item):
    response = answer(session, item)
    found = by_key(session, response)
    for key, awarded, possible in (("c1", 4, 4), ("c2", 0, 3), ("c3", 3, 3)):
        give(session, found[key].id, judge(session, "x"), awarded, possible)
    assert responses.get(session, response_id=response.id).standing == pytest.approx(0.7)
    (standing,) = cases.standings(session, dataset_id=1)
    assert (standing.model, standing.responses) == ("model-a", 1)
    assert standing.mean == pytest.approx(0.7)


def test_a_decision_settles_and_counts(session, item, ana):
    response = answer(session, item)
    case_id = by_key(session, response)["c1"].id
    give(session, case_id, judge(session, "x"), 4, 4)
    give(session, case_id, judge(session, "y"), 2, 4)
    adjudications.save(
        session, dataset_id=1, case_id=case_id, version=None, outcome="score", awarded=1,
        possible=4, accepted="own", person_id=ana.id,
    )  # fmt: skip
    cases.refresh(session, case_ids=[case_id])
    case = cases.get(session, case_id=case_id)
    assert (case.state, case.standing) == ("settled", 0.25)


def test_an_unparsed_score_is_open_and_never_zero(session, item):
    response = answer(session, item)
    case = give(session, by_key(session, response)["c1"].id, judge(session, "x"), None, 4)
    assert (case.state, case.kinds, case.standing) == ("open", ("unparsed",), None)
    assert responses.get(session, response_id=response.id).standing is None


def test_the_stamp_tells_what_changed_since(session, item):
    response = answer(session, item)
    before = max(case.stamp for case in by_key(session, response).values())
    changed = give(session, by_key(session, response)["c1"].id, judge(session, "x"), 1, 4)
    newer = [c.id for c in by_key(session, response).values() if c.stamp > before]
    assert newer == [changed.id]


def test_curation_moves_the_weights_of_cases(workspace, item, ana):
    with workspace.database.writing() as session:
        response = answer(session, item)
    tab = Tab(workspace, ana, item)
    tab.weigh(c1=6, c2=1)
    tab.submit("fix")
    with workspace.database.reading() as session:
        found = by_key(session, response)
    assert {key: round(case.weight_share, 9) for key, case in found.items()} == {
        "c1": 0.6, "c2": 0.1, "c3": 0.3,
    }  # fmt: skip


def test_a_dropped_item_counts_no_more(workspace, item, ana):
    with workspace.database.writing() as session:
        response = answer(session, item)
        give(session, by_key(session, response)["c1"].id, judge(session, "x"), 1, 4)
    tab = Tab(workspace, ana, item)
    tab.type("No use.")
    tab.submit("drop")
    with workspace.database.reading() as session:
        assert not any(case.live for case in by_key(session, response).values())
        assert cases.standings(session, dataset_id=1)[0].mean is None


@pytest.mark.parametrize(
    "statement", ["UPDATE judge_reply SET text = 'x'", "DELETE FROM judge_reply"]
)
def test_what_a_judge_said_can_be_neither_changed_nor_removed(workspace, item, statement):
    with workspace.database.writing() as session:
        response = answer(session, item)
        scores.insert_replies(session, rows=[reply_row(session, response)])
    with pytest.raises(IntegrityError, match="kept as it came"):
        databases.asked(workspace.database, statement)


def reply_row(session, response):
    return {
        "id": scores.next_reply_id(session), "dataset_id": 1, "response_id": response.id,
        "rater_id": judge(session, "x").id, "form": "mia", "text": "4/4", "asked": [],
        "notes": [], "kits": {}, "file_id": None, "call_id": None, "at": datetime.now(UTC),
    }  # fmt: skip


def test_two_runs_share_a_call_and_it_is_taken_once(session, item, ana):
    response = answer(session, item)
    rater = judge(session, "x")
    call = {
        "key": "k", "rater_id": rater.id, "response_id": response.id, "method": "direct",
        "component_key": "", "repeat": 0,
    }  # fmt: skip
    one, two = (
        judge_runs.add(
            session, person_id=ana.id, dataset_id=1, rater_id=rater.id, model="x", prompts={},
            methods=["direct"],
        )
        for _ in range(2)
    )  # fmt: skip
    [taken] = judge_runs.reserve(session, run_id=one.id, calls=[call])
    with pytest.raises(Refused):
        judge_runs.reserve(session, run_id=two.id, calls=[call])
    judge_runs.give_back(session, call_ids=[taken])
    assert judge_runs.reserve(session, run_id=two.id, calls=[call]) == [taken]
    assert judge_runs.sent(session, rater_id=rater.id) == [taken]
    for run in (one, two, two):
        judge_runs.link(session, run_id=run.id, call_ids=[taken])
    end = {
        "state": "done", "error_kind": None, "error": None, "structured": True, "attempts": 1,
        "prompt_tokens": 5, "completion_tokens": 2, "cost": 0.1, "latency": 0.05,
    }  # fmt: skip
    judge_runs.settle(session, ends={taken: end})
    judge_runs.settle(session, ends={taken: end | {"state": "failed"}})
    assert judge_runs.known(session, keys=["k", "l"])["k"].state == "done"
    with pytest.raises(Refused):
        judge_runs.reserve(session, run_id=one.id, calls=[call])
    assert judge_runs.tally(session, run_id=two.id) == {"done": 1}


def test_a_mean_moved_by_one_response_at_a_time_is_the_mean_worked_out_anew(session, item):
    judges = [judge(session, name) for name in "xyz"]
    found = [
        case
        for response in (answer(session, each) for each in range(item, item + 3))
        for case in by_key(session, response).values()
    ]
    for turn in range(60):
        case, rater = found[turn * 7 % len(found)], judges[turn % 3]
        scores.forget(session, case_ids=[case.id], rater_id=rater.id)
        give(session, case.id, rater, (turn * 5 % 4) if turn % 4 else None, 4)
        (kept,) = cases.standings(session, dataset_id=1)
        anew = cases.counted_anew(session, 1, "model-a")
        assert kept.responses == anew.responses
        assert kept.mean == pytest.approx(anew.mean, abs=1e-12)
