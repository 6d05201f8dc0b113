"""What judges are asked: our own words, in files, one folder per version.

A version that has been used is never edited; a change is a new folder. What a run stores is the
version with a hash of its files, so that an edit would show as another judge.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Final, Literal

from annotator.domain.items import Component, Number
from annotator.domain.regex import regex
from annotator.errors import NotFound

Method = Literal["direct", "compare", "perception"]
METHODS: Final[tuple[Method, ...]] = ("direct", "compare", "perception")
"""The methods that ask a model; the fourth, rule, asks none."""

LATEST: Final = "v1"

_PLACE: Final = regex(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class PromptSet:
    """The prompts of one version; ``sha256`` by method."""

    version: str
    texts: Mapping[Method, str]
    sha256: Mapping[Method, str]

    @property
    def label(self) -> str:
        """The version with eight digits of the hash of all its files."""
        together = "".join(self.sha256[method] for method in METHODS)
        return f"{self.version}-{hashlib.sha256(together.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one call says: its text, and the JSON schema of the reply."""

    text: str
    schema: Mapping[str, Any]


@lru_cache(maxsize=8)
def load(version: str = LATEST) -> PromptSet:
    """The prompts of a version; raises NotFound."""
    folder = resources.files(__name__).joinpath(version)
    if not re.fullmatch(r"v\d+", version) or not folder.is_dir():
        raise NotFound("version of the prompts", version)
    texts: dict[Method, str] = {
        method: folder.joinpath(f"{method}.md").read_text(encoding="utf-8") for method in METHODS
    }
    hashes = {method: hashlib.sha256(text.encode()).hexdigest() for method, text in texts.items()}
    return PromptSet(version, texts, hashes)


def possible(component: Component) -> Number:
    """The points a component is worth; 1 where its dataset has no weights."""
    return 1 if component.weight is None else component.weight


def direct(
    prompts: PromptSet, *, instruction: str, components: Sequence[Component], response: str
) -> Prompt:
    """Ask for the points of each of an item's components, which are numbered from 1."""
    points = [possible(component) for component in components]
    schema = {f"component_{n}": scored(p) for n, p in enumerate(points, 1)}
    listed = [
        f"Component {n} ({component.type}, {amount(p)}): {component.text}"
        for n, (component, p) in enumerate(zip(components, points, strict=True), 1)
    ]
    form = {
        f"component_{n}": {"reason": "…", "awarded": steps(p), "possible": p}
        for n, p in enumerate(points, 1)
    }
    parts = {
        "instruction": instruction,
        "components": "\n".join(listed),
        "response": response,
        "form": shown(form),
    }
    return Prompt(filled(prompts.texts["direct"], parts), strict(schema))


def compare(
    prompts: PromptSet, *, instruction: str, component: Component, response: str, other: str
) -> Prompt:
    """Ask whether a response meets a component, beside the one that was asked for without it."""
    parts = {
        "instruction": instruction,
        "component": component.text,
        "response": response,
        "other": other,
        "form": '{"reason": "…", "verdict": true or false}',
    }
    schema = {"reason": {"type": "string"}, "verdict": {"type": "boolean"}}
    return Prompt(filled(prompts.texts["compare"], parts), strict(schema))


def perception(
    prompts: PromptSet, *, instruction: str, answers: Sequence[str], response: str
) -> Prompt:
    """Ask whether a response says one of the accepted answers."""
    parts = {
        "instruction": instruction,
        "answers": "\n".join(f"- {answer}" for answer in answers),
        "response": response,
        "form": '{"reason": "…", "verdict": "right" or "wrong"}',
    }
    verdict = {"type": "string", "enum": ["right", "wrong"]}
    schema = {"reason": {"type": "string"}, "verdict": verdict}
    return Prompt(filled(prompts.texts["perception"], parts), strict(schema))


def filled(text: str, parts: Mapping[str, str]) -> str:
    """The prompt with its parts in place.

    The mark around them depends on what they say, so that no part can write the line that ends it.
    """
    said = "\x00".join(parts.values()).encode("utf-8", "surrogatepass")
    named = {**parts, "mark": hashlib.sha256(said).hexdigest()[:12]}
    return _PLACE.sub(lambda place: named[place[1]], text)


def scored(points: Number) -> dict[str, Any]:
    """The schema of one component's score: a reason, then 0 to its points, then these.

    With the points beside it, 0.5 cannot be taken for a half of them.
    """
    awarded: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": points}
    if points == 1:
        awarded = {"type": "integer", "enum": [0, 1]}
    possible = {"type": "number", "enum": [points]}
    return strict({"reason": {"type": "string"}, "awarded": awarded, "possible": possible})


def strict(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def steps(points: Number) -> str:
    """The range of a score, in words."""
    return "0 or 1" if points == 1 else f"number from 0 to {points:g}"


def amount(points: Number) -> str:
    """Points in words."""
    return f"{points:g} point" if points == 1 else f"{points:g} points"


def shown(form: Mapping[str, Mapping[str, Any]]) -> str:
    """The form of a reply as it is shown, a line per component."""
    lines = [f'  "{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in form.items()]
    return "{\n" + ",\n".join(lines) + "\n}"
