"""Repeats, length, family, the alternative annotator, PIF, Dawid and Skene."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests

from annotator.domain.statistics.biases import (
    family,
    family_preference,
    flip_rate,
    length_bias,
    repeat_spread,
)
from annotator.domain.statistics.consensus import dawid_skene
from annotator.domain.statistics.following import pif, pif_n_k, pif_of_answers
from annotator.domain.statistics.replacing import alternative_annotator, discoveries
from annotator.domain.statistics.resampling import draw
from annotator.errors import InvalidValue

NAN = float("nan")


def test_flips_and_spread_over_repeats():
    repeats = np.array([[1, 1, 1], [1, 0, 1], [0.5, NAN, 0], [1, NAN, NAN]])
    item, draws = np.arange(4), draw(4, replicates=200)
    assert flip_rate(repeats, item, draws).value == pytest.approx((0 + 2 / 3 + 1) / 3)
    expected = np.sqrt((0 + 1 / 3 + 0.125) / 3)
    assert repeat_spread(repeats, item, draws).value == pytest.approx(expected)
    once = flip_rate(repeats[3:], item[:1], draw(1))
    assert once.value is None and "more than once" in once.why


@pytest.mark.parametrize("seed", range(3))
def test_length_bias_is_the_least_squares_slope(seed):
    random = np.random.default_rng(seed)
    length = random.integers(5, 400, 300).astype(float)
    reference = random.random(300)
    judged = reference + 0.03 * np.log2(length) + random.normal(0, 0.02, 300)
    item = random.integers(0, 80, 300)
    found = length_bias(judged, reference, length, item, draw(80))
    slope = sm.OLS(judged - reference, sm.add_constant(np.log2(length))).fit().params[1]
    assert found.value == pytest.approx(slope, abs=1e-9)
    assert found.low < 0.03 < found.high


def test_length_bias_of_equally_long_answers_is_undefined():
    found = length_bias(np.ones(3), np.zeros(3), np.full(3, 7.0), np.arange(3), draw(3))
    assert found.value is None and found.why == "all answers are equally long"


def test_families_are_known_by_name():
    assert family("openai/gpt-4o-2024-11-20") == family("o3-mini") == "gpt"
    assert family("Qwen2.5-VL-7B-Instruct") == family("qwen-vl-max") == "qwen"
    assert family("InternVL3_5-8B") == "internvl"
    assert family("claude-sonnet-4") == "claude"
    assert family("demo-judge-x") is None and family("my-model") is None


def test_family_preference_is_the_gap_in_generosity():
    judged = np.array([0.9, 0.9, 0.5, 0.5, 0.5])
    reference = np.array([0.7, 0.7, 0.5, 0.4, NAN])
    kin = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    found = family_preference(judged, reference, kin, np.arange(5), draw(5))
    assert found.value == pytest.approx(0.2 - 0.05)
    alone = family_preference(judged, reference, np.ones(5), np.arange(5), draw(5))
    assert alone.value is None and "own family" in alone.why


def test_discoveries_as_statsmodels():
    random = np.random.default_rng(0)
    for _ in range(50):
        ps = list(random.random(6) ** 3)
        theirs = multipletests(ps, 0.05, method="fdr_by")[0]
        assert discoveries(ps, 0.05) == tuple(theirs)


def annotators(seed, units=200, judge_right=0.85):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, units)

    def seen(right):
        return np.where(random.random(units) < right, truth, 1 - truth).astype(float)

    return seen(judge_right), np.stack([seen(0.85) for _ in range(3)], axis=1)


def test_the_paper_s_test_written_out():
    judged, people = annotators(1)
    found = alternative_annotator(judged, people, "abc", np.arange(200), epsilon=0.15)
    ps = []
    for left in range(3):
        others = np.delete(people, left, axis=1)
        judge = (others == judged[:, None]).mean(axis=1)
        own = (others == people[:, [left]]).mean(axis=1)
        behind = (own >= judge).astype(float) - (judge >= own).astype(float)
        ps.append(scipy.stats.ttest_1samp(behind, 0.15, alternative="less").pvalue)
    assert [one.p for one in found.against] == pytest.approx(ps, abs=1e-9)
    won = multipletests(ps, 0.05, method="fdr_by")[0]
    assert found.winning_rate.value == pytest.approx(np.mean(won))


def test_a_good_judge_passes_and_a_guessing_one_does_not():
    good, people = annotators(2, units=400)
    bad, _ = annotators(3, units=400, judge_right=0.5)
    assert alternative_annotator(good, people, "abc", np.arange(400)).passes is True
    assert alternative_annotator(bad, people, "abc", np.arange(400)).passes is False


def test_shares_are_compared_by_distance():
    people = np.tile([0.4, 0.5, 0.6], (50, 1))
    found = alternative_annotator(np.full(50, 0.5), people, "abc", np.arange(50), closeness="near")
    assert found.winning_rate.value == 1.0 and found.against[0].advantage == 1.0


def test_two_annotators_are_too_few_and_it_says_so():
    judged, people = annotators(4)
    found = alternative_annotator(judged, people[:, :2], "ab", np.arange(200))
    assert found.winning_rate.value is None and found.passes is None
    assert "needs 3 annotators with 30 scores each" in found.winning_rate.why
    people[20:, 2] = NAN
    fewer = alternative_annotator(judged, people, "abc", np.arange(200))
    assert fewer.passes is None and fewer.left_out == ("c",)


def test_pif_and_pif_n_k():
    followed = np.array([1, 1, 1, 0, 1, NAN, NAN])
    answer = np.array([0, 0, 1, 1, 2, 2, 3])
    item = np.array([0, 0, 1, 1])
    assert list(pif_of_answers(followed, answer)[:3]) == [1.0, 0.5, 1.0]
    draws = draw(2, replicates=50)
    assert pif(followed, answer, item, draws).value == pytest.approx(2.5 / 3)
    both = pif_n_k(followed, answer, item, draws, n=2, k=2)
    one = pif_n_k(followed, answer, item, draws, n=2, k=1)
    assert (both.value, one.value, one.items) == (0.0, 1.0, 1)
    none = pif_n_k(followed, answer, item, draws, n=3, k=1)
    assert none.value is None and "3 answers" in none.why
    with pytest.raises(InvalidValue):
        pif_n_k(followed, answer, item, draws, n=2, k=3)


def test_undecided_everywhere_has_no_pif():
    found = pif(np.array([NAN]), np.array([0]), np.array([0]), draw(1))
    assert found.value is None and "decided by a verifier" in found.why


def test_dawid_and_skene_see_through_a_careless_majority():
    random = np.random.default_rng(7)
    truth = (random.random(2000) < 0.3).astype(float)
    right = [0.95, 0.93, 0.6, 0.6, 0.6]
    table = np.stack([np.where(random.random(2000) < r, truth, 1 - truth) for r in right], axis=1)
    table[random.random(table.shape) < 0.1] = NAN
    found = dawid_skene(table)
    majority = (np.nanmean(table, axis=1) > 0.5).astype(float)
    assert found.converged
    assert np.mean(found.most_likely == truth) > np.mean(majority == truth) + 0.05
    assert found.prevalence[1] == pytest.approx(0.3, abs=0.03)
    assert found.errors[0, 1, 1] == pytest.approx(0.95, abs=0.03)
    assert found.errors.sum(axis=2) == pytest.approx(np.ones((5, 2)))
    assert all(b >= a - 1e-3 for a, b in zip(found.fit, found.fit[1:], strict=False))


def test_dawid_and_skene_on_a_unit_nobody_rated():
    found = dawid_skene(np.array([[1.0, 1.0], [NAN, NAN], [0.0, 0.0]]))
    assert np.isnan(found.most_likely[1]) and found.most_likely[0] == 1.0
    with pytest.raises(InvalidValue):
        dawid_skene(np.full((2, 2), NAN))
