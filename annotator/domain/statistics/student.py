"""Student's t distribution, so that small samples get honest intervals without another library.

The distribution function is the regularised incomplete beta function, by its continued fraction
(Abramowitz and Stegun 26.5.8) evaluated with Lentz's method; the quantile inverts it.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

from annotator.errors import InvalidValue

_TINY = 1e-300
_STEPS = 500
_LARGE = 1e6
"""Degrees of freedom from which on t is taken for normal: they differ by less than 1e-6."""


def distribution(t: float, freedom: float) -> float:
    """P(T ≤ t) with ``freedom`` degrees of freedom, which must be above 0."""
    if freedom <= 0:
        raise InvalidValue("degrees of freedom", f"must be above 0, not {freedom!r}")
    if freedom >= _LARGE:
        return NormalDist().cdf(t)
    if math.isinf(t):
        return float(t > 0)
    tail = _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2
    return 1 - tail if t > 0 else tail


@lru_cache(maxsize=1024)
def quantile(probability: float, freedom: float) -> float:
    """The t with P(T ≤ t) = probability, which lies strictly between 0 and 1."""
    if not 0 < probability < 1:
        raise InvalidValue("probability", f"must lie between 0 and 1, not {probability!r}")
    if freedom >= _LARGE:
        return NormalDist().inv_cdf(probability)
    if probability < 0.5:
        return -quantile(1 - probability, freedom)
    low, high = 0.0, 1.0
    while distribution(high, freedom) < probability:
        low, high = high, high * 2
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if distribution(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    if x <= 0 or x >= 1:
        return float(x >= 1)
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x)
    front = math.exp(log + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
