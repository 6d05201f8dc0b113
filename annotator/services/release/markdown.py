"""Text from data as Markdown that shows it as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any


def escape(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return re.sub(r"([\\`*_<>\[\]#|$~&])", r"\\\1", " ".join(text.split()))


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """A table; None is an empty cell."""
    found = [[("" if cell is None else escape(str(cell))) for cell in row] for row in rows]
    rule = "| " + " | ".join("---" for _ in columns) + " |"
    return [f"| {' | '.join(columns)} |", rule, *(f"| {' | '.join(row)} |" for row in found), ""]
