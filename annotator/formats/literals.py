"""Lists as text in a cell: Python literals, as VLMEvalKit's tables hold them, or JSON."""

from __future__ import annotations

import ast
import json
from typing import Any, Final

from annotator.formats.fields import Row

LONGEST: Final = 1_000_000


def list_in(row: Row, field: str) -> list[Any] | None:
    """A list, or a text that is the literal of one; None where the field is empty or missing.

    Raises:
        InputError: it is neither.
    """
    value = row.values.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, list):
        return value
    if not isinstance(value, str) or len(value) > LONGEST:
        raise row.fault(field, "is no list.")
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        if isinstance(found, list):
            return found
    raise row.fault(
        field, f"is {json.dumps(value)[:60]}; it must be a list such as ['a', 'b'] or [\"a\"]."
    )


def with_lists(row: Row, *fields: str) -> Row:
    """The record with these fields as lists."""
    found = {name: list_in(row, name) for name in fields}
    kept = {name: value for name, value in row.values.items() if name not in found}
    lists = {name: value for name, value in found.items() if value is not None}
    return Row(kept | lists, row.file, row.row)


def single_quoted(texts: list[str]) -> str:
    """A list as VLMEvalKit cuts it: between quotes, two characters off at each end."""
    if any(mark in text for text in texts for mark in "'\"\\\n\r\t"):
        return repr(texts)
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"
