"""How many of a unit there are: "at least 3 sentences in each paragraph", "no emojis"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from annotator.constraints import counting, elements, morphology
from annotator.constraints.base import (
    WHOLE,
    Clash,
    Constraint,
    Fact,
    Outcome,
    Scope,
    Verdict,
    kind,
    undecided,
)
from annotator.constraints.clause import Clause
from annotator.constraints.numerals import say_bounds
from annotator.constraints.regions import regions
from annotator.constraints.segment import Response
from annotator.constraints.units import UNITS

_APPROX_PASS, _APPROX_FAIL = 0.1, 0.5


@kind("count")
@dataclass(frozen=True)
class Count(Constraint):
    """``low`` to ``high`` (None: no end) of ``unit`` in ``scope``.

    ``approx`` marks "about n": within a tenth passes, beyond a half fails, between is undecided.
    """

    unit: str
    low: int
    high: int | None
    scope: Scope = WHOLE
    approx: bool = False

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        asked = chain(counting.asked(clause), elements.asked(clause))
        yield from (cls(*found) for found in asked)

    def verify(self, response: Response) -> Verdict:
        counter = UNITS[self.unit].counter
        if counter is None:
            return undecided(f"Only a judge can count {UNITS[self.unit].plural}.")
        places, missing = regions(response, self.scope)
        if missing:
            return Verdict("fail", missing)
        if places is None:
            return undecided(f"Where {self.scope.say()} is cannot be told from the text.")
        if self.unit == "words" and _without_spaces(response.text):
            return undecided("The text is in a script that does not part words by spaces.")
        for place in places:
            spans = tuple(
                type(s)(s.start + place.start, s.end + place.start, s.text)
                for s in counter(place.text)
            )
            outcome = self._outcome(len(spans))
            if outcome != "pass" or len(places) == 1:
                reason = f"{len(spans)} {self._named(len(spans))}; asked: {self._bounds()}."
                evidence = spans[:50] if self.scope == WHOLE else (place,)
                return Verdict(outcome, reason, evidence, len(spans))
        return Verdict("pass", f"{self._bounds()} {UNITS[self.unit].plural} in {self.scope.say()}.")

    def _outcome(self, n: int) -> Outcome:
        if not self.approx:
            return "pass" if self.low <= n and (self.high is None or n <= self.high) else "fail"
        off = abs(n - self.low) / max(self.low, 1)
        return "pass" if off <= _APPROX_PASS else "fail" if off > _APPROX_FAIL else "undecided"

    def _named(self, n: int | None) -> str:
        plural = UNITS[self.unit].plural
        return morphology.singular(plural) if n == 1 else plural

    def _bounds(self) -> str:
        return say_bounds(self.low, self.high, approx=self.approx)

    def say(self) -> str:
        where = f" in {self.scope.say()}" if self.scope else ""
        plural = self._named(self.high or self.low)
        if (self.low, self.high) == (0, 0):
            return f"Use no {UNITS[self.unit].plural}{where}."
        return f"Use {self._bounds()} {plural}{where}."

    def clashes(self, other: Constraint) -> Clash | None:
        things = any(s.unit == "other" for s in self.scope.steps)
        if not things or not isinstance(other, Count) or self.high is None:
            return None
        if (self.unit, self.scope) != (other.unit, other.scope) or self.high >= other.low:
            return None
        return Clash("length", f"{self.say().rstrip('.')}, against: {other.say()}")

    def facts(self) -> Sequence[Fact]:
        if any(s.unit == "other" for s in self.scope.steps):
            return ()
        if self.approx:
            return (Fact(self.scope, self.unit, self.low // 2, self.low * 2),)
        return (Fact(self.scope, self.unit, self.low, self.high),)


def _without_spaces(text: str) -> bool:
    wide = len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]", text))
    return wide > 0.3 * max(1, len(text))
