"""From an English sentence to a clause that patterns can read.

Quoted strings become marks ‹0›, ‹1› …, so that nothing inside them is taken for an instruction;
numbers become digits; the rest is lower case with single spaces and straight apostrophes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from annotator.constraints import asides, segment
from annotator.constraints.numerals import digits
from annotator.constraints.segment import Span
from annotator.domain.regex import regex

_QUOTED = regex(
    r"\"(?P<d>[^\"\n]{1,400})\"|“(?P<c>[^“”\n]{1,400})[”\"]|«(?P<g>[^«»\n]{1,400})»"
    r"|(?<![\w'])'(?P<s>(?:[^'\n]|(?<=\w)'(?=\w)){1,300}?)'(?!\w)"
    r"|(?<![\w‘])‘(?P<t>(?:[^‘’\n]|(?<=\w)’(?=\w)){1,300}?)’(?!\w)"
    r"|`(?P<b>[^`\n]{1,300})`"
)
_MARK = regex(r"‹(\d+)›")
_SPLIT_BOUND = regex(r"\b(at least|at most|exactly|no more than|no fewer than) in (\d+)\b")
_SPACE = regex(r"\s+")
_STYLE = regex(r"\*\*|__|(?<![\w*])\*(?=\w)|(?<=\w)\*(?![\w*])")


@dataclass(frozen=True)
class Quoted:
    """A quoted string of the original text: its contents and its place, marks included."""

    text: str
    start: int
    end: int


def quoted(text: str) -> list[Quoted]:
    """The quoted strings of ``text``, with double, curly, angle, single quotes or backticks."""
    return [
        Quoted(next(g for g in m.groups() if g is not None), m.start(), m.end())
        for m in _QUOTED.finditer(text)
    ]


@dataclass(frozen=True)
class Clause:
    """One sentence of an instruction made readable.

    Attributes:
        raw: the sentence as it was written.
        text: lower case, digits, quotes as ‹n›.
        quotes: what stood in the quotes, by n.
    """

    raw: str
    text: str
    quotes: tuple[str, ...]

    def quote(self, mark: str) -> str:
        """The quoted text that ``mark`` ("‹2›") stands for."""
        match = _MARK.search(mark)
        return self.quotes[int(match[1])] if match else ""

    def marks(self, piece: str) -> list[str]:
        """The quoted texts of all marks in ``piece``, in order."""
        return [self.quotes[int(m[1])] for m in _MARK.finditer(piece)]


_COLON_OF = regex(r"\bof\s*:\s*‹")
_LONGEST = 800
"""Code points of one sentence that are read."""


@lru_cache(maxsize=4096)
def clause(sentence: str) -> Clause:
    """Make ``sentence`` readable; never fails."""
    sentence = sentence[:_LONGEST]
    sentence = sentence.replace("‹", "<").replace("›", ">")
    pieces: list[str] = []
    kept: list[str] = []
    last = 0
    for found in quoted(sentence):
        pieces.append(sentence[last : found.start])
        pieces.append(f"‹{len(kept)}›" + ("," if found.text.rstrip().endswith(",") else ""))
        kept.append(found.text.strip())
        last = found.end
    pieces.append(sentence[last:])
    plain = _long_forms(_STYLE.sub("", "".join(pieces)).replace("’", "'"))
    plain = _SPACE.sub(" ", plain).strip()
    plain = _BRACKETED.sub(r"\1", _unquoted(plain, kept))
    plain = _COLON_OF.sub("of ‹", plain)
    text = asides.binding(_SPLIT_BOUND.sub(r"in \1 \2", digits(plain).lower()))
    return Clause(sentence, text, tuple(kept))


_SHORT = (
    (regex(r"\bcan't\b", re.I), "cannot"),
    (regex(r"\bwon't\b", re.I), "will not"),
    (regex(r"(?<=[a-z])n't\b", re.I), " not"),
)


def _long_forms(text: str) -> str:
    """ "don't" as "do not", so that one pattern reads both."""
    for short, long in _SHORT:
        text = short.sub(long, text)
    return text


_BARE = regex(
    r"(?P<label>\b[Tt]he (?:key)?word |\b[Tt]he term |\bkeyword )"
    r"(?P<word>(?!(?:count|limit|length|choice|order|must|should|is|that|in|at|to|of|and|or|for|per|"
    r"from|play|document|exactly|has|can|may|shall|will|needs|only|appears?|list|usage|itself)\b)"
    r"[A-Za-z][A-Za-z-]+)"
    r"(?=\s+(?:must|should|shall|at|exactly|in|twice|once|\w+ times|appears?|is|has|no more|more|"
    r"and must|only|may|cannot|as)\b|\s*[.,;]|\s*$)"
)
_JSON = regex(r"\bJSON\b", re.I)
_KEY = (
    r"(?!(?:and|or|values?|keys?|for|in|with|must|should|each|of|the|that|which|only|exactly|as|to|"
    r"are|is|be|at|no|not)\b)[A-Za-z_]\w*"
)
_BARE_KEYS = regex(
    r"(?P<label>\b(?:keys|fields|attributes|properties)"
    r"(?: (?:named|called|are|must be|should be))?:? )"
    rf"(?P<words>{_KEY}(?:, (?:and )?{_KEY})*,?(?: and {_KEY}|(?<=,) {_KEY}|(?<=\w), {_KEY}))"
    r"(?![\w‹])"
)
_BARE_LETTER = regex(
    r"(?P<label>\b[Tt]he letter )(?P<word>[A-Za-z])(?=\s*(?:[.,;:)]|$)|\s+(?:must|should|shall|may|"
    r"can|cannot|has|is|appears?|occurs?|at|exactly|no|in|more|fewer|less|and|or|only|between|\d+)\b)"
)
_BARE_YEAR = regex(
    r"(?P<label>\b[Tt]he year )(?P<word>\d{3,4})"
    r"(?=\s*(?:[,;]|\.?$)|\s+(?:and|must|should|at least|exactly|in|twice)\b)"
)
_BARE_INITIAL = regex(
    r"(?P<label>\b(?:[Bb]egin|[Ss]tart|[Ee]nd)(?:s|ning|ing)? with (?:an? )?)(?P<word>[A-Z])"
    r"(?=\s*(?:[,;:)]|\.(?!\w)|$)|\s+and\b)"
)
_BRACKETED = regex(r"\[\s*(‹\d+›(?:\s*,?\s*‹\d+›)*)\s*\]")
_BARE_LIST = regex(
    r"(?P<label>\b(?:key)?words:\s+)(?P<words>[A-Za-z-]+(?:,\s*(?:and\s+)?[A-Za-z-]+)+(?:,?\s+and\s+[A-Za-z-]+)?)"
)


def _unquoted(text: str, kept: list[str]) -> str:
    """Terms that are named without quotes ("the word harbor", "keywords: sea, sky") as marks."""

    def mark(word: str) -> str:
        kept.append(word)
        return f"‹{len(kept) - 1}›"

    def listed(match: re.Match[str]) -> str:
        words = re.split(r",\s*(?:and\s+)?|\s+and\s+", match["words"])
        return match["label"] + ", ".join(mark(w) for w in words)

    text = _BARE_LIST.sub(listed, text)
    if _JSON.search(text):
        text = _BARE_KEYS.sub(listed, text)
    text = _BARE_YEAR.sub(lambda m: m["label"] + mark(m["word"]), text)
    text = _BARE_INITIAL.sub(lambda m: m["label"] + mark(m["word"]), text)
    text = _BARE_LETTER.sub(lambda m: m["label"] + mark(m["word"]), text)
    return _BARE.sub(lambda m: m["label"] + mark(m["word"]), text)


def sentence_spans(text: str) -> list[Span]:
    """Sentences of an instruction; a stop inside quotes ends one only at the quote's end."""
    masked = list(text)
    for found in quoted(text):
        inner_end = found.end - 1
        keep = inner_end - 1 if text[inner_end - 1] in ".!?" else inner_end
        for i in range(found.start + 1, keep):
            masked[i] = "x" if not text[i].isspace() else " "
    spans = segment.sentences("".join(masked))
    return [Span(s.start, s.end, text[s.start : s.end]) for s in spans]


def clauses(text: str) -> Iterator[Clause]:
    """The readable sentences of ``text``, in order."""
    for span in sentence_spans(text):
        yield clause(span.text)
