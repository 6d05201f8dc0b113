"""Upper and lower case, of the whole response or a part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotator.constraints import scopes
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
    undecided,
)
from annotator.constraints.clause import Clause
from annotator.constraints.regions import regions
from annotator.constraints.segment import Response
from annotator.domain.regex import regex

_LOWER = r"lower[\s-]?case"
_UPPER = (
    r"(?:upper[\s-]?case|all[\s-]caps|capital letters?|all[\s-]capitals|block capitals|"
    r"capitali[sz]ed letters?|caps lock)"
)
_CASE = (
    ("sentence start", (
        r"(?:begin|start) (?:each|every|all) sentences? with (?:an? )?(?:capital(?:i[sz]ed)?|"
        r"upper[\s-]?case)(?: letter)?|(?:each|every|all|the first (?:word|letter) of "
        r"(?:each|every)) sentences? (?:must |"
        r"should |to )?(?:begins?|starts?|beginning|starting|is|be|are)?(?: with)? ?(?:an? "
        r")?(?:capital(?:i[sz]ed)?|upper[\s-]?case)(?: letter)?"
    )),
    ("sentence", r"sentence[\s-]case|only the first (?:letter|word) of (?:each|every) sentence"),
    (
        "title",
        r"title[\s-]case|capitali[sz]e (?:the first letter of )?(?:all|every|each)(?: "
        r"of)?(?: the)? "
        r"words?|(?:all|every|each)(?: of the)? words? (?:must|should|has to|have to|"
        r"is to|are to)?\s*(?:be )?capitali[sz]ed",
    ),
    ("lower", (
        rf"\b(?:do not|don't|never|avoid|without|must not|should not|refrain from) "
        rf"capitali[sz](?:e|ing) (?:any )?(?:of the )?(?:words?|letters?|text|anything)|\b(?:no"
        rf"|without(?: any)?|avoid(?:ing)?(?: using)?(?: any)?|do not use(?: any)?|don't "
        rf"use(?: any)?) (?:upper[\s-]?case|capital) (?:letters?|characters?)|{_LOWER}"
    )),
    ("upper", (
        rf"\b(?:no|without(?: any)?|avoid(?:ing)?(?: using)?(?: any)?|do not use(?: any)?) "
        rf"{_LOWER} (?:letters?|words?|characters?)|{_UPPER}"
    )),
)  # fmt: skip
_CASE_RE = regex("|".join(f"(?P<c{i}>{p})" for i, (_, p) in enumerate(_CASE)))
_ALL = regex(
    r"\b(?:all|only|entire(?:ly)?|exclusively|completely|whole|fully|everything|every word|"
    r"throughout|write|written|writing|"
    r"use|using|be|is|are|in|respond|typed?|appear|maintain|no|without|avoid|capitali[sz]ed"
    r"|each word|proper|present(?:ed)?|compose[d]?)\b"
)


@kind("case")
@dataclass(frozen=True)
class Case(Constraint):
    """``scope`` is in one ``case``: lower, upper, title, sentence, or "sentence start".

    "sentence start" asks only that sentences begin with a capital.
    """

    case: str
    scope: Scope = WHOLE

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _CASE_RE.finditer(clause.text):
            case = next(n for i, (n, _) in enumerate(_CASE) if match[f"c{i}"])
            scope = _case_scope(clause, match)
            if scope is not None:
                yield cls(case, scope)
                return

    def verify(self, response: Response) -> Verdict:
        places, missing = regions(response, self.scope)
        if missing or not places:
            return Verdict("fail", missing or "There is no such place in the response.")
        if self.case in ("title", "sentence"):
            return undecided("Names and small words make this a matter of judgement.")
        for place in places:
            wrong = _wrong_case(place.text, self.case)
            if wrong is not None:
                at = place.start + wrong
                span = type(place)(at, at + 1, place.text[wrong])
                return Verdict("fail", f"{span.text!r} is not {self.case} case.", (span,))
        return Verdict("pass", f"All of it is {self.case} case.")

    def say(self) -> str:
        where = f" in {self.scope.say()}" if self.scope else ""
        if self.case == "sentence start":
            return "Each sentence must begin with a capital letter."
        name = {
            "lower": "lowercase",
            "upper": "all caps",
            "title": "title case",
            "sentence": "sentence case",
        }
        return f"Write everything in {name[self.case]}{where}."

    def facts(self) -> Sequence[Fact]:
        if self.scope == Scope((Step("heading", EACH),)):
            return ()
        return [Fact(self.scope, "uppercase_words", 0, 0)] if self.case == "lower" else ()

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Case) or self.case == other.case or self.scope != other.scope:
            return None
        pair = {self.case, other.case}
        if (
            pair == {"sentence", "sentence start"}
            or pair == {"upper", "sentence start"}
            or pair == {"title", "sentence start"}
        ):
            return None
        return Clash(
            "format", f"The text cannot be both in {self.case} case and in {other.case} case."
        )


_RULED_OUT = regex(
    r"^(?:no|never|capitali[sz]e|must not|should not|refrain|without|avoid|do not|don't)\b"
)
_BOUND = regex(r"^(?:begin|start|capitali[sz]e|each|every|all|the first|only the first)\b")
_OF_WORDS = regex(r"[\s-]*(?:words?|letters? (?:per|in each)|initials?|abbreviations?|acronyms?)\b")
_WHOLLY = regex(r"\b(?:only|all|entirely)\b[^.;,]{0,25}$")
_OTHER_MATTERS = regex(
    r"\b(?:everything|anything|all|the) (?:else|other|rest|remain)[^.;]*$|"
    r"\bno (?:\w+ )?words? (?:\w+ ){0,3}(?:in |with )?(?:all )?$|"
    r"\b(?:\d+|first|some|any|least|key|important) (?:\w+ ){0,3}(?:(?:written |typed )?in |with )?"
    r"(?:all )?$"
    r"|\b(?:title|heading|header|subject|headline|name|keyword|acronym|label|caption|letter)s?\b"
    r"[^.;]{0,40}$"
    r"|‹\d+›[^.;]{0,40}$"
    r"|(?<!all )(?<!every )(?<!each )(?<!the )\bwords? (?:with|in|that are|written in) (?:all )?$"
)
"""What stands before a case that is about some words, a heading or a quoted term."""
_HEADING = (
    r"(?:(?:all|each|every)\s+)(?:of\s+)?(?:the\s+|your\s+)?(?:sub|section\s+)?"
    r"(?:headings?|headers?)"
)
_HEADINGS = regex(
    rf"\b{_HEADING}\s+(?:(?:must|should|are|is|be|to|written|formatted|in|use|put|all)\s+)*$"
)
_IN_HEADINGS = regex(rf"\s+(?:letters?\s+)?(?:for|in)\s+{_HEADING}\b")
_OF_HEADINGS = regex(
    r"\s+(?:letters?\s+)?(?:(?:for|in)\s+)?(?:all\s+|the\s+)?(?:everything|everywhere|else|rest|"
    r"remain\w*|other)\b|"
    r"\s+(?:letters?\s+)?(?:for|in)\s+(?:(?:all|the|each|every|any|your)\s+)*"
    r"(?:sub)?(?:headings?|headers?|titles?|names?|keywords?|acronyms?|subject lines?)\b"
)
_DENIED = regex(r"\b(?:not|never|avoid\w*|don't|refrain\w*|except|unless)\b[^.;]{0,30}$")


def _case_scope(clause: Clause, match: re.Match[str]) -> Scope | None:
    """Where the case applies; None where it is about a word, a letter, a heading."""
    left, right = clause.text[: match.start()], clause.text[match.end() :]
    if _HEADINGS.search(left) or _IN_HEADINGS.match(right):
        return None if _DENIED.search(left) else Scope((Step("heading", EACH),))
    if (
        _OTHER_MATTERS.search(left)
        or _OF_HEADINGS.match(right)
        or re.match(r"[^.;,]{0,12}‹", right)
    ):
        return None
    ruled_out = bool(_RULED_OUT.match(match[0]))
    if not ruled_out and (
        _DENIED.search(left) or (_OF_WORDS.match(right) and not _WHOLLY.search(left))
    ):
        return None
    if not (ruled_out or _BOUND.match(match[0]) or _ALL.search(left)):
        return None
    places = scopes.marks(clause)
    mark = scopes.before(match.start(), places) or scopes.after(clause, match.end(), places)
    if mark is None or mark.role in ("whole", "each"):
        return WHOLE
    return mark.scopes[0] if mark.role in ("nth", "key") else None


def _wrong_case(text: str, case: str) -> int | None:
    if case == "sentence start":
        from annotator.constraints.segment import sentences

        for span in sentences(text):
            first = next((c for c in span.text if c.isalpha()), "X")
            if first.islower():
                return span.start
        return None
    wrong = str.isupper if case == "lower" else _has_capital
    return next((i for i, c in enumerate(text) if wrong(c)), None)


def _has_capital(letter: str) -> bool:
    """Whether ``letter`` is a small one that has a capital of its own ("ß" has none)."""
    return letter.islower() and len(letter.upper()) == 1 and letter.upper() != letter
