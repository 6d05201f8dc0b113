"""The file formats by name, and which of them a file is of."""

from __future__ import annotations

from typing import Final

from annotator.errors import InputError
from annotator.formats.base import (
    Embedded,
    Format,
    Holds,
    Outgoing,
    Picture,
    Reading,
    Record,
    Target,
    Written,
)
from annotator.formats.containers import Container, Fields
from annotator.formats.conversations import Llava, ShareGpt
from annotator.formats.data_engine import DataEngine
from annotator.formats.form import Form
from annotator.formats.generic import Generic, GenericCsv, GenericJsonl, GenericXlsx
from annotator.formats.hugging_face import HuggingFaceParquet, ImageFolder, KitParquet
from annotator.formats.mapping import ColumnMapping
from annotator.formats.material import FbiPerturbations, MiaAnswers
from annotator.formats.mia_bench import MiaBench
from annotator.formats.mia_bench_tsv import MiaBenchTsv
from annotator.formats.mm_ifengine import MmIfEngine
from annotator.formats.mm_ifeval import MmIfEvalTsv
from annotator.formats.preferences import Preference, PreferenceShareGpt
from annotator.formats.sniffing import container_of, first_rows
from annotator.formats.source import Source, digest_of, parts_of

FORMS: Final[tuple[Form, ...]] = (
    MiaBench(),
    MiaBenchTsv(),
    MmIfEvalTsv(),
    MmIfEngine(),
    KitParquet(),
    ImageFolder(),
    HuggingFaceParquet(),
    DataEngine(),
    Preference(),
    PreferenceShareGpt(),
    Llava(),
    ShareGpt(),
    MiaAnswers(),
    FbiPerturbations(),
    GenericJsonl(),
    GenericCsv(),
    GenericXlsx(),
)
"""In the order in which they are asked whether a file is theirs: the most particular first."""

FORMATS: Final[dict[str, Format]] = {form.name: form for form in FORMS}

__all__ = [
    "FORMATS",
    "ColumnMapping",
    "Embedded",
    "Format",
    "Holds",
    "Outgoing",
    "Picture",
    "Reading",
    "Record",
    "Source",
    "Target",
    "Written",
    "choose",
    "digest_of",
    "first_rows",
    "named",
    "parts_of",
    "takes_mapping",
]


def named(name: str, mapping: ColumnMapping | None = None) -> Format:
    """The format of this name, reading by a mapping where it takes one.

    Raises:
        InputError: no such format.
    """
    form = FORMATS.get(name)
    if form is None:
        raise InputError(f"there is no format {name!r}.", mend=f"Known formats: {known()}.")
    return type(form)(mapping) if isinstance(form, Generic) and mapping else form


def known() -> str:
    """The formats' names, for messages."""
    return ", ".join(FORMATS)


def takes_mapping(name: str) -> bool:
    """Whether a format reads by a mapping of columns."""
    return isinstance(FORMATS.get(name), Generic)


def choose(name: str, source: Source, mapping: ColumnMapping | None = None) -> Format:
    """The format of this name, or for ``auto`` the one that recognises the file.

    With a mapping it is the generic format of the file's container.

    Raises:
        InputError: no such format, no format recognises the file, or its first records are broken.
    """
    if name != "auto":
        return named(name, mapping)
    if not source.head().strip():
        raise InputError("is empty.", file=source.name, mend="Name a file with records in it.")
    container = container_of(source)
    first = merged(first_rows(source)) if container else {}
    if container and not first:
        raise InputError("holds no record.", file=source.name, mend="Nothing was imported.")
    for form in FORMS:
        if not container or not holds(form, container):
            continue
        if isinstance(form, Generic) if mapping else form.fits(first):
            return named(form.name, mapping)
    seen = f", whose columns are {', '.join(first)[:200]}" if first else ""
    raise InputError(
        f"no known format recognises this file{seen}.",
        file=source.name,
        mend=f"Name one of: {known()}. csv, jsonl and xlsx read any columns by a mapping.",
    )


def holds(form: Form, container: Container) -> bool:
    """Whether records of a form may lie in this container."""
    return any(one.name == container.name for one in form.containers)


def merged(rows: list[Fields]) -> Fields:
    """The fields of several records together, the first one's values."""
    found: dict[str, object] = {}
    for fields in rows:
        found = dict(fields) | found
    return found
