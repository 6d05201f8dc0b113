"""Which column of somebody's table means what: made by a person looking at the first rows.

A mapping names for each role the columns that play it. Roles with lists (components, their types
and weights, answers) take one column whose cells hold lists, or several columns with an element
each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from annotator.domain.items import JSON
from annotator.errors import InvalidValue

ROLES: Final[dict[str, str]] = {
    "instruction": "Instruction",
    "image": "Image",
    "id": "Id",
    "level": "Level",
    "components": "Components",
    "types": "Component types",
    "weights": "Component weights",
    "answers": "Answers",
    "generator": "Generator model",
    "prompt_version": "Prompt version",
    "batch": "Batch",
}
LISTS: Final = ("components", "types", "weights", "answers")
SEPARATORS: Final[dict[str, str]] = {
    "line": "\n",
    "semicolon": ";",
    "bar": "|",
    "comma": ",",
}
USUAL: Final[dict[str, tuple[str, ...]]] = {
    "instruction": ("instruction", "question", "prompt", "query", "text", "input"),
    "image": ("image", "image_url", "image_path", "file_name", "filename", "img", "url", "picture"),
    "id": ("id", "index", "question_id", "item_id", "uid"),
    "level": ("level", "type", "difficulty", "category", "tag"),
    "components": ("components", "constraints", "sub_instructions", "requirements"),
    "types": ("component_type", "component_types", "constraint_types"),
    "weights": ("component_weight", "component_weights", "weights"),
    "answers": ("answers", "answer", "ground_truth", "output", "response"),
    "generator": ("generator_model", "generator", "generated_by"),
    "prompt_version": ("prompt_version", "generator_prompt", "prompt_id"),
    "batch": ("batch", "batch_id", "generation_batch"),
}
"""Names under which the roles are usually found, the likeliest first."""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Columns by role, and what separates the elements of a list that is written as plain text."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    separator: str = "line"

    def of(self, role: str) -> tuple[str, ...]:
        """The columns of a role."""
        return self.columns.get(role, ())

    def one(self, role: str) -> str | None:
        """The column of a role that has one."""
        return next(iter(self.of(role)), None)

    def mapped(self) -> set[str]:
        """All columns that play a role."""
        return {name for names in self.columns.values() for name in names}

    def to_json(self) -> dict[str, JSON]:
        """As it is stored."""
        return {
            "columns": {role: list(names) for role, names in self.columns.items() if names},
            "separator": self.separator,
        }


def from_json(value: Any) -> ColumnMapping:
    """A stored or typed mapping.

    Raises:
        InvalidValue: an unknown role or separator, a column with two roles, or no instruction.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("columns"), Mapping):
        raise InvalidValue("mapping", 'must be {"columns": {role: [column, …]}, "separator": …}')
    columns: dict[str, tuple[str, ...]] = {}
    for role, names in value["columns"].items():
        listed = [names] if isinstance(names, str) else names
        if role not in ROLES:
            raise InvalidValue("mapping", f"{role!r} is no role; roles are {', '.join(ROLES)}")
        if not isinstance(listed, list | tuple) or not all(isinstance(n, str) for n in listed):
            raise InvalidValue("mapping", f"the columns of {role} must be names")
        if len(listed) > 1 and role not in LISTS:
            raise InvalidValue("mapping", f"{ROLES[role]} has one column, not {len(listed)}")
        columns[role] = tuple(listed)
    separator = value.get("separator", "line")
    if separator not in SEPARATORS:
        raise InvalidValue("mapping", f"the separator must be one of {', '.join(SEPARATORS)}")
    found = ColumnMapping(columns, separator)
    every = [name for names in columns.values() for name in names]
    twice = next((name for name in every if every.count(name) > 1), None)
    if twice is not None:
        raise InvalidValue("mapping", f"the column {twice!r} has two roles")
    if found.one("instruction") is None:
        raise InvalidValue("mapping", "name the column of the instruction")
    return found


def guessed(names: Iterable[str]) -> ColumnMapping:
    """The mapping that columns' names suggest; without an instruction where none does."""
    return guessed_once(tuple(names))


@lru_cache(maxsize=256)
def guessed_once(names: tuple[str, ...]) -> ColumnMapping:
    """guessed, remembered: it is asked for every role of every record."""
    known = {name.strip().lower().replace(" ", "_").replace("-", "_"): name for name in names}
    columns: dict[str, tuple[str, ...]] = {}
    for role, usual in USUAL.items():
        taken = {name for found in columns.values() for name in found}
        fitting = [known[name] for name in usual if name in known and known[name] not in taken]
        if fitting:
            columns[role] = (fitting[0],)
    return ColumnMapping(columns)


def from_options(options: Sequence[str]) -> ColumnMapping:
    """A mapping out of ``role=column`` texts; a role may come several times.

    Raises:
        InvalidValue: a text of another form, or see from_json.
    """
    columns: dict[str, list[str]] = {}
    separator = "line"
    for option in options:
        role, equals, name = option.partition("=")
        if not equals:
            raise InvalidValue("map", f"{option!r} must be role=column")
        if role == "separator":
            separator = name
        else:
            columns.setdefault(role, []).append(name)
    return from_json({"columns": columns, "separator": separator})
