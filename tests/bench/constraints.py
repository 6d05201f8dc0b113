"""Precision and recall of contradictions on ConInstruct, and silence on compatible twins.

    ANNOTATOR_REAL_DATA=… python -m tests.bench.constraints

Source: ConInstruct (arXiv 2511.14342). The records are read from the folder that
``ANNOTATOR_REAL_DATA`` names; nothing of them is kept here.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from annotator.constraints import find_contradictions, split_instruction

TWINS = Path(__file__).parents[1] / "data" / "coninstruct_twins.jsonl"
_BETWEEN = "Conflicts between "
_NAMES = {
    "Keyword Constraints": "Keyword",
    "Phrase Constraints": "Phrase",
    "Length Constraints": "Length",
    "Format Constraints": "Format",
    "Style Constraints": "Style",
    "Content Constraints": "Content",
    "Keyword Constraints and Phrase Constraints": "Keyword×Phrase",
    "Phrase Constraints and Content Constraints": "Phrase×Content",
    "Phrase Constraints and Style Constraints": "Phrase×Style",
}
NOT_CONTRADICTORY = frozenset([("Length", 7), ("Length", 8), ("Phrase", 4), ("Format", 34)])
"""Pairs of the published file that can both be met or repeat one another."""
CONTRADICTORY_RECORDS = frozenset([4, 26])
"""Records whose own instruction contradicts itself."""


BARS = {
    "recall Keyword": 0.9,
    "recall Phrase": 0.85,
    "recall Length": 0.9,
    "recall Keyword×Phrase": 0.75,
    "recall Format": 0.7,
    "recall Style": 0.6,
    "precision": 0.98,
    "silent on twins": 1.0,
    "instructions left alone": 1.0,
    "appended constraint found": 0.85,
}
"""The least share of each row; the test of the published data holds the same."""


@dataclass(frozen=True)
class Row:
    """One line of the table: ``found`` of ``of``; for precision, right claims of all claims."""

    name: str
    found: int
    of: int

    @property
    def share(self) -> float:
        return self.found / self.of if self.of else 1.0


def records(folder: Path) -> list[dict[str, Any]]:
    """The ConInstruct records in ``folder``."""
    path = next((folder / "coninstruct").glob("*.jsonl"))
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def pairs(record: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """``(name, org_constraint, new_constraint)`` of every conflict of a record."""
    for key, value in record.items():
        if key.startswith(_BETWEEN):
            yield (
                _NAMES[key.removeprefix(_BETWEEN)],
                value["org_constraint"],
                value["new_constraint"],
            )


def measure(found: Sequence[dict[str, Any]]) -> list[Row]:
    """Recall per type and precision over all types, on pairs of constraints."""
    hits: dict[str, list[bool]] = {name: [] for name in _NAMES.values()}
    false = 0
    for i, record in enumerate(found):
        for name, one, two in pairs(record):
            if (name, i) not in NOT_CONTRADICTORY and i != 26:
                hits[name].append(bool(find_contradictions([one, two])))
        originals = list(dict.fromkeys(one for _, one, _ in pairs(record)))
        if i != 26:
            false += sum(bool(find_contradictions(p)) for p in combinations(originals, 2))
    rows = [Row(f"recall {name}", sum(h), len(h)) for name, h in hits.items() if h]
    right = sum(r.found for r in rows)
    return [*rows, Row("precision", right, right + false)]


def measure_twins(found: Sequence[dict[str, Any]]) -> Row:
    """How many compatible twins are left alone."""
    silent, total = 0, 0
    for line in TWINS.read_text(encoding="utf-8").splitlines():
        twin = json.loads(line)
        original = {name: one for name, one, _ in pairs(found[twin["record"]])}[twin["pair"]]
        silent += not find_contradictions([original, twin["new"]])
        total += 1
    return Row("silent on twins", silent, total)


def measure_instructions(found: Sequence[dict[str, Any]]) -> list[Row]:
    """Whole instructions: silence on the originals, and an appended constraint that is found."""
    silent, hits = [], []
    for i, record in enumerate(found):
        if i in CONTRADICTORY_RECORDS:
            continue
        text = record["instruction"]
        silent.append(not _claims(text, 0))
        for name, _, new in pairs(record):
            if name in ("Keyword", "Phrase", "Length") and (name, i) not in NOT_CONTRADICTORY:
                hits.append(_claims(f"{text} {new}", len(text)))
    return [
        Row("instructions left alone", sum(silent), len(silent)),
        Row("appended constraint found", sum(hits), len(hits)),
    ]


def _claims(text: str, since: int) -> bool:
    """Whether some contradiction has a member that begins at or after ``since``."""
    parts = split_instruction(text)
    claims = find_contradictions([t for t, _, _ in parts])
    return any(parts[m][1] >= since for c in claims for m in c.members)


def rows(folder: Path) -> list[Row]:
    """The whole table."""
    found = records(folder)
    return [*measure(found), measure_twins(found), *measure_instructions(found)]


def main() -> None:
    """Print the table and how long it took."""
    start = time.monotonic()
    for row in rows(Path(os.environ["ANNOTATOR_REAL_DATA"])):
        print(f"{row.name:28} {row.found:5} of {row.of:5}   {row.share:.3f}")
    print(f"{time.monotonic() - start:.1f} s")


if __name__ == "__main__":
    main()
