"""``annotator contradict`` and ``annotator verify``, as scripts call them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def run(command: str, text: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "lines.jsonl"
    file.write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "annotator", command, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_contradicting_counts_are_found_with_their_members(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "constraints": ["three paragraphs", "be kind", "at most two paragraphs"]},
        {"id": "b", "instruction": "Write two sentences. Separate\u2028them."},
    ]
    done = run("contradict", "\n".join(json.dumps(line) for line in lines), tmp_path)
    found = [json.loads(line) for line in done.stdout.strip().split("\n")]
    assert done.returncode == 0
    assert [one["members"] for one in found[0]["contradictions"]] == [[0, 2]]
    assert found[0]["contradictions"][0]["proof"] == "solver"
    assert found[0]["unparsed"] == [1]
    assert found[1]["contradictions"] == []


def test_a_broken_line_is_refused_with_its_place(tmp_path: Path) -> None:
    done = run("contradict", '{"id": 1, "constraints": []}\n{"id":', tmp_path)
    assert done.returncode == 1
    assert "lines.jsonl, line 2" in done.stderr


def test_a_response_is_verified_with_its_evidence(tmp_path: Path) -> None:
    line = {"id": 1, "constraint": "exactly two sentences", "response": "One. Two. Three."}
    done = run("verify", json.dumps(line), tmp_path)
    answer = json.loads(done.stdout)
    assert answer["verdict"] == "fail"
    assert answer["evidence"]["count"] == 3
