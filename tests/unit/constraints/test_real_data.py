"""The published benchmarks, where they are at hand: recall, precision, silence, known defects."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from annotator.checks import alignment, constraint_checks
from annotator.checks.finding import Finding, ranked
from tests.bench import constraints as bench

_FOLDER = os.environ.get("ANNOTATOR_REAL_DATA")
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not _FOLDER, reason="ANNOTATOR_REAL_DATA is not set"),
]


@pytest.fixture(scope="module")
def table() -> dict[str, bench.Row]:
    return {row.name: row for row in bench.rows(Path(str(_FOLDER)))}


@pytest.mark.parametrize("name", bench.BARS)
def test_bar(table: dict[str, bench.Row], name: str) -> None:
    assert table[name].share >= bench.BARS[name], table[name]


def test_there_are_a_hundred_twins(table: dict[str, bench.Row]) -> None:
    assert table["silent on twins"].of >= 100


@dataclass(frozen=True)
class _Component:
    key: str
    text: str
    type: str
    weight: int | float | None


@dataclass(frozen=True)
class _Item:
    instruction: str
    components: tuple[_Component, ...]


def _items() -> list[_Item]:
    path = next((Path(str(_FOLDER)) / "mia_bench").glob("*.json"))
    return [
        _Item(
            record["instruction"],
            tuple(
                _Component(f"c{n}", *fields)
                for n, fields in enumerate(
                    zip(
                        record["components"],
                        record["component_type"],
                        record["component_weight"],
                        strict=True,
                    ),
                    start=1,
                )
            ),
        )
        for record in json.loads(path.read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="module")
def findings() -> dict[int, list[Finding]]:
    return {
        i: ranked([*constraint_checks.check(item), *alignment.check(item)])
        for i, item in enumerate(_items())
    }


def test_known_defects_are_errors(findings: dict[int, list[Finding]]) -> None:
    assert {i for i, found in findings.items() if any(f.severity == "error" for f in found)} == {
        30,
        101,
        133,
    }


def test_a_component_of_another_item_is_misaligned(findings: dict[int, list[Finding]]) -> None:
    for i in (30, 133):
        assert any(f.kind == "misaligned" and f.severity == "error" for f in findings[i])


def test_a_wrong_number_has_a_mend(findings: dict[int, list[Finding]]) -> None:
    first = findings[101][0]
    assert first.kind == "number"
    assert first.mends[0].edits[0]["value"] == "four-sentence"


def test_harmless_rewording_is_no_more_than_a_note(findings: dict[int, list[Finding]]) -> None:
    for i in (3, 25, 49, 73, 81, 85, 91, 106, 110, 182):
        assert all(f.severity == "note" for f in findings[i]), findings[i]
