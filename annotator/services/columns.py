"""Look at the first rows of a file, so that a person can say which of its columns mean what."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from annotator.errors import InputError
from annotator.formats import ColumnMapping as ColumnMapping
from annotator.formats import Source, choose, first_rows, parts_of, takes_mapping
from annotator.formats.mapping import LISTS as LISTS
from annotator.formats.mapping import ROLES as ROLES
from annotator.formats.mapping import SEPARATORS as SEPARATORS
from annotator.formats.mapping import from_json, guessed

ROWS: Final = 5
LONGEST_SHOWN: Final = 120


@dataclass(frozen=True, slots=True)
class Look:
    """What a file seems to be.

    Args:
        format: the name of the format it is recognised as, None where none is.
        problem: why it cannot be read, or why a mapping is needed.
        columns: its columns, where they can be mapped.
        rows: its first rows as texts, long ones cut.
        guess: the mapping that the columns' names suggest.
    """

    format: str | None = None
    problem: str | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()
    guess: ColumnMapping = field(default_factory=ColumnMapping)

    @property
    def can_be_mapped(self) -> bool:
        """Whether a person may say what the columns mean."""
        return bool(self.columns)


def look(
    file: str, *, data: bytes | None = None, path: Path | None = None, format: str = "auto"
) -> Look:
    """What a file or folder seems to be, judged by its first rows."""
    try:
        source = parts_of(path)[0] if path is not None else Source(file, data=data)
        rows = first_rows(source, ROWS)
    except (InputError, OSError) as fault:
        return Look(problem=str(fault))
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    shown = tuple({name: as_shown(row.get(name)) for name in columns} for row in rows)
    try:
        chosen = choose(format, source).name
    except InputError as fault:
        return Look(problem=str(fault), columns=columns, rows=shown, guess=guessed(columns))
    if not takes_mapping(chosen):
        return Look(format=chosen)
    return Look(format=chosen, columns=columns, rows=shown, guess=guessed(columns))


def mapping(columns: Mapping[str, Sequence[str]], separator: str) -> ColumnMapping:
    """What a person chose; raises InvalidValue."""
    chosen = {role: list(names) for role, names in columns.items() if names}
    return from_json({"columns": chosen, "separator": separator})


def as_shown(value: Any) -> str:
    """A cell on one line, cut short."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = "" if value is None else " ".join(text.split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
