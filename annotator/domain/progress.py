"""Progress of a dataset: what is left day by day, the pace, and when it should end.

A day is counted in UTC. The pace is the mean over the last PACE_DAYS days up to today, or over
fewer where work began later; days on which nobody worked count, because such days will come again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from annotator.domain.counting import counted

PACE_DAYS: Final = 7
FARTHEST: Final = 3_650
"""Days ahead beyond which a date would say more than is known."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day: annotations submitted, items settled, and items that were left at its end."""

    date: date
    submitted: int
    settled: int
    left: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Per day over the last days: annotations submitted, items settled, and over how many days."""

    submitted: float
    settled: float
    days: int


@dataclass(frozen=True, slots=True)
class Ending:
    """When the last item should be settled; ``date`` is None where ``why`` says why."""

    date: date | None
    why: str


def days(
    submitted: Mapping[date, int], settled: Mapping[date, int], *, total: int, today: date
) -> list[Day]:
    """Every day from the first on which anything was done to today.

    Args:
        submitted: annotations by day.
        settled: items by the day on which they were settled last.
        total: items of the dataset.
    """
    known = [day for day in (*submitted, *settled) if day <= today]
    if not known:
        return []
    found: list[Day] = []
    left, day = total, min(known)
    while day <= today:
        left -= settled.get(day, 0)
        found.append(Day(day, submitted.get(day, 0), settled.get(day, 0), left))
        day += timedelta(days=1)
    return found


def pace(known: list[Day]) -> Pace | None:
    """The pace of the last days, None before the first."""
    last = known[-PACE_DAYS:]
    if not last:
        return None
    number = len(last)
    return Pace(
        sum(day.submitted for day in last) / number,
        sum(day.settled for day in last) / number,
        number,
    )


def ending(known: list[Day], *, left: int, today: date) -> Ending:
    """When everything should be settled at the present pace, or why that cannot be known."""
    if not left:
        return Ending(None, "every item is settled")
    found = pace(known)
    if found is None:
        return Ending(None, "nothing has been done yet, so there is no pace")
    last = f"the last {counted(found.days, 'day')}"
    if not found.settled and found.submitted:
        return Ending(None, "people submit, but nothing was settled lately: see what waits")
    if not found.settled:
        return Ending(None, f"nothing was settled {'today' if found.days == 1 else f'in {last}'}")
    ahead = math.ceil(left / found.settled)
    if ahead > FARTHEST:
        return Ending(None, "at this pace it would take more than ten years")
    over = "today" if found.days == 1 else f"of {last}"
    return Ending(today + timedelta(days=ahead), f"at the pace {over}, {found.settled:.3g} a day")
