"""Arithmetic on an item's weights: exact sums, normalising, equalising.

All sums are decimal, so that 0.1 + 0.2 is 0.3 as people read it. Shares are dealt out by largest
remainder in whole units: 1 where the target is whole and has room, else the coarsest decimal unit
that gives each component one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction

from annotator.domain.items import MAX_WEIGHT, Number, is_number
from annotator.errors import InvalidValue


def total(weights: Collection[Number | None]) -> Number:
    """The decimal sum, None counting as 0; a whole sum comes back as int."""
    exact = sum((Decimal(repr(w)) for w in weights if w is not None), Decimal(0))
    return plain(exact)


def whole(value: float) -> Number:
    """4.0 as 4; what is not whole stays."""
    return int(value) if value == int(value) else value


def plain(value: Decimal | Fraction) -> Number:
    """The int or float that prints as this decimal number."""
    return int(value) if value == int(value) else float(value)


def normalise(
    weights: Mapping[str, Number | None],
    target: Number,
    *,
    locked: Collection[str] = (),
) -> dict[str, Number]:
    """Scale the unlocked weights so that all together sum exactly to the target.

    Proportions are kept as well as whole units allow (largest remainder; ties go to the earlier
    component). Where the free weights are all 0 or missing they become equal. A locked component
    without a weight is left out of the answer.

    Raises:
        InvalidValue: the target is out of range, or the locked weights alone exceed it or leave a
            rest with nobody to take it.
    """
    if not is_number(target) or not 0 <= target <= MAX_WEIGHT:
        raise InvalidValue("sum of weights", f"must be from 0 to {MAX_WEIGHT:,}, not {target!r}")
    fixed = {key: weight for key in locked if (weight := weights.get(key)) is not None}
    free = [key for key in weights if key not in locked]
    rest = Fraction(Decimal(repr(target))) - Fraction(Decimal(repr(total(fixed.values()))))
    if rest < 0:
        raise InvalidValue("weights", f"the locked weights already exceed {target}")
    if rest and not free:
        raise InvalidValue("weights", f"every weight is locked and they do not sum to {target}")
    shares = [Fraction(Decimal(repr(weights[key] or 0))) for key in free]
    if not sum(shares):
        shares = [Fraction(1)] * len(free)
    dealt = fixed | dict(zip(free, deal(rest, shares), strict=True))
    return {key: dealt[key] for key in weights if key in dealt}


def equalise(
    weights: Mapping[str, Number | None],
    target: Number,
    *,
    locked: Collection[str] = (),
) -> dict[str, Number]:
    """Give the unlocked components equal weights, all together summing exactly to the target."""
    same = {key: weights[key] if key in locked else 1 for key in weights}
    return normalise(same, target, locked=locked)


def deal(amount: Fraction, shares: list[Fraction]) -> list[Number]:
    """Split an amount by shares into multiples of one unit that sum exactly to it."""
    if not shares:
        return []
    unit = smallest_unit(amount, sum(1 for share in shares if share))
    units = amount / unit
    whole = sum(shares)
    exact = [units * share / whole for share in shares]
    counts = [int(value) for value in exact]
    short = int(units) - sum(counts)
    by_remainder = sorted(range(len(shares)), key=lambda i: (counts[i] - exact[i], i))
    for index in by_remainder[:short]:
        counts[index] += 1
    return [plain(Decimal(count * unit.numerator) / Decimal(unit.denominator)) for count in counts]


def smallest_unit(amount: Fraction, receivers: int) -> Fraction:
    """1, or the coarsest 1/10, 1/100 … in which the amount is whole and enough for everyone."""
    unit = Fraction(1)
    while (amount / unit).denominator != 1 or (amount and amount / unit < receivers):
        unit /= 10
    return unit
