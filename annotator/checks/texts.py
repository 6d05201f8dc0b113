"""Faults in texts: stray quotes, double spaces, brackets without a partner, damaged encoding."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from annotator.checks.subject import Subject
from annotator.domain.findings import Finding, Mend, Severity
from annotator.domain.items import JSON
from annotator.domain.regex import regex

_PLAIN: Final = regex(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\U0010ffff\"&()\[\]{}]*")
"""A text that has no letter of any fault below, but for two spaces in a row."""
_GAP: Final = regex(r"(?<=\S) {2,}(?=\S)")
_FOREIGN: Final = regex(r"[^\x00-\x7f]{2,}")
_ENTITY: Final = regex(r"&(?:amp|quot|apos|nbsp|lt|gt|#\d{2,5}|#x[0-9a-fA-F]{2,4});")
_CONTROL: Final = regex(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]")
_QUOTE: Final = regex(r'(?<!\d)"|"(?=\s*$)')
"""A straight quote that is no sign for inches."""
_LONE_AT_END: Final = regex(r'\s+"\s*$')
_LONE_AT_START: Final = regex(r'^\s*"\s+')
_BRACKET: Final = regex(r"[()\[\]{}]")
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_MARKER: Final = regex(r"(?:^|[\s(])(?:\w{1,3}|[:;=8]-?)$")
"""What stands before a lone closing bracket that closes nothing: ``a)``, ``:-)``."""
_AROUND: Final = 12


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a text: its name, where, and the text without it, where that is plain."""

    name: str
    said: str
    severity: Severity
    start: int
    end: int
    mended: str | None = None


def check(subject: Subject) -> Iterator[Finding]:
    """The faults of the instruction and of each component, one finding per kind and text."""
    content = subject.content
    edit: Mapping[str, JSON] = {"op": "set_instruction"}
    yield from found("The instruction", "instruction", (), content.instruction, edit)
    for number, component in enumerate(content.components, 1):
        edit = {"op": "set_component", "key": component.key, "field": "text"}
        name = f"Component {number}"
        yield from found(name, component.key, (component.key,), component.text, edit)


def found(
    name: str, place: str, keys: tuple[str, ...], text: str, edit: Mapping[str, JSON]
) -> Iterator[Finding]:
    """The faults of one text as findings."""
    for fault in faults(text):
        near = text[max(0, fault.start - _AROUND) : fault.end + _AROUND].strip()
        mends: tuple[Mend, ...] = ()
        if fault.mended is not None and fault.mended.strip():
            mends = (Mend("Mend the text", ({**edit, "value": fault.mended},)),)
        yield Finding(
            "text",
            fault.severity,
            keys,
            f"{name} has {fault.said}: “{near}”.",
            {"fault": fault.name, "place": place, "at": near, "span": [fault.start, fault.end]},
            mends,
        )


def faults(text: str) -> Iterator[Fault]:
    """At most one fault of each kind."""
    if _PLAIN.fullmatch(text) and "  " not in text:
        return
    for look in (damaged, escaped, control, gap, quotes, brackets):
        fault = look(text)
        if fault is not None:
            yield fault


def damaged(text: str) -> Fault | None:
    """UTF-8 that was read as Windows-1252: "â€™" for "’"."""
    if text.isascii():
        return None
    for match in _FOREIGN.finditer(text):
        if repaired(match) != match.group():
            mended = _FOREIGN.sub(repaired, text)
            return Fault("encoding", "damaged letters", "warning", *match.span(), mended)
    return None


def repaired(match: re.Match[str]) -> str:
    """A run of letters beyond ASCII as it was before it was read wrongly, else as it is."""
    run = match.group()
    try:
        return b"".join(map(windows_byte, run)).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return run


def windows_byte(letter: str) -> bytes:
    """The byte that Windows-1252 shows as this letter; its five undefined ones are themselves."""
    return letter.encode("latin-1" if "\x80" <= letter <= "\x9f" else "cp1252")


def escaped(text: str) -> Fault | None:
    """HTML's names of characters, in a text that is not about HTML."""
    match = _ENTITY.search(text)
    if match is None or "<" in text or "html" in text.casefold():
        return None
    mended = _ENTITY.sub(lambda m: html.unescape(m.group()), text)
    return Fault("encoding", "an escaped character", "warning", *match.span(), mended)


def control(text: str) -> Fault | None:
    """Characters that stand for nothing, and the sign for one that could not be read."""
    match = _CONTROL.search(text)
    if match is None:
        return None
    return Fault("encoding", "a character that could not be read", "warning", *match.span())


def gap(text: str) -> Fault | None:
    """Two spaces in a row inside a line."""
    match = _GAP.search(text)
    if match is None:
        return None
    return Fault("spaces", "two spaces in a row", "note", *match.span(), _GAP.sub(" ", text))


def quotes(text: str) -> Fault | None:
    """A quote that opens and never closes, or the reverse."""
    straight = [m.start() for m in _QUOTE.finditer(text)] if '"' in text else []
    if len(straight) % 2:
        mended = without_lone(text)
        at = straight[0] if mended is not None and _LONE_AT_START.search(text) else straight[-1]
        return Fault("quote", "a stray quote", "note", at, at + 1, mended)
    if text.count("“") != text.count("”") and "„" not in text:
        at = max(text.rfind("“"), text.rfind("”"))
        return Fault("quote", "a stray quote", "note", at, at + 1)
    return None


def without_lone(text: str) -> str | None:
    """The text without a quote that stands alone at its end or start; None where none does."""
    for pattern in (_LONE_AT_END, _LONE_AT_START):
        if pattern.search(text):
            return pattern.sub("", text)
    return None


def brackets(text: str) -> Fault | None:
    """A bracket without its partner; ``a)`` and ``:)`` have none to have."""
    open_: list[tuple[str, int]] = []
    for match in _BRACKET.finditer(text):
        at, sign = match.start(), match.group()
        if sign in "([{":
            if text[at - 1 : at] not in (":", ";"):
                open_.append((sign, at))
        elif open_ and (open_[-1][0] == _PAIRS[sign] or _interval(open_[-1][0], sign)):
            open_.pop()
        elif sign != ")" or not _MARKER.search(text[max(0, at - 5) : at]):
            return Fault("bracket", "a bracket without its partner", "note", at, at + 1)
    if not open_:
        return None
    at = open_[-1][1]
    return Fault("bracket", "a bracket without its partner", "note", at, at + 1)


def _interval(opening: str, closing: str) -> bool:
    """A half-open interval: ``[0, 1)``."""
    return (opening, closing) in {("[", ")"), ("(", "]")}
