"""An item's content as frozen values, its flat form, and what may be stored.

The flat form maps a path to a JSON value (``"instruction"``, ``"order"``, ``"c/<key>/text"`` …).
Events, undo, history sentences and the list of changes all speak of paths, so that a difference
between two states is one thing everywhere (see ``annotator.domain.changes``).
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from annotator.domain import vocabulary
from annotator.errors import InvalidValue

Number = int | float
JSON = Any

MAX_TEXT: Final = 100_000
"""Longest text of one field, in code points."""

MAX_WEIGHT: Final = 1_000_000
MAX_COMPONENTS: Final = 1_000

COMPONENT_FIELDS: Final = ("text", "type", "weight", "judge_method", "verifier_calls")


@dataclass(frozen=True, slots=True)
class Component:
    """One part of an instruction that is scored.

    ``key`` names it within its item for ever, whatever its position becomes. ``weight`` is its
    share of the item's score, at least 0, or None in datasets without weights. ``type`` is empty
    only where a faulty source gave none. ``verifier_calls`` are ``{"func", "params"}`` mappings
    (MM-IFEval's ``verify_funcs``).
    """

    key: str
    text: str
    type: str
    weight: Number | None = None
    judge_method: str = "direct"
    verifier_calls: tuple[Mapping[str, JSON], ...] = ()


@dataclass(frozen=True, slots=True)
class ItemContent:
    """What people curate of an item: everything but its image.

    ``level`` is the source's class of the instruction (MIA-Bench's ``type``); ``answers`` are the
    accepted ground-truth answers of a perception item.
    """

    instruction: str
    components: tuple[Component, ...]
    level: str | None = None
    answers: tuple[str, ...] = ()

    def component(self, key: str) -> Component:
        """The component with this key; raises InvalidValue where there is none."""
        for component in self.components:
            if component.key == key:
                return component
        raise InvalidValue("component", f"this item has no component {key!r}")

    def number(self, key: str) -> int:
        """The 1-based number under which people see the component."""
        return self.components.index(self.component(key)) + 1


@dataclass(frozen=True, slots=True)
class ContentRules:
    """What a dataset allows in its items.

    ``target`` is the sum the weights of an item should have, None where items are unweighted.
    An empty ``levels`` or ``types`` leaves that field open.
    """

    types: tuple[str, ...] = vocabulary.COMPONENT_TYPES
    levels: tuple[str, ...] = vocabulary.LEVELS
    target: Number | None = 10
    extra_types: frozenset[str] = field(default_factory=frozenset)

    def knows_type(self, name: str) -> bool:
        """Whether the taxonomy or the source has this component type."""
        return not self.types or name in self.types or name in self.extra_types


def flatten(content: ItemContent) -> dict[str, JSON]:
    """The content as a mapping of path to JSON value."""
    flat: dict[str, JSON] = {
        "instruction": content.instruction,
        "level": content.level,
        "answers": list(content.answers),
        "order": [component.key for component in content.components],
    }
    for component in content.components:
        for name in COMPONENT_FIELDS:
            flat[f"c/{component.key}/{name}"] = getattr(component, name)
        flat[f"c/{component.key}/verifier_calls"] = [dict(c) for c in component.verifier_calls]
    return flat


def unflatten(flat: Mapping[str, JSON]) -> ItemContent:
    """The inverse of flatten; paths of components not in ``order`` are passed over."""
    return ItemContent(
        instruction=flat["instruction"],
        level=flat.get("level"),
        answers=tuple(flat.get("answers") or ()),
        components=tuple(
            Component(
                key=key,
                text=flat[f"c/{key}/text"],
                type=flat[f"c/{key}/type"],
                weight=flat.get(f"c/{key}/weight"),
                judge_method=flat.get(f"c/{key}/judge_method") or "direct",
                verifier_calls=tuple(flat.get(f"c/{key}/verifier_calls") or ()),
            )
            for key in flat["order"]
        ),
    )


def same(one: JSON, other: JSON) -> bool:
    """Equal as JSON prints it: 4 and 4.0 differ, the order of a mapping's keys does not count."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def check_change(before: ItemContent, after: ItemContent, rules: ContentRules) -> None:
    """Refuse what may not be stored; only what differs from ``before`` is looked at.

    A faulty source's value may stay as it came, so that an item can be mended bit by bit, but
    nothing out of range is newly written.

    Raises:
        InvalidValue: names the field and the allowed range.
    """
    old, new = flatten(before), flatten(after)
    if len(new["order"]) > MAX_COMPONENTS:
        raise InvalidValue("components", f"an item has at most {MAX_COMPONENTS}")
    known_types = {component.type for component in before.components}
    if len(set(new["order"])) != len(new["order"]):
        raise InvalidValue("components", "two components have the same key")
    for path, value in new.items():
        if path in old and same(old[path], value):
            continue
        check_value(path, value, after, rules, known_types)


def check_value(
    path: str, value: JSON, content: ItemContent, rules: ContentRules, known_types: Collection[str]
) -> None:
    """Refuse one value that its path does not allow (see check_change)."""
    if path == "order":
        return None
    if path == "level":
        return check_level(value, rules)
    if path == "answers":
        return check_answers(value)
    if path == "instruction":
        return check_text("instruction", value)
    _, key, name = path.split("/")
    label = f"{name.replace('_', ' ')} of component {content.number(key)}"
    if name == "text":
        return check_text(label, value)
    if name == "weight":
        return check_weight(label, value, rules)
    if name == "judge_method":
        return check_choice(label, value, vocabulary.JUDGE_METHODS)
    if name == "verifier_calls":
        return check_verifier_calls(label, value)
    check_text(label, value)
    if not rules.knows_type(value) and value not in known_types:
        raise InvalidValue(
            label, f"{value!r} is not a type of this dataset ({', '.join(rules.types)})"
        )
    return None


def check_level(value: JSON, rules: ContentRules) -> None:
    """Refuse a level the dataset does not have; no level is one."""
    if value is None:
        return
    check_text("level", value)
    if rules.levels:
        check_choice("level", value, rules.levels)


def check_answers(value: JSON) -> None:
    """Refuse what is no list of texts."""
    for answer in value:
        check_text("answer", answer)


def check_text(label: str, value: JSON, *, empty: bool = False) -> None:
    """Refuse text that is empty (unless allowed), too long or cannot be stored everywhere."""
    if not isinstance(value, str):
        raise InvalidValue(label, "must be text")
    if not empty and not value.strip():
        raise InvalidValue(label, "must not be empty")
    if len(value) > MAX_TEXT:
        raise InvalidValue(label, f"is longer than {MAX_TEXT:,} characters")
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise InvalidValue(label, "holds a character that is not text (NUL or half an emoji)")


def check_weight(label: str, value: JSON, rules: ContentRules) -> None:
    """Refuse a weight that is no finite number from 0 to MAX_WEIGHT."""
    if value is None:
        if rules.target is None:
            return
        raise InvalidValue(label, "must be a number; this dataset weighs its components")
    if not is_number(value):
        raise InvalidValue(label, "must be a number")
    if not 0 <= value <= MAX_WEIGHT:
        raise InvalidValue(label, f"must be from 0 to {MAX_WEIGHT:,}, not {value}")


def is_number(value: JSON) -> bool:
    """A finite number; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def check_choice(label: str, value: JSON, allowed: Collection[str]) -> None:
    """Refuse a value outside a closed list."""
    if value not in allowed:
        raise InvalidValue(label, f"must be one of {', '.join(allowed)}, not {value!r}")


def check_verifier_calls(label: str, value: JSON) -> None:
    """Refuse verifier calls that are not a list of ``{"func": name, "params": [...]}``."""
    for call in value:
        if not isinstance(call, Mapping) or not isinstance(call.get("func"), str):
            raise InvalidValue(label, 'must be a list of {"func": name, "params": [...]}')
        if not isinstance(call.get("params", []), list):
            raise InvalidValue(label, f"params of {call['func']} must be a list")
        try:
            written = json.dumps(dict(call), allow_nan=False)
        except (ValueError, TypeError, RecursionError) as fault:
            raise InvalidValue(label, f"params of {call['func']} must be JSON") from fault
        if len(written) > MAX_TEXT:
            raise InvalidValue(label, f"is longer than {MAX_TEXT:,} characters")
