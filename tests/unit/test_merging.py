"""Two versions of an item: components named alike, differences seen, sides chosen."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.edits import apply_edits
from annotator.domain.items import Component, flatten
from annotator.domain.merging import aligned, choose, compare, rekey, united_names
from tests.examples import ITEM, contents


@given(contents(), contents())
def test_taking_all_of_theirs_gives_theirs(ours, theirs):
    every = [difference.path for difference in compare(ours, ours, theirs)]
    assert choose(ours, theirs, every) == theirs


@given(contents(), contents())
def test_taking_nothing_gives_ours(ours, theirs):
    assert choose(ours, theirs, []) == ours


@given(contents(), contents(), st.data())
def test_any_choice_takes_exactly_what_was_chosen(ours, theirs, data):
    found = compare(ours, ours, theirs)
    taken = data.draw(st.sets(st.sampled_from([d.path for d in found]))) if found else set()
    result = flatten(choose(ours, theirs, taken))
    for difference in found:
        if difference.path in result:
            wanted = difference.theirs if difference.path in taken else difference.ours
            assert result[difference.path] == wanted


@given(contents(), contents())
def test_unknown_paths_change_nothing(ours, theirs):
    assert choose(ours, theirs, ["c/none/text", "nonsense"]) == ours


@given(contents(), contents())
def test_rekeying_changes_keys_only_and_makes_them_unique(old, new):
    named = rekey(old, new)
    assert [replace(c, key="") for c in named.components] == [
        replace(c, key="") for c in new.components
    ]
    assert len({c.key for c in named.components}) == len(named.components)


@given(contents())
def test_the_same_content_keeps_its_keys(content):
    if len({c.text for c in content.components}) == len(content.components):
        assert rekey(content, content) == content


def test_components_keep_their_key_by_text_then_by_place():
    renamed = [replace(c, key=f"x{c.key}") for c in ITEM.components]
    swapped = replace(ITEM, components=(renamed[2], replace(renamed[1], text="six"), renamed[0]))
    assert [c.key for c in rekey(ITEM, swapped).components] == ["c3", "c2", "c1"]


def test_a_component_the_older_version_lacks_gets_a_key_of_its_own():
    longer = replace(ITEM, components=(*ITEM.components, Component("c2", "new", "math", 1)))
    assert [c.key for c in rekey(ITEM, longer).components] == ["c1", "c2", "c3", "c4"]
    ours = apply_edits(ITEM, [{"op": "add_component", "text": "mine", "key": "c4"}])
    _, theirs = aligned(ours, ITEM, longer)
    assert [c.key for c in theirs.components] == ["c1", "c2", "c3", "c4v2"]


def test_what_only_one_side_changed_is_told_from_what_both_changed():
    ours = apply_edits(ITEM, [{"op": "set_weights", "weights": {"c1": 5, "c2": 2}}])
    theirs = apply_edits(ITEM, [{"op": "set_weights", "weights": {"c1": 6}}])
    assert [(d.path, d.ours, d.theirs, d.both) for d in compare(ITEM, ours, theirs)] == [
        ("c/c1/weight", 5, 6, True),
        ("c/c2/weight", 2, 3, False),
    ]


def test_numbers_for_sentences_prefer_the_older_content():
    moved = apply_edits(ITEM, [{"op": "move_component", "key": "c3", "position": 0}])
    assert united_names(ITEM, moved) == {"c1": 1, "c2": 2, "c3": 3}
