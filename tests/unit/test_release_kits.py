"""What releases carry for evaluation kits: never a wrong score, and nothing counted as 0."""

from __future__ import annotations

import importlib
import json
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotator.constraints import Response, segment
from annotator.constraints.mm_ifeval import VERIFIERS, parse_verifier_call
from annotator.errors import InvalidValue
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
        "overall": 0.7,
        "type math": 1.0,
        "type mention": pytest.approx(2 / 3),
    }
    assert item_score([], []) is None and report([])["overall"] is None


def test_the_plug_ins_import_nothing_of_ours():
    for file in (Path(sys.modules["annotator.kits"].__file__).parent).glob("*.py"):
        assert "annotator." not in file.read_text("utf-8").replace("``annotator.", "")


# Constraints in MM-IFEval's form


@pytest.fixture(scope="module")
def kit():
    """Imports files of a kit as they lie beside each other in a release."""
    sys.modules["curated_segment"] = segment
    sys.path.insert(0, str(files("annotator.kits")))
    yield importlib.import_module
    sys.path.pop(0)
    for name in [name for name in sys.modules if name.startswith("curated_")]:
        del sys.modules[name]


def test_the_copied_cutting_of_texts_imports_nothing_of_ours():
    assert "annotator." not in Path(segment.__file__).read_text("utf-8")


PARTS = st.sampled_from(
    (
        *(
            "The cat sat.",
            "Dr. Who came at 3.5 p.m. today!",
            "# Title",
            "- one",
            "* two",
            "1. three",
        ),
        *("\n", "\n\n", " ", "  ", "don’t", "Cat, cat; CAT", "12.50 %", "3%", "v1.2.3", "-7", "…"),
        *("Why? “Because.” So", "e.g. this", "第一句。第二句！", "", "the end", "The", "☃"),
    )
)
TERMS = st.sampled_from(("cat", "The", "the end.", "don't", "%", " ", "", "x y", "."))
BOUNDS = st.tuples(st.integers(-1, 4), st.integers(0, 6) | st.sampled_from(("3", 2.5, None)))
PARAMS = st.one_of(
    BOUNDS.map(list),
    TERMS.map(lambda term: [term]),
    st.lists(TERMS, max_size=2).map(lambda terms: [terms]),
    st.tuples(st.lists(TERMS, max_size=2), st.integers(0, 2), st.integers(0, 3)).map(list),
    st.lists(BOUNDS.map(list), max_size=2).map(lambda pairs: [pairs]),
    st.integers(-1, 3).map(lambda decimals: [decimals]),
    st.just([]),
)


@given(st.lists(PARTS, max_size=8).map("".join), st.sampled_from(sorted(VERIFIERS)), PARAMS)
@example("", "check_whether_each_paragraph_sentence_number_in_range", [1, 2])
def test_rules_in_a_kit_answer_as_the_tool_does(kit, text, name, params):
    call = {"func": name, "params": params}
    try:
        [*constraints] = parse_verifier_call(call)
    except InvalidValue:
        assert kit("curated_rules").holds(call, text) is None
        return
    outcomes = {one.verify(Response(text)).outcome for one in constraints}
    wanted = False if "fail" in outcomes else None if "undecided" in outcomes else True
    assert kit("curated_rules").holds(call, text) is wanted


def constraint(text, method, key="k", calls=None):
    judge = {"method": method} | ({"verify_funcs": calls} if calls is not None else {})
    return {"key": key, "value": text, "judge": judge}


DIGITS = {"func": "check_whether_has_no_arabic_number_in_response", "params": []}
MIXED = {
    "question": "Sing. Be loud. No digits. Be sad. Be long.",
    "constraints": json.dumps(
        [
            constraint("Be loud.", "direct_gpt"),
            constraint("No digits.", "rule_based", calls=[DIGITS]),
            constraint("Be sad.", "cmp_gpt"),
            constraint("Be long.", "direct_gpt"),
        ]
    ),
    "answer": "",
}


def test_constraints_are_scored_by_their_number_each_by_its_method(kit):
    asked = []

    def ask(prompt, shown):
        asked.append((prompt, shown))
        return "component 1: 1/1, component 2: 0/1" if shown else "Sad indeed.\nVerdict: true"

    scores = kit("curated_ifeval").score_item(MIXED, "La la.", ["La."], ask)
    assert scores == [1, 1, 1, 0]
    (direct, shown), (compared, also) = asked
    assert (
        "Be loud." in direct and "Be long." in direct and "Be sad." not in direct.split("parts")[1]
    )
    assert (shown, also) == (True, False) and "La la." in compared and "\nLa.\n" in compared


@pytest.mark.parametrize(
    ("reply", "score"),
    [
        ("Because.\nVerdict: true", 1),
        ("**Verdict: False.**", 0),
        ("Wrong: the right answer is 3.", None),
        ("Verdict: true\nNo. Verdict: false", None),
        ("The verdict: true or false?", None),
        ("", None),
    ],
)
def test_a_verdict_is_read_only_in_the_form_asked_for(kit, reply, score):
    assert kit("curated_ifeval").verdict(reply, "true", "false") == score


def test_what_cannot_be_decided_is_unparsed_and_never_0(kit):
    ifeval = kit("curated_ifeval")
    scores = ifeval.score_item(MIXED, "La 3.", [], lambda prompt, shown: "no idea")
    assert scores == [None, 0, None, None]
    unknown = constraint("x", "rule_based", calls=[{"func": "os.system", "params": ["ls"]}])
    assert (
        ifeval.by_rule(unknown, "text") is None and ifeval.by_rule(constraint("x", "r"), "") is None
    )
    assert ifeval.perceived({"question": "?", "answer": float("nan")}, "a", None) is None
    found = ifeval.report([("C-Level", scores), ("C-Level", [1, 0]), ("P-Level", [1.0])])
    assert (found["items"], found["items_read"], found["components_unparsed"]) == (3, 2, 3)
    assert (found["c_level_accuracy"], found["p_level_accuracy"]) == (0.5, 1)
    assert found["overall_accuracy"] == 0.75


def test_answers_without_a_constraint_find_theirs_though_keys_repeat(kit):
    row = {"constraints": json.dumps([constraint(t, "cmp_gpt") for t in ("Sad.", "Glad.")])}
    others_of = kit("curated_ifeval").others_of
    assert others_of(row, [("k", "one"), ("k", "two")]) == ["one", "two"]
    assert others_of(row, [("k", "one")]) == ["one", None]
