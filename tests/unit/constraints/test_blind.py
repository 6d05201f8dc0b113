"""Pairs and instructions that were written before the rules were measured on them.

Each set was made without looking at the rules, in the manner of ConInstruct (arXiv 2511.14342), and
measured once before anything was changed. Nothing may be claimed of what can hold together; recall
is held at what was reached afterwards.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from annotator.constraints import find_contradictions, split_instruction

_DATA = Path(__file__).parents[2] / "data"
_RECALL = {
    "Keyword": 0.95,
    "Phrase": 0.96,
    "Length": 0.96,
    "Keyword×Phrase": 0.97,
    "Format": 0.96,
    "Style": 0.98,
}
_RECALL_INSTRUCTIONS = 0.95


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (_DATA / name).read_text("utf-8").splitlines()]


def test_what_can_hold_together_is_left_alone() -> None:
    pairs = [r["constraints"] for r in _rows("blind_pairs.jsonl") if not r["contradict"]]
    claims = {tuple(p): found[0].reason for p in pairs if (found := find_contradictions(p))}
    assert not claims


@pytest.mark.parametrize("name", _RECALL)
def test_what_cannot_hold_together_is_found(name: str) -> None:
    rows = [r for r in _rows("blind_pairs.jsonl") if r["contradict"] and r["type"] == name]
    missed = [r["constraints"] for r in rows if not find_contradictions(r["constraints"])]
    assert len(missed) <= (1 - _RECALL[name]) * len(rows), missed


def test_whole_instructions() -> None:
    """Silent on each instruction; what is added is found, and the claim names it."""
    missed = defaultdict(list)
    rows = _rows("blind_instructions.jsonl")
    for row in rows:
        whole = f"{row['instruction']} {row['added']}"
        if _since(row["instruction"], 0):
            missed["claimed"].append(row["instruction"])
        if not _since(whole, len(row["instruction"])):
            missed["missed"].append(row["added"])
    assert not missed["claimed"]
    assert len(missed["missed"]) <= (1 - _RECALL_INSTRUCTIONS) * len(rows), missed


def _since(text: str, start: int) -> bool:
    """Whether a claim names a part of ``text`` that begins at or after ``start``."""
    parts = split_instruction(text)
    claims = find_contradictions([t for t, _, _ in parts])
    return any(parts[m][1] >= start for c in claims for m in c.members)
