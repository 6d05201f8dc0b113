"""Counts and lists about one topic: "two paragraphs on safety", "a numbered list of tools"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from annotator.constraints.base import Clash, Constraint, Verdict, kind, undecided
from annotator.constraints.clause import Clause
from annotator.constraints.lexicon import lexicon
from annotator.constraints.morphology import stem
from annotator.constraints.numerals import quantities, say_bounds
from annotator.constraints.segment import Response
from annotator.domain.regex import regex

_DULL = lexicon(
    """
    least most exactly items points three four five with that this each from your must should
    introduce describe explain discuss present about cover outline
    """
)


def _stems(text: str) -> tuple[str, ...]:
    words = re.findall(r"[a-z]+", text)
    return tuple(sorted({stem(w) for w in words if len(w) > 3 and w not in _DULL}))


_TOPIC = regex(
    r"\s+(?P<unit>sentence|paragraph|line|stanza)s?\s+(?:to\s+(?:introduce|describe|explain"
    r"|discuss|present|cover|outline)|"
    r"(?:about|on|for|describing|explaining|introducing|discussing|outlining|covering|"
    r"dedicated to|devoted to))\s+(?P<topic>[a-z][a-z' -]{3,60})"
)


@kind("topic_count")
@dataclass(frozen=True)
class TopicCount(Constraint):
    """``low`` to ``high`` units are about ``topic`` (stems of its words)."""

    unit: str
    low: int
    high: int | None
    topic: tuple[str, ...]

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for q in quantities(clause.text):
            match = _TOPIC.match(clause.text, q.end)
            topic = _stems(match["topic"]) if match else ()
            if match and topic and not q.approx:
                yield cls(match["unit"], q.low, q.high, topic)

    def verify(self, response: Response) -> Verdict:
        return undecided("Only a judge can tell what a sentence or paragraph is about.")

    def say(self) -> str:
        return f"Write {say_bounds(self.low, self.high)} {self.unit}s about {' '.join(self.topic)}."

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, TopicCount) or (self.unit, self.topic) != (
            other.unit,
            other.topic,
        ):
            return None
        if self.high is not None and self.high < other.low:
            return Clash("length", f"{self.say().rstrip('.')}, and also {other.say()[6:]}")
        return None


_ITEMS = regex(
    r"\b(?P<sort>bullet(?:ed|-point)?|unordered|numbered|ordered|"
    r"enumerated)[\s-](?:point\s)?lists?\s+"
    r"(?:of|for|to (?:present|list|outline))\s+(?P<topic>(?:(?:any|the|all|your|required|"
    r"some)\s+)*[a-z][a-z ]{2,40})"
)


_AS_LIST = regex(
    r"\b(?:present|list|format|write|give|provide|organi[sz]e|outline|show|display|structure)\s+"
    r"(?P<topic>(?:(?:the|your|all|each|key|main)\s+){1,2}[a-z]+(?: [a-z]+){0,3}?)\s+(?:as|"
    r"in|using)\s+(?:an?\s+)?"
    r"(?P<sort>bullet(?:ed|-point)?|unordered|numbered|ordered|enumerated)[\s-](?:point\s)?lists?\b"
)


@kind("list_of")
@dataclass(frozen=True)
class ListOf(Constraint):
    """The things named by ``topic`` (stems of its words) are given as a list, numbered or not."""

    numbered: bool
    topic: tuple[str, ...]

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        from annotator.constraints.elements import forbids

        for match in (*_ITEMS.finditer(clause.text), *_AS_LIST.finditer(clause.text)):
            topic = _stems(match["topic"])
            if topic and forbids(clause.text[: match.start()]) is False:
                yield cls(match["sort"].startswith(("num", "ord", "enum")), topic)

    def verify(self, response: Response) -> Verdict:
        return undecided("Only a judge can tell what a list is about.")

    def say(self) -> str:
        sort = "numbered" if self.numbered else "bulleted"
        return f"Give a {sort} list for {' '.join(self.topic)}."

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, ListOf) or self.numbered == other.numbered:
            return None
        shared = set(self.topic) & set(other.topic)
        if not shared or not (shared >= set(self.topic) or shared >= set(other.topic)):
            return None
        return Clash(
            "format", "The same things are to be in a bulleted list and in a numbered list."
        )
