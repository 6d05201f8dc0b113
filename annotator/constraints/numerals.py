"""Numbers as English writes them, and the bounds put on them ("no more than three")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from annotator.constraints.lexicon import listed
from annotator.domain.regex import regex

_ONES = listed(
    """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen
    fifteen sixteen seventeen eighteen nineteen
    """
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SMALL = {word: n for n, word in enumerate(_ONES)} | {w: 10 * (n + 2) for n, w in enumerate(_TENS)}
_SCALE = {"hundred": 100, "thousand": 1000}
_WORD = "|".join(sorted([*_SMALL, *_SCALE], key=len, reverse=True))
_PHRASE = regex(
    rf"\b(?:(?:an?|{_WORD})[\s-]+(?:hundred|thousand)\b(?:(?:\s+and)?[\s-]+(?:{_WORD})\b)*"
    rf"|(?:{'|'.join(_TENS)})[\s-](?:{'|'.join(_ONES[1:10])})\b"
    rf"|(?:{_WORD})\b)",
    re.I,
)
_PRONOUN_BEFORE = regex(
    r"\b(?:each|no|any|every|this|that|which|another|same|the|other|only the)\s+$"
)
_FIXED = (
    (regex(r"\ba\s+single\b", re.I), "1"),
    (regex(r"\bone\s+single\b", re.I), "1"),
    (regex(r"\bsingle(?=[\s-](?:sentence|paragraph|line|word|bullet|stanza))", re.I), "1"),
    (
        regex(
            r"(?:(?<=\bin )|(?<=\bacross )|(?<=\bof ))both(?:\s+of)?(?:\s+the)?"
            r"(?=\s+(?:paragraph|stanza|sentence|line|section)s\b(?!\s+(?:of|in|on|from)\b))"
            r"|\bboth(?=\s+(?:paragraph|stanza|sentence|line|section)s\s+"
            r"(?:must|should|ha(?:ve|s)|need)\b)",
            re.I,
        ),
        "all 2",
    ),
    (regex(r"\bhalf\s+a\s+dozen\b", re.I), "6"),
    (regex(r"\b(?:a|one)\s+dozen\b", re.I), "12"),
    (regex(r"\ba\s+(?:couple|pair)\s+of\b", re.I), "2"),
    (regex(r"\btwice\b", re.I), "2 times"),
    (regex(r"\bthrice\b", re.I), "3 times"),
    (regex(r"\bonce\b(?!\s+(?:you|the|it|he|she|they|we|i|upon|again)\b)", re.I), "1 times"),
    (regex(r"(?<=\d),(?=\d{3}\b)"), ""),
)
_ORDINALS = listed(
    """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
    """
)
ORDINAL = {word: n + 1 for n, word in enumerate(_ORDINALS)} | {
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    **{f"{n}th": n for n in range(4, 31)},
    "opening": 1,
    "initial": 1,
    "last": -1,
    "final": -1,
    "closing": -1,
    "concluding": -1,
    "ending": -1,
    "penultimate": -2,
    "introductory": 1,
    "introduction": 1,
    "beginning": 1,
    "conclusion": -1,
}
ORDINAL_WORD = {n + 1: word for n, word in enumerate(_ORDINALS)} | {-1: "last", -2: "penultimate"}


def value(words: str) -> int:
    """The number that ``words`` say ("one hundred and fifty" → 150)."""
    total, current = 0, 0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in _SMALL:
            current += _SMALL[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word == "thousand":
            total, current = total + max(current, 1) * 1000, 0
    return total + current


def digits(text: str) -> str:
    """``text`` with numbers in digits: "twice" → "2 times", "a single" → "1", "five" → "5"."""
    for pattern, plain in _FIXED:
        text = pattern.sub(plain, text)

    def replace(match: re.Match[str]) -> str:
        said = match[0].lower()
        if said == "one" and _is_pronoun(text, match):
            return match[0]
        return str(value(match[0]))

    return _PHRASE.sub(replace, text)


def _is_pronoun(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() : match.end() + 9].lower()
    before = text[max(0, match.start() - 12) : match.start()].lower()
    return bool(
        _PRONOUN_BEFORE.search(before) or re.match(r"\s+(?:another|or more of|of the)\b", after)
    )


@dataclass(frozen=True)
class Quantity:
    """A bound found in a text at ``[start, end)``; ``high`` None means no upper end.

    ``bare`` is a number without any bounding word, ``approx`` one that is only meant roughly.
    """

    start: int
    end: int
    low: int
    high: int | None
    bare: bool = False
    approx: bool = False


_N = r"(\d+)(?!\d)"
_RANGE = r"(\d+)\s*(?:-|–|—|to|or|through)\s*(\d+)"
_EXACT = r"(?:exactly|precisely|only|just|a total of|strictly|no more (?:and|or|nor) no less than)"
_LEAST = (
    r"(?:at\s+(?:the\s+)?(?:very\s+)?least|(?:no|not)\s+(?:fewer|less)\s+than|"
    r"(?:with\s+)?(?:a|the)?\s*minimum(?:\s+of|\s+is|:)?|"
    r"(?:more|greater|longer)\s+than\s+or\s+equal\s+to|min\.?)"
)
_MOST = (
    r"(?:at\s+(?:the\s+)?(?:very\s+)?most|(?:no|not)\s+(?:more|longer|greater|over|above)\s+than|"
    r"(?:no|not)\s+(?:over|above)|"
    r"(?:a|the)?\s*maximum(?:\s+of|\s+is|:)?|max\.?(?:\s+of)?|up\s+to|within|"
    r"(?:not|never|n't|without|nor|cannot|can't)(?:\s+to)?\s+(?:exceed|surpass|"
    r"(?:go|run|extend|stretch)\s+(?:over|beyond|past|above|to\s+more\s+than))"
    r"(?:ing|s)?|capped\s+at|(?:fewer|less)\s+than\s+or\s+equal\s+to)"
)
_MORE = r"(?:(?:more|greater|longer)\s+than|over|above|exceed(?:s|ing)?|beyond|upwards?\s+of)"
_FEWER = r"(?:(?:fewer|less|shorter|lower)\s+than|under|below)"
_LIMIT = (
    r"(?:limit(?:ed|ing|s)?\b[^.;]{0,60}?\bto|restrict(?:ed|ing)?\b[^.;]{0,60}?\bto|"
    r"cap(?:ped|ping|s)?\b[^.;]{0,60}?\bat)"
)
_ABOUT = r"(?:about|around|approximately|roughly|nearly|almost|some|close to|~)"
_BOUND = regex(
    "|".join(
        [
            rf"(?P<between>\bbetween\s+{_N}(?:\s+\w+)?\s+(?:and|to)\s+{_N})",
            rf"(?P<least>\b{_LEAST}\s+(?:of\s+)?{_N})(?!\s*(?:-|–|to)\s*\d)",
            rf"(?P<most>\b{_MOST}\s+(?:of\s+|exactly\s+)?{_N})(?!\s*(?:-|–|to)\s*\d)",
            rf"(?P<more>\b{_MORE}\s+{_N})",
            rf"(?P<fewer>\b{_FEWER}\s+{_N})",
            rf"(?P<limit>\b{_LIMIT}\s+{_N})(?!\s*(?:-|–|to)\s*\d)",
            rf"(?P<range>(?:\b(?:{_EXACT}|from)\s+)?(?<![\d.-])\b{_RANGE}\b)",
            rf"(?P<about>(?:\b|(?=~)){_ABOUT}\s*{_N})",
            rf"(?P<ormore>\b{_N}\s*(?:\+|or\s+more|or\s+greater|and\s+above|and\s+up))",
            rf"(?P<orless>\b{_N}\s+or\s+(?:fewer|less|under|below))",
            rf"(?P<exact>\b{_EXACT}\s+{_N})",
            rf"(?P<bare>(?<![\d.,-])\b{_N}\b(?![.,]\d))",
        ]
    )
)
_NEGATED = regex(
    r"\b(?:(?:no|not|never|none|neither|nor|cannot|don't|mustn't|shouldn't|can't|won't|doesn't)\b"
    r"[^.;:]*|(?:without|avoid(?:ing|s)?|refrain(?:ing)? from)(?:\s+\w+){0,3}\s*)$"
)
_FORBIDDEN = regex(
    r"\b(?:not|never|don't|mustn't|shouldn't|can't|cannot|won't|doesn't|without|avoid(?:ing|s)?|"
    r"refrain(?:ing)? from)(?:\s+\w+){0,3}\s*$"
)
_CLAUSE_START = regex(r"[.;:]|,?\s(?:and|but|with|while)\s|,\s")


def _negated(text: str, start: int) -> bool:
    """Whether a "not" (or "no paragraph") governs the bound that begins at ``start``."""
    left = text[:start]
    begin = 0
    for match in _CLAUSE_START.finditer(left):
        begin = match.end()
    return bool(_NEGATED.search(left[begin:]))


@lru_cache(maxsize=4096)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Every bounded number in ``text`` (which has its numbers in digits and is lower case).

    A number whose bound cannot be read for sure ("not at least three") is left out.
    """
    return tuple(_quantities(text))


def _quantities(text: str) -> Iterator[Quantity]:
    for match in _BOUND.finditer(text):
        kind = match.lastgroup or ""
        numbers = [int(g) for g in re.findall(r"\d+", match[0])]
        if any(n > 1_000_000 for n in numbers):
            continue
        found = _quantity(kind, numbers, text, match)
        if found is not None:
            yield found


def _quantity(kind: str, numbers: list[int], text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span()
    n = numbers[-1]
    negated = kind in ("more", "fewer") and _negated(text, start)
    if kind in ("exact", "bare", "least", "between", "range") and _FORBIDDEN.search(text[:start]):
        return None
    if kind in ("between", "range"):
        low, high = numbers[0], numbers[1]
        return Quantity(start, end, low, high) if low <= high else None
    if kind in ("least", "ormore") or (kind == "fewer" and negated):
        return Quantity(start, end, n, None)
    if kind in ("most", "orless", "limit") or (kind == "more" and negated):
        return Quantity(start, end, 0, n)
    if kind == "more":
        return Quantity(start, end, n + 1, None)
    if kind == "fewer":
        return Quantity(start, end, 0, n - 1) if n else None
    if kind == "about":
        return Quantity(start, end, n, n, approx=True)
    return Quantity(start, end, n, n, bare=kind == "bare")


def say_times(low: int, high: int | None) -> str:
    """A bound on occurrences: "exactly once", "at least 3 times"."""
    said = say_bounds(low, high)
    return f"{said[:-2]} once" if said.endswith(" 1") and "and" not in said else f"{said} times"


def say_bounds(low: int, high: int | None, *, approx: bool = False) -> str:
    """The canonical English of a bound: "exactly 3", "at least 3", "between 3 and 5"."""
    if approx:
        return f"about {low}"
    if high is None:
        return f"at least {low}"
    if low == high:
        return f"exactly {low}"
    return f"at most {high}" if low == 0 else f"between {low} and {high}"
