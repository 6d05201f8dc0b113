"""Reading how many of a unit are asked for: "no paragraph over 50 words"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from annotator.constraints import owners, scopes
from annotator.constraints.base import EACH, WHOLE, Scope, Step
from annotator.constraints.clause import Clause
from annotator.constraints.lexicon import lexicon
from annotator.constraints.numerals import Quantity, quantities
from annotator.constraints.units import ELEMENT_PATTERN, SCOPE_RANK, UNIT_PATTERN, UNITS
from annotator.domain.regex import regex


class Asked(NamedTuple):
    """What a clause asks of a count; the fields of a `Count`."""

    unit: str
    low: int
    high: int | None
    scope: Scope = WHOLE
    approx: bool = False


def asked(clause: Clause) -> Iterator[Asked]:
    """Every count with a number that ``clause`` surely asks for."""
    yield from _read_quantities(clause)
    yield from _read_counts_of(clause)
    yield from _read_limits(clause)
    yield from (one.asked for one in repeated(clause))


_TIMES = regex(r"\s*times?\b")
_APPEAR = regex(
    rf"\b(?P<unit>{UNIT_PATTERN})\s+(?:(?:must|should|shall|need to|have to|can|may)\s+)?"
    r"(?:not\s+)?(?:appear|occur|be used|be included)\s+$"
)
_USE = regex(
    r"\b(?:us|includ|insert|add|appl|employ|featur|contain)\w*\s+(?:an?\s+|any\s+)?"
    rf"(?:{ELEMENT_PATTERN}|(?P<bare>bold|italic)(?:face|s)?)\s+(?:text\s+)?$"
)


class Repeated(NamedTuple):
    """An element "at least twice", and where that stands in the clause."""

    start: int
    end: int
    asked: Asked


def repeated(clause: Clause) -> Iterator[Repeated]:
    """ "Words in all caps should appear at least 3 times", "use italics no more than twice"."""
    for q in quantities(clause.text):
        left, times = clause.text[: q.start], _TIMES.match(clause.text, q.end)
        match = (_APPEAR.search(left) or _USE.search(left)) if times and not q.approx else None
        if not match or not times:
            continue
        bare = match.groupdict().get("bare")
        unit = {"bold": "bold", "italic": "italics"}[bare] if bare else key_of(match)
        mark = scopes.after(clause, times.end(), scopes.marks(clause))
        placed = mark and mark.role in ("each", "nth") and fits(mark, unit)
        for scope in mark.scopes if mark and placed else (WHOLE,):
            yield Repeated(match.start(), q.end, Asked(unit, q.low, q.high, scope))


_STOP = (
    "of|in|to|the|and|or|with|for|per|times?|on|that|from|an?|each|every|as|by|at|is|are|be|than|"
    "but|which|who|key|after|before|if|containing|using|about|then|between|more|less|fewer|"
    "total of|"
    "different|main|i|you|it|unless|while|where|when|such|into|must|should|not|no|other"
)
_MODIFIERS = (
    rf"(?P<mods>(?:(?!(?:{_STOP})\b)(?:[a-z][a-z'-]*,?[\s-]+|\d+-(?:sentence|line|word)\s+))"
    r"{0,3}?)"
)
_AFTER_NUMBER = regex(rf"[\s-]*-?[\s-]?{_MODIFIERS}(?P<unit>{UNIT_PATTERN})(?![\w'-])")
_NEUTRAL = lexicon(
    """
    concise short brief complete full total clear well-written coherent long distinct separate
    detailed whole consecutive simple individual english written entire well-structured
    well-developed descriptive body main different unique rhyming poetic structured cohesive
    continuous flowing or maximum minimum single text compelling complex rhymed
    engaging prose well-organized
    """
)
_SORTS = frozenset(
    ["long", "short", "simple", "complex", "different", "unique", "rhyming", "distinct"]
)
"""What makes "three long words" some of the words."""
_PROSE = frozenset(
    ["sentences", "paragraphs", "lines", "words", "sections", "stanzas", "questions"]
)
_MORE = regex(r"\b(?:another|additional|extra|further)\s+$")
_BEYOND = frozenset(["additional", "extra", "more", "further", "other", "another"])
_SUBJECT = regex(
    r"\s+(?:is|are|must|should|has|have|contains?|begins?|starts?|ends?|being|includes?)\s+"
    r"(?!(?:be\s+)?(?:required|allowed|needed|permitted|expected|written|used|enough|long|"
    r"in total|the (?:limit|maximum|minimum)))"
)
"""Counted units as the subject of a sentence of their own: only those are meant."""
_RESTRICTED = regex(
    r"\s+(?:for|that|which|about|describing|explaining|on|to|where|whose|dedicated|devoted|"
    r"expressing|discussing|covering|summarizing|outlining|detailing|highlighting|related|"
    r"relating|connected|taken)\b"
    r"(?!\s+(?:each|every|the whole|the entire))"
)
_OTHER_WORDS = regex(
    r"\s*(?::|‹|,\s*‹|\((?!\w+ )|(?:with|for|about|to|that|starting|start|beginning|begin|"
    r"from|related|ending|rhym\w+|"
    r"of (?!length|text|content|prose)|which|describing|containing|taken|using|such|like|"
    r"associated|meaning|between|not)\b|"
    r"in (?:bold|italics?|quot\w+|(?:title|camel) case|french|spanish|german|chinese|latin|"
    r"common|a row|your own|lowercase|lower case)\b)"
)
_STYLED = regex(
    r"\s+(?:[a-z]+\s+)?(?:phrases?|terms?|sections?|parts?)\s+in\s+(?:(?P<bold>bold)|italics?)"
    r"(?=\s*(?:$|[.,;:!?)]|\s(?:text|type|font|print|letters|formatting|and|or|in|throughout)\b))"
)
"""Counted pieces that stand "in bold"; words are left: several may share one pair of marks."""
_POST = regex(
    r"\s*(?:\(?\s*(?:or\s+(?P<more>more|greater|longer)|or\s+(?P<less>less|fewer|shorter|under)|"
    r"(?P<min>minimum|at (?:the )?(?:very )?least|and above|min\b)|"
    r"(?P<max>maximum|at (?:the )?(?:very )?most|max\b|tops))\b)"
)
_SPREAD = regex(r"‹\d+›[^.;,‹]{0,40}\b(?:in|across)\s*$")
"""A quoted term "in three paragraphs": that many hold it, not that many there are."""
_ACTS = regex(
    r"\s+(?!in\b|on\b|to\b|of\b|at\b|or\b|and\b|for\b|about\b|with\b|total\b|max|min|long\b|each\b|"
    r"overall\b|altogether\b|apiece\b|please\b|per\b|that\b|which\b|only\b)[a-z]+\s+[a-z]"
)
"""A finite verb after a count that begins the sentence: "two sentences describe the sky"."""
_SHARED = regex(r"\s*,?\s*(?:and|but|or|yet)\s+(?:must |should |do |does )?(?:not )?")
_LISTY = regex(
    r"\b(?P<sort>bullet(?:ed|-point|-pointed)?|unordered|numbered|ordered|"
    r"enumerated)?[\s-]?(?:point\s)?lists?\b"
    r"(?:\s+(?:format|form|style))?(?:\s+in\s+(?:the\s+)?[\w\s‹›]{1,30}?)?[\s,]*(?:\(?\s*)?"
    r"(?:of|with|containing|contains?|including|includes?|featuring|comprising|consisting "
    r"of|having|that (?:has|have|"
    r"contains?|includes?)|must (?:contain|include|have)|should (?:contain|include|have))\s*$"
)


def _read_quantities(clause: Clause) -> Iterator[Asked]:
    text, places = clause.text, scopes.marks(clause)
    found = list(quantities(text))
    counted: list[tuple[int, str]] = []
    last: tuple[str, int, tuple[Scope, ...] | None] | None = None
    for i, q in enumerate(found):
        unit, end, mods = unit_after(clause, q)
        if not unit and last and _is_elided(text, q, places, last[1]):
            place = scopes.before(q.start, places)
            yield from (Asked(last[0], q.low, q.high, s) for s in (place.scopes if place else ()))
        elif not unit and last and _goes_on(text, last[1], q):
            yield from (Asked(last[0], q.low, q.high, one) for one in last[2] or ())
        if not unit and i + 1 < len(found) and _SHARED.fullmatch(text[q.end : found[i + 1].start]):
            unit, _, mods = unit_after(clause, found[i + 1])
            end = q.end
        if not unit or _SPREAD.search(text[: q.start]):
            continue
        q = _post_bound(text, q, end)
        scope = _scope(clause, q, unit, end, places, counted)
        counted.append((q.start, unit))
        last = unit, end, None if scope is _PART else scope
        if scope is None or not _plausible(unit, q):
            continue
        bounds = _loosen(text, q, end, mods, unit)
        if scope == _PART:
            bounds = (bounds[0], None) if bounds else None
            scope = (WHOLE,)
        if bounds is None or bounds == (0, None):
            continue
        for one in scope:
            yield Asked(unit, bounds[0], bounds[1], one, q.approx)


def _goes_on(text: str, since: int, q: Quantity) -> bool:
    """ "At least 3 sentences but no more than 5": the unit is not said again."""
    linked = re.fullmatch(
        r"\s*,?\s*(?:and|but)\s+(?:must |should |do |does )?", text[since : q.start]
    )
    return bool(linked and not q.bare and re.match(r"\s*(?:[.,;]|$|in total)", text[q.end :]))


def _is_elided(text: str, q: Quantity, places: Sequence[scopes.Mark], since: int) -> bool:
    """ "… the first having five sentences and the second having four"."""
    place = scopes.before(q.start, places)
    if place is None or place.role != "nth" or place.start < since:
        return False
    had = re.fullmatch(r"\s+(?:with|having|has|have|contain\w*)\s+", text[place.end : q.start])
    return bool(had and re.match(r"\s*(?:[.,;]|$|and\b)", text[q.end :]))


_OF_THEM = regex(r"\s+of\s+(?:them|these|those)\b(?=\s*(?:[.,;)]|$|in total|altogether|overall))")
_NAMED = regex(rf"\b(?:{UNIT_PATTERN})(?<=s)\b")


def unit_after(clause: Clause, q: Quantity) -> tuple[str, int, str]:
    """The unit counted by ``q``, where it ends in the text, and the adjectives before it."""
    text = clause.text
    listy = _LISTY.search(text[: q.start])
    match = _AFTER_NUMBER.match(text, q.end)
    if listy and (not match or match.lastgroup in (None, "unit")):
        unit = match["unit"] if match else ""
        if not match or key_of(match) in (
            "items",
            "questions",
            "sections",
            "bullets",
            "numbered_items",
        ):
            end = match.end() if match else q.end
            noun = re.compile(r"\s+(?:[a-z-]+\s+){0,2}?[a-z]+").match(text, q.end)
            if match or noun:
                return _list_unit(listy["sort"] or unit), end, ""
    item = re.compile(
        r"[\s-]+(?:item|point|entry|step)s?[\s-]+(?:\w+ )?(bullet|number|unord|order|enum|list)\w*"
    ).match(text, q.end)
    if item:
        return _list_unit(item[1]), item.end(), ""
    styled = _STYLED.match(text, q.end)
    if styled:
        return ("bold" if styled["bold"] else "italics"), styled.end(), ""
    them = _OF_THEM.match(text, q.end)
    if them and (named := list(_NAMED.finditer(text, 0, q.start))):
        return key_of(named[-1]), them.end(), ""
    if not match:
        four = re.compile(r"[\s-]+(bullet(?:ed)?|numbered)\b").match(text, q.end)
        return (_list_unit(four[1]), four.end(), "") if four else ("", q.end, "")
    key = key_of(match)
    if key == "sections" and re.search(r"\bhighlight\w*\s+$", text[: q.start]):
        return "highlights", match.end(), ""
    if key == "words" and re.search(r"\b(?:highlight|bold|italici[sz]e)\s+$", text[: q.start]):
        return "", q.end, ""
    if key == "words" and _OTHER_WORDS.match(text, match.end()):
        return "", q.end, ""
    if key == "lines" and re.match(
        r"\s+of (?:code|dialogue|argument|reasoning)", text[match.end() :]
    ):
        return "", q.end, ""
    return key, match.end(), match["mods"].strip(" ,-")


def key_of(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return next(k for k in UNITS if groups.get(k) is not None)


def _list_unit(word: str) -> str:
    if word.startswith(("bullet", "un")):
        return "bullets"
    return "numbered_items" if word.startswith(("number", "order", "enum")) else "items"


def _post_bound(text: str, q: Quantity, end: int) -> Quantity:
    """ "200 words or more", "5 sentences maximum"."""
    match = _POST.match(text, end)
    if not match or not q.bare:
        return q
    if match["more"] or match["min"]:
        return Quantity(q.start, q.end, q.low, None)
    return Quantity(q.start, q.end, 0, q.high)


def _plausible(unit: str, q: Quantity) -> bool:
    if unit == "characters":
        return max(q.low, q.high or 0) >= 20
    return not (unit == "headers" and q.low > 60)


_LIMITS_EACH = regex(r"(?:limit|restrict|cap)\w*\s+(?:each|every|all|any)\b")
_EACH_THING = regex(r"\b(?:each|every)\s+[a-z]+\s+(?:with\s+)?$")
_PART: tuple[Scope, ...] = (owners.PART,)
_EACH_BARE = regex(
    r"\b(?:each(?:\s+one)?|(?:every\s+one|all|both|neither|none|any)"
    r"(?=\s+of\s+(?:which|them|these))|none(?=\s+(?:longer|shorter|with|of|over|under|having)\b|\s*$))"
    r"(?:\s+of\s+(?:which|them|these))?\s*"
    r"(?:(?:must|should|to|that|is|are|being|has|have|having|with|containing|contains?|"
    r"consist(?:s|ing)?|of|"
    r"includ(?:e|es|ing)|composed|made|up|comprising|comprised|limited|featuring|no|not|be|"
    r"exactly|go|run|longer|shorter|than|,)\s*)*(?:at|between|a|in)?\s*$"
)
_BREAK = regex(
    r";|\.\s|,\s+(?:and|but|then|while|so|yet)\s+(?:also\s+)?(?:use|write|include|ensure|"
    r"make|keep|limit|"
    r"mention|provide|end|begin|conclude|the|it|your|format|present)\b"
)


def _scope(
    clause: Clause,
    q: Quantity,
    unit: str,
    end: int,
    places: Sequence[scopes.Mark],
    counted: list[tuple[int, str]],
) -> tuple[Scope, ...] | None:
    """Where the count applies; None where that cannot be told."""
    text = clause.text
    if re.match(
        r"\s+(?:(?:in|for) )?(?:each|apiece)\b(?=\s*(?:[.,;:)]|$|(?:and|in|on|while|with)\b))",
        text[end:],
    ):
        return _anaphora(unit, counted)
    inline = [m for m in places if q.start <= m.start and m.end <= end and m.role == "each"]
    if len(inline) == 1 and _LIMITS_EACH.match(text, q.start) and fits(inline[0], unit):
        return inline[0].scopes
    held = any(unit in units for units in _HELD.values())
    if held and re.search(r"\b(?:lists|tables)\s+(?:of|with|containing)\s+$", text[: q.start]):
        return None
    owned = None if held else owners.owner(text, q, end, unit)
    mark = scopes.after(clause, end, places)
    if mark and mark.role == "whole" and owned == owners.PART:
        return _PART
    if mark and mark.role in ("each", "nth", "key", "whole", "other") and fits(mark, unit):
        return mark.scopes
    if owners.SHARED_OUT.match(text, end) or owners.DEPICTED.match(text, end):
        return None
    if _EACH_BARE.search(text[: q.start]):
        return _PART if owners.is_attribute(text, q, end) else _anaphora(unit, counted)
    if owned:
        step = owned.steps[0].unit
        fitting = owned == owners.PART or SCOPE_RANK.get(step, 0) > UNITS[unit].rank
        return (owned,) if fitting else None
    mark = scopes.before(q.start, [m for m in places if m not in inline])
    if mark and mark.role == "whole" and _EACH_THING.search(text[: mark.start]):
        return None
    if mark is None or mark.role == "whole":
        return _PART if owners.IN_SEQUENCE.search(text) else (WHOLE,)
    gap = text[mark.end : q.start]
    if re.search(r"\b(?:different|1 of|one of|either|such as)\b", gap):
        return None
    if _BREAK.search(gap):
        return (WHOLE,) if mark.role == "part" else _after_break(gap)
    if mark.role == "part":
        named = re.search(r"\b(list|table)$", text[mark.start : mark.end])
        return (WHOLE,) if named and unit in _HELD[named[1]] else _PART
    if not fits(mark, unit):
        return (WHOLE,)
    return mark.scopes


def _after_break(gap: str) -> tuple[Scope, ...] | None:
    """A new subject begins in ``gap``; without one the scope is open."""
    return None if not re.search(r"[.;]", gap) else (WHOLE,)


def fits(mark: scopes.Mark, unit: str) -> bool:
    rank = UNITS[unit].rank
    steps = mark.scopes[0].steps
    return (
        not steps or SCOPE_RANK.get(steps[-1].unit, 0) > rank or steps[-1].unit in ("key", "other")
    )


_HELD = {
    "list": ("bullets", "numbered_items", "items"),
    "table": ("columns", "rows"),
}
"""What a list or table is counted by, whatever part of the response it is."""
_CONTAINER = {
    "sentences": "sentence",
    "paragraphs": "paragraph",
    "lines": "line",
    "stanzas": "stanza",
    "bullets": "item",
    "numbered_items": "item",
    "items": "item",
    "sections": "section",
    "exchanges": "exchange",
}


def _anaphora(unit: str, counted: list[tuple[int, str]]) -> tuple[Scope, ...] | None:
    """The scope that a bare "each" means: the units counted last, if large enough."""
    for _, earlier in reversed(counted):
        name = _CONTAINER.get(earlier)
        if name and SCOPE_RANK[name] > UNITS[unit].rank:
            return (Scope((Step(name, EACH),)),)
    return None


_OF_SOME = regex(
    r"\s+(?:related|relating|about|(?:to )?describ(?:e|ing)|connected)\b|"
    r"\s+for (?:the|an?|his|her|its|their|my) (?!(?:whole|entire)\b)"
    rf"(?!(?:\w+ )?(?:{scopes.DOCUMENTS})\b)[a-z]"
)
"""What makes three adjectives those for one thing."""


def _loosen(
    text: str, q: Quantity, end: int, mods: str, unit: str
) -> tuple[int, int | None] | None:
    """The bounds, without an upper end where only some of the units are meant."""
    if unit not in _PROSE:
        meant = bool(_OF_SOME.match(text, end))
        return ((q.low, None) if q.low else None) if meant else (q.low, q.high)
    if set(re.split(r"[\s,]+", mods)) & _BEYOND or _MORE.search(text[: q.start]):
        return None
    if re.search(r"\b(?:of the|all|the|these)\s*$", text[: q.start]) and q.bare:
        return q.low, q.high
    if _SUBJECT.match(text, end):
        return (q.low, None) if q.low else None
    if not text[: q.start].strip() and _ACTS.match(text, end):
        return (q.low, None) if q.low else None
    loose = _governed_loosely(text[: q.start])
    restricted = bool(_RESTRICTED.match(text, end)) and unit != "words"
    unknown = [m for m in re.split(r"[\s,]+", mods) if m and m not in _NEUTRAL and m[0] > "9"]
    if unit == "words" and (unknown or set(mods.split()) & _SORTS):
        return None
    fragment = restricted and not text[: q.start].strip()
    if fragment or ((restricted or unknown) and loose):
        return (q.low, None) if q.low else None
    return q.low, q.high


def _governed_loosely(left: str) -> bool:
    """Whether the last verb before the number is one of having rather than of making."""
    verbs = re.findall(
        r"\b(?:includ|contain|featur|incorporat|add|insert|us|write|compos|craft|consist|"
        r"compris|creat|describ|explain|tell|provid|giv|draft|be\b|is\b|are\b|in\b|of\b|limit|summariz|"
        r"narrat)\w*",
        left,
    )
    return bool(verbs and re.match(r"includ|contain|featur|incorporat|add|insert|us", verbs[-1]))


_COUNT_OF = regex(
    r"\b(?:(?:total\s+|overall\s+)?(?P<one>word|sentence|paragraph|line|character|"
    r"stanza)[\s-](?:count|limit|length|total)|"
    r"(?:total\s+)?(?:number|amount|count)\s+of\s+(?P<many>words|sentences|paragraphs|lines"
    r"|characters|stanzas|bullet points|"
    r"uppercase words|headers))\b(?P<gap>(?:\s+(?!and\b|while\b)[a-z']+){0,8}?)\s*(?::\s*)?$"
)


def _read_counts_of(clause: Clause) -> Iterator[Asked]:
    """ "The word count must not exceed 200", "the number of sentences should be five"."""
    places = scopes.marks(clause)
    for q in quantities(clause.text):
        match = _COUNT_OF.search(clause.text[: q.start])
        follows = _AFTER_NUMBER.match(clause.text, q.end)
        if not match or follows:
            continue
        said = match["one"] or match["many"]
        unit = {"bullet points": "bullets", "uppercase words": "uppercase_words"}.get(
            said, said.rstrip("s") + "s"
        )
        inside = [m for m in places if match.start() <= m.start < q.start]
        mark = scopes.after(clause, q.end, places) or next(
            (m for m in inside if m.role in ("each", "nth", "key") and fits(m, unit)), None
        )
        scope = mark.scopes if mark and fits(mark, unit) else (WHOLE,)
        if any(m.role == "part" for m in inside):
            continue
        for one in scope:
            yield Asked(unit, q.low, q.high, one, q.approx)


LIMITED = regex(
    rf"\b(?:limit|restrict|cap)(?:ed|s|ing)?\s+(?:the\s+)?(?:number\s+of\s+|"
    rf"use\s+of\s+)?(?P<unit>{UNIT_PATTERN})\b"
    r"[^.;]{0,40}?\b(?:to|at)\s+(?P<bound>(?:[a-z]+\s+){0,4}?\d+)\s+(?=(?:per|in|for|"
    r"within)\s+(?:each|every|sentence|paragraph|line|stanza|section)|"
    r"times|overall|in total|or fewer|or less)|$^"
)


def _read_limits(clause: Clause) -> Iterator[Asked]:
    """ "Limit uppercase words to one per paragraph"."""
    for match in LIMITED.finditer(clause.text):
        if not match["unit"]:
            continue
        unit = key_of(match)
        bounds = list(quantities(match["bound"]))
        mark = scopes.after(clause, match.end("bound"), scopes.marks(clause))
        scope = mark.scopes if mark and fits(mark, unit) else (WHOLE,)
        for q in bounds:
            low = 0 if q.bare else q.low
            yield from (Asked(unit, low, q.high, one) for one in scope)
