"""What releases carry for evaluation kits: never a wrong score, and nothing counted as 0."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.kits.curated_judging import item_score, judge_prompt, read_scores, report

REPLIES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "data" / "judge_replies.jsonl").open(encoding="utf-8")
]
SENTENCES = [reply for reply in REPLIES if reply["form"] == "mia"]


@pytest.mark.parametrize("reply", SENTENCES, ids=lambda reply: reply["id"])
def test_no_wrong_score_is_read(reply):
    for read, wanted in zip(
        read_scores(reply["reply"], reply["weights"]), reply["expect"], strict=True
    ):
        assert read is None or read == wanted


def test_the_form_that_is_asked_for_is_read():
    prompt = judge_prompt("Sing.", ["loud", "long"], [6, 2.5], "La.")
    assert "component 1: x/6, component 2: x/2.5" in prompt and "(2.5 points) long" in prompt
    for reply in (
        "component 1: 6/6, component 2: 1.5/2.5",
        "**Component 1**: 6/6\nComponent #2 : 1.5 / 2.5\nBecause …",
        "score of component 1: 6 out of 6, score of component 2: 1.5/2.5, total score: 7.5/8.5",
    ):
        assert read_scores(reply, [6, 2.5]) == [6, 1.5]


@pytest.mark.parametrize(
    ("reply", "scores"),
    [
        ("component 1: 3/6, component 2: 2/4. Component 1: 4/6 is fair.", [None, None]),
        ("component 1: 3/6, component 2: 5/4", [3, None]),
        ("For example: component 1: 3/6, component 2: 2/4", [None, None]),
        ("component 1: 3/10, component 2: 5/4", [None, None]),
        ("no scores", [None, None]),
        ("", [None, None]),
        ("component 3: 1/6", [None, None]),
    ],
)
def test_what_is_not_certain_is_unparsed(reply, scores):
    assert read_scores(reply, [6, 4]) == scores


@given(st.text(), st.lists(st.integers(1, 10), max_size=4))
def test_any_text_is_taken_and_no_score_is_above_its_weight(reply, weights):
    scores = read_scores(reply, weights)
    assert len(scores) == len(weights)
    assert all(s is None or 0 <= s <= w for s, w in zip(scores, weights, strict=True))


def test_components_of_one_type_all_count_and_unparsed_are_counted():
    rows = [
        {"scores": [4, 0, 3], "weights": [4, 3, 3], "types": ["mention", "mention", "math"]},
        {"scores": [None, 3, 3], "weights": [4, 3, 3], "types": ["mention", "mention", "math"]},
    ]
    assert report(rows) == {
        "items": 2,
        "items_read": 1,
        "components_unparsed": 1,
        "mean": 0.7,
        "type math": 1.0,
        "type mention": pytest.approx(2 / 3),
    }
    assert item_score([], []) is None and report([])["mean"] is None


def test_the_plug_ins_import_nothing_of_ours():
    for file in (Path(sys.modules["annotator.kits"].__file__).parent).glob("*.py"):
        assert "annotator." not in file.read_text("utf-8").replace("``annotator.", "")
