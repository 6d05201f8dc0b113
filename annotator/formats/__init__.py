"""The file formats by name, and which of them a file is of."""

from __future__ import annotations

from annotator.errors import InputError
from annotator.formats.base import Document, Format, Outgoing, Record
from annotator.formats.mia_bench import MiaBench

FORMATS: dict[str, Format] = {format.name: format for format in (MiaBench(),)}

__all__ = ["FORMATS", "Document", "Format", "Outgoing", "Record", "choose"]


def choose(name: str, data: bytes, file: str) -> Format:
    """The format of this name, or for ``auto`` the one that recognises the file.

    Raises:
        InputError: no such format, or no format recognises the file.
    """
    known = ", ".join(FORMATS)
    if name != "auto":
        if name not in FORMATS:
            raise InputError(f"there is no format {name!r}.", mend=f"Known formats: {known}.")
        return FORMATS[name]
    for format in FORMATS.values():
        if format.recognises(data, file):
            return format
    raise InputError(
        "no known format recognises this file.", file=file, mend=f"Name one of: {known}."
    )
