"""Agreement of people: known values, what is undefined and why, and who is reliable."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from annotator.domain.people_agreement import Rating, reliability, report

WHEN = datetime(2026, 11, 18, tzinfo=UTC)


def verdicts(*rows: tuple[int, ...]) -> list[Rating]:
    """One row per item, one number per person."""
    return [
        Rating("verdict", item, "", person, value, "basic" if item % 2 else "complex", WHEN)
        for item, row in enumerate(rows)
        for person, value in enumerate(row)
        if value >= 0
    ]


def test_known_values_of_two_people():
    # 20 both keep, 5 only the first, 10 only the second, 15 both drop: Cohen's kappa 0.4.
    rows = [(0, 0)] * 20 + [(0, 2)] * 5 + [(2, 0)] * 10 + [(2, 2)] * 15
    found = report("verdict", verdicts(*rows)).overall
    assert found.figures["percent"].value == pytest.approx(0.7)
    assert found.figures["kappa"].value == pytest.approx(0.4)
    assert found.figures["AC1"].value == pytest.approx(0.4, abs=0.01)
    low, high = found.figures["kappa"].low, found.figures["kappa"].high
    assert low < 0.4 < high and (found.units, found.items) == (50, 50)


def test_full_agreement_and_one_class_only():
    full = report("verdict", verdicts((0, 0), (2, 2), (1, 1))).overall.figures
    assert [full[name].value for name in ("percent", "kappa", "alpha", "AC1")] == [1, 1, 1, 1]
    one = report("verdict", verdicts((0, 0), (0, 0))).overall.figures
    assert one["percent"].value == 1 and one["alpha"].value is None
    assert "nothing could disagree" in one["alpha"].why


def test_nobody_met_anybody():
    found = report("verdict", verdicts((0, -1), (-1, 2)))
    assert found.overall.figures["kappa"].value is None and found.pairs == {}
    assert "no item" in found.overall.figures["kappa"].why


def test_pairs_strata_weeks_and_tables():
    found = report("verdict", verdicts((0, 0, 2), (2, 2, 2), (1, 0, -1)))
    assert set(found.pairs) == {(0, 1), (0, 2), (1, 2)}
    assert found.pairs[0, 1].units == 3 and found.pairs[0, 2].units == 2
    assert {name: cell.units for name, cell in found.strata.items()} == {"basic": 1, "complex": 2}
    assert list(found.weeks) == ["2026-W47"]
    first = next(c for c in found.confusions if c.names == (0, 1))
    assert first.table == ((1, 0, 0), (1, 0, 0), (0, 0, 1))


def test_weights_are_numbers():
    near = [
        Rating("weight", item, key, person, base + person * 0.1, "math", WHEN)
        for item in range(8)
        for key, base in (("c1", item + 1), ("c2", 9 - item))
        for person in (1, 2)
    ]
    figures = report("weight", near).overall.figures
    assert figures["alpha"].value > 0.99 and figures["percent"].value == 0
    assert figures["kappa"].value is None and "numbers" in figures["kappa"].why


def test_who_contradicts_the_others_is_less_reliable():
    rows = [(n % 3, n % 3, n % 3, (n + 1) % 3 if n % 2 else n % 3) for n in range(30)]
    found = reliability(verdicts(*rows))
    assert found[3] < 0.7 < 0.95 < min(found[0], found[1], found[2])
    assert reliability(verdicts((0, -1))) == {}
