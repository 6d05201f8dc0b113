"""Replies in one alphabet, code point for code point, so that places stay true.

Fullwidth and Arabic punctuation, digits of all scripts, dashes, quotation marks, emphasis and
bullets become their plain ASCII counterparts or a space, HTML's rows lines of cells; the length
never changes.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from annotator.domain.regex import regex

_SAME: Final = {
    **{ord(c): "." for c in "。｡٫"},
    **{ord(c): "," for c in "、､،﹐"},
    **{ord(c): ";" for c in "؛﹔"},
    **{ord(c): ":" for c in "﹕∶︰"},
    **{ord(c): "%" for c in "٪﹪"},
    **{ord(c): "/" for c in "⁄∕／"},
    **{ord(c): "-" for c in "–—−‐‑‒―－"},
    **{ord(c): '"' for c in "“”„‟«»「」『』〝〞＂"},
    **{ord(c): "'" for c in "‘’‚‛"},
    **{ord(c): "[" for c in "【〔"},
    **{ord(c): "]" for c in "】〕"},
    **{ord(c): "\n" for c in "\u2028\u2029\x0b\x0c\x85"},
    **{ord(c): " " for c in "\r\t`$\\•·▪‣◦‧∙"},
}
_TAG: Final = regex(
    r"</?(?:b|strong|em|i|u|br|p|li|ul|ol|td|tr|th|span|div|h[1-6])\b[^<>\n]{0,80}>", re.IGNORECASE
)
_ROW: Final = regex(r"<tr\b.*?</tr>\s*", re.IGNORECASE | re.DOTALL)
_CELL_ENDS: Final = regex(r"</t[dh]\s*>", re.IGNORECASE)
_NAMED: Final = regex(
    r"<(?P<end>/?)(?P<name>(?:score_)?(?:component|constraint|criterion|total)(?:_score)?_?\d{0,2})>",
    re.IGNORECASE,
)
"""An element that is named after what it scores: ``<component_1>4/4</component_1>``."""
_INLINE: Final = regex(
    r"(?P<score>\d\s*/\s*\d{1,3}(?:\.\d+)?\s*[)\]]?)(?P<stop>[.,;]?)[^\S\n]"
    r"(?=\s*(?:\(?\d{1,2}[.)]\s+[^\W\d]|total\b))",
    re.IGNORECASE,
)
"""The end of a point of a list that goes on in its line: ``1) A boat (4/4) 2) Two lines (2/3)``."""
_LEADERS: Final = regex(r"\.{4,}")
_THOUGHT: Final = regex(r"<(think|thinking|thought)>.*?(?:</\1>|\Z)", re.IGNORECASE | re.DOTALL)
_EMPHASIS: Final = regex(r"(?<!\d)\*+|\*+(?!\d)|(?<![^\W_])__+|__+(?![^\W_])")
_SYMBOLS_FROM: Final = 0x2190


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    code = ord(character)
    if code in _SAME:
        return _SAME[code]
    if code < 128:
        return character
    if 0xFF01 <= code <= 0xFF5E:
        return chr(code - 0xFEE0)
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category in ("Zs", "Cf"):
        return " "
    if code == 0xFE0F or (category == "So" and code >= _SYMBOLS_FROM):
        return " "
    return character


def plain(text: str) -> str:
    """The reply in plain punctuation and digits, as long as it was, in code points.

    What a reasoning model thought aloud (``<think>…</think>``) is blanked: it is no score.
    """
    same = _THOUGHT.sub(_blank, "".join(map(_plain_character, text)))
    same = _NAMED.sub(_named, _ROW.sub(_line, same))
    for pattern in (_TAG, _EMPHASIS, _LEADERS):
        same = pattern.sub(_blank, same)
    return _INLINE.sub(_next_line, same)


def _next_line(point: re.Match[str]) -> str:
    """The end of a list's point as the end of a line."""
    return point["score"] + " " * len(point["stop"]) + "\n"


def without_thoughts(text: str) -> str:
    """The text as it was written, with what a reasoning model thought aloud made white."""
    return _THOUGHT.sub(_blank, text)


def blank(text: str, start: int, end: int) -> str:
    """The text with one stretch of it made white; line breaks stay."""
    return text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]


def _line(row: re.Match[str]) -> str:
    """An HTML table's row as one line of cells, as in Markdown."""
    cells = _CELL_ENDS.sub(lambda end: "|".ljust(len(end.group())), row.group().replace("\n", " "))
    return cells[:-1] + "\n"


def _named(element: re.Match[str]) -> str:
    """The begin of a named element as a label, its end as a stop."""
    return ";".ljust(len(element.group())) if element["end"] else f" {element['name']}:"


def _blank(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", match.group())
