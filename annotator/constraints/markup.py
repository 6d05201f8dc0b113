"""Marks in and around a text: emphasis, title, enclosing quotes, postscript, separators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from annotator.constraints import segment
from annotator.constraints.base import Clash, Constraint, Verdict, kind, undecided
from annotator.constraints.clause import Clause
from annotator.constraints.counts import Count
from annotator.constraints.demands import HAVE, NOT, TEXT, demands, find
from annotator.constraints.formats import Format
from annotator.constraints.segment import Response, Span
from annotator.domain.regex import regex

_FITTING = (
    r"(?:(?:short|brief|concise|catchy|clear|suitable|fitting|appropriate|descriptive|"
    r"creative|bold|"
    r"compelling|engaging|relevant|proper|captivating|meaningful|main|overall|"
    r"separate|final),? ){0,2}"
)
_TOP = rf"(?: (?:at|on) (?:the )?(?:very )?(?:top|beginning|start|head)(?: of (?:it|{TEXT}))?)?"
_BRACKETED = (
    r"(?:(?:that is |which is )?(?:wrapped|enclosed) )?in double angular brackets"
    r"(?:,? (?:such as|like|i\.e\.) <<[^<>]*>>)?"
)
_TITLE = regex(
    rf"(?:(?:give|provide) (?:it|{TEXT}|the \w+|your \w+)(?: with)?|be given|{HAVE}|"
    rf"(?:start|begin|open)s?(?: (?:it|{TEXT}))? with) (?:an? |the )?{_FITTING}title"
    rf"(?: (?:for|to) (?:it|{TEXT}))?{_TOP}(?P<angle>,? {_BRACKETED})?|"
    rf"(?P<angle2>(?:wrap|enclose|put) (?:the|your) title {_BRACKETED})|"
    rf"(?P<no>{NOT}{_FITTING}titles?(?: (?:for|to|in) (?:it|{TEXT}))?{_TOP}|(?:be|remain) untitled)"
)
_ANGLE = regex(r"<<[^<>\n]+>>")
_LONG_LINE = 30


@kind("title")
@dataclass(frozen=True)
class Title(Constraint):
    """The response has (or, not ``wanted``, has no) title; ``angle``: in <<double brackets>>."""

    angle: bool = False
    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = find(clause, _TITLE)
        if match:
            yield cls(bool(match["angle"] or match["angle2"]), not match["no"])

    def verify(self, response: Response) -> Verdict:
        bracketed = _ANGLE.search(response.text)
        if self.angle:
            if not bracketed:
                return Verdict("fail", "Nothing stands in double angular brackets.")
            return Verdict(
                "pass", "There is a title in double angular brackets.", (_at(bracketed),)
            )
        lines = segment.lines(response.text)
        first = lines[0] if lines else Span(0, 0, "")
        if first.text.startswith("# ") or (bracketed and bracketed[0] == first.text.strip("#* ")):
            return Verdict("pass" if self.wanted else "fail", "It begins with a title.", (first,))
        if len(first.text.split()) > _LONG_LINE or not first.text:
            reason = "The first line is no title."
            return Verdict("fail" if self.wanted else "pass", reason, (first,) if lines else ())
        return undecided("Whether the first line is a title is for a judge.")

    def say(self) -> str:
        if not self.wanted:
            return "Do not include a title."
        return f"Include a title{' in double angular brackets' if self.angle else ''}."

    def clashes(self, other: Constraint) -> Clash | None:
        if isinstance(other, Title) and self.wanted and not other.wanted:
            return Clash("format", "A title is asked for and ruled out.")
        return None


_QUOTES = r"(?P<marks>double|single)? ?(?:quotation marks|quotes|inverted commas)"
_WRAPPED = regex(
    rf"(?:(?P<no>do not|don't|never|avoid|not) )?(?:(?:wrap|enclos|put|plac|"
    rf"surround)(?:e|ping|ing|ting)? "
    rf"{TEXT}|be (?:wrapped|enclosed|put|placed|surrounded)) (?:in|inside|within|with|by) {_QUOTES}"
)
_PAIRS = {"double": ('"“', '"”'), "single": ("'‘", "'’"), "": ("\"“'‘", "\"”'’")}


@kind("wrapped")
@dataclass(frozen=True)
class Wrapped(Constraint):
    """The whole response stands in quotation marks, ``marks`` "double", "single" or either ("").

    Not ``wanted``, it must not stand in such marks.
    """

    marks: str = "double"
    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = find(clause, _WRAPPED)
        if match:
            yield cls(match["marks"] or "", not match["no"])

    def verify(self, response: Response) -> Verdict:
        text = response.text.strip()
        opening, closing = _PAIRS.get(self.marks, _PAIRS[""])
        holds = len(text) > 1 and text[0] in opening and text[-1] in closing
        reason = "stands" if holds else "does not stand"
        at = Span(0, min(40, len(response.text)), response.text[:40])
        return Verdict(
            "pass" if holds == self.wanted else "fail",
            f"The response {reason} in quotation marks.",
            () if holds == self.wanted else (at,),
        )

    def say(self) -> str:
        marks = f"{self.marks} quotation marks".strip()
        return f"{'Wrap' if self.wanted else 'Do not wrap'} the entire response in {marks}."

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Wrapped) or not self.wanted or other.marks not in ("", self.marks):
            return None
        return (
            None
            if other.wanted
            else Clash("format", "Quotation marks are asked for and ruled out.")
        )


_PS_NAME = r"(?:postscripts?|p\.?\s?s\b\.?|‹\d+›)(?: (?:note|line|section|message))?"
_PS = regex(
    rf"(?:(?:end|finish|conclude|close)s?(?: (?:it|the \w+|your \w+|{TEXT}))? with|"
    rf"{HAVE}) (?:an? )?"
    rf"(?:short |brief |final )?(?P<name>{_PS_NAME})"
    rf"(?: (?:at (?:the )?(?:very )?(?:end|bottom)(?: of {TEXT})?|to {TEXT}))?"
    r"(?P<mark>,? (?:that |which )?(?:starting|starts|beginning|begins|marked|introduced|opening) "
    r"(?:with|by) (?P<m>p\.?\s?p\.?\s?s|p\.?\s?s|‹\d+›)\.?)?|"
    rf"(?P<no>{NOT}(?P<name2>{_PS_NAME})(?: (?:at (?:the )?end(?: of {TEXT})?|(?:to|in) {TEXT}))?)"
)
_MARKERS = {"ps": "P.S.", "pps": "P.P.S."}
_STARTS = {
    "": r"^[*_#> ]*p\.?\s?(?:p\.?\s?)?s\b",
    "P.S.": r"^[*_#> ]*p\.?\s?s\b",
    "P.P.S.": r"^[*_#> ]*p\.?\s?p\.?\s?s\b",
}


@kind("postscript")
@dataclass(frozen=True)
class Postscript(Constraint):
    """There is (or is not) a postscript; ``marker`` "P.S.", "P.P.S." or either ("")."""

    marker: str = ""
    wanted: bool = True

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = find(clause, _PS)
        name = (match["name"] or match["name2"]) if match else ""
        if not match or ("‹" in name and _letters(clause.quote(name)) not in _MARKERS):
            return
        said = match["m"] or ("" if name.startswith("post") or match["no"] else "ps")
        letters = _letters(clause.quote(said) if "‹" in said else said)
        if letters in _MARKERS or not said:
            yield cls(_MARKERS.get(letters, ""), not match["no"])

    def verify(self, response: Response) -> Verdict:
        found = re.search(_STARTS.get(self.marker, _STARTS[""]), response.text, re.I | re.M)
        outcome = bool(found) == self.wanted
        reason = f"A line {'begins' if found else 'must begin'} with {self.marker or 'P.S.'}"
        if not found and not self.wanted:
            reason = "There is no postscript."
        return Verdict("pass" if outcome else "fail", reason, (_at(found),) if found else ())

    def say(self) -> str:
        if not self.wanted:
            return "Do not add a postscript."
        return f"Add a postscript{f' starting with {self.marker}' if self.marker else '.'}"

    def clashes(self, other: Constraint) -> Clash | None:
        if isinstance(other, Postscript) and self.wanted and not other.wanted:
            return Clash("format", "A postscript is asked for and ruled out.")
        return None


def _letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.lower())


_PARTS = (
    r"(?:the |your |each |all |every |different |2 |main )*(?:parts?|sections?|paragraphs?|"
    r"responses?|answers?|stanzas?)"
)
_LINE = r"(?:the |a )?(?:markdown )?(?:(?:line of |separator|divider|delimiter|symbols?):? ?)?"
_SEPARATE = regex(
    rf"(?:(?:separate|divide|split) {_PARTS} (?:with|by|using) {_LINE}|"
    rf"{_PARTS} (?:(?:must|should) be|are|be) (?:separated|divided) (?:with|by|using) {_LINE}|"
    rf"(?P<put>(?:use|insert|put|place|add) {_LINE}))"
    r"(?P<mark>[*=~_#-]{3,12}|(?P<n>\d+) "
    r"(?:asterisks?|(?P<dash>dashes|hyphens)|(?P<equal>equals signs))(?: symbols?)?)"
    rf"(?P<between> (?:as (?:a |the )?(?:separator|divider) )?(?:between|to separate) {_PARTS})?"
)


@kind("separator")
@dataclass(frozen=True)
class Separator(Constraint):
    """Parts of the response are parted by ``mark``, such as "***"."""

    mark: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        raw = re.sub(r"[\"'`“”]([*=~_#-]{3,12})[\"'`“”]", r"\1", clause.raw.lower())
        for text in (*demands(raw), *demands(clause.text)):
            match = _SEPARATE.fullmatch(text)
            if not match or (match["put"] and not match["between"]):
                continue
            sign = "-" if match["dash"] else "=" if match["equal"] else "*"
            mark = sign * int(match["n"]) if match["n"] else match["mark"]
            if len(set(mark)) == 1 and 3 <= len(mark) <= 12:
                yield cls(mark)
            return

    def verify(self, response: Response) -> Verdict:
        sign = re.escape(self.mark[:1])
        exact = rf"(?<!{sign}){re.escape(self.mark)}(?!{sign})"
        found = [_at(m) for m in re.finditer(exact, response.text)] if self.mark else []
        reason = f"{self.mark} stands in the response {len(found)} times."
        return Verdict("pass" if found else "fail", reason, tuple(found[:50]), len(found))

    def say(self) -> str:
        return f"Separate the parts with {self.mark}."


_NAMED = (
    r"(?:(?:the|all|any|every|your|each) )?(?:(?:key|important|main|most important) )?"
    r"(?:terms?|words?|phrases?|points?|ideas?|keywords?|sentences?|names?|titles?)"
)
_FEW = r"(?:(?P<bound>at least|exactly) )?(?P<n>\d+) (?:\w+ )?(?:phrases|words|terms|keywords)"


def _named(n: int, *, few: bool = True) -> str:
    """What is emphasised, with groups of its own."""
    counted = _FEW.replace("<bound>", f"<bound{n}>").replace("<n>", f"<n{n}>")
    return rf"(?P<object{n}>{counted}|{_NAMED})" if few else rf"(?P<object{n}>{_NAMED})"


_WITH = r"(?: (?:with|using|in|between) (?:asterisks|markdown))?"
_IN_STYLE = r"(?P<style{n}>bold(?:ed|face)?|italics?|italici[sz]ed)(?: (?:text|type|font|letters))?"
_EMPHASIS = regex(
    rf"(?:put|write|set|format|mark|make|emphasi[sz]e|present) {_named(1)} (?:in )?"
    rf"{_IN_STYLE.format(n=1)}|"
    rf"(?P<style2>bold|italici[sz]e|highlight) {_named(2)}{_WITH}|"
    rf"{_named(3, few=False)} (?:(?:must|should) be|are|be) (?:(?:written|formatted|"
    rf"set|put) )?(?:in )?"
    rf"{_IN_STYLE.format(n=3)}|"
    rf"use (?P<style4>bold|italics)(?: (?:text|type|formatting|font))? (?:for|to "
    rf"(?:highlight|emphasi[sz]e|"
    rf"mark)) {_named(4, few=False)}"
)
_NO_MARKUP = regex(
    r"(?:(?:do not|don't|never) use any|use no|without(?: any)?|no) (?:markup|formatting marks)"
    r"(?: at all)?"
)


@kind("emphasis")
@dataclass(frozen=True)
class Emphasis(Constraint):
    """What ``named`` stands for ("key terms") is in ``style``: "bold", "italics", "highlights"."""

    style: str
    named: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        if find(clause, _NO_MARKUP):
            yield Format("plain text")
        match = find(clause, _EMPHASIS)
        if not match:
            return
        at = next(n for n in "1234" if match[f"style{n}"])
        style = {"bold": "bold", "ital": "italics", "high": "highlights"}[match[f"style{at}"][:4]]
        number = match.groupdict().get(f"n{at}")
        if number:
            exactly = match[f"bound{at}"] == "exactly"
            yield Count(style, int(number), int(number) if exactly else None)
        elif style != "highlights":
            yield cls(style, re.sub(r"^(?:the|all|any|every|your|each) ", "", match[f"object{at}"]))

    def verify(self, response: Response) -> Verdict:
        return undecided(f"Which {self.named} there are is for a judge.")

    def say(self) -> str:
        if self.style == "italics":
            return f"Italicize the {self.named}."
        return f"Put the {self.named} in {self.style}."

    def clashes(self, other: Constraint) -> Clash | None:
        plain = isinstance(other, Format) and other.wanted and other.name == "plain text"
        none = other == Count(self.style, 0, 0)
        if self.named not in ("key terms", "keywords", "key words") or not (plain or none):
            return None
        reason = f"{self.say().rstrip('.')}, and none may be there: {other.say()}"
        return Clash("format", reason)


def _at(match: re.Match[str]) -> Span:
    return Span(match.start(), match.end(), match[0])
