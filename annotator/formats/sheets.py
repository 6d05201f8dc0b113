"""Rows of an Excel workbook's one sheet. A formula is refused: what it says is not in the file.

openpyxl is loaded with the first workbook: most processes meet none, and it takes its time.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from annotator.domain.items import JSON
from annotator.errors import InputError
from annotator.formats.base import Embedded, Target
from annotator.formats.containers import Cut, Fields
from annotator.formats.embedding import put_back
from annotator.formats.source import Source
from annotator.formats.typed import LEAD, from_text, to_text

LONGEST_CELL: Final = 32_767
"""Most characters of one cell; Excel and openpyxl cut what is longer without a word."""

LARGEST_NUMBER: Final = 10**308

LARGEST: Final = 1 << 30
"""Most bytes of an unpacked workbook."""

THINNEST: Final = 200
"""Most bytes unpacked for each packed one; text packs 3 to 20 times."""

MOST_CELLS: Final = 20_000_000
"""Most cells of a sheet, the empty ones between others included."""

ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
UNKEPT: Final = re.compile("[\x01-\x08\x0b-\x1f\ufffe\uffff]")
NEVER: Final = b"2000-01-01T00:00:00Z"
AGAIN: Final = "Nothing was imported; save the workbook again as .xlsx."


class Sheet:
    """The container."""

    name = "xlsx"
    extension = "xlsx"

    def cut(self, source: Source, layout: dict[str, JSON], *, skip: int = 0) -> Iterator[Cut]:
        """Each row below the header of the only sheet that has any."""
        from openpyxl import load_workbook

        with source.open() as handle:
            refuse_bomb(handle, source.name)
            try:
                book = load_workbook(handle, read_only=True, data_only=False)
                yield from self.rows(book, source, layout, skip)
            except InputError:
                raise
            except Exception as fault:
                raise unreadable(fault, source.name) from fault

    def rows(self, book: Any, source: Source, layout: dict[str, JSON], skip: int) -> Iterator[Cut]:
        """The rows of a workbook."""
        sheet = only_sheet(book, source.name)
        layout["sheet"] = sheet.title
        names: list[str] = []
        position = 0
        for number, cells in enumerate(rows_in(sheet, source.name), 1):
            values = [unescaped(cell.value) for cell in cells]
            if all(value is None for value in values):
                continue
            if not names:
                names = header(values, source.name)
                layout["columns"] = names
                continue
            row = f"record {position}, line {number}"
            refuse_formulas(cells, names, source.name, row)
            values = fitted(values, names, source.name, row)
            if position >= skip:
                text = to_text(self.name, dict(zip(names, values, strict=True)), {})
                yield Cut(text, from_text(text), row)
            position += 1
        if not names:
            raise InputError(
                "has no header.", file=source.name, mend="The first row names the columns."
            )

    def owns(self, text: str) -> bool:
        """A typed record out of a workbook."""
        return text.startswith(f"{LEAD}{self.name}\n")

    def fields(self, text: str) -> Fields:
        """The row's values."""
        return from_text(text)

    def patched(self, text: str, changed: Fields, layout: Mapping[str, JSON]) -> str:
        """The row with some cells saying something else."""
        return self.made({**from_text(text), **changed}, layout)

    def made(self, fields: Fields, layout: Mapping[str, JSON]) -> str:
        """A new row's text."""
        found: dict[str, Embedded] = {}
        return to_text(self.name, fields, found)

    def write(self, texts: Iterable[str], layout: Mapping[str, JSON], target: Target) -> list[str]:
        """One sheet; texts stay texts, whatever they begin with."""
        from openpyxl import Workbook

        file = f"{target.name}.{self.extension}"
        book = Workbook(write_only=True)
        sheet = book.create_sheet(str(layout.get("sheet") or "items")[:31])
        rows = [from_text(put_back(text, target.images)) for text in texts]
        own = [name for row in rows for name in row]
        names = list(dict.fromkeys([*(layout.get("columns") or ()), *own])) or ["instruction"]
        sheet.append([cell_of(sheet, name, name, "header") for name in names])
        for number, row in enumerate(rows):
            place = f"record {number}"
            sheet.append([cell_of(sheet, row.get(name), name, place) for name in names])
        save(book, target.folder / file)
        return [file]


def save(book: Any, path: Path) -> None:
    """Save a workbook without the time of day, so that the same rows give the same bytes."""
    packed = io.BytesIO()
    book.save(packed)
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "docProps/core.xml":
                data = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", NEVER, data)
            new.writestr(zipfile.ZipInfo(entry.filename), data, zipfile.ZIP_DEFLATED)


def escaped(value: Any) -> Any:
    """A text with the characters that XML does not keep as workbooks write them: ``_x000D_``."""
    if not isinstance(value, str):
        return value
    text = ESCAPE.sub(r"_x005F\g<0>", value)
    return UNKEPT.sub(lambda found: f"_x{ord(found.group()):04X}_", text)


def unescaped(value: Any) -> Any:
    """The inverse of escaped."""
    if not isinstance(value, str) or "_x" not in value:
        return value
    return ESCAPE.sub(lambda found: chr(int(found.group(1), 16)), value)


def refuse_bomb(handle: BinaryIO, file: str) -> None:
    """Refuse an archive that unpacks to far more than it is, before anything is unpacked."""
    try:
        with zipfile.ZipFile(handle) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as fault:
        raise InputError(f"is no Excel workbook: {fault}.", file=file, mend=AGAIN) from fault
    packed = sum(entry.compress_size for entry in entries)
    whole = sum(entry.file_size for entry in entries)
    if whole > LARGEST or (whole > 1 << 24 and whole > THINNEST * max(packed, 1)):
        raise InputError(
            f"unpacks from {packed:,} to {whole:,} bytes; it was not opened.",
            file=file,
            mend="Save it as CSV.",
        )
    if "[Content_Types].xml" not in {entry.filename for entry in entries}:
        raise InputError("is a zip archive, not a workbook; it was not opened.", file=file)
    handle.seek(0)


def unreadable(fault: Exception, file: str) -> InputError:
    """A workbook that openpyxl cannot read; its faults are of any kind."""
    said = str(fault)[:200] or type(fault).__name__
    return InputError(f"is no readable workbook: {said}.", file=file, mend=AGAIN)


def only_sheet(book: Any, file: str) -> Any:
    """The sheet that has rows; raises InputError where several have."""
    filled = [s for s in book.worksheets if any(map(any_value, islice(rows_in(s, file), 50)))]
    if len(filled) > 1:
        names = ", ".join(sheet.title for sheet in filled)
        raise InputError(
            f"has {len(filled)} sheets with rows: {names}.",
            file=file,
            mend="Save each as a workbook of its own.",
        )
    if not filled:
        raise InputError("has no rows.", file=file, mend="The first row names the columns.")
    return filled[0]


def rows_in(sheet: Any, file: str) -> Iterator[Sequence[Any]]:
    """A sheet's rows up to the last cell of each, whatever size the sheet says it has.

    Raises:
        InputError: it is made of so many cells that going through them would take for ever.
    """
    sheet.reset_dimensions()
    seen = 0
    for cells in sheet.iter_rows():
        seen += 1 + len(cells)
        if seen > MOST_CELLS:
            problem = f"the sheet {sheet.title!r} has more than {MOST_CELLS:,} cells."
            raise InputError(problem, file=file, mend="Save it as CSV.")
        yield cells


def any_value(row: Iterable[Any]) -> bool:
    """Whether a row has a cell that says something."""
    return any(cell.value is not None for cell in row)


def header(values: Sequence[Any], file: str) -> list[str]:
    """The columns' names."""
    while values and values[-1] is None:
        values = values[:-1]
    names = [value if isinstance(value, str) else "" for value in values]
    if "" in names:
        raise InputError(
            f"column {names.index('') + 1} has no name.",
            file=file,
            row="line 1",
            mend="Name each column in the first row.",
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"the column {twice!r} stands twice.", file=file, row="line 1")
    return names


def fitted(values: list[Any], names: Sequence[str], file: str, row: str) -> list[Any]:
    """A row's values, as many as there are columns."""
    if any(value is not None for value in values[len(names) :]):
        raise InputError(
            f"has a value beyond the {len(names)} columns.",
            file=file,
            row=row,
            mend="Name the column in the first row.",
        )
    return (values + [None] * len(names))[: len(names)]


def refuse_formulas(cells: Iterable[Any], names: Sequence[str], file: str, row: str) -> None:
    """Refuse a cell whose value a spreadsheet would have to compute, or could not."""
    for place, cell in enumerate(cells):
        kind = getattr(cell, "data_type", None)
        if kind in ("f", "e"):
            what = "a formula" if kind == "f" else "a spreadsheet's error"
            raise InputError(
                f"is {what}.",
                file=file,
                row=row,
                field=names[place] if place < len(names) else None,
                mend="Copy the column and paste it as values.",
            )


def cell_of(sheet: Any, value: Any, field: str, row: str) -> Any:
    """A cell; a text is never taken for a formula. Raises InputError for what no cell can hold."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils.exceptions import IllegalCharacterError

    if isinstance(value, str) and len(value) > LONGEST_CELL:
        raise InputError(
            f"has {len(value):,} characters; an Excel cell holds {LONGEST_CELL:,}.",
            row=row,
            field=field,
            mend="Write CSV or JSONL.",
        )
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        problem = "holds a number that Excel has no cell for."
        raise InputError(problem, row=row, field=field, mend="Write CSV or JSONL.")
    try:
        cell = WriteOnlyCell(sheet, value=escaped(value))
    except (IllegalCharacterError, ValueError) as fault:
        raise InputError(
            "holds a value that Excel has no cell for.",
            row=row,
            field=field,
            mend="Write CSV or JSONL.",
        ) from fault
    if isinstance(value, str):
        cell.data_type = "s"
    return cell
