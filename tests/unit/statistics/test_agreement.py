"""Agreement equals scikit-learn's, statsmodels' and krippendorff's, and is right at the corners."""

from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

from annotator.domain.statistics.agreement import alpha, fleiss, gwet, kappa, percent
from annotator.errors import InvalidValue

NAN = float("nan")
SEEDS = range(25)


def ratings(seed, *, units=60, raters=4, categories=5, missing=0.3):
    """Raters who mostly see the same, some cells missing."""
    random = np.random.default_rng(seed)
    truth = random.integers(1, categories + 1, units)[:, None]
    noise = random.integers(1, categories + 1, (units, raters))
    table = np.where(random.random((units, raters)) < 0.6, truth, noise).astype(float)
    table[random.random((units, raters)) < missing] = NAN
    return table


@pytest.mark.parametrize("seed", SEEDS)
def test_two_raters_as_scikit_learn_and_statsmodels(seed):
    a, b = ratings(seed, raters=2, missing=0).T
    assert percent(a, b).value == pytest.approx(accuracy_score(a, b), abs=1e-9)
    for ours, theirs in (("identity", None), ("linear", "linear"), ("quadratic", "quadratic")):
        expected = cohen_kappa_score(a.astype(int), b.astype(int), weights=theirs)
        assert kappa(a, b, ours).value == pytest.approx(expected, abs=1e-9)
    table = np.array([[np.sum((a == i) & (b == j)) for j in range(1, 6)] for i in range(1, 6)])
    assert kappa(a, b).value == pytest.approx(cohens_kappa(table).kappa, abs=1e-9)
    weighted = cohens_kappa(table, wt="quadratic").kappa
    assert kappa(a, b, "quadratic").value == pytest.approx(weighted, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_fleiss_as_statsmodels(seed):
    table = ratings(seed, missing=0)
    counts, _ = aggregate_raters(table.astype(int))
    assert fleiss(table).value == pytest.approx(fleiss_kappa(counts), abs=1e-9)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
@pytest.mark.parametrize("seed", SEEDS)
def test_alpha_as_krippendorff_with_missing_cells(seed, level):
    table = ratings(seed)
    theirs = krippendorff.alpha(reliability_data=table.T, level_of_measurement=level)
    assert alpha(table, level).value == pytest.approx(theirs, abs=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_interval_and_ratio_alpha_of_shares_with_zeros(seed):
    table = np.round(ratings(seed, categories=7) - 1, 0) / 6
    for level in ("interval", "ratio"):
        theirs = krippendorff.alpha(reliability_data=table.T, level_of_measurement=level)
        assert alpha(table, level).value == pytest.approx(theirs, abs=1e-9)


def gwet_by_hand(table, weights, categories):
    """Gwet's handbook, formulas 3.5.1 ff., written out cell by cell."""
    agree = rated = paired = 0.0
    shares = dict.fromkeys(categories, 0.0)
    for row in table:
        given = [value for value in row if not np.isnan(value)]
        if not given:
            continue
        rated += 1
        for value in given:
            shares[value] += 1 / len(given)
        if len(given) > 1:
            paired += 1
            pairs = [
                weights[categories.index(x)][categories.index(y)]
                for i, x in enumerate(given)
                for j, y in enumerate(given)
                if i != j
            ]
            agree += sum(pairs) / len(pairs)
    number = len(categories)
    spread = sum(share / rated * (1 - share / rated) for share in shares.values())
    chance = sum(map(sum, weights)) / (number * (number - 1)) * spread
    return (agree / paired - chance) / (1 - chance)


@pytest.mark.parametrize("seed", SEEDS)
def test_gwet_as_its_formulas_written_out(seed):
    table = ratings(seed)
    categories = [1.0, 2.0, 3.0, 4.0, 5.0]
    same = [[float(i == j) for j in range(5)] for i in range(5)]
    square = [[1 - (i - j) ** 2 / 16 for j in range(5)] for i in range(5)]
    line = [[1 - abs(i - j) / 4 for j in range(5)] for i in range(5)]
    pairs = [[1 - (abs(i - j) + 1) * abs(i - j) / 2 / 10 for j in range(5)] for i in range(5)]
    for name, weights in (
        ("identity", same), ("quadratic", square), ("linear", line), ("ordinal", pairs),
    ):  # fmt: skip
        expected = gwet_by_hand(table, weights, categories)
        assert gwet(table, name).value == pytest.approx(expected, abs=1e-9)


def test_gwet_where_kappa_fails_on_high_agreement():
    """The paradox of Gwet 2008: 118 of 125 agree, nearly all in one category."""
    a = np.array([1.0] * 118 + [1.0] * 5 + [0.0] * 2)
    b = np.array([1.0] * 118 + [0.0] * 5 + [1.0] * 2)
    assert percent(a, b).value == pytest.approx(0.944)
    assert kappa(a, b).value == pytest.approx(-0.0234, abs=1e-4)
    assert gwet(np.stack([a, b], axis=1)).value == pytest.approx(0.9408, abs=1e-4)


DISJOINT = np.array([[1, NAN], [NAN, 1], [0, NAN], [NAN, 0]])
ONE_CATEGORY = np.ones((6, 2))


@pytest.mark.parametrize("table", [DISJOINT, np.full((3, 2), NAN), np.zeros((0, 2))])
def test_disjoint_raters_are_undefined_in_words(table):
    a, b = table.T
    both = [percent(a, b), kappa(a, b), fleiss(table), alpha(table), gwet(table)]
    assert [one.value for one in both] == [None] * 5
    assert {one.why for one in both} == {"no component was scored by two raters"}


def test_full_agreement_in_one_category_is_full_percent_and_undefined_beyond_chance():
    a, b = ONE_CATEGORY.T
    assert percent(a, b).value == 1.0
    assert kappa(a, b).value is None and "chance alone" in kappa(a, b).why
    assert fleiss(ONE_CATEGORY).value is None
    assert (
        alpha(ONE_CATEGORY).value is None and "all scores are the same" in alpha(ONE_CATEGORY).why
    )
    assert gwet(ONE_CATEGORY).value is None
    assert gwet(ONE_CATEGORY, scale=(0, 1)).value == 1.0


def test_full_agreement_in_several_categories_is_one():
    a = np.array([0.0, 1.0, 1.0, 0.5])
    table = np.stack([a, a, a], axis=1)
    assert kappa(a, a).value == fleiss(table).value == gwet(table).value == 1.0
    assert [alpha(table, level).value for level in ("nominal", "ordinal", "interval")] == [1.0] * 3


def test_each_rater_a_category_of_its_own():
    """No agreement, and margins that leave chance none either."""
    a, b = np.ones(5), np.zeros(5)
    assert percent(a, b).value == 0.0
    assert kappa(a, b).value == pytest.approx(cohen_kappa_score(a, b))


def test_a_unit_with_one_rating_changes_no_pairwise_figure():
    table = ratings(1, raters=3)
    more = np.vstack([table, [[5, NAN, NAN]]])
    assert alpha(more).value == pytest.approx(alpha(table).value, abs=1e-12)
    assert percent(*more[:, :2].T).value == percent(*table[:, :2].T).value


def test_a_ratio_scale_has_no_negative_values():
    with pytest.raises(InvalidValue, match="negative"):
        alpha(np.array([[-1.0, 1.0], [2.0, 2.0]]), "ratio")


@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 0.5, 1.0, NAN]), min_size=3, max_size=3),
        min_size=1,
        max_size=12,
    )
)
def test_every_figure_is_a_number_up_to_one_or_says_why(rows):
    table = np.array(rows)
    a, b = table[:, 0], table[:, 1]
    figures = [percent(a, b), kappa(a, b), fleiss(table), gwet(table), gwet(table, "quadratic")]
    figures += [alpha(table, level) for level in ("nominal", "ordinal", "interval", "ratio")]
    for one in figures:
        assert (one.value is None) == bool(one.why)
        assert one.value is None or one.value <= 1 + 1e-12
    shuffled = table[::-1, ::-1]
    assert alpha(shuffled).value == pytest.approx(alpha(table).value, abs=1e-9)
