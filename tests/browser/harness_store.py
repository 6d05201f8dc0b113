"""What the harness server remembers: items, saves, operations, and how it was told to behave."""

from __future__ import annotations

import threading
from typing import Any

TYPES = ["describe", "length_limit", "mention", "linguistics", "grammar", "math"]
RTL = "اكتب قصة قصيرة عن الصورة، ثم أضف 🙂 واذكر اللون الأزرق."
NASTY = "<script>window.hacked=1</script><img src=x onerror=window.hacked=1> **bold** $x^2$ `code`"
STORY = (
    "Present a four-sentence narrative that relates to the image, beginning with a historical "
    "context, followed by a description of the people in it.\n\nEnd with a question."
)


def _component(number: int, text: str, kind: str, weight: float | None, *spans: list[int]) -> Any:
    return {
        "key": f"c{number}",
        "number": number,
        "text": text,
        "type": kind,
        "weight": weight,
        "method": "direct",
        "spans": list(spans),
        "locked": False,
        "notes": [] if spans else ["not in text"],
    }


def _span(text: str, words: str) -> list[int]:
    start = text.index(words)
    return [start, start + len(words)]


def _story() -> Any:
    components = [
        _component(
            1,
            "narrative that relates to the image",
            "describe",
            4,
            _span(STORY, "narrative that relates to the image"),
        ),
        _component(2, "five-sentence", "length_limit", 3),
        _component(
            3,
            "beginning with a historical context",
            "mention",
            3,
            _span(STORY, "beginning with a historical context"),
            _span(STORY, "historical context, followed"),
        ),
    ]
    findings = [
        {
            "id": "f1",
            "severity": "warning",
            "keys": ["c2"],
            "mend": '"four-sentence"',
            "message": 'Component 2 says "five-sentence"; the instruction says "four-sentence".',
        },
        {"id": "f2", "severity": "note", "keys": [], "mend": None, "message": "Seen before."},
        {
            "id": "f3",
            "severity": "error",
            "keys": ["c1", "c3"],
            "mend": None,
            "message": "Components 1 and 3 cannot hold together.",
        },
        {"id": "f4", "severity": "note", "keys": [], "mend": None, "message": "A fourth one."},
    ]
    return {"instruction": STORY, "components": components, "findings": findings}


def _plain(text: str, *components: Any) -> Any:
    return {"instruction": text, "components": list(components), "findings": []}


def _items() -> dict[int, Any]:
    emoji = "One 🙂🙂 two 👩‍👩‍👧 three four."
    return {
        7: _story(),
        8: _plain("Say it briefly.", _component(1, "Say it briefly", "length_limit", 10, [0, 14])),
        9: _plain(emoji, _component(1, "two", "mention", 10, _span(emoji, "two"))),
        10: _plain(RTL, _component(1, "اذكر اللون الأزرق", "mention", 10)),
        11: _plain(f"{NASTY}\n{'long text ' * 2000}", _component(1, NASTY, "odd_type", 10)),
    }


class Store:
    """Everything a test looks at or sets, behind one lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.items = _items()
        self.versions = dict.fromkeys(self.items, 1)
        self.texts: dict[str, str] = {}
        self.saves: list[dict[str, Any]] = []
        self.seen: dict[str, dict[str, Any]] = {}
        self.ops: list[dict[str, Any]] = []
        self.pressed: list[str] = []
        self.order: list[str] = []
        self.target: float | None = 10
        self.mode: dict[str, Any] = {}
        self.runs = 0

    def text(self, item: int, field: str) -> str:
        entry = self.items[item]
        if field == "instruction":
            return str(entry["instruction"])
        if field.startswith("component:"):
            return str(self.component(item, field.partition(":")[2])["text"])
        return self.texts.get(f"{item}:{field}", "")

    def set_text(self, item: int, field: str, text: str) -> None:
        if field == "instruction":
            self.items[item]["instruction"] = text
        elif field.startswith("component:"):
            self.component(item, field.partition(":")[2])["text"] = text
        else:
            self.texts[f"{item}:{field}"] = text

    def component(self, item: int, key: str) -> Any:
        return next(c for c in self.items[item]["components"] if c["key"] == key)

    def apply(self, op: dict[str, Any]) -> int:
        self.ops.append(op)
        self.order.append(op["op"])
        item = op["item_id"]
        components = self.items[item]["components"]
        match op["op"]:
            case "set_weights":
                for key, weight in op["weights"].items():
                    self.component(item, key)["weight"] = weight
            case "set_component":
                self.component(item, op["key"])[op["field"]] = op["value"]
            case "lock":
                self.component(item, op["key"])["locked"] = op["locked"]
            case "move_component":
                moved = self.component(item, op["key"])
                components.remove(moved)
                components.insert(op["position"], moved)
            case "remove_component":
                components.remove(self.component(item, op["key"]))
            case "add_component":
                self._add(item, op)
            case _:
                return int(self.versions[item])
        for number, component in enumerate(components, 1):
            component["number"] = number
        self.versions[item] += 1
        return int(self.versions[item])

    def _add(self, item: int, op: dict[str, Any]) -> None:
        entry = self.items[item]
        number = len(entry["components"]) + 1
        spans = [[op["start"], op["end"]]] if "start" in op else []
        text = entry["instruction"][op["start"] : op["end"]] if spans else op["text"]
        made = _component(number, text, "describe", 0, *spans)
        entry["components"].append({**made, "key": f"n{number}"})


STORE = Store()
