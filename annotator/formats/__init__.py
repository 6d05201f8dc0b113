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
from annotator.formats.form import Form
from annotator.formats.json_list import JsonList
from annotator.formats.mia_bench import MiaBench
from annotator.formats.source import Source, digest_of, parts_of, refuse_disguised

FORMS: Final[tuple[Form, ...]] = (MiaBench(),)
FORMATS: Final[dict[str, Format]] = {form.name: form for form in FORMS}
LOOKED_AT: Final = 5
"""So many records from the start say of which form a file is."""

__all__ = [
    "FORMATS",
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
    "parts_of",
]


def choose(name: str, source: Source) -> Format:
    """The format of this name, or for ``auto`` the one that recognises the file.

    Raises:
        InputError: no such format, no format recognises the file, or its first records are broken.
    """
    known = ", ".join(FORMATS)
    if name != "auto":
        if name not in FORMATS:
            raise InputError(f"there is no format {name!r}.", mend=f"Known formats: {known}.")
        return FORMATS[name]
    container = container_of(source)
    first = first_fields(container, source) if container else {}
    for form in FORMS:
        held = container and any(c.name == container.name for c in form.containers)
        if held and form.fits(first):
            return form
    raise InputError(
        "no known format recognises this file.", file=source.name, mend=f"Name one of: {known}."
    )


def container_of(source: Source) -> Container | None:
    """How the records of a file lie in it, by how it begins."""
    head = source.head()
    refuse_disguised(head, source.name)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return JsonList() if start.startswith(b"[") else None


def first_fields(container: Container, source: Source) -> Fields:
    """The fields of a file's first records together."""
    found: dict[str, object] = {}
    for number, cut in enumerate(container.cut(source, {})):
        found = dict(cut.fields) | found
        if number + 1 == LOOKED_AT:
            break
    return found
