"""Marks in and around a text: emphasis, title, enclosing quotes, postscript, separators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from annotator.constraints import segment
from annotator.constraints.base import Clash, Constraint, Verdict, kind, undecided
from annotator.constraints.clause import Clause
from annotator.constraints.counts import Count
from annotator.constraints.demands import TEXT, demands, find
from annotator.constraints.formats import Format
from annotator.constraints.segment import Response, Span

_TITLE = re.compile(
    r"(?:(?:give|provide) (?:it|the \w+|your \w+)(?: with)?|include|add|have|has|write|use|with|"
    rf"start with|begin with|(?:give|provide) {TEXT}(?: with)?) (?:an? )?title"
    r"(?P<angle>,? (?:(?:that is |which is )?(?:wrapped|enclosed) )?in double angular brackets"
    r"(?:,? (?:such as|like|i\.e\.) <<[^<>]*>>)?)?|"
    r"(?P<angle2>(?:wrap|enclose|put) (?:the|your) title in double angular brackets"
    r"(?:,? (?:such as|like|i\.e\.) <<[^<>]*>>)?)|"
    r"(?P<no>(?:do not|don't|never) (?:include|use|add|write|give it|have) (?:an?|any) title|"
    r"(?:use |include |with )?no title|without (?:an? |any )?title)"
)
_ANGLE = re.compile(r"<<[^<>\n]+>>")
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


_WRAPPED = re.compile(
    rf"(?:wrap|enclose|put|place|surround) {TEXT} (?:in|inside|within|with) "
    r"(?P<marks>double|single)? ?(?:quotation marks|quotes)|"
    r"be (?:wrapped|enclosed) (?:in|inside|within|with) (?P<marks2>double|single)? ?"
    r"(?:quotation marks|quotes)"
)
_PAIRS = {"double": ('"“', '"”'), "single": ("'‘", "'’"), "": ("\"“'‘", "\"”'’")}


@kind("wrapped")
@dataclass(frozen=True)
class Wrapped(Constraint):
    """The whole response stands in quotation marks, ``marks`` "double", "single" or either ("")."""

    marks: str = "double"

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        match = find(clause, _WRAPPED)
        if match:
            yield cls(match["marks"] or match["marks2"] or "")

    def verify(self, response: Response) -> Verdict:
        text = response.text.strip()
        opening, closing = _PAIRS.get(self.marks, _PAIRS[""])
        if len(text) > 1 and text[0] in opening and text[-1] in closing:
            return Verdict("pass", "The response stands in quotation marks.")
        at = Span(0, min(40, len(response.text)), response.text[:40])
        return Verdict("fail", "The response does not begin and end with quotation marks.", (at,))

    def say(self) -> str:
        marks = f"{self.marks} quotation marks".strip()
        return f"Wrap the entire response in {marks}."


_PS = re.compile(
    r"(?:(?:end|finish|conclude|close)(?: (?:it|the \w+|your \w+))? with|include|add|append|write|"
    rf"use) a postscript(?: (?:at the end(?: of {TEXT})?|to {TEXT}))?"
    r"(?P<mark> (?:that |which )?(?:starting|starts|beginning|begins|marked) (?:with|by) "
    r"(?P<m>p\.?\s?p\.?\s?s|p\.?\s?s|‹\d+›)\.?)?|"
    r"(?P<no>(?:(?:do not|don't|never) (?:include|use|add|write|append) (?:an?|any) |"
    r"without (?:an? |any )?|(?:use |include |add )?no )postscripts?)"
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
        if not match:
            return
        said = match["m"] or ""
        letters = re.sub(r"[^a-z]", "", (clause.quote(said) if "‹" in said else said).lower())
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


_SEPARATE = re.compile(
    r"(?:(?:separate|divide) (?:the |your |each |all |different )*(?:parts|sections|paragraphs|"
    r"responses|answers|stanzas) (?:with|by|using) (?:a line of |a )?|"
    r"use (?:a line of )?)(?P<mark>[*=~_#-]{3,12}|(?P<n>\d+) "
    r"(?:asterisks?|(?P<dash>dashes|hyphens)|(?P<equal>equals signs))(?: symbols?)?)"
    r"(?P<between> (?:between|to separate) (?:the |your |each |all |different )*(?:parts|sections|"
    r"paragraphs|responses|answers|stanzas))?"
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
            if not match or (text.startswith("use") and not match["between"]):
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
    r"(?:terms?|words?|phrases?|points?|ideas?|keywords?|sentences?|names?|title)"
)
_FEW = r"(?:(?P<bound>at least|exactly) )?(?P<n>\d+) (?:\w+ )?(?:phrases|words|terms|keywords)"
_FEW2 = _FEW.replace("<bound>", "<b2>").replace("<n>", "<n2>")
_WITH = r"(?: (?:with|using|in|between) (?:asterisks|markdown))?"
_EMPHASIS = re.compile(
    rf"(?:put|write|set|format|mark|make) (?P<object>{_FEW}|{_NAMED}) (?:in )?"
    r"(?P<style>bold|italics?)|"
    rf"(?P<verb>bold|italici[sz]e|highlight) (?P<object2>{_FEW2}|{_NAMED}){_WITH}"
)
_NO_MARKUP = re.compile(
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
        said = (match["style"] or match["verb"])[:4]
        style = {"bold": "bold", "ital": "italics", "high": "highlights"}[said]
        number = match["n"] or match["n2"]
        if number:
            exactly = (match["bound"] or match["b2"]) == "exactly"
            yield Count(style, int(number), int(number) if exactly else None)
        else:
            said = match["object"] or match["object2"]
            named = re.sub(r"^(?:the|all|any|every|your|each) ", "", said)
            if style != "highlights":
                yield cls(style, named)

    def verify(self, response: Response) -> Verdict:
        return undecided(f"Which {self.named} there are is for a judge.")

    def say(self) -> str:
        if self.style == "italics":
            return f"Italicize the {self.named}."
        return f"Put the {self.named} in {self.style}."

    def clashes(self, other: Constraint) -> Clash | None:
        if not isinstance(other, Count) or self.style != other.unit or other.high != 0:
            return None
        certain = self.named in ("key terms", "keywords", "key words") and not other.scope
        reason = f"{self.say().rstrip('.')}, and none may be there: {other.say()}"
        return Clash("format", reason) if certain else None


def _at(match: re.Match[str]) -> Span:
    return Span(match.start(), match.end(), match[0])
