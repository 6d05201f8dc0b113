"""Facts about counts as integer arithmetic for z3: regions of a text, their counts, what adds up.

A region is the whole response, a key of a JSON answer, or one numbered sentence, paragraph, …
of a region. Every region has a count per unit. The model only states what holds for every text,
so that "no solution" means "no text"; it may have solutions that no text has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from annotator.constraints.base import EACH, Fact, Scope, Step, Terms
from annotator.constraints.units import SCOPE_RANK, UNITS

if TYPE_CHECKING:
    import z3

_COUNTED = {
    "sentence": "sentences",
    "paragraph": "paragraphs",
    "line": "lines",
    "stanza": "stanzas",
    "item": "items",
    "section": "sections",
    "exchange": "exchanges",
}
_TILED_BY_PROSE = frozenset(["words", "uppercase_words", "numbers", "questions"])
_TILES = {
    "sentence": _TILED_BY_PROSE,
    "paragraph": _TILED_BY_PROSE | {"sentences", "lines"},
    "stanza": _TILED_BY_PROSE | {"sentences", "lines"},
    "line": _TILED_BY_PROSE - {"questions"},
}
"""Units of which every one lies in some sentence, paragraph, …: their parts add up to the whole."""
_AT_LEAST = (
    ("words", "sentences"),
    ("words", "paragraphs"),
    ("words", "lines"),
    ("words", "stanzas"),
    ("words", "uppercase_words"),
    ("words", "items"),
    ("words", "exchanges"),
    ("sentences", "paragraphs"),
    ("sentences", "questions"),
    ("question_marks", "questions"),
    *(
        ("punctuation_marks", mark)
        for mark in ("question_marks", "exclamation_marks", "commas", "semicolons", "colons")
    ),
    ("lines", "paragraphs"),
    ("lines", "stanzas"),
    ("lines", "items"),
    ("bullets", "bullet_lists"),
    ("numbered_items", "numbered_lists"),
    ("characters", "words"),
)
"""Pairs of units where every text has at least as many of the first as of the second."""
_SUMS = (
    ("items", ("bullets", "numbered_items")),
    ("lists", ("bullet_lists", "numbered_lists")),
    ("headers", tuple(f"headers{n}" for n in range(1, 7))),
)
_ONE_EACH = frozenset([("sentence", "questions")])
"""What no unit has two of."""
_NONE_WITHOUT = (
    ("bullets", "bullet_lists"),
    ("numbered_items", "numbered_lists"),
    *((items, "lists") for items in ("bullets", "numbered_items", "items")),
)


@cache
def load() -> Any:
    """The z3 module, imported when first needed."""
    import z3

    return z3


@dataclass(frozen=True)
class _EachFact:
    """In each ``unit`` of ``region`` there are low…high of ``counted``, if ``tracker`` holds."""

    region: Scope
    unit: str
    counted: str
    low: int
    high: int | None
    tracker: int


@dataclass
class Model:
    """The arithmetic of a list of facts, each with the number of its tracker."""

    solver: z3.Solver
    facts: Sequence[tuple[int, Fact]]
    trackers: dict[int, z3.BoolRef] = field(default_factory=dict)
    counts: dict[tuple[Scope, str], z3.ArithRef] = field(default_factory=dict)
    regions: set[Scope] = field(default_factory=lambda: {Scope()})

    def build(self) -> Model:
        """State everything; afterwards the solver can be asked about sets of trackers."""
        each = []
        for tracker, fact in self.facts:
            found = self._state(tracker, fact)
            if found is not None:
                each.append(found)
        units = {unit for _, unit in self.counts} | {_COUNTED[e.unit] for e in each}
        units |= {e.counted for e in each}
        self._typical(each)
        self._parents()
        units |= {
            _COUNTED[r.steps[-1].unit]
            for r in self.regions
            if r.steps and r.steps[-1].unit != "key"
        }
        for region in sorted(self.regions, key=lambda r: len(r.steps)):
            self._axioms(region, units)
            self._single(region, units)
        for claim in each:
            for region in list(self.regions):
                self._apply_each(claim, region)
        for region in list(self.regions):
            self._children(region, units, each)
        return self

    def _tiles(self, unit: str, counted: str) -> bool:
        """`tiles`, but where a list is asked for, there is text that may be in no paragraph."""
        lists = ("bullets", "numbered_items", "items", "bullet_lists", "numbered_lists", "lists")
        if unit == "paragraph" and any(
            f.low and f.unit in lists and not f.scope for _, f in self.facts
        ):
            return False
        return tiles(unit, counted)

    def tracker(self, number: int) -> z3.BoolRef:
        z3 = load()
        if number not in self.trackers:
            self.trackers[number] = z3.Bool(f"t{number}")
        return self.trackers[number]

    def count(self, region: Scope, unit: str) -> z3.ArithRef:
        """The number of ``unit`` in ``region``."""
        z3 = load()
        if (region, unit) not in self.counts:
            variable = z3.Int(f"n{len(self.counts)}")
            self.counts[region, unit] = variable
            self.solver.add(variable >= 0)
        return self.counts[region, unit]

    def _state(self, number: int, fact: Fact) -> _EachFact | None:
        """State one fact about a region, or hand back one about each unit of a region."""
        z3, tracker = load(), self.tracker(number)
        steps = fact.scope.steps
        at = next((i for i, s in enumerate(steps) if s.unit != "key" and s.index == EACH), None)
        if at is None:
            self.regions.add(fact.scope)
            if fact.confined:
                whole = self.count(Scope(), fact.unit)
                self.solver.add(z3.Implies(tracker, self.count(fact.scope, fact.unit) == whole))
                return None
            n = self.count(fact.scope, fact.unit)
            self.solver.add(z3.Implies(tracker, _between(n, fact.low, fact.high)))
            if fact.low:
                self._require(tracker, fact.scope)
            return None
        region = Scope(steps[:at])
        self.regions.add(region)
        self.count(region, fact.unit)
        self.count(region, _COUNTED[steps[at].unit])
        if fact.share:
            self._share(tracker, region, steps[at].unit, fact, *fact.share)
            return None
        deeper = at + 1 < len(steps)
        high = None if deeper else fact.high
        return _EachFact(region, steps[at].unit, fact.unit, fact.low, high, number)

    def _share(
        self,
        tracker: z3.BoolRef,
        region: Scope,
        unit: str,
        fact: Fact,
        low: Fraction,
        high: Fraction,
        open_: bool,
    ) -> None:
        """A part of the units of ``region`` has low…high of something, the others have not.

        One exact part of a number that has none may be taken as the whole number next to it.
        """
        z3 = load()
        number, total = self.count(region, _COUNTED[unit]), self.count(region, fact.unit)
        holding = z3.Int(f"h{tracker}")
        least, most = holding * low.denominator, holding * high.denominator
        rest = int(fact.low > 0 and (fact.unit, _COUNTED[unit]) in _AT_LEAST)
        slack = low.denominator - 1 if low == high else -1 if open_ else 0
        below = slack if low == high or high < 1 else 0
        above = slack if low == high or low > 0 else 0
        says = [
            number >= 1,
            holding >= 0,
            holding <= number,
            least >= low.numerator * number - above,
            most <= high.numerator * number + below,
            total >= fact.low * holding + rest * (number - holding),
        ]
        if fact.low == 0 and fact.high is not None:
            says.append(total >= (fact.high + 1) * (number - holding))
        if low == high and 0 < low < 1:
            says += [holding >= 1, holding <= number - 1]
        if (unit, fact.unit) in _ONE_EACH:
            says.append(total == (holding if fact.low else number - holding))
        self.solver.add(z3.Implies(tracker, z3.And(*says)))

    def _require(self, tracker: z3.BoolRef, scope: Scope) -> None:
        """A demand about the nth paragraph asks for n paragraphs."""
        z3 = load()
        for i, step in enumerate(scope.steps):
            if step.unit != "key":
                n = self.count(Scope(scope.steps[:i]), _COUNTED[step.unit])
                self.solver.add(z3.Implies(tracker, n >= abs(step.index)))

    def _typical(self, each: Sequence[_EachFact]) -> None:
        """Where two claims are made about each unit, look at the first one."""
        seen: set[tuple[Scope, str, str]] = set()
        for fact in each:
            about = (fact.region, fact.unit, fact.counted)
            if about in seen:
                self.regions.add(Scope((*fact.region.steps, Step(fact.unit, 1))))
            seen.add(about)

    def _parents(self) -> None:
        for region in list(self.regions):
            for i in range(len(region.steps)):
                self.regions.add(Scope(region.steps[:i]))

    def _axioms(self, region: Scope, units: set[str]) -> None:
        for more, fewer in _AT_LEAST:
            if more in units and fewer in units:
                self.solver.add(self.count(region, more) >= self.count(region, fewer))
        for total, parts in _SUMS:
            used = [p for p in parts if p in units]
            if total in units and used:
                terms = [self.count(region, p) for p in used]
                whole = self.count(region, total)
                same = len(used) == len(parts)
                self.solver.add(whole == sum(terms) if same else whole >= sum(terms))
        z3 = load()
        for items, lists in _NONE_WITHOUT:
            if items in units and lists in units:
                none = self.count(region, lists) == 0
                self.solver.add(z3.Implies(none, self.count(region, items) == 0))
        if {"characters", "words"} <= units:
            words, n = self.count(region, "words"), self.count(region, "characters")
            self.solver.add(z3.Implies(words >= 1, n >= 2 * words - 1))
        inside = [u for u in units if u == "words" or u.startswith("mention:")]
        for outer in units & {"sentences", "paragraphs", "lines"}:
            for u in inside:
                empty = self.count(region, outer) == 0
                self.solver.add(z3.Implies(empty, self.count(region, u) == 0))
        self._terms(region, units)

    def _terms(self, region: Scope, units: set[str]) -> None:
        """A phrase holds its words, its letters and its digits as often as it stands there."""
        phrases = {u: Terms(tuple(u[8:].split())) for u in units if u.startswith("mention:")}
        for one, two in combinations(phrases, 2):
            for long, short in ((one, two), (two, one)):
                k = phrases[short].times_in(phrases[long])
                if k:
                    self.solver.add(self.count(region, short) >= k * self.count(region, long))
        for unit, phrase in phrases.items():
            n = self.count(region, unit)
            if "words" in units and len(set(phrase.words)) == len(phrase.words):
                self.solver.add(self.count(region, "words") >= len(phrase.words) * n)
            numbers = sum(bool(re.search(r"\d", w)) for w in phrase.words)
            if "numbers" in units and numbers:
                self.solver.add(self.count(region, "numbers") >= numbers * n)
            for letter in (u for u in units if u.startswith("letter:")):
                k = " ".join(phrase.words).count(letter[7:])
                if k:
                    self.solver.add(self.count(region, letter) >= k * n)

    def _single(self, region: Scope, units: set[str]) -> None:
        """The nth paragraph is one paragraph, and nothing where there are fewer."""
        if not region.steps:
            return
        if region.steps[-1].unit == "key":
            self._in_key(region, units)
            return
        z3 = load()
        parent, step = Scope(region.steps[:-1]), region.steps[-1]
        there = self.count(parent, _COUNTED[step.unit]) >= abs(step.index)
        if step.unit in ("sentence", "paragraph", "line", "stanza"):
            own = self.count(region, _COUNTED[step.unit])
            self.solver.add(z3.Implies(there, own == 1))
        for unit in units:
            n = self.count(region, unit)
            self.solver.add(z3.Implies(z3.Not(there), n == 0))
            self.solver.add(n <= self.count(parent, unit))

    def _in_key(self, region: Scope, units: set[str]) -> None:
        """What stands in the value of a key of JSON stands in the response."""
        for unit in (u for u in units if u.startswith("mention:") and " " not in u):
            self.solver.add(self.count(region, unit) <= self.count(Scope(), unit))

    def _apply_each(self, fact: _EachFact, region: Scope) -> None:
        """ "Each sentence has 5 words" bounds the words of every region by its sentences."""
        depth = len(fact.region.steps)
        if region.steps[:depth] != fact.region.steps:
            return
        z3, tracker = load(), self.tracker(fact.tracker)
        inner = region.steps[depth:]
        if any(s.unit in _CUT_ACROSS.get(fact.unit, ()) for s in inner):
            return
        if inner and inner[-1].unit == fact.unit:
            parent = Scope(region.steps[:-1])
            there = self.count(parent, _COUNTED[fact.unit]) >= abs(inner[-1].index)
            bounds = _between(self.count(region, fact.counted), fact.low, fact.high)
            self.solver.add(z3.Implies(z3.And(tracker, there), bounds))
            return
        number = self.count(region, _COUNTED[fact.unit])
        total = self.count(region, fact.counted)
        self.solver.add(z3.Implies(tracker, total >= fact.low * number))
        if not inner:
            self.solver.add(z3.Implies(tracker, number >= 1))
        if fact.high is not None and self._tiles(fact.unit, fact.counted):
            self.solver.add(z3.Implies(tracker, total <= fact.high * number))

    def _children(self, region: Scope, units: set[str], each: Iterable[_EachFact]) -> None:
        """What is in the numbered paragraphs adds up with the rest to what is in the whole."""
        for unit in _COUNTED:
            children = [
                r
                for r in self.regions
                if len(r.steps) == len(region.steps) + 1
                and r.steps[:-1] == region.steps
                and r.steps[-1].unit == unit
            ]
            if children:
                self._add_up(region, unit, children, units, each)

    def _add_up(
        self,
        region: Scope,
        unit: str,
        children: list[Scope],
        units: set[str],
        each: Iterable[_EachFact],
    ) -> None:
        z3 = load()
        number = self.count(region, _COUNTED[unit])
        front = [c for c in children if c.steps[-1].index > 0]
        back = [c for c in children if c.steps[-1].index < 0]
        fresh: dict[Scope, Any] = {c: number >= c.steps[-1].index for c in front}
        for child in back:
            k = -child.steps[-1].index
            twins = [(c, number == c.steps[-1].index + k - 1) for c in front]
            for twin, same in twins:
                for u in units:
                    equal = self.count(twin, u) == self.count(child, u)
                    self.solver.add(z3.Implies(same, equal))
            fresh[child] = z3.And(number >= k, *(z3.Not(same) for _, same in twins))
        named = sum(z3.If(f, 1, 0) for f in fresh.values())
        rest: dict[str, Any] = {}
        for u in (u for u in units if _adds_up(unit, u)):
            inside = sum(z3.If(f, self.count(c, u), 0) for c, f in fresh.items())
            rest[u] = self.count(region, u) - inside
            self.solver.add(rest[u] >= 0)
            if self._tiles(unit, u):
                self.solver.add(z3.Implies(number == named, rest[u] == 0))
        rest[_COUNTED[unit]] = number - named
        for more, fewer in _AT_LEAST:
            if more in rest and fewer in rest and tiles(unit, more):
                self.solver.add(rest[more] >= rest[fewer])
        for fact in each:
            if fact.region == region and fact.counted in rest:
                self._bound_rest(fact, unit, number - named, rest)

    def _bound_rest(self, fact: _EachFact, unit: str, others: Any, rest: dict[str, Any]) -> None:
        z3, tracker = load(), self.tracker(fact.tracker)
        many = others if fact.unit == unit else rest.get(_COUNTED[fact.unit])
        if many is None or (fact.unit != unit and not self._tiles(unit, _COUNTED[fact.unit])):
            return
        self.solver.add(z3.Implies(tracker, rest[fact.counted] >= fact.low * many))
        if (
            fact.high is not None
            and self._tiles(fact.unit, fact.counted)
            and self._tiles(unit, fact.counted)
        ):
            self.solver.add(z3.Implies(tracker, rest[fact.counted] <= fact.high * many))


_CUT_ACROSS = {
    "paragraph": ("sentence", "line"),
    "stanza": ("sentence", "line"),
    "sentence": ("line",),
    "line": ("sentence",),
    "item": ("sentence", "line", "paragraph"),
    "section": ("sentence", "line", "paragraph", "stanza"),
    "exchange": ("sentence", "line", "paragraph", "stanza"),
}
"""Regions that a unit may reach beyond, so that what holds for each unit says nothing of them."""


def tiles(unit: str, counted: str) -> bool:
    """Whether every ``counted`` thing lies in one ``unit``, so that parts add up to the whole."""
    if counted in _TILES.get(unit, ()):
        return True
    if counted.startswith(("mention:", "letter:")) and unit in _TILES:
        one_word = " " not in counted
        return one_word or unit in ("paragraph", "stanza", "sentence")
    return False


def _adds_up(unit: str, counted: str) -> bool:
    """Whether no ``counted`` thing is counted in two of the ``unit``.

    One paragraph may be seen in each of its sentences, one sentence in each line it runs over.
    """
    if counted in ("lists", "bullet_lists", "numbered_lists") or (unit, counted) in _RUN_OVER:
        return False
    rank = UNITS[counted].rank if counted in UNITS else 0
    return not rank or rank < SCOPE_RANK[unit]


_RUN_OVER = frozenset([("line", "sentences")])


def _between(n: Any, low: int, high: int | None) -> Any:
    z3 = load()
    return z3.And(n >= low, n <= high) if high is not None else n >= low


def steps_of(facts: Iterable[Fact]) -> Iterator[Step]:
    """Every step of every scope."""
    return (s for f in facts for s in f.scope.steps)
