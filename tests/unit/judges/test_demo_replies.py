"""The demo's replies: no readable score is lost, none is wrong.

What is right is derived here by one simple pattern per shape that occurs there, and by hand where
a reply is faulty.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from annotator.judges import Ask, Read, read_reply

DEMO = Path(__file__).parents[3] / "annotator" / "demo"
ITEMS: list[dict[str, Any]] = json.loads((DEMO / "benchmark.json").read_text(encoding="utf-8"))

UNREADABLE = {
    ("x", 5, "a"): {3},  # cut off in the middle of the third score
    ("y", 33, "a"): {2},  # component 2 is left out
    ("y", 9, "b"): {3},  # component 3 is left out
    ("y", 14, "c"): {1},  # out of 5, but the weight is 4
    ("y", 24, "c"): {1},  # out of 5, but the weight is 4
}
WORDLESS = {
    ("x", 17, "b"), ("x", 28, "b"), ("y", 22, "a"), ("y", 23, "a"),
    ("y", 23, "b"), ("y", 26, "c"), ("y", 37, "c"), ("y", 38, "c"),
}  # fmt: skip
WRONG_TOTAL = {
    ("x", 3, "a"), ("x", 8, "b"), ("x", 12, "b"), ("x", 19, "b"), ("x", 20, "c"), ("x", 28, "c"),
    ("y", 29, "a"), ("y", 1, "b"), ("y", 30, "b"), ("y", 0, "c"),
}  # fmt: skip

Reply = tuple[tuple[str, int, str], str]


def replies() -> list[Reply]:
    found = []
    for judge in "xy":
        path = DEMO / "judge_replies" / f"judge-{judge}.jsonl"
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line:
                record = json.loads(line)
                key = (judge, record["index"], record["model"][-1])
                found.append((key, record["reply"]))
    return found


def simply(reply: str) -> dict[int, float]:
    """The scores by the plainest reading of the demo's few shapes."""
    if "component_1" in reply or reply.startswith("{"):
        value = json.loads(reply.removeprefix("```json").removesuffix("```"))
        return {
            int(key[-1]): float(v["score"] if isinstance(v, dict) else v.split("/")[0])
            for key, v in value.items()
            if key[-1].isdigit()
        }
    text = reply.replace("：", ":").replace("*", "")
    pairs = re.findall(r"score of component (\d) ?: ?([\d.]+) ?(?:/|out of) ?\d", text, re.I)
    pairs += re.findall(r"^Component (\d) \(\w+\): ([\d.]+) of \d", text, re.M)
    pairs += re.findall(r"^\| (\d) \| ([\d.]+)/\d", text, re.M)
    return {int(number): float(awarded) for number, awarded in pairs}


def ask(index: int) -> Ask:
    return Ask(tuple(ITEMS[index]["component_weight"]), tuple(ITEMS[index]["component_type"]))


@pytest.mark.parametrize(("key", "reply"), replies(), ids=str)
def test_every_reply(key: tuple[str, int, str], reply: str) -> None:
    count = len(ITEMS[key[1]]["component_weight"])
    expected = {} if key in WORDLESS else simply(reply)
    for number in UNREADABLE.get(key, ()):
        expected.pop(number, None)
    if key not in WORDLESS:
        assert expected.keys() == set(range(1, count + 1)) - UNREADABLE.get(key, set())
    reading = read_reply(reply, ask(key[1]), "mia")
    found = {n: p.awarded for n, p in enumerate(reading.components, 1) if isinstance(p, Read)}
    assert found == expected
    assert (reading.total_agrees is False) == (key in WRONG_TOTAL)
    assert read_reply(reply, ask(key[1]), "auto") == reading


def test_the_lists_of_faulty_replies_hold_nothing_else() -> None:
    keys = {key for key, _ in replies()}
    assert len(keys) == 234
    assert UNREADABLE.keys() | WORDLESS | WRONG_TOTAL <= keys
