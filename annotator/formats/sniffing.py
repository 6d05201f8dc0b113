"""How the records of a file lie in it, judged by how it begins."""

from __future__ import annotations

import csv
from typing import Final

from annotator.formats.containers import Container, Fields
from annotator.formats.json_lines import JsonLines
from annotator.formats.json_list import JsonList
from annotator.formats.parquet_rows import ParquetRows
from annotator.formats.sheets import Sheet
from annotator.formats.source import Source, refuse_disguised
from annotator.formats.tables import DELIMITERS, Table

LOOKED_AT: Final = 5
"""So many records from the start say of which form a file is."""

MOST_LIKELY: Final = ("\t", ",", ";")


def container_of(source: Source) -> Container | None:
    """The container; None where the file is no table and no JSON, or empty.

    Raises:
        InputError: it is a pickle, an archive or another file in disguise.
    """
    head = source.head()
    refuse_disguised(head, source.name)
    if head.startswith(b"PAR1"):
        return ParquetRows()
    if head.startswith(b"PK\x03\x04"):
        return Sheet()
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"["):
        return JsonList()
    if start.startswith(b"{"):
        return JsonLines()
    return table_of(start, source.name)


def table_of(start: bytes, name: str) -> Table | None:
    """A table, by what separates the columns of its first line."""
    line = start.split(b"\n", 1)[0].decode("utf-8", "replace")
    if name.lower().endswith(".tsv"):
        return Table("\t")
    counted = {mark: cells_in(line, mark) for mark in MOST_LIKELY}
    best = max(counted, key=lambda mark: counted[mark])
    if counted[best] > 1:
        return Table(best)
    return Table(DELIMITERS["comma"]) if name.lower().endswith(".csv") and line.strip() else None


def cells_in(line: str, mark: str) -> int:
    """Into how many cells a mark cuts a line; 0 where the line is none of a table."""
    try:
        return len(next(csv.reader([line], delimiter=mark), []))
    except csv.Error:
        return 0


def first_rows(source: Source, count: int = LOOKED_AT) -> list[Fields]:
    """The fields of a file's first records.

    Raises:
        InputError: they cannot be read.
    """
    container = container_of(source)
    found: list[Fields] = []
    if container is None or count < 1:
        return found
    for cut in container.cut(source, {}):
        found.append(cut.fields)
        if len(found) == count:
            break
    return found
