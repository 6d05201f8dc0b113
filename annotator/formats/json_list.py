"""A JSON list of objects, read as a stream and written back as it was laid out."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, Final

from annotator.domain.items import JSON
from annotator.errors import InputError
from annotator.formats.base import Target
from annotator.formats.containers import Cut, Fields
from annotator.formats.embedding import put_back
from annotator.formats.json_text import WHITE, dumped, patched
from annotator.formats.source import CHUNK, Source, not_utf8

LONGEST: Final = 96 * 2**20
"""Most characters of one record: two large images and their text."""

NEAR_THE_END: Final = 16
FALSE_START: Final = "It must be a list of records: [{…}, …]"
MEND: Final = "Mend this record and import the file again."
AGAIN: Final = "Nothing was imported; mend the file there and import it again."


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's fields; a field that stands twice would lose one of its values."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r} stands twice in one record")
    return found


def no_constant(name: str) -> Any:
    """NaN and Infinity are no JSON."""
    raise ValueError(f"{name} is not a number in JSON")


DECODER: Final = json.JSONDecoder(object_pairs_hook=unique, parse_constant=no_constant)


class Window:
    """A file's text as a window that moves forward over it."""

    def __init__(self, handle: BinaryIO, file: str) -> None:
        self.handle, self.file = handle, file
        self.decoder = codecs.getincrementaldecoder("utf-8")()
        self.text = ""
        self.ended = False
        self.read = 0
        self.lines = 0
        self.before = 0
        """Characters of the line in which the window begins that stand before it."""

    def more(self) -> bool:
        """Read on, twice as much as there is; False at the end of the file."""
        if self.ended:
            return False
        data = self.handle.read(max(CHUNK, len(self.text)))
        pending = len(self.decoder.getstate()[0])
        self.ended = not data
        try:
            self.text += self.decoder.decode(data, final=self.ended)
        except UnicodeDecodeError as fault:
            before = fault.object[: fault.start].count(b"\n") + self.text.count("\n")
            at = self.read - pending + fault.start
            raise not_utf8(fault, at, self.file, f"line {self.lines + before + 1}") from fault
        self.read += len(data)
        return not self.ended

    def skip(self, at: int) -> int:
        """The next place that is no white space."""
        while True:
            while at < len(self.text) and self.text[at] in WHITE:
                at += 1
            if at < len(self.text) or not self.more():
                return at

    def at(self, place: int) -> str:
        """The character at a place, empty behind the end."""
        return self.text[place : place + 1]

    def forget(self, at: int) -> None:
        """Drop what stands before a place."""
        gone, self.text = self.text[:at], self.text[at:]
        lines = gone.count("\n")
        self.lines += lines
        self.before = len(gone) - gone.rfind("\n") - 1 + (0 if lines else self.before)

    def fault(self, place: int, position: int, said: str) -> InputError:
        """Where the file breaks, by record, line and column."""
        line = self.text.count("\n", 0, place)
        start = self.text.rfind("\n", 0, place) + 1
        column = place - start + 1 + (0 if line else self.before)
        if place >= len(self.text):
            said = "the file ends in the middle of the list"
        return InputError(
            f"{said}.",
            file=self.file,
            row=f"record {position}, line {self.lines + line + 1}, column {column}",
            mend=AGAIN,
        )


class JsonList:
    """The container."""

    name = "json-list"
    extension = "json"

    def cut(self, source: Source, layout: dict[str, JSON], *, skip: int = 0) -> Iterator[Cut]:
        """Each record of the list; the layout is what stands around the first two and the last."""
        with source.open() as handle:
            window = Window(handle, source.name)
            window.more()
            mark = "\ufeff" if window.text.startswith("\ufeff") else ""
            window.text = window.text.removeprefix(mark)
            yield from self.records(window, layout, mark, skip)

    def records(
        self, window: Window, layout: dict[str, JSON], mark: str, skip: int
    ) -> Iterator[Cut]:
        """Walk over the list."""
        at = window.skip(0)
        if window.at(at) != "[":
            raise InputError("is not a JSON list.", file=window.file, mend=FALSE_START)
        at = window.skip(at + 1)
        layout |= {"before": mark + window.text[:at], "between": ",\n ", "ascii": False}
        position, plain, escaped = 0, True, False
        while window.at(at) != "]":
            value, at, end = decoded(window, at, position)
            text = window.text[at:end]
            plain, escaped = plain and text.isascii(), escaped or "\\u" in text
            layout["ascii"] = plain and escaped
            if position >= skip:
                yield Cut(text, value, f"record {position}")
            position += 1
            following = self.following(window, end, position)
            if position == 1 and following is not None:
                layout["between"] = window.text[end:following]
            if following is None:
                at = end
                break
            at = following
            if at > CHUNK:
                window.forget(at)
                at = 0
        layout["after"] = self.ending(window, at, position, empty=not position)
        if not position:
            layout["before"] = mark + window.text[: window.text.index("[") + 1]

    def following(self, window: Window, end: int, position: int) -> int | None:
        """Where the next record begins, None where the list ends."""
        at = window.skip(end)
        if window.at(at) == "]":
            return None
        if window.at(at) != ",":
            raise window.fault(at, position, "a comma or ] should stand here")
        following = window.skip(at + 1)
        if window.at(following) == "]":
            raise window.fault(at, position, "a comma or ] should stand here")
        return following

    def ending(self, window: Window, at: int, position: int, *, empty: bool) -> str:
        """What stands behind the last record; nothing but the list's end may."""
        start = window.text.index("[") + 1 if empty else at
        close = window.skip(at)
        rest = window.skip(close + 1)
        if rest != len(window.text):
            raise window.fault(rest, position, "text after the end of the list")
        return window.text[start:]

    def owns(self, text: str) -> bool:
        """A JSON object."""
        return text.startswith("{")

    def fields(self, text: str) -> Fields:
        """The object's fields."""
        found: dict[str, Any] = json.loads(text)
        return found

    def patched(self, text: str, changed: Fields, layout: Mapping[str, JSON]) -> str:
        """See json_text.patched."""
        return patched(text, changed, ascii_only=bool(layout.get("ascii"))) if changed else text

    def made(self, fields: Fields, layout: Mapping[str, JSON]) -> str:
        """One object on one line."""
        return dumped(dict(fields), ascii_only=bool(layout.get("ascii")))

    def write(self, texts: Iterable[str], layout: Mapping[str, JSON], target: Target) -> list[str]:
        """The list as it was laid out."""
        file = f"{target.name}.{self.extension}"
        separator = layout.get("between", ",\n ")
        with (target.folder / file).open("w", encoding="utf-8", newline="") as handle:
            handle.write(layout.get("before", "["))
            for position, text in enumerate(texts):
                handle.write((separator if position else "") + put_back(text, target.images))
            handle.write(layout.get("after", "\n]"))
        return [file]


def decoded(window: Window, at: int, position: int) -> tuple[dict[str, Any], int, int]:
    """The record that begins at a place: its value, where it begins and where it ends."""
    while True:
        try:
            value, end = DECODER.raw_decode(window.text, at)
        except (ValueError, RecursionError) as fault:
            if not (cut_off(fault, len(window.text)) and window.more()):
                raise broken(window, at, position, fault) from fault
            if len(window.text) - at > LONGEST:
                raise window.fault(
                    at, position, f"the record has more than {LONGEST // 2**20} million characters"
                ) from fault
            continue
        if not isinstance(value, dict):
            raise InputError(
                "is not an object.", file=window.file, row=f"record {position}", mend=MEND
            )
        return value, at, end


def cut_off(fault: Exception, length: int) -> bool:
    """Whether decoding may have failed only because the window ends there."""
    if not isinstance(fault, json.JSONDecodeError):
        return False
    return fault.msg.startswith("Unterminated string") or fault.pos >= length - NEAR_THE_END


def broken(window: Window, at: int, position: int, fault: Exception) -> InputError:
    """Where and why a record cannot be decoded."""
    if isinstance(fault, json.JSONDecodeError):
        return window.fault(fault.pos, position, fault.msg[:1].lower() + fault.msg[1:])
    if isinstance(fault, RecursionError):
        return window.fault(at, position, "values are nested too deeply")
    return window.fault(at, position, in_words(fault))


def in_words(fault: Exception) -> str:
    """What is wrong with a value; Python would speak of its settings."""
    digits = "integer string conversion" in str(fault)
    return "a number has more digits than are read" if digits else str(fault)
