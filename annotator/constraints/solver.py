"""Minimal sets of constraints that no text can satisfy, proved by arithmetic."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotator.constraints.arithmetic import Model, load
from annotator.constraints.base import Constraint, Fact, Scope

_LOCK = threading.Lock()
"""z3's default context is not safe for use by two threads."""
_STEPS_PER_SECOND = 250_000
"""z3's own count of its work ("rlimit"), about what it does in a second or less.

A limit on the clock would make the answer depend on how busy the machine is.
"""
_STEPS_TO_EXPLAIN = 100_000
_MOST_SETS = 20
_MOST_CONSTRAINTS = 80
"""More than any item has; what comes after is left to the rules."""


@dataclass(frozen=True)
class Core:
    """A minimal contradicting set.

    Attributes:
        members: indexes of the components, ascending; without any one of them there is no proof.
        constraints: the constraints of those that matter, each with its component's index.
        unit, low, high: a count of the whole response that the constraints but the last bound.
    """

    members: tuple[int, ...]
    constraints: tuple[tuple[int, Constraint], ...]
    unit: str = ""
    low: int | None = None
    high: int | None = None


def cores(components: Sequence[Sequence[Constraint]], time_limit: float) -> list[Core]:
    """Minimal sets of components whose facts have no solution.

    Args:
        components: the constraints of each component.
        time_limit: seconds of processor time; what is not proved by then is not claimed. Each
            question to z3 is bounded by a count of steps, which is the same on every machine.
    """
    tracked = [(i, c, f) for i, cs in enumerate(components) for c in cs if (f := c.facts())]
    tracked = tracked[:_MOST_CONSTRAINTS]
    facts = [fact for _, _, fs in tracked for fact in fs]
    if all(f.high is None and not f.confined for f in facts):
        return []
    load()
    with _LOCK:
        return _Search(tracked, time_limit).run()


class _Search:
    """One run of the solver over the constraints of an item."""

    def __init__(
        self, tracked: list[tuple[int, Constraint, Sequence[Fact]]], time_limit: float
    ) -> None:
        z3 = load()
        self.tracked, self.until = tracked, time.thread_time() + time_limit
        self.solver = z3.SolverFor("QF_LIA")
        self.solver.set("rlimit", max(1, int(time_limit * _STEPS_PER_SECOND)))
        numbered = [(n, fact) for n, (_, _, facts) in enumerate(tracked) for fact in facts]
        self.model = Model(self.solver, numbered).build()
        self.members = sorted({i for i, _, _ in tracked})

    def run(self) -> list[Core]:
        found: list[Core] = []
        for members in self._minimal_sets():
            found.append(self._explain(members))
            if len(found) >= _MOST_SETS:
                break
        return found

    def _impossible(self, numbers: Sequence[int]) -> bool:
        """Whether these constraints have no solution; False where the time is not enough."""
        if time.thread_time() >= self.until:
            return False
        z3 = load()
        return bool(self.solver.check(*(self.model.tracker(n) for n in numbers)) == z3.unsat)

    def _numbers(self, members: Sequence[int]) -> list[int]:
        wanted = set(members)
        return [n for n, (i, _, _) in enumerate(self.tracked) if i in wanted]

    def _minimal_sets(self) -> Iterator[tuple[int, ...]]:
        """Every minimal impossible set: grow a seed, shrink it where impossible, block it."""
        z3 = load()
        chosen = {m: z3.Bool(f"m{m}") for m in self.members}
        maps = z3.Solver()
        while time.thread_time() < self.until and maps.check() == z3.sat:
            model = maps.model()
            seed = [m for m in self.members if not z3.is_false(model.eval(chosen[m]))]
            if self._impossible(self._numbers(seed)):
                minimal = self._shrink(seed)
                if time.thread_time() >= self.until:
                    return
                maps.add(z3.Or(*(z3.Not(chosen[m]) for m in minimal)))
                yield tuple(minimal)
            else:
                grown = self._grow(seed)
                others = [chosen[m] for m in self.members if m not in grown]
                if not others:
                    return
                maps.add(z3.Or(*others))

    def _shrink(self, seed: Sequence[int]) -> list[int]:
        kept = list(seed)
        for member in seed:
            smaller = [m for m in kept if m != member]
            if smaller and self._impossible(self._numbers(smaller)):
                kept = smaller
        return kept

    def _grow(self, seed: Sequence[int]) -> set[int]:
        grown = set(seed)
        for member in self.members:
            if member not in grown and not self._impossible(self._numbers([*grown, member])):
                grown.add(member)
        return grown

    def _explain(self, members: tuple[int, ...]) -> Core:
        kept = self._numbers(members)
        for number in list(kept):
            smaller = [n for n in kept if n != number]
            if smaller and self._impossible(smaller):
                kept = smaller
        constraints = tuple((self.tracked[n][0], self.tracked[n][1]) for n in kept)
        return self._bounded(members, constraints, kept)

    def _bounded(
        self,
        members: tuple[int, ...],
        constraints: tuple[tuple[int, Constraint], ...],
        kept: list[int],
    ) -> Core:
        """Move a plain count of the whole response last and bound it by the others."""
        for at in range(len(kept) - 1, -1, -1):
            facts = self.tracked[kept[at]][2]
            if len(kept) < 2 or len(facts) != 1 or facts[0].scope:
                continue
            if time.thread_time() >= self.until:
                break
            others = [n for i, n in enumerate(kept) if i != at]
            low, high = self._range(facts[0].unit, others)
            ordered = (*(c for i, c in enumerate(constraints) if i != at), constraints[at])
            if high is not None and facts[0].low > high:
                return Core(members, ordered, facts[0].unit, None, high)
            if low is not None and facts[0].high is not None and facts[0].high < low:
                return Core(members, ordered, facts[0].unit, low, None)
        return Core(members, constraints)

    def _range(self, unit: str, numbers: list[int]) -> tuple[int | None, int | None]:
        """The least and greatest count of ``unit`` that ``numbers`` allow; None for no bound."""
        z3 = load()
        variable = self.model.count(Scope(), unit)
        ends: list[int | None] = []
        for minimize in (True, False):
            optimizer = z3.Optimize()
            optimizer.set("rlimit", _STEPS_TO_EXPLAIN)
            optimizer.add(*self.solver.assertions(), *(self.model.tracker(n) for n in numbers))
            handle = optimizer.minimize(variable) if minimize else optimizer.maximize(variable)
            good = optimizer.check() == z3.sat
            end = (
                (optimizer.lower(handle) if minimize else optimizer.upper(handle)) if good else None
            )
            ends.append(end.as_long() if end is not None and z3.is_int_value(end) else None)
        return ends[0], ends[1]


def solution(
    components: Sequence[Sequence[Constraint]], time_limit: float = 1.0
) -> dict[tuple[Scope, str], int] | None:
    """Counts per region and unit that satisfy all facts, or None where none was found."""
    tracked = [(i, c, f) for i, cs in enumerate(components) for c in cs if (f := c.facts())]
    with _LOCK:
        z3 = load()
        search = _Search(tracked, time_limit)
        trackers = [search.model.tracker(n) for n in range(len(tracked))]
        if search.solver.check(*trackers) != z3.sat:
            return None
        model = search.solver.model()
        return {
            at: model.eval(n, model_completion=True).as_long()
            for at, n in search.model.counts.items()
        }
