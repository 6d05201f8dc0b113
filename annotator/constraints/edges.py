"""How the response, or each sentence or paragraph of it, begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotator.constraints import categories, quoting, scopes
from annotator.constraints.base import (
    EACH,
    WHOLE,
    Clash,
    Constraint,
    Fact,
    Scope,
    Step,
    Verdict,
    kind,
    tokens,
    undecided,
)
from annotator.constraints.clause import Clause
from annotator.constraints.lexicon import lexicon
from annotator.constraints.regions import regions
from annotator.constraints.scopes import DOCUMENTS
from annotator.constraints.segment import Response
from annotator.domain.regex import regex

_END_VERB = regex(r"\b(?:end|conclud|clos(?:e|es|ing)\b|finish|sign|wrap|suffix|follow)")
_END_AFTER = regex(r"\b(?:closing|last|final|end)\b")


_SOME_UNITS = regex(
    r"\b(?:\d+|some|several|most|many|half)\s+(?:of\s+(?:the|your)\s+)?(?:\w+\s+)?"
    r"(?:sentences?|paragraphs?|lines?|stanzas?)\s+(?:(?:must|should|that|which|have|need|to)\s+)*"
    r"(?:begin|start|open|end|conclud|clos|finish)|"
    r"\b(?:begin|start|open|end|conclud|clos|finish)\w*\s+(?:(?:at least|at most|exactly|only)\s+)?"
    r"(?:\d+|some|several|most|many|half|consecutive|successive|adjacent)\s+"
    r"(?:of\s+(?:the|your)\s+)?(?:\w+\s+)?(?:sentences|paragraphs|lines|stanzas)\b|"
    r"\bconsecutive (?:sentences|paragraphs|lines|stanzas)\b"
)
"""So many of them begin so, not all, and not the response."""


@kind("edge")
@dataclass(frozen=True)
class Edge(Constraint):
    """``scope`` begins or ends (``side``) with ``text``.

    ``what`` is "phrase", "letter", or "category" (``text`` then names one: "question", "apology").
    """

    side: str
    text: str
    scope: Scope = WHOLE
    what: str = "phrase"
    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for group in quoting.of_role(clause, "edge"):
            if group.alternatives or len(group.terms) > 2:
                continue
            where = _scopes(clause, group)
            before = clause.text[: group.end].rpartition("‹")[0]
            if _SOME_UNITS.search(group.left) or _LETTER_OF.search(before):
                continue
            if where is None or re.search(r"\balphabet\b", clause.text[: group.start]):
                continue
            side = _side(clause, group)
            letter = len(group.terms[0]) == 1 and group.terms[0].isalpha()
            what = "letter" if letter and not group.label.startswith("word") else "phrase"
            if len(group.terms) == 1 or group.forbidden:
                yield from (
                    cls(side, t, s, what, not group.forbidden) for s in where for t in group.terms
                )
        yield from _read_categories(clause)
        yield from _read_whole_sentences(clause)
        yield from _read_as_first(clause)
        yield from _read_first_letters(clause)
        yield from _read_first_words(clause)

    def verify(self, response: Response) -> Verdict:
        if self.what == "category" and self.text not in categories.DECIDABLE:
            return undecided(f"Only a judge can tell what is {_with_article(self.text)}.")
        places, missing = regions(response, self.scope)
        if missing or not places:
            return Verdict("fail", missing or "There is no such place in the response.")
        for place in places:
            if self._holds(place.text) != self.wanted:
                return Verdict(
                    "fail", f"This does not {self.side} so: {place.text[:80]!r}.", (place,)
                )
        return Verdict("pass", f"{self.side.capitalize()}s as asked.", tuple(places[:50]))

    def _holds(self, text: str) -> bool:
        text = text.strip().strip("\"'“”‘’*_#> ")
        if self.what == "category":
            return categories.holds(self.text, text, self.side)
        wanted = self.text.casefold()
        if self.what == "letter":
            letters = [c for c in text if c.isalnum()]
            at = 0 if self.side == "begin" else -1
            return bool(letters) and letters[at].casefold() == wanted
        words, asked = tokens(text), tokens(self.text)
        if not asked:
            return text.startswith(wanted) if self.side == "begin" else text.endswith(wanted)
        return (words[: len(asked)] if self.side == "begin" else words[-len(asked) :]) == asked

    def say(self) -> str:
        subject = _subject(self.scope)
        must = "must" if self.wanted else "must not"
        if self.what == "category":
            return f"{subject} {must} {self.side} with {_with_article(self.text)}."
        return f'{subject} {must} {self.side} with the {self.what} "{self.text}".'

    def phrases(self) -> Sequence[str]:
        return (self.text,) if self.what == "phrase" and self.wanted else ()

    def facts(self) -> Sequence[Fact]:
        name = " ".join(tokens(self.text))
        if self.what == "category" and self.wanted:
            return [Fact(self.scope, unit, 1, None) for unit in categories.HOLDS.get(self.text, ())]
        if self.what != "phrase" or not name or not self.wanted:
            return ()
        facts = [Fact(self.scope, "mention:" + name, 1, None)]
        if not self.scope and not re.search(r"[.!?]\s", self.text):
            index = 1 if self.side == "begin" else -1
            facts.append(Fact(Scope((Step("sentence", index),)), "mention:" + name, 1, None))
        return facts

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Edge) or self.side != other.side:
            return None
        if not self._at_the_place_of(other):
            return None
        same_sort = any(
            self.text in s and other.text in s for s in (categories.MARKS, categories.VOWEL)
        )
        if same_sort and self.wanted and other.wanted:
            if self.text == other.text:
                return None
            return Clash("format", f"{self.say().rstrip('.')}, and also with a {other.text}.")
        if self.what == other.what == "phrase":
            return self._clash_phrase(other)
        if self.what == "phrase" and other.what == "category" and self.wanted and other.wanted:
            if categories.excluded(self.text, other.text, self.side):
                where = _subject(self.scope).lower()
                reason = (
                    f'{where} is to {self.side} with "{self.text}", which is not '
                    f"{_with_article(other.text)}."
                )
                return Clash("phrase", reason[:1].upper() + reason[1:])
            return None
        if self.what == other.what == "letter" and self.wanted and other.wanted:
            return self._clash_letter(other.text, f'the letter "{other.text}"')
        if self.what == "letter" and other.what == "category" and other.wanted and self.wanted:
            vowel = categories.VOWEL.get(other.text)
            if vowel is not None and vowel != (self.text.lower() in categories.VOWELS):
                return self._clash_letter("", _with_article(other.text))
        if self.what == "letter" and other.what == "phrase" and other.wanted and self.wanted:
            words = "".join(tokens(other.text))
            if words and words[0 if self.side == "begin" else -1] != self.text.lower():
                return Clash(
                    "phrase", f'"{other.text}" does not {self.side} with the letter "{self.text}".'
                )
        return None

    def _clash_letter(self, letter: str, other: str) -> Clash | None:
        if letter.lower() == self.text.lower():
            return None
        reason = f'{_subject(self.scope)} cannot {self.side} both with "{self.text}" and with '
        return Clash("phrase", f"{reason}{other}.")

    def _at_the_place_of(self, other: Edge) -> bool:
        """Whether what this asks of its place holds for the place of ``other``."""
        if _covers(self.scope, other.scope):
            return True
        one, two = _normal(self.scope, self.side), _normal(other.scope, self.side)
        if _covers(one, two):
            return True
        index = 1 if self.side == "begin" else -1
        outer = Scope((Step("paragraph", index),))
        whole = self if not one and two == outer else other if not two and one == outer else None
        return whole is not None and whole._within_paragraph()

    def _within_paragraph(self) -> bool:
        """Whether this is no salutation, sign-off or title, which stand outside the paragraphs."""
        if self.what != "phrase":
            return self.text == "question"
        words = self.text.split()
        lower = sum(w[:1].islower() for w in words)
        formal = any(t in _FRAMING for t in tokens(self.text)) or self.text.endswith((",", ":"))
        return len(words) > 3 and 2 * lower >= len(words) and not formal

    def _clash_phrase(self, other: Edge) -> Clash | None:
        one, two = tokens(self.text), tokens(other.text)
        if not one or not two or not (self.wanted or other.wanted):
            return None
        n = min(len(one), len(two))
        agree = one[:n] == two[:n] if self.side == "begin" else one[-n:] == two[-n:]
        where = _subject(self.scope).lower()
        if self.wanted and other.wanted and not agree:
            return Clash(
                "phrase",
                f'{where.capitalize()} cannot {self.side} both with "{self.text}" and with '
                f'"{other.text}".',
            )
        if self.wanted and not other.wanted and agree and len(two) <= len(one):
            return Clash(
                "phrase",
                f'{where.capitalize()} is both to {self.side} with "{self.text}" and not to.',
            )
        return None


_NO_PLACE = ("part", "no", "other")
"""Roles of places that a text cannot be searched for."""
_FRAMING = lexicon(
    """
    dear hello hi hey greetings welcome subject sincerely regards yours best cheers warmly wishes
    respectfully love thanks thank truly faithfully cordially gratefully sir madam
    """
)
"""Words of salutations and sign-offs."""


def _with_article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _subject(scope: Scope) -> str:
    said = scope.say()
    return said[:1].upper() + said[1:] if said else "The response"


def _normal(scope: Scope, side: str) -> Scope:
    """The first sentence begins where the response does; the last ends where it does."""
    edge = 1 if side == "begin" else -1
    steps = list(scope.steps)
    while steps and steps[-1].unit == "sentence" and steps[-1].index == edge:
        steps.pop()
    return Scope(tuple(steps))


_LETTER_OF = regex(
    r"\bletters?\s+(?:of|in|from)(?:\s+(?:the|an?|1|your|word|name|phrase|sequence))*\s*:?\s*$"
)
"""A text that letters are taken from: "each line starts with the next letter of the word ‹0›"."""
_PARTICIPLE = regex(
    r"(?P<before>.*?)\b(?:starting|beginning|opening|ending|concluding|closing|finishing) with\b"
    r"[^‹]*$"
)
_ATTACHED = regex(
    r"\b(?:add(?:s|ing)?|insert\w*|append\w*|attach\w*)\s+(?:an?|the|1)\s+(?!\d)[^.;‹]*$"
    rf"|\b(?:includ|incorporat|featur|contain|provid|giv)\w*\s+(?:an?|the|1)\s+(?!(?:\w+\s+)?(?:{DOCUMENTS})\b)"
    r"[^.;‹]*$"
)
"""Something that is put into the response: it is what begins so ("add a note, starting with …")."""
_FREE = regex(rf"(?:^|,|;|\band|\bby|\bwhile|\bbut|\bthen|{scopes.DOCUMENT})\s*$")
_EACH = regex(r"\beach(?!\s+(?:and|other)\b)")
_COUNTED = regex(
    r"\b(?:(?P<item>points?|items?|bullets?)|(?P<paragraph>paragraphs?)|(?P<sentence>sentences?)|"
    r"(?P<line>lines?)|(?P<stanza>stanzas?))\b"
)


def _of_subject(left: str) -> tuple[Scope, ...] | None:
    """The whole response, or what "…, each starting with" is about; None where that is open."""
    participle = _PARTICIPLE.match(left)
    if not participle:
        return (WHOLE,)
    each = list(_EACH.finditer(participle["before"]))
    if each:
        counted = list(_COUNTED.finditer(participle["before"], 0, each[-1].start()))
        unit = counted[-1].lastgroup if counted else None
        return (Scope((Step(unit, EACH),)),) if unit else None
    if _ATTACHED.search(participle["before"]):
        return None
    return (WHOLE,) if _FREE.search(participle["before"]) else None


def _covers(one: Scope, other: Scope) -> bool:
    """Whether what holds for ``one`` holds for ``other``: the same, or each X for the nth X."""
    if one == other:
        return True
    if len(one.steps) != 1 or len(other.steps) != 1:
        return False
    each, nth = one.steps[0], other.steps[0]
    return each.unit == nth.unit != "key" and each.index == EACH


def _side(clause: Clause, group: quoting.Group) -> str:
    predicate = quoting.EDGE_PREDICATE.match(clause.text, group.end)
    if predicate:
        return "end" if _END_VERB.match(predicate["verb"]) else "begin"
    right = re.match(r"^[^‹.;]{0,60}", clause.text[group.end :])
    left = clause.text[group.since : group.start]
    verbs = list(quoting.EDGE_VERB.finditer(left))
    if verbs:
        return "end" if _END_VERB.match(verbs[-1][0]) else "begin"
    return "end" if right and _END_AFTER.search(right[0]) else "begin"


def _scopes(clause: Clause, group: quoting.Group) -> tuple[Scope, ...] | None:
    places = scopes.marks(clause)
    predicate = quoting.EDGE_PREDICATE.match(clause.text, group.end)
    mark = scopes.after(clause, predicate.end() if predicate else group.end, places)
    if mark is None or mark.role in _NO_PLACE:
        mark = scopes.before(group.start, [m for m in places if m.start >= group.since])
    if mark is None or mark.role == "whole":
        return _of_subject(clause.text[: group.start])
    return None if mark.role in _NO_PLACE else mark.scopes


_IS = regex(
    r"^\s*(?:must|should|has to|needs to|is to|will)\s+(?:be|read|say)\s*:?\s*(?:exactly\s+)?:?\s*$"
)


_IS_MADE = regex(r"\s*(?:(?:must|should|has to|needs to|is to|will)\s+be\s+)?(?:the\s+)?$")


def _said_to_be(
    clause: Clause, group: quoting.Group, found: Sequence[scopes.Mark]
) -> scopes.Mark | None:
    """The place that ``group`` is all of: "the last line must be ‹0›", "make ‹0› the last line"."""
    before = scopes.before(group.start, found)
    if before and _IS.match(clause.text[before.end : group.start]):
        return before
    after = next((m for m in found if m.start >= group.end), None)
    gap = clause.text[group.end : after.start] if after else "-"
    made = re.search(r"\bmak(?:e|ing)\s+(?:the\s+)?$", clause.text[: group.start])
    return after if _IS_MADE.match(gap) and (made or gap.strip() not in ("", "the")) else None


def _read_whole_sentences(clause: Clause) -> Iterator[Edge]:
    """ "The final sentence must be "See you soon."": it begins and ends so."""
    found = scopes.marks(clause)
    for group in quoting.groups(clause):
        mark = _said_to_be(clause, group, found)
        if not mark or mark.role != "nth" or len(group.terms) != 1:
            continue
        if mark.scopes[0].steps[-1].unit in ("sentence", "line"):
            for scope in mark.scopes:
                yield Edge("begin", group.terms[0], scope)
                yield Edge("end", group.terms[0], scope)


_CATEGORY = regex(
    r"\b(?P<verb>begin(?:s|ning)?|start(?:s|ing)?|open(?:s|ing)?|end(?:s|ing)?|conclud(?:e|"
    r"es|ing)|clos(?:e|es|ing)|finish(?:es|ing)?|wrap(?:s|ping)? up)\b"
    r"(?P<object>(?:\s+(?!(?:with|must|should|shall|will|begins?|starts?|ends?|be|is|to|"
    r"and)\b)[a-z0-9-]+){0,4}?)\s+with\s+(?:an?|1)\s+(?:"
    + "|".join(f"(?P<c{i}>{p})" for i, p in enumerate(categories.CATEGORIES.values()))
    + r")\b(?!\s+mark)"
)


_AS_FIRST = regex(
    r"\s*(?:(?:must|should|has to) be used |"
    r"is used )?as the (?:very )?(?P<which>first|opening|last|"
    r"final|closing) (?:words?|phrase|expression) (?:of|in) (?=(?:the|your|each|every)\b)"
)


def _read_as_first(clause: Clause) -> Iterator[Edge]:
    """ "Use ‹0› as the first word of the second paragraph"."""
    found = scopes.marks(clause)
    for group in quoting.groups(clause):
        match = _AS_FIRST.match(clause.text, group.end)
        mark = scopes.after(clause, match.end(), found) if match else None
        if not match or not mark or mark.role in _NO_PLACE or group.forbidden:
            continue
        side = "begin" if match["which"] in ("first", "opening") else "end"
        yield from (Edge(side, t, s) for s in mark.scopes for t in group.terms[:1])


_FIRST_WORDS = regex(
    r"\b(?:the|its|your) (?:very )?(?P<which>first|opening|last|final|closing) (?:few |\d+ )?"
    r"(?:words?|phrase)(?P<where>(?: (?:of|in) (?:the|your|each|every) [\w ]{1,30}?)?) "
    r"(?:must|should|has to|have to|needs? to|are to|is to) (?:be|read|say):? (?P<mark>‹\d+›)"
)


def _read_first_words(clause: Clause) -> Iterator[Edge]:
    """ "The first words of the letter must be ‹0›"."""
    found = scopes.marks(clause)
    for match in _FIRST_WORDS.finditer(clause.text):
        places = [m for m in found if match.start("where") <= m.start < match.end("where")]
        if (match["where"] and not places) or any(m.role in _NO_PLACE for m in places):
            continue
        side = "begin" if match["which"] in ("first", "opening") else "end"
        for scope in places[0].scopes if places else (WHOLE,):
            yield Edge(side, clause.quote(match["mark"]).rstrip(".,"), scope)


_FIRST_LETTER = regex(
    r"\bfirst letter of (?:each|every|the) "
    r"(?=(?P<unit>sentence|paragraph|line|stanza|response)\b)\w+ "
    r"(?:must|should|has to) be (?:the letter |an? )?(?P<mark>‹\d+›)"
)


def _read_first_letters(clause: Clause) -> Iterator[Edge]:
    """ "The first letter of each sentence must be ‹0›"."""
    for match in _FIRST_LETTER.finditer(clause.text):
        letter, unit = clause.quote(match["mark"]), match["unit"]
        if len(letter) == 1 and letter.isalpha():
            scope = WHOLE if unit == "response" else Scope((Step(unit, EACH),))
            yield Edge("begin", letter, scope, "letter")


_SENTENCE_IS = regex(
    r"\s+(?:must|should|has to|needs to|is to)\s+be\s+(?:phrased as\s+|written as\s+)?an?\s+"
    rf"(?:{categories.CATEGORIES['question']})\b(?!\s+mark)"
)


_EACH_SENTENCE = Scope((Step("sentence", EACH),))
"""That sentences begin with a capital is a case of letters, `Case`."""


def _read_categories(clause: Clause) -> Iterator[Edge]:
    for place in scopes.marks(clause):
        if place.role == "nth" and _SENTENCE_IS.match(clause.text, place.end):
            asked = (s for s in place.scopes if s.steps[-1].unit == "sentence")
            yield from (Edge("end", "question", s, "category") for s in asked)
    for match in _CATEGORY.finditer(clause.text):
        left = clause.text[: match.start()]
        if re.search(r"\b(?:not|never|avoid|without|don't|refrain)\b[^.;,]*$", left):
            continue
        index = next(i for i in range(len(categories.CATEGORIES)) if match[f"c{i}"])
        category = list(categories.CATEGORIES)[index]
        side = "end" if _END_VERB.match(match["verb"]) else "begin"
        places = scopes.marks(clause)
        inside = [m for m in places if match.end("verb") <= m.start < match.end("object")]
        mark = inside[0] if inside else scopes.before(match.start(), places)
        if mark and mark.role in _NO_PLACE:
            continue
        for scope in mark.scopes if mark else (WHOLE,):
            capital = category == "capital letter"
            if not capital or (side == "begin" and scope.steps and scope != _EACH_SENTENCE):
                yield Edge(side, category, scope, "category")
