"""How records lie in a file, whatever they say: what each container offers.

    json_list       a JSON list of objects
    json_lines      a JSON object a line
    tables          rows of a CSV or TSV, cells quoted as spreadsheets do
    parquet_rows    rows of a parquet file
    sheets          rows of an Excel workbook's sheet

A record's stored text says which container it came from, so that it can be read again alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from annotator.domain.items import JSON
from annotator.formats.base import Embedded, Target
from annotator.formats.source import Source

Fields = Mapping[str, Any]
"""A record's values by field: JSON, or, out of parquet and Excel, what those hold."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One record as its container cut it out of the file.

    Args:
        text: as it is stored, images already out where the container does that itself.
        fields: its values.
        row: where it stands, in words.
        embedded: the images the container took out.
        emptied: whether the container takes images out itself.
    """

    text: str
    fields: Fields
    row: str
    embedded: tuple[Embedded, ...] = ()
    emptied: bool = False


class Container(Protocol):
    """One way for records to lie in a file."""

    name: str
    extension: str

    def cut(self, source: Source, layout: dict[str, JSON], *, skip: int = 0) -> Iterator[Cut]:
        """The records of a file; fills the layout on the way.

        Raises:
            InputError: the file is broken; names file, record and mend.
        """

    def owns(self, text: str) -> bool:
        """Whether a stored record's text is of this container."""

    def fields(self, text: str) -> Fields:
        """A stored record's values."""

    def patched(self, text: str, changed: Fields, layout: Mapping[str, JSON]) -> str:
        """A stored record with some fields saying something else; the others to the letter."""

    def made(self, fields: Fields, layout: Mapping[str, JSON]) -> str:
        """The text of a new record."""

    def write(self, texts: Iterable[str], layout: Mapping[str, JSON], target: Target) -> list[str]:
        """Write stored and new records into the target's folder; returns the files' names."""
