"""Formats as the services ask for them: by name, and as a dataset is read."""

from __future__ import annotations

from annotator.domain.records import Dataset
from annotator.errors import NotFound
from annotator.formats import FORMATS, ColumnMapping, Format, named
from annotator.formats.mapping import from_json


def format_of(name: str) -> Format:
    """A format by name; raises NotFound."""
    if name not in FORMATS:
        raise NotFound("format", name)
    return FORMATS[name]


def reader_of(dataset: Dataset) -> Format:
    """The format in which a dataset came, reading by its mapping of columns."""
    format_of(dataset.format)
    return named(dataset.format, mapping_of(dataset))


def mapping_of(dataset: Dataset) -> ColumnMapping | None:
    """The mapping of columns by which a dataset is read."""
    return from_json(dataset.mapping) if dataset.mapping else None
