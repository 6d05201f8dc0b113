"""Edits: each op does what its line in the table says, and refuses what it cannot use."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.domain.edits import OPERATIONS, apply_edit, apply_edits
from annotator.errors import InvalidValue
from tests.examples import ITEM


def edited(op, item=ITEM, **arguments):
    return apply_edit(item, {"op": op, **arguments})


def texts(content):
    return [c.text for c in content.components]


def weights(content):
    return [c.weight for c in content.components]


def test_instruction_level_and_answers_are_set():
    assert edited("set_instruction", value="Sing.").instruction == "Sing."
    assert edited("set_level", value="complex").level == "complex"
    assert edited("set_level", value=None).level is None
    assert edited("set_answers", value=["a", "b"]).answers == ("a", "b")


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        ("text", "new", "new"),
        ("type", "math", "math"),
        ("weight", 2.5, 2.5),
        ("judge_method", "rule", "rule"),
        ("verifier_calls", [{"func": "f", "params": [1]}], ({"func": "f", "params": [1]},)),
    ],
)
def test_each_field_of_a_component_is_set(field, value, stored):
    changed = edited("set_component", key="c2", field=field, value=value)
    assert getattr(changed.component("c2"), field) == stored
    assert changed.component("c1") == ITEM.component("c1")


def test_weights_are_set_normalised_and_equalised():
    uneven = edited("set_weights", weights={"c1": 8})
    assert weights(uneven) == [8, 3, 3]
    assert weights(edited("normalise_weights", uneven, target=10)) == [6, 2, 2]
    assert weights(edited("normalise_weights", uneven, target=10, locked=["c1"])) == [8, 1, 1]
    assert weights(edited("equalise_weights", target=10)) == [4, 3, 3]


def test_a_component_is_added_from_text_or_from_a_piece_of_the_instruction():
    start = ITEM.instruction.index("end with")
    piece = edited("add_component", start=start, end=len(ITEM.instruction), type="grammar")
    assert texts(piece)[-1] == "end with a question."
    assert piece.components[-1].type == "grammar"
    first = edited("add_component", text="first", position=0, weight=1)
    assert (texts(first)[0], weights(first)[0]) == ("first", 1)


def test_an_added_component_weighs_nothing_unless_the_item_is_unweighted():
    assert weights(edited("add_component", text="x"))[-1] == 0
    bare = replace(ITEM, components=tuple(replace(c, weight=None) for c in ITEM.components))
    assert weights(edited("add_component", bare, text="x"))[-1] is None


def test_keys_of_new_components_are_never_alike():
    twice = apply_edits(ITEM, [{"op": "add_component", "text": "x"}] * 50)
    assert len({c.key for c in twice.components}) == 53


def test_positions_count_code_points():
    item = replace(ITEM, instruction="👩‍🚀 שלום Sing a song")
    start = item.instruction.index("Sing")
    assert texts(edited("take_span", item, key="c1", start=start, end=start + 4))[0] == "Sing"


def test_a_component_is_removed_moved_split_and_merged():
    assert texts(edited("remove_component", key="c2")) == [texts(ITEM)[0], texts(ITEM)[2]]
    assert texts(edited("move_component", key="c1", position=2))[2] == texts(ITEM)[0]
    cut = edited("split_component", key="c1", at=len("Tell a story"))
    assert texts(cut)[:2] == ["Tell a story", "about the cat"]
    assert weights(cut)[:2] == [2, 2]
    joined = edited("merge_components", keys=["c3", "c2"])
    assert texts(joined) == ["Tell a story about the cat", "four-line, mention its eyes"]
    assert weights(joined) == [4, 6]


@pytest.mark.parametrize("weight", [7, 0, 2.5, 0.1, None])
def test_splitting_keeps_the_sum(weight):
    heavy = edited("set_component", key="c1", field="weight", value=weight)
    cut = edited("split_component", heavy, key="c1", at=4)
    parts = weights(cut)[:2]
    assert parts == [None, None] if weight is None else sum(parts) == weight


@pytest.mark.parametrize(
    "edit",
    [
        {"op": "explode"},
        {"op": None},
        {},
        {"op": "set_instruction"},
        {"op": "set_instruction", "value": "x", "more": 1},
        {"op": "set_component", "key": "c9", "field": "text", "value": "x"},
        {"op": "set_component", "key": "c1", "field": "key", "value": "x"},
        {"op": "set_component", "key": "c1", "field": "verifier_calls", "value": "f()"},
        {"op": "set_component", "key": "c1", "field": "verifier_calls", "value": [5]},
        {"op": "set_answers", "value": "one"},
        {"op": "set_answers", "value": None},
        {"op": "set_weights", "weights": [1, 2]},
        {"op": "set_weights", "weights": {"c9": 1}},
        {"op": "normalise_weights", "target": "ten"},
        {"op": "normalise_weights", "target": float("nan")},
        {"op": "normalise_weights", "target": 10, "locked": "c1"},
        {"op": "equalise_weights"},
        {"op": "add_component"},
        {"op": "add_component", "start": 3, "end": 3},
        {"op": "add_component", "start": 0, "end": 10_000},
        {"op": "add_component", "start": True, "end": 5},
        {"op": "add_component", "text": "x", "position": 9},
        {"op": "add_component", "text": "x", "position": 1.5},
        {"op": "add_component", "text": "x", "key": "c1"},
        {"op": "add_component", "text": "x", "key": "a/b"},
        {"op": "add_component", "text": "x", "key": 5},
        {"op": "take_span", "key": "c1", "start": -1, "end": 4},
        {"op": "remove_component", "key": None},
        {"op": "split_component", "key": "c1", "at": 0},
        {"op": "split_component", "key": "c1", "at": None},
        {"op": "split_component", "key": "c1", "at": 4, "new": "c2"},
        {"op": "merge_components", "keys": ["c1"]},
        {"op": "merge_components", "keys": ["c1", "c1"]},
        {"op": "merge_components", "keys": ["c1", "c9"]},
        {"op": "merge_components", "keys": "c1c2"},
        {"op": "move_component", "key": "c1", "position": 3},
        {"op": "move_component", "key": "c1", "position": "0"},
    ],
)
def test_what_cannot_be_used_is_refused(edit):
    with pytest.raises(InvalidValue):
        apply_edit(ITEM, edit)


@pytest.mark.parametrize("edit", [None, "set_level", ["op", "set_level"], 5])
def test_what_is_no_edit_is_refused(edit):
    with pytest.raises(InvalidValue, match="must be a mapping"):
        apply_edit(ITEM, edit)


def test_every_op_stands_in_the_table():
    import annotator.domain.edits as module

    assert all(f"\n{name}  " in module.__doc__ or name in module.__doc__ for name in OPERATIONS)
