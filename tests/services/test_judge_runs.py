"""Judge runs: nothing lost, nothing made twice, nothing overspent, nothing kept back."""

from __future__ import annotations

import base64
import io
import json
from collections import Counter

import pytest
from PIL import Image

from annotator.config import load
from annotator.errors import InvalidValue
from annotator.judges import Price, Tokens
from annotator.services import judge_runs, judge_work
from annotator.services.jobs import run_next
from annotator.services.judge_plan import JudgeSettings
from annotator.services.workspace import open_workspace
from tests.examples import Tab
from tests.judge_server import JudgeServer
from tests.judging import (
    KEY,
    answer,
    asked,
    changed,
    dataset,
    scores_of,
    started,
    wish,
)

PRICE = Price(2.5, 10)


@pytest.fixture
def server():
    with JudgeServer() as one:
        yield one


@pytest.fixture
def bench(workspace, ana, tmp_path):
    return dataset(workspace, ana, tmp_path / "b", 6, ("model-a", "model-b"))


def names(server):
    """How often each call arrived, by its key."""
    return Counter(call.headers["idempotency-key"] for call in server.calls)


def counters(run):
    return dict(run.counters)


def test_every_component_of_every_response_gets_the_score_that_the_judge_gave(
    workspace, ana, bench, server
):
    run = started(workspace, ana, wish(bench, server.url, price=PRICE))
    assert (run.state, run.done, run.failed, run.message) == ("done", 12, 0, "")
    assert counters(run) == {"answered": 12}
    found = scores_of(workspace)
    assert len(found) == 36 and all(row[5] is None for row in found)
    for _, key, _, awarded, possible, _, reply in found:
        said = json.loads(reply)[f"component_{key[1:]}"]
        assert (awarded, possible) == (said["awarded"], said["possible"])
    assert set(names(server).values()) == {1} and len(server.calls) == 12
    assert all(call.images and "=== " in call.prompt for call in server.calls)
    tokens = asked(workspace, "SELECT sum(prompt_tokens), sum(completion_tokens) FROM judge_call")
    assert [(run.prompt_tokens, run.completion_tokens)] == tokens
    assert run.cost == pytest.approx(PRICE.of(Tokens(run.prompt_tokens, run.completion_tokens)))
    assert run.prompts["direct"].startswith("v1 ") and len(run.prompts["direct"]) == 67


def test_an_estimate_asks_nobody_and_says_what_is_left(workspace, ana, bench, server):
    wanted = wish(bench, server.url, price=PRICE, repeats=2)
    before = judge_runs.estimate(workspace, wanted)
    assert (before.replies, before.calls, before.methods) == (24, 24, {"direct": 24})
    assert before.cost == pytest.approx(PRICE.of(before.tokens)) and server.calls == []
    run = started(workspace, ana, wanted)
    assert 0.3 < run.prompt_tokens / before.tokens.sent < 3
    assert judge_runs.estimate(workspace, wanted).calls == 0


def test_the_same_wish_again_makes_no_call(workspace, ana, bench, server):
    started(workspace, ana, wish(bench, server.url))
    again = started(workspace, ana, wish(bench, server.url))
    assert (again.state, again.done, len(server.calls)) == ("done", 12, 12)
    assert len(scores_of(workspace)) == 36


def test_other_settings_and_more_repeats_are_other_calls(workspace, ana, bench, server):
    started(workspace, ana, wish(bench, server.url))
    started(workspace, ana, wish(bench, server.url, repeats=2))
    assert len(server.calls) == 24
    started(workspace, ana, wish(bench, server.url, settings=JudgeSettings(temperature=1.0)))
    assert len(server.calls) == 36 and len(set(names(server))) == 36


def test_two_responses_that_say_the_same_are_judged_by_one_call(workspace, ana, tmp_path, server):
    bench = dataset(
        workspace, ana, tmp_path / "b", 2, ("model-a", "model-b"), said=lambda n, m: f"Cat {n}."
    )
    run = started(workspace, ana, wish(bench, server.url))
    assert (run.done, len(server.calls)) == (4, 2)
    assert len(scores_of(workspace)) == 12
    later = [{"index": 0, "text": "Cat 0."}, {"index": 1, "text": "Cat 1."}]
    answer(workspace, ana, later, "model-c")
    run = started(workspace, ana, wish(bench, server.url))
    assert (run.done, len(server.calls)) == (6, 2)
    assert counters(run) == {"taken over from another call": 2}
    assert len(scores_of(workspace)) == 18


def test_after_an_edit_the_judge_is_asked_again_and_both_replies_are_kept(
    workspace, ana, bench, server
):
    started(workspace, ana, wish(bench, server.url))
    [[item]] = asked(workspace, "SELECT id FROM item WHERE position = 0")
    tab = Tab(workspace, ana, item)
    tab.weigh(c1=5, c2=3, c3=2)
    tab.submit("fix")
    started(workspace, ana, wish(bench, server.url))
    assert len(server.calls) == 14
    assert asked(workspace, "SELECT count(*) FROM judge_reply") == [(14,)]
    points = asked(
        workspace,
        "SELECT DISTINCT s.possible FROM score s JOIN scored_case c ON c.id = s.case_id"
        " WHERE c.item_id = :item AND s.reply_id IS NOT NULL ORDER BY 1",
        item=item,
    )
    assert points == [(2.0,), (3.0,), (5.0,)] and len(scores_of(workspace)) == 36


def test_a_reply_without_a_score_is_kept_unparsed_with_its_reason(workspace, ana, bench, server):
    server.script("refuse", "filter", "cut", "cut", "empty", "empty", "empty")
    run = started(workspace, ana, wish(bench, server.url, concurrency=1))
    assert (run.state, run.done, run.failed) == ("done", 12, 0)
    assert counters(run) == {
        "answered": 8, "refused": 2, "cut off": 1, "empty": 1,
        "overcome: cut off": 1, "overcome: empty": 2,
    }  # fmt: skip
    unparsed = Counter(row[5] for row in scores_of(workspace) if row[3] is None)
    assert unparsed == {
        "the judge refused to score": 6,
        "the judge's reply was cut off at 2048 tokens": 3,
        "the judge's reply is empty": 3,
    }
    ends = asked(
        workspace, "SELECT DISTINCT state, coalesce(error_kind, '') FROM judge_call ORDER BY 2"
    )
    assert ends == [("done", ""), ("done", "cut off"), ("done", "empty"), ("done", "refused")]


def test_a_call_that_fails_is_told_and_made_when_the_run_is_resumed(workspace, ana, bench, server):
    server.script("400")
    run = started(workspace, ana, wish(bench, server.url, concurrency=1))
    assert (run.state, run.done, run.failed) == ("done", 11, 1)
    assert run.message == "1 got no reply; resume the run to ask for these again."
    assert run.counters["rejected"] == 1
    judge_runs.resume(workspace, actor=ana, run_id=run.id)
    assert run_next(workspace, worker="test")
    run = judge_runs.get(workspace, run_id=run.id)
    assert (run.state, run.done, run.failed, len(server.calls)) == ("done", 12, 0, 13)


def test_a_refused_key_pauses_the_run_and_shows_nowhere(
    environment, workspace, ana, bench, server, caplog
):
    server.key = "another"
    keyed = open_workspace(load(environment | {"ANNOTATOR_JUDGE_KEY": KEY}, judge_url=server.url))
    run = started(keyed, ana, wish(bench, server.url))
    assert (run.state, run.done) == ("paused", 0) and "401" in run.message
    assert {call.headers["authorization"] for call in server.calls} == {f"Bearer {KEY}"}
    keyed.database.close()
    for table in ("judge_run", "judge_call", "rater", "job", "event"):
        assert KEY not in str(asked(workspace, f"SELECT * FROM {table}"))
    written = [f.read_bytes() for f in workspace.settings.home.rglob("*") if f.is_file()]
    assert not [data for data in written if KEY.encode() in data] and KEY not in caplog.text


def test_a_key_is_not_sent_to_an_address_it_was_not_set_for(environment, ana, bench, server):
    keyed = open_workspace(load(environment | {"ANNOTATOR_JUDGE_KEY": KEY}))
    started(keyed, ana, wish(bench, server.url))
    keyed.database.close()
    assert {call.headers["authorization"] for call in server.calls} == {"Bearer none"}


def test_a_server_that_is_down_pauses_the_run(workspace, ana, bench, server, monkeypatch):
    monkeypatch.setattr(judge_work, "HOPELESS", 4)
    server.script(*["400"] * 40)
    run = started(workspace, ana, wish(bench, server.url, concurrency=1))
    assert run.state == "paused" and "4 calls in a row failed" in run.message
    assert run.done == 0 and 4 <= len(server.calls) < 12


def test_a_budget_is_not_exceeded_and_the_run_goes_on_with_more(workspace, ana, bench, server):
    wanted = wish(bench, server.url, price=PRICE, concurrency=4)
    each = judge_runs.estimate(workspace, wanted).cost / 12
    budget = 26 * each
    run = started(
        workspace, ana, wish(bench, server.url, price=PRICE, concurrency=4, budget=budget)
    )
    assert (run.state, 0 < run.done < 12) == ("paused", True) and "budget" in run.message
    assert run.cost <= budget and len(server.calls) == run.done
    more = started(workspace, ana, wish(bench, server.url, price=PRICE, budget=1000 * each))
    assert (more.id, more.state, more.done, len(server.calls)) == (run.id, "done", 12, 12)


def test_attempts_that_nobody_counted_are_charged_to_the_budget_at_their_most(
    workspace, ana, bench, server
):
    server.script("drop", "no usage")
    run = started(workspace, ana, wish(bench, server.url, price=PRICE, concurrency=1, budget=100.0))
    assert run.state == "done" and run.counters["attempts of unknown cost"] == 2
    assert run.unseen_cost > run.cost / 12


@pytest.mark.parametrize(
    "changes",
    [
        {"model": " "},
        {"repeats": 0},
        {"concurrency": 0},
        {"budget": 1.0},
        {"methods": ("guess",)},
        {"methods": ()},
        {"budget": -1.0, "price": PRICE},
        {"budget": float("nan"), "price": PRICE},
    ],
)
def test_a_wish_that_cannot_be_is_refused(changes):
    with pytest.raises(InvalidValue):
        wish(1, "http://127.0.0.1:1/v1", **changes)


def test_answers_and_images_that_are_missing_are_left_out_and_told(
    workspace, ana, tmp_path, server
):
    bench = dataset(workspace, ana, tmp_path / "b", 3)
    changed(workspace, "UPDATE response SET text = NULL, error = 'none' WHERE id = 1")
    changed(workspace, "UPDATE item SET image_id = NULL WHERE position = 2")
    run = started(workspace, ana, wish(bench, server.url))
    assert (run.state, run.done, len(server.calls)) == ("done", 1, 1)
    assert run.counters["left out: the model gave no answer"] == 1
    assert run.counters["left out: the item has no image"] == 1


def test_all_four_methods(workspace, ana, tmp_path, server):
    bench = dataset(workspace, ana, tmp_path / "b", 2)
    changed(workspace, "UPDATE component SET judge_method = 'compare' WHERE key = 'c1'")
    changed(
        workspace,
        "UPDATE component SET judge_method = 'rule', text = 'exactly 2 words' WHERE key = 'c2'",
    )
    changed(workspace, "UPDATE component SET position = NULL WHERE item_id = 2")
    changed(workspace, "UPDATE item SET answers = '[\"two\", \"2\"]', component_count = 0"
                       " WHERE id = 2")  # fmt: skip
    changed(workspace, "DELETE FROM score")
    changed(workspace, "DELETE FROM scored_case WHERE item_id = 2")
    changed(
        workspace,
        "INSERT INTO scored_case SELECT id + 100, dataset_id, response_id, item_id, NULL, '',"
        " model, 'perception', 'perception', 1, live, 0, 0, 0, NULL, NULL, NULL, 0, 0, 0, NULL,"
        " 'agreed', 0 FROM scored_case WHERE item_id = 1 AND component_key = 'c1'",
    )
    changed(workspace, "UPDATE scored_case SET item_id = 2, response_id = 2 WHERE id > 100")
    answer(workspace, ana, [{"index": 0, "text": "Without.", "variant": "c1"}])
    run = started(workspace, ana, wish(bench, server.url))
    assert (run.state, run.done) == ("done", 3)
    prompts = sorted(call.prompt for call in server.calls)
    assert len(prompts) == 3
    by_method = dict(asked(workspace, "SELECT form, text FROM judge_reply"))
    assert set(by_method) == {"direct", "compare", "perception"}
    compared = next(text for text in prompts if "without the requirement" in text)
    assert "Without." in compared and "model-a sees 0 cats." in compared
    assert "- two\n- 2" in next(text for text in prompts if "accepted answers ===" in text)
    assert [len(call.images) for call in server.calls if "- two" in call.prompt] == [0]
    given = asked(
        workspace,
        "SELECT c.component_key, r.kind, s.awarded, s.possible FROM score s JOIN scored_case c"
        " ON c.id = s.case_id JOIN rater r ON r.id = s.rater_id ORDER BY c.item_id, 1",
    )
    assert [row[:2] for row in given] == [
        ("c1", "judge"), ("c2", "verifier"), ("c3", "judge"), ("", "judge"),
    ]  # fmt: skip
    assert given[1] == ("c2", "verifier", 0.0, 3.0)
    assert given[0][2] == (4.0 if json.loads(by_method["compare"])["verdict"] else 0.0)
    assert given[3][2] == (1.0 if "right" in by_method["perception"] else 0.0)


def test_a_comparison_without_the_other_answer_is_left_out_and_told(
    workspace, ana, tmp_path, server
):
    bench = dataset(workspace, ana, tmp_path / "b", 1)
    changed(workspace, "UPDATE component SET judge_method = 'compare' WHERE key = 'c1'")
    run = started(workspace, ana, wish(bench, server.url, methods=("compare",)))
    said = "left out: there is no answer without the component to compare with"
    assert (run.done, counters(run)) == (0, {said: 1}) and server.calls == []


def test_images_are_sent_no_larger_than_is_said(workspace, ana, tmp_path, server):
    bench = dataset(workspace, ana, tmp_path / "b", 1, side=900)
    settings = JudgeSettings(image_side=300)
    started(workspace, ana, wish(bench, server.url, settings=settings))
    [sent] = server.calls[0].images
    with Image.open(io.BytesIO(base64.b64decode(sent.partition(",")[2]))) as image:
        assert max(image.size) == 300
