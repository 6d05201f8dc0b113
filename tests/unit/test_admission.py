"""What goes into a release, rule by rule, and what published kits cannot read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.admission import Facts, Rules, admit, checked
from annotator.domain.items import Component
from annotator.domain.kit_text import quirks
from annotator.domain.vocabulary import FLAG_KINDS, ITEM_STATUSES
from annotator.errors import InvalidValue
from tests.examples import ITEM

FACTS = [
    Facts(1, "1", "keep", "curated"),
    Facts(2, "2", "fix", "curated", worst=2),
    Facts(3, "3", "drop", "curated", worst=2),
    Facts(4, "4", None, "open", flags=frozenset({"conflict"})),
    Facts(5, "5", None, "draft", worst=1, has_image=False),
    Facts(6, "6", None, "open", withdrawn=True),
    Facts(7, "7", "keep", "curated", withdrawn=True, taken_down=True),
    Facts(
        8, "8", "keep", "curated", opinions=(("keep", "a"), ("keep", "b"), ("drop", "a")), worst=0
    ),
]


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        (Rules(), [1, 2, 4, 5, 8]),
        (Rules(verdicts=("keep",)), [1, 8]),
        (Rules(verdicts=("drop",)), [3]),
        (Rules(statuses=("curated", "open")), [1, 2, 4, 8]),
        (Rules(without_findings="error"), [1, 4, 5, 8]),
        (Rules(without_findings="warning"), [1, 4, 8]),
        (Rules(without_findings="note"), [1, 4]),
        (Rules(without_flags=("conflict", "unsafe")), [1, 2, 5, 8]),
        (Rules(without_flags=("unsafe",)), [1, 2, 4, 5, 8]),
        (Rules(agreement=0.6), [1, 2, 4, 5, 8]),
        (Rules(agreement=0.7), [1, 2, 4, 5]),
        (Rules(images="required"), [1, 2, 4, 8]),
    ],
)
def test_each_rule_keeps_what_it_says(rules, kept):
    assert list(admit(FACTS, rules).kept) == kept


def test_each_step_says_what_it_keeps_and_drops_and_which():
    found = admit(FACTS, Rules(without_findings="error"))
    told = {step.rule: step for step in found.steps}
    assert told["in the source"].dropped == ("6",)
    assert told["image not taken down"].dropped == ("7",)
    assert told["verdict: keep, fix, open"].dropped == ("3",)
    errors = told["nothing with an open error"]
    assert (errors.dropped, errors.kept, errors.alone) == (("2",), 4, 2)
    assert found.left_out() == {
        "no longer in the source": 1,
        "its image was taken down": 1,
        "dropped": 1,
        "an open error": 1,
    }


def test_what_people_disagreed_on_is_listed():
    assert admit(FACTS, Rules()).disputed == ("8",)
    alike = replace(FACTS[7], opinions=(("keep", "a"), ("keep", "a")))
    assert admit([alike], Rules()).disputed == ()


@given(
    st.builds(
        Rules,
        verdicts=st.sets(st.sampled_from(("keep", "fix", "drop", "open")), min_size=1).map(tuple),
        statuses=st.sets(st.sampled_from(ITEM_STATUSES), min_size=1).map(tuple),
        agreement=st.floats(0, 1),
        without_flags=st.sets(st.sampled_from(FLAG_KINDS)).map(tuple),
        without_findings=st.none() | st.sampled_from(("note", "warning", "error")),
        images=st.sampled_from(("any", "required")),
    )
)
def test_nothing_is_lost_between_the_rules(rules):
    found = admit(FACTS, checked(rules))
    dropped = [name for step in found.steps for name in step.dropped]
    kept = [str(number) for number in found.kept]
    assert sorted(dropped + kept) == [facts.name for facts in FACTS]
    assert len(found.out) == len(dropped)
    assert found.steps[-1].kept == len(kept)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(verdicts=()),
        Rules(verdicts=("keep", "good")),
        Rules(statuses=("done",)),
        Rules(agreement=1.1),
        Rules(without_flags=("odd",)),
        Rules(without_findings="fatal"),
        Rules(images="none"),
    ],
)
def test_rules_that_are_none_are_refused(rules):
    with pytest.raises(InvalidValue):
        checked(rules)


def kinds(*components):
    return [q.kind for q in quirks(replace(ITEM, components=components))]


def test_a_sound_item_has_no_quirks():
    assert kinds(*ITEM.components) == []


def test_what_kits_make_of_an_item_is_foreseen():
    one = Component("c1", "Tell", "mention", 5)
    assert kinds(one, Component("c2", "Sing", "mention", 5)) == ["repeated type"]
    assert kinds(one, Component("c2", "Tell", "math", 5)) == ["repeated component"]
    assert kinds(replace(one, type="the painter's")) == ["quote in a type"]
    assert kinds(replace(one, weight=2.5)) == ["decimal weight"]
    assert kinds(replace(one, weight=0)) == ["weight of zero"]
    assert kinds(replace(one, weight=None)) == ["no weight"]
    six = [Component(f"c{n}", f"Part {n}", f"type {n}", 1) for n in range(6)]
    assert kinds(*six) == ["number of components"] * 2
    assert kinds() == ["number of components"] * 2
