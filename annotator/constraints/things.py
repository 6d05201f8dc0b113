"""Things of content that are asked for or ruled out: "include a Chinese idiom", "no reasons"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from annotator.constraints import morphology
from annotator.constraints.base import Clash, Constraint, Verdict, kind, undecided
from annotator.constraints.clause import Clause
from annotator.constraints.lexicon import lexicon
from annotator.constraints.segment import Response
from annotator.constraints.units import UNIT_PATTERN
from annotator.domain.regex import regex

_PUT = (
    r"(?:includ(?:e|es|ing|ed)|provid(?:e|es|ing)|contain(?:s|ing)?|mention(?:s|ing)?|"
    r"incorporat(?:e|es|ing)|featur(?:e|es|ing)|"
    r"add(?:s|ing)?|specif(?:y|ies|ying)|disclos(?:e|es|ing)|reveal(?:s|ing)?|giv(?:e|es|"
    r"ing)|offer(?:s|ing)?|stat(?:e|es|ing)|us(?:e|es|ing))"
)
_NO = (
    r"(?:(?:do|does|must|should|shall|may|can)\s?(?:not|n't)|cannot|don't|never|avoid(?:s|ing)?"
    r"|refrain(?:s|ing)? from|without|omit(?:s|ting)?|exclud(?:e|es|ing))"
)
_DET = (
    r"(?:any|the|an?|some|all|your|my|his|her|their|our|its|at least|exactly|at most|no more "
    r"than|\d+|specific|relevant|brief|clear|detailed)"
)
_WORD = r"[a-z][a-z'-]*"
_STOP = (
    r"(?:of|for|about|in|to|on|from|such|as|that|which|and|or|with|by|at|like|into|during|"
    r"throughout|within|regarding|related|justifying|"
    r"when|where|how|why|while|if|because|using|is|are|was|be|must|should|but|than|"
    r"presented|formatted|written|including|requesting|explaining|"
    r"concerning|outlining|supporting|describing|between|under|over|per|each|every|only|"
    r"outside|it|this|them|once|times|more|less|not|so|along)"
)
_THING = regex(
    rf"(?:(?P<no>\b{_NO})\s+)?(?:(?<=\s)|^"
    rf"|\b){_PUT}\s+(?P<det>(?:{_DET}\s+){{0,4}})(?P<np>(?:(?!{_STOP}\b){_WORD}\s+){{0,3}}?"
    rf"(?!{_STOP}\b){_WORD})"
    rf"(?=\s+{_STOP}\b|\s*[.,;:]|\s*$|\s*\()(?P<rest>[^.;]{{0,160}})"
)
_ALSO = regex(
    r"\b(?:partial|overly|too|excessive|unnecessary|irrelevant|same|other|more|further|own|"
    r"extra|additional)\b"
)
_NOT_THINGS = lexicon(
    """
    word phrase keyword letter sentence paragraph tone language format person tense voice
    postscript separator
    character number line term header heading list table bullet point item text response email
    way style case time form noun verb adjective version it section part place piece example
    thing details use mention title subject email message following one example least most key
    notation body name perspective view analysis narrative story description explanation paragraph
    outline critique observation scheme bold italic json xml yaml csv html latex markdown
    lowercase uppercase punctuation half third quarter
    """
)
_PRONOUNS = lexicon(
    """
    what who whom you i we they he she it that this there anything something everything
    nothing whether
    """
)
_ADJECTIVAL = ("ous", "ive", "ful", "able", "ible", "ish", "less", "antic")
_UNIT_NOUN = regex(UNIT_PATTERN)
_CUT = regex(
    r",(?!\s*(?:such as|including|like))|\b(?:without|using|while|in (?:exactly|at least|"
    r"no more))\b"
)


@kind("thing")
@dataclass(frozen=True)
class Thing(Constraint):
    """Some ``head`` (a noun) with these ``modifiers`` is asked for, or, not ``wanted``, ruled out.

    ``about`` holds stems of the words that say more about it ("reasons for the raise").
    """

    head: str
    modifiers: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _THING.finditer(clause.text):
            words = match["np"].split()
            head = morphology.singular(words[-1])
            if head in _NOT_THINGS or len(head) < 4 or _ALSO.search(match["np"]):
                continue
            if any(w in _PRONOUNS or w.endswith("ing") for w in words) or _is_unit(words):
                continue
            if words[0] in ("no", "same") or head.endswith(_ADJECTIVAL):
                continue
            denied = bool(match["no"]) or _denied(clause.text[: match.start()])
            if denied and re.match(
                r"\s+(?:other than|besides|except|unless|outside|without|that|which)\b",
                match["rest"],
            ):
                continue
            about = _content(_CUT.split(match["rest"])[0])
            yield cls(
                head, tuple(sorted(w for w in words[:-1] if w not in _EMPTY)), about, not denied
            )

    def verify(self, response: Response) -> Verdict:
        return undecided("Whether the content is there is for a judge.")

    def say(self) -> str:
        words = " ".join([*self.modifiers, self.head])
        about = f" about {' '.join(self.about)}" if self.about else ""
        return f"{'Include' if self.wanted else 'Do not include any'} {words}{about}."

    def clashes(self, other: Constraint) -> Clash | None:
        if (
            not isinstance(other, Thing)
            or not self.wanted
            or other.wanted
            or self.head != other.head
        ):
            return None
        if not set(other.modifiers) <= set(self.modifiers):
            return None
        general = not other.about or bool(set(other.about) & set(self.about))
        if not general:
            return None
        return Clash("content", f"{_name(self)} is asked for and ruled out.")


def _is_unit(words: list[str]) -> bool:
    """Whether it is something that is counted by `Count` ("exclamation mark", a plain idiom)."""
    if morphology.singular(words[-1]) == "idiom":
        return len(words) == 1
    return any(_UNIT_NOUN.fullmatch(" ".join(words[i:])) for i in range(len(words)))


_EMPTY = lexicon(
    """
    any specific relevant clear brief detailed the all some least exactly short personal
    """
) - {"personal"}
_DULL = lexicon(
    """
    such email response the and with from that this your their have will been into must should about
    least once only included exactly throughout text letter article message answer presented
    """
)


_SHORT = 3
"""Stems that are no longer say too little."""


def _content(text: str) -> tuple[str, ...]:
    words = re.findall(r"[a-z]+", re.sub(r"‹\d+›", "", text))
    stems = {morphology.stem(w) for w in words if w not in _DULL}
    return tuple(sorted(s for s in stems if len(s) > _SHORT))


def _name(thing: Thing) -> str:
    return f'"{" ".join([*thing.modifiers, thing.head])}"'


def _denied(left: str) -> bool:
    return bool(re.search(rf"\b{_NO}\s+(?:\w+\s+){{0,2}}$", left))
