"""Sets that look as if they could not hold together but can, and sets that cannot.

Nothing may be claimed of the first; of the second, recall is held at what was reached.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from annotator.constraints import find_contradictions, parse, say, split_instruction, verify

_DATA = Path(__file__).parents[2] / "data"
_RECALL_SETS = 0.98
_RECALL_INSTRUCTIONS = 0.95


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (_DATA / name).read_text("utf-8").splitlines()]


def _instructions(*, contradictory: bool) -> list[str]:
    rows = _rows("whole_instructions.jsonl")
    return [r["instruction"] for r in rows if r["contradictory"] == contradictory]


@pytest.mark.parametrize("row", _rows("compatible_sets.jsonl"), ids=lambda r: r["constraints"][0])
def test_compatible_sets_are_left_alone(row: dict[str, Any]) -> None:
    found = find_contradictions(row["constraints"])
    assert not found, (found[0].reason, [[say(c) for c in parse(t)] for t in row["constraints"]])


@pytest.mark.parametrize("text", _instructions(contradictory=False), ids=lambda t: t[:50])
def test_sound_instructions_are_left_alone(text: str) -> None:
    parts = [t for t, _, _ in split_instruction(text)]
    assert not find_contradictions(parts), parts


def test_recall_on_contradicting_sets() -> None:
    rows = _rows("contradicting_sets.jsonl")
    hits = [
        tuple(r["members"]) in {c.members for c in find_contradictions(r["constraints"])}
        for r in rows
    ]
    assert len(rows) >= 100
    assert sum(hits) >= _RECALL_SETS * len(rows)


def test_recall_on_contradictory_instructions() -> None:
    texts = _instructions(contradictory=True)
    hits = [bool(find_contradictions([t for t, _, _ in split_instruction(x)])) for x in texts]
    assert sum(hits) >= _RECALL_INSTRUCTIONS * len(texts)


def test_reasons_say_what_is_asked_once() -> None:
    found = find_contradictions(
        ["Three paragraphs of at most five sentences", "at least 16 sentences"]
    )
    assert [c.reason for c in found] == [
        "Component 1 asks for exactly 3 paragraphs and at most 5 sentences in each paragraph, "
        "which makes at most 15 sentences; component 2 asks for at least 16 sentences."
    ]


@pytest.mark.parametrize("row", _rows("adversarial_verdicts.jsonl"), ids=lambda r: r["response"])
def test_verdicts_on_awkward_responses(row: dict[str, Any]) -> None:
    read = parse(row["constraint"])
    verdicts = [verify(c, row["response"]) for c in read]
    assert {v.outcome for v in verdicts} == {row["outcome"]}, [v.reason for v in verdicts]
