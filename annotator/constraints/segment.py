"""Cutting a response into words, sentences, paragraphs, lines, lists, headings and the like.

Nothing is downloaded: the sentence splitter is a rule of its own that gives what NLTK's English
Punkt model gives on ordinary prose. Definitions of words and paragraphs follow MM-IFEval's
published verifiers (arXiv 2504.07957). Every span counts code points of the text it was cut from.
Releases carry this file to evaluation kits, so it imports nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Span:
    """A half-open piece ``[start, end)`` of a text, in code points, with its text."""

    start: int
    end: int
    text: str


_PARAGRAPH = re.compile(r"\S(?:[^\n]|\n(?![^\S\n]*\n|[^\S\n]*\Z))*")
_NOT_WORD = re.compile(r"[^\w\s.\-]")
_HAS_ALNUM = re.compile(r"[^\W_]")
_TOKEN = re.compile(r"\S+")
_LINE = re.compile(r"[^\n]*\S[^\n]*")
_HEADER = re.compile(r"^[ ]{0,3}(#{1,6})[ \t]+(\S.*?)[ \t]*$", re.M)
_BULLET = re.compile(r"^[ \t]*[-*+•‣◦·–]\s+(\S.*)$", re.M)
_NUMBERED = re.compile(r"^[ \t]*(?:\d{1,3}|[a-zA-Z])[.)]\s+(\S.*)$", re.M)
_LIST_LINE = re.compile(r"^[ \t]*(?:[-*+•‣◦·–]|\d{1,3}[.)])\s+\S")
_RULE = re.compile(r"^[ ]{0,3}(?:-(?:[ ]*-){2,}|\*(?:[ ]*\*){2,}|_(?:[ ]*_){2,})[ \t]*$", re.M)
_TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$", re.M)
_FENCE = re.compile(r"^[ ]{0,3}(```|~~~)[^\n]*\n(.*?)^[ ]{0,3}\1[ \t]*$", re.M | re.S)

_ENDING = re.compile(r"[.!?…。！？]+[\"'”’)\]*_»]*(?=\s|\Z)|[。！？]")
_SHORT = """
    mr mrs ms dr prof sr jr st vs etc inc ltd co corp no fig vol pp p ed eds al approx dept
    est gen gov hon rep sen lt col sgt capt rev mt ft e.g i.e a.m p.m u.s u.k u.n cf ca ave
    blvd rd min max jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun
    """
_ABBREVIATIONS = frozenset(_SHORT.split())
_BEFORE_NUMBERS = frozenset(["no", "min", "max"])
"""Abbreviations where a number follows, words elsewhere."""
_SENTENCE_ENDERS_AFTER_ABBREVIATION = frozenset(["etc", "a.m", "p.m", "inc", "co", "jr", "sr"])


def words(text: str) -> list[str]:
    """Words as MM-IFEval counts them, less tokens without a letter or digit (a lone dash).

    All characters but letters, digits, ``_``, white space, ``.`` and ``-`` are dropped, then the
    text is split at white space: "it's" is one word, "well-known" is one word.
    """
    return [w for w in _NOT_WORD.sub("", text).split() if _HAS_ALNUM.search(w)]


def word_spans(text: str) -> list[Span]:
    """The white-space tokens of ``text`` that hold a letter or digit."""
    found = _TOKEN.finditer(text)
    return [Span(m.start(), m.end(), m[0]) for m in found if _HAS_ALNUM.search(m[0])]


def paragraphs(text: str) -> list[Span]:
    """Blocks between blank lines; a line of white space only is blank."""
    return [_trim(text, m.start(), m.end()) for m in _PARAGRAPH.finditer(text)]


def lines(text: str) -> list[Span]:
    """Lines that are not blank."""
    return [_trim(text, m.start(), m.end()) for m in _LINE.finditer(text)]


def _trim(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return Span(start, start + len(piece.strip()), piece.strip())


def sentences(text: str) -> list[Span]:
    """Sentences of ``text``, in order.

    A sentence ends at ``.``, ``!``, ``?`` or ``…`` (with closing quotes or brackets) before white
    space, unless the stop belongs to an abbreviation, an initial, a list number, or the next word
    goes on in lower case after an ellipsis. A block without closing punctuation (a salutation, a
    title) belongs to the sentence after it, as in Punkt; headings of Markdown and list items
    are cut apart, which Punkt does not do.
    """
    found: list[Span] = []
    for start, end in _runs(text):
        found.extend(_sentences_of_run(text, start, end))
    return found


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Stretches within which a sentence may go on: headings and list items end one."""
    start = 0
    for match in re.finditer(r"[^\n]*(?:\n|\Z)", text):
        line = match[0]
        if _HEADER.match(line.rstrip("\n")) or _RULE.match(line.rstrip("\n")):
            yield start, match.start()
            start = match.end()
        elif _LIST_LINE.match(line):
            yield start, match.start()
            start = match.start()
    yield start, len(text)


def _sentences_of_run(text: str, start: int, end: int) -> Iterator[Span]:
    begin = start
    for match in _ENDING.finditer(text, start, end):
        if match.start() < begin or not _really_ends(text, begin, match, end):
            continue
        span = _trim(text, begin, match.end())
        if span.text and _HAS_ALNUM.search(span.text):
            yield span
        begin = match.end()
    span = _trim(text, begin, end)
    if span.text and _HAS_ALNUM.search(_LIST_MARK.sub("", span.text)):
        yield span


_LIST_MARK = re.compile(r"^(?:[-*+•‣◦·–]|\d{1,3}[.)])\s*")


_NEAR = 60
"""Code points around a stop that decide whether it ends a sentence."""


def _really_ends(text: str, begin: int, match: re.Match[str], end: int) -> bool:
    mark = match[0]
    following = text[match.end() : min(end, match.end() + _NEAR)].lstrip()
    if mark[0] in "!?。！？":
        return not (mark[-1] in "\"'”’)" and following[:1].islower())
    if mark.startswith(("…", "..")):
        return not following or not following[:1].islower()
    before = text[max(begin, match.start() - _NEAR) : match.start()].split()
    last = re.sub(r"^[\"'“‘(\[*_]+", "", before[-1]) if before else ""
    if len(mark) > 1 and mark[-1] in "\"'”’)" and following[:1].islower():
        return False
    return not _is_abbreviation(last, len(before), following)


def _is_abbreviation(last: str, words_before: int, following: str) -> bool:
    """Whether the stop after ``last`` is part of it rather than the end of a sentence."""
    bare = last.lower().rstrip(".")
    if not following:
        return False
    if re.fullmatch(r"\d{1,3}", last) and words_before == 1:
        return True
    if re.fullmatch(r"[A-Z]", last) and last != "I":
        return following[:1].isupper() or following[:1].islower()
    if bare in _ABBREVIATIONS:
        goes_on = following[:1].islower() or following[:1].isdigit()
        if bare in _BEFORE_NUMBERS:
            return following[:1].isdigit()
        return goes_on or bare not in _SENTENCE_ENDERS_AFTER_ABBREVIATION
    return bool(re.fullmatch(r"(?:[a-z]\.)+[a-z]", bare)) and following[:1].islower()


@dataclass(frozen=True)
class ListItem:
    """One item of a list: its span without the marker, and whether it is numbered."""

    span: Span
    numbered: bool


def list_items(text: str) -> list[ListItem]:
    """Bulleted (``-``, ``*``, ``+``, ``•`` …) and numbered (``1.``, ``a)``) items, in order."""
    found = [
        ListItem(Span(m.start(1), m.end(1), m[1].rstrip()), numbered)
        for pattern, numbered in ((_BULLET, False), (_NUMBERED, True))
        for m in pattern.finditer(text)
        if not _RULE.match(m[0])
    ]
    letters = [i for i in found if i.numbered and text[i.span.start - 3 : i.span.start].isalpha()]
    return sorted((i for i in found if i not in letters), key=lambda item: item.span.start)


def lists(text: str, *, numbered: bool) -> list[Span]:
    """Runs of items of one sort; other text between two items starts a new list."""
    groups: list[list[Span]] = []
    last_end = -1
    for item in list_items(text):
        if item.numbered != numbered:
            last_end = -1
            continue
        gap = text[last_end : item.span.start] if last_end >= 0 else "x"
        if last_end < 0 or _HAS_ALNUM.search(re.sub(r"(?m)^[ \t]*\w{1,3}[.)]\s", "", gap)):
            groups.append([])
        groups[-1].append(item.span)
        last_end = item.span.end
    return [Span(g[0].start, g[-1].end, text[g[0].start : g[-1].end]) for g in groups]


@dataclass(frozen=True)
class Header:
    """A Markdown heading: level 1–6 and its title."""

    level: int
    span: Span


def headers(text: str) -> list[Header]:
    """Markdown headings (``# Title``) outside code blocks."""
    masked = _FENCE.sub(lambda m: " " * len(m[0]), text)
    return [Header(len(m[1]), Span(m.start(2), m.end(2), m[2])) for m in _HEADER.finditer(masked)]


def tables(text: str) -> list[Span]:
    """Markdown tables, found by their rule of dashes below a row of cells."""
    found = []
    for match in _TABLE_RULE.finditer(text):
        head = text.rfind("\n", 0, max(0, match.start() - 1)) + 1
        if "|" in match[0] and "|" in text[head : match.start()]:
            found.append(Span(head, match.end(), text[head : match.end()]))
    return found


def code_blocks(text: str) -> list[Span]:
    """Fenced code blocks, with their contents."""
    return [Span(m.start(), m.end(), m[2]) for m in _FENCE.finditer(text)]


def horizontal_rules(text: str) -> list[Span]:
    """Lines of three or more dashes, asterisks or underscores."""
    return [Span(m.start(), m.end(), m[0]) for m in _RULE.finditer(text)]


def stanzas(text: str) -> list[Span]:
    """Stanzas of a poem: blocks between blank lines, headings left out."""
    return [p for p in paragraphs(text) if not _HEADER.fullmatch(p.text)]


@dataclass(frozen=True)
class Response:
    """An answer, cut once and looked at many times."""

    text: str

    @cached_property
    def sentences(self) -> list[Span]:
        return sentences(self.text)

    @cached_property
    def paragraphs(self) -> list[Span]:
        return paragraphs(self.text)

    @cached_property
    def lines(self) -> list[Span]:
        return lines(self.text)

    @cached_property
    def whole(self) -> Span:
        return Span(0, len(self.text), self.text)
