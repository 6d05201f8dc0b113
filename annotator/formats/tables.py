"""Rows of a CSV or TSV, cells quoted as spreadsheets and pandas do.

A row is stored with the header's line above it, so that it can be read alone and so that a newer
file may order its columns differently. Cells are text; an empty one is an empty text.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from annotator.domain.items import JSON
from annotator.errors import InputError
from annotator.formats.base import Target
from annotator.formats.containers import Cut, Fields
from annotator.formats.embedding import put_back
from annotator.formats.fields import Row, shown
from annotator.formats.source import CHUNK, Source, lines_of

LONGEST: Final = 64 * 2**20
NAMES: Final = {"\t": "tab", ",": "comma", ";": "semicolon"}
DELIMITERS: Final = {name: character for character, name in NAMES.items()}
AGAIN: Final = "Nothing was imported; mend the row and import the file again."
MARK: Final = "table:"
FORMULA: Final = re.compile(
    r"\s*(?:=\s*\S|[+\-@](?=[^\s(!|]*[A-Za-z_'$])[^\s(!|]*[(!|]"
    r"|[+\-@]\s*[A-Za-z_'$(][^\s(!|]*[(!|]|[+\-]\s*[A-Z]{1,3}\d+\b)"
)
"""What a spreadsheet would compute; a minus before a word, or a number, is only text."""

LONGEST_START: Final = 200
"""So much of a cell is looked at for that."""

csv.field_size_limit(max(csv.field_size_limit(), LONGEST))


class Lines:
    """A file's lines, which remembers those that were taken for the row being read."""

    def __init__(self, source: Source) -> None:
        self.lines = lines_of(source, LONGEST)
        self.taken: list[str] = []
        self.mark = ""
        self.number = 0
        self.size = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        self.number, line = next(self.lines)
        if self.number == 1 and line.startswith("\ufeff"):
            self.mark, line = "\ufeff", line[1:]
        self.taken.append(line)
        self.size += len(line)
        if self.size > LONGEST:
            raise csv.Error("the row is too large, or a quote is never closed")
        return line

    def row(self) -> str:
        """The text of the row that was just read, and forget it."""
        text, self.taken, self.size = "".join(self.taken), [], 0
        return text


class Table:
    """The container.

    Args:
        delimiter: what stands between cells: a tab, comma or semicolon.
    """

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        self.name = f"{MARK}{NAMES[delimiter]}"
        self.extension = "tsv" if delimiter == "\t" else "csv"

    def cut(self, source: Source, layout: dict[str, JSON], *, skip: int = 0) -> Iterator[Cut]:
        """Each row below the header."""
        lines = Lines(source)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        try:
            names = next(reader, None)
            header = lines.row()
            check_header(names, header, self.delimiter, source.name)
            assert names is not None
            head, ending = unended(header)
            layout |= {"before": lines.mark, "header": head, "ending": ending or "\n"}
            layout["after"] = ending
            position = 0
            for cells in reader:
                text, layout["after"] = unended(lines.row())
                if not cells:
                    continue
                row = f"record {position}, line {lines.number}"
                if len(cells) != len(names):
                    raise uneven(cells, names, source.name, row)
                if position >= skip:
                    fields = dict(zip(names, cells, strict=True))
                    if "\0" in text:
                        raise holds_nul(fields, source.name, row)
                    yield Cut(f"{self.name}\n{head}\n{text}", fields, row)
                position += 1
        except csv.Error as fault:
            raise broken(fault, source.name, f"line {lines.number}") from fault

    def owns(self, text: str) -> bool:
        """A row with its header."""
        return text.startswith(f"{self.name}\n")

    def rows(self, text: str) -> tuple[list[str], list[list[str]]]:
        """A stored record's header and its rows."""
        body = text.removeprefix(f"{self.name}\n")
        names, *rows = csv.reader(io.StringIO(body, newline=""), delimiter=self.delimiter)
        return names, rows

    def fields(self, text: str) -> Fields:
        """The values of a stored record's first row."""
        names, rows = self.rows(text)
        return dict(zip(names, rows[0], strict=True))

    def parts(self, text: str) -> tuple[str, list[str]]:
        """The texts of a stored record's header and of its rows."""
        body = text.removeprefix(f"{self.name}\n")
        lines = split_lines(body)
        kept: list[str] = []

        def taken() -> Iterator[str]:
            for line in lines:
                kept.append(line)
                yield line

        texts = []
        for _ in csv.reader(taken(), delimiter=self.delimiter):
            texts.append(unended("".join(kept))[0])
            kept.clear()
        return texts[0], texts[1:]

    def patched(self, text: str, changed: Fields, layout: Mapping[str, JSON]) -> str:
        """The first row with some cells saying something else; new columns stand last."""
        head, rows = self.parts(text)
        names = next(csv.reader(io.StringIO(head, newline=""), delimiter=self.delimiter))
        row, spans = rows[0], list(cell_spans(rows[0], self.delimiter))
        for name, (start, end) in reversed(list(zip(names, spans, strict=True))):
            if name in changed:
                row = row[:start] + self.cell(changed[name]) + row[end:]
        added = [name for name in changed if name not in names]
        for name in added:
            head += self.delimiter + self.cell(name)
            row += self.delimiter + self.cell(changed[name])
        rest = [further + self.delimiter * len(added) for further in rows[1:]]
        return "\n".join([self.name, head, row, *rest])

    def made(self, fields: Fields, layout: Mapping[str, JSON]) -> str:
        """A header and one row."""
        return "\n".join([self.name, self.line(list(fields)), self.line(fields.values())])

    def cell(self, value: object) -> str:
        """A cell as it is quoted; alone in its row an empty one is quoted too."""
        return self.line([value, ""])[: -len(self.delimiter)]

    def line(self, values: Iterable[object]) -> str:
        """A row without its ending."""
        target = io.StringIO(newline="")
        writer = csv.writer(target, delimiter=self.delimiter, lineterminator="\n")
        writer.writerow([as_text(value) for value in values])
        return target.getvalue()[:-1]

    def write(self, texts: Iterable[str], layout: Mapping[str, JSON], target: Target) -> list[str]:
        """Header and rows; columns that only later records have stand last and are empty before."""
        file = f"{target.name}.{self.extension}"
        ending = layout.get("ending", "\n")
        body = target.folder / f".{file}.rows"
        heads: list[tuple[int, str]] = [(0, layout.get("header", ""))]
        count = 0
        with body.open("w", encoding="utf-8", newline="") as handle:
            for text in texts:
                own, rows = self.parts(text)
                if own != heads[-1][1]:
                    head = self.widened(heads[-1][1], own)
                    rows = rows if own == head else list(self.moved(own, rows, head))
                    if head != heads[-1][1]:
                        heads.append((count, head))
                for row in rows:
                    handle.write((ending if count else "") + put_back(row, target.images))
                    count += 1
        with (target.folder / file).open("w", encoding="utf-8", newline="") as handle:
            handle.write(layout.get("before", "") + heads[-1][1] + (ending if count else ""))
            for part in self.padded(body, heads):
                handle.write(part)
            handle.write(layout.get("after", ending))
        body.unlink()
        return [file]

    def names(self, head: str) -> list[str]:
        """A header's columns."""
        return next(csv.reader(io.StringIO(head, newline=""), delimiter=self.delimiter), [])

    def widened(self, head: str, own: str) -> str:
        """A header with the columns of another behind it."""
        if not head:
            return own
        known = self.names(head)
        added = [name for name in self.names(own) if name not in known]
        return head + "".join(self.delimiter + self.cell(name) for name in added)

    def moved(self, own: str, rows: Iterable[str], head: str) -> Iterator[str]:
        """Rows of one header as rows of another that has all its columns."""
        names, wanted = self.names(own), self.names(head)
        for text in rows:
            parts = [text[a:b] for a, b in cell_spans(text, self.delimiter)]
            cells = dict(zip(names, parts, strict=True))
            yield self.delimiter.join(cells.get(name, "") for name in wanted)

    def padded(self, body: Path, heads: Sequence[tuple[int, str]]) -> Iterator[str]:
        """Written rows, those from before a column came with an empty cell for it."""
        if len(heads) < 2 or all(start == 0 for start, _ in heads):
            yield from copied(body)
            return
        widths = [(start, len(self.names(head))) for start, head in heads]
        lines = Lines(Source(body.name, body))
        for number, _ in enumerate(csv.reader(lines, delimiter=self.delimiter)):
            text, ending = unended(lines.row())
            width = [w for start, w in widths if start <= number][-1]
            yield text + self.delimiter * (widths[-1][1] - width) + ending


def copied(file: Path) -> Iterator[str]:
    """A text file in pieces."""
    with file.open(encoding="utf-8", newline="") as handle:
        while piece := handle.read(CHUNK):
            yield piece


def as_text(value: object) -> str:
    """A value as a cell's text."""
    return "" if value is None else value if isinstance(value, str) else str(value)


def unended(text: str) -> tuple[str, str]:
    """A row's text and its ending."""
    for ending in ("\r\n", "\n", "\r"):
        if text.endswith(ending):
            return text[: -len(ending)], ending
    return text, ""


def split_lines(text: str) -> Iterator[str]:
    """Lines that end with \\n, with their endings."""
    yield from io.StringIO(text, newline="\n")


def check_header(names: Sequence[str] | None, text: str, delimiter: str, file: str) -> None:
    """Refuse a table without a header, or with a column that stands twice."""
    if not names:
        raise InputError("has no header.", file=file, mend="The first line names the columns.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(
            f"the column {twice!r} stands twice in the header.",
            file=file,
            row="line 1",
            mend="Name each column once.",
        )


def broken(fault: csv.Error, file: str, row: str) -> InputError:
    """A table that the csv module cannot cut into rows, in words of our own."""
    said = str(fault)
    if "new-line character" in said:
        problem = "the lines end with carriage returns alone, or a cell has one without quotes."
        return InputError(
            problem, file=file, row=row, mend="End lines with \\n or \\r\\n. " + AGAIN
        )
    if said.startswith("field larger"):
        said = "a cell is too large"
    mend = "Quotes inside a cell are doubled. " + AGAIN
    return InputError(f"{said}.", file=file, row=row, mend=mend)


def holds_nul(fields: Fields, file: str, row: str) -> InputError:
    """A cell with a NUL, which no database keeps as text."""
    field = next((name for name, cell in fields.items() if "\0" in cell), None)
    return InputError(
        "holds a NUL, which is not text.", file=file, row=row, field=field, mend=AGAIN
    )


def refuse_formulas(row: Row, mend: str) -> None:
    """Refuse a cell that a spreadsheet would compute; raises InputError."""
    for name, value in row.values.items():
        if isinstance(value, str) and FORMULA.match(value[:LONGEST_START]):
            raise row.fault(name, f"begins like a spreadsheet's formula: {shown(value)}.", mend)


def uneven(cells: Sequence[Any], names: Sequence[str], file: str, row: str) -> InputError:
    """A row that is longer or shorter than the header."""
    return InputError(
        f"has {len(cells)} cells; the header has {len(names)}.", file=file, row=row, mend=AGAIN
    )


def cell_spans(row: str, delimiter: str) -> Iterator[tuple[int, int]]:
    """Where each cell of a row begins and ends, quotes included."""
    at = 0
    while True:
        end = quoted_end(row, at) if row.startswith('"', at) else at
        end = row.find(delimiter, end)
        if end < 0:
            yield at, len(row)
            return
        yield at, end
        at = end + 1


def quoted_end(row: str, at: int) -> int:
    """The place behind a quoted cell's closing quote."""
    at += 1
    while True:
        at = row.index('"', at) + 1
        if row[at : at + 1] != '"':
            return at
        at += 1
