"""Differences: laws of apply and invert, and the sentences people read."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from annotator.domain.changes import (
    apply,
    clashes,
    describe,
    difference,
    invert,
    quote,
    sentences,
)
from annotator.domain.edits import apply_edits
from annotator.domain.items import flatten, same, unflatten
from annotator.domain.merging import united_names
from tests.examples import ITEM, contents


def said(before, after, limit=80):
    patch = difference(flatten(before), flatten(after))
    return sentences(describe(patch, united_names(before, after), limit=limit))


@given(contents(), contents())
def test_applying_a_difference_gives_the_other_state(one, other):
    patch = difference(flatten(one), flatten(other))
    assert apply(flatten(one), patch) == flatten(other)


@given(contents(), contents())
def test_applying_the_inverse_gives_the_first_state_back(one, other):
    patch = difference(flatten(one), flatten(other))
    assert apply(flatten(other), invert(patch)) == flatten(one)
    assert invert(invert(patch)) == patch


@given(contents())
def test_a_state_does_not_differ_from_itself_and_survives_flattening(one):
    assert difference(flatten(one), flatten(one)) == {}
    assert unflatten(flatten(one)) == one


@given(contents(), contents())
def test_a_patch_clashes_exactly_where_its_result_was_changed(one, other):
    patch = difference(flatten(one), flatten(other))
    assert clashes(flatten(other), patch) == []
    assert set(clashes(flatten(one), patch)) == set(patch)


@given(contents(), contents())
def test_every_difference_is_said(one, other):
    patch = difference(flatten(one), flatten(other))
    told = {path for change in describe(patch, united_names(one, other)) for path in change.paths}
    assert bool(told) == bool(patch)
    assert set(patch) - told <= {"order"}


def test_number_types_differ_also_inside_verifier_calls():
    assert not same(4, 4.0)
    assert not same(True, 1)
    assert not same([{"params": [1]}], [{"params": [1.0]}])
    assert same([{"a": 1, "b": 2}], [{"b": 2, "a": 1}])


def test_a_weight_a_text_and_a_type_are_said():
    heavier = apply_edits(
        ITEM,
        [
            {"op": "set_component", "key": "c2", "field": "weight", "value": 4},
            {"op": "set_component", "key": "c2", "field": "text", "value": "five-line"},
            {"op": "set_component", "key": "c1", "field": "type", "value": "math"},
        ],
    )
    assert said(ITEM, heavier) == (
        "changed the type of component 1 from describe to math, "
        "changed the text of component 2 from “four-line” to “five-line” and "
        "changed the weight of component 2 from 3 to 4"
    )


def test_comings_and_goings_are_said_once():
    added = apply_edits(ITEM, [{"op": "add_component", "text": "end with a question"}])
    assert said(ITEM, added) == "added component “end with a question”"
    gone = apply_edits(ITEM, [{"op": "remove_component", "key": "c2"}])
    assert said(ITEM, gone) == "removed component 2 “four-line”"


def test_a_new_order_is_said_in_the_old_numbers():
    moved = apply_edits(ITEM, [{"op": "move_component", "key": "c3", "position": 0}])
    assert said(ITEM, moved) == "reordered the components to 3, 1, 2"


def test_setting_and_clearing_are_said():
    bare = replace(ITEM, level=None)
    assert said(bare, ITEM) == "set the level to basic"
    assert said(ITEM, bare) == "cleared the level (was basic)"
    free = apply_edits(ITEM, [{"op": "set_weights", "weights": {"c1": 0}}])
    assert said(ITEM, free) == "changed the weight of component 1 from 4 to 0"


def test_long_texts_are_cut_unless_all_is_wanted():
    long = replace(ITEM, instruction="word " * 200)
    assert "…" in said(ITEM, long)
    assert long.instruction in said(ITEM, long, limit=None)
    assert quote("x" * 90) == "“" + "x" * 79 + "…”"


def test_a_cut_never_hides_what_changed():
    start = "Write a poem of four lines that rhyme, each about another thing that is in the picture"
    [change] = describe({"instruction": (f"{start}.", f"{start}, and be kind.")}, {})
    assert change.sentence == (
        "changed the instruction from “…that is in the picture.” to "
        "“…that is in the picture, and be kind.”"
    )
    [change] = describe({"instruction": ("诗" * 100 + "一", "诗" * 100 + "二")}, {})
    assert change.sentence.endswith("一” to “…" + "诗" * 24 + "二”")
