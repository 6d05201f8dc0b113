"""Which words of a reply belong to one component."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.judges.passages import passages

SENTENCE = (
    "score of component 1: 4/4, score of component 2: 0/3, total score: 4/7. For component 1 "
    '("Describe"), fine. For component 2 ("two sentences"), there are three.'
)


def said(reply, number, place=None):
    return [reply[start:end] for start, end in passages(reply, number, place)]


@pytest.mark.parametrize(
    ("reply", "number", "expected"),
    [
        (SENTENCE, 1, ["score of component 1: 4/4", 'For component 1 ("Describe"), fine.']),
        (
            SENTENCE,
            2,
            ["score of component 2: 0/3", 'For component 2 ("two sentences"), there are three.'],
        ),
        ("**Component 1**: 2/4\n\n**Component 2**: 1/3\n\nDone.", 2, ["**Component 2**: 1/3"]),
        ("1. 4/4 fine\n2. 0/3 three of them\n\nTotal: 4/7", 2, ["2. 0/3 three of them"]),
        ("Constraint_1 holds. Constraint_10 fails.", 1, ["Constraint_1 holds."]),
        ('{"component_1": 4, "component_2": 0, "total_score": 4}', 2, ['"component_2": 0']),
        ("I cannot rate this.", 1, []),
    ],
)  # fmt: skip
def test_stretches(reply, number, expected):
    assert said(reply, number) == expected


def test_where_the_score_was_read_is_always_among_them():
    assert said("four of four, then none of three", 2, (19, 32)) == ["none of three"]
    assert said(SENTENCE, 2, (27, 52)) == said(SENTENCE, 2)


@given(st.text('component 12:/.\n,*"{}forscoretal', max_size=120), st.integers(1, 3))
def test_passages_lie_in_the_reply_in_order_and_apart(reply, number):
    found = passages(reply, number)
    assert all(0 <= start < end <= len(reply) for start, end in found)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(found))
