"""Bringing two versions of one item together: naming components alike, then choosing sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from annotator.domain.changes import Patch, difference
from annotator.domain.items import JSON, ItemContent, flatten, unflatten


def rekey(old: ItemContent, new: ItemContent, taken: Iterable[str] = ()) -> ItemContent:
    """Give the components of a newer version the keys of the older one's they stand for.

    A component keeps a key by the same text, then by the same position; what is left is new and
    gets a key that is neither the older one's nor ``taken``.
    """
    free = {component.key: component for component in old.components}
    keys: dict[int, str] = {}
    for index, component in enumerate(new.components):
        match = next((k for k, c in free.items() if c.text == component.text), None)
        if match is not None:
            keys[index] = match
            del free[match]
    for index in range(len(new.components)):
        if index not in keys and index < len(old.components) and old.components[index].key in free:
            keys[index] = old.components[index].key
            del free[keys[index]]
    used = {component.key for component in old.components} | set(taken)
    components = []
    for index, component in enumerate(new.components):
        key = keys.get(index) or unused(f"c{index + 1}", used)
        used.add(key)
        components.append(replace(component, key=key))
    return replace(new, components=tuple(components))


def aligned(
    ours: ItemContent, base: ItemContent, theirs: ItemContent
) -> tuple[ItemContent, ItemContent]:
    """The common base and their side, with components named as ours names them."""
    named = rekey(ours, base)
    return named, rekey(named, theirs, taken=[c.key for c in ours.components])


def unused(key: str, taken: Iterable[str]) -> str:
    """The key, or the key with a letter that makes it unique."""
    candidate, number = key, 1
    while candidate in taken:
        number += 1
        candidate = f"{key}v{number}"
    return candidate


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing two sides say differently.

    ``path`` names it: a field's path, ``"components"`` where order or membership differ. ``both``
    is True where both sides changed it from the common base.
    """

    path: str
    ours: JSON
    theirs: JSON
    both: bool


def compare(base: ItemContent, ours: ItemContent, theirs: ItemContent) -> list[Difference]:
    """What the two sides say differently, field by field of the components both have."""
    mine, other = flatten(ours), flatten(theirs)
    my_change: Patch = difference(flatten(base), mine)
    their_change: Patch = difference(flatten(base), other)
    found = []
    for path, (left, right) in difference(mine, other).items():
        if path.startswith("c/") and not (path in mine and path in other):
            continue
        found.append(Difference(path, left, right, path in my_change and path in their_change))
    return found


def choose(ours: ItemContent, theirs: ItemContent, take_theirs: Iterable[str]) -> ItemContent:
    """Our side with the named paths taken from theirs; ``order`` takes the components with it."""
    wanted = set(take_theirs)
    mine, other = flatten(ours), flatten(theirs)
    result = dict(mine)
    order = other["order"] if "order" in wanted else mine["order"]
    for key in order:
        source: Mapping[str, JSON] = mine if f"c/{key}/text" in mine else other
        for path in (p for p in source if p.startswith(f"c/{key}/")):
            result[path] = source[path]
    for path in wanted - {"order"}:
        if path in other:
            result[path] = other[path]
    result["order"] = order
    return unflatten(result)


def component_names(content: ItemContent) -> dict[str, int]:
    """1-based number of each component by key, for sentences."""
    return {component.key: number for number, component in enumerate(content.components, 1)}


def united_names(*contents: ItemContent) -> dict[str, int]:
    """Numbers for sentences about several contents; the earlier content's number wins."""
    named: dict[str, int] = {}
    for content in contents:
        for key, number in component_names(content).items():
            named.setdefault(key, number)
    return named
