"""Judges' replies made elsewhere: every word kept, every component a score or a reason."""

from __future__ import annotations

import json

import pytest

from annotator.errors import InputError
from annotator.formats.replies import Names
from annotator.services.answering import import_answers
from annotator.services.replying import import_replies
from db import cases, responses, scores
from tests.examples import Tab
from tests.services.test_answering import lines

GOOD = "score of component 1: 4/4, score of component 2: 1/3, score of component 3: 3/3."
WHO = {"judge": "x", "model": "m"}


@pytest.fixture
def bring(workspace, ana, item):
    data = lines({"index": 0, "text": "A cat."}, {"index": 1, "text": "La."})
    import_answers(workspace, actor=ana, dataset="Bench", file="a.jsonl", data=data, model="m")

    def run(*rows, file="said.jsonl", names=None, **how):
        return import_replies(
            workspace, actor=ana, dataset="Bench", file=file, data=lines(*rows),
            names=Names(**(WHO if names is None else names)), **how,
        )  # fmt: skip

    return run


@pytest.fixture
def shares(workspace, item):
    def of(item_id=item, repeat=0):
        with workspace.database.reading() as session:
            response = responses.of_items(session, item_ids=[item_id])[0]
            found = {}
            for case in cases.of_response(session, response_id=response.id):
                for score in scores.of_case(session, case_id=case.id):
                    if score.reply_id and score.repeat == repeat:
                        found[case.component_key] = score.awarded
        return found

    return of


def test_a_readable_reply_scores_each_component(bring, shares, workspace):
    report = bring({"index": 0, "reply": GOOD})
    assert (report.new, report.scores, report.unparsed) == (1, 3, 0)
    assert shares() == {"c1": 4, "c2": 1, "c3": 3}
    with workspace.database.reading() as session:
        (reply,) = scores.replies(session, reply_ids=[1]).values()
    assert reply.text == GOOD and reply.kits["vlmevalkit"]["components"] == [1.0, 1 / 3, None]


def test_the_same_again_changes_nothing_and_another_is_refused(bring):
    bring({"index": 0, "reply": GOOD})
    assert bring({"index": 0, "reply": GOOD}).unchanged == 1
    with pytest.raises(InputError, match="something else"):
        bring({"index": 1, "reply": GOOD}, {"index": 0, "reply": "5/10"})
    assert bring({"index": 0, "reply": "0/10"}, names={**WHO, "repeat": 1}).new == 1


def test_what_cannot_be_read_is_unparsed_with_its_reason(bring, shares, workspace):
    report = bring(
        {"index": 0, "reply": "score of component 1: 4/4, score of"}, {"index": 1, "reply": ""}
    )
    assert (report.scores, report.unparsed) == (1, 5)
    assert shares() == {"c1": 4, "c2": None, "c3": None}


def test_a_reply_to_an_answer_that_is_not_there_is_listed(bring):
    with pytest.raises(InputError, match="m has no answer there"):
        bring({"index": 2, "reply": GOOD})
    with pytest.raises(InputError, match="judges another answer"):
        bring({"index": 0, "prediction": "A dog.", "score_raw": GOOD})


def test_vlmevalkits_storage_brings_the_answers_that_were_judged(bring, shares, item):
    report = bring(
        {"index": 2, "prediction": "A line.", "score_raw": GOOD},
        file="n_MIA-Bench_y.jsonl",
        names={},
    )
    assert (report.format, report.answers, report.judges) == ("vlmevalkit", 1, ["y"])
    assert shares(item + 2) == {"c1": 4, "c2": 1, "c3": 3}


def test_mm_ifevals_storage(bring, shares, workspace, ana, item):
    tab = Tab(workspace, ana, item)
    tab.edit({"op": "set_component", "key": "c3", "field": "judge_method", "value": "compare"})
    tab.submit("fix")
    stored = {
        "gpt_resp_direct_gpt": "Judgement: fine. Summary: Score of constraint_1: 1/1, "
        "Score of constraint_2: 0/1.",
        "c1": 1.0, "c2": 0.0, "c3": 1,
        "gpt_resp_cmp_gpt_c3": 'Reasoning: it differs. Summary: "True"',
        "total_score": 0.67,
    }  # fmt: skip
    row = {"id": "0", "infer_type": "main", "eval_score_dict": stored}
    report = bring(row)
    assert (report.format, report.new) == ("vlmevalkit mm-ifeval", 2)
    assert shares()["c2"] == 0 and shares()["c1"] > 0 and shares()["c3"] > 0


def test_evalscope_keeps_shares_of_the_weights(bring, shares):
    value = {"component_1_describe": 0.75, "component_2_length_limit": 1.0, "judge_score": 0.6}
    report = bring({"index": 0, "sample_score": {"score": {"value": value}, "sample_id": 0}})
    assert (report.format, report.unparsed) == ("evalscope", 1)
    assert shares() == {"c1": 3, "c2": 3, "c3": None}


def test_what_evalscope_keeps_beside_the_shares_is_kept(bring, shares, workspace):
    value = {"component_1_describe": 0.5}
    score = {
        "value": value,
        "explanation": "Nice.",
        "metadata": {"model": "j"},
        "prediction": "A cat.",
    }
    bring({"index": 0, "sample_score": {"score": score, "sample_id": 0}})
    assert shares()["c1"] == 2
    with workspace.database.reading() as session:
        (text,) = session.connection().exec_driver_sql("SELECT text FROM judge_reply").one()
    assert json.loads(text) == {name: score[name] for name in ("value", "explanation", "metadata")}


def test_lmms_eval_keys_by_text_and_its_zeros_are_doubted(bring, shares, workspace):
    value = {
        "Tell a story about the cat": 0.5,
        "four-line": 0,
        "mention its eyes": 1,
        "total_score": 1,
    }
    report = bring({"doc_id": 0, "doc": {}, "filtered_resps": ["A cat."], "gpt_eval_score": value})
    assert report.format == "lmms-eval"
    assert shares() == {"c1": 2, "c2": 0, "c3": 3}
    with workspace.database.reading() as session:
        (reply,) = scores.replies(session, reply_ids=[1]).values()
    assert json.loads(reply.text) == value and "could not read" in reply.notes[0]


def test_a_reply_made_before_curation_is_read_against_the_source(
    bring, shares, workspace, ana, item
):
    tab = Tab(workspace, ana, item)
    tab.weigh(c1=8, c2=1, c3=1)
    tab.submit("fix")
    assert bring({"index": 0, "reply": GOOD}).unparsed == 0
    assert shares() == {"c1": 4, "c2": 1, "c3": 3}
