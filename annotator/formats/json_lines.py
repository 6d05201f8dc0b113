"""JSON lines: an object a line, read as a stream and written back line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from annotator.domain.items import JSON
from annotator.errors import InputError
from annotator.formats.base import Target
from annotator.formats.containers import Cut
from annotator.formats.embedding import put_back
from annotator.formats.json_list import AGAIN, DECODER, LONGEST, JsonList, in_words
from annotator.formats.source import Source, lines_of

ONE_A_LINE: Final = "Write one JSON object per line, or a list of them: [{…}, …]"


class JsonLines(JsonList):
    """The container."""

    name = "json-lines"
    extension = "jsonl"

    def cut(self, source: Source, layout: dict[str, JSON], *, skip: int = 0) -> Iterator[Cut]:
        """Each line's object; blank lines are passed over."""
        layout |= {"before": "", "ending": "\n", "after": "", "ascii": False}
        position, plain, escaped = 0, True, False
        for number, line in lines_of(source, LONGEST):
            if number == 1 and line.startswith("\ufeff"):
                layout["before"], line = "\ufeff", line[1:]
            text = line.strip(" \t\r\n")
            if not text:
                continue
            layout["after"] = line[len(line.rstrip("\r\n")) :]
            if position == 0 and layout["after"]:
                layout["ending"] = layout["after"]
            plain, escaped = plain and text.isascii(), escaped or "\\u" in text
            layout["ascii"] = plain and escaped
            if position >= skip:
                row = f"record {position}, line {number}"
                yield Cut(text, object_of(text, row, source.name), row)
            position += 1

    def write(self, texts: Iterable[str], layout: Mapping[str, JSON], target: Target) -> list[str]:
        """A line each; a record whose JSON is spread over lines is put on one."""
        file = f"{target.name}.{self.extension}"
        ending = layout.get("ending", "\n")
        with (target.folder / file).open("w", encoding="utf-8", newline="") as handle:
            handle.write(layout.get("before", ""))
            for position, text in enumerate(texts):
                line = put_back(text, target.images)
                if "\n" in line or "\r" in line:
                    line = " ".join(line.split("\n")).replace("\r", " ")
                handle.write((ending if position else "") + line)
            handle.write(layout.get("after", "\n"))
        return [file]


def object_of(text: str, row: str, file: str) -> dict[str, JSON]:
    """The JSON object of a line; raises InputError."""
    try:
        value = DECODER.decode(text)
    except json.JSONDecodeError as fault:
        said = fault.msg[:1].lower() + fault.msg[1:]
        raise InputError(
            f"{said}.", file=file, row=f"{row}, column {fault.pos + 1}", mend=ONE_A_LINE
        ) from fault
    except RecursionError as fault:
        raise InputError("values are nested too deeply.", file=file, row=row, mend=AGAIN) from fault
    except ValueError as fault:
        raise InputError(f"{in_words(fault)}.", file=file, row=row, mend=AGAIN) from fault
    if not isinstance(value, dict):
        raise InputError("is not an object.", file=file, row=row, mend=ONE_A_LINE)
    return value
