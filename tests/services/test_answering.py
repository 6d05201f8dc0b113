"""Models' answers: matched for sure or listed, whole or not at all, once."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest

from annotator.errors import InputError
from annotator.services import jobs, uploads
from annotator.services.answering import import_answers
from annotator.services.demo import build
from db import cases, datasets, responses
from tests.examples import Tab


def lines(*rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@pytest.fixture
def bring(workspace, ana, item):
    def run(data, file="answers.jsonl", **how):
        return import_answers(
            workspace, actor=ana, dataset="Bench", file=file, data=data, **{"model": "m", **how}
        )

    return run


@pytest.fixture
def stored(workspace):
    def of(item_id):
        with workspace.database.reading() as session:
            return responses.of_items(session, item_ids=[item_id])

    return of


def test_by_index_and_the_same_file_again_changes_nothing(bring, stored, item):
    data = lines({"index": 0, "text": "A cat."}, {"index": 2, "text": "A line."})
    assert (bring(data).new, bring(data).unchanged) == (2, 2)
    (response,) = stored(item)
    assert (response.model, response.text, response.error) == ("m", "A cat.", None)


def test_by_image_and_prompt_as_mia_bench_publishes_answers(bring, stored, item):
    row = {"question_id": "images/cat.png", "prompt": "Sing.", "text": "La."}
    assert bring(lines(row)).format == "mia-bench"
    assert stored(item) == [] and stored(item + 1)[0].text == "La."


def test_runs_of_a_model_stand_side_by_side(bring, stored, item):
    bring(lines(*({"index": 0, "text": f"Cat {run}.", "run": run} for run in (1, 2))))
    bring(lines({"index": 0, "text": "Cat 3."}), run=3)
    assert [(r.model, r.text) for r in stored(item)] == [
        ("m#1", "Cat 1."),
        ("m#2", "Cat 2."),
        ("m#3", "Cat 3."),
    ]
    with pytest.raises(InputError, match="no whole number"):
        bring(lines({"index": 0, "text": "Cat.", "run": "monday"}))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"index": 9, "text": "x"}, "no item has the index 9"),
        ({"question_id": "images/dog.png", "text": "x"}, "no item has the image"),
        ({"question_id": "images/cat.png", "text": "x"}, "3 items share its image"),
        ({"index": 0, "prompt": "Sing.", "text": "x"}, "its instruction is that of item 1"),
        ({"text": "x"}, "nothing in it says"),
        ({"index": 0, "infer_type": "aux_cmp_gpt", "del_cons": "c9", "prediction": "x"}, "'c9'"),
    ],
)
def test_what_matches_no_item_is_listed_and_nothing_is_imported(bring, stored, item, row, reason):
    data = lines({"index": 1, "text": "La."}, row)
    with pytest.raises(InputError, match=reason):
        bring(data)
    assert stored(item + 1) == []
    outcome = bring(data, skip_unmatched=True)
    assert outcome.new == 1 and reason.strip("'") in outcome.unmatched[0]["reason"]


def test_variants_have_no_cases(bring, workspace, item):
    row = {"id": "0", "index": 7, "infer_type": "aux_cmp_gpt", "del_cons": "c2", "prediction": "x"}
    main = {"id": "0", "index": 6, "infer_type": "main", "prediction": "y"}
    assert bring(lines(main, row)).format == "mm-ifeval"
    with workspace.database.reading() as session:
        found = responses.of_items(session, item_ids=[item])
        assert [(one.variant, one.text) for one in found] == [("", "y"), ("c2", "x")]
        assert len(cases.of_response(session, response_id=found[0].id)) == 3
        assert cases.of_response(session, response_id=found[1].id) == []


def test_an_error_is_kept_as_one_and_filled_in_later(bring, stored, item):
    assert bring(lines({"index": 0, "text": "error"})).new == 1
    assert (stored(item)[0].text, stored(item)[0].error) == (None, "error")
    assert bring(lines({"index": 0, "text": "A cat."})).filled == 1
    assert (stored(item)[0].text, stored(item)[0].error) == ("A cat.", None)


def test_another_text_is_refused_for_ever(bring, stored, item):
    bring(lines({"index": 0, "text": "A cat."}))
    with pytest.raises(InputError, match="never change"):
        bring(lines({"index": 1, "text": "La."}, {"index": 0, "text": "A dog."}))
    assert stored(item + 1) == []
    with pytest.raises(InputError, match="line 1 of this file"):
        bring(lines({"index": 1, "text": "La."}, {"index": 1, "text": "Lo."}))


def sheet(*rows):
    book, target = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("file", "data"),
    [
        ("x_MIA-Bench.xlsx", sheet(["index", "prediction"], [0.0, "A cat."], [1, None])),
        ("x_MIA-Bench.tsv", b'index\tprediction\n0\t"A cat."\n1\t\n'),
        ("x_MIA-Bench.jsonl", lines({"index": 0, "prediction": "A cat."})),
        ("x_MIA-Bench.json", json.dumps([{"index": 0, "prediction": "A cat."}]).encode()),
    ],
)  # fmt: skip
def test_vlmevalkits_files_name_their_model(bring, stored, item, file, data):
    outcome = bring(data, file=file, model=None)
    assert outcome.models["x"] == outcome.rows
    assert (stored(item)[0].model, stored(item)[0].text) == ("x", "A cat.")


def test_any_columns_by_a_mapping(bring, stored, item):
    bring(b"nr,said\n0,A cat.\n", file="a.csv", mapping={"index": "nr", "text": "said"})
    assert stored(item)[0].text == "A cat."
    with pytest.raises(InputError, match="no field 'said'"):
        bring(b"nr,said\n0,A cat.\n", file="a.csv", mapping={"said": "nr"})


@pytest.mark.parametrize(
    ("file", "data", "said"),
    [
        ("a.jsonl", b"", "no rows"),
        ("a.jsonl", b"{", "line 1"),
        ("a.jsonl", b'{"index": 0, "model": "m"}', "text=COLUMN"),
        ("a.jsonl", b'{"index": 0, "text": 5, "model": ""}', "--model"),
        ("a.csv", b"index,text\n0\n", "1 cells"),
        ("a.xlsx", b"no workbook", "Excel"),
        ("a.pkl", b"\x80\x04K\x01.", "pickle"),
        ("a.jsonl", b"\xff\xfe", "UTF-8"),
    ],
)
def test_broken_files_are_refused_in_words(bring, file, data, said):
    with pytest.raises(InputError, match=said):
        bring(data, file=file, model=None)


def test_rules_score_what_they_can_decide_and_follow_curation(workspace, ana, bring, item):
    bring(lines({"index": 0, "text": "One line."}))
    with workspace.database.reading() as session:
        (response,) = responses.of_items(session, item_ids=[item])
        before = {c.component_key: c for c in cases.of_response(session, response_id=response.id)}
    assert (before["c2"].verifier_share, before["c1"].verifier_share) == (0.0, None)
    tab = Tab(workspace, ana, item)
    tab.edit({"op": "set_component", "key": "c2", "field": "text", "value": "one-line"})
    tab.submit("fix")
    with workspace.database.reading() as session:
        after = {c.component_key: c for c in cases.of_response(session, response_id=response.id)}
    assert after["c2"].verifier_share == 1.0
    tab.undo()
    with workspace.database.reading() as session:
        back = {c.component_key: c for c in cases.of_response(session, response_id=response.id)}
    assert back["c2"].verifier_share == 0.0


def test_the_demo_has_answers_replies_and_work(workspace):
    report = build(workspace)
    with workspace.database.reading() as session:
        found = cases.standings(session, dataset_id=report.dataset_id)
        open_ = cases.count_open(session, dataset_id=report.dataset_id)
    assert [(one.model, one.responses) for one in found] == [
        ("demo-model-a", 39), ("demo-model-b", 39), ("demo-model-c", 39),
    ]  # fmt: skip
    assert found[0].mean > found[1].mean > found[2].mean
    assert open_ > 50


def test_the_same_file_may_be_another_models(bring, stored, item):
    data = lines({"index": 0, "text": "A cat."})
    assert (bring(data, model="m").new, bring(data, model="n").new) == (1, 1)
    assert [one.model for one in stored(item)] == ["m", "n"]


def test_an_uploaded_file_is_imported_by_the_worker(workspace, ana, item, stored):
    with workspace.database.reading() as session:
        dataset = datasets.by_name(session, name="Bench")
    for kind, rows, more in (
        ("responses", lines({"index": 0, "text": "A cat."}), {"model": "m"}),
        ("replies", lines({"index": 0, "reply": "1/4"}), {"model": "m", "judge": "x"}),
        ("replies", lines({"index": 7, "reply": "1/4"}), {"model": "m", "judge": "x"}),
    ):
        jobs.enqueue_upload(
            workspace, actor=ana, kind=kind, file="f.jsonl", data=rows, dataset=dataset,
            parameters=more,
        )  # fmt: skip
        assert jobs.run_next(workspace, worker="w")
    assert stored(item)[0].text == "A cat."
    last, second, first = jobs.recent(workspace, actor=ana)[:3]
    assert (first.state, second.state, second.result["new"]) == ("done", "done", 1)
    assert last.state == "failed" and "no item has the index 7" in last.message
    assert list(uploads.uploads(workspace).iterdir()) == []
