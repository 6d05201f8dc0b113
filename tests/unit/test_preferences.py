"""Pairs of answers: the chosen one follows what the rejected one breaks, and is nowhere worse."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.preferences import Decided, Pair, pairs

POINTS = st.sampled_from([0.0, 1.0, 2.0])
ANSWERS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.dictionaries(st.sampled_from(["c1", "c2", "c3"]), POINTS.map(lambda p: (p, 2.0))),
    ),
    max_size=8,
).map(lambda rows: [Decided(n, item, f"m{n}", scores) for n, (item, scores) in enumerate(rows)])


def answer(number, **scores):
    return Decided(number, 1, f"model {number}", {k: (v, 2.0) for k, v in scores.items()})


def test_the_pair_names_the_component():
    found = list(pairs([answer(1, c1=2, c2=2), answer(2, c1=2, c2=0)]))
    assert found == [Pair(1, 1, 2, ("c2",))]


def test_no_pair_where_each_breaks_something_or_nothing_is_followed_whole():
    assert list(pairs([answer(1, c1=2, c2=0), answer(2, c1=0, c2=2)])) == []
    assert list(pairs([answer(1, c1=1), answer(2, c1=0)])) == []
    assert list(pairs([answer(1, c1=2), answer(2, c2=0)])) == []


@given(ANSWERS)
def test_the_chosen_one_is_better_somewhere_and_worse_nowhere(answers):
    known = {one.response_id: one for one in answers}
    for pair in pairs(answers):
        chosen, rejected = known[pair.chosen_id], known[pair.rejected_id]
        assert chosen.item_id == rejected.item_id == pair.item_id
        for key in chosen.scores.keys() & rejected.scores.keys():
            assert chosen.scores[key][0] >= rejected.scores[key][0]
        for key in pair.component_keys:
            assert chosen.scores[key][0] == 2.0 > rejected.scores[key][0]
