"""Reading where a demand applies: "each paragraph", "the first sentence", "the "body" key"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from annotator.constraints.base import EACH, Scope, Step
from annotator.constraints.clause import Clause
from annotator.constraints.morphology import singular
from annotator.constraints.numerals import ORDINAL
from annotator.domain.regex import regex

_UNIT_WORDS = {
    "sentence": r"sentences?",
    "paragraph": r"paragraphs?",
    "line": r"lines?",
    "stanza": r"stanzas?",
    "item": r"(?:bullet(?:ed)?[\s-](?:points?|items?)|bullets?|list[\s-]items?|"
    r"numbered[\s-](?:points?|items?)"
    r"|list[\s-]entr(?:y|ies))",
    "section": r"sections?",
    "exchange": r"exchanges?",
}
UNIT = "|".join(f"(?:{p})" for p in _UNIT_WORDS.values())
_ORD = "|".join(sorted(ORDINAL, key=len, reverse=True))
DOCUMENTS = (
    "e-?mail|letter|response|answer|text|essay|story|poem|article|report|message|post|blog|review|"
    "speech|summary|description|narrative|output|document|content|paper|script|proposal|guide|"
    "reply|piece|passage|composition|writing|note|invitation|announcement|statement|memo|"
    "advertisement|ad|press release|newsletter|cover letter|resume|plan|analysis|critique|"
    "brochure|flyer|leaflet|pamphlet|booklet|schedule|timeline|agenda|toast|eulogy|obituary|"
    "testimonial|listing|notice|feedback|monologue|"
    "explanation|song|lyrics|dialogue|conversation|tweet|itinerary|recipe|manual|instructions|"
    "tutorial|lesson|presentation|outline|biography|profile|diary|journal entry|body text"
)
DOCUMENT = rf"(?:(?:the|your|this|its|my|an?)\s+(?:\w+\s+)?(?:{DOCUMENTS}))"
_WHOLE = (
    rf"\b(?:(?:the|your)\s+(?:entire|whole|full|complete|overall|total)\s+\w+|{DOCUMENT}\b|"
    r"in total|overall|altogether|throughout|total)"
)
_PARTS = (
    "introduction|intro|conclusion|body(?! of water| language| paragraph)|subject line|"
    "title|signature|greeting|salutation|closing|"
    "sign-off|postscript|footer|opening|ending|preface|headline|abstract|chorus"
)
_NAMED_PARTS = "header|heading|question|quote|verse|bridge|list|table|column|row|cell|section"
_WHOLE_FRAME = (
    rf"(?:{UNIT}|{DOCUMENTS}|end|case|process|way|work|task|following|total|whole|entirety|"
    r"beginning|start|future|past|language|tone|style|person|tense|voice|format|keywords?|"
    r"phrases?|words?)"
)
_SOME_PART = (
    rf"^(?:in|for|within|under|as for)\s+(?:the|an?|your|its|each|every)\s+(?:[\w-]+\s+){{0,2}}?"
    rf"(?!{_WHOLE_FRAME}\b)[a-z]+(?=,)"
    r"|^(?:in|for|within|as for)\s+(?:the|an?|your)\s+(?:summary|description|dialogue|outline|"
    r"conversation|explanation|analysis|(?:\w+\s+)?version)(?=,)"
    r"|^(?:option|version|variant|draft|question|part|task)\s+(?:[a-z]|\d+)\s*:"
    r"|\b(?:in|within|for)\s+(?:the|any|their)\s+(?:dialogue|conversation|caption|quote)"
    rf"|\b(?:the\s+)?(?:first|last|final|opening|closing)\s+(?:few|\d+)\s+(?:{UNIT})"
    rf"|\b(?:one|some|most|several|many|\d+)\s+of\s+(?:the|your|its|these)\s+(?:\w+\s+)?(?:{UNIT})"
    r"|\b(?:part|question)\s+(?:\d+|[a-d])\b"
    r"|\bthe\s+(?:\w+\s+)?(?:half|rest|remainder|middle)"
)
_MARKS = regex(
    rf"(?P<each>\b(?:each|every|all|any|per)\s+(?:of\s+)?(?:the\s+|its\s+|these\s+|those\s+)?"
    rf"(?:single\s+|individual\s+|\d+\s+|body\s+)?(?P<each_unit>{UNIT})\b)"
    rf"|(?P<no>\b(?:no|none of the|neither)\s+(?:single\s+|individual\s+)?(?P<no_unit>{UNIT})\b)"
    rf"|(?P<nth_of>\b(?:the\s+)?(?P<of_ord>{_ORD})\s+of\s+(?:the\s+|its\s+|your\s+|these\s+)?"
    rf"(?:\d+\s+)?(?P<of_unit>{UNIT})\b)"
    rf"|(?P<nth>\b(?:the\s+|its\s+)?(?P<ords>(?:very\s+)?(?:{_ORD})(?:\s*(?:,|and|or|"
    rf"&)\s*(?:and\s+)?(?:the\s+)?(?:{_ORD}))*)"
    rf"\s+(?:body\s+)?(?P<nth_unit>{UNIT})\b)"
    r"|(?P<bare>\bthe\s+(?P<bare_ord>first|second|third|fourth|fifth|sixth|last|final)(?:\s+one)?"
    r"(?=\s+(?:with|having|has|have|contain\w*|consist\w*|compris\w*|must|should)\b))"
    r"|(?P<numbered>\b(?P<num_unit>sentence|paragraph|line|stanza|section)\s+(?P<num>\d{1,2})\b)"
    r"|(?P<key>(?:\bthe\s+|\bof\s+|\bin\s+|^)‹(?P<q>\d+)›\s+(?:key|field|attribute|property"
    r"|value|element)\b(?!s))"
    r"|(?P<bodykey>(?:\bthe\s+|^)‹(?P<q2>\d+)›(?=\s+(?:must|should|contains?|needs|has|"
    r"shall|will|can|is)\b))"
    r"|(?P<inkey>\b(?:in|of|within|inside)\s+the\s+‹(?P<q3>\d+)›(?=\s*(?:must|should|"
    r"contain|[.,;]|$)))"
    r"|(?P<other>\b(?:each|every|per)\s+(?!of\b|containing|consisting|with\b|having|one\b|being|"
    r"no\b|not\b|must|should|at\b|between|exactly|limited|starting|beginning|ending|letter|"
    r"word|keyword|"
    r"phrase|is\b|has\b|in\b|‹)(?P<thing>[a-z]+)\b"
    r"|\b(?:each|every\s+one)\s+of\s+(?:the|your|its|these|those)\s+(?:\d+\s+)?(?:[a-z]+\s+)?"
    r"(?P<things>[a-z]+s)\b)"
    rf"|(?P<part>{_SOME_PART}|\b(?:(?:the|an?|its|your)\s+(?:\w+\s+)?(?:{_PARTS})|"
    rf"an?\s+(?:\w+\s+)?(?:summary|caption)|(?:the|its|your)\s+(?:\w+\s+)?(?:{_NAMED_PARTS}))(?!\w))"
    rf"|(?P<whole>{_WHOLE})"
)
_JOIN = regex(r"^\s*(?:of|in|within|from|inside)\s+(?:the\s+)?$")
_KEYISH = regex(r"^[\w][\w -]{0,24}$")


@dataclass(frozen=True)
class Mark:
    """A place named in a clause: ``scopes`` has one entry, or two for "the first and last …"."""

    start: int
    end: int
    scopes: tuple[Scope, ...]
    role: str


def unit_of(word: str) -> str:
    """The scope unit that ``word`` ("bullet points") names; "" for none."""
    return next((u for u, p in _UNIT_WORDS.items() if re.fullmatch(p, word.strip())), "")


@lru_cache(maxsize=4096)
def marks(clause: Clause) -> tuple[Mark, ...]:
    """Every place that ``clause`` names, in order; "A of B" is joined into one."""
    return tuple(_marks(clause))


def _marks(clause: Clause) -> list[Mark]:
    found: list[Mark] = []
    for match in _MARKS.finditer(clause.text):
        mark = _bare(clause.text, match, found) if match["bare"] else _mark(clause, match)
        if mark is None:
            continue
        between = clause.text[found[-1].end : mark.start] if found else "x"
        leads = re.match(r"(?:in|of|within|inside)\s", clause.text[mark.start : mark.end])
        joins = _JOIN.match(between) or (leads and not between.strip())
        if found and joins and found[-1].role not in ("whole", "no") and mark.role != "no":
            inner = found.pop()
            if mark.role == "whole":
                found.append(Mark(inner.start, mark.end, inner.scopes, inner.role))
                continue
            joined = tuple(Scope(o.steps + i.steps) for o in mark.scopes for i in inner.scopes)
            found.append(Mark(inner.start, mark.end, joined, inner.role))
        else:
            found.append(mark)
    return found


_MANY = regex(rf"(?:{UNIT})(?<=s)\b")


def _bare(text: str, match: re.Match[str], found: Sequence[Mark]) -> Mark | None:
    """ "Three paragraphs, the first with …": the unit is the one that was spoken of before."""
    earlier = next((m for m in reversed(found) if m.role == "nth"), None)
    many = list(_MANY.finditer(text, 0, match.start()))
    unit = earlier.scopes[0].steps[-1].unit if earlier else unit_of(many[0][0]) if many else ""
    step = Step(unit, ORDINAL[match["bare_ord"]])
    return Mark(match.start(), match.end(), (Scope((step,)),), "nth") if unit else None


def _mark(clause: Clause, match: re.Match[str]) -> Mark | None:
    start, end = match.span()
    if match["whole"]:
        return Mark(start, end, (Scope(),), "whole")
    if match["other"]:
        thing = match["thing"] or singular(match["things"])
        return Mark(start, end, (Scope((Step("other", EACH, thing),)),), "other")
    if match["part"]:
        return Mark(start, end, (Scope(),), "part")
    if match["each"] or match["no"]:
        unit = unit_of(match["each_unit"] or match["no_unit"])
        role = "each" if match["each"] else "no"
        return Mark(start, end, (Scope((Step(unit, EACH),)),), role)
    if match["nth"]:
        unit = unit_of(match["nth_unit"])
        indexes = [ORDINAL[o] for o in re.findall(rf"\b(?:{_ORD})\b", match["ords"])]
        return Mark(start, end, tuple(Scope((Step(unit, i),)) for i in indexes), "nth")
    if match["nth_of"]:
        step = Step(unit_of(match["of_unit"]), ORDINAL[match["of_ord"]])
        return Mark(start, end, (Scope((step,)),), "nth")
    if match["numbered"]:
        unit = unit_of(match["num_unit"])
        return Mark(start, end, (Scope((Step(unit, int(match["num"])),)),), "nth")
    name = clause.quotes[int(match["q"] or match["q2"] or match["q3"])]
    if not _KEYISH.match(name):
        return None
    return Mark(start, end, (Scope((Step("key", EACH, name),)),), "key")


_LINK = regex(
    r"^\s*(?:long\s+|in length\s+)?(?:(?:,\s*)?(?:in|of|for|within|from|throughout|to|"
    r"inside|across|into|at)\s+)?(?:the\s+)?$"
)


def after(clause: Clause, end: int, found: Sequence[Mark]) -> Mark | None:
    """The place that is named right after ``end`` ("… in each paragraph")."""
    for mark in found:
        if mark.start >= end and mark.role != "no":
            return mark if _LINK.match(clause.text[end : mark.start]) else None
    return None


def before(start: int, found: Sequence[Mark]) -> Mark | None:
    """The last place named before ``start``."""
    return next((m for m in reversed(found) if m.end <= start), None)


_NEAR = regex(r"^[^.;,‹]{0,25}\b(?:in|of|for|within|throughout|to)\s+(?:the\s+)?$")


def near_after(clause: Clause, end: int, found: Sequence[Mark]) -> Mark | None:
    """The place that is named soon after ``end`` ("a serious tone in the first paragraph")."""
    mark = next((m for m in found if m.start >= end), None)
    return mark if mark and _NEAR.match(clause.text[end : mark.start]) else None
