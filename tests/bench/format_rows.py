"""Imports of every format: seconds and peak memory, beside the raw library call on the same file.

Each is measured in a process of its own, so that one's memory is not another's peak.
``python -m tests.bench.format_rows ours|raw FORMAT FILE HOME`` is such a process.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.config import load
from annotator.domain.items import Component, ItemContent
from annotator.formats import FORMATS, Outgoing, Picture, Source, Target
from annotator.services.importing import import_file
from annotator.services.workspace import open_workspace, sign_in
from tests.bench.generate import IMAGES, image_name, records, write_images
from tests.bench.table import Bar, Row

if TYPE_CHECKING:
    from tests.bench.places import Place
    from tests.bench.rows import Scale

MIB = 2**20
PEAK_MIB = 1024
"""Most memory an import may take, whatever the size of its images."""


def format_rows(place: Place, scale: Scale) -> list[Row]:
    """A row per format of items."""
    home = place.root / "formats"
    (home / "images").mkdir(parents=True, exist_ok=True)
    write_images(home)
    names = [name for name, form in FORMATS.items() if form.kind == "items"]
    return [format_row(name, home, scale.usual) for name in names]


def format_row(name: str, home: Path, count: int) -> Row:
    """One format's import against its raw reader."""
    file = made(name, home, count)
    ours = child("ours", name, file, home / f"home-{name}")
    raw = child("raw", name, file, home)
    size = file.stat().st_size / MIB
    file.unlink()
    return Row(
        f"import of {count:,} items, {name}",
        f"{ours['seconds']:.1f} s, {ours['peak']:.0f} MiB",
        f"{raw['what']} {raw['seconds']:.1f} s, {raw['peak']:.0f} MiB",
        f"{ours['seconds'] / raw['seconds']:.1f}",
        (Bar(f"peak ≤ {PEAK_MIB} MiB", ours["peak"] <= PEAK_MIB),),
        (f"a file of {size:,.0f} MiB; images decoded and stored, checks, one transaction.",),
        {"ours": ours, "raw": raw},
    )


def made(name: str, home: Path, count: int) -> Path:
    """A file of a format with the generated benchmark's items in it."""
    folder = home / f"data-{name}"
    folder.mkdir(exist_ok=True)
    pictures = {}
    for number in range(IMAGES):
        data = (home / image_name(number)).read_bytes()
        pictures[hashlib.sha256(data).hexdigest()] = data
    written = FORMATS[name].write(
        outgoing(name, count, list(pictures)), {}, Target(folder, "data", pictures.get)
    )
    return folder / written.files[0]


def outgoing(name: str, count: int, pictures: list[str]) -> Iterator[Outgoing]:
    """The generated benchmark's items."""
    level = next(iter(FORMATS[name].rules.levels), None)
    for number, record in enumerate(records(count)):
        parts = zip(
            record["components"], record["component_type"], record["component_weight"], strict=True
        )
        content = ItemContent(
            instruction=record["instruction"],
            level=level,
            components=tuple(
                Component(f"c{n}", text, kind, weight)
                for n, (text, kind, weight) in enumerate(parts, 1)
            ),
            answers=(f"The answer to {number}.",),
        )
        shown = Picture(pictures[number % len(pictures)], "image/jpeg")
        extra = {"rejected": "No."} if name.startswith("preference") else {}
        yield Outgoing(None, content, key=str(number), picture=shown, extra=extra)


def child(mode: str, name: str, file: Path, home: Path) -> dict[str, Any]:
    """Seconds and peak memory of a process of its own."""
    command = [sys.executable, "-m", "tests.bench.format_rows", mode, name, str(file), str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ours(name: str, file: Path, home: Path) -> str:
    """The whole import."""
    workspace = open_workspace(load({"ANNOTATOR_HOME": str(home)}))
    actor = sign_in(workspace, name="Bench")
    import_file(
        workspace,
        actor=actor,
        file=file.name,
        path=file,
        dataset="Bench",
        format=name,
        images=file.parent,
    )
    return "import"


def raw(file: Path) -> str:
    """The library's own reading of the file into memory."""
    if file.suffix == ".parquet":
        import pyarrow.parquet

        pyarrow.parquet.read_table(file).to_pylist()
        return "pyarrow"
    if file.suffix == ".xlsx":
        import openpyxl

        sheet = openpyxl.load_workbook(file, read_only=True).worksheets[0]
        list(sheet.iter_rows(values_only=True))
        return "openpyxl"
    if file.suffix in (".csv", ".tsv"):
        csv.field_size_limit(2**31 - 1)
        with file.open(newline="", encoding="utf-8") as handle:
            list(csv.reader(handle, delimiter="\t" if file.suffix == ".tsv" else ","))
        return "csv"
    with file.open(encoding="utf-8") as handle:
        _ = json.load(handle) if file.suffix == ".json" else [json.loads(line) for line in handle]
    return "json"


def main() -> None:
    """Measure one."""
    mode, name, file, home = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    Source(file.name, file).sha256()
    began = time.perf_counter()
    what = ours(name, file, home) if mode == "ours" else raw(file)
    seconds = time.perf_counter() - began
    sys.stdout.write(json.dumps({"what": what, "seconds": seconds, "peak": peak()}))


def peak() -> float:
    """This process's largest resident memory in MiB; unlike getrusage's it begins with the exec."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
