"""Audit samples: random, allotted to strata, with honest probabilities."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.sampling import allot, draw

SIZES = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(1, 60), min_size=1)


@given(SIZES, st.integers(1, 200))
def test_everything_is_allotted_and_no_stratum_gets_more_than_it_has(sizes, total):
    given_ = allot(sizes, total)
    assert sum(given_.values()) == min(total, sum(sizes.values()))
    assert all(0 <= given_[name] <= sizes[name] for name in sizes)
    if total >= len(sizes):
        assert min(given_.values()) >= 1


@given(SIZES, st.integers(1, 100), st.integers(0, 10))
def test_weighting_by_the_probabilities_gives_each_strata_size_back(sizes, total, seed):
    population = [(n, name) for n, name in enumerate(n for n, k in sizes.items() for _ in range(k))]
    drawn = draw(population, size=total, seed=seed)
    assert len({one.case_id for one in drawn}) == len(drawn)
    if total >= len(sizes):
        weights = Counter()
        for one in drawn:
            weights[one.stratum] += 1 / one.probability
        assert {name: pytest.approx(weight) for name, weight in weights.items()} == sizes


def test_each_case_comes_in_as_often_as_its_probability_says():
    population = [(n, "a" if n < 10 else "b") for n in range(40)]
    times = Counter()
    for seed in range(2_000):
        times.update(one.case_id for one in draw(population, size=8, seed=seed))
    probability = {one.case_id: one.probability for one in draw(population, size=40, seed=0)}
    assert set(probability.values()) == {1.0}
    by_stratum = {one.stratum: one.probability for one in draw(population, size=8, seed=0)}
    for case_id, stratum in population:
        assert times[case_id] / 2_000 == pytest.approx(by_stratum[stratum], abs=0.04)


def test_a_seed_draws_the_same_again():
    population = [(n, "") for n in range(100)]
    assert draw(population, size=9, seed=3) == draw(population, size=9, seed=3)
    assert draw(population, size=9, seed=3) != draw(population, size=9, seed=4)
