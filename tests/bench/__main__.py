"""``python -m tests.bench``: the figures of the design, measured as ratios in one run.

A missed bar is printed as "no"; a row that could not be measured says so, and then the exit code
is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
import traceback
from dataclasses import replace
from pathlib import Path

from tests.bench.places import Place
from tests.bench.rows import QUICK, ROWS, Scale
from tests.bench.table import Row, table, unmeasured


def main() -> int:
    """Measure the rows that are asked for; returns the exit code."""
    wanted = parser().parse_args()
    scale = QUICK if wanted.quick else Scale()
    scale = replace(scale, usual=wanted.size or scale.usual)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        place = Place(wanted.keep or Path(folder))
        place.root.mkdir(parents=True, exist_ok=True)
        rows, failed = measure(wanted.only or list(ROWS), place, scale)
    sys.stdout.write(f"{table(rows)}\n\n{machine()}\n")
    if wanted.json:
        found = {"machine": machine(), "quick": wanted.quick, "rows": [r.as_dict() for r in rows]}
        wanted.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    return 1 if failed else 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    made.add_argument("--quick", action="store_true", help="small sizes, to see that it runs")
    made.add_argument(
        "--size",
        type=int,
        metavar="N",
        help=f"items of the usual dataset; {Scale.usual} if left out",
    )
    made.add_argument(
        "--only",
        action="append",
        choices=list(ROWS),
        metavar="ROW",
        help=f"one of {', '.join(ROWS)}; may be repeated",
    )
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures too")
    made.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="keep the databases for the next run"
    )
    return made


def measure(names: list[str], place: Place, scale: Scale) -> tuple[list[Row], bool]:
    """The rows in order, and whether any could not be measured."""
    rows, failed = [], False
    for name in names:
        began = time.monotonic()
        try:
            found = ROWS[name](place, scale)
            rows += found if isinstance(found, list) else [found]
        except Exception as fault:  # noqa: BLE001 - one row must not hide the others
            traceback.print_exc()
            rows.append(unmeasured(name, fault))
            failed = True
        sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    return rows, failed


def machine() -> str:
    """What it was measured on, and how busy that was."""
    load = os.getloadavg() if hasattr(os, "getloadavg") else (0.0, 0.0, 0.0)
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; load {load[0]:.1f} at the end"
    )


if __name__ == "__main__":
    sys.exit(main())
