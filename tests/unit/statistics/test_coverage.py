"""Intervals hold what they promise: 95 % of them cover the truth of 1,000 simulated data sets."""

from __future__ import annotations

import numpy as np
import pytest

from annotator.domain.statistics.correcting import corrected_mean, pass_rate, population
from annotator.domain.statistics.leaderboard import rank_models
from annotator.domain.statistics.resampling import draw
from annotator.domain.statistics.sampling import (
    AuditLabel,
    AuditSample,
    QueueLabel,
    audit_sample,
)
from annotator.errors import InvalidValue, Refused
from tests.unit.statistics.worlds import (
    DESIGNS,
    JUDGES,
    MODELS,
    benchmark,
    judged_means,
    truth,
    world,
)

DATA_SETS = 1000


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("judge", JUDGES)
def test_corrected_means_of_200_labels_among_5000_cover_the_truth(judge, design):
    expected, covered, narrower = truth(), 0, 0
    for seed in range(DATA_SETS):
        seen = world(seed, judge, design)
        found = corrected_mean(seen.units, seen.sample)
        covered += found.mean.low <= expected <= found.mean.high
        narrower += width(found.mean) < width(found.people_alone)
    assert 0.93 <= covered / DATA_SETS <= 0.97
    if judge == "good":
        assert narrower == DATA_SETS


def test_two_samples_together_cover_the_truth():
    expected, covered, total = truth(), 0, 0.0
    for seed in range(DATA_SETS):
        seen = world(seed, "biased", "twice")
        found = corrected_mean(seen.units, seen.sample).mean
        covered += found.low <= expected <= found.high
        total += found.value - expected
        assert len(seen.sample) > 100
    assert 0.93 <= covered / DATA_SETS <= 0.97
    assert abs(total / DATA_SETS) < 0.005


def width(figure):
    return figure.high - figure.low


@pytest.mark.parametrize("judge", JUDGES)
def test_paired_bootstrap_over_400_items_covers_means_and_differences(judge):
    names, expected = [str(i) for i in range(len(MODELS))], judged_means(judge)
    means, gaps = 0, 0
    for seed in range(DATA_SETS):
        found = rank_models(names, benchmark(seed, judge), draw(400, seed=seed))
        first = next(place for place in found.places if place.model == "0")
        means += first.mean.low <= expected[0] <= first.mean.high
        gap = next(gap for gap in found.gaps if {gap.first, gap.second} == {"0", "1"})
        apart = expected[int(gap.first)] - expected[int(gap.second)]
        gaps += gap.difference.low <= apart <= gap.difference.high
    assert 0.93 <= means / DATA_SETS <= 0.97
    assert 0.93 <= gaps / DATA_SETS <= 0.97


@pytest.mark.parametrize("design", DESIGNS)
def test_sensitivity_and_specificity_correct_a_biased_judge(design):
    expected, covered, judged = truth(), 0, 0
    for seed in range(200):
        seen = world(seed, "biased", design)
        found = pass_rate(seen.units, seen.sample)
        covered += found.corrected.low <= expected <= found.corrected.high
        judged += found.judged.low <= expected <= found.judged.high
    assert covered >= 180
    assert judged == 0


def test_labels_chosen_for_disagreement_would_mislead_and_the_sample_would_not():
    """Why they are refused: forced in, they miss the truth by far."""
    seen = world(1, "biased", "uniform")
    hard = np.flatnonzero(seen.units.judged != seen.people)[:200]
    forced = AuditSample(hard, seen.people[hard], np.full(len(hard), 0.04))
    wrong = corrected_mean(seen.units, forced).mean
    assert not wrong.low <= truth() <= wrong.high


def test_labels_from_the_queue_are_refused():
    with pytest.raises(Refused, match="queue of disagreements are the hard cases"):
        audit_sample([AuditLabel(0, 1.0, 0.1), QueueLabel(1, 0.0)])
    seen = world(1, "good", "uniform")
    for correct in (corrected_mean, pass_rate):
        with pytest.raises(Refused, match="audit sample alone"):
            correct(seen.units, [QueueLabel(1, 0.0)])


@pytest.mark.parametrize(
    "label", [AuditLabel(0, 1.5, 0.1), AuditLabel(0, 1.0, 0.0), AuditLabel(0, 1.0, 1.1)]
)
def test_impossible_labels_are_refused(label):
    with pytest.raises(InvalidValue):
        audit_sample([label])


def test_a_component_is_labelled_once():
    with pytest.raises(InvalidValue, match="twice"):
        audit_sample([AuditLabel(3, 1.0, 0.1), AuditLabel(3, 0.0, 0.1)])


def units(number=40):
    return population(np.arange(number), np.ones(number))


def labels(values):
    return audit_sample([AuditLabel(i, share, 0.5) for i, share in enumerate(values)])


def test_without_labels_a_mean_is_undefined_in_words():
    nothing = corrected_mean(units(), audit_sample([])).mean
    assert nothing.value is None and "nothing of an audit sample" in nothing.why
    few = corrected_mean(units(), labels([1.0] * 9)).mean
    assert few.value is None and few.why.startswith("fewer than ten labels")


def test_a_useless_judge_cannot_be_corrected_for_and_it_says_so():
    found = pass_rate(units(), labels([1.0, 0.0] * 10))
    assert found.sensitivity.value == 1.0 and found.specificity.value == 0.0
    assert found.corrected.value is None and "no better than chance" in found.corrected.why


def test_people_who_pass_everything_leave_specificity_undefined():
    found = pass_rate(units(), labels([1.0] * 20))
    assert found.specificity.why == "people failed nothing in the sample"
    assert found.corrected.value is None
    assert found.sensitivity.low < 1 == found.sensitivity.value


def test_labelling_everything_leaves_no_doubt_about_the_fixed_items():
    random = np.random.default_rng(0)
    people = random.random(50)
    frame = population(np.arange(50) // 5, random.random(50))
    whole = audit_sample([AuditLabel(i, float(share), 1.0) for i, share in enumerate(people)])
    found = corrected_mean(frame, whole, fixed=True).mean
    assert found.low == pytest.approx(people.mean()) == pytest.approx(found.high)


def test_missing_scores_of_the_judge_are_allowed_for():
    seen = world(5, "good", "uniform")
    gaps = np.where(np.arange(5000) % 7 == 0, np.nan, seen.units.judged)
    holed = population(seen.units.item, gaps)
    found = corrected_mean(holed, seen.sample)
    assert found.mean.low <= truth() <= found.mean.high
    assert width(found.mean) < width(found.people_alone)


def test_strata_with_one_label_are_merged():
    seen = world(6, "good", "stratified")
    thin = seen.units.stratum.copy()
    thin[seen.sample.unit[0]] = 9
    frame = type(seen.units)(seen.units.item, seen.units.judged, seen.units.weight, thin)
    found = corrected_mean(frame, seen.sample).mean
    assert found.low <= truth() <= found.high
