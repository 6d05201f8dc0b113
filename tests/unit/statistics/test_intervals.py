"""Resampling by item, comparisons of two raters, standings of models, Student's t."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from sklearn.metrics import cohen_kappa_score, confusion_matrix

from annotator.domain.statistics.agreement import alpha, fleiss, gwet
from annotator.domain.statistics.comparing import (
    FIGURES,
    Comparison,
    compare,
    compare_parts,
    grades,
)
from annotator.domain.statistics.figure import Figure, undefined
from annotator.domain.statistics.leaderboard import Leaderboard, rank_models, ranks_of
from annotator.domain.statistics.panel import compare_all
from annotator.domain.statistics.resampling import draw, interval
from annotator.domain.statistics.student import distribution, quantile

NAN = float("nan")


def two_raters(seed, units=300, items=60):
    random = np.random.default_rng(seed)
    a = random.choice([0, 0.25, 0.5, 0.75, 1], units, p=[0.2, 0.1, 0.1, 0.1, 0.5])
    b = np.where(random.random(units) < 0.7, a, random.choice([0, 0.5, 1], units))
    b[random.random(units) < 0.1] = NAN
    return a, b, random.integers(0, items, units)


@pytest.mark.parametrize("freedom", [1, 2, 3, 7.5, 30, 199, 5000])
@pytest.mark.parametrize("t", [-12.0, -2.3, -0.4, 0.0, 0.1, 1.96, 4.0, 40.0])
def test_student_as_scipy(freedom, t):
    assert distribution(t, freedom) == pytest.approx(scipy.stats.t.cdf(t, freedom), abs=1e-9)
    for probability in (0.001, 0.025, 0.5, 0.9, 0.975, 0.9995):
        theirs = scipy.stats.t.ppf(probability, freedom)
        assert quantile(probability, freedom) == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_student_with_very_many_degrees_of_freedom_is_normal():
    assert distribution(1.96, 1e8) == pytest.approx(scipy.stats.norm.cdf(1.96))
    assert quantile(0.975, 1e8) == pytest.approx(scipy.stats.norm.ppf(0.975))


@pytest.mark.parametrize("seed", range(8))
def test_a_comparison_equals_the_libraries(seed):
    a, b, item = two_raters(seed)
    found = compare(a, b, item, draw(60, replicates=50))
    both = ~np.isnan(b)
    ours, theirs = grades(a[both]), grades(b[both])
    at = {name: value.value for name, value in found.figures.items()}
    assert found.table == tuple(map(tuple, confusion_matrix(ours, theirs, labels=[0, 1, 2])))
    assert at["kappa"] == pytest.approx(cohen_kappa_score(ours, theirs), abs=1e-9)
    squares = cohen_kappa_score(ours, theirs, weights="quadratic")
    assert at["weighted kappa"] == pytest.approx(squares, abs=1e-9)
    shares = np.stack([a[both], b[both]], axis=1)
    assert at["alpha"] == pytest.approx(alpha(shares, "interval").value, abs=1e-9)
    as_grades = np.stack([ours, theirs], axis=1).astype(float)
    assert at["AC1"] == pytest.approx(gwet(as_grades).value, abs=1e-9)
    assert at["prevalence"] == pytest.approx(np.mean(a[both] == 1))
    assert at["difference"] == pytest.approx(np.mean(a[both] - b[both]))
    for figure in found.figures.values():
        assert figure.low <= figure.value <= figure.high


def test_sums_of_draws_are_those_of_the_drawn_items():
    random = np.random.default_rng(0)
    per_item, draws = random.random((300, 4)) * 5, draw(300, replicates=120)
    exact = draws.times.astype(float) @ per_item
    assert draws.sums(per_item) == pytest.approx(exact, rel=1e-6)


def test_a_comparison_survives_json():
    found = compare(*two_raters(1), draw(60, replicates=20))
    assert Comparison.from_json(found.to_json()) == found


def test_raters_without_a_common_component_have_every_figure_undefined():
    a, b = np.array([1.0, NAN]), np.array([NAN, 1.0])
    found = compare(a, b, np.array([0, 1]), draw(2, replicates=5))
    assert set(found.figures) == set(FIGURES)
    assert all(figure.value is None and figure.why for figure in found.figures.values())


def test_one_grade_only_is_full_percent_and_says_why_there_is_no_kappa():
    ones = np.ones(20)
    found = compare(ones, ones, np.arange(20), draw(20, replicates=50)).figures
    assert found["percent"].value == found["AC1"].value == 1.0
    assert "chance alone" in found["kappa"].why and "same" in found["alpha"].why


def test_one_item_has_no_interval():
    found = compare(np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.zeros(2, int), draw(1))
    assert found.figures["percent"] == Figure(0.5, "no interval: one item only", scores=2, items=1)


def test_intervals_are_wider_when_components_hang_together():
    random = np.random.default_rng(3)
    agree = random.random(100) < 0.7
    clustered = np.repeat(agree, 5).astype(float)
    item = np.repeat(np.arange(100), 5)
    by_item = compare(np.ones(500), clustered, item, draw(100)).figures["percent"]
    alone = compare(np.ones(500), clustered, np.arange(500), draw(500)).figures["percent"]
    assert by_item.high - by_item.low > 1.8 * (alone.high - alone.low)


def test_draws_are_the_same_whenever_asked():
    first, again = draw(50, replicates=7), draw(50, replicates=7)
    assert (first.times == again.times).all()
    assert (first.times.sum(axis=1) == 50).all()


def test_an_interval_needs_most_replicates_defined():
    values = np.linspace(0, 1, 100)
    assert interval(values) == pytest.approx((0.025, 0.975))
    values[:10] = NAN
    assert interval(values) is None


def test_a_figure_says_undefined_in_json():
    assert undefined("one rater only").to_json()["undefined"] == "one rater only"
    assert Figure.from_json(undefined("why", scores=3).to_json()) == undefined("why", scores=3)


def test_models_are_ranked_by_mean_with_ties_sharing_a_rank():
    scores = np.array([[0.5, 0.9, 0.5], [0.7, 0.9, 0.7], [0.6, NAN, 0.6]])
    found = rank_models(["a", "b", "c"], scores, draw(3, replicates=30))
    assert [(place.model, place.rank) for place in found.places] == [("b", 1), ("a", 2), ("c", 2)]
    assert found.places[0].mean.items == 2
    assert found.gaps[0].difference.value == pytest.approx(0.3)
    assert found.gaps[0].difference.items == 2
    assert Leaderboard.from_json(found.to_json()) == found


def test_a_model_without_scores_has_no_rank_and_no_gap():
    found = rank_models(["a", "b"], np.array([[0.5, NAN], [0.7, NAN]]), draw(2, replicates=30))
    assert found.places[1].rank is None
    assert found.places[1].mean.why == "none of its answers was scored"
    assert found.gaps == ()


def test_pairing_makes_a_small_steady_difference_certain():
    random = np.random.default_rng(5)
    level = random.random(200) * 0.8
    scores = np.stack([level + 0.05 + random.normal(0, 0.01, 200), level], axis=1)
    found = rank_models(["a", "b"], scores, draw(200))
    assert found.gaps[0].difference.low > 0.04 and found.gaps[0].swapped == 0
    assert found.places[0].best == 1 and found.places[0].ranks == (1, 1)
    assert found.places[0].mean.low < found.places[1].mean.high


def test_ranks_of_undefined_means():
    assert list(ranks_of(np.array([0.2, NAN, 0.9]))[[0, 2]]) == [2, 1]


@pytest.mark.parametrize("seed", range(4))
def test_comparing_within_groups_equals_comparing_their_units_alone(seed):
    a, b, item = two_raters(seed)
    part = np.random.default_rng(seed).integers(0, 4, len(a))
    draws = draw(60, replicates=40)
    groups = [[0, 1, 2, 3], [1], [0, 3], [9]]
    for found, group in zip(compare_parts(a, b, item, part, groups, draws), groups, strict=True):
        mine = np.isin(part, group)
        alone = compare(a[mine], b[mine], item[mine], draws)
        assert found.table == alone.table
        for name in FIGURES:
            ours, theirs = found.figures[name], alone.figures[name]
            assert (ours.scores, ours.items, ours.why) == (theirs.scores, theirs.items, theirs.why)
            assert ours.value == pytest.approx(theirs.value, abs=1e-9)
            assert ours.low == pytest.approx(theirs.low, abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_several_raters_as_their_coefficients(seed):
    a, b, item = two_raters(seed)
    _, d, _ = two_raters(seed + 50)
    shares = np.stack([a, b, d], axis=1)
    shares[:3] = NAN
    (found,) = compare_all(shares, item, np.zeros(len(a), int), [[0]], draw(60, replicates=40))
    known = np.isnan(shares)
    graded = np.where(known, NAN, grades(np.where(known, 0.0, shares)))
    assert found["Fleiss kappa"].value == pytest.approx(fleiss(graded).value, abs=1e-9)
    assert found["alpha"].value == pytest.approx(alpha(graded, "ordinal").value, abs=1e-9)
    assert found["AC1"].value == pytest.approx(gwet(graded, scale=(0, 1, 2)).value, abs=1e-9)
    assert found["alpha"].low < found["alpha"].value < found["alpha"].high


def test_one_rater_alone_agrees_with_nobody():
    one = np.stack([np.ones(4), np.full(4, NAN)], axis=1)
    (found,) = compare_all(one, np.arange(4), np.zeros(4, int), [[0]], draw(4, replicates=10))
    assert {figure.why for figure in found.values()} == {"no component was scored by two raters"}
