"""What may be stored of an item: nothing out of range, and any text people write."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from annotator.domain.edits import apply_edit
from annotator.domain.items import (
    MAX_COMPONENTS,
    MAX_TEXT,
    Component,
    ContentRules,
    check_change,
    flatten,
    unflatten,
)
from annotator.errors import InvalidValue
from tests.examples import ITEM, contents

RULES = ContentRules()
OPEN = ContentRules(types=(), levels=(), target=None)


def part(**changed):
    """ITEM with another second component."""
    first, second, third = ITEM.components
    return replace(ITEM, components=(first, replace(second, **changed), third))


def refused(after, rules=RULES, before=ITEM):
    with pytest.raises(InvalidValue) as fault:
        check_change(before, after, rules)
    return str(fault.value)


@pytest.mark.parametrize(
    "weight", [-1, -0.5, float("nan"), float("inf"), True, "3", None, 10**7, 10**400, [3]]
)
def test_weights_out_of_range_are_refused(weight):
    assert "weight of component 2" in refused(part(weight=weight))


@pytest.mark.parametrize("weight", [0, 3.5, 1_000_000, 0.001])
def test_weights_in_range_are_stored(weight):
    check_change(ITEM, part(weight=weight), RULES)


def test_unweighted_datasets_allow_no_weight():
    check_change(ITEM, part(weight=None), OPEN)


@pytest.mark.parametrize("text", ["", "   ", "\n", None, 5, "a\x00b", "\ud83d", "x" * 100_001])
def test_texts_that_are_none_are_refused(text):
    assert "text of component 2" in refused(part(text=text))
    assert refused(replace(ITEM, instruction=text)).startswith("instruction")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "**bold** $x^2$ `code` [link](javascript:alert(1))",
        "‫مرحبا بالعالم‬ שלום",
        "👩‍👩‍👧‍👦 é é 漢字",
        "word " * 4_000,
        "x" * MAX_TEXT,
    ],
)
def test_texts_people_write_are_stored_as_they_are(text):
    after = part(text=text)
    check_change(ITEM, after, RULES)
    assert unflatten(flatten(after)).components[1].text == text


@pytest.mark.parametrize("name", ["poetry", "", None, 5, ["describe"]])
def test_unknown_types_are_refused(name):
    assert "type of component 2" in refused(part(type=name))


def test_types_that_the_source_knows_are_stored():
    check_change(ITEM, part(type="rhyme"), replace(RULES, extra_types=frozenset({"rhyme"})))
    before = part(type="rhyme")
    check_change(
        before, apply_edit(before, {"op": "move_component", "key": "c2", "position": 0}), RULES
    )


@pytest.mark.parametrize("level", ["hard", "", 5, ["basic"]])
def test_unknown_levels_are_refused(level):
    assert "level" in refused(replace(ITEM, level=level))


def test_levels_are_open_where_the_dataset_names_none():
    check_change(ITEM, replace(ITEM, level="hard"), OPEN)
    assert "level" in refused(replace(ITEM, level=5), OPEN)
    check_change(ITEM, replace(ITEM, level=None), RULES)


@pytest.mark.parametrize("method", ["guess", None, ["direct"], ""])
def test_unknown_judge_methods_are_refused(method):
    assert "judge method of component 2" in refused(part(judge_method=method))


@pytest.mark.parametrize(
    "call",
    [
        {"params": []},
        {"func": 5},
        {"func": "f", "params": "x"},
        {"func": "f", "params": [float("nan")]},
        {"func": "f", "params": [object()]},
        {"func": "f", "params": ["x" * MAX_TEXT]},
    ],
)
def test_verifier_calls_that_are_none_are_refused(call):
    assert "verifier calls of component 2" in refused(part(verifier_calls=(call,)))


@pytest.mark.parametrize("answer", ["", 5, None])
def test_answers_that_are_no_text_are_refused(answer):
    assert "answer" in refused(replace(ITEM, answers=(answer,)))


def test_two_components_with_one_key_are_refused():
    assert "same key" in refused(replace(ITEM, components=(*ITEM.components, ITEM.components[0])))


def test_too_many_components_are_refused():
    many = tuple(Component(f"c{n}", "x", "math", 0) for n in range(MAX_COMPONENTS + 1))
    assert "at most" in refused(replace(ITEM, components=many))


def test_a_faulty_value_may_stay_as_it_came_while_the_rest_is_mended():
    faulty = part(weight=-1, text="", type="rhyme", judge_method="guess")
    mended = apply_edit(faulty, {"op": "set_component", "key": "c1", "field": "weight", "value": 5})
    check_change(faulty, mended, RULES)
    worse = apply_edit(mended, {"op": "set_weights", "weights": {"c2": -2}})
    assert "weight of component 2" in refused(worse, before=mended)


@given(contents(), contents())
def test_anything_generated_in_range_is_stored(before, after):
    check_change(before, after, replace(RULES, target=None))
