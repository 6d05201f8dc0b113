"""The order of a queue and the dealing of places, as laws over any plan."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.assignment import (
    Candidate,
    Plan,
    calibration_sample,
    check_plan,
    deal,
    is_gold_turn,
    order,
    plan_of,
)
from annotator.errors import InvalidValue

ITEMS = [
    Candidate(number, number, level="basic" if number % 2 else "complex", type="math")
    for number in range(1, 31)
]


def dealt(plan: Plan, people: list[int], wanted: int, held: dict[int, list[int]] | None = None):
    return deal(plan, people, dict.fromkeys(range(1, 31), wanted), ITEMS, held or {})


@given(people=st.integers(1, 7), wanted=st.integers(1, 4))
def test_dealing_is_fair_and_keeps_to_the_overlap(people, wanted):
    pairs = dealt(Plan("round-robin"), list(range(people)), wanted)
    assert len(pairs) == len(set(pairs)) == 30 * min(people, wanted)
    per_item, per_person = Counter(i for i, _ in pairs), Counter(p for _, p in pairs)
    assert set(per_item.values()) == {min(people, wanted)}
    assert max(per_person.values()) - min(per_person.values()) <= 1


def test_dealing_counts_what_people_have_and_never_gives_twice():
    pairs = dealt(Plan("round-robin"), [1, 2], 2, {1: [1], 2: [1, 2], 3: [9, 8]})
    assert (1, 1) not in pairs and (1, 2) in pairs
    assert not [p for i, p in pairs if i in (2, 3)]


def test_dealing_by_level_gives_a_level_to_those_named():
    plan = Plan("level", groups={"basic": (1,), "complex": (2, 3)})
    for item_id, person in dealt(plan, [1, 2, 3, 4], 2):
        assert person == 1 if item_id % 2 else person in (2, 3)


def test_settled_items_are_dealt_to_nobody_and_come_last():
    known = [Candidate(1, 0, settled=True), Candidate(2, 1)]
    assert order(Plan(), known) == [2, 1]
    assert deal(Plan("round-robin"), [5], {1: 1, 2: 1}, known, {}) == [(2, 5)]


@pytest.mark.parametrize(
    "strategy, first",
    [("order", 1), ("findings", 3), ("weakest", 2)],
)
def test_the_order_of_a_strategy(strategy, first):
    known = [
        Candidate(1, 0, severity=1, findings=9),
        Candidate(2, 1, weakness=0.9),
        Candidate(3, 2, severity=2, findings=1, weakness=0.1),
    ]
    assert order(Plan(strategy), known)[0] == first


def test_a_random_order_is_one_that_can_be_repeated():
    assert order(Plan("random", seed=7), ITEMS) == order(Plan("random", seed=7), ITEMS)
    assert order(Plan("random", seed=7), ITEMS) != order(Plan("random", seed=8), ITEMS)


@given(small=st.integers(0, 30), more=st.integers(0, 30))
def test_a_larger_calibration_set_only_adds(small, more):
    one = calibration_sample(Plan(calibration=small), ITEMS)
    other = calibration_sample(Plan(calibration=min(30, small + more)), ITEMS)
    assert len(one) == small and one <= other


@given(every=st.integers(2, 9), person=st.integers(1, 50))
def test_one_gold_item_in_each_block(every, person):
    turns = [is_gold_turn(Plan(gold_every=every), person, n) for n in range(every * 4)]
    assert [sum(turns[b * every : (b + 1) * every]) for b in range(4)] == [1, 1, 1, 1]


def test_a_plan_survives_its_storing():
    plan = Plan("level", 2, calibration=5, calibration_overlap=3, groups={"basic": (1, 2)})
    assert plan_of(plan.as_dict()) == plan
    assert plan_of(None) is None


@pytest.mark.parametrize(
    "plan",
    [
        Plan("alphabet"),
        Plan(overlap=0),
        Plan(overlap=True),
        Plan(calibration=3, calibration_overlap=1),
        Plan(gold_every=1),
        Plan(quota=0),
        Plan(lease_minutes=0),
        Plan(overlap=3, most=2),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan):
    with pytest.raises(InvalidValue):
        check_plan(plan)
