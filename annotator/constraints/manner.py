"""As whom and where to write, which sentences and words alone, and which English."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from annotator.constraints import segment
from annotator.constraints.base import (
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
from annotator.constraints.demands import TEXT, demands, find
from annotator.constraints.scopes import DOCUMENTS
from annotator.constraints.segment import Response, Span
from annotator.constraints.wording import Language
from annotator.domain.regex import regex

_WHO = r"(?P<who>(?!.*\b(?:and|then)\b)(?:an?|the) [a-z][a-z' -]{1,50})"
_PLACE = r"(?P<place>(?!.*\b(?:and|then)\b)(?:at|in|on) (?:an?|the|your) [a-z][a-z' -]{1,50})"
_WRITE = (
    rf"(?:(?:write|answer|respond|reply|speak|talk|explain (?:it|this)|describe (?:it|the image|"
    rf"the picture|the scene)|{TEXT})(?: {TEXT})? )?"
)
_ROLES = (
    regex(
        rf"{_WRITE}(?:as (?:if|though) (?:you (?:were|are)|it (?:were|was) written by)|"
        rf"like) (?:{_WHO}|{_PLACE})(?: would)?"
    ),
    regex(
        rf"(?:{_WRITE}(?:in the (?:role|character|persona|voice) of|from the (?:perspective|"
        rf"point of view|viewpoint|standpoint) of)|(?:take on|assume|play|adopt|step into) the "
        rf"(?:role|persona|identity|voice|perspective|point of view) of|(?:role-?play|act|pose|"
        rf"write|speak|respond|answer|reply|narrate) as|put yourself in the (?:shoes|"
        rf"position|place) "
        rf"of|you are|you're) {_WHO}"
    ),
    regex(rf"(?:imagine|pretend|suppose|act like|assume)(?: that)? you(?:'re| are) "
               rf"(?:{_WHO}|{_PLACE})"),
)  # fmt: skip
_FORM = regex(
    rf"(?:\w+ ){{0,3}}?(?:{DOCUMENTS}|list|table|whole|summary|question|paragraph|sentence|"
    r"bullet\w*|numbered|json|script|monologue|result|dialogue|couple|team|rule|"
    r"format|limerick|haiku)\b.*"
)
"""What a text is written as, rather than as whom."""


@kind("role")
@dataclass(frozen=True)
class Role(Constraint):
    """The text is written as ``text`` ("a pirate"), or as if from a situation ("at a wedding")."""

    text: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for pattern in _ROLES:
            match = find(clause, pattern)
            said = next((g for g in match.groups() if g), "") if match else ""
            if said and not _FORM.fullmatch(re.sub(r"^an? ", "", said)):
                yield cls(said)
                return

    def verify(self, response: Response) -> Verdict:
        return undecided("Whether a role or situation is kept is for a judge.")

    def say(self) -> str:
        return f"Imagine that you are {self.text}."


_TYPE = r"(?P<type>exclamatory|exclamative|interrogative|declarative|imperative)"
_SENTENCES = regex(
    rf"(?:(?:use|write|include|contain) )?only (?:use |write )?{_TYPE} sentences|"
    rf"(?:use|write|contain) {_TYPE.replace('type', 't2')} sentences only|"
    rf"(?:(?:each|every) sentence|all sentences) (?:must|should|has to|have to) be (?:an? )?"
    rf"{_TYPE.replace('type', 't3')}(?: sentences?)?|"
    r"(?P<ask>use only questions|only use questions|(?:write|answer|respond|reply) "
    r"(?:only|entirely|exclusively) in questions|use questions only|"
    r"(?:every|each) sentence (?:must|should|has to) be (?:phrased as )?a question|"
    r"(?:(?:make|have) )?(?:all|each|every) (?:of the )?sentences? (?:(?:must|should|ha(?:ve|s) to|"
    r"need to) be|are|is|be )?(?: ?(?:phrased|written) as)? ?(?:an? )?questions?|"
    r"(?:write|phrase|make|formulate) (?:every|each|all)(?: of the)? sentences? (?:as|into) "
    r"(?:an? )?questions?)"
)
_SIGNS = {"exclamatory": "!", "interrogative": "?"}
_HELD: dict[str, tuple[int, int | None]] = {
    "exclamatory": (1, None),
    "interrogative": (1, 1),
    "declarative": (0, 0),
    "imperative": (0, 0),
}
"""How many exclamation marks an exclamatory sentence has, and how many questions another."""


@kind("sentence_type")
@dataclass(frozen=True)
class SentenceType(Constraint):
    """Every sentence is "exclamatory", "interrogative", "declarative" or "imperative"."""

    each_unit: ClassVar[str] = "sentence"
    type: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = find(clause, _SENTENCES)
        if match:
            said = match["type"] or match["t2"] or match["t3"] or "interrogative"
            yield cls("exclamatory" if said == "exclamative" else said)

    def verify(self, response: Response) -> Verdict:
        sign = _SIGNS.get(self.type)
        found = segment.sentences(response.text)
        for sentence in found:
            tail = sentence.text[-3:]
            if (sign and sign not in tail) or (not sign and "?" in tail):
                return Verdict("fail", f"This sentence is not {self.type}.", (sentence,))
        if not sign or not found:
            return undecided(f"Whether all sentences are {self.type} is for a judge.")
        return Verdict("pass", f"All {len(found)} sentences end with {sign}", (), len(found))

    def say(self) -> str:
        return f"Each sentence must be {self.type}."

    def facts(self) -> Sequence[Fact]:
        unit = "exclamation_marks" if self.type == "exclamatory" else "questions"
        low, high = _HELD[self.type]
        return [Fact(Scope((Step("sentence"),)), unit, low, high)]

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, SentenceType):
            return None
        if {self.type, other.type} == {"declarative", "interrogative"}:
            return Clash("grammar", "No sentence is both declarative and interrogative.")
        return None


_SPEECH = regex(
    r"(?:use only|only use|write only with|write only in) "
    r"(?P<p>nouns|verbs|adjectives|adverbs|pronouns)"
)


@kind("only_speech")
@dataclass(frozen=True)
class OnlySpeech(Constraint):
    """Every word is of this part of speech ("nouns")."""

    part: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = find(clause, _SPEECH)
        if match:
            yield cls(match["p"])

    def verify(self, response: Response) -> Verdict:
        return undecided(f"Whether all words are {self.part} is for a judge.")

    def say(self) -> str:
        return f"Use only {self.part}."


_VARIETY = regex(
    r"(?:(?:use|write|answer|respond|reply|be written|follow|apply|employ|adhere to)(?: only)?"
    r"(?: in| with)? )?(?:in )?(?P<v>british|american|uk|us) (?:english|spellings?)"
    r"(?: (?:spellings?|conventions?|rules?))?(?: (?:only|throughout|consistently))?"
)
_VARIETIES = {"uk": "british", "us": "american"}
_STEM = r"(?:col|fav|hon|neighb|flav|behavi|lab|hum|harb)"
_ENDING = r"(?:s|ed|ing|ite|ites|ful|hood|able|al|er|ers)?"
_BRITISH = regex(
    rf"\b(?:{_STEM}our{_ENDING}|travell(?:ed|ing|er)|grey(?:s|er|ish)?|centre[ds]?|defence)\b"
)
_AMERICAN = regex(
    rf"\b(?:{_STEM}or{_ENDING}|travel(?:ed|ing|er)|gray(?:s|er|ish)?|centers?|defense)\b"
)


@kind("variety")
@dataclass(frozen=True)
class Variety(Constraint):
    """The text is in "british" or "american" English."""

    name: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = find(clause, _VARIETY)
        if match:
            yield cls(_VARIETIES.get(match["v"], match["v"]))
        bare = re.compile(
            r"(?P<no>not )?in (?P<lang>spanish|french|german|italian|portuguese|dutch|chinese|"
            r"japanese|korean|russian|arabic|hindi|greek|turkish|polish|swedish|latin|english)"
            r"(?:,? please)?"
        ).fullmatch(next(demands(clause.text)))
        if bare and not bare["no"]:
            yield Language(bare["lang"])

    def verify(self, response: Response) -> Verdict:
        foreign = _AMERICAN if self.name == "british" else _BRITISH
        found = [Span(m.start(), m.end(), m[0]) for m in foreign.finditer(response.text)]
        if found:
            reason = f'"{found[0].text}" is no {self.name.capitalize()} spelling.'
            return Verdict("fail", reason, tuple(found[:50]), len(found))
        return undecided("No spelling tells against it.")

    def say(self) -> str:
        return f"Use {self.name.capitalize()} English."

    def clashes(self, other: Constraint) -> Clash | None:
        if isinstance(other, Variety) and self.name != other.name:
            return Clash("language", "The text cannot be in both British and American English.")
        return None


_CAPITALS = (
    r"(?:in )?(?:all )?(?:capitals|caps|capital letters|upper[\s-]?case|capitali[sz]ed)"
    r"(?: letters)?"
)
_TERM_CASE = regex(
    rf"(?:write|put|spell|capitali[sz]e)(?: the (?:word|phrase|term|name|keyword))? (?P<t>‹\d+›) "
    rf"{_CAPITALS}|(?:the (?:word|phrase|term|name|keyword) )?(?P<t2>‹\d+›) (?:must|should|has to) "
    rf"(?:always )?(?:be|appear) (?:written |spelled |typed )?in {_CAPITALS}"
)


@kind("term_case")
@dataclass(frozen=True)
class TermCase(Constraint):
    """``term`` stands in the response, always in capitals."""

    term: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = find(clause, _TERM_CASE)
        term = clause.quote(match["t"] or match["t2"]) if match else ""
        if tokens(term):
            yield cls(term)

    def verify(self, response: Response) -> Verdict:
        pattern = re.compile(rf"(?<!\w){re.escape(self.term)}(?!\w)", re.I)
        found = [Span(m.start(), m.end(), m[0]) for m in pattern.finditer(response.text)]
        wrong = tuple(s for s in found if s.text != s.text.upper())
        if wrong or not found:
            reason = "is not all in capitals" if wrong else "is not there"
            return Verdict("fail", f'"{self.term}" {reason}.', wrong[:50], len(found))
        return Verdict("pass", f'"{self.term}" is in capitals.', tuple(found[:50]), len(found))

    def say(self) -> str:
        return f'Write "{self.term}" in capitals.'

    def mentioned(self) -> Sequence[tuple[str, Scope]]:
        return ((self.term, WHOLE),)

    def phrases(self) -> Sequence[str]:
        return (self.term,)

    def facts(self) -> Sequence[Fact]:
        capitals = int(sum(map(str.isalpha, self.term)) > 1)
        return [
            Fact(WHOLE, "mention:" + " ".join(tokens(self.term)), 1, None),
            Fact(WHOLE, "uppercase_words", capitals, None),
        ]
