"""Ask a judge model which components cannot hold together by what they mean, and read its reply.

A model only proposes. The prompt is ours, in ``prompts/contradict``, a file per version; one that
was used is never edited.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from annotator.errors import AnnotatorError, NotFound
from annotator.judges.asking import Question
from annotator.judges.prompts import filled, strict

LATEST: Final = "v1"
LONGEST_REASON: Final = 500
MOST_PHRASES: Final = 8
MOST_TOKENS: Final = 1024

SCHEMA: Final[Mapping[str, Any]] = strict(
    {
        "contradictions": {
            "type": "array",
            "items": strict(
                {
                    "components": {"type": "array", "items": {"type": "integer"}},
                    "phrases": {"type": "array", "items": {"type": "string"}},
                    "reason": {"type": "string"},
                }
            ),
        }
    }
)
"""The reply: sets of 1-based numbers of components, the words that clash, and why."""


class Unreadable(AnnotatorError):
    """A reply that is not of the schema."""


@dataclass(frozen=True, slots=True)
class Clash:
    """A set of components, by 0-based places in ascending order, that a model says clash."""

    members: tuple[int, ...]
    reason: str
    phrases: tuple[str, ...]


@lru_cache(maxsize=8)
def prompt_text(version: str = LATEST) -> str:
    """The prompt of a version; raises NotFound."""
    if not re.fullmatch(r"v\d+", version):
        raise NotFound("version of the prompt", version)
    file = resources.files("annotator.judges.prompts").joinpath("contradict", f"{version}.md")
    if not file.is_file():
        raise NotFound("version of the prompt", version)
    return file.read_text(encoding="utf-8")


def label(version: str = LATEST) -> str:
    """The version with eight digits of the hash of its file: an edit shows as another prompt."""
    digits = hashlib.sha256(prompt_text(version).encode()).hexdigest()[:8]
    return f"contradict-{version}-{digits}"


def question(instruction: str, components: Sequence[str]) -> Question:
    """Ask which of an instruction's components, numbered from 1, cannot hold together."""
    parts = {
        "instruction": instruction,
        "components": "\n".join(f"{n}. {text}" for n, text in enumerate(components, 1)),
    }
    text = filled(prompt_text(), parts)
    return Question(text=text, schema=SCHEMA, max_tokens=MOST_TOKENS)


def read(reply: str, components: Sequence[str]) -> list[Clash]:
    """The clashes of a reply; those that name fewer than two components are left out.

    Phrases that no named component has are left out: they prove nothing.

    Raises:
        Unreadable: the reply is not of the schema, or names a component that is not there.
    """
    value = first_object(reply)
    listed = value.get("contradictions")
    if set(value) != {"contradictions"} or not isinstance(listed, list):
        raise Unreadable("The reply has no list of contradictions.")
    found: dict[tuple[int, ...], Clash] = {}
    for one in listed:
        clash = clash_of(one, components)
        if len(clash.members) > 1:
            found.setdefault(clash.members, clash)
    return list(found.values())


def first_object(reply: str) -> dict[str, Any]:
    """The JSON object in a reply, whatever stands around it; raises Unreadable."""
    start = reply.find("{")
    try:
        value, _ = json.JSONDecoder().raw_decode(reply[start:]) if start >= 0 else (None, 0)
    except (ValueError, RecursionError) as fault:
        raise Unreadable("The reply is no JSON.") from fault
    if not isinstance(value, dict):
        raise Unreadable("The reply is no JSON object.")
    return value


def clash_of(value: Any, components: Sequence[str]) -> Clash:
    """One clash of a reply; raises Unreadable."""
    if not isinstance(value, dict) or set(value) != {"components", "phrases", "reason"}:
        raise Unreadable("A contradiction has other fields than it should.")
    numbers, phrases, reason = value["components"], value["phrases"], value["reason"]
    if not isinstance(numbers, list) or not all(type(n) is int for n in numbers):
        raise Unreadable("The components of a contradiction are no whole numbers.")
    if not all(1 <= n <= len(components) for n in numbers):
        raise Unreadable("A contradiction names a component that is not there.")
    if not isinstance(phrases, list) or not all(isinstance(p, str) for p in phrases):
        raise Unreadable("The phrases of a contradiction are no texts.")
    if not isinstance(reason, str) or not reason.strip():
        raise Unreadable("A contradiction has no reason.")
    members = tuple(sorted({n - 1 for n in numbers}))
    texts = [components[member].casefold() for member in members]
    quoted = [p for p in phrases if p.strip() and any(p.casefold() in text for text in texts)]
    said = " ".join(reason.split())[:LONGEST_REASON]
    return Clash(members, said, tuple(dict.fromkeys(quoted))[:MOST_PHRASES])
