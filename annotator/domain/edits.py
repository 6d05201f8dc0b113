"""Edits of an item's content: small JSON values, each applied by a pure function.

The same values come from the browser, from scripts and from the mends of findings::

    {"op": "set_component", "key": "c2", "field": "text", "value": "four-sentence"}

====================  ============================================================
op                    arguments
====================  ============================================================
set_instruction       value
set_level             value
set_answers           value: list of texts
set_component         key, field (text, type, weight, judge_method, verifier_calls), value
set_weights           weights: mapping of key to number
normalise_weights     target, locked: list of keys
equalise_weights      target, locked: list of keys
add_component         text, or start and end in the instruction; optional type, weight, position
take_span             key, start, end: the component's text becomes that piece
remove_component      key
split_component       key, at: code points into its text
merge_components      keys: two or more; texts joined, weights added
move_component        key, position: 0-based
====================  ============================================================
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from annotator.domain import weights as arithmetic
from annotator.domain.items import COMPONENT_FIELDS, JSON, Component, ItemContent, Number
from annotator.errors import InvalidValue

Edit = Mapping[str, JSON]
KEY = re.compile(r"[A-Za-z0-9-]{1,40}")


def apply_edits(content: ItemContent, edits: Iterable[Edit]) -> ItemContent:
    """Apply edits in order; see the module's table.

    Raises:
        InvalidValue: an unknown op, a missing or unfit argument, an unknown component.
    """
    for edit in edits:
        content = apply_edit(content, edit)
    return content


def apply_edit(content: ItemContent, edit: Edit) -> ItemContent:
    """Apply one edit (see the module's table and apply_edits)."""
    if not isinstance(edit, Mapping):
        raise InvalidValue("edit", f"must be a mapping with an op, not {edit!r}")
    arguments = {key: value for key, value in edit.items() if key != "op"}
    function = OPERATIONS.get(str(edit.get("op")))
    if function is None:
        raise InvalidValue("edit", f"there is no op {edit.get('op')!r}")
    try:
        return function(content, **arguments)
    except (TypeError, KeyError, AttributeError, ValueError) as fault:
        raise InvalidValue("edit", f"{edit.get('op')} does not take {arguments!r}") from fault


def set_instruction(content: ItemContent, *, value: str) -> ItemContent:
    return replace(content, instruction=value)


def set_level(content: ItemContent, *, value: str | None) -> ItemContent:
    return replace(content, level=value)


def set_answers(content: ItemContent, *, value: Sequence[str]) -> ItemContent:
    return replace(content, answers=tuple(listed("answers", value)))


def set_component(content: ItemContent, *, key: str, field: str, value: JSON) -> ItemContent:
    if field not in COMPONENT_FIELDS:
        raise InvalidValue("edit", f"a component has no field {field!r}")
    if field == "verifier_calls":
        value = tuple(listed("verifier calls", value))
        if not all(isinstance(call, Mapping) for call in value):
            raise InvalidValue("verifier calls", 'must be a list of {"func", "params"}')
    changed = replace(content.component(key), **{field: value})
    return put(content, changed)


def set_weights(content: ItemContent, *, weights: Mapping[str, Number]) -> ItemContent:
    for key, weight in weights.items():
        content = put(content, replace(content.component(key), weight=weight))
    return content


def normalise_weights(
    content: ItemContent, *, target: Number, locked: Sequence[str] = ()
) -> ItemContent:
    kept = listed("locked", locked)
    dealt = arithmetic.normalise(weights_of(content), target, locked=kept)
    return set_weights(content, weights=dealt)


def equalise_weights(
    content: ItemContent, *, target: Number, locked: Sequence[str] = ()
) -> ItemContent:
    kept = listed("locked", locked)
    dealt = arithmetic.equalise(weights_of(content), target, locked=kept)
    return set_weights(content, weights=dealt)


def add_component(
    content: ItemContent,
    *,
    text: str | None = None,
    start: int | None = None,
    end: int | None = None,
    type: str | None = None,
    weight: Number | None = None,
    position: int | None = None,
    key: str | None = None,
) -> ItemContent:
    if text is None:
        text = piece(content.instruction, start, end)
    unweighted = content.components and all(c.weight is None for c in content.components)
    added = Component(
        key=fresh_key(content, key),
        text=text,
        type=type if type is not None else "describe",
        weight=weight if weight is not None or unweighted else 0,
    )
    place = len(content.components) if position is None else position
    if not is_index(place) or not 0 <= place <= len(content.components):
        raise InvalidValue("position", f"must be from 0 to {len(content.components)}")
    components = (*content.components[:place], added, *content.components[place:])
    return replace(content, components=components)


def take_span(content: ItemContent, *, key: str, start: int, end: int) -> ItemContent:
    return put(
        content, replace(content.component(key), text=piece(content.instruction, start, end))
    )


def remove_component(content: ItemContent, *, key: str) -> ItemContent:
    gone = content.component(key)
    return replace(content, components=tuple(c for c in content.components if c != gone))


def split_component(
    content: ItemContent, *, key: str, at: int, new: str | None = None
) -> ItemContent:
    """Cut a component in two; the weight is shared, the first part taking the odd unit."""
    whole = content.component(key)
    if not is_index(at):
        raise InvalidValue("split", "needs a whole number: how many characters stay in the first")
    first, second = whole.text[:at].strip(), whole.text[at:].strip()
    if not first or not second:
        raise InvalidValue("split", "both parts need words")
    heavy, light = halves(whole.weight)
    parts = (
        replace(whole, text=first, weight=heavy),
        replace(whole, key=fresh_key(content, new), text=second, weight=light),
    )
    place = content.components.index(whole)
    components = (*content.components[:place], *parts, *content.components[place + 1 :])
    return replace(content, components=components)


def merge_components(content: ItemContent, *, keys: Sequence[str]) -> ItemContent:
    """Join components into the first in order; texts joined by a comma, weights added."""
    merged = [c for c in content.components if c.key in listed("merge", keys)]
    if len(merged) < 2 or len(merged) != len(set(keys)):
        raise InvalidValue("merge", "needs two or more components of this item")
    known = [c.weight for c in merged if c.weight is not None]
    joined = replace(
        merged[0],
        text=", ".join(c.text.strip().rstrip(",;.") for c in merged),
        weight=arithmetic.total(known) if known else None,
        verifier_calls=tuple(call for c in merged for call in c.verifier_calls),
    )
    kept = (joined if c.key == joined.key else c for c in content.components)
    gone = {c.key for c in merged[1:]}
    return replace(content, components=tuple(c for c in kept if c.key not in gone))


def move_component(content: ItemContent, *, key: str, position: int) -> ItemContent:
    moved = content.component(key)
    if not is_index(position) or not 0 <= position < len(content.components):
        raise InvalidValue("position", f"must be from 0 to {len(content.components) - 1}")
    others = [c for c in content.components if c.key != key]
    return replace(content, components=(*others[:position], moved, *others[position:]))


OPERATIONS: dict[str, Callable[..., ItemContent]] = {
    function.__name__: function
    for function in (
        set_instruction,
        set_level,
        set_answers,
        set_component,
        set_weights,
        normalise_weights,
        equalise_weights,
        add_component,
        take_span,
        remove_component,
        split_component,
        merge_components,
        move_component,
    )
}


def put(content: ItemContent, changed: Component) -> ItemContent:
    """The content with the component of the same key replaced."""
    components = tuple(changed if c.key == changed.key else c for c in content.components)
    return replace(content, components=components)


def weights_of(content: ItemContent) -> dict[str, Number | None]:
    """Weight of each component by key, in order."""
    return {c.key: c.weight for c in content.components}


def halves(weight: Number | None) -> tuple[Number | None, Number | None]:
    """Two weights that sum to the given one, whole if it is whole."""
    if weight is None:
        return None, None
    if isinstance(weight, int):
        return weight - weight // 2, weight // 2
    light = weight / 2
    return arithmetic.total([weight, -light]), light


def piece(instruction: str, start: Any, end: Any) -> str:
    """A piece of the instruction by code points, with its outer white space removed."""
    if not is_index(start) or not is_index(end):
        raise InvalidValue("span", "needs whole numbers for start and end")
    if not 0 <= start < end <= len(instruction):
        raise InvalidValue("span", f"{start}–{end} is not inside the instruction")
    return instruction[start:end].strip()


def is_index(value: Any) -> bool:
    """A whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def listed(label: str, value: Any) -> Sequence[Any]:
    """A list as it is; a text is none, though it could be walked like one."""
    if not isinstance(value, list | tuple):
        raise InvalidValue(label, "must be a list")
    return value


def fresh_key(content: ItemContent, wanted: str | None) -> str:
    """The key a client chose for a new component, or one that no other annotator's will have."""
    if wanted is None:
        return f"n{secrets.token_hex(4)}"
    if not isinstance(wanted, str) or not KEY.fullmatch(wanted):
        raise InvalidValue("component", f"{wanted!r} must be up to 40 letters, digits and hyphens")
    if any(c.key == wanted for c in content.components):
        raise InvalidValue("component", f"there is one with the key {wanted!r} already")
    return wanted
