"""How the text is written: language, grammatical person, tense, voice."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from annotator.constraints import owners, scopes
from annotator.constraints.base import (
    WHOLE,
    Clash,
    Constraint,
    Scope,
    Verdict,
    kind,
    tokens,
    undecided,
)
from annotator.constraints.clause import Clause
from annotator.constraints.lexicon import lexicon, listed
from annotator.constraints.segment import Response
from annotator.domain.regex import regex

_SCRIPTS = {
    "chinese": "CJK", "mandarin": "CJK", "japanese": "CJK|HIRAGANA|KATAKANA", "korean": "HANGUL",
    "russian": "CYRILLIC", "ukrainian": "CYRILLIC", "arabic": "ARABIC", "hebrew": "HEBREW",
    "hindi": "DEVANAGARI", "greek": "GREEK", "thai": "THAI", "bengali": "BENGALI", "tamil": "TAMIL",
    "persian": "ARABIC", "urdu": "ARABIC",
}  # fmt: skip
_LATIN = listed(
    """
    english french spanish german italian portuguese dutch swedish danish norwegian finnish
    polish turkish vietnamese indonesian latin czech romanian hungarian swahili
    """
)
_LANGUAGE = regex(rf"\b(?P<lang>{'|'.join([*_SCRIPTS, *_LATIN])})\b")
_ONLY_IN = regex(
    r"\b(?:exclusively|only|entire(?:ly)?|solely|fully|completely|strictly|purely|all|whole|"
    r"just)\b[^.;,]{0,30}$"
)
_WRITE_IN = regex(
    r"\b(?:writ(?:e|ten|ing)|respond|repl(?:y|ies)|answer|compos(?:e|ed)|draft(?:ed)?|be|"
    r"craft(?:ed)?|deliver(?:ed)?|translate[d]?|provide[d]?|use)\b[^.;,]{0,40}\b(?:in|into|"
    r"to)\s+(?:the\s+)?$"
)
_HOLDS = regex(
    r"\b(?:includ|contain|incorporat|featur|insert|add|use|using|end|begin|with|quot|provid"
    r"|present)\w*\b[^.;]{0,50}$"
)
_FOREIGN = (
    r"\s+(?:phrases?|words?|sentences?|greetings?|expressions?|terms?|text|characters?|"
    r"paragraphs?|poems?|quotes?|lines?)\b"
)


_ALTERNATIVE = regex(
    rf"\s*(?:,\s*)?(?:or|and/or|/)\s*(?:in\s+)?(?:{_LANGUAGE.pattern.replace('lang', 'l2')})"
)
_ALTERNATIVE_BEFORE = regex(
    rf"(?:{_LANGUAGE.pattern.replace('lang', 'l3')})\s*(?:,\s*)?(?:or|/)\s*(?:in\s+)?$"
)


_BORROWED = regex(
    r"\b(?:words?|phrases?|terms?|greetings?|expressions?|proverbs?|idioms?|quot\w+|titles?|"
    r"names?|sayings?|mottos?|slogans?)\b"
)
_IN_UNIT = regex(r"\b(?:paragraph|sentence|section|stanza|line)s?\b")


@kind("language")
@dataclass(frozen=True)
class Language(Constraint):
    """The response is in ``language`` (``only``), or holds some of it, or (not wanted) none.

    A response that is ``strict`` leaves no place for a borrowed phrase of another language; some
    that is ``strict`` is more than a phrase: a sentence, a paragraph.
    """

    language: str
    only: bool = True
    wanted: bool = True
    strict: bool = False

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _LANGUAGE.finditer(clause.text):
            left, right = clause.text[: match.start()], clause.text[match.end() :]
            if _ALTERNATIVE.match(right) or _ALTERNATIVE_BEFORE.search(left):
                continue
            if owners.of_a_part(clause, match.start(), match.end()):
                if _IN_UNIT.search(clause.text) and _WRITE_IN.search(left) and not _denied(left):
                    yield cls(match["lang"], False, strict=True)
                continue
            piece = not _BORROWED.search(left[-60:] + right[:30])
            presented = re.search(
                r"\b(?:presented|written|expressed|given|quoted|composed|rendered)\s+in\s+$", left
            )
            holds = _HOLDS.search(left)
            if presented and re.search(
                r"\b(?:include|contain|incorporat|featur|insert|add|with)\w*\b", left
            ):
                yield cls(match["lang"], False, not _denied(left), piece)
            elif (
                _ONLY_IN.search(left) and re.search(r"\bin\s+$|\bonly\s+$|\buse\s+$", left)
            ) or re.match(r"\s+(?:only|exclusively|alone)\b", right):
                if not re.match(r"\s+(?!only|exclusively|alone|language)[a-z]+s\b", right):
                    wanted = not _denied(left)
                    yield cls(match["lang"], True, wanted, wanted)
            elif (
                _WRITE_IN.search(left)
                and not re.match(_FOREIGN, right)
                and not re.search(
                    r"\b(?:word|phrase|sentence|term|title|greeting|quote|line)s?\b[^.;]{0,20}$",
                    left,
                )
            ):
                yield cls(match["lang"], True, not _denied(left))
            elif (
                holds
                and re.match(_FOREIGN, right)
                and not re.match(r"\s+(?:poem|quote|paragraph|line)", right)
            ) and match["lang"] != "english":
                yield cls(match["lang"], False, not _denied(left), piece)

    def verify(self, response: Response) -> Verdict:
        letters = [c for c in response.text if c.isalpha()]
        script = _SCRIPTS.get(self.language, "LATIN")
        share = sum(bool(re.match(script, unicodedata.name(c, ""))) for c in letters) / max(
            1, len(letters)
        )
        if self.wanted and not share and letters:
            return Verdict("fail", f"No letter is of a script in which {self.language} is written.")
        if self.only and self.wanted and share < 0.5:
            return Verdict("fail", f"{share:.0%} of the letters fit {self.language}.")
        if not self.wanted and script != "LATIN" and not share:
            return Verdict("pass", f"No letter of {self.language} is there.")
        return undecided("The script fits; the language itself is for a judge.")

    def say(self) -> str:
        name = self.language.capitalize()
        if self.only:
            return (
                f"Write the response {'only ' if self.strict else ''}in {name}."
                if self.wanted
                else f"Do not write the response in {name}."
            )
        piece = "sentence" if self.strict else "phrase"
        return f"{'Include' if self.wanted else 'Do not include'} a {piece} presented in {name}."

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Language) or not self.wanted:
            return None
        excluded = self.only and (other.only or self.strict or other.strict)
        if excluded and other.wanted and self.language != other.language:
            kept = {"chinese", "mandarin"}
            if {self.language, other.language} == kept:
                return None
            return Clash(
                "format",
                f"All in {self.language.capitalize()} leaves no place for "
                f"{other.language.capitalize()}.",
            )
        if not other.wanted and self.language == other.language and self.only:
            return Clash("format", f"{self.language.capitalize()} is asked for and ruled out.")
        return None


def _denied(left: str) -> bool:
    return bool(
        re.search(
            r"\b(?:not|no|never|avoid\w*|without|don't|refrain\w*|cannot|instead of|rather "
            r"than)\b[^.;,]{0,60}$",
            left,
        )
    )


_PERSON = regex(
    r"\b(?P<p>first|second|third|1st|2nd|3rd)[\s-]person\b(?! (?:to|who|in "
    r"line)\b)(?P<plural>[\s-](?:plural|singular))?"
)
_PERSONS = {"1st": "first", "2nd": "second", "3rd": "third"}


@kind("person")
@dataclass(frozen=True)
class Person(Constraint):
    """The text is (or is not) written in the first, second or third person.

    ``person`` "you" is less than the second: the reader is addressed so, in whatever person.
    """

    person: str
    wanted: bool = True
    scope: Scope = WHOLE

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _PERSON.finditer(clause.text):
            left = clause.text[: match.start()]
            if re.search(r"\b(?:the|a)\s+$", left) and re.match(
                r"\s+(?:is|was|i|mentioned|described)\b", clause.text[match.end() :]
            ):
                continue
            mark = scopes.before(match.start(), scopes.marks(clause))
            scope = mark.scopes[0] if mark and mark.role == "nth" else WHOLE
            if not scope and owners.of_a_thing(clause, match.start(), match.end()):
                continue
            person = _PERSONS.get(match["p"], match["p"])
            yield cls(person, not _denied(left), scope)
        addressed = _ADDRESSED.search(clause.text)
        if addressed and clause.quote(addressed["q"]).lower().strip(".,") == "you":
            yield cls("you", not _denied(clause.text[: addressed.start()]))

    def verify(self, response: Response) -> Verdict:
        return undecided("Speech of others may be in any person; this is for a judge.")

    def say(self) -> str:
        if self.person == "you":
            return f'{"Address" if self.wanted else "Do not address"} the reader as "you".'
        if self.scope:
            where = (
                f"{self.scope.say()[:1].upper()}{self.scope.say()[1:]} must be written in the "
                f"{self.person} person."
            )
            return where if self.wanted else where.replace("must be", "must not be")
        return f"{'Write' if self.wanted else 'Do not write'} in the {self.person} person."

    def clashes(self, other: Constraint) -> Clash | None:
        if isinstance(other, Person) and "you" in (self.person, other.person):
            return _clash_you(self, other)
        if isinstance(other, Person) and self.scope == other.scope and self.wanted:
            if (self.person == other.person) == other.wanted:
                return None
            if other.wanted:
                return Clash(
                    "style",
                    f"The text cannot be both in the {self.person} and in the "
                    f"{other.person} person.",
                )
            return Clash("style", f"The {self.person} person is asked for and ruled out.")
        if self.person == "third" and self.wanted and not self.scope:
            return _first_person_phrase(other)
        return None


_ADDRESSED = regex(
    r"\baddress(?:es|ing)?\s+(?:the\s+|your\s+)?(?:readers?|recipients?|audience|listeners?|users?)\s+"
    r"(?:directly\s+)?(?:as|with|by|using)\s+(?:the\s+)?(?:pronoun\s+|word\s+)?(?P<q>‹\d+›)"
)


def _clash_you(one: Person, other: Person) -> Clash | None:
    """A text in the third person addresses nobody; one in the second addresses the reader."""
    pair = {one.person, other.person}
    if one.scope or other.scope:
        return None
    if one.wanted and other.wanted and "third" in pair:
        return Clash("style", "A text in the third person does not address the reader.")
    if one.wanted != other.wanted and pair <= {"you", "second"}:
        return Clash("style", 'The reader is to be addressed as "you", and not to be.')
    return None


_FIRST = lexicon(
    """
    i we my our i'm we're i've we've i'll we'll i'd we'd me us
    """
)


def _first_person_phrase(other: Constraint) -> Clash | None:
    """A required phrase in the first person against "in the third person"."""
    for phrase in other.phrases():
        if len(phrase.split()) < 3:
            continue
        hit = next((w for w in tokens(phrase) if w in _FIRST), None)
        if hit:
            return Clash(
                "style",
                f'The required phrase "{phrase}" speaks in the first person ("{hit}"); the '
                f"text is to be in the third.",
            )
    return None


_TENSE = regex(r"\b(?P<t>past|present|future)(?:[\s-](?:perfect|continuous|simple))?[\s-]tenses?\b")
_VOICE = regex(r"\b(?P<v>active|passive)[\s-]voices?\b")


@kind("tense")
@dataclass(frozen=True)
class Tense(Constraint):
    """The text is (or is not) in the past, present or future tense."""

    tense: str
    wanted: bool = True
    scope: Scope = WHOLE

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        found = [
            (m["t"], not _denied(clause.text[: m.start()]), _where(clause, m.start()))
            for m in _TENSE.finditer(clause.text)
            if not re.search(r"‹\d+›[^.;]{0,60}$", clause.text[: m.start()])
            and (_where(clause, m.start()) or not owners.of_a_thing(clause, m.start(), m.end()))
        ]
        wanted = {t for t, good, _ in found if good}
        yield from (
            cls(t, good, s) for t, good, s in dict.fromkeys(found) if not good or len(wanted) == 1
        )

    def verify(self, response: Response) -> Verdict:
        return undecided("The tense of a text is for a judge.")

    def say(self) -> str:
        if self.scope:
            said = f"{self.scope.say()[:1].upper()}{self.scope.say()[1:]} must"
            return f"{said}{'' if self.wanted else ' not'} be written in the {self.tense} tense."
        return f"{'Write' if self.wanted else 'Do not write'} in the {self.tense} tense."

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Tense) or self.scope != other.scope or not self.wanted:
            return None
        if other.wanted and self.tense != other.tense:
            return Clash(
                "style",
                f"The text cannot be both in the {self.tense} and in the {other.tense} tense.",
            )
        if not other.wanted and self.tense == other.tense:
            return Clash("style", f"The {self.tense} tense is asked for and ruled out.")
        return None


def _where(clause: Clause, at: int) -> Scope:
    mark = scopes.before(at, scopes.marks(clause))
    return mark.scopes[0] if mark and mark.role == "nth" else WHOLE


@kind("voice")
@dataclass(frozen=True)
class Voice(Constraint):
    """The text is (or is not) in the active or passive voice."""

    voice: str
    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _VOICE.finditer(clause.text):
            left = clause.text[: match.start()]
            if re.search(
                r"\b(?:one|1|\d+|a|first|second|each|at least)\s+sentences?\b[^.;]*$", left
            ) or owners.of_a_thing(clause, match.start(), match.end()):
                continue
            yield cls(match["v"], not _denied(left))

    def verify(self, response: Response) -> Verdict:
        return undecided("The voice of a text is for a judge.")

    def say(self) -> str:
        return f"{'Write' if self.wanted else 'Do not write'} in the {self.voice} voice."

    def clashes(self, other: Constraint) -> Clash | None:
        if isinstance(other, Voice) and self.wanted and (self.voice != other.voice) == other.wanted:
            return Clash(
                "style", f"The {self.voice} voice is asked for; another constraint says otherwise."
            )
        return None
