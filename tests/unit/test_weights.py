"""Weights: whatever is dealt out sums exactly, keeps locked weights and proportions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotator.domain.weights import equalise, normalise, total
from annotator.errors import InvalidValue
from tests.examples import WEIGHTS

TARGETS = st.one_of(st.integers(0, 1000), st.decimals(0, 100, places=2).map(float))
TABLES = st.dictionaries(st.sampled_from("abcdefg"), st.none() | WEIGHTS, min_size=1)


def exact(values):
    return sum((Decimal(repr(v)) for v in values), Decimal(0))


@given(TABLES, TARGETS)
def test_normalised_weights_sum_exactly_to_the_target(weights, target):
    assert exact(normalise(weights, target).values()) == Decimal(repr(target))


@given(TABLES, TARGETS)
def test_equal_weights_sum_exactly_and_differ_by_one_unit_at_most(weights, target):
    dealt = equalise(weights, target)
    assert exact(dealt.values()) == Decimal(repr(target))
    unit = min((Decimal(repr(v)) for v in dealt.values() if v), default=Decimal(1))
    assert max(exact([v]) for v in dealt.values()) <= min(exact([v]) for v in dealt.values()) + unit


@given(TABLES, TARGETS, st.sets(st.sampled_from("abcdefg")))
def test_locked_weights_stay_as_they_are(weights, target, locked):
    try:
        dealt = normalise(weights, target, locked=locked)
    except InvalidValue:
        fixed = exact(w for k, w in weights.items() if k in locked and w is not None)
        assert fixed > Decimal(repr(target)) or set(weights) <= locked
        return
    assert exact(dealt.values()) == Decimal(repr(target))
    for key in locked & set(weights):
        assert repr(dealt.get(key)) == repr(weights[key])


@given(st.lists(st.integers(0, 50), min_size=1, max_size=7), st.integers(20, 200))
def test_proportions_are_kept_within_one_unit(parts, target):
    assume(sum(parts))
    dealt = normalise(dict(enumerate(parts)), target)
    for key, part in enumerate(parts):
        assert abs(dealt[key] - target * part / sum(parts)) < 1


@pytest.mark.parametrize(
    ("weights", "target", "dealt"),
    [
        ([4, 3, 1], 10, [5, 4, 1]),
        ([1, 1, 1], 10, [4, 3, 3]),
        ([0, 0], 10, [5, 5]),
        ([None, None, None], 1, [0.4, 0.3, 0.3]),
        ([1, 1, 1], 2.5, [0.9, 0.8, 0.8]),
        ([0.1, 0.2], 0.3, [0.1, 0.2]),
        ([3], 10, [10]),
        ([0, 5], 10, [0, 10]),
        ([1, 2], 0, [0, 0]),
    ],
)
def test_examples(weights, target, dealt):
    assert list(normalise(dict(enumerate(weights)), target).values()) == dealt


def test_whole_targets_deal_whole_numbers():
    assert [type(w) for w in normalise({"a": 1.5, "b": 2.5}, 10).values()] == [int, int]


def test_locked_weights_over_the_target_are_refused():
    with pytest.raises(InvalidValue, match="locked weights already exceed 10"):
        normalise({"a": 11, "b": 1}, 10, locked=["a"])


def test_all_locked_away_from_the_target_is_refused():
    with pytest.raises(InvalidValue, match="every weight is locked"):
        normalise({"a": 4}, 10, locked=["a"])


@pytest.mark.parametrize("target", [-1, float("nan"), float("inf"), "10", None, True, 10**9])
def test_a_target_out_of_range_is_refused(target):
    with pytest.raises(InvalidValue, match="sum of weights"):
        normalise({"a": 1}, target)


def test_sums_are_decimal_and_whole_ones_int():
    assert total([0.1, 0.2]) == 0.3
    assert repr(total([1.5, 2.5, None])) == "4"
    assert total([]) == 0
