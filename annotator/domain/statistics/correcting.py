"""Means corrected by the audit sample.

A judge scores everything and is somewhat wrong; people label a small random sample. Prediction-
powered inference (Angelopoulos et al. 2023, arXiv 2301.09633; tuned by λ as PPI++, arXiv
2311.01453) adds to the judge's mean the sample's mean difference between people and judge:

    θ = λ · mean(judge) + weighted mean of (people − λ · judge) in the sample

Here the sample may be stratified with unequal inclusion probabilities (Horvitz and Thompson 1952;
within strata normalised as in Hájek 1971), and components are clustered in items. The variance is
that of the items' linearised contributions (Särndal, Swensson and Wretman 1992, ch. 5–6): items
are seen as drawn from the many that could have been written. With ``fixed`` the items are taken
as all there are, and only the labels vary.

The correction for sensitivity and specificity of a pass rate is W. J. Rogan and B. Gladen 1978,
"Estimating prevalence from the results of a screening test", with the same linearisation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from annotator.domain.statistics.figure import Figure, Floats, Ints, Truths, added, undefined
from annotator.domain.statistics.resampling import CONFIDENCE
from annotator.domain.statistics.sampling import AuditSample, checked
from annotator.domain.statistics.student import quantile
from annotator.errors import InvalidValue

NO_LABELS: Final = "nothing of an audit sample has been labelled here"
TOO_FEW: Final = "fewer than ten labels of the audit sample; an interval would be a guess"
FEWEST_LABELS: Final = 10
FEWEST_IN_STRATUM: Final = 6
"""Labels of a stratum, below which its own spread is not to be relied on."""
NO_BETTER: Final = (
    "sensitivity and specificity together are not above 1: the judge is no better than chance"
)


@dataclass(frozen=True, slots=True)
class Population:
    """All (response, component) units whose mean is wanted.

    ``item``: each unit's item as a number from 0. ``judged``: the judge's share, NaN where it
    gave none. ``weight``: what the unit counts in the mean, above 0, on any scale. ``stratum``:
    the stratum it was in when the audit sample was drawn, as a number from 0.
    """

    item: Ints
    judged: Floats
    weight: Floats
    stratum: Ints

    def __post_init__(self) -> None:
        if not len(self.item) == len(self.judged) == len(self.weight) == len(self.stratum):
            raise InvalidValue("population", "needs item, share, weight and stratum for each unit")
        if len(self.weight) and not (self.weight > 0).all():
            raise InvalidValue("weight", "must be above 0")


def population(item: Ints, judged: Floats) -> Population:
    """Units that count the same, drawn from without strata."""
    return Population(item, judged, np.ones(len(item)), np.zeros(len(item), dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Corrected:
    """A mean by prediction-powered inference beside the one by people's labels alone.

    ``tuning`` is λ: 0 ignores the judge, 1 trusts it fully; None where undefined.
    """

    mean: Figure
    people_alone: Figure
    tuning: float | None


def corrected_mean(
    units: Population,
    sample: AuditSample,
    *,
    fixed: bool = False,
    confidence: float = CONFIDENCE,
) -> Corrected:
    """The population's mean as people would score it, with its interval.

    Raises:
        Refused: ``sample`` is no audit sample.
    """
    frame = _frame(units, checked(sample))
    if isinstance(frame, Figure):
        return Corrected(frame, frame, None)
    judged = _filled(units)
    plain = _estimate(frame, sample.share, np.zeros(len(units.item)))
    trusting = _estimate(frame, sample.share, judged)
    tuning = _tune(plain, trusting)
    tuned = _estimate(frame, sample.share, tuning * judged)
    return Corrected(
        _measured(frame, tuned, sample, fixed=fixed, confidence=confidence),
        _measured(frame, plain, sample, fixed=fixed, confidence=confidence),
        tuning,
    )


# ------------------------------------------------------------------------- the sample in its frame


@dataclass(frozen=True, slots=True)
class _Frame:
    """The sample laid over the population; ``stratum`` merges those with few labels."""

    item: Ints
    items: int
    weight: Floats
    stratum: Ints
    labelled: Ints
    share_of: Floats
    """Per label: its part of its stratum's weighted mean; sums to 1 in each stratum."""
    size_of: Floats
    """Per stratum: its part of the population's weight."""
    labels_in: Floats
    units_in: Floats

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the residuals."""
        return len(self.labelled) - int((self.labels_in > 0).sum())


def _frame(units: Population, sample: AuditSample) -> _Frame | Figure:
    number = len(sample)
    if not number:
        return undefined(NO_LABELS)
    if number < FEWEST_LABELS:
        return undefined(TOO_FEW, scores=number)
    weight = units.weight / units.weight.sum()
    stratum = _merged(units.stratum, sample.unit)
    strata = int(stratum.max()) + 1
    of_label = stratum[sample.unit]
    expanded = weight[sample.unit] / sample.inclusion
    per_stratum = added(of_label, expanded, strata)
    item = _numbered(units.item)
    return _Frame(
        item,
        int(item.max()) + 1,
        weight,
        stratum,
        sample.unit,
        expanded / per_stratum[of_label],
        added(stratum, weight, strata),
        np.bincount(of_label, minlength=strata).astype(float),
        np.bincount(stratum, minlength=strata).astype(float),
    )


def _merged(stratum: Ints, labelled: Ints) -> Ints:
    """Strata with few labels become one; if that has too few as well, it joins the smallest."""
    numbered = _numbered(stratum)
    labels = np.bincount(numbered[labelled], minlength=int(numbered.max()) + 1)
    thin = labels < FEWEST_IN_STRATUM
    if not thin.any():
        return numbered
    thick = np.flatnonzero(~thin)
    home = np.arange(len(labels))
    home[thin] = len(labels)
    if labels[thin].sum() < FEWEST_IN_STRATUM and len(thick):
        home[thin] = thick[np.argmin(labels[thick])]
    return _numbered(home[numbered])


def _numbered(values: Ints) -> Ints:
    """The distinct values' places in ascending order; values are numbers from 0."""
    present = np.bincount(values) > 0
    return (np.cumsum(present) - 1)[values]


def _filled(units: Population) -> Floats:
    """The judge's shares; where it gave none its mean stands in, which PPI allows."""
    known = ~np.isnan(units.judged)
    if not known.any():
        return np.zeros(len(units.judged))
    mean = np.average(units.judged[known], weights=units.weight[known])
    return np.where(known, units.judged, mean)


# ------------------------------------------------------------------------- estimate and variance


@dataclass(frozen=True, slots=True)
class _Estimate:
    """``value``; each item's linearised part of it (sums to 0); each label's residual part."""

    value: float
    by_item: Floats
    by_label: Floats


def _estimate(frame: _Frame, people: Floats, prediction: Floats) -> _Estimate:
    """Prediction's mean plus, per stratum, the sample's mean residual."""
    strata = len(frame.size_of)
    of_label = frame.stratum[frame.labelled]
    residual = people - prediction[frame.labelled]
    shift = added(of_label, frame.share_of * residual, strata)
    expected = prediction + shift[frame.stratum]
    value = float(frame.weight @ expected)
    by_label = frame.size_of[of_label] * frame.share_of * (residual - shift[of_label])
    by_label = by_label * _small_sample(frame)[of_label]
    parts = frame.weight * (expected - value)
    by_item = added(frame.item, parts, frame.items)
    touched = frame.item[frame.labelled]
    by_item = by_item + added(touched, by_label, frame.items)
    return _Estimate(value, by_item, by_label)


def _small_sample(frame: _Frame) -> Floats:
    """Per stratum √(n / (n − 1)): residuals about an estimated mean are too small by that."""
    number = np.maximum(frame.labels_in, 2)
    return np.asarray(np.sqrt(number / (number - 1)))


def _tune(plain: _Estimate, trusting: _Estimate) -> float:
    """The λ of least variance, from 0 to 1."""
    change = trusting.by_item - plain.by_item
    power = float(change @ change)
    if power < 1e-18:
        return 0.0
    return _possible(float(-(plain.by_item @ change) / power))


def _variance(frame: _Frame, estimate: _Estimate, *, fixed: bool) -> float:
    if fixed:
        of_label = frame.stratum[frame.labelled]
        unlabelled = 1 - frame.labels_in / np.maximum(frame.units_in, 1)
        return float((unlabelled[of_label] * estimate.by_label**2).sum())
    correction = frame.items / max(frame.items - 1, 1)
    return float(correction * (estimate.by_item**2).sum())


def _measured(
    frame: _Frame, estimate: _Estimate, sample: AuditSample, *, fixed: bool, confidence: float
) -> Figure:
    if frame.items < 2:
        return undefined("one item only", scores=len(sample), items=frame.items)
    error = math.sqrt(_variance(frame, estimate, fixed=fixed))
    reach = error * quantile((1 + confidence) / 2, max(frame.freedom, 1))
    touched = len(np.unique(frame.item[frame.labelled]))
    low, high = _possible(estimate.value - reach), _possible(estimate.value + reach)
    return Figure(estimate.value, "", low, high, scores=len(sample), items=touched)


def _possible(share: float) -> float:
    return min(1.0, max(0.0, share))


# ------------------------------------------------------------------------- sensitivity, specificity


@dataclass(frozen=True, slots=True)
class PassRate:
    """A judge's word on pass and fail against the audit sample.

    ``sensitivity``: of what people pass, the share the judge passes. ``specificity``: of what
    people fail, the share the judge fails. ``judged``: the share it passes of everything.
    ``corrected``: the share people would pass.
    """

    sensitivity: Figure
    specificity: Figure
    judged: Figure
    corrected: Figure


def pass_rate(
    units: Population, sample: AuditSample, *, confidence: float = CONFIDENCE
) -> PassRate:
    """Correct the share of full points by the judge's errors on the audit sample.

    Labels on units to which the judge gave no score tell nothing of its errors and are left out.

    Raises:
        Refused: ``sample`` is no audit sample.
    """
    known = ~np.isnan(units.judged)
    places = np.where(known, np.cumsum(known) - 1, -1)
    inside = checked(sample).within(places)
    units = Population(
        units.item[known], units.judged[known], units.weight[known], units.stratum[known]
    )
    frame = _frame(units, inside)
    if isinstance(frame, Figure):
        return PassRate(frame, frame, frame, frame)
    passed = (units.judged >= 1 - 1e-9).astype(float)
    judged = _estimate(frame, passed[frame.labelled], passed)
    people = inside.share >= 1 - 1e-9
    hit = passed[frame.labelled] == 1
    sensitivity = _rate(frame, hit, people, "people passed nothing in the sample", confidence)
    specificity = _rate(frame, ~hit, ~people, "people failed nothing in the sample", confidence)
    return PassRate(
        sensitivity.figure,
        specificity.figure,
        _measured(frame, judged, inside, fixed=False, confidence=confidence),
        _rogan_gladen(frame, judged, sensitivity, specificity, inside, confidence),
    )


@dataclass(frozen=True, slots=True)
class _Rate:
    figure: Figure
    by_item: Floats


def _rate(frame: _Frame, right: Truths, among: Truths, why: str, confidence: float) -> _Rate:
    """The weighted share of ``right`` among some labels, with Wilson's interval."""
    weight = frame.size_of[frame.stratum[frame.labelled]] * frame.share_of * among
    total = float(weight.sum())
    number = int(among.sum())
    if not number or total <= 0:
        return _Rate(undefined(why), np.zeros(frame.items))
    value = float((weight * right).sum() / total)
    parts = weight * (right - value) / total
    touched = frame.item[frame.labelled]
    by_item = added(touched, parts, frame.items)
    variance = float((by_item**2).sum()) * number / max(number - 1, 1)
    effective = _effective_number(weight[among], value, variance)
    low, high = wilson(value, effective, quantile((1 + confidence) / 2, max(number - 1, 1)))
    items = len(np.unique(touched[among]))
    return _Rate(Figure(value, "", low, high, scores=number, items=items), by_item)


def _effective_number(weight: Floats, value: float, variance: float) -> float:
    """The number of equal, independent labels that would vary as much (Kish where none varies)."""
    kish = float(weight.sum() ** 2 / (weight**2).sum())
    if variance <= 0 or value in (0.0, 1.0):
        return kish
    return min(value * (1 - value) / variance, float(len(weight)))


def wilson(value: float, number: float, reach: float) -> tuple[float, float]:
    """E. B. Wilson's 1927 interval of a share, which has a width even at 0 and 1."""
    bend = reach**2 / number
    middle = (value + bend / 2) / (1 + bend)
    half = reach / (1 + bend) * math.sqrt(value * (1 - value) / number + bend / (4 * number))
    return max(0.0, middle - half), min(1.0, middle + half)


def _rogan_gladen(
    frame: _Frame,
    judged: _Estimate,
    sensitivity: _Rate,
    specificity: _Rate,
    sample: AuditSample,
    confidence: float,
) -> Figure:
    number = len(sample)
    se, sp = sensitivity.figure.value, specificity.figure.value
    if se is None or sp is None:
        return undefined(sensitivity.figure.why or specificity.figure.why, scores=number)
    power = se + sp - 1
    if power <= 0.01:
        return undefined(NO_BETTER, scores=number)
    value = (judged.value + sp - 1) / power
    by_item = (
        judged.by_item - value * sensitivity.by_item + (1 - value) * specificity.by_item
    ) / power
    estimate = _Estimate(value, by_item, judged.by_label)
    measured = _measured(frame, estimate, sample, fixed=False, confidence=confidence)
    if 0 <= value <= 1:
        return measured
    why = "the judge's errors explain more than its whole share; held to the possible range"
    return Figure(
        _possible(value), why, measured.low, measured.high, measured.scores, measured.items
    )
