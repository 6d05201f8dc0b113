"""One measured row, and the table of all."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

HEADS = ("what", "measured", "yardstick", "ratio", "bar", "met?")


@dataclass(frozen=True)
class Bar:
    """A figure, in words, and whether it is held."""

    words: str
    held: bool


@dataclass(frozen=True)
class Row:
    """What was measured beside what it is compared with.

    ``bars`` is empty where the design sets none; ``notes`` say what is in the figures.
    """

    what: str
    measured: str
    yardstick: str = "–"
    ratio: str = "–"
    bars: tuple[Bar, ...] = ()
    notes: tuple[str, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> str:
        """yes, no, or – where there is no bar."""
        if not self.bars:
            return "–"
        return "yes" if all(bar.held for bar in self.bars) else "no"

    def cells(self) -> tuple[str, ...]:
        """The row's line of the table."""
        bars = ", ".join(bar.words for bar in self.bars) or "–"
        return (self.what, self.measured, self.yardstick, self.ratio, bars, self.met)

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return asdict(self) | {"met": self.met}


def unmeasured(what: str, fault: Exception) -> Row:
    """A row that could not be measured, which is never a pass."""
    said = f"{type(fault).__name__}: {fault}".splitlines()[0][:160]
    return Row(what, "not measured", notes=(said,), bars=(Bar("–", False),))


def table(rows: Sequence[Row]) -> str:
    """All rows under one another, with their notes below."""
    lines = [HEADS, *(row.cells() for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADS))]
    drawn = [
        " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    drawn.insert(1, "-|-".join("-" * width for width in widths))
    notes = [f"  {row.what}: {note}" for row in rows for note in row.notes]
    return "\n".join([*drawn, "", *notes])


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    """The value that 95 % do not exceed."""
    return sorted(values)[max(0, math.ceil(0.95 * len(values)) - 1)]


def spread(values: Sequence[float]) -> str:
    """Median and 95th percentile, in ms."""
    return f"{median(values):.0f}/{p95(values):.0f} ms"
