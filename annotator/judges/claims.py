"""The scores that a reply's running text claims, each with the component it is claimed for."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.labels import TOTAL, Claim, Label, find_labels
from annotator.judges.mentions import concluded, unsettled
from annotator.judges.values import Trouble, Value, value_at

_FILL: Final = regex(
    r"(?:\s|[:=|\"'*(\[{>→⇒⟶]|(?<=\s)-(?=\s)|(?<=[^\s\d])-(?=\s)|(?<=\d)-(?=\s)|->|"
    r"\b(?:is|was|gets?|got|receives?|received|earns?|earned|scores?|scored|rating|points?|grade|graded|"
    r"awarded|given|has|deserves(?:\s+only)?|boxed|at|le|la|der|est|ist|es|è)\b|\b(?:a|the)\s+score\s+of\b|"
    r",(?=\s*(?:the|i|it|this)\b)|\bthe\b(?=\s+score\b)|\b(?:it|this)\b(?=\s+(?:gets|receives|earns|scores|is)\b)|"
    r"\bthe\s+(?:response|answer|model)\b(?=\s+(?:gets?|receives?|earns?|scores?d?)\b)|"
    r"\bi\s+(?:would\s+)?(?:give|award|assign)\b|"
    r"\bscore\s+of\b|\bpoints\s+for\b|(?:的|之)|(?:的|の)?(?:得分|分数|评分|スコア|得点|점수)|[为是得获は]){0,14}",
    re.IGNORECASE,
)
_DESCRIPTION: Final = regex(
    r"\s*(?:\((?:[^()\n]|\([^()\n]{0,200}\)){0,300}\)|\[[^\]\n]{0,300}\]|\"[^\"\n]{1,300}\"(?!\w)|"
    r"[,-]\s*\"[^\"\n]{1,300}\"(?!\w))"
)
_COUNT: Final = regex(r"\s*(?:of|/)\s*\d{1,2}(?=\s*[:(])", re.IGNORECASE)
_COMMA: Final = regex(r"\s*,\s*")
_BEFORE: Final = regex(
    r"(?<![\d.,/])(?P<v>\d{1,3}(?:[.,]\d{1,3})?[^\S\n]*(?:%|(?:/|out[^\S\n]+of|of)[^\S\n]*\d{1,3}(?:\.\d{1,3})?))"
    r"[^\S\n]*(?:points?|pts|marks?)?[^\S\n]+(?:for|on|to|in)[^\S\n]+(?:the[^\S\n]+)?\Z",
    re.IGNORECASE,
)
_NUMBER_BEFORE: Final = regex(
    r"\d[^\S\n]*(?:points?|pts\.?|marks?|%|分)?[^\S\n]*[)\]]?[^\S\n]*(?:[-:=(\[,]|->|for|to|in|on)?[^\S\n]*\Z",
    re.IGNORECASE,
)
_SECOND: Final = regex(r"[^\S\n]*[)\](:=-][)\](:=-]?[^\S\n]*[(\[]?(?=\d)")
_SCORE_LINE: Final = regex(
    r"(?:(?<=\n)|\A|(?<=[.;]\s))[\s>-]{0,12}(?:\d{1,2}[.)]\s*)?(?:awarded\s+)?(?:scores?|points|rating|得分|分数|评分|puntuaci[oó]n|note|"
    r"punkte|스코어|점수|スコア)\s*(?:awarded|given)?\s*[:=-]\s*",
    re.IGNORECASE,
)
_LINE_END: Final = regex(
    r"[\s)\]|.]*(?:points?|pts|marks?)?[\s)\]|.]*(?:\n|\Z|\s-\s|[,;(])", re.IGNORECASE
)
_ENDING_SCORE: Final = regex(
    r"[:(\[=|]\s*(?=\d{1,3}(?:\.\d+)?\s*(?:/|out\s+of|of)\s*\d)|\s-\s+(?=\d{1,3}(?:\.\d+)?\s*(?:/|out\s+of)\s*\d)",
    re.IGNORECASE,
)
_TAKEN_BACK: Final = regex(
    r"(?:\b(?:wait|actually|scratch\s+that|correction|i\s+mean|make\s+that|rather|instead|should\s+be|"
    r"revis\w+|correct(?:ed|ion)|(?:lower|reduc|rais|chang|adjust|downgrad|upgrad|increas|decreas)\w*"
    r"(?:\s+\w+){0,3}?\s+to|no,|sorry)\b|改为|应为|更正)[^\n]{0,60}?\d{1,3}(?:\.\d+)?\s*(?:/|out\s+of)\s*\d",
    re.IGNORECASE,
)


def text_claims(text: str, names: tuple[str, ...], types: Sequence[str]) -> list[Claim]:
    """The scores a plain text claims, in order; a label without a score claims nothing."""
    labels = find_labels(text, names)
    found = [claim for label in labels if (claim := _claim(text, label, types)) is not None]
    found += _score_lines(text, labels, found)
    found += _line_ends(text, labels, found)
    found += concluded(text, labels, found)
    found.sort(key=lambda claim: (claim.value.start, claim.weak != "", claim.start))
    kept = unsettled(text, labels, _apart(found))
    starts = sorted(claim.start for claim in kept)
    others = sorted((x.start, x.key) for x in labels if isinstance(x.key, int) and not x.weak)
    return [_unless_taken_back(text, claim, starts, others) for claim in kept]


def _claim(text: str, label: Label, types: Sequence[str]) -> Claim | None:
    before = _value_before(text, label)
    if before is not None:
        return Claim(label.key, before, before.start, label.end, weak=label.weak)
    ends = [label.end]
    count = _COUNT.match(text, label.end)
    if count is not None and isinstance(label.key, int) and label.key != TOTAL:
        ends.insert(0, count.end())
    for end in ends:
        value = _value_after(text, end, label)
        if value is None:
            described = _DESCRIPTION.match(text, end)
            value = _value_after(text, described.end(), label) if described else None
            other = _other_type(label, described.group(), types) if described else None
            if value is not None and described is not None and other:
                value = Trouble(other, described.start(), described.end())
        if value is not None:
            if label.shared:
                value = Trouble("one score is given for several components", value.start, value.end)
            return Claim(label.key, value, label.start, value.end, weak=label.weak)
    return None


def _value_before(text: str, label: Label) -> Value | Trouble | None:
    """The score in "3/4 for component 1"."""
    match = _BEFORE.search(text, max(0, label.start - 60), label.start)
    value = value_at(text, match.start("v")) if match else None
    return value if value is None or value.end <= label.start else None


def _value_after(text: str, at: int, label: Label) -> Value | Trouble | None:
    fill = _FILL.match(text, at)
    stop = fill.end() if fill else at
    if text.count("\n", at, stop) > 1:
        return None
    between = text[at:stop]
    direct = any(sign in between for sign in ":=|(→⇒⟶") or "score" in between.casefold()
    comma = _COMMA.match(text, stop) if not between.strip() else None
    if "|" in between and "\n" in between:
        return None
    loose = not label.weak and not re.search(r"[^\W\d_]|[:=|(→⇒⟶]", between)
    if loose and (_NUMBER_BEFORE.search(text, max(0, label.start - 40), label.start)):
        return None
    if loose and "\n" in (between + (comma.group() if comma else "")):
        return None
    value = value_at(text, comma.end() if comma else stop)
    if '"' in between and not re.search(r"[:=|]", between[: between.index('"')]):
        return None
    if isinstance(value, Trouble):
        soft = value.soft and not label.scored
        return replace(value, soft=soft) if direct or label.scored else None
    if value is None or value.kind != "bare":
        return value
    return value if direct and not comma and _bare_stands(text, value, label, between) else None


def _bare_stands(text: str, value: Value, label: Label, between: str) -> bool:
    """A number without its maximum counts behind "score", or where nothing but scores stands."""
    if "\n" in between:
        return False
    if label.scored or "score" in between.casefold() or "分" in between:
        return True
    return bool(_ALONE.match(text, value.end))


_ALONE: Final = regex(
    r"\s*(?:\)|\])?\s*(?:\Z|\n|\.?\s*\Z|\.[^\S\n]*\n|[,;|]\s*(?:and\s+)?(?:score|component|constraint|total|overall|\d+\s*[:)]|\"|\n|\Z|"
    r"[a-z_]{3,20}\s*[:=])|\.\s+(?:score|component|constraint|total|overall)\b|\s+and\s+(?:component|total|overall)|-\s)",
    re.IGNORECASE,
)


def _other_type(label: Label, described: str, types: Sequence[str]) -> str | None:
    """Why a number and a type do not go together: "component 2 (describe)" is no describe."""
    said = described.strip(" ()[]\"',-").casefold().replace(" ", "_")
    known = [name.casefold() for name in types]
    number = label.key
    if said not in known or not isinstance(number, int) or not 0 < number <= len(known):
        return None
    if known[number - 1] == said:
        return None
    return f"the reply calls component {number} {said!r}, but its type is {types[number - 1]!r}"


def _score_lines(text: str, labels: list[Label], found: list[Claim]) -> Iterator[Claim]:
    """A line "Score: 3/4" under the heading of a component."""
    claimed = {claim.start for claim in found}
    taken = {claim.value.start for claim in found}
    heads = [x for x in labels if x.key != TOTAL and not x.weak and _opens_line(text, x)]
    used: set[int] = set()
    for match in _SCORE_LINE.finditer(text):
        value = value_at(text, match.end())
        head = max(
            (x for x in heads if x.end <= match.start()), key=lambda x: x.start, default=None
        )
        if head is None or value is None or value.start in taken or head.start in claimed:
            continue
        if head.start in used:
            value = Trouble("two scores stand under one heading", value.start, value.end)
        used.add(head.start)
        yield Claim(head.key, value, head.start, value.end)


def _opens_line(text: str, label: Label) -> bool:
    line = text[text.rfind("\n", max(0, label.start - 80), label.start) + 1 : label.start]
    if len(line) > 80:
        return False
    return not re.sub(r"[\s#>\d.)(\"'-]|score|of|for|evaluation|the", "", line.casefold())


def _line_ends(text: str, labels: list[Label], found: list[Claim]) -> Iterator[Claim]:
    """A line that names a component and ends with its score: weak, the words could be reasons."""
    claimed = {claim.start for claim in found}
    for label in labels:
        if label.start in claimed or label.key == TOTAL or not _opens_line(text, label):
            continue
        end = text.find("\n", label.end)
        line_end = end if end >= 0 else len(text)
        starts = [m.end() for m in _ENDING_SCORE.finditer(text, label.end, line_end)]
        value = value_at(text, starts[0]) if len(starts) == 1 else None
        if isinstance(value, Value) and _LINE_END.match(text, value.end):
            yield Claim(label.key, value, label.start, value.end, weak="end of line")


def _apart(found: list[Claim]) -> list[Claim]:
    """Of claims on one and the same score the one that has the better label."""
    kept: list[Claim] = []
    for claim in found:
        if kept and claim.value.start < kept[-1].value.end:
            continue
        kept.append(claim)
    return kept


def _unless_taken_back(
    text: str, claim: Claim, starts: Sequence[int], others: Sequence[tuple[int, int]]
) -> Claim:
    """Trouble where the words after the score correct it: "3/4, no, 2/4".

    Words about another component correct that one, see ``mentions.unsettled``.
    """
    second = _SECOND.match(text, claim.value.end)
    other = value_at(text, second.end(), loose=False) if second else None
    if (
        isinstance(claim.value, Value)
        and isinstance(other, Value)
        and not _equal(claim.value, other)
    ):
        reason = "two scores stand side by side"
        return replace(claim, value=Trouble(reason, claim.value.start, other.end))
    limit = min(len(text), claim.end + 160)
    line = text.find("\n", claim.end, limit)
    limit = line if line >= 0 else limit
    at = bisect_left(starts, claim.end)
    limit = min([limit, *starts[at : at + 1]])
    for place in range(bisect_left(others, (claim.end, 0)), len(others)):
        start, key = others[place]
        if start >= limit:
            break
        if key not in (claim.key, TOTAL):
            limit = start
    if isinstance(claim.value, Trouble) or not _TAKEN_BACK.search(text, claim.end, limit):
        return claim
    reason = "the words after the score correct it"
    return replace(claim, value=Trouble(reason, claim.value.start, claim.value.end))


def _equal(one: Value, other: Value) -> bool:
    """The same score, also where one is written as a percentage, which may be rounded."""
    if one.kind == "share":
        one, other = other, one
    if one.kind == other.kind or not one.possible:
        return (one.awarded, one.possible) == (other.awarded, other.possible)
    return abs(one.awarded / one.possible - other.awarded) <= 0.005
