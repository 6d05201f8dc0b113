"""Drawing an audit sample: at random, within strata, with the probability of each draw.

A stratum of N cases with n draws gives each of its cases the inclusion probability n / N. Draws
are spread over strata in proportion to their size, at least one each while there are enough.
"""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Stratum = TypeVar("Stratum", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawn case; ``probability`` is that of being in the sample, in (0, 1]."""

    case_id: int
    stratum: str
    probability: float


def allot(sizes: Mapping[Stratum, int], total: int) -> dict[Stratum, int]:
    """How many draws each stratum gets: one each first, the rest by largest remainder.

    Args:
        sizes: how many cases each stratum has, at least 1 each.
        total: how many draws in all; at most as many as there are cases are given.
    """
    total = min(total, sum(sizes.values()))
    by_size = sorted(sizes, key=lambda name: (-sizes[name], str(name)))
    given = {name: 1 if place < total else 0 for place, name in enumerate(by_size)}
    while left := total - sum(given.values()):
        room = {name: sizes[name] - given[name] for name in by_size if sizes[name] > given[name]}
        open_total = sum(room.values())
        shares = {name: left * many / open_total for name, many in room.items()}
        whole = {name: int(share) for name, share in shares.items()}
        rest = left - sum(whole.values())
        remainders = sorted(room, key=lambda name: whole[name] - shares[name])
        for name in remainders[:rest]:
            whole[name] += 1
        for name, many in whole.items():
            given[name] += min(many, room[name])
    return given


def draw(population: Sequence[tuple[int, str]], *, size: int, seed: int) -> list[Drawn]:
    """A random sample without replacement, in random order; the same seed draws the same.

    Args:
        population: each case's id and stratum, in a fixed order.
        size: how many; all where there are fewer.
    """
    chance = random.Random(seed)
    strata: dict[str, list[int]] = {}
    for case_id, stratum in population:
        strata.setdefault(stratum, []).append(case_id)
    given = allot({name: len(cases) for name, cases in strata.items()}, size)
    drawn = [
        Drawn(case_id, name, given[name] / len(strata[name]))
        for name in sorted(strata)
        for case_id in chance.sample(strata[name], given[name])
    ]
    chance.shuffle(drawn)
    return drawn
