"""Whole formats of a response (JSON, XML, Markdown, plain text …) and the keys of a JSON answer."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from annotator.constraints import owners, quoting
from annotator.constraints.base import WHOLE, Clash, Constraint, Fact, Verdict, kind, undecided
from annotator.constraints.clause import Clause
from annotator.constraints.segment import Response
from annotator.constraints.units import parse_json
from annotator.domain.regex import regex

_NAMES = {
    "JSON": r"json",
    "XML": r"xml",
    "YAML": r"ya?ml",
    "CSV": r"csv|comma-separated values",
    "HTML": r"html",
    "LaTeX": r"latex",
    "Markdown": r"markdown",
    "plain text": r"plain[\s-]text|plaintext",
}
_NAME = regex("|".join(rf"(?P<n{i}>\b(?:{p})\b)" for i, p in enumerate(_NAMES.values())))
_DEMAND = regex(
    r"\b(?:format(?:ted|ting)?|in|as|using|use|valid|output|return|respond|present(?:ed)?|"
    r"provide|structured?|written|"
    r"wrap(?:ped)?|produce|deliver|employ|follow)\b[^.;]{0,50}$|"
    r"\bbe\s+(?:an?\s+)?(?:single\s+|well-formed\s+)?$"
)
_INSIDE = regex(
    r"\b(?:includ\w*|contain\w*|insert\w*|add\w*|attach\w*|about|discuss\w*|explain\w*|"
    r"mention\w*|describ\w*|example of|knowledge of|experience with)\b[^.;,]{0,30}$"
)
_NO = regex(
    r"\b(?:not|no|never|avoid\w*|without|don't|refrain\w*|instead of|rather than|cannot|"
    r"exclud\w*)\b[^.;,]{0,30}$"
)
_OWNS_KEYS = regex(
    r"json(?: (?:object|output|response))? (?:must|should|has to|needs to) (?:have|"
    r"contain|include) "
    r"(?:only )?(?:the )?(?:following )?(?:\d+ )?(?:keys|fields)"
)
_OBJECT = regex(r" (?:object|array|output|document|format|response)s?\b")
"""What makes a component that begins with the format's name a demand for it."""
_MARKUP = (
    "headers",
    "bold",
    "italics",
    "links",
    "tables",
    "rules",
    *(f"headers{n}" for n in range(1, 7)),
)
_ONLY_MARKDOWN = ("headers", "rules", *(f"headers{n}" for n in range(1, 7)))


@kind("format")
@dataclass(frozen=True)
class Format(Constraint):
    """The response as a whole is (or, not ``wanted``, is not) in the format ``name``.

    ``keys`` are keys a JSON object must have.
    """

    name: str
    wanted: bool = True
    keys: tuple[str, ...] = ()

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _NAME.finditer(clause.text):
            left = clause.text[: match.start()]
            name = next(n for i, n in enumerate(_NAMES) if match[f"n{i}"])
            if re.match(
                r"[\s-](?:keys?|objects? (?:named|called)|fields?|tables?|headings?|headers?)\b",
                clause.text[match.end() :],
            ):
                if name == "JSON":
                    continue
                if name == "Markdown" and not re.search(r"\bformat\b", clause.text):
                    continue
            denied = bool(_NO.search(left))
            if owners.of_a_part(clause, match.start(), match.end()):
                continue
            owns = _OWNS_KEYS.match(clause.text, match.start())
            named = not left.strip() and _OBJECT.match(clause.text, match.end())
            demanded = named or (_DEMAND.search(left) and not _INSIDE.search(left))
            if not denied and not demanded and not owns:
                continue
            keys = () if denied or name != "JSON" else tuple(_keys(clause))
            yield cls(name, not denied, keys)
            return

    def verify(self, response: Response) -> Verdict:
        holds = _is(self.name, response.text)
        if holds is None:
            return undecided(f"Whether a text is {self.name} cannot be told for sure.")
        if holds != self.wanted:
            return Verdict("fail", f"The response is {'not ' if self.wanted else ''}{self.name}.")
        if self.keys:
            value = parse_json(response.text)
            have = {k.lower() for k in value} if isinstance(value, dict) else set()
            missing = [k for k in self.keys if k.lower() not in have]
            if missing:
                return Verdict("fail", f"Keys that are missing: {', '.join(missing)}.")
        return Verdict("pass", f"The response is {'' if self.wanted else 'not '}{self.name}.")

    def say(self) -> str:
        if not self.wanted:
            return f"Do not use {self.name} format."
        keys = f" with the keys {', '.join(f'{_q(k)}' for k in self.keys)}" if self.keys else ""
        return f"Format the response as {self.name}{keys}."

    def facts(self) -> Sequence[Fact]:
        return [Fact(WHOLE, "keys", len(set(self.keys)), None)] if self.keys else ()

    def clashes(self, other: Constraint) -> Clash | None:
        if isinstance(other, Format):
            return self._clash_format(other)
        if self.wanted:
            blocked = {"plain text": _MARKUP, "JSON": _ONLY_MARKDOWN, "XML": _ONLY_MARKDOWN,
                       "YAML": (), "CSV": _ONLY_MARKDOWN}.get(self.name, ())  # fmt: skip
            if any(f.low > 0 and f.unit in blocked for f in other.facts()):
                return Clash(
                    "format",
                    f"A response in {self.name} has no Markdown markup, and this is asked: "
                    f"{other.say()}",
                )
        return None

    def _clash_format(self, other: Format) -> Clash | None:
        if self.wanted and other.wanted and self.name != other.name:
            return Clash("format", f"The response cannot be both {self.name} and {other.name}.")
        if self.wanted and not other.wanted and self.name == other.name:
            return Clash("format", f"{self.name} is asked for and ruled out.")
        return None


def _q(text: str) -> str:
    return f'"{text}"'


def _keys(clause: Clause) -> Iterator[str]:
    for group in quoting.of_role(clause, "key"):
        yield from group.terms


def _is(name: str, text: str) -> bool | None:
    stripped = re.sub(r"^```\w*\s*\n|\n?```\s*$", "", text.strip()).strip()
    if name == "JSON":
        return parse_json(text) is not None
    if name in ("XML", "HTML"):
        return (
            _is_xml(stripped)
            if name == "XML"
            else bool(re.search(r"<[a-z][\w-]*[^>]*>.*</[a-z]", stripped, re.S | re.I))
        )
    if name == "CSV":
        try:
            rows = list(csv.reader(io.StringIO(stripped, newline=None)))
        except csv.Error:
            return False
        return len(rows) > 0 and len({len(r) for r in rows}) == 1 and len(rows[0]) > 1
    if name == "plain text":
        markup = re.search(
            r"^#{1,6}\s|\*\*[^*\n]+\*\*|^```|\[[^\]\n]+\]\([^)\n]+\)|^\|.*\|\s*$", text, re.M
        )
        return not markup and parse_json(text) is None
    return None


def _is_xml(text: str) -> bool:
    if "<!ENTITY" in text or "<!DOCTYPE" in text:
        return False
    try:
        ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return False
    return True


_TYPE = r"(?P<type>string|array|list|object|integer|number|boolean)"
_TYPE_OF = regex(
    rf"(?P<mark>‹\d+›)\s*(?:\({_TYPE}\)|(?:key|field)?\s*(?:must|should)\s+(?:be|"
    rf"contain)\s+an?\s+{_TYPE.replace('type', 'type2')}\b)"
)


@kind("key_type")
@dataclass(frozen=True)
class KeyType(Constraint):
    """The value of ``key`` in a JSON answer is of ``type`` (string, array, object, number, …)."""

    key: str
    type: str

    @classmethod
    def read(cls, clause: Clause) -> Iterator[Constraint]:
        for match in _TYPE_OF.finditer(clause.text):
            said = match["type"] or match["type2"]
            yield cls(
                clause.quote(match["mark"]), {"list": "array", "integer": "number"}.get(said, said)
            )

    def verify(self, response: Response) -> Verdict:
        value = parse_json(response.text)
        if not isinstance(value, dict) or self.key not in value:
            return Verdict("fail", f"There is no key {self.key!r}.")
        types = {
            str: "string",
            list: "array",
            dict: "object",
            int: "number",
            float: "number",
            bool: "boolean",
        }
        found = types.get(type(value[self.key]), "null")
        return Verdict(
            "pass" if found == self.type else "fail", f"{self.key!r} is of type {found}."
        )

    def say(self) -> str:
        return (
            f'The "{self.key}" key must be {"an" if self.type[0] in "aeiou" else "a"} {self.type}.'
        )

    def clashes(self, other: Constraint) -> Clash | None:
        if isinstance(other, KeyType) and self.key == other.key and self.type != other.type:
            return Clash(
                "format", f'"{self.key}" cannot be both of type {self.type} and {other.type}.'
            )
        if isinstance(other, Format) and other.wanted and other.name != "JSON":
            return Clash("format", f"Typed keys are JSON, and {other.name} is asked for.")
        return None
