"""Rows of answers and replies, whatever they lie in: JSON lines, a JSON list, CSV, TSV, Excel.

Nothing here knows what a row says; ``annotator.formats.answers`` does.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from annotator.errors import InputError
from annotator.formats.sheets import refuse_bomb, rows_in, unescaped, unreadable
from annotator.formats.source import Source, not_utf8, refuse_disguised
from annotator.formats.tables import broken

MOST_ROWS: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: ``position`` is 0-based, ``place`` says where it stands in words."""

    position: int
    place: str
    values: Mapping[str, Any]


def read_rows(source: Source) -> list[TableRow]:
    """All rows of a file; which container it is follows from its name and how it begins.

    Raises:
        InputError: the file is empty, broken or no such container.
    """
    head = source.head()
    refuse_disguised(head, source.name)
    name = source.name.lower()
    if head.startswith(b"PAR1"):
        mend = "Save its rows as JSON lines, CSV or XLSX."
        raise InputError("is a parquet file, which is not read here.", file=source.name, mend=mend)
    if head.startswith(b"PK") or name.endswith((".xlsx", ".xlsm")):
        found = list(sheet_rows(source))
    else:
        text = text_of(source)
        if name.endswith((".tsv", ".csv")):
            found = list(table_rows(text, "\t" if name.endswith(".tsv") else ",", source.name))
        elif text.lstrip()[:1] == "[":
            found = list(list_rows(text, source.name))
        else:
            found = list(line_rows(text, source.name))
    if not found:
        raise InputError("has no rows.", file=source.name, mend="Name a file with rows in it.")
    return found


def text_of(source: Source) -> str:
    """The file as text; raises InputError."""
    with source.open() as handle:
        data = handle.read()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        raise not_utf8(fault, fault.start, source.name, f"line {line}") from fault


def line_rows(text: str, file: str) -> Iterator[TableRow]:
    """A JSON object per line; blank lines are passed over."""
    position = 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield TableRow(position, f"line {number}", parsed(line, f"line {number}", file))
            position += 1


def list_rows(text: str, file: str) -> Iterator[TableRow]:
    """A JSON list of objects."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise InputError(f"is no JSON: {fault}.", file=file, mend="Mend the file.") from fault
    for position, value in enumerate(found):
        place = f"record {position}"
        yield TableRow(position, place, an_object(value, place, file))


def parsed(line: str, place: str, file: str) -> Mapping[str, Any]:
    """A line's JSON object; raises InputError."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise InputError(
            "is no JSON.", file=file, row=place, mend="Write one JSON object per line."
        ) from fault
    return an_object(value, place, file)


def an_object(value: Any, place: str, file: str) -> Mapping[str, Any]:
    """A JSON object; raises InputError for anything else."""
    if not isinstance(value, dict):
        raise InputError(
            f"must be a JSON object, not {type(value).__name__}.", file=file, row=place
        )
    return value


def table_rows(text: str, delimiter: str, file: str) -> Iterator[TableRow]:
    """Rows of a CSV or TSV with a head; an empty cell is no value."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        head = next(reader, [])
        for position, cells in enumerate(reader):
            if not cells:
                continue
            place = f"row {position + 1}"
            if len(cells) != len(head):
                problem = f"has {len(cells)} cells; the head has {len(head)}."
                raise InputError(problem, file=file, row=place, mend="Mend this row.")
            yield TableRow(position, place, filled(zip(head, cells, strict=True)))
    except csv.Error as fault:
        raise broken(fault, file, f"line {reader.line_num}") from fault


def sheet_rows(source: Source) -> Iterator[TableRow]:
    """Rows of an Excel workbook's first sheet.

    A cell that begins with = is taken as the text it is: pandas writes an answer like “=== 1 ===”
    as a formula, whose value no workbook holds.
    """
    from openpyxl import load_workbook

    with source.open() as handle:
        refuse_bomb(handle, source.name)
        try:
            sheet = load_workbook(handle, read_only=True).worksheets[0]
            rows = (
                [unescaped(cell.value) for cell in cells] for cells in rows_in(sheet, source.name)
            )
            head = [str(value) if value is not None else "" for value in next(rows, [])]
            for position, values in enumerate(rows):
                if any(value is not None for value in values):
                    found = filled(zip(head, values, strict=False))
                    yield TableRow(position, f"row {position + 2}", found)
        except InputError:
            raise
        except Exception as fault:
            raise unreadable(fault, source.name) from fault


def filled(pairs: Any) -> dict[str, Any]:
    """The cells that hold something, by their column."""
    return {name: cell for name, cell in pairs if name and cell is not None and cell != ""}
