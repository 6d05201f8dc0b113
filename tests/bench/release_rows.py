"""Releases in every format: seconds and peak memory, beside the raw library call on their values.

Each is measured in a process of its own,
``python -m tests.bench.release_rows ours|raw FORMAT HOME``.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.config import load
from annotator.formats import FORMATS
from annotator.services import datasets, release
from annotator.services.release import Options
from annotator.services.workspace import open_workspace, sign_in
from tests.bench.format_rows import peak
from tests.bench.table import Row

if TYPE_CHECKING:
    from tests.bench.places import Place
    from tests.bench.rows import Scale

LARGEST = 100_000_000
SAMPLE = 100_000_000


def release_rows(place: Place, scale: Scale) -> list[Row]:
    """A row per format of items."""
    home = place.copy(scale.usual, "releases")
    names = [name for name, form in FORMATS.items() if form.kind == "items"]
    return [release_row(name, home, scale.usual) for name in names]


def release_row(name: str, home: Path, count: int) -> Row:
    """One format's release against the library's own writing of the same values."""
    ours, raw = child("ours", name, home), child("raw", name, home)
    return Row(
        f"release of {count:,} items, {name}",
        f"{ours['seconds']:.1f} s, {ours['peak']:.0f} MiB",
        f"{raw['what']} {raw['seconds']:.1f} s, {raw['peak']:.0f} MiB",
        f"{ours['seconds'] / raw['seconds']:.1f}",
        (),
        ("data, items, card, changes and hashes; the library writes the data only.",),
        {"ours": ours, "raw": raw},
    )


def child(mode: str, name: str, home: Path) -> dict[str, Any]:
    """Seconds and peak memory of a process of its own."""
    command = [sys.executable, "-m", "tests.bench.release_rows", mode, name, str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ours(name: str, home: Path) -> float:
    """Make the release; returns the seconds."""
    workspace = open_workspace(load({"ANNOTATOR_HOME": str(home)}))
    actor = sign_in(workspace, name="Bench")
    dataset = datasets.everything(workspace)[0]
    options = Options(name, formats=(name,), previous="none")
    began = time.perf_counter()
    release.create(
        workspace, actor=actor, dataset=dataset, out=home / "out" / name, options=options
    )
    return time.perf_counter() - began


def raw(name: str, home: Path) -> tuple[str, float]:
    """Write the release's values again with the library alone; returns its name and the seconds."""
    folder = home / "out" / name / name
    files = [p for p in folder.rglob("*") if p.is_file() and p.parent.name != "images"]
    file = max(files, key=lambda p: p.stat().st_size)
    again = home / f"again{file.suffix}"
    what, write = writer(file, again)
    began = time.perf_counter()
    write()
    seconds = time.perf_counter() - began
    share = min(1.0, again.stat().st_size / file.stat().st_size) if what == "csv" else 1.0
    again.unlink()
    return what, seconds / share


def writer(file: Path, again: Path) -> tuple[str, Any]:
    """A library's name and its call that writes the values of a file once more."""
    if file.suffix == ".parquet":
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(file)
        return "pyarrow", lambda: pyarrow.parquet.write_table(table, again)
    if file.suffix == ".xlsx":
        import openpyxl

        book = openpyxl.load_workbook(file)
        return "openpyxl", lambda: book.save(again)
    if file.suffix in (".csv", ".tsv"):
        rows = first_rows(file)
        return "csv", lambda: write_rows(rows, again)
    text = file.read_text(encoding="utf-8")
    lines = text.split("\n")[:-1]
    values = json.loads(text) if file.suffix == ".json" else list(map(json.loads, lines))
    return "json", lambda: again.write_text(json.dumps(values), encoding="utf-8")


def first_rows(file: Path) -> list[list[str]]:
    """The first rows of a table, at least SAMPLE characters if it has so many.

    ``csv`` takes minutes to write a gigabyte of images; that time grows with the characters, so a
    tenth of them tells it.
    """
    csv.field_size_limit(LARGEST)
    rows, size = [], 0
    with file.open(newline="", encoding="utf-8") as handle:
        for row in csv.reader(handle, delimiter="\t" if file.suffix == ".tsv" else ","):
            rows.append(row)
            size += sum(map(len, row))
            if size > SAMPLE:
                break
    return rows


def write_rows(rows: list[list[str]], again: Path) -> None:
    """Rows as CSV."""
    with again.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows(rows)


def main() -> None:
    """Measure one."""
    mode, name, home = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    what, seconds = ("release", ours(name, home)) if mode == "ours" else raw(name, home)
    sys.stdout.write(json.dumps({"what": what, "seconds": seconds, "peak": peak()}))


if __name__ == "__main__":
    main()
