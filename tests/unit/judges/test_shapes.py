"""Replies in every shape we have seen or can think of, each with the right answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotator.judges import Ask, Read, Unparsed, read_reply

FILE = Path(__file__).parents[2] / "data" / "judge_replies.jsonl"
SHAPES: list[dict[str, Any]] = [
    json.loads(line) for line in FILE.read_text(encoding="utf-8").split("\n") if line
]


def test_there_are_many_and_each_has_its_name() -> None:
    assert len(SHAPES) >= 150
    assert len({shape["id"] for shape in SHAPES}) == len(SHAPES)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["id"])
def test_is_read_as_it_should_be(shape: dict[str, Any]) -> None:
    ask = Ask(tuple(shape["weights"]), tuple(shape.get("types", ())))
    reading = read_reply(shape["reply"], ask, shape["form"])
    awarded = [part.awarded if isinstance(part, Read) else None for part in reading.components]
    assert awarded == shape["expect"]
    assert (reading.total.awarded if reading.total else None) == shape["total"]
    assert reading.total_agrees == shape["total_agrees"]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape["id"])
def test_says_where_and_why(shape: dict[str, Any]) -> None:
    ask = Ask(tuple(shape["weights"]), tuple(shape.get("types", ())))
    for part in read_reply(shape["reply"], ask, shape["form"]).components:
        if part.place is not None:
            start, end = part.place
            assert 0 <= start < end <= len(shape["reply"])
            assert shape["reply"][start:end].strip()
        if isinstance(part, Read):
            assert part.place is not None
        if isinstance(part, Unparsed):
            assert part.reason


def test_places_are_code_points_of_the_reply_as_it_came() -> None:
    reply = "🐱 **score of component 1：４／４**，score of component 2: 1.5/3"
    one, two = read_reply(reply, Ask((4, 3)), "mia").components
    assert one.place is not None and reply[slice(*one.place)] == "４／４"
    assert two.place is not None and reply[slice(*two.place)] == "1.5/3"


def test_wordings_can_name_components() -> None:
    ask = Ask((4, 3), texts=("Introduce this cat", "in two sentences"))
    reply = "| what | score |\n|---|---|\n| Introduce this cat | 4/4 |\n| in two sentences | 1/3 |"
    assert [p.awarded for p in read_reply(reply, ask, "mia").components if isinstance(p, Read)] == [
        4,
        1,
    ]
