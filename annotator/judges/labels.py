"""What names a component or the total in a reply, in the languages judges answer in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.values import WORDS, Trouble, Value

TOTAL: Final = 0
"""The key of the total; components are numbered from 1."""

_ORDINAL_WORDS: Final = (
    "first", "second", "third", "fourth", "fifth",
    "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
_ORDINALS: Final = {word: number for number, word in enumerate(_ORDINAL_WORDS, start=1)}
_CJK_NUMBERS: Final = {c: n for n, c in enumerate("一二三四五六七八九十", start=1)}

_THING: Final = (
    r"(?:sub[-\s]?)?(?:components?|instructions?|constraints?|criterion|criteria|requirements?|parts?)|"
    r"composante?s?|componentes?|componenti|komponenten?|teil|bestandteil|компонент\w{0,2}|"
    r"المكون|للمكون|مكون|bileşen"
)
_CJK_THING: Final = (
    "(?:组成部分|組成部分|组件|組件|部分|成分|约束|子指令|要求|要素|コンポーネント|구성\\s?요소)"
)
_NUMBER: Final = rf"(?:\d{{1,3}}|{'|'.join(WORDS)})"
_NOT_WITHIN: Final = r"(?:(?<![^\W_])|(?<=scoreof)|(?<=scorefor))"
_ENDS: Final = r"(?:(?![^\W_])|(?=[的得のは]))"
"""Chinese and Japanese go on without a space: ``constraint_1得分``."""

_NUMBERED: Final = regex(
    rf"{_NOT_WITHIN}(?:{_THING})[\s_-]*(?:no\.?|number|nr\.?|\#|№|n[°º])?[\s_-]{{0,3}}(?P<n>{_NUMBER}){_ENDS}"
    rf"(?:[\s_-](?=score|points|rating))?"
    rf"|{_CJK_THING}\s*(?P<c>\d{{1,2}}|[一二三四五六七八九十])(?!\d)"
    rf"|第\s*(?P<d>\d{{1,2}}|[一二三四五六七八九十])\s*(?:个|项|條|条)?\s*{_CJK_THING}?"
    rf"|{_NOT_WITHIN}(?P<o>{'|'.join(_ORDINALS)}|\d(?=st|nd|rd|th))(?:st|nd|rd|th)?\s+(?:{_THING})\b",
    re.IGNORECASE,
)
_WEAK_NUMBER: Final = regex(r"(?:(?<=\n)|\A|[,;]\s*)[^\S\n]*\(?(?P<n>\d{1,2})\s*[.):]\s*(?=\S)")
_SHORT: Final = regex(r"(?<![^\W_])C(?P<n>\d)(?![^\W_])")
_TOTAL: Final = regex(
    rf"{_NOT_WITHIN}(?:(?:grand\s+)?total|overall|final|aggregate|combined|sum)(?:\s+(?:total|overall|final))?"
    r"(?:[\s_-]*(?:score|points|rating|marks?|grade|result))?(?![^\W_])"
    r"|总得?分|總得?分|总计|合计|合計|総合\w*|총점|Σ|المجموع|الدرجة الكلية"
    rf"|{_NOT_WITHIN}(?:gesamt\w*|puntuaci[oó]n\s+total|score\s+total|note\s+totale|"
    r"punteggio\s+totale|pontuação\s+total|итог\w*)",
    re.IGNORECASE,
)
_SHARED: Final = regex(
    r"(?:\s*(?:and|&|to|through|,|/)\s*(?:component\s*)?|-)\d{1,2}"
    r"(?![\d.]*\s*(?:/|out\b|of\b|%|points|，))(?!\d)(?=\s*(?:[:=,-]|and\b|each\b|get\b|both\b|are\b|is\b))",
    re.IGNORECASE,
)
_SCORE_BEFORE: Final = regex(
    r"(?:scores?|points?|rating|marks?|grade|得分|分数|评分|評分|puntuaci[oó]n|pontuação|note|punkte|punktzahl|"
    r"punteggio|оценка|баллы?|النتيجة|الدرجة)\s*(?:of|for|on|de|del|do|du|della|für|за)?\s*(?:the\s*)?\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Label:
    """A place that names a component (from 1) or the total (0).

    ``shared`` names several components at once. ``scored`` has the word "score" before it.
    ``weak`` says how little it is to go by: empty, or the kind of label.
    """

    key: int | str
    start: int
    end: int
    scored: bool = False
    shared: bool = False
    weak: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A score for one component (numbered from 1), for the total (0) or for a name.

    ``start`` and ``end`` reach from the label to the score. ``source`` tells running text from a
    table or JSON: claims of one source make a block. ``weak`` as in Label.
    """

    key: int | str
    value: Value | Trouble
    start: int
    end: int
    source: str = "text"
    weak: str = ""


def find_labels(text: str, names: tuple[str, ...]) -> list[Label]:
    """All labels of a plain text in order; ``names`` are types or wordings without repeats."""
    strong = [*_numbered(text), *_totals(text)]
    taken = [(label.start, label.end) for label in strong]
    rest = [*_weak(text), *_named(text, names)]
    free = [x for x in rest if not any(x.start < end and start < x.end for start, end in taken)]
    return sorted([*strong, *free], key=lambda label: label.start)


def _numbered(text: str) -> Iterator[Label]:
    for match in _NUMBERED.finditer(text):
        written = match["n"] or match["c"] or match["d"] or match["o"]
        shared = _SHARED.match(text, match.end()) is not None
        scored = _SCORE_BEFORE.search(text, max(0, match.start() - 30), match.start()) is not None
        yield Label(_number(written), match.start(), match.end(), scored, shared)


def _number(written: str) -> int:
    word = written.casefold()
    known = {**WORDS, **_ORDINALS, **_CJK_NUMBERS}
    found = known[word] if word in known else int(word)
    return found if found > 0 else -1


def _totals(text: str) -> Iterator[Label]:
    for match in _TOTAL.finditer(text):
        yield Label(TOTAL, match.start(), match.end(), scored=True)


def _weak(text: str) -> Iterator[Label]:
    for match in _WEAK_NUMBER.finditer(text):
        yield Label(_number(match["n"]), match.start(), match.end(), weak="list number")
    for match in _SHORT.finditer(text):
        yield Label(_number(match["n"]), match.start(), match.end(), weak="short name")


def _named(text: str, names: tuple[str, ...]) -> Iterator[Label]:
    for name in sorted(set(names), key=len, reverse=True):
        for match in _name_pattern(name).finditer(text):
            yield Label(name, match.start("name"), match.end())


def _name_pattern(name: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in re.split(r"[\s_-]+", name.strip()) if part]
    spelt = r"[\s_-]+".join(parts)
    return re.compile(
        rf"(?:\A|[\n,;.|]|(?:score|points|rating)\s+(?:of|for|on)\b(?:\s+the)?)"
        rf"[\s\"'-]{{0,12}}(?:\d{{1,2}}[.)]\s*)?(?P<name>{spelt})(?![^\W_])\s*(?:\([^()\n]{{0,80}}\)\s*)?"
        r"(?=[\s\"']*[:=(|-])",
        re.IGNORECASE,
    )
