"""What the quoted strings of a clause are for: terms, openings, glosses, keys, titles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from annotator.constraints import scopes
from annotator.constraints.clause import Clause
from annotator.domain.regex import regex

LABEL = (
    r"(?:key[\s-]?words?|key[\s-]?terms?|key[\s-]?phrases?|phrases?|words?|terms?|letters?|"
    r"expressions?|"
    r"idioms?|names?|strings?|sentences?|sayings?|quotes?|slogans?|hashtags?|tags?|lines?|"
    r"questions?|"
    r"statements?|adjectives?|verbs?|nouns?|adverbs?|pronouns?|prepositions?|conjunctions?|"
    r"characters?|symbols?|"
    r"greetings?|salutations?|closings?|sign-offs?|signatures?|text|proverbs?|mottos?|"
    r"taglines?|exclamations?|(?:plural|singular)(?: noun)? forms?)"
)
_TERM_SEP = (
    r"(?:\s*(?:,|;|/)?\s*(?:and/or|and|or|as well as|nor|&|,|/|along with|"
    r"plus)\s*(?:the\s+)?(?:(?:key)?words?\s+|phrases?\s+|terms?\s+)?)"
)
_GROUP = regex(
    rf"(?:(?P<det>\b(?:the|a|an|this|these|any|following|exact|specific)\s+)*(?P<label>\b{LABEL})"
    rf"\s*(?:like\s+this\s*)?[:,]?\s*(?:of\s+)?)?(?P<marks>‹\d+›(?:{_TERM_SEP}‹\d+›)*)"
)
_GLOSS = regex(
    r"(?:\b(?:definitions?|meanings?|senses?|conveys?|conveying|convey|defined as|means?|meaning|"
    r"denot(?:es?|ing)|sense of being|referring to|refers to|in reference to|interpreted as)"
    r"\s*(?:of\s+|that\s+|:\s*|as\s+|the\s+|,\s*)*|\()\s*$"
)
_TITLE = regex(
    r"\b(?:titled?|entitled|named|called|labell?ed|headed|title(?: is| of)?|captioned)\s*:?\s*$"
)
_EXAMPLE = regex(
    r"(?:\b(?:like|such as|e\.g\.,?|for example,?|for instance,?|including but not limited "
    r"to|similar to|"
    r"synonymous with|synonyms? (?:of|for|to)|related to|relating to|rhym(?:es?|ing) with|"
    r"theme of|themes? of|concept of|"
    r"idea of|topic of|feeling of|sense of|notion of|role of|colou?r of|story of|style of|"
    r"about|as in|referred to as|"
    r"titles? like|formatted as|in the form(?:at)? of|format|replaced? (?:with|by)|context "
    r"of|i\.e\.,?|known as|regarding|on|"
    r"opposite of|derived from|forms? of)|=)\s*(?:the\s+)?$"
)
_CONTRAST = regex(
    r"\b(?:instead of|rather than|in place of|in lieu of|as opposed "
    r"to)\s+(?:using\s+)?(?:the\s+)?(?:\w+\s+)?$"
)
_KEYS = regex(
    r"\b(?:keys?|fields?|attributes?|properties|columns?|tags?|elements?|sections?|headers?"
    r"|headings?|labels?)\s*"
    r"(?:are|should be|must be|named|called|:|,|with the following|including|of)?\s*:?\s*$"
)
_KEY_AFTER = regex(
    r"^\s*(?:\((?:string|array|number|integer|boolean|object|list|text|float|int|str)[^)]*\)|"
    r"(?:keys?|fields?|attributes?|propert\w+|columns?|sections?|headers?|headings?|values?"
    r"|tags?|elements?)\b)"
)
_EDGE = regex(
    r"\b(?P<verb>begin(?:s|ning)?|start(?:s|ing|ed)?|open(?:s|ing)?|commenc(?:e|es|ing)|"
    r"end(?:s|ing|ed)?|"
    r"conclud(?:e|es|ing)|clos(?:e|es|ing)|finish(?:es|ing)?|preced(?:e|ed)|prefac(?:e|ed)|"
    r"follow(?:ed)? by|"
    r"sign(?:s|ing)? off|wrap(?:s|ping)? up|kick(?:s|ing)? off|prefix(?:ed)?|suffix(?:ed)?)\b"
    r"[^‹.;]{0,60}?"
    r"\b(?:with|by|using|in|on|as)\s+(?:[^‹.;,]{0,40}?\s)?$"
)
EDGE_VERB = regex(
    r"\b(?:begin|start|open|commenc|end|conclud|clos(?:e|es|ing)\b|finish|prefac|preced|"
    r"sign|wrap|prefix|suffix|follow|kick)\w*"
)
_EDGE_AFTER = regex(
    r"^\s*(?:must|should|shall|needs? to|has to|is to|"
    r"will)\s+(?:be\s+(?:the\s+)?(?:very\s+)?|appear (?:at|as) the (?:very\s+)?)"
    r"(?:opening|closing|first|last|final|beginning|start|end)\b(?!\s+(?:sentence|paragraph|line))"
    r"|^\s*(?:right\s+|directly\s+)?at\s+the\s+(?:very\s+)?(?:beginning|start|end)\b"
    rf"(?:\s+of\s+{scopes.DOCUMENT})?(?!\s+of\b)"
)
EDGE_PREDICATE = regex(
    r"\s*(?:(?:must|should|shall|needs? to|has to|is to|will)\s+)?(?P<verb>opens?|starts?|begins?|"
    r"ends?|clos(?:e|es)|concludes?|finish(?:es)?)\s+(?=(?:the|your|each|every|all)\b)"
)
"""The terms are the subject: "the phrase ‹0› must open the letter"."""
_VERB = regex(
    r"\b(?:us(?:e|es|ing|ed)|includ(?:e|es|ing|ed)|contain(?:s|ing|ed)?|mention(?:s|ing|"
    r"ed)?|incorporat(?:e|es|ing|ed)|"
    r"featur(?:e|es|ing)|insert(?:ing)?|add(?:s|ing)?|say(?:s|ing)?|stat(?:e|es|ing)|"
    r"writ(?:e|es|ing)|repeat(?:s|ing|ed)?|weav(?:e|es|ing)|"
    r"employ(?:s|ing)?|have|has|having|omit(?:s|ting)?|exclud(?:e|es|ing)|avoid(?:s|ing)?|"
    r"without|quot(?:e|es|ing)|integrat(?:e|es|ing)|"
    r"refer(?:s|ring)? to|work(?:s|ing)? in|utili[sz](?:e|es|ing)|appear(?:s|"
    r"ing)?)\s+(?:(?:the|exact|both|either|at least|any|all|of|word|directly|explicitly|"
    r"exactly|\d+ times|\d+|only|precisely|specifically|instances?|mentions?|occurrences?|no "
    r"more than|at most|in|a)\s+){0,5}(?:the\s+\w+\s+)?$"
)
_PUT = regex(r"\b(?:work|weav|slip|fit|drop|put|plac|bring|fold)\w*\s+$")
_INTO = regex(r"\s*(?:somewhere |anywhere )?(?:in|into|within)\s+(?:the|your|each|every|all)\b")
"""A term and where it is put: "work ‹0› into the last paragraph"."""
_APPEARS = regex(
    r"^\s*(?:(?:does|do)(?:\s+not|n't)\s+|only\s+)?(?:appears?|occurs?|(?:is|are) "
    r"(?:used|mentioned|included|present|"
    r"repeated))\b|"
    r"^[^‹.;]{0,40}?\b(?:must|should|shall|has to|have to|needs? to|will|can|may|cannot|is|"
    r"are|appears?|occurs?|to)\s*"
    r"(?:not\s+|never\s+|only\s+|each\s+|all\s+|both\s+|also\s+|"
    r"always\s+)*(?:be\s+)?(?:not\s+|exclusively\s+)?"
    r"(?:appear|occur|used\b|included\b|mentioned\b|featured\b|present\b|"
    r"incorporated|repeated|(?:show|come|turn|crop) up|found\b|written|placed|"
    r"avoided|omitted|excluded|forbidden|prohibited|banned|stand|be\b|contained|allowed)"
)
_NEGATION = regex(
    r"\b(?:do not|don't|does not|doesn't|must not|mustn't|should not|shouldn't|shall not|"
    r"may not|cannot|can't|never|none of|"
    r"avoid(?:s|ing)?|refrain(?:s|ing)?|without|exclud(?:e|es|ing)|omit(?:s|ting)?|free "
    r"(?:of|from)|no (?:use|mention|instances?|occurrences?) of|"
    r"abstain(?:s|ing)?|steer(?:ing)? clear|leave out|leaving out|forbid\w*|prohibit\w*|"
    r"remov(?:e|es|ing)|delet(?:e|es|ing)|"
    r"ban(?:s|ned|ning)?|eliminat(?:e|es|ing)|not|no|none|neither|nor|keep out)\b"
)
_NOT_NEGATION = regex(
    r"\b(?:no|not) (?:more|less|fewer|longer|later|earlier|only|just|limited)(?: than| "
    r"to)?\b|\bnot exceed(?:ing)?\b|\bif not\b|"
    r"\b(?:do not|don't) forget\b|\bwithout (?:fail|exception)\b|\b(?:do not|don't|never) "
    r"(?:fail|omit to|neglect) to\b"
)
_LEFT = regex(r"\b(?:leav|keep)(?:e|es|ing|s)?\s+(?:(?:the|any)\s+)?(?:\w+\s+)?$")
_OUT = regex(r"\s*(?:completely\s+|entirely\s+)?out\b(?!\s+(?:front|loud))")
"""A negation on both sides of the terms: "leave the word ‹0› out"."""
_AS_EDGE = regex(
    r"\s*(?:must|should|may|can|shall)\s+not\s+be\s+the\s+(?:very\s+)?(?:first|last|final)\b|"
    r"\s*(?:as|for) (?:the|an?|your) (?:\w+ )?(?:first|last|opening|closing|final) "
)
"""A word's place is ruled out or asked for, not the word."""
_SAVED = regex(r"\b(?:sav(?:e|ing)|reserv(?:e|ing|ed)|keep(?:ing)?)\b[^.;]*$")
_NOT_AFTER = regex(
    r"^\s*nowhere\b(?! (?:but|else|except))|"
    r"^\s*(?:\([^)]*\)\s*)?,?\s*(?:(?:must|should|shall|may|can|do|does|is|are|"
    r"will)\s?(?:not|n't)\b|(?:must|should|shall|may|can)\s+never\b|cannot\b|"
    r"(?:is|are|(?:must|should|shall|has to|have to|needs? to|ought to|is to|are to) be)\s+"
    r"(?:\w+\s+)?(?:avoided|excluded|omitted|forbidden|prohibited|banned|left out|removed|"
    r"off[\s-]limits|not allowed|disallowed|absent|kept out))"
)
_OTHERWISE = regex(
    r"^\s*,?\s*(?:(?:must|should|shall|may|can|do|does|is|are|will)\s?(?:not|n't)|"
    r"(?:must|should|shall|may|can)\s+never|cannot)\s+(?:be\s+)?"
    r"(?!us(?:e|ed)\b|includ|mention|featur|present\b|incorporat|found\b|contain|"
    r"employ|stat(?:e|ed)\b|"
    r"insert|quot|referenc|plac|part\b|in\b|anywhere|allow|permit|appear|occur|show|exceed|repeat|"
    r"more\b|there\b|written\b|seen\b|said\b|visible|come\b|a part\b|within\b|on\b|"
    r"at\b|share\b|stand\b|"
    r"any\w*\b|overus|the\b|to be\b|necessar|utili[sz]|both\b|ever\b|be\b|[.,;]|$)[a-z]"
)
"""What is ruled out is not the terms but something about them ("must not be capitalized")."""
_CUT = regex(
    r"[.;:](?=\s|$)|\b(?:but|while|whereas|although|though|however)\b|\b(?:and|"
    r"then)\s+(?:also\s+)?(?:ensure|include|use|make|mention|add|must|should|"
    r"incorporate|repeat|write|begin|start|end|conclude|close|open|provide|maintain|keep|"
    r"the|avoid|refrain|do not|don't|finish|have|feature|contain|employ)\b|"
    r",\s*(?:and\s+)?(?:ensur(?:e|ing)|includ(?:e|ing)|us(?:e|ing)|mention(?:ing)?|"
    r"incorporat(?:e|ing)|insert(?:ing)?|plac(?:e|ing)|featur(?:e|ing)|repeat(?:ing)?|"
    r"employ(?:ing)?|"
    r"making|avoid\w*|without|refrain\w*|do not|don't|must|should|with|"
    r"contain\w*|the|begin\w*|start\w*|open(?:ing)?|end\w*|conclud\w*|clos\w*|"
    r"finish\w*|it|all|each|"
    r"every|instead|add)\b"
)


@dataclass(frozen=True)
class Group:
    """Quoted terms that stand together ("the keywords "a" and "b"") and what is asked of them.

    Attributes:
        role: "mention", "edge", "gloss", "title", "key", "example" or "other".
        label: the noun before them ("keywords"), singular or plural as written.
        start, end: their place in the clause, the label included.
        since, until: the stretch of the clause that is about them.
        left, right, near: that stretch before, after, and as a whole.
        forbidden: whether they are asked to be absent.
        alternatives: whether "or" joins them and they are asked to be present.
    """

    terms: tuple[str, ...]
    role: str
    label: str
    start: int
    end: int
    since: int
    until: int
    left: str
    right: str
    forbidden: bool
    alternatives: bool

    @property
    def near(self) -> str:
        return self.left + " ‹› " + self.right


@lru_cache(maxsize=4096)
def groups(clause: Clause) -> tuple[Group, ...]:
    """The quoted terms of ``clause``, grouped, each group with its role."""
    matches = [part for m in _GROUP.finditer(clause.text) for part in _parted(clause.text, m)]
    matches = matches[:_MOST_GROUPS]
    found: list[Group] = []
    for i in range(len(matches)):
        found.append(_group(clause, matches, i, found[-1] if found else None))
    return tuple(found)


class _Found(NamedTuple):
    """Marks that stand together: where they and their label begin, where they end."""

    start: int
    marks_at: int
    end: int
    label: str
    marks: str


_LAST_LABELLED = regex(rf",?\s*(?:and|or)\s+(?:the\s+)(?P<label>{LABEL})\s+(?P<mark>‹\d+›)$")
_PREDICATE = regex(r"\s*(?:must|should|shall|has to|needs? to|is to|may|can)\b")


def _parted(text: str, match: re.Match[str]) -> Iterator[_Found]:
    """One group, or two: "… begin with ‹0›, and the word ‹1› must …" has a subject of its own."""
    start, marks_at, end = match.start(), match.start("marks"), match.end()
    label, marks = match["label"] or "", match["marks"]
    last = _LAST_LABELLED.search(marks)
    object_of = _EDGE.search(text[:start]) or (last and _VERB.search(text[:start]))
    if last and object_of and _PREDICATE.match(text, end):
        yield _Found(start, marks_at, marks_at + last.start(), label, marks[: last.start()])
        labelled = marks_at + last.start("label")
        yield _Found(labelled, marks_at + last.start("mark"), end, last["label"], last["mark"])
    else:
        yield _Found(start, marks_at, end, label, marks)


_MOST_GROUPS = 40
_FRONTED = regex(r"\W*(?:in|for|within|inside|at|on|throughout|under)\s[^‹,.;]{1,60}")
"""A place named before the rest of the sentence: "In the caption, do not …"."""
_SPOKEN = regex(
    r"\b(?:says?|said|asks?|asked|shouts?|cries|whispers?|exclaims?|replies|replied|thinks?)"
    r"\s*[,:]?\s*$"
)
"""Before the words of a person of the text, not of the text itself."""


def _group(clause: Clause, found: list[_Found], i: int, previous: Group | None) -> Group:
    text, match = clause.text, found[i]
    start, marks_at, end, label, marks = match
    before = found[i - 1].end if i else 0
    after = found[i + 1].start if i + 1 < len(found) else len(text)
    cuts = [m.start() for m in _CUT.finditer(text, before, start)]
    if cuts and _FRONTED.fullmatch(text[before : cuts[0]]):
        cuts = cuts[1:]
    since = max([before, *cuts])
    cut = next((m.start() for m in _CUT.finditer(text, end, after)), after)
    role = _role(text, match, before)
    elliptic = bool(previous and role == "other" and _goes_on(text, previous, start, end))
    role = "mention" if elliptic else role
    left, right = text[since:start], text[end:cut]
    stripped = _NOT_NEGATION.sub(" ", text[since:marks_at])
    forbidden = bool(_NEGATION.search(stripped) or _NOT_AFTER.search(text[end:after]))
    forbidden = forbidden or bool(_LEFT.search(left) and _OUT.match(right))
    if not forbidden and previous and role == "mention":
        joined = elliptic or bool(_JOINED.fullmatch(text[previous.end : start]))
        forbidden = previous.forbidden and joined
    terms = tuple(_clean(t, last=end >= len(text.rstrip(" ."))) for t in clause.marks(marks))
    either = bool(re.search(r"›\s*,?\s*(?:and/)?or\b", marks))
    return Group(
        tuple(t for t in terms if t),
        role if all(terms) else "other",
        label,
        start,
        end,
        since,
        cut,
        left,
        right,
        forbidden,
        either and not forbidden,
    )


def _goes_on(text: str, previous: Group, start: int, end: int) -> bool:
    """ "… the phrase "a" three times and "b" at least twice": the verb is not said again."""
    linked = re.fullmatch(r"[^.;‹]{0,40}?,?\s*\band\s+(?:the\s+)?", text[previous.end : start])
    counted = re.match(r"\s*(?:[a-z]+\s+){0,3}\d+ times\b", text[end:])
    return previous.role == "mention" and bool(linked and counted)


_JOINED = regex(r"\s*,?\s*(?:and|or|nor|,)?\s*(?:the\s+)?")
"""Between two groups of which a "no" before the first rules out both."""


def _clean(text: str, *, last: bool) -> str:
    """A term without the comma or full stop that American style puts inside the quotes."""
    text = re.sub(r"\s+", " ", text).strip().rstrip(",;").strip()
    if text.endswith(".") and not text.endswith("..") and not re.search(r"\b\w\.\w\.$", text):
        text = text[:-1].rstrip()
    return text


def _role(text: str, match: _Found, before: int) -> str:
    label = match.label
    left = text[before : match.start]
    close = text[before : match.marks_at]
    right = text[match.end :]
    if not label:
        if _GLOSS.search(close):
            return "gloss"
        if _KEY_AFTER.match(right):
            return "key"
    if _TITLE.search(close):
        return "title"
    if _KEY_AFTER.match(right) or (_KEYS.search(close) and not label):
        return "key"
    if _EDGE.search(left if label else close) or _EDGE_AFTER.match(right):
        return "edge"
    if EDGE_PREDICATE.match(right):
        return "edge"
    if _CONTRAST.search(left) or _CONTRAST.search(close):
        return "example"
    if _EXAMPLE.search(close) or (label and _EXAMPLE.search(left)):
        return "example"
    if not label and _SPOKEN.search(close) and not re.match(r"\W*(?:say|ask)", close):
        return "other"
    if _AS_EDGE.match(right) and not _SAVED.search(left):
        return "other"
    if _OTHERWISE.match(right):
        return "other"
    if _PUT.search(close) and _INTO.match(right):
        return "mention"
    if label or _VERB.search(close) or _APPEARS.match(right):
        return "mention"
    return "other"


def of_role(clause: Clause, role: str) -> Iterator[Group]:
    """The groups with one role."""
    return (g for g in groups(clause) if g.role == role)
