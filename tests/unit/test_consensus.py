"""Opinions side by side: parts, taking one, how much people differ, and the automatic rule."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.consensus import (
    Opinion,
    Rule,
    align,
    decide,
    disagreement,
    parts,
    says_the_same,
    take_part,
)
from annotator.domain.edits import apply_edits
from annotator.domain.items import flatten
from annotator.errors import InvalidValue
from tests.examples import ITEM, contents


def opinion(person: int, verdict: str = "keep", *edits: dict) -> Opinion:
    return Opinion(person, f"P{person}", verdict, apply_edits(ITEM, edits))


def weigh(**weights: int) -> dict:
    return {"op": "set_weights", "weights": weights}


def test_only_what_somebody_changed_is_a_part():
    one = opinion(1, "fix", weigh(c1=5, c2=2))
    found = parts(ITEM, [one, opinion(2)])
    assert {p.path: p.values for p in found} == {
        "verdict": ("fix", "keep"),
        "c/c1/weight": (5, 4),
        "c/c2/weight": (2, 3),
    }
    assert all(part.differs for part in found)


def test_a_component_that_two_added_in_the_same_words_is_one():
    one = opinion(1, "fix", {"op": "add_component", "text": "In verse", "type": "grammar"})
    two = opinion(2, "fix", {"op": "add_component", "text": " in  verse ", "type": "grammar"})
    first, second = align(ITEM, [one, two])
    assert first.content.components[-1].key == second.content.components[-1].key
    assert [p.path.split("/")[-1] for p in parts(ITEM, [first, second]) if p.differs] == ["text"]


def test_a_component_only_one_has_is_one_part():
    gone = opinion(1, "fix", {"op": "remove_component", "key": "c2"})
    paths = [part.path for part in parts(ITEM, [gone, opinion(2)])]
    assert paths == ["verdict", "c/c2"]


@given(base=contents(), one=contents(), other=contents())
def test_taking_every_differing_part_leads_to_the_other(base, one, other):
    mine, theirs = align(base, [Opinion(1, "A", "fix", one), Opinion(2, "B", "fix", other)])
    made = mine.content
    for part in parts(base, [mine, theirs]):
        if part.path != "verdict":
            made = take_part(made, theirs.content, part.path)
    made = take_part(made, theirs.content, "order")
    assert flatten(made) == flatten(theirs.content)


VERDICT_PAIRS = st.tuples(*[st.sampled_from(("keep", "drop"))] * 2)


@given(base=contents(), one=contents(), other=contents(), verdicts=VERDICT_PAIRS)
def test_disagreement_is_a_distance(base, one, other, verdicts):
    left, right = Opinion(1, "A", verdicts[0], one), Opinion(2, "B", verdicts[1], other)
    apart = disagreement(base, [left, right])
    assert 0 <= apart <= 1
    assert apart == disagreement(base, [right, left])
    assert disagreement(base, [left, left]) == 0
    assert (apart == 0) == says_the_same(base, left, right)


def test_more_difference_weighs_more():
    keep, fix = opinion(1), opinion(2, "fix", weigh(c1=5))
    drop = opinion(3, "drop", weigh(c1=5), {"op": "set_instruction", "value": "Sing."})
    same_verdict = replace(fix, verdict="keep")
    assert 0 < disagreement(ITEM, [keep, same_verdict]) < disagreement(ITEM, [keep, fix])
    assert disagreement(ITEM, [keep, drop]) == 1
    assert disagreement(ITEM, [keep]) == 0


def test_no_such_part():
    for path in ("verdict", "c", "c/c9/text", "c/c1/colour", "x/y"):
        with pytest.raises(InvalidValue):
            take_part(ITEM, ITEM, path)


# The rule


def test_what_all_say_alike_is_settled():
    made = decide(Rule(), ITEM, [opinion(1, "fix", weigh(c1=5)), opinion(2, "fix", weigh(c1=5))])
    assert made.verdict == "fix" and made.content is not None
    assert made.content.component("c1").weight == 5


@pytest.mark.parametrize(
    "opinions, flags, why",
    [
        ([opinion(1)], 0, "1 of at least 2"),
        ([opinion(1), opinion(2, "drop")], 0, "verdicts"),
        ([opinion(1), opinion(2)], 1, "flag"),
        ([opinion(1, "fix", weigh(c1=5)), opinion(2, "fix")], 0, "edits"),
        ([opinion(1), opinion(1), opinion(2, "drop")], 0, "verdicts"),
    ],
)
def test_what_is_left_to_a_reviewer(opinions, flags, why):
    made = decide(Rule(), ITEM, opinions, open_flags=flags)
    assert made.verdict is None and why in made.why


def test_a_majority_decides_where_the_rule_says_so():
    three = [opinion(1), opinion(2), opinion(3, "drop")]
    assert decide(Rule(majority=True), ITEM, three).verdict == "keep"
    assert decide(Rule(majority=True), ITEM, three[1:]).verdict is None


def test_weights_close_enough_become_their_median_and_keep_the_sum():
    close = [opinion(n, "fix", weigh(c1=w, c2=7 - w)) for n, w in ((1, 4), (2, 5), (3, 4))]
    made = decide(Rule(weights_within=1), ITEM, close, target=10)
    assert made.content is not None
    assert [c.weight for c in made.content.components] == [4, 3, 3]
    apart = [opinion(1, "fix", weigh(c1=3)), opinion(2, "fix", weigh(c1=4))]
    assert "do not sum" in decide(Rule(weights_within=1), ITEM, apart, target=10).why


def test_a_rule_says_itself():
    assert "at most 1 apart" in Rule(weights_within=1).said()
    assert "more than half" in Rule(majority=True).said()
    with pytest.raises(InvalidValue):
        Rule(least=1)
