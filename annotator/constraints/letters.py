"""Rules on letters: palindromes, acrostics, letters of the alphabet in turn, first letters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from annotator.constraints import scopes, segment
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
)
from annotator.constraints.clause import Clause
from annotator.constraints.demands import find
from annotator.constraints.edges import Edge
from annotator.constraints.mentions import Mention
from annotator.constraints.regions import regions
from annotator.constraints.segment import Response, Span
from annotator.domain.regex import regex

_UNIT = r"(?P<unit>sentence|line|paragraph|stanza)"
_MUST = r"(?:must |should |has to |have to |needs? to |is to |are to )?"
_WORDS = r"(?:(?:all|every|each) (?:of the )?words?|(?:use )?only words that)"
_NO = regex(r"\b(?:not|never|avoid\w*|without|no)\b|n't\b")


def _initial(text: str) -> str:
    """The first letter of ``text`` as a capital; "" where it has none."""
    return next((c.upper()[:1] for c in text if c.isalpha()), "")


_WORD_LETTER = regex(
    rf"{_WORDS} {_MUST}(?:starts?|begins?) with (?:the (?:same )?letter )?"
    r"(?:(?P<letter>[a-z])|(?P<mark>‹\d+›))"
)
_NO_LETTER = regex(
    r"(?:(?:use|write|include|contain) )?no letter (?P<l>[a-z])|"
    r"(?:write )?without (?:using )?the letter (?P<l2>[a-z])"
)


@kind("each_word")
@dataclass(frozen=True)
class EachWord(Constraint):
    """Every word begins with ``letter``."""

    each_unit: ClassVar[str] = "word"
    letter: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        none = find(clause, _NO_LETTER)
        if none:
            yield Mention((none["l"] or none["l2"],), 0, 0, what="letter")
        match = find(clause, _WORD_LETTER)
        if match:
            letter = match["letter"] or clause.quote(match["mark"]).lower()
            if len(letter) == 1 and letter.isalpha():
                yield cls(letter)

    def verify(self, response: Response) -> Verdict:
        found = segment.word_spans(response.text)
        wrong = tuple(s for s in found if _initial(s.text) != self.letter.upper())
        if wrong or not found:
            reason = f"Not every word begins with {self.letter!r}."
            return Verdict("fail", reason, wrong[:50], len(wrong))
        return Verdict("pass", f"Each of {len(found)} words begins with {self.letter!r}.", (), 0)

    def say(self) -> str:
        return f"Each word must start with {self.letter}."

    def clashes(self, other: Constraint) -> Clash | None:
        if isinstance(other, EachWord) and self.letter != other.letter:
            return Clash("grammar", f"No word begins with both {self.letter} and {other.letter}.")
        words = (w for phrase in other.phrases() for w in phrase.split() if w.isascii())
        wrong = next((w for w in words if _initial(w) not in ("", self.letter.upper())), None)
        reason = f'"{wrong}", which is asked for, does not begin with {self.letter}.'
        return Clash("grammar", reason) if wrong else None


_PALINDROME = regex(
    rf"\b{_MUST}(?:(?:be|is|are|form|read as) (?:an? )?(?:perfect )?palindrom(?:e|es|ic)\b|"
    r"(?:read|be|is|are|spell)s? (?:exactly )?the same (?:both ways|backwards?|in both directions|"
    r"(?:from )?(?:forwards?|backwards?|left to right)(?: and|,? as) (?:from )?"
    r"(?:forwards?|backwards?|right to left))\b)"
)
_TEXT = r"(?:an?|the|your) (?:whole |entire )?(?:response|answer|reply|text|sentence|phrase|output)"
_WHOLLY = regex(rf"^(?:(?:write|compose|create|make) )?{_TEXT} (?:(?:that|which) )?$")
"""No poem: those may read the same by their lines."""
_WRITE_ONE = regex(
    r"(?:write|compose|create|respond with|answer with|reply with|give me)(?: only)? an? "
    r"(?:single )?palindrom(?:e|ic (?:sentence|phrase|text))"
)
_EACH_WORD = regex(rf"{_WORDS} (?:{_PALINDROME.pattern})|use only palindromes")


@kind("palindrome")
@dataclass(frozen=True)
class Palindrome(Constraint):
    """The letters and digits of ``scope`` read the same backwards; each word's, line's, …"""

    scope: Scope = WHOLE

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        if find(clause, _EACH_WORD):
            yield cls(Scope((Step("word"),)))
        elif find(clause, _WRITE_ONE):
            yield cls()
        elif match := _PALINDROME.search(clause.text):
            left = clause.text[: match.start()]
            mark = scopes.before(match.start(), scopes.marks(clause))
            if _NO.search(left):
                return
            if (
                mark
                and mark.role in ("each", "nth")
                and clause.text[mark.end :].lstrip().startswith(match[0].lstrip())
            ):
                yield from (cls(s) for s in mark.scopes)
            elif _WHOLLY.search(left):
                yield cls()

    def verify(self, response: Response) -> Verdict:
        places, missing = regions(response, self.scope)
        if not places:
            return Verdict("fail", missing or "There is nothing to look at.")
        wrong = tuple(p for p in places if not _is_palindrome(p.text))
        if wrong:
            return Verdict("fail", f"{wrong[0].text[:80]!r} is none.", wrong[:50], len(wrong))
        return Verdict("pass", "It reads the same backwards.", tuple(places[:50]), 0)

    def say(self) -> str:
        subject = self.scope.say() or "the response"
        return f"{subject[:1].upper()}{subject[1:]} must be a palindrome."

    def clashes(self, other: Constraint) -> Clash | None:
        if self.scope != Scope((Step("word"),)):
            return None
        words = (w for phrase in other.phrases() for w in phrase.split() if w.isascii())
        wrong = next((w for w in words if not _is_palindrome(w)), None)
        reason = f'"{wrong}", which is asked for, is no palindrome.'
        return Clash("grammar", reason) if wrong else None


def _is_palindrome(text: str) -> bool:
    bare = "".join(c for c in text.casefold() if c.isalnum())
    return bare == bare[::-1]


_SPELL = (
    r"(?:spell|form|read|make up|reveal)(?:s|ing)?(?: out| downwards?| vertically)?,? ?"
    r"(?:the )?(?:word|name|phrase|message|acronym)?,?:? "
)
_WHAT = r"(?P<what>‹\d+›|[a-z]+\b)"
_ACROSTIC = regex(
    rf"\b(?:first|initial) letters?(?: (?:of|in|from)(?: (?:each|every|all|the|your|its|\d+|of))*"
    rf" {_UNIT}s?)?,?(?: (?:in order|together|when read \w+|combined|of it),?)* {_MUST}{_SPELL}"
    rf"{_WHAT}|"
    rf"\bspell(?:s|ing)?(?: out)? (?:the (?:word|name|phrase) )?{_WHAT.replace('what', 'what2')} "
    rf"(?:with|using|by) the (?:first|initial) letters?(?: of(?: (?:each|every|all|the|your))* "
    rf"{_UNIT.replace('unit', 'unit2')}s?)?|"
    r"\bacrostic(?: (?:poem|verse|text|sentence|message))?,?"
    r"(?: (?:of|for|on|from|(?:based|built) on|"
    rf"with|using|that|which))? (?:(?:the )?(?:word|name|letters of)|{_SPELL}(?:the word )?) ?"
    rf"{_WHAT.replace('what', 'what3')}"
)


@kind("acrostic")
@dataclass(frozen=True)
class Acrostic(Constraint):
    """The first letters of the ``unit``s, in order, are those of ``text``, one each.

    A title or what comes after may be lines too, so that more of them are no contradiction.
    """

    text: str
    unit: str = "line"

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _ACROSTIC.finditer(clause.text):
            said = match["what"] or match["what2"] or match["what3"]
            quoted = said.startswith("‹")
            text = clause.quote(said).rstrip(".,") if quoted else said.upper()
            spelled = quoted or re.search(rf"\b{text}\b", clause.raw)
            if (
                spelled
                and sum(map(str.isalpha, text)) > 1
                and not _NO.search(match.string[: match.start()])
            ):
                yield cls(text, match["unit"] or match["unit2"] or "line")

    @property
    def letters(self) -> str:
        """The letters of ``text`` as capitals."""
        return "".join(c.upper() for c in self.text if c.isalpha())

    def verify(self, response: Response) -> Verdict:
        places, _ = regions(response, Scope((Step(self.unit),)))
        found = places or []
        if self._spelled(found):
            return Verdict("pass", f"The first letters are {self.letters}.", tuple(found[:50]))
        if self._spelled([p for p in found if not p.text.startswith("#")]):
            return Verdict("undecided", f"They are, if the heading is no {self.unit}.")
        letters = [_initial(p.text) for p in found]
        off = next((i for i, c in enumerate(letters) if c != self.letters[i : i + 1]), len(found))
        reason = f"The first letters are {''.join(letters) or 'none'}; asked: {self.letters}."
        return Verdict("fail", reason, tuple(found[off : off + 1]), off)

    def _spelled(self, places: Sequence[Span]) -> bool:
        return [_initial(p.text) for p in places] == list(self.letters)

    def mentioned(self) -> Sequence[tuple[str, Scope]]:
        return ((self.text, WHOLE), (self.text, Scope((Step(self.unit),))))

    def say(self) -> str:
        return f'The first letters of the {self.unit}s must spell "{self.text}".'

    def facts(self) -> Sequence[Fact]:
        return [Fact(WHOLE, f"{self.unit}s", len(self.letters), None)]

    def clashes(self, other: Constraint) -> Clash | None:
        wrong = next((c for c in self._begun(other) if c), "")
        return (
            Clash("grammar", f"{self.say().rstrip('.')}, against: {other.say()}") if wrong else None
        )

    def _begun(self, other: Constraint) -> Iterator[bool]:
        """Whether ``other`` asks for another letter where some unit begins."""
        if isinstance(other, Acrostic) and other.unit == self.unit:
            yield other.letters != self.letters
        if isinstance(other, EachWord):
            yield set(self.letters) != {other.letter.upper()}
        if isinstance(other, Alphabet) and other.unit == self.unit:
            start = other.first or self.letters[0]
            yield any(ord(c) != ord(start) + i for i, c in enumerate(self.letters))
        if isinstance(other, Edge) and other.side == "begin" and other.wanted:
            step = other.scope.steps[0] if len(other.scope.steps) == 1 else None
            if step and step.unit == self.unit and other.what in ("letter", "phrase"):
                for i in range(len(self.letters)):
                    at = step.index in (EACH, i + 1, i - len(self.letters))
                    yield at and _initial(other.text) not in ("", self.letters[i])


_SEQUENCE = regex(
    rf"\b(?:each|every|successive|consecutive) {_UNIT}s?\s+{_MUST}(?:start|begin)s?(?:ning|ing)?"
    r"\s+with\s+(?:a\s+|the\s+)?(?:(?:next|sequential|consecutive|successive|subsequent)\s+)+"
    r"letters?\s+(?:of|in)\s+the\s+alphabet(?:[^.;]{0,20}?(?:starting|beginning)\s+(?:with|at|from)"
    r"\s+(?:the letter\s+)?(?:(?P<q>‹\d+›)|(?P<l>[a-z])\b))?"
)


@kind("alphabet")
@dataclass(frozen=True)
class Alphabet(Constraint):
    """The ``unit``s begin with letters that follow one another in the alphabet, from ``first``."""

    first: str = ""
    unit: str = "sentence"

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = _SEQUENCE.search(clause.text)
        if match:
            first = clause.quote(match["q"]).strip() if match["q"] else match["l"] or ""
            yield cls(first.upper() if len(first) == 1 else "", match["unit"])

    def verify(self, response: Response) -> Verdict:
        found, _ = regions(response, Scope((Step(self.unit),)))
        letters = [_initial(s.text) for s in found or ()]
        start = self.first or (letters[0] if letters else "")
        for i, letter in enumerate(letters):
            if not letter or ord(letter) != ord(start) + i:
                reason = f"{self.unit.capitalize()} {i + 1} begins with {letter or 'no letter'!r}."
                return Verdict("fail", reason, tuple(found[i : i + 1]) if found else (), i + 1)
        outcome: Outcome = "pass" if letters else "fail"
        return Verdict(outcome, f"First letters: {''.join(letters)}.", (), len(letters))

    def say(self) -> str:
        first = f' starting with "{self.first}"' if self.first else ""
        return f"Each {self.unit} begins with a consecutive letter of the alphabet{first}."
