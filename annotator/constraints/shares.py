"""Shares of the units of a response: "at least half of the sentences", "a third of the lines"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Any, NamedTuple

from annotator.constraints import scopes
from annotator.constraints.base import (
    EACH,
    UNIT_WORD,
    WHOLE,
    Clash,
    Constraint,
    Fact,
    Outcome,
    Scope,
    Step,
    Verdict,
    kind,
    undecided,
)
from annotator.constraints.clause import Clause
from annotator.constraints.lexicon import listed
from annotator.constraints.mentions import Mention
from annotator.constraints.numerals import quantities, say_bounds
from annotator.constraints.regions import regions
from annotator.constraints.segment import Response
from annotator.domain.regex import regex
from annotator.errors import InvalidValue


@kind("some")
@dataclass(frozen=True)
class Some(Constraint):
    """At least ``low`` of the units that ``each`` speaks of satisfy it, and at most ``high``."""

    each: Constraint
    low: int
    high: int | None = None

    def verify(self, response: Response) -> Verdict:
        return _counted(self.each, response, self._outcome, say_bounds(self.low, self.high))

    def _outcome(self, held: int, of: int) -> Outcome:
        return "pass" if self.low <= held and (self.high is None or held <= self.high) else "fail"

    def say(self) -> str:
        unit = unit_of(self.each)
        return _put(self.each, f"{say_bounds(self.low, self.high)} of the {_units(unit)}")

    def facts(self) -> Sequence[Fact]:
        held = [f for f in self.each.facts() if f.scope]
        units = Fact(WHOLE, f"{unit_of(self.each)}s", self.low, None)
        return [units, *(Fact(WHOLE, f.unit, self.low * f.low, None) for f in held)]

    def clashes(self, other: Constraint) -> Clash | None:
        """Where each of the units is to be otherwise, none of them can be so."""
        none = unit_of(other) == unit_of(self.each) and not isinstance(other, Share | Some)
        if not none or not self.low or not _excludes(self.each, other):
            return None
        return Clash("length", f"{self.say().rstrip('.')}, against: {other.say()}")


def _counted(
    each: Constraint, response: Response, outcome: Callable[[int, int], Outcome], asked: str
) -> Verdict:
    """How many units satisfy ``each``, and what ``outcome`` says of that many of so many."""
    unit = unit_of(each)
    places, _ = regions(response, Scope((Step(unit, EACH),)))
    if places is None:
        return undecided(f"Where {unit}s are cannot be told from the text.")
    alone = _of_one(each)
    found = [alone.verify(Response(p.text)).outcome for p in places]
    held, unsure = found.count("pass"), found.count("undecided")
    outcomes = {outcome(n, len(places)) for n in range(held, held + unsure + 1)}
    spans = tuple(p for p, o in zip(places, found, strict=True) if o == "pass")
    open_ = f", and {unsure} are for a judge" if unsure else ""
    reason = f"{held} of {len(places)} {_units(unit)}{open_}; asked: {asked}."
    return Verdict(outcomes.pop() if len(outcomes) == 1 else "undecided", reason, spans[:50], held)


def _put(each: Constraint, share: str) -> str:
    """What ``each`` says, of ``share`` instead of each of the units."""
    unit = unit_of(each)
    said = re.sub(rf"\beach {UNIT_WORD.get(unit, unit)}\b", share, each.say(), flags=re.I)
    return said[:1].upper() + said[1:]


_NEAR, _FAR = Fraction(1, 10), Fraction(1, 4)
"""How far off "about half" still is right, and how far off it is wrong."""


@kind("share")
@dataclass(frozen=True)
class Share(Constraint):
    """From ``low`` to ``high`` ("1/2", "1") of the units that ``each`` speaks of satisfy it.

    ``open`` leaves the bound itself out ("more than half"), ``approx`` marks "about half". Where
    both ends are one part that a number of units may not have (half of seven), the whole numbers
    next to it are neither right nor wrong.
    """

    each: Constraint
    low: str = "0"
    high: str = "1"
    open: bool = False
    approx: bool = False

    def __post_init__(self) -> None:
        try:
            low, high = self.bounds()
        except (ValueError, ZeroDivisionError) as fault:
            raise InvalidValue("low", f"{self.low!r}, {self.high!r}: not two parts.") from fault
        if not 0 <= low <= high <= 1:
            raise InvalidValue("low", f"{self.low} to {self.high} is no share of a whole.")

    def bounds(self) -> tuple[Fraction, Fraction]:
        """The least and the greatest part."""
        return Fraction(self.low), Fraction(self.high)

    def verify(self, response: Response) -> Verdict:
        return _counted(self.each, response, self._outcome, self._bounds())

    def _outcome(self, held: int, of: int) -> Outcome:
        low, high = self.bounds()
        if not of:
            return "fail"
        if self.approx:
            off = abs(Fraction(held, of) - low)
            return "pass" if off <= _NEAR else "fail" if off > _FAR else "undecided"
        if low == high and (low * of).denominator > 1:
            return "undecided" if held in (floor(low * of), ceil(low * of)) else "fail"
        here = End(Fraction(held, of))
        least, most = _range(self)
        return "fail" if least.beyond(here) or here.beyond(most) else "pass"

    def _bounds(self) -> str:
        low, high = self.bounds()
        if self.approx:
            return f"about {_said(low)}"
        if low == high:
            return f"exactly {_said(low)}"
        if high == 1:
            return f"{'more than' if self.open else 'at least'} {_said(low)}"
        if low == 0:
            return f"{'less than' if self.open else 'at most'} {_said(high)}"
        return f"between {_said(low)} and {_said(high)}"

    def say(self) -> str:
        return _put(self.each, f"{self._bounds()} of the {_units(unit_of(self.each))}")

    def facts(self) -> Sequence[Fact]:
        if self.approx:
            return ()
        share = (*self.bounds(), self.open)
        return [replace(f, share=share) for f in self.each.facts() if f.scope]

    def clashes(self, other: Constraint) -> Clash | None:
        theirs = other.each if isinstance(other, Share) else other
        unit = unit_of(self.each)
        if unit_of(theirs) != unit or not self._at_odds(other, theirs):
            return None
        reason = f"{self.say().rstrip('.')}, against: {other.say()}"
        return Clash("length", reason, several=unit)

    def _at_odds(self, other: Constraint, theirs: Constraint) -> bool:
        """Whether this and ``other``, a share of units with ``theirs``, leave no number of them."""
        (low, high), (least, most) = _range(self), _range(other)
        both = End(low.part + least.part, low.open or least.open)
        return (
            (_implies(self.each, theirs) and low.beyond(most))
            or (_implies(theirs, self.each) and least.beyond(high))
            or (_excludes(self.each, theirs) and both.beyond(End(Fraction(1))))
        )


class End(NamedTuple):
    """Where a range of parts begins or ends; ``open``: the part itself is left out."""

    part: Fraction
    open: bool = False

    def beyond(self, other: End) -> bool:
        """Whether a range that begins here has nothing of one that ends there."""
        return self.part > other.part or (self.part == other.part and (self.open or other.open))


def _range(constraint: Constraint) -> tuple[End, End]:
    """Of which part of its units a constraint speaks; one about each unit, of all."""
    if not isinstance(constraint, Share):
        return End(Fraction(1)), End(Fraction(1))
    low, high = constraint.bounds()
    slack = _FAR if constraint.approx else 0
    least, most = max(low - slack, Fraction(0)), min(high + slack, Fraction(1))
    return End(least, constraint.open and least > 0), End(most, constraint.open and most < 1)


def unit_of(constraint: Constraint) -> str:
    """The unit of which each by itself satisfies ``constraint``; "" for none."""
    if constraint.each_unit:
        return constraint.each_unit
    steps = getattr(constraint, "scope", WHOLE).steps
    one = steps[0] if len(steps) == 1 else None
    return one.unit if one and one.index == EACH and one.unit in UNIT_WORD else ""


def _of_one(constraint: Any) -> Constraint:
    """What ``constraint`` says of each unit, as said of a text that is one of them."""
    scoped: bool = bool(getattr(constraint, "scope", WHOLE))
    alone: Constraint = replace(constraint, scope=WHOLE) if scoped else constraint
    return alone


def _units(unit: str) -> str:
    return f"{UNIT_WORD.get(unit, unit)}s"


def _bound(constraint: Constraint) -> Fact | None:
    facts = [f for f in constraint.facts() if f.scope]
    return facts[0] if len(facts) == 1 else None


def _implies(one: Constraint, two: Constraint) -> bool:
    """Whether every unit of which ``one`` holds is one of which ``two`` holds."""
    a, b = _bound(one), _bound(two)
    if one == two or not a or not b or a.unit != b.unit or one.kind != two.kind:
        return one == two
    return a.low >= b.low and (b.high is None or (a.high is not None and a.high <= b.high))


def _excludes(one: Constraint, two: Constraint) -> bool:
    """Whether no unit can have both."""
    a, b = _bound(one), _bound(two)
    if a and b and a.unit == b.unit:
        less, more = sorted((a, b), key=lambda f: f.low)
        return less.high is not None and less.high < more.low
    return (one.clashes(two) or two.clashes(one)) is not None


_PARTS = dict(zip(
    listed("half third quarter fifth sixth seventh eighth ninth tenth"), range(2, 11), strict=True
))  # fmt: skip
_NUMERATORS = "no one two three"
_IN_WORDS = 4
"""The greatest denominator that is said as a word; others are percentages where they can be."""


def _said(part: Fraction) -> str:
    """A part as it is written: "half", "two thirds", "15%", "2 out of 7"."""
    name = next(n for n, d in _PARTS.items() if d == min(part.denominator, _IN_WORDS))
    if part.denominator == 2:
        return name
    if 2 < part.denominator <= _IN_WORDS:
        return (
            f"a {name}" if part.numerator == 1 else f"{listed(_NUMERATORS)[part.numerator]} {name}s"
        )
    if 100 % part.denominator == 0:
        return f"{part * 100}%"
    return f"{part.numerator} out of {part.denominator}"


_ONE = 252_000
"""The whole as a number: ten times one that all percentages and the parts above divide."""
_FRACTION = regex(
    r"(?<![\w.,/-])(?:(?:(?:1|a) )?(?P<half>half)(?= |\b)|"
    rf"(?P<n>an?|\d{{1,2}})[ -](?P<part>{'|'.join(_PARTS)})s?"
    r"(?= (?:of|and|to|may|must|should|can)\b)|"
    r"(?P<percent>\d{1,3}(?:\.\d)?) ?(?:%|percent\b|per cent\b)|"
    r"(?P<over>\d{1,2})(?:/| (?:out of|in)(?: every)? )(?P<under>\d{1,2}))(?![\w/-])"
)
_PLACED = regex(
    r"\b(?:first|1st|second|2nd|other|latter|last|top|bottom|middle|upper|lower|each|every)\s+$"
)
_UNIT = rf"(?P<unit>(?:{scopes.UNIT}|words)(?<=s))"
_OF = regex(
    rf"(?:\s+of)?(?:\s+(?:all|the|your|its|these|those))*(?:\s+body|\s+\d+)?\s+{_UNIT}\b"
    r"|\s+of\s+(?:which|them|these|those)\b|(?=\s+(?:must|should|may|can|have to)\b)"
)
_MAJORITY = regex(r"\b(?:(?:the|a) majority|most)(?= of\b)")
_COUNTED = regex(rf"\b{_UNIT}\b")


@dataclass(frozen=True)
class Named:
    """A share that a text names at ``[start, end)``, with its unit."""

    start: int
    end: int
    unit: str
    low: Fraction
    high: Fraction
    open: bool
    approx: bool

    def of(self, each: Constraint) -> Share:
        """This share of the units that ``each`` is about."""
        return Share(each, str(self.low), str(self.high), self.open, self.approx)


def _number(match: re.Match[str]) -> str:
    """A part of the whole as a whole number, so that its bounds are read as those of numbers."""
    if match["half"]:
        part = Fraction(1, 2)
    elif match["percent"]:
        part = Fraction(match["percent"]) / 100
    elif match["part"]:
        part = Fraction(1 if match["n"][0] == "a" else int(match["n"]), _PARTS[match["part"]])
    elif int(match["under"]):
        part = Fraction(int(match["over"]), int(match["under"]))
    else:
        return match[0]
    known = part <= 1 and (part * _ONE).denominator == 1
    return str(part * _ONE) if known else match[0]


def _named(text: str, whole: str) -> Named | None:
    """The first share that ``text`` (with parts as numbers) names of units, after ``whole``."""
    for q in quantities(text):
        of = _OF.match(text, q.end)
        if not of or max(q.low, q.high or 0) < _ONE // 100 or _PLACED.search(text[: q.start]):
            continue
        if q.bare and of.end() == q.end:
            continue
        said = of["unit"] or next((m["unit"] for m in reversed([*_COUNTED.finditer(whole)])), "")
        unit = "word" if said == "words" else scopes.unit_of(said)
        low = q.low - 1 if q.low % 10 == 1 else q.low
        high = _ONE if q.high is None else q.high + 1 if q.high % 10 == 9 else q.high
        if unit and low <= high <= _ONE:
            open_ = (low, high) != (q.low, q.high or _ONE)
            ends = Fraction(low, _ONE), Fraction(high, _ONE)
            return Named(q.start, of.end(), unit, *ends, open_, q.approx)
    return None


_BEFORE = regex(r"[;:.]\s+|,\s+(?:(?:and|but|while|with)\s+)?|\s+(?:and|but|with)\s+")
_PLACE = regex(r"^(?:in|for|within|inside|under|throughout|as for|if|when|unless|where)\b")
_AFTER = regex(
    r"\s*;|\.\s|,?\s+(?:and|but|while|then)\s+(?:also\s+)?(?=(?:use|write|include|make|keep|limit|"
    r"mention|do|don't|avoid|end|begin|start|the (?!‹)|it|your|format|no)\b)"
)
_MAY = regex(r"^ (?:may|can|could|(?:are|is) (?:allowed|permitted) to)\b")
"""What at most so many may do is read as what they do."""
_LET = regex(r"\b(?:do not|don't|never|must not|should not) (?:let|allow|have) $")
_DENIED = regex(r"\b(?:not|never|n't|no|if|unless|without|avoid\w*)\b|n't\b")


def read(clause: Clause, kinds: Callable[[Clause], Iterable[Constraint]]) -> Iterator[Constraint]:
    """What ``clause`` states where it names a share; the clause as it is where it names none.

    The part of it that names the share is read as if it spoke of each unit; what is read about
    each of them holds for the share. The rest of the clause is read by itself.
    """
    text = _FRACTION.sub(_number, _MAJORITY.sub("more than half", clause.text))
    named = _named(text, "") if text != clause.text else None
    if text != clause.text and named is None:
        named = _named(text, text)
    if named is None:
        yield from _read_some(clause, kinds)
        return
    cuts = [m.end() for m in _BEFORE.finditer(text, 0, named.start)]
    since = cuts[-1] if cuts and not _PLACE.match(text) else 0
    after = _AFTER.search(text, named.end)
    until = after.start() if after else len(text)
    yield from kinds(replace(clause, text=text[:since].rstrip(" ,;:")))
    left = _LET.sub("", text[since : named.start])
    if not _DENIED.search(left) and not _PLACE.match(left):
        rest = _MAY.sub(" must", text[named.end : until])
        yield from _of_each(replace(clause, text=""), named, left, rest, kinds)
    yield from kinds(replace(clause, text=text[after.end() :] if after else ""))


def _of_each(
    clause: Clause,
    named: Named,
    left: str,
    right: str,
    kinds: Callable[[Clause], Iterable[Constraint]],
) -> Iterator[Constraint]:
    word = UNIT_WORD.get(named.unit, named.unit)
    for units in (f"each {word}", f"all {word}s"):
        found = list(kinds(replace(clause, text=left + units + right)))
        about = [c for c in found if unit_of(c) == named.unit]
        if about:
            yield from (named.of(c) for c in about)
            return


_SOME = regex(
    rf"^(?:at least |exactly )?(?P<n>\d+) (?:of (?:the|your|these) )?(?P<unit>{scopes.UNIT})"
    r"(?= (?:must|should|has to|have to|needs? to) )"
)
_OF_THE = regex(rf"\b(?:at least |exactly )?(?P<n>\d+) of the (?P<unit>{scopes.UNIT})\b")


def _read_some(
    clause: Clause, kinds: Callable[[Clause], Iterable[Constraint]]
) -> Iterator[Constraint]:
    """ "At least one sentence must have more than 25 words": not all of them, and not the text."""
    match = _SOME.match(clause.text) or _OF_THE.search(clause.text)
    unit = scopes.unit_of(match["unit"]) if match else ""
    found: list[Constraint] = []
    if match and unit and not _DENIED.search(clause.text[: match.start()]):
        left, right = clause.text[: match.start()], clause.text[match.end() :]
        for units in (f"each {UNIT_WORD[unit]}", f"all {UNIT_WORD[unit]}s"):
            each = kinds(replace(clause, text=left + units + right))
            found = found or [c for c in each if unit_of(c) == unit and not _is_spread(c)]
    if match and found:
        n = int(match["n"])
        high = n if match[0].startswith("exactly") else None
        yield from (Some(c, n, high) for c in found)
    else:
        yield from kinds(clause)


def _is_spread(constraint: Constraint) -> bool:
    """Whether it is a plain mention: in how many units a term stands is said by `Spread`."""
    return isinstance(constraint, Mention)
