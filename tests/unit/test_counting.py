"""Sentences that count."""

from __future__ import annotations

import re
from pathlib import Path

from annotator.domain.counting import counted, noun

ROOT = Path(__file__).parents[2]


def test_a_number_with_its_noun() -> None:
    said = [counted(n, "item waits", "items wait") for n in (0, 1, 2, 1_000)]
    assert said == ["0 items wait", "1 item waits", "2 items wait", "1,000 items wait"]
    assert (noun(1, "point"), noun(1.0, "point"), noun(0.5, "point")) == (
        "point",
        "point",
        "points",
    )


def test_no_sentence_leaves_the_plural_open() -> None:
    files = [f for part in ("annotator", "pages", "db") for f in (ROOT / part).rglob("*.py")]
    found = [f.name for f in files if re.search(r"\} [a-z]+\((s|es)\)", f.read_text("utf-8"))]
    assert found == []
