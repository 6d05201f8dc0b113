"""Where terms stand to one another: in the same sentence, in different paragraphs, one first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from annotator.constraints import quoting, scopes
from annotator.constraints.base import (
    WHOLE,
    Clash,
    Constraint,
    Fact,
    Scope,
    Step,
    Terms,
    Verdict,
    kind,
    tokens,
)
from annotator.constraints.clause import Clause
from annotator.constraints.mentions import Spread, key, occurrences
from annotator.constraints.places import clash_outside
from annotator.constraints.regions import regions
from annotator.constraints.segment import Response, Span
from annotator.domain.regex import regex

_TOGETHER = regex(
    r"\b(?:in|within|into|across|shar(?:e|ing))\s+(?:exactly\s+)?(?:the\s+|an?\s+|1\s+|completely\s+|\w*\s*)?"
    r"(?P<how>same|single|1|different|separate|distinct)\s+(?P<unit>sentence|paragraph|line"
    r"|stanza)s?\b|\bshar(?:e|es|ing)\s+an?\s+(?P<shared>sentence|paragraph|line|stanza)\b"
)
_SIZE = {"sentence": 1, "line": 1, "stanza": 2, "paragraph": 2}


@kind("together")
@dataclass(frozen=True)
class Together(Constraint):
    """All ``terms`` stand in one ``unit`` (``same``), or no two of them do.

    Not ``required``, they need not be there at all ("must not share a sentence").
    """

    terms: tuple[str, ...]
    unit: str
    same: bool
    required: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        yield from _with_another(clause)
        for group in quoting.groups(clause):
            match = _TOGETHER.search(clause.text, group.end)
            if not match or len(group.terms) < 2 or group.role not in ("mention", "other"):
                continue
            same = match["how"] in ("same", "single", "1", None)
            denied = group.forbidden or _denied(clause.text[: match.start()])
            if match["how"] in ("single", "1") and denied:
                continue
            yield cls._of(group.terms, match["unit"] or match["shared"], same, denied)

    @classmethod
    def _of(cls, terms: Iterable[str], unit: str, same: bool, denied: bool) -> Together:
        """Terms together or apart; that they are not together is said of those that are there."""
        found = tuple(sorted(terms, key=str.casefold))
        return cls(found, unit, same != denied, not (same and denied))

    def verify(self, response: Response) -> Verdict:
        places, _ = regions(response, Scope((Step(self.unit),)))
        held = [(p, [t for t in self.terms if occurrences(t, p)]) for p in places or ()]
        best = max(held, key=lambda pair: len(pair[1]), default=None)
        n = len(best[1]) if best else 0
        spans: tuple[Span, ...] = (best[0],) if best and n else ()
        if self.same:
            good = n == len(self.terms)
            reason = f"{n} of {len(self.terms)} stand in one {self.unit}."
        else:
            there = all(occurrences(t, response.whole) for t in self.terms)
            good = n <= 1 and (there or not self.required)
            reason = f"{n} of them stand in one {self.unit}." if n > 1 else "Each stands apart."
        return Verdict("pass" if good else "fail", reason, spans, n)

    def mentioned(self) -> Sequence[tuple[str, Scope]]:
        return [(t, WHOLE) for t in self.terms]

    def phrases(self) -> Sequence[str]:
        return self.terms if self.required else ()

    def say(self) -> str:
        named = " and ".join(f'"{t}"' for t in self.terms)
        if not self.required:
            return f"The phrases {named} must not appear in the same {self.unit}."
        where = f"the same {self.unit}" if self.same else f"different {self.unit}s"
        return f"The phrases {named} must appear in {where}."

    def facts(self) -> Sequence[Fact]:
        if not self.required:
            return ()
        found = [Fact(WHOLE, "mention:" + key(t), 1, None) for t in self.terms]
        if not self.same:
            found.append(Fact(WHOLE, self.unit + "s", len(self.terms), None))
        return found

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Together):
            return None if self.same else self._clash_phrases(other.phrases())
        if not self.same or other.same:
            return None
        shared = {key(t) for t in self.terms} & {key(t) for t in other.terms}
        if len(shared) < 2 or _SIZE[self.unit] > _SIZE[other.unit]:
            return None
        named = " and ".join(f'"{t}"' for t in sorted(shared))
        return Clash(
            "keyword", f"{named} are to be in one {self.unit} and in different {other.unit}s."
        )

    def _clash_phrases(self, phrases: Sequence[str]) -> Clash | None:
        """A phrase stands in one sentence, so it cannot hold terms that are to be apart."""
        for phrase in phrases:
            held = [t for t in self.terms if Terms.of(t).times_in(Terms.of(phrase))]
            if len(held) > 1 and not re.search(r"[.!?]\s", phrase):
                named = " and ".join(f'"{t}"' for t in held)
                return Clash(
                    "keyword-phrase",
                    f'The required phrase "{phrase}" has {named} in one {self.unit}; they are to '
                    f"stand in different {self.unit}s.",
                )
        return None


_WITH = regex(
    r"(?P<a>‹\d+›)[^‹.;]{0,50}?\b(?:in|into|within|share|shares)\s+(?:the|an?)\s+(?P<how>same|different|"
    r"separate)\s+(?P<unit>sentence|paragraph|line|stanza)\s+(?:as|from|than|with|to)\s+"
    rf"(?:the\s+)?(?:{quoting.LABEL}\s+)?(?P<b>‹\d+›)"
)


def _with_another(clause: Clause) -> Iterator[Together]:
    """ "‹0› must stand in the same sentence as ‹1›"."""
    for match in _WITH.finditer(clause.text):
        terms = [clause.quote(match[side]).rstrip(".,") for side in "ab"]
        denied = _denied(clause.text[: match.start("how")])
        if all(terms):
            yield Together._of(terms, match["unit"], match["how"] == "same", denied)


def _denied(left: str) -> bool:
    return bool(re.search(r"\b(?:not|never|cannot|avoid\w*|without)\b[^.;,]*$", left))


_ONLY = regex(
    r"\b(?:only|exclusively|solely|nowhere but|(?:confined|restricted|limited|"
    r"reserved)(?= (?:to|for)\b))"
    r"(?!\s+(?:once|\d+)\b)"
)
_OUTSIDE = regex(
    r"\b(?:outside(?: of)?|(?:anywhere |elsewhere )?(?:but|except|other than|than)(?: in)?)\s+"
    r"(?:the\s+)?$"
)
_ALONE = regex(r"\s+(?:only|alone|exclusively|and nowhere else)\b")


@kind("confined")
@dataclass(frozen=True)
class Confined(Constraint):
    """Wherever ``term`` stands, it is in ``scope`` ("only in the last paragraph")."""

    term: str
    scope: Scope

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for group in quoting.of_role(clause, "mention"):
            mark = _only_place(clause, group)
            if mark:
                yield from (cls(t, mark.scopes[0]) for t in group.terms)

    def verify(self, response: Response) -> Verdict:
        places, _ = regions(response, self.scope)
        outside = [
            o
            for o in occurrences(self.term, response.whole)
            if not any(p.start <= o.start < p.end for p in places or ())
        ]
        if outside:
            return Verdict("fail", f"{len(outside)} stand elsewhere.", tuple(outside), len(outside))
        return Verdict("pass", "None stands elsewhere.", (), 0)

    def say(self) -> str:
        return f'The phrase "{self.term}" may appear only in {self.scope.say()}.'

    def facts(self) -> Sequence[Fact]:
        return [Fact(self.scope, "mention:" + key(self.term), 0, None, confined=True)]

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Spread):
            return clash_outside(self.term, self.scope, other)
        if key(self.term) != key(other.term) or other.low < 2:
            return None
        if self.scope.steps[0].unit in (other.unit, "sentence"):
            return Clash(
                "phrase",
                f'"{self.term}" is to stand in {other.low} {other.unit}s and only in '
                f"{self.scope.say()}.",
            )
        return None


def _only_place(clause: Clause, group: quoting.Group) -> scopes.Mark | None:
    """The place right after the terms, where "only" leads to it."""
    for mark in scopes.marks(clause):
        if mark.start < group.end or mark.start >= group.until or mark.role != "nth":
            continue
        gap = clause.text[group.end : mark.start]
        if group.forbidden:
            return mark if _OUTSIDE.search(gap) and len(mark.scopes) == 1 else None
        lead = clause.text[group.since : group.start]
        named = re.search(r"\b(?:in|within|to|for)\s+(?:the\s+)?$", gap) and len(mark.scopes) == 1
        before = re.search(
            r"\b(?:only|solely|exclusively)\s+(?:use|include|mention|place|put)\b[^‹]*$", lead
        )
        after = _ALONE.match(clause.text, mark.end)
        only = _ONLY.search(gap)
        if only and re.search(r"\d", gap[only.end() :]):
            only = None
        return mark if named and (before or after or only) else None
    return None


_ORDER = regex(
    r"(?P<a>‹\d+›)[^‹.;]{0,60}?\b(?P<how>before|after|precedes?|prior to|earlier than|later than|"
    r"ahead of|follows?)\b[^‹.;]{0,40}?(?P<b>‹\d+›)"
)


_IN_ORDER = regex(r"\bin (?:that|this|the given|the same|exactly this|exactly that) order\b")


@kind("order")
@dataclass(frozen=True)
class Order(Constraint):
    """The first occurrence of ``first`` stands before the first occurrence of ``then``."""

    first: str
    then: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _ORDER.finditer(clause.text):
            if _denied(clause.text[: match.end("how")]):
                continue
            one, two = clause.quote(match["a"]).rstrip(".,"), clause.quote(match["b"]).rstrip(".,")
            if match["how"] in ("after", "follow", "follows", "later than"):
                one, two = two, one
            if one and two and key(one) != key(two):
                yield cls(one, two)
        for group in quoting.of_role(clause, "mention"):
            if _IN_ORDER.search(group.near) and not group.forbidden and not group.alternatives:
                yield from (cls(a, b) for a, b in pairwise(group.terms) if key(a) != key(b))

    def verify(self, response: Response) -> Verdict:
        one = occurrences(self.first, response.whole)
        two = occurrences(self.then, response.whole)
        good = bool(one and two) and one[0].start < two[0].start
        reason = "In that order." if good else "Not both there, or in the other order."
        return Verdict("pass" if good else "fail", reason, (*one[:1], *two[:1]))

    def mentioned(self) -> Sequence[tuple[str, Scope]]:
        return [(self.first, WHOLE), (self.then, WHOLE)]

    def phrases(self) -> Sequence[str]:
        return (self.first, self.then)

    def say(self) -> str:
        return f'The phrase "{self.first}" must appear before the phrase "{self.then}".'

    def facts(self) -> Sequence[Fact]:
        return [Fact(WHOLE, "mention:" + key(t), 1, None) for t in (self.first, self.then)]

    def clashes(self, other: Constraint) -> Clash | None:
        if (
            isinstance(other, Order)
            and tokens(self.first) == tokens(other.then)
            and (tokens(self.then) == tokens(other.first))
        ):
            return Clash(
                "keyword", f'"{self.first}" is to stand both before and after "{self.then}".'
            )
        return None
