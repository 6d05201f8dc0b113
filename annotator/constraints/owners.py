"""To what a count belongs: the whole response, each of some units, or some part of it.

English says it with a head noun ("a two-word title"), with "of" ("stanzas of four lines") or with
a subject ("the moral has ten words"). A noun that does not name the whole response names a part.
"""

from __future__ import annotations

import re

from annotator.constraints import scopes
from annotator.constraints.base import EACH, Scope, Step
from annotator.constraints.clause import Clause
from annotator.constraints.lexicon import lexicon
from annotator.constraints.numerals import Quantity
from annotator.domain.regex import regex

PART = Scope((Step("part"),))
"""Some part of the response that cannot be told: of its counts only the lower ends are kept."""
_STOP = (
    r"(?:of|in|on|to|for|from|with|without|by|at|as|about|per|that|which|who|whose|and|or|but|"
    r"than|then|if|is|are|was|be|being|must|should|shall|will|can|may|has|have|having|each|every|"
    r"total|overall|altogether|apiece|long|only|exactly|please|maximum|minimum|max|min|before|"
    r"after|below|above|followed|following|describing|explaining|using|containing|including|"
    r"covering|where|when|while|so|into|within|across|throughout|not|no|between|under|over)"
)
_WORD = r"[a-z][a-z'-]*"
_HEAD = regex(
    rf"(?:[\s-]+long)?[\s-]+(?:(?!{_STOP}\b){_WORD},?\s+){{0,3}}?(?P<noun>(?!{_STOP}\b){_WORD})"
    rf"(?=\s*[.,;:!?()‹]|\s*$|\s+{_STOP}\b|\s+\d)"
)
_OF = regex(
    rf"\b(?P<noun>(?:bullet\s+points?|list\s+items?|p\.s\.|{_WORD})),?\s+"
    r"(?P<link>of|which (?:has|have|contains?)|with|containing|having|limited to|"
    r"that (?:has|have|contains?)|"
    r"(?:each )?(?:consist|compos|mad|compris)\w*(?: up)?(?: of)?)\s+$"
)
_BARE_NOUN = regex(rf"\b(?P<noun>{_WORD})\s+$")
_NAMED_NOUN = regex(rf"\b(?:an?|the|your)\s+(?:[a-z-]+\s+)?(?P<noun>{_WORD})\s+$")
_UNDER = regex(r"(?:under|below|over|up to)\b")
_COMPARED = regex(r"(?:no |not |never )?(?:longer|shorter)\b")
_SUBJECT = regex(
    rf"\b(?:the|your|its|his|her|their)\s+(?:{_WORD}\s+){{0,2}}?(?P<noun>{_WORD})\s+"
    r"(?:must|should|shall|will|needs?|ought|is|are|has|have|contains?|consists?|comprises?)\b"
    r"[^.;]{0,70}$"
)
_NEW_SUBJECT = regex(
    r"[.;:]|\b(?:it|you|and|but|use|write|include)\b|,\s+(?:with|using|while|so)\b"
)
_DOCUMENT = regex(
    rf"(?:{scopes.DOCUMENTS}|tale|fable|sonnet|limerick|ode|ballad|monologue|obituary|novel|"
    r"narration|prose|work|writeup|write-up|task|assignment|ones?|version|submission|result|"
    r"completion|format|structure|style|layout|body|length|limit|count|total|maximum|minimum|"
    r"number|sum|range|amount|max|most|least|cap|rest|entirety|form|page)"
)
_NO_NOUN = lexicon(
    """
    must should shall will can may to be is are it this that which and or not only exactly least
    most about just also use write them you with in a an the has have long each every
    """
)
_OPENS = regex(
    r"\b(?:start|begin|open|end|clos|conclud|finish|prefac|follow)\w*\s+(?:(?:it|off|up|out|"
    r"(?:the|your)\s+\w+)\s+)?(?:with|by|on)\s+(?:writing\s+)?(?:(?:an?|the|your)\s+)?(?:\w+\s+)?$"
    r"|\b(?:includ|add|insert|append|attach|devot|dedicat|spend|reserv|giv\w* (?:it|each))\w*\s+"
    r"(?:(?:an?|the|at most|only)\s+)*(?:\w+\s+){0,2}$"
)
_LIMITS = regex(r"(?:limit|restrict|cap)\w*\s+(?P<what>[^.;]*?)\s+to\b")
_SPENT = regex(r"\b(?:devot|dedicat|spend|reserv|allot)\w*\b[^.;,]{0,20}$")
_PLACED = regex(
    r"[^.;,]{0,40}?\s(?:after|before|below|above|following|preceding|at the (?:top|end|start|"
    r"beginning|bottom|close))\b(?! (?:which|that|all))"
)


_SIZES = frozenset(
    ["questions", "words", "sentences", "paragraphs", "lines", "stanzas", "characters"]
)
SHARED_OUT = regex(
    r"\s+(?:for|to|per|on|about)\s+(?:each|every|both|all|any)\b|"
    r"\s+(?:in|within)\s+(?:an?|1|any)\s+(?:\w+\s+)?(?:sentence|paragraph|line|stanza)\b"
)
"""So many for each of several things."""
DEPICTED = regex(r"[^.;,]{0,25}\bon the (?:poster|sign|page|board|label|menu|wall|cover)\b")
"""What is counted stands in the image."""
IN_SEQUENCE = regex(
    r"\bthen\b|\bfollowed by\b|^first(?:ly)?,|"
    r"\band (?:\d+|one|another) (?:about|on|for|that|which|in)\b|"
    r"\b(?:the|a) (?:first|second|third|last|former|latter|other)\s+(?:one\s+)?"
    r"(?:has|have|is|should|must)\b"
)
"""Several pieces are asked for one after another, of which a count may mean any."""


def is_document(noun: str) -> bool:
    """Whether ``noun`` names the response as a whole or a measure of it."""
    return bool(_DOCUMENT.fullmatch(noun))


def owner(text: str, q: Quantity, end: int, unit: str) -> Scope | None:
    """`PART`, each of a unit, or None where nothing but the whole response is named."""
    return (
        _by_head(text, q, end)
        or _by_of(text, q, end)
        or _by_plural(text[: q.start])
        or _by_limit(text[q.start : q.end])
        or _by_verb(text[: q.start])
        or (_by_subject(text[: q.start]) if unit in _SIZES else None)
    )


def _by_head(text: str, q: Quantity, end: int) -> Scope | None:
    """ "a two-word title", "two-sentence paragraphs"."""
    counted = text[q.end : end]
    hyphen = counted.startswith("-")
    if not hyphen and (counted.rstrip().endswith("s") or q.high == 1):
        return None
    match = _HEAD.match(text, end)
    if not match:
        return None
    noun = match["noun"]
    unit = scopes.unit_of(noun)
    if unit and noun.endswith("s"):
        return Scope((Step(unit, EACH),))
    placed = _OPENS.search(text[: q.start]) or _PLACED.match(text[match.end() :])
    return PART if placed or not (unit or is_document(noun)) else None


def is_attribute(text: str, q: Quantity, end: int) -> bool:
    """Whether the count describes a noun after it: "each with a one-sentence topic statement"."""
    match = _HEAD.match(text, end)
    return (
        text[q.end : end].startswith("-")
        and match is not None
        and not scopes.unit_of(match["noun"])
    )


def _by_of(text: str, q: Quantity, end: int) -> Scope | None:
    """ "stanzas of four lines", "a quote of at most 15 words"."""
    left = text[: q.start]
    match = _OF.search(left)
    if not match and _COMPARED.match(text[q.start : q.end]):
        match = _BARE_NOUN.search(left)
    if not match and _UNDER.match(text[q.start : q.end]):
        match = _NAMED_NOUN.search(left)
    if not match:
        return None
    noun = match["noun"]
    link = match.groupdict().get("link") or "of"
    unit = scopes.unit_of(noun)
    if unit and noun.endswith("s"):
        return Scope((Step(unit, EACH),)) if link in ("of", "limited to") else PART
    if noun in _NO_NOUN or (unit and not _OPENS.search(left[: match.start()])):
        return None
    if not is_document(noun):
        return PART if link == "of" or link.startswith("which") or noun.endswith("s") else None
    placed = _OPENS.search(left[: match.start()]) or _PLACED.match(text[end:])
    return PART if placed else None


def _by_limit(said: str) -> Scope | None:
    """ "limit the introduction to 30 words"."""
    match = _LIMITS.match(said)
    noun = match["what"].split()[-1] if match and match["what"].split() else ""
    if match and re.match(r"(?:each|every)\b", match["what"]):
        return PART
    pronoun = noun in ("it", "this", "yourself", "them", "that", "number", "")
    return None if pronoun or is_document(noun) else PART


def _by_verb(left: str) -> Scope | None:
    return PART if _SPENT.search(left) or re.search(_OPENING, left) else None


_OPENING = (
    r"\b(?:start|begin|open|end|clos|conclud|finish)\w*\s+(?:(?:it|off|up|(?:the|your)\s+\w+)\s+)?"
    r"with\s+(?:an?\s+)?$"
)


def spoken_of(text: str) -> str:
    """The noun that "the … must" is said of; or ""."""
    match = _SAID_OF.search(text) or _WRITTEN.search(text)
    return match["noun"] if match else ""


def subject(text: str) -> str:
    """The noun that "the … must" is said of, where it does not name a whole response; or ""."""
    noun = spoken_of(text)
    return "" if is_document(noun) and not _INNER.fullmatch(noun) else noun


_SAID_OF = regex(_SUBJECT.pattern.removesuffix(r"[^.;]{0,70}$"))
_WRITTEN = regex(rf"\b(?:the|your)\s+(?P<noun>{_WORD})\s+(?:uses?|remains?|keeps?|avoids?)\b")


_GENERIC = regex(
    rf"(?:^|\b(?:keep|keeping|make|ensure|that|all)\s+)(?:your\s+|all\s+|individual\s+)?"
    rf"(?P<noun>{scopes.UNIT})\s+(?:(?:should|must)(?:n't)?|are|is|have|need|short|"
    rf"concise|brief|to|at|under|"
    r"no|between|with|within|below|limited)\b[^.;‹]{0,40}$|"
    rf"(?:^|\b(?:keep|keeping)\s+)(?:your\s+|all\s+|individual\s+)?(?P<only>{scopes.UNIT})\s+$"
)
_SUMMED = regex(r"\b(?:total|together|overall|combined|altogether)\b")


def _by_plural(left: str) -> Scope | None:
    """ "sentences should have at most ten words", "keep your paragraphs under 60 words"."""
    match = _GENERIC.search(left)
    noun = (match["noun"] or match["only"]) if match else ""
    if not noun.endswith("s") or _SUMMED.search(left):
        return None
    return Scope((Step(scopes.unit_of(noun), EACH),))


def names_part(left: str) -> bool:
    """Whether ``left`` ends in what is said of a part of the response ("the moral must …")."""
    return _by_subject(left) is PART


def _by_subject(left: str) -> Scope | None:
    """ "the moral must be at most ten words"."""
    match = next(reversed(list(_SUBJECT.finditer(left))), None)
    if not match or is_document(match["noun"]) or scopes.unit_of(match["noun"]):
        return None
    return None if _NEW_SUBJECT.search(left[match.end("noun") :]) else PART


_MADE = regex(
    rf"\b(?:writ|compos|draft|tell|narrat|put|keep|phras|render|present|translat|giv|deliver|mak)"
    rf"\w*\s+(?:the|an?|each|every|all|any)\s+(?:{_WORD}\s+)?(?P<noun>{_WORD})\s+(?:\w+\s+)?"
    r"(?:in|into|to)\b[^.;,]*$"
)
_INNER = regex(
    r"(?:dialogues?|conversations?|explanation|analysis|critique|summary|outline|song|entry|"
    r"entries|quotes?|quotations?|examples?|lyrics|thoughts?|flashbacks?|memor(?:y|ies)|"
    r"speech|notes?|comments?|captions?|titles?|headlines?|slogan|moral|hero|villain|characters?|"
    r"half|part|parts|section|verse|chorus|translation|motto|proverb|haiku)"
)
"""What stands inside others in a manner of its own."""


_AS_IF = regex(
    r"\blet\s+(?:the|an?|his|her|your)\s+\w+\b[^.;]*$|\brefer\w*\s+to\b[^.;]*$|"
    r"\bas (?:if|though)\b[^.;]*$|"
    r"\b(?:one|an?|\d+|some)\s+(?:\w+\s+)?(?:lines?|sentences?|phrases?|quotes?)\s+in\s+[^.;,]*$"
)
_ACTOR = regex(
    r"\b(?:the|an?|his|her|each|every)\s+(?!narrator|text|response|answer|e-?mail|letter|speaker)"
    r"\w+\s+(?:speaks?|talks?|sounds?|repl(?:y|ies)|acts?|keeps?)\b[^.;]*$"
)


_INCLUDED = regex(
    r"\b(?:includ\w*|add(?:s|ing)?|insert\w*|incorporat\w*|featur\w*|provid\w*|contain\w*|"
    r"quot\w*)\s+(?:(?:at least|at most|only|exactly)\s+)?(?:(?:an?|1|\d+|the|some)\s+)?"
    rf"(?:{_WORD}\s+){{0,2}}?(?P<noun>{_WORD})\s+"
    r"(?:(?:written|told|spoken|that is|which is)\s+)?(?:in|from)\s+(?:the\s+)?$"
)


def of_a_thing(clause: Clause, start: int, end: int) -> bool:
    """`of_a_part`, or of something that is to be included ("a quotation in the first person")."""
    match = _INCLUDED.search(clause.text[:start])
    noun = match["noun"] if match else ""
    inside = bool(noun) and (not is_document(noun) or bool(_INNER.fullmatch(noun)))
    return inside or of_a_part(clause, start, end)


def of_a_part(clause: Clause, start: int, end: int) -> bool:
    """Whether a manner of writing named at ``[start, end)`` is asked of some part only."""
    places = [m for m in scopes.marks(clause) if not start <= m.start < end]
    near = (scopes.before(start, places), scopes.near_after(clause, end, places))
    if any(m and m.role in ("nth", "part", "other", "key") for m in near):
        return True
    left = clause.text[:start]
    if (
        _ACTOR.search(left)
        or _AS_IF.search(left)
        or re.match(r"[^.;,]{0,15}\b(?:when|while|where)\b", clause.text[end:])
    ):
        return True
    match = _MADE.search(left) or next(iter(_SUBJECT.finditer(left)), None)
    if not match or _NEW_SUBJECT.search(left[match.end("noun") :]):
        return False
    return bool(_INNER.fullmatch(match["noun"]))
