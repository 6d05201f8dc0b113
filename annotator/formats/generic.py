"""Tables of somebody's own: JSON lines, CSV and XLSX, read by a mapping of columns to roles.

Without a mapping the columns' usual names are taken. In CSV a cell that a spreadsheet would compute
is refused when it is read, and written with an apostrophe before it, which is taken off again when
it is read.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from annotator.domain.items import MAX_WEIGHT, Component, ContentRules, ItemContent, is_number
from annotator.domain.records import Origin
from annotator.formats.base import Holds, Outgoing, Target
from annotator.formats.containers import Container, Cut, Fields
from annotator.formats.fields import NO_TEXT, Row, shown, storable
from annotator.formats.form import Form, as_json, image_name
from annotator.formats.json_lines import JsonLines
from annotator.formats.json_list import JsonList
from annotator.formats.mapping import SEPARATORS, ColumnMapping, guessed
from annotator.formats.sheets import LONGEST_CELL, Sheet
from annotator.formats.source import Source
from annotator.formats.tables import Table, refuse_formulas

ESCAPED: Final = re.compile(r"'+[=+\-@\t\r]")
DANGEROUS: Final = re.compile(r"'*[=+\-@\t\r]")
TEXT: Final = "Put its value there; where it is only text, put an apostrophe before it."
MAP_IT: Final = (
    "Say which column is the instruction: on the Admin page, or with --map instruction=COLUMN."
)


@dataclass(frozen=True)
class Generic(Form):
    """Base of the three; an instance with a mapping reads by it."""

    mapping: ColumnMapping | None = None

    rules: ClassVar[ContentRules] = ContentRules(types=(), levels=())
    holds: ClassVar[Holds] = Holds(answers=True, images="names")

    def fits(self, fields: Fields) -> bool:
        """A column that is called like an instruction."""
        return guessed(fields).one("instruction") is not None

    def roles(self, fields: Fields) -> ColumnMapping:
        """Which columns of a record mean what."""
        return self.mapping or guessed(fields)

    def plain(self, value: Any) -> Any:
        """A cell's value as we understand it."""
        return value

    def cell(self, value: Any) -> Any:
        """A value as this form has to write it."""
        return value

    def column(self, row: Row, role: str) -> Any:
        """The value of a role's column."""
        name = self.roles(row.values).one(role)
        return self.plain(row.values.get(name)) if name is not None else None

    def content(self, row: Row) -> ItemContent:
        """What the mapped columns say."""
        roles = self.roles(row.values)
        name = roles.one("instruction")
        if name is None or name not in row.values:
            named = name or "instruction"
            raise row.fault(named, "is no column of this file.", MAP_IT)
        instruction = self.plain(row.values[name])
        if isinstance(instruction, str) and not storable(instruction):
            raise row.fault(name, NO_TEXT)
        if not isinstance(instruction, str):
            raise row.fault(name, f"is {shown(instruction)}; it must be text.")
        level = self.column(row, "level")
        return ItemContent(
            instruction=instruction,
            level=None if level in (None, "") else label(row, roles.one("level"), level),
            components=tuple(self.components(row)),
            answers=tuple(text_of(row, roles, "answers", v) for v in self.listed(row, "answers")),
        )

    def components(self, row: Row) -> Iterator[Component]:
        """The lists of components, types and weights side by side."""
        roles = self.roles(row.values)
        types = [text_of(row, roles, "types", v) for v in self.listed(row, "types")]
        weights = [weight_of(row, roles, v) for v in self.listed(row, "weights")]
        for index, value in enumerate(self.listed(row, "components")):
            yield Component(
                key=f"c{index + 1}",
                text=text_of(row, roles, "components", value),
                type=types[index] if index < len(types) else "",
                weight=weights[index] if index < len(weights) else None,
            )

    def listed(self, row: Row, role: str) -> list[Any]:
        """The elements of a role: of one column's list, or of several columns."""
        roles = self.roles(row.values)
        names = roles.of(role)
        if len(names) == 1:
            return elements(self.plain(row.values.get(names[0])), SEPARATORS[roles.separator])
        values = [self.plain(row.values.get(name)) for name in names]
        while values and values[-1] in (None, ""):
            values.pop()
        return ["" if value is None else value for value in values]

    def image(self, fields: Fields) -> str | None:
        """The image's column."""
        name = self.roles(fields).one("image")
        found = self.plain(fields.get(name)) if name is not None else None
        return found if isinstance(found, str) and found else None

    def images(self, fields: Fields) -> Sequence[object]:
        """The image's column as it stands."""
        name = self.roles(fields).one("image")
        return (fields.get(name),) if name is not None else ()

    def about(self, row: Row) -> dict[str, Any]:
        """Id and origin."""
        found = {role: self.column(row, role) for role in ("generator", "prompt_version", "batch")}
        named = self.column(row, "id")
        return {
            "source_id": None if named in (None, "") else str(named),
            "origin": Origin(
                **{role: str(v) if v not in (None, "") else None for role, v in found.items()}
            ),
        }

    def unknown(self, text: str) -> Mapping[str, Any]:
        """The columns without a role."""
        fields = self.home_of(text).fields(text)
        mapped = self.roles(fields).mapped()
        return {name: self.plain(value) for name, value in fields.items() if name not in mapped}

    def identity(self, item: Outgoing) -> dict[str, Any]:
        """The id."""
        return {"id": self.cell(item.key)}

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """Under the image's column."""
        name = self.roles(fields).one("image") if len(fields) > 1 else None
        fields[name or "image"] = self.cell(image_name(item.picture, target, self.image_folder))

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The mapped columns; a new record has those of MIA-Bench's names."""
        roles = self.roles(before) if before else NEW
        found: dict[str, Any] = {}
        for role, value in (("instruction", content.instruction), ("level", content.level)):
            name = roles.one(role)
            if name is not None:
                found[name] = self.cell(value)
        lists: dict[str, list[Any]] = {
            "components": [c.text for c in content.components],
            "types": [c.type for c in content.components],
            "weights": [c.weight for c in content.components],
            "answers": list(content.answers),
        }
        for role, values in lists.items():
            found |= self.list_fields(role, values, roles, before)
        return found

    def list_fields(
        self, role: str, values: list[Any], roles: ColumnMapping, before: Fields
    ) -> dict[str, Any]:
        """A list in one column, written as it was, or an element in each of several."""
        names = roles.of(role)
        if len(names) > 1:
            padded = [*values, *([None] * (len(names) - len(values)))]
            return {
                n: self.cell(like(v, before.get(n))) for n, v in zip(names, padded, strict=False)
            }
        if not names:
            return {}
        old = self.plain(before.get(names[0])) if before else None
        return {names[0]: self.cell(relisted(values, old, SEPARATORS[roles.separator], self.texts))}

    texts: ClassVar[bool] = False
    """Whether cells are texts alone."""


NEW: Final = ColumnMapping(
    {
        "instruction": ("instruction",),
        "level": ("type",),
        "components": ("components",),
        "types": ("component_type",),
        "weights": ("component_weight",),
        "answers": ("answers",),
    }
)
"""The columns of a new record."""


class GenericJsonl(Generic):
    """JSON lines, or a JSON list, of any fields."""

    name = "jsonl"
    title = "JSON lines with any fields"
    example = '{"prompt": "Describe …", "picture": "7.jpg", "rules": ["in two sentences"]}'
    containers: ClassVar[tuple[Container, ...]] = (JsonLines(), JsonList())


class GenericCsv(Generic):
    """CSV or TSV with any columns."""

    name = "csv"
    title = "CSV with any columns"
    example = "prompt,picture,rules\nDescribe …,7.jpg,in two sentences; no adjectives"
    containers: ClassVar[tuple[Container, ...]] = (Table(","), Table("\t"), Table(";"))
    texts = True

    def plain(self, value: Any) -> Any:
        """Without the apostrophe that keeps a text from being computed."""
        return value[1:] if isinstance(value, str) and ESCAPED.match(value) else value

    def cell(self, value: Any) -> Any:
        """With it, where a spreadsheet would compute the text."""
        text = "" if value is None else value if isinstance(value, str) else str(value)
        return f"'{text}" if DANGEROUS.match(text) and not number_like(text) else text

    def record(self, cut: Cut, position: int, source: Source, state: dict[str, Any]) -> Any:
        """A row, unless a spreadsheet would compute one of its cells."""
        refuse_formulas(Row(cut.fields, source.name, cut.row), TEXT)
        return super().record(cut, position, source, state)

    def made(self, item: Outgoing, target: Target) -> dict[str, Any]:
        """All cells as texts that no spreadsheet computes."""
        fields = super().made(item, target)
        return {k: v if k not in item.extra else self.cell(as_text(v)) for k, v in fields.items()}


class GenericXlsx(Generic):
    """An Excel workbook with any columns."""

    name = "xlsx"
    title = "Excel workbook with any columns"
    example = "a sheet whose first row names the columns: prompt | picture | rules"
    containers: ClassVar[tuple[Container, ...]] = (Sheet(),)
    texts = True

    def cell(self, value: Any) -> Any:
        """Texts, numbers and times as they are, lists as JSON."""
        return as_json(value) if isinstance(value, list | dict) else value

    def made(self, item: Outgoing, target: Target) -> dict[str, Any]:
        """Cells that Excel has."""
        return {name: self.cell(value) for name, value in super().made(item, target).items()}

    def problems(self, item: Outgoing) -> Iterator[str]:
        """What no cell can hold."""
        content = item.content
        if content is None:
            return
        texts = [content.instruction, as_json([c.text for c in content.components])]
        for text in [*texts, as_json(list(content.answers))]:
            if len(text) > LONGEST_CELL:
                yield f"A cell of Excel holds {LONGEST_CELL:,} characters, not {len(text):,}."


def label(row: Row, name: str | None, value: Any) -> str:
    """A text or number as text."""
    if is_number(value) or (isinstance(value, str) and storable(value)):
        return str(value)
    raise row.fault(name or "", f"is {shown(value)}; it must be text.")


def text_of(row: Row, roles: ColumnMapping, role: str, value: Any) -> str:
    """An element of a list as text."""
    return label(row, roles.one(role), value)


def weight_of(row: Row, roles: ColumnMapping, value: Any) -> int | float | None:
    """A weight out of a number or its text; None where there is none."""
    if value is None or value == "":
        return None
    number = value
    if isinstance(value, str):
        try:
            number = int(value) if re.fullmatch(r"\s*\d{1,9}\s*", value) else float(value)
        except ValueError:
            number = None
    if not is_number(number) or not 0 <= number <= MAX_WEIGHT:
        field = roles.one("weights") or ""
        raise row.fault(field, f"is {shown(value)}; a weight must be a number, 0 or more.")
    found: int | float = number
    return found


def elements(value: Any, separator: str) -> list[Any]:
    """The elements of a cell: a list, the text of one, or parts between separators."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        return [value]
    found = literal(value)
    if found is not None:
        return found
    return [part.strip() for part in value.split(separator)]


def literal(value: str) -> list[Any] | None:
    """A list written as JSON or as Python writes it."""
    if not value.lstrip().startswith("["):
        return None
    for read in (json.loads, ast.literal_eval):
        try:
            found = read(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            continue
        if isinstance(found, list):
            return found
    return None


def relisted(values: list[Any], old: Any, separator: str, as_text: bool) -> Any:
    """A list in the way in which the former one was written."""
    if isinstance(old, list) or (old is None and not as_text):
        return values
    if isinstance(old, str) and old and literal(old) is None:
        plain = ["" if value is None else str(value) for value in values]
        clean = all(separator not in text and text == text.strip() for text in plain)
        if clean and not (len(plain) == 1 and literal(plain[0]) is not None):
            return separator.join(plain)
    if is_number(old) and len(values) == 1:
        return values[0]
    return as_json(values) if values else ""


def like(value: Any, old: Any) -> Any:
    """A value as text where the former one was."""
    if isinstance(old, str) and value is not None and not isinstance(value, str):
        return str(value)
    return value


def as_text(value: Any) -> str:
    """A value for a cell of text."""
    return "" if value is None else value if isinstance(value, str) else as_json(value)


def number_like(text: str) -> bool:
    """Whether a text is a plain number with its sign."""
    return re.fullmatch(r"[+-]?\d+(?:\.\d+)?", text) is not None
