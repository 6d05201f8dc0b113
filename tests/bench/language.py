"""The constraint language's rows: what it finds, and what it leaves alone, on published data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from tests.bench import constraints
from tests.bench.places import Place
from tests.bench.table import Bar, Row

DATA: Final = "ANNOTATOR_REAL_DATA"


def constraint_rows(place: Place, scale: object) -> list[Row]:
    """Recall, precision and silence on ConInstruct's records (arXiv 2511.14342).

    Where the variable ANNOTATOR_REAL_DATA names no folder there is nothing to measure on, and the
    one row says so.
    """
    folder = os.environ.get(DATA)
    if not folder:
        return [Row("constraints", "not measured", notes=(f"{DATA} names no folder.",))]
    return [row_of(found) for found in constraints.rows(Path(folder))]


def row_of(found: constraints.Row) -> Row:
    """A share of cases as a line of the table."""
    bar = constraints.BARS.get(found.name)
    bars = () if bar is None else (Bar(f"≥ {bar:g}", found.share >= bar),)
    measured = f"{found.found} of {found.of}"
    figures = {"found": found.found, "of": found.of}
    return Row(f"constraints: {found.name}", measured, "–", f"{found.share:.3f}", bars, (), figures)
