"""Reading elements that are wanted or not, without a number: "include a table", "no emojis"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from annotator.constraints import owners, scopes, units
from annotator.constraints.base import WHOLE, Scope
from annotator.constraints.clause import Clause
from annotator.constraints.counting import LIMITED, Asked, key_of, repeated, unit_after
from annotator.constraints.numerals import quantities
from annotator.constraints.units import ELEMENT_PATTERN
from annotator.domain.regex import regex

_NO = regex(
    r"\b(?:no|not|never|without|avoid(?:s|ing)?|don't|mustn't|shouldn't|cannot|can't|"
    r"refrain(?:s|ing)?|"
    r"exclud(?:e|es|ing)|omit(?:s|ting)?|free of|free from|instead of|rather than|"
    r"abstain(?:ing)?|forbid\w*|prohibit\w*|nor|steer clear)\b"
)
_BOUNDARY = regex(
    r"[.;:]|\b(?:but|while|however|although|though|whereas)\b|"
    r",?\s+and\s+(?:ensure|include|use|make|must|should|maintain|provide|keep|be|write|"
    r"start|begin|end|contain)\b|"
    r",\s*(?:ensuring|including|using|maintaining|keeping|with|includ\w+|use|include|write|"
    r"instead)\b"
)
_HAVE = regex(
    r"\b(?:us(?:e|es|ing|ed)|includ(?:e|es|ing|ed)|contain(?:s|ing|ed)?|add(?:s|ing)?|have|"
    r"has|having|with|in|as|giv(?:e|es|ing)|"
    r"incorporat(?:e|es|ing)|featur(?:e|es|ing)|insert(?:ing)?|provide|providing|employ(?:s"
    r"|ing)?|format(?:ted|ting)?|present(?:ed|ing)?|"
    r"ask(?:s|ing)?|pos(?:e|es|ing)|create|write|make|organi[sz]ed?|structured?|end(?:s|"
    r"ing)?|put|placed?|separated? by|and|or)"
    r"(?:\s+(?:it|them|the|your|his|her|response|email|answer|text|content|purpose|points?|"
    r"steps?|information|as|in|with|using|an?|some|any|relevant|proper|appropriate|markdown"
    r"|clear|simple|short|brief|kind|form|of|type|format|one|or|at|the end|end|for|separate"
    r"|such|english|well-chosen)){0,6}\s*$"
)
_ELEMENT = regex(rf"(?<![\w-])(?P<unit>{ELEMENT_PATTERN})(?![\w'-])")
_GRAMMATICAL = frozenset(
    [
        *units.SPEECH,
        "questions",
        "rhetorical_questions",
        "exclamation_marks",
        "question_marks",
        "uppercase_words",
    ]
)
_MANNER = regex(
    r"\b(?:(?:as|being|to be)|(?:begin|start|open|end|conclud|clos|finish)\w*(?: \w+){0,3}? with)"
    r"\s+"
    r"(?:an?|the)\s+(?:\w+\s+)?$"
)
_SINGULAR_ONLY = frozenset(["lists", "tables", "links", "highlights"])
_ABSTRACT = frozenset(["acronyms", "verbs", "nouns", "pronouns", "prepositions", "conjunctions"])


_UNNAMED = re.sub(r"[?]P<[a-z0-9_]+>", "?:", ELEMENT_PATTERN)
_OR = regex(rf"\s*,?\s*or\s+(?:an?\s+|the\s+|in\s+)?(?:{_UNNAMED})\b")
_CHOICE = regex(r"\b(?:either\b[^.;]*|or\s+(?:an?\s+|the\s+)?)$")
"""One of several elements is asked for, no matter which."""


def asked(clause: Clause) -> Iterator[Asked]:
    """ "Include a table", "avoid bullet points", "no emojis": elements without a number."""
    text = clause.text
    taken = [(q.start, unit_after(clause, q)[1]) for q in quantities(text)]
    limits = [m.span() for m in LIMITED.finditer(text) if m["unit"]]
    limits += [(one.start, one.end) for one in repeated(clause)]
    for match in _ELEMENT.finditer(text):
        if any(s <= match.start() < e for s, e in (*taken, *limits)):
            continue
        if re.search(
            r"\b(?:such as|like|e\.g\.|for example|for instance)\b[^.;]*$", text[: match.start()]
        ):
            continue
        unit = key_of(match)
        left = text[: match.start()]
        if unit in _GRAMMATICAL and _MANNER.search(left):
            continue
        begin = max((m.end() for m in _BOUNDARY.finditer(left)), default=0)
        forbidden = forbids(left[begin:]) or _forbidden_after(text[match.end() :])
        if forbidden is None:
            continue
        scope = _element_scope(clause, match.end())
        if scope is None and not forbidden:
            scope = WHOLE
        if scope is None:
            continue
        if forbidden:
            if not scope and _within_part(clause, match.start(), begin):
                continue
            if not _partial(left[begin:], text[match.end() :], unit):
                yield Asked(unit, 0, 0, scope)
        elif _CHOICE.search(left) or _OR.match(text, match.end()):
            continue
        elif _HAVE.search(left) and unit not in _ABSTRACT and not _number_word(left):
            yield Asked(unit, 1, None, scope)


def _within_part(clause: Clause, at: int, begin: int) -> bool:
    """Whether the clause speaks of a part when it comes to the element ("the title must …")."""
    mark = scopes.before(at, scopes.marks(clause))
    if mark and mark.role in ("part", "other") and mark.start >= begin:
        return True
    return owners.names_part(clause.text[begin:at])


def _number_word(left: str) -> bool:
    return bool(re.search(r"\b(?:no|each|every|per|the|this|that|these|those)\s*$", left))


_NEGATION_LIMIT = 70
_FILLER = regex(
    r"(?:\s|\b(?:us(?:e|es|ing|ed)|the use of|includ(?:e|es|ing|ed)|contain(?:s|ing|ed)?|"
    r"incorporat(?:e|es|ing)|have|having|has|add(?:ing)?|insert(?:ing)?|"
    r"employ(?:ing)?|mak(?:e|ing) use of|any|the|an?|of|ask(?:ing)?|format(?:ting)?|"
    r"present(?:ing)?|your|response|email|text|content|it|with|as|in|from|be|even|"
    r"single|kind|type|form|forms|types|kinds|writ(?:e|ing)|creat(?:e|ing)|provid(?:e|ing)|"
    r"markdown|organiz(?:e|ing)|structur(?:e|ing)|relying on)\b)*"
)


def forbids(left: str) -> bool | None:
    """True where a "no" governs what follows ``left``; None where that is unclear."""
    stripped = re.sub(
        r"\b(?:no|not) (?:more|less|fewer|longer|only|limited|just)(?: than)?\b", "", left
    )
    cues = list(_NO.finditer(stripped))
    if not cues:
        return False
    cue = cues[-1]
    gap = stripped[cue.end() :]
    if cue[0] in ("instead of", "rather than") or len(gap) > _NEGATION_LIMIT:
        return None
    last = re.split(r",|;|\b(?:or|and|nor)\b", gap)[-1]
    return True if _FILLER.fullmatch(last) else None


_RULED_OUT = (
    r"(?:avoided|omitted|excluded|left out|forbidden|prohibited|disallowed|banned|absent|"
    r"off[\s-]limits|not (?:allowed|permitted))"
)
_ANYWHERE = (
    rf"(?:\s+(?:in|from|within|throughout)\s+{scopes.DOCUMENT}|\s+(?:anywhere|at all|throughout|"
    r"altogether|entirely|completely)\b)*"
)
_FORBIDDEN_AFTER = regex(
    r"(?:\s+or\s+[\w\s-]{1,30}?)?\s+(?:(?:must|should|shall|may|can|are|is)\s?(?:not|n't)\s+"
    r"(?:be\s+)?(?:used|allowed|included|present|permitted|appear)|"
    rf"(?:(?:are|is)|(?:must|should|shall)\s+be)\s+(?:strictly\s+)?(?:to be\s+)?{_RULED_OUT}|"
    rf"cannot\s+(?:be\s+)?(?:used|included|appear)){_ANYWHERE}\s*(?:[.;,:]|$|and\b|but\b)"
)


def _forbidden_after(right: str) -> bool:
    """Whether what follows an element rules it out, everywhere ("… must be avoided")."""
    return bool(_FORBIDDEN_AFTER.match(right))


_PARTIAL_LEFT = regex(
    r"\b(?:too many|overly|excessive(?:ly)?|unnecessary|complex|long|formal|overus\w+|more|"
    r"other|obscure|"
    r"confusing|unclear|irrelevant|repeated|consecutive|explicit|personal|leading|multiple|"
    r"nested|just|only|broken)\s*$"
)


def _partial(left: str, right: str, unit: str) -> bool:
    """Whether only some of the elements are forbidden ("no overly long lists")."""
    if _PARTIAL_LEFT.search(left):
        return True
    if re.match(
        r"\s+(?:other than|besides|except|apart from|beyond|unless|longer|that|which|with|"
        r"about|of)\b",
        right,
    ):
        return True
    return unit in _SINGULAR_ONLY and bool(re.match(r"\s+(?:of|to|between)\b", right))


def _element_scope(clause: Clause, end: int) -> Scope | None:
    mark = scopes.after(clause, end, scopes.marks(clause))
    if mark is None:
        before = scopes.before(end, scopes.marks(clause))
        if (
            before
            and before.role in ("each", "nth", "key")
            and re.match(
                r"\s*(?:must|should|has|have|contains?|includes?|with|needs)",
                clause.text[before.end :],
            )
        ):
            mark = before
    if mark is None or mark.role == "whole":
        return WHOLE
    return mark.scopes[0] if mark.role in ("each", "nth", "key") and len(mark.scopes) == 1 else None
