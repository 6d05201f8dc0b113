"""A score at one place of a plain text: "3/4", "3 out of 4", "75 %", "half the points", "3".

A value counts only where what follows it lets it stand: in "2/3 of the image", "3 of 4 windows"
or "4/4 - 1 point = 3/4" there is no score that could be read for sure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from annotator.domain.regex import regex

Kind = Literal["fraction", "share", "bare"]


@dataclass(frozen=True, slots=True)
class Value:
    """A score as it was written.

    ``fraction`` is awarded out of ``possible``; ``share`` is a part of the possible points (0.75
    for 75 %); ``bare`` is a number without its maximum.
    """

    kind: Kind
    awarded: Fraction
    possible: Fraction | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something stands where a score should, but it cannot be read for sure.

    ``soft`` is what reasons also say ("component 2: 3-4 sentences"): beside a score that can be
    read it counts for nothing.
    """

    reason: str
    start: int
    end: int
    soft: bool = False


WORDS: Final = {
    word: number
    for number, words in enumerate(
        (
            "zero nought",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
        )
    )
    for word in words.split()
}
_PARTS: Final = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5}
_VULGAR: Final = {"½": Fraction(1, 2), "¼": Fraction(1, 4), "¾": Fraction(3, 4)}

_MORE: Final = {
    "half": Fraction(1, 2), "½": Fraction(1, 2), "1/2": Fraction(1, 2),
    "quarter": Fraction(1, 4), "quarters": Fraction(1, 4), "1/4": Fraction(1, 4),
    "3/4": Fraction(3, 4),
}  # fmt: skip

_WORD: Final = "|".join(WORDS)
_DIGITS: Final = r"\d{1,6}"
_NUMBER: Final = rf"(?:{_DIGITS}(?:\.{_DIGITS})?[½¼¾]?|[½¼¾])"
_COMMA: Final = rf"{_DIGITS},{_DIGITS}"
_UNIT: Final = r"(?:points?|pts\.?|marks?|分|점|点|punkten?|puntos?|punti|pontos?)"
_POINTS: Final = rf"(?:(?:available|possible|total|maximum)\s+)?(?:{_UNIT}|credit|score)"
_OF: Final = (
    r"(?:/|\b(?:out\s+)?of\b(?:\s+(?:a\s+)?(?:possible|maximum(?:\s+of)?|total\s+of))?|"
    r"\b(?:von|sur|su|de|из)\b)"
)
_FLAGS: Final = re.IGNORECASE

_HALVES: Final = (
    r"(?:\s+(?:and\s+)?(?:(?:a|one)\s+half|½|1/2|(?:a|one)\s+quarter|1/4|three\s+quarters|3/4))"
)
_MIXED: Final = regex(
    rf"(?P<whole>{_DIGITS}|{_WORD})\s+(?:and\s+)?(?:(?:a|one)\s+)?(?P<more>half|½|1/2|quarter|1/4|three\s+quarters|3/4)"
)
_FRACTION: Final = regex(
    rf"(?P<a>(?:{_DIGITS}|\b(?:{_WORD})\b){_HALVES}(?=\s*{_UNIT}?\s*{_OF})|{_COMMA}(?=\s*{_OF})|{_NUMBER}|\b(?:{_WORD})\b)\s*{_UNIT}?\s*{_OF}\s*"
    rf"(?P<b>{_NUMBER}|\b(?:{_WORD})\b)(?P<more>,{_DIGITS}(?=\D|$))?",
    _FLAGS,
)
_LATEX: Final = regex(rf"frac\{{\s*(?P<a>{_NUMBER})\s*\}}\{{\s*(?P<b>{_NUMBER})\s*\}}", _FLAGS)
_PART: Final = regex(
    rf"(?P<a>\d{{1,2}})\s*/\s*(?P<b>[1-9]\d?)\s+of\s+(?:the\s+)?{_POINTS}\b", _FLAGS
)
_PERCENT: Final = regex(
    rf"(?P<a>{_COMMA}|{_NUMBER})\s*(?:%|per\s?cent\b)(?:\s*of\s+(?:the\s+)?{_POINTS})?", _FLAGS
)
_SHARE: Final = regex(
    rf"(?:(?P<full>full|all(?:\s+the)?|maximum)\s+{_POINTS}\b|(?P<none>no|zero)\s+(?:{_UNIT}|credit)(?![^\W\d_])|"
    rf"(?P<half>half)(?:\s+of)?(?:\s+the)?\s+{_POINTS}\b|"
    rf"(?P<count>an?|one|two|three|four|[1-4])[\s-](?P<part>half|halves|third|quarter|fourth|fifth)s?"
    rf"\s+of\s+the\s+{_POINTS}\b|(?P<vulgar>[½¼¾])\s*of\s+the\s+{_POINTS}\b|"
    r"(?P<whole>满分)(?!\s*\d)|(?P<nil>零分))",
    _FLAGS,
)
_HALF: Final = regex(r"half(?=\s*(?:[,;.)\n]|\Z))", _FLAGS)
_BARE: Final = regex(
    rf"(?P<a>{_COMMA}(?=\s*(?:\Z|[\n;)]|{_UNIT}))|{_NUMBER}|\b(?:{_WORD})\b)(?:\s*{_UNIT})?", _FLAGS
)
_MAXIMUM: Final = regex(
    rf"\s*[(\[,]?\s*(?:out\s+of|of|max(?:imum)?\.?(?:\s+of)?\s*[:=]?|/|满分(?:为|是)?\s*:?)\s*"
    rf"(?P<b>{_NUMBER})\s*{_UNIT}?\s*[)\]]?",
    _FLAGS,
)
_NOT_GIVEN: Final = regex(
    r"(?:n\s*/\s*a\b|n\.a\.|not\s+(?:applicable|available|scored|given|rated|assessable)|none(?=\s*(?:[,;.)\]\n]|\Z))|null\b|"
    r"undefined\b|unknown\b|unscored\b|unable\b|cannot\b|can't\b|nan\b|tbd\b|\?+(?:\s*/\s*\d+)?|不适用|无法)",
    _FLAGS,
)
_GARBAGE: Final = regex(r"[-+~<>=]?\s*(?:\d|\.\d)[\d.,/%+~½¼¾-]*", _FLAGS)

_UNIT_AFTER: Final = regex(rf"\s*{_UNIT}(?![^\W\d_])", _FLAGS)
_DOUBT: Final = regex(
    r"[^\S\n]*(?:\?|/|%|->|=>|[→⇒⟶]|(?:or|to|and|vs\.?|versus)\s+\d|[+×^]\s*\d|[*]\s*\d|"
    r"-\s*\d+(?:\.\d+)?\s*(?:=|/|points?\b|pts\b|marks\b)|-\d|[.,]\d|=\s*(?!\s*\d+(?:\.\d+)?\s*%)\d|\d|[½¼¾]|~)",
    _FLAGS,
)
_STARTERS: Final = (
    "A|All|Although|An|And|As|Because|Both|But|Comment|Comments|Component|Constraint|Despite|Due|"
    "Each|Every|Explanation|For|However|I|In|It|Its|Justification|No|None|Not|Nothing|On|Only|Rationale|"
    "Reason|Reasoning|Reasons|Response|Score|Since|Sub|Summary|That|The|There|These|They|This|Total|"
    "Two|Three|Four|Five|While|With|Too|Good|Well|Very|Excellent|Perfect|Fully|Partially|Partly|"
    "Does|Did|Missing|Correct|Incorrect|Correctly|Accurate|Yes|Clear|Clearly|Great|Overall|Final|Feedback|Criterion"
)
_STANDS: Final = regex(
    r"\s*(?:\Z|[;)\]}|\"'!(\[]|,(?!\d)|\.(?!\d)|:(?!\s*\d)|-)|[^\S\n]*\n|\s*=\s*\d{1,3}(?:\.\d+)?\s*%|"
    rf"\s+(?:{_STARTERS})\b|"
    r"\s+(?i:score|component|constraint|total|and|but|because|since|as|due|for|given|although|though|"
    r"while|awarded|overall|with|where|when|which)\b|"
    r"\s*(?:Σ|因为|由于|总分|总得分|第|组件|得分|合計|और|و)",
)


def value_at(text: str, at: int, *, loose: bool = True) -> Value | Trouble | None:
    """The score that begins at ``at``, in a text made by ``plain``.

    Args:
        loose: whether a bare number counts too.

    Returns:
        None where nothing like a score stands there, or where it is part of a sentence about
        something else; Trouble where a score stands that cannot be read for sure.
    """
    for pattern, make in _SHAPES:
        match = pattern.match(text, at)
        if match is not None:
            return _standing(text, make(match), loose=loose)
    not_given = _NOT_GIVEN.match(text, at)
    if not_given is not None:
        shown = not_given.group()
        soft = not shown.casefold().startswith(("n", "?"))
        return Trouble(f"no score is given: {shown!r}", at, not_given.end(), soft)
    garbage = _GARBAGE.match(text, at)
    if garbage is not None and _STANDS.match(text, garbage.end()):
        shown = garbage.group()
        return Trouble(f"{shown!r} cannot be read as a score for sure", at, garbage.end(), True)
    return None


def _standing(text: str, value: Value | None, *, loose: bool) -> Value | Trouble | None:
    """The value if what follows lets it stand, with its maximum where one follows."""
    if value is None:
        return None
    if value.kind == "bare":
        maximum = _MAXIMUM.match(text, value.end)
        if maximum is not None:
            possible = number(maximum["b"])
            value = Value("fraction", value.awarded, possible, value.start, maximum.end())
        elif not loose:
            return None
    unit = _UNIT_AFTER.match(text, value.end)
    end = unit.end() if unit else value.end
    if _DOUBT.match(text, end):
        shown = text[value.start : end + 6].split("\n")[0].strip()
        soft = value.kind == "bare" or text[end : end + 1] == "/"
        return Trouble(f"{shown!r} can be read in more than one way", value.start, end, soft)
    return value if _STANDS.match(text, end) else None


def number(written: str) -> Fraction:
    """The exact number that digits, a decimal point or comma, ½ or an English word stand for."""
    word = written.casefold()
    if word in WORDS:
        return Fraction(WORDS[word])
    mixed = _MIXED.fullmatch(word)
    if mixed is not None:
        return number(mixed["whole"]) + _MORE[mixed["more"].split()[-1]] * (
            3 if mixed["more"].startswith("three") else 1
        )
    extra = _VULGAR.get(written[-1], Fraction(0))
    digits = written.rstrip("½¼¾").replace(",", ".")
    return (Fraction(Decimal(digits)) if digits else Fraction(0)) + extra


def _fraction(match: re.Match[str]) -> Value | None:
    possible = number(match["b"])
    if "more" in match.groupdict() and match["more"]:
        if "," not in match["a"]:
            return None
        possible = number(match["b"] + match["more"])
    return Value("fraction", number(match["a"]), possible, *match.span())


def _percent(match: re.Match[str]) -> Value:
    return Value("share", number(match["a"]) / 100, None, *match.span())


def _share(match: re.Match[str]) -> Value:
    if match["full"] or match["whole"]:
        part = Fraction(1)
    elif match["none"] or match["nil"]:
        part = Fraction(0)
    elif match["half"]:
        part = Fraction(1, 2)
    elif match["vulgar"]:
        part = _VULGAR[match["vulgar"]]
    else:
        count = match["count"].casefold()
        times = Fraction(1) if count in ("a", "an") else _count(count)
        part = times / _PARTS[match["part"].casefold()]
    return Value("share", part, None, *match.span())


def _count(written: str) -> Fraction:
    return number(written)


def _half(match: re.Match[str]) -> Value:
    return Value("share", Fraction(1, 2), None, *match.span())


def _bare(match: re.Match[str]) -> Value:
    return Value("bare", number(match["a"]), None, *match.span())


def _part(match: re.Match[str]) -> Value:
    return Value("share", Fraction(int(match["a"]), int(match["b"])), None, *match.span())


_SHAPES: Final = (
    (_PART, _part),
    (_FRACTION, _fraction),
    (_LATEX, _fraction),
    (_PERCENT, _percent),
    (_SHARE, _share),
    (_HALF, _half),
    (_BARE, _bare),
)
