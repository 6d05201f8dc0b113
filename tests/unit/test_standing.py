"""Where cases stand: who differs, what is at stake, what counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.standing import (
    KINDS,
    UNREAD,
    Said,
    bits,
    closeness,
    item_standing,
    kinds_of,
    ranks,
    stand,
)


def said(*scores):
    return stand(Said(kind, rater, share) for kind, rater, share in scores)


def test_nothing_said_is_no_standing():
    found = said()
    assert (found.kinds, found.spread, found.before_decision) == ((), 0.0, None)


@pytest.mark.parametrize(
    ("scores", "kinds", "spread"),
    [
        ([("judge", 1, 1.0), ("judge", 2, 1.0)], (), 0.0),
        ([("judge", 1, 1.0), ("judge", 2, 0.25)], ("judges",), 0.75),
        ([("judge", 1, 1.0), ("verifier", 9, 0.0)], ("verifier",), 1.0),
        ([("judge", 1, 1.0), ("reviewer", 5, 0.5)], ("human",), 0.5),
        ([("judge", 1, 1.0), ("judge", 1, 0.0)], ("repeats",), 1.0),
        ([("judge", 1, None)], ("unparsed",), UNREAD),
        ([("verifier", 9, 0.0), ("reviewer", 5, 1.0)], (), 0.0),
        ([("judge", 1, 1 / 3), ("judge", 2, 0.1 / 0.3)], (), 0.0),
    ],
)
def test_who_differs(scores, kinds, spread):
    found = said(*scores)
    assert (found.kinds, found.spread) == (kinds, spread)


def test_a_judge_with_many_repeats_weighs_as_one():
    found = said(("judge", 1, 1.0), ("judge", 1, 1.0), ("judge", 1, 1.0), ("judge", 2, 0.0))
    assert found.before_decision == 0.5


def test_the_verifier_counts_where_no_judge_is_readable():
    assert said(("judge", 1, None), ("verifier", 9, 1.0)).before_decision == 1.0
    assert said(("judge", 1, 0.0), ("verifier", 9, 1.0)).before_decision == 0.0


@given(st.sets(st.sampled_from(KINDS)))
def test_bits_and_back(kinds):
    assert set(kinds_of(bits(kinds))) == kinds


def test_items_leave_out_what_has_no_standing():
    assert item_standing([(0.4, 1.0), (0.3, None), (0.3, 0.0)]) == pytest.approx(4 / 7)
    assert item_standing([(0.4, None)]) is None
    assert item_standing([(0.0, 1.0)]) is None


def test_closeness_is_that_of_the_nearest_rank():
    found = closeness({"a": 0.70, "b": 0.70, "c": 0.65, "d": None})
    assert found == {"a": 1.0, "b": 1.0, "c": pytest.approx(0.5), "d": 1.0}
    assert closeness({"a": 0.1}) == {"a": 1.0}


def test_equal_means_share_a_rank():
    found = ranks({"a": 0.5, "b": 0.1 + 0.2, "c": 0.3, "d": None, "e": 0.1})
    assert found == {"a": 1, "b": 2, "c": 2, "d": None, "e": 4}
