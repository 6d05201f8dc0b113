"""MIA-Bench's published JSON: a list of records with parallel lists of components.

Fields, as published with arXiv 2407.01509 (apple/ml-mia-bench): ``image`` (address or path),
``instruction``, ``type`` (the level), ``num_of_component``, and three parallel lists
``components``, ``component_weight``, ``component_type``. There is no id: an item is known by its
position. Other fields are kept and given back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from annotator.domain.items import MAX_WEIGHT, Component, ItemContent, is_number, same
from annotator.formats.base import Holds, Outgoing
from annotator.formats.containers import Fields
from annotator.formats.fields import ORIGIN_FIELDS, Row, shown
from annotator.formats.form import Form
from annotator.formats.json_list import JsonList

LISTS: Final = ("components", "component_weight", "component_type")
OWN: Final = frozenset({"image", "instruction", "type", "num_of_component", *LISTS, *ORIGIN_FIELDS})


class MiaBench(Form):
    """The format's reader and writer."""

    name = "mia-bench"
    title = "MIA-Bench JSON"
    example = (
        '[{"image": "cat.jpg", "instruction": "…", "type": "basic", "num_of_component": 1, '
        '"components": ["…"], "component_weight": [10], "component_type": ["describe"]}]'
    )
    containers = (JsonList(),)
    holds = Holds(images="names")
    own = OWN

    def fits(self, fields: Fields) -> bool:
        """An instruction and something of components."""
        return "instruction" in fields and any(name.startswith("component") for name in fields)

    def content(self, row: Row) -> ItemContent:
        """What the record says; faults that can be worked on are noted, not refused."""
        return content_of(row)

    def about(self, row: Row) -> dict[str, Any]:
        """What the record claims of itself."""
        return about(row)

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """Instruction, level and the parallel lists."""
        found: dict[str, Any] = {"instruction": content.instruction}
        if content.level is not None or "type" in before:
            found["type"] = content.level
        if not before:
            found["num_of_component"] = len(content.components)
        return found | parallel(content, before)

    def settled(self, item: Outgoing, values: Fields, changed: dict[str, Any]) -> None:
        """The count follows the components once a person saw the item."""
        mend_count(item, values, changed)


def content_of(row: Row) -> ItemContent:
    """The item's content out of the published fields."""
    instruction = row.text("instruction")
    lists = {name: row.get(name, list) or [] for name in LISTS}
    check_elements(row, lists)
    row.get("num_of_component", int)
    row.maybe("image")
    return ItemContent(
        instruction=instruction,
        level=row.maybe("type"),
        components=tuple(components_of(lists)),
    )


def about(row: Row) -> dict[str, Any]:
    """What the record claims of itself and what is odd about it."""
    lists = {name: row.get(name, list) or [] for name in LISTS}
    return {
        "declared_count": row.get("num_of_component", int),
        "origin": row.origin(),
        "notes": tuple(surplus(lists)),
    }


def check_elements(row: Row, lists: Mapping[str, list[Any]]) -> None:
    """Components and types are texts; a weight is a number not below 0, or null for none."""
    row.texts("components")
    row.texts("component_type")
    for index, element in enumerate(lists["component_weight"]):
        if element is None or (is_number(element) and 0 <= element <= MAX_WEIGHT):
            continue
        raise row.fault(
            "component_weight",
            f"element {index} is {shown(element)}; it must be a number, 0 or more.",
        )


def components_of(lists: Mapping[str, list[Any]]) -> Iterator[Component]:
    """The parallel lists as components; what a list lacks stays empty and is found by a check."""
    weights, types = lists["component_weight"], lists["component_type"]
    for index, text in enumerate(lists["components"]):
        yield Component(
            key=f"c{index + 1}",
            text=text,
            type=types[index] if index < len(types) else "",
            weight=weights[index] if index < len(weights) else None,
        )


def surplus(lists: Mapping[str, list[Any]]) -> Iterator[str]:
    """Values of the parallel lists that no component claims."""
    count = len(lists["components"])
    for name in ("component_weight", "component_type"):
        extra = lists[name][count:]
        if extra:
            yield f"{name} has {len(lists[name])} values for {count} components"


def parallel(content: ItemContent, before: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The components as the form's parallel lists; no weights where nothing ever had one."""
    lists: dict[str, list[Any]] = {"components": [c.text for c in content.components]}
    if before.get("component_weight") or any(c.weight is not None for c in content.components):
        lists["component_weight"] = [c.weight for c in content.components]
    lists["component_type"] = [c.type for c in content.components]
    return lists


def mend_count(item: Outgoing, values: Fields, changed: dict[str, Any]) -> None:
    """Let ``num_of_component`` follow once the components changed or a person settled the item."""
    assert item.content is not None
    count = len(item.content.components)
    stated = "num_of_component" in values or count != len(values.get("components") or ())
    wrong = not same(values.get("num_of_component"), count)
    if wrong and stated and (item.curated or changed.keys() & set(LISTS)):
        changed["num_of_component"] = count
