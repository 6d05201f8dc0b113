"""What every file format offers: reading records without loss and writing them back.

A reader keeps each record's text as it stood in the file and the layout around the records, so
that a writer gives an untouched record back as it came. A format is a module that defines a class
with these methods; ``annotator.formats`` lists them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Protocol

from annotator.domain.items import JSON, ContentRules, ItemContent
from annotator.domain.records import Origin


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a source.

    Args:
        position: 0-based place in the file.
        source_id: the id the source gives it, None where the form has none.
        text: the record as it stands in the file.
        content: what the record says, in our values.
        image_ref: the image as the source names it: path, address, data URI or base64.
        declared_count: how many components the record claims to have.
        origin: where it was generated, where it says so.
        notes: what is odd about the record and cannot be seen in the content.
    """

    position: int
    source_id: str | None
    text: str
    content: ItemContent
    image_ref: str | None = None
    declared_count: int | None = None
    origin: Origin = field(default_factory=Origin)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read: its records and the layout around them, as JSON."""

    records: Sequence[Record]
    layout: Mapping[str, JSON]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One item on its way out: the record it came from and what it says now.

    ``content`` is None where nothing was ever changed: the record goes out as it came. ``curated``
    is True once a person has settled the item, with or without edits.
    """

    text: str
    content: ItemContent | None = None
    curated: bool = False


class Format(Protocol):
    """One file format."""

    name: str
    title: str
    extension: str
    rules: ContentRules

    def recognises(self, data: bytes, file: str) -> bool:
        """Whether a file of this name that holds this is of this format."""

    def read(self, data: bytes, file: str) -> Document:
        """Read a whole file; raises InputError with file, record, field and mend."""

    def read_record(self, text: str) -> Record:
        """Read one record's text again."""

    def write(
        self, items: Iterable[Outgoing], layout: Mapping[str, JSON], target: IO[str]
    ) -> list[str]:
        """Write items; returns sentences on what the format cannot carry."""
