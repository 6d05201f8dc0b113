"""MM-IFEval's 19 verifiers: the published answer on ordinary text, ours where that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator import constraints
from annotator.constraints import VERIFIERS, parse_verifier_call, verify
from annotator.errors import InvalidValue

TWO = "The sea is calm. Gulls cry.\n\nA boat waits. Its sail is red."
PARAGRAPH = "check_whether_each_paragraph_"
CASES = [
    ("check_whether_response_paragraph_number_in_range", [2, 2], TWO, True),
    ("check_whether_response_paragraph_number_in_range", [3, 5], TWO, False),
    ("check_whether_response_sentence_number_in_range", [4, 4], TWO, True),
    ("check_whether_response_sentence_number_in_range", [1, 3], TWO, False),
    (PARAGRAPH + "sentence_number_in_range", [2, 3], TWO, True),
    (PARAGRAPH + "sentence_number_in_range", [3, 3], TWO, False),
    (PARAGRAPH + "sentence_number_in_range_list", [[[2, 2], [1, 3]]], TWO, True),
    (PARAGRAPH + "sentence_number_in_range_list", [[[2, 2], [3, 3]]], TWO, False),
    (PARAGRAPH + "sentence_number_in_range_list", [[[2, 2]]], TWO, False),
    ("check_whether_response_word_count_in_range", [13, 13], TWO, True),
    ("check_whether_response_word_count_in_range", [1, 12], TWO, False),
    (PARAGRAPH + "word_count_in_range", [6, 7], TWO, True),
    (PARAGRAPH + "word_count_in_range", [1, 6], TWO, False),
    ("check_whether_whole_response_not_contain_certain_substrings", [["Boat", "x"]], TWO, True),
    ("check_whether_whole_response_not_contain_certain_substrings", [["boat", "x"]], TWO, False),
    ("check_whether_whole_response_not_contain_certain_substring", ["oat"], TWO, False),
    ("check_whether_whole_response_not_contain_certain_substring", ["Oat"], TWO, True),
    ("check_whether_each_sentence_begin_with_certain_substring", ["T"], "To be. Tea.", True),
    ("check_whether_each_sentence_begin_with_certain_substring", ["T"], TWO, False),
    (PARAGRAPH + "begin_with_certain_substring", ["A"], "A b.\n\nAn x.", True),
    (PARAGRAPH + "begin_with_certain_substring", ["A"], TWO, False),
    (PARAGRAPH + "end_with_certain_substring", ["red."], "It is red.\n\nAll red.", True),
    (PARAGRAPH + "end_with_certain_substring", ["red."], TWO, False),
    ("check_whether_each_sentence_end_with_certain_substring", ["!"], "Go! Run!", True),
    ("check_whether_each_sentence_end_with_certain_substring", ["!"], "Go! Run.", False),
    ("check_whether_whole_response_begin_with_certain_substring", ["The sea"], TWO, True),
    ("check_whether_whole_response_begin_with_certain_substring", ["the sea"], TWO, False),
    ("check_whether_whole_response_end_with_certain_substring", ["red."], TWO, True),
    ("check_whether_whole_response_end_with_certain_substring", ["blue."], TWO, False),
    ("check_whether_each_keyword_in_list_metioned_in_range", [["sea", "SAIL"], 1, 1], TWO, True),
    ("check_whether_each_keyword_in_list_metioned_in_range", [["sea", "sai"], 1, 1], TWO, False),
    ("check_whether_total_keyword_in_list_metioned_in_range", [["sea", "boat"], 2, 2], TWO, True),
    ("check_whether_total_keyword_in_list_metioned_in_range", [["sea", "boat"], 3, 9], TWO, False),
    ("check_percentage_number_precision_in_response", [1], "From 2 to 3.5% and 4.0 %.", True),
    ("check_percentage_number_precision_in_response", [1], "About 3.55%.", False),
    ("check_number_precision_in_response", [2], "It is 3.14, not 2.72.", True),
    ("check_number_precision_in_response", [2], "It is 3.14, not 3.", False),
    ("check_whether_has_no_arabic_number_in_response", [], TWO, True),
    ("check_whether_has_no_arabic_number_in_response", [], "Room 5.", False),
]


@pytest.mark.parametrize(("name", "params", "text", "passes"), CASES)
def test_published_answer(name: str, params: list[object], text: str, passes: bool) -> None:
    found = parse_verifier_call({"func": name, "params": params})
    assert all(verify(c, text).outcome == "pass" for c in found) == passes


def test_there_are_nineteen_and_every_one_is_tested_and_documented() -> None:
    assert len(VERIFIERS) == 19
    assert {name for name, *_ in CASES} == set(VERIFIERS)
    table = (Path(constraints.__file__).parent / "VERIFIERS.md").read_text(encoding="utf-8")
    assert all(name in table for name in VERIFIERS)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ({"func": "check_nothing", "params": []}, "func"),
        ({"params": []}, "func"),
        ({"func": "check_whether_response_word_count_in_range", "params": [5]}, "params"),
        ({"func": "check_whether_response_word_count_in_range", "params": [9, 5]}, "params"),
        ({"func": "check_whether_response_word_count_in_range", "params": "5"}, "params"),
        ({"func": "check_number_precision_in_response", "params": ["two"]}, "params"),
        (
            {"func": "check_whether_whole_response_not_contain_certain_substring", "params": [""]},
            "params",
        ),
    ],
)
def test_a_broken_call_says_what_is_wrong(call: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_verifier_call(call)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("name", "params", "text"),
    [
        ("check_whether_response_word_count_in_range", [3, 3], "Sun - and sea"),
        ("check_whether_response_sentence_number_in_range", [2, 2], "- milk\n- eggs"),
        ("check_whether_whole_response_end_with_certain_substring", ["the end"], "It is the end."),
        (PARAGRAPH + "word_count_in_range", [1, 3], "One two.\n\t\nThree four."),
    ],
)
def test_ours_where_the_published_one_is_plainly_wrong(
    name: str, params: list[object], text: str
) -> None:
    (found,) = parse_verifier_call({"func": name, "params": params})
    assert verify(found, text).outcome == "pass"
