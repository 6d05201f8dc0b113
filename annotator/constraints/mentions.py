"""Words and phrases that must, or must not, be there: how often, where, and which of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from annotator.constraints import quoting, scopes, usage
from annotator.constraints.base import (
    EACH,
    WHOLE,
    Clash,
    Constraint,
    Fact,
    Outcome,
    Scope,
    Step,
    Verdict,
    kind,
    tokens,
    undecided,
)
from annotator.constraints.clause import Clause
from annotator.constraints.numerals import Quantity, quantities, say_bounds, say_times
from annotator.constraints.quoting import Group
from annotator.constraints.regions import regions
from annotator.constraints.segment import Response, Span
from annotator.domain.regex import regex


@kind("mention")
@dataclass(frozen=True)
class Mention(Constraint):
    """Each of ``terms`` stands ``low`` to ``high`` times in ``scope``.

    ``what`` is "word" (whole words, without case) or "letter" (anywhere, without case).
    ``mode`` is "each" (every term by itself), "total" (all together) or "of" (at least ``need``
    of the terms are there at all).
    """

    terms: tuple[str, ...]
    low: int = 1
    high: int | None = None
    scope: Scope = WHOLE
    what: str = "word"
    mode: str = "each"
    need: int = 0

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for group in quoting.groups(clause):
            if group.role == "mention":
                yield from _read_group(clause, group)

    def verify(self, response: Response) -> Verdict:
        places, missing = regions(response, self.scope)
        if missing:
            return Verdict("fail" if self.low else "pass", missing)
        if places is None:
            return undecided(f"Where {self.scope.say()} is cannot be told from the text.")
        for place in places:
            verdict = self._verify_place(place)
            if verdict.outcome != "pass" or len(places) == 1:
                return verdict
        return Verdict("pass", f"{self._terms()}: {self._bounds()} in {self.scope.say()}.")

    def _verify_place(self, place: Span) -> Verdict:
        hits = {term: occurrences(term, place, self.what) for term in self.terms}
        spans = tuple(sorted((s for h in hits.values() for s in h), key=lambda s: s.start))[:50]
        if self.mode == "of":
            n = sum(bool(h) for h in hits.values())
            outcome: Outcome = "pass" if n >= self.need else "fail"
            return Verdict(
                outcome, f"{n} of {len(self.terms)} are there; asked: {self.need}.", spans, n
            )
        if self.mode == "total":
            return self._judge("All together", len(spans), spans)
        wrong = [t for t, h in hits.items() if not self._within(len(h))]
        term = (wrong or list(self.terms))[0]
        return self._judge(f'"{term}"', len(hits[term]), spans)

    def _judge(self, name: str, n: int, spans: tuple[Span, ...]) -> Verdict:
        outcome: Outcome = "pass" if self._within(n) else "fail"
        return Verdict(
            outcome, f"{name}: {n} time{'s' * (n != 1)}; asked: {self._bounds()}.", spans, n
        )

    def _within(self, n: int) -> bool:
        return self.low <= n and (self.high is None or n <= self.high)

    def _bounds(self) -> str:
        return say_times(self.low, self.high)

    def _terms(self) -> str:
        quoted = [f'"{t}"' for t in self.terms]
        return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " and " + quoted[-1]

    def _noun(self) -> str:
        if self.what == "letter":
            return "letter" if len(self.terms) == 1 else "letters"
        return "phrase" if len(self.terms) == 1 else "phrases"

    def say(self) -> str:
        where = f" in {self.scope.say()}" if self.scope else ""
        named = f"the {self._noun()} {self._terms()}"
        if self.mode == "of":
            return f"Include at least {self.need} of {named}{where}."
        if (self.low, self.high) == (0, 0) and self.mode == "each":
            return f"Do not use {named}{where}."
        total = " in total" if self.mode == "total" else ""
        return f"Use {named} {self._bounds()}{where}{total}."

    def phrases(self) -> Sequence[str]:
        return self.terms if self.low and self.mode == "each" and self.what == "word" else ()

    def clashes(self, other: Constraint) -> Clash | None:
        from annotator.constraints.places import clash_within

        if (self.low, self.high, self.what) == (0, 0, "word") and self.scope:
            found = (clash_within(t, self.scope, other) for t in self.terms)
            return next((c for c in found if c), None)
        if self.mode != "of" or not isinstance(other, Mention) or other.high != 0 or other.scope:
            return None
        left = {key(t) for t in self.terms} - {key(t) for t in other.terms}
        if len(left) >= self.need:
            return None
        return Clash(
            "keyword", f"{self.need} of {self._terms()} are asked for, and too few are left."
        )

    def facts(self) -> Sequence[Fact]:
        prefix = "letter:" if self.what == "letter" else "mention:"
        if self.mode == "each":
            return [
                Fact(self.scope, prefix + key(t), self.low, self.high) for t in self.terms if key(t)
            ]
        if self.mode == "total" and self.high is not None:
            return [Fact(self.scope, prefix + key(t), 0, self.high) for t in self.terms if key(t)]
        return ()


def key(term: str) -> str:
    """The name of a term in facts: its words, in lower case."""
    return " ".join(tokens(term))


def occurrences(term: str, place: Span, what: str = "word") -> list[Span]:
    """Where ``term`` stands in ``place``: whole words, no case, any white space between words."""
    if what == "letter":
        pattern = re.escape(term)
    else:
        words = [
            re.escape(w).replace("'", "['’]") for w in term.strip(" .,;:").replace("’", "'").split()
        ]
        if not words:
            return []
        pattern = r"\s+".join(words)
        pattern = (r"(?<!\w)" if term[:1].isalnum() else "") + pattern
        pattern += r"(?!\w)" if re.search(r"\w$", pattern) else ""
    found = re.finditer(pattern, place.text, re.I)
    return [Span(place.start + m.start(), place.start + m.end(), m[0]) for m in found]


_TOGETHER = regex(r"\b(?:same|single|1|share an?|share the) (?:sentence|paragraph|line|stanza)\b")
_EXCESS = regex(r"\bover-?us\w*|\btoo (?:often|many|much|frequently)\b|\bexcessive\w*")
_PURPOSE = regex(
    r"\s*(?:(?:(?:must|should|may|can|shall) not|cannot) (?:be )?(?:used|appear|occur) )?"
    r"(?:to (?!the\b|your\b)[a-z]+|when|while|as an?|in reference to|about)\b"
)
"""Only too many, or those for one purpose, are ruled out."""
_UP_TO = regex(r"\b(?:until|till|before|after|outside|except(?: in)?)\s+(?:the\s+)?$")
_CONDITIONAL = regex(r"\bif\b")
_TIMES = regex(r"\s*(?:times?|occurrences?|instances?|mentions?|repetitions?|appearances?|uses)\b")
_KEEP = regex(r"\b(?:respectively)\b")
_TOTAL = regex(r"\b(?:in total|combined|altogether|collectively|together|as a whole)\b")
_ANY = regex(r"\b(?:any of|either|1 of|one of|at least 1 of|at least one of)\b[^‹]*$")
_NEED = regex(
    r"\b(?:at least|exactly|any)\s+(\d+)\s+(?:of\b(?:\s+the\b|\s+these\b)?|"
    r"(?:key)?words?\s+from\b)[^‹]*$"
)


def _read_group(clause: Clause, group: Group) -> Iterator[Constraint]:
    terms = tuple(group.terms)
    allowed = re.match(
        r"\s*(?:may|can)\s+(?:only\s+)?(?:appear|be used)\s+(?:only\s+)?in\b", group.right
    )
    if group.forbidden and _TOGETHER.search(group.right):
        return
    if group.forbidden and (_EXCESS.search(group.near) or _PURPOSE.match(group.right)):
        return
    if usage.claims(clause, group) or _CONDITIONAL.search(group.left):
        return
    if allowed and not group.forbidden:
        return
    what = (
        "letter" if group.label.startswith("letter") and all(len(t) == 1 for t in terms) else "word"
    )
    need = _NEED.search(group.left)
    times = _times(clause, group)
    where = _scopes(clause, group)
    if where is None and (group.forbidden or (times and not times.low)):
        return
    if where is None:
        where, times = (WHOLE,), times and replace(times, high=None)
    if group.forbidden:
        if times and times.high is not None and times.low == 0:
            yield from (Mention(terms, 0, times.high, s, what) for s in where)
        elif times is None and re.search(r"\brepeat\w*\b", group.left):
            yield from (Mention(terms, 0, 1, s, what) for s in where)
        elif times is None:
            yield from (Mention(terms, 0, 0, s, what) for s in where)
        return
    if need or (_ANY.search(group.left) and len(terms) > 1) or (group.alternatives and not times):
        yield Mention(terms, 1, None, where[0], what, "of", int(need[1]) if need else 1)
        return
    low, high = (times.low, times.high) if times else (1, None)
    if group.alternatives:
        return
    if len(where) == len(terms) > 1 and _KEEP.search(group.right):
        yield from (Mention((t,), low, high, s, what) for t, s in zip(terms, where, strict=True))
        return
    if _KEEP.search(group.right):
        where = (WHOLE,)
    mode = "total" if times and len(terms) > 1 and _TOTAL.search(group.near) else "each"
    shared = _shared_out(clause, group)
    if shared:
        yield from (Mention(terms, n, None, scope, what) for _, n, scope in shared)
        in_all = times if times and times.start < shared[0][0] else None
        low, high = (in_all.low, in_all.high) if in_all else (sum(n for _, n, _ in shared), None)
        where = (WHOLE,)
    yield from (Mention(terms, low, high, s, what, mode) for s in where)


_NUMBER_OF = regex(
    r"\b(?P<bound>maximum|minimum|max|min)?\s*(?:number|count) of (?:times|occurrences|mentions)\b"
    r"[^.;‹]*$"
)


def _times(clause: Clause, group: Group) -> Quantity | None:
    """The bound on occurrences that belongs to ``group``: after it, or right before it."""
    number = _NUMBER_OF.search(clause.text[: group.start])
    best: Quantity | None = None
    for q in quantities(clause.text):
        if q.start < group.start and group.end <= q.end and _TIMES.match(clause.text, q.end):
            return q
        if number and group.end <= q.start < group.until:
            bound = (number["bound"] or "")[:3] if q.bare else ""
            return replace(q, low=0) if bound == "max" else replace(q, high=None) if bound else q
        word = _TIMES.match(clause.text, q.end)
        if not word:
            continue
        if group.end <= q.start < group.until:
            return q
        if group.since <= q.start and word.end() <= group.start:
            best = None if _of_earlier(clause, group, q.start, word.end()) else q
    return best


def _of_earlier(clause: Clause, group: Group, start: int, end: int) -> bool:
    """Whether what stands at ``[start, end)`` before ``group`` is said of the terms before it."""
    earlier = any(g.role == "mention" and g.end <= start for g in quoting.groups(clause))
    return earlier and bool(
        re.search(r",|\b(?:and|but|while|with)\b", clause.text[end : group.start])
    )


_SPREAD = regex(r"(?:sentences?|paragraphs?|lines?|stanzas?)\b")


def _scopes(clause: Clause, group: Group) -> tuple[Scope, ...] | None:
    """Where the terms are asked for; None where it is in a part that cannot be told."""
    places = [m for m in scopes.marks(clause) if not (m.start <= group.start < m.end)]
    for mark in places:
        if group.end <= mark.start < group.until and mark.role != "no":
            gap = clause.text[group.end : mark.start]
            if _UP_TO.search(gap):
                return None
            if re.search(
                r"\bwith\b|\b(?:fewer|more) than\b.*\bseparat|,\s*(?:while|which|where)\b", gap
            ):
                break
            if re.search(
                r"(?:\b(?:in|of|within|at|into|throughout|to|per|on|from|inside|across|for|"
                r"open|close|begin|end)\s+(?:the\s+)?|\bper\s*|\s)$",
                gap,
            ):
                return _resolved(mark, clause.text[mark.end :])
    for mark in reversed(places):
        in_key = mark.role == "key" and mark.start < group.since <= mark.end
        if (group.since <= mark.start or in_key) and mark.end <= group.start:
            if _of_earlier(clause, group, mark.start, mark.end):
                continue
            return _resolved(mark, clause.text[mark.end : group.start])
    return (WHOLE,)


def _resolved(mark: scopes.Mark, right: str) -> tuple[Scope, ...] | None:
    if mark.role in ("part", "other"):
        return None
    return mark.scopes


_SHARE = regex(
    r"\b(?P<n>\d+|one|again)(?: (?:times?|instances?|mentions?|occurrences?|appearances?|uses?))?"
    r"(?: of (?:it|‹\d+›))? (?:in|within|at|on) (?:the )?$"
)


_AGAIN = regex(r"\s*,?\s*and (?:then )?again (?:in|within|at|on)\b")


def _shared_out(clause: Clause, group: Group) -> list[tuple[int, int, Scope]]:
    """ "… once in the opening sentence and once in the closing one": start, number and place."""
    found: list[tuple[int, int, Scope]] = []
    for mark in scopes.marks(clause):
        if mark.role != "nth" or not group.end <= mark.start < _next_terms(clause, group):
            continue
        share = _SHARE.search(clause.text[group.end : mark.start])
        if share and (found or share["n"] != "again"):
            n = int(share["n"]) if share["n"].isdigit() else 1
            found.extend((group.end + share.start(), n, scope) for scope in mark.scopes)
        elif not found and _AGAIN.match(clause.text, mark.end):
            found.extend((mark.start, 1, scope) for scope in mark.scopes)
    return found if len({at for at, _, _ in found}) > 1 else []


def _next_terms(clause: Clause, group: Group) -> int:
    later = (g.start for g in quoting.groups(clause) if g.start >= group.end)
    return min(later, default=len(clause.text))


@kind("spread")
@dataclass(frozen=True)
class Spread(Constraint):
    """``term`` stands in ``low`` to ``high`` different units ("in at least four sentences")."""

    term: str
    unit: str
    low: int
    high: int | None

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for group in quoting.groups(clause):
            if group.role != "mention" or group.forbidden or len(group.terms) != 1:
                continue
            for q in quantities(clause.text):
                unit = re.compile(
                    r"\s+(?:different |separate |distinct |of the )?(sentence|paragraph|"
                    r"line|stanza)s?\b"
                ).match(clause.text, q.end)
                gap = clause.text[group.end : q.start]
                inside = any(m.start <= q.start < m.end for m in scopes.marks(clause))
                if (
                    unit
                    and not (inside and "last" in clause.text[group.end : q.start])
                    and group.end <= q.start < group.until
                    and re.search(r"\b(?:in|across)\b", gap + clause.text[q.start : q.end])
                ):
                    yield cls(group.terms[0], unit[1], q.low, q.high)

    def verify(self, response: Response) -> Verdict:
        places, _ = regions(response, Scope((Step(self.unit, EACH),)))
        holding = tuple(p for p in places or () if occurrences(self.term, p))
        n = len(holding)
        good = self.low <= n and (self.high is None or n <= self.high)
        return Verdict(
            "pass" if good else "fail", f'"{self.term}" is in {n} {self.unit}s.', holding, n
        )

    def mentioned(self) -> Sequence[tuple[str, Scope]]:
        return [(self.term, WHOLE)]

    def phrases(self) -> Sequence[str]:
        return (self.term,) if self.low else ()

    def say(self) -> str:
        return f'Use the phrase "{self.term}" in {say_bounds(self.low, self.high)} {self.unit}s.'

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Spread) or self.high is None or self.high >= other.low:
            return None
        if (key(self.term), self.unit) != (key(other.term), other.unit):
            return None
        return Clash("phrase", f"{self.say().rstrip('.')}, and also {other.say()[4:]}")

    def facts(self) -> Sequence[Fact]:
        found = [Fact(WHOLE, "mention:" + key(self.term), self.low, None)]
        return [*found, Fact(WHOLE, self.unit + "s", self.low, None)]
