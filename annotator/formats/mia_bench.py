"""MIA-Bench's published JSON: a list of records with parallel lists of components.

Fields, as published with arXiv 2407.01509 (apple/ml-mia-bench): ``image`` (address or path),
``instruction``, ``type`` (the level), ``num_of_component``, and three parallel lists
``components``, ``component_weight``, ``component_type``. There is no id: an item is known by its
position. Other fields are kept and given back.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, Final

from annotator.domain.items import (
    JSON,
    MAX_WEIGHT,
    Component,
    ContentRules,
    ItemContent,
    is_number,
    same,
)
from annotator.domain.records import Origin
from annotator.errors import InputError
from annotator.formats.base import Document, Outgoing, Record
from annotator.formats.json_text import patched, peek, skip

UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
LISTS: Final = ("components", "component_weight", "component_type")
GENERATOR_FIELDS: Final = ("generator_model", "generator", "generated_by")
PROMPT_FIELDS: Final = ("prompt_version", "generator_prompt", "prompt_id")
BATCH_FIELDS: Final = ("batch", "batch_id", "generation_batch")
MOST_COMPONENTS: Final = 1_000_000
MEND: Final = "Mend this record and import the file again."


class MiaBench:
    """The format's reader and writer."""

    name = "mia-bench"
    title = "MIA-Bench JSON"
    extension = "json"
    rules = ContentRules()

    def recognises(self, data: bytes, file: str) -> bool:
        """A JSON list in which MIA-Bench's fields occur, an image of any length before them."""
        start = data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")
        return start.startswith(b"[") and b'"instruction"' in data and b'"component' in data

    def read(self, data: bytes, file: str) -> Document:
        """Read the published list.

        Raises:
            InputError: no UTF-8, no JSON list, or a record whose field has the wrong type; the
                file is refused whole.
        """
        text = decode(data, file)
        pieces = list(cut_records(text, file))
        records = [
            read_record(value, text[start:end], position, file)
            for position, (value, start, end) in enumerate(pieces)
        ]
        layout = layout_of(text, [(start, end) for _, start, end in pieces])
        if data.startswith(codecs.BOM_UTF8):
            layout["before"] = "\ufeff" + str(layout["before"])
        return Document(records, layout)

    def read_record(self, text: str) -> Record:
        """Read one record's stored text again."""
        return read_record(json.loads(text), text, 0, "stored record")

    def write(
        self, items: Iterable[Outgoing], layout: Mapping[str, JSON], target: IO[str]
    ) -> list[str]:
        """Write the list as it was laid out; a record nobody changed is written as it came.

        Returns:
            One sentence per kind of value that this form has no field for.
        """
        missing: set[str] = set()
        target.write(layout.get("before", "["))
        separator = layout.get("between", ",\n ")
        for position, item in enumerate(items):
            if position:
                target.write(separator)
            target.write(record_text(item, layout))
            if item.content is not None:
                missing.update(not_carried(item.content))
        target.write(layout.get("after", "\n]"))
        return sorted(missing)


def decode(data: bytes, file: str) -> str:
    """UTF-8 text, with or without a byte order mark."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InputError(
            f"byte {fault.start} is not UTF-8.", file=file, mend="Save the file as UTF-8."
        ) from fault


def cut_records(text: str, file: str) -> Iterator[tuple[dict[str, Any], int, int]]:
    """Each record of a JSON list with the place where it stands."""
    decoder = json.JSONDecoder(object_pairs_hook=unique, parse_constant=no_constant)
    at = skip(text, 0)
    if text[at : at + 1] != "[":
        raise InputError(
            "is not a JSON list.", file=file, mend="MIA-Bench's form is a list of records: [{…}, …]"
        )
    at = skip(text, at + 1)
    position = 0
    while text[at : at + 1] != "]":
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as fault:
            raise broken(text, at, position, file, fault) from fault
        if not isinstance(value, dict):
            raise InputError("is not an object.", file=file, row=f"record {position}", mend=MEND)
        yield value, at, end
        position += 1
        at = skip(text, end)
        if text[at : at + 1] == "," and peek(text, at + 1) != "]":
            at = skip(text, at + 1)
        elif text[at : at + 1] != "]":
            raise broken(text, at, position, file, ValueError("a comma or ] should stand here"))
    rest = skip(text, at + 1)
    if rest != len(text):
        raise broken(text, rest, position, file, ValueError("text after the end of the list"))


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's fields; a field that stands twice would lose one of its values."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r} stands twice in one record")
    return found


def no_constant(name: str) -> Any:
    """NaN and Infinity are no JSON."""
    raise ValueError(f"{name} is not a number in JSON")


def broken(text: str, at: int, position: int, file: str, fault: Exception) -> InputError:
    """Where the JSON breaks, by record, line and column."""
    place, said = at, str(fault)
    if isinstance(fault, json.JSONDecodeError):
        place, said = fault.pos, fault.msg[:1].lower() + fault.msg[1:]
    line = text.count("\n", 0, place) + 1
    column = place - (text.rfind("\n", 0, place) + 1) + 1
    if place >= len(text):
        said = "the file ends in the middle of the list"
    return InputError(
        f"{said}.",
        file=file,
        row=f"record {position}, line {line}, column {column}",
        mend="Nothing was imported; mend the file there and import it again.",
    )


def read_record(value: dict[str, Any], text: str, position: int, file: str) -> Record:
    """One record in our values; faults that can be worked on are noted, not refused."""
    row = f"record {position}"
    instruction = typed(value, "instruction", str, file, row, required=True)
    lists = {name: typed(value, name, list, file, row, required=False) or [] for name in LISTS}
    check_elements(lists, file, row)
    declared = typed(value, "num_of_component", int, file, row, required=False)
    return Record(
        position=position,
        source_id=None,
        text=text,
        content=ItemContent(
            instruction=instruction,
            level=typed(value, "type", str, file, row, required=False),
            components=tuple(components_of(lists)),
        ),
        image_ref=typed(value, "image", str, file, row, required=False),
        declared_count=declared,
        origin=origin_of(value),
        notes=tuple(surplus(lists)),
    )


def typed(
    value: Mapping[str, Any], field: str, kind: type, file: str, row: str, *, required: bool
) -> Any:
    """A field's value where it has the right type; None where it is not there."""
    found = value.get(field)
    if found is None and not required:
        return None
    if isinstance(found, bool) or not isinstance(found, kind):
        problem = "is missing" if field not in value else f"is {json.dumps(found)[:60]}"
        wanted = {str: "text", list: "a list", int: "a whole number"}[kind]
        raise InputError(
            f"{problem}; it must be {wanted}.",
            file=file,
            row=row,
            field=field,
            mend=MEND,
        )
    if isinstance(found, str) and not storable(found):
        raise InputError(
            "holds half an emoji or a NUL, which is not text.",
            file=file,
            row=row,
            field=field,
            mend=MEND,
        )
    if isinstance(found, int) and abs(found) > MOST_COMPONENTS:
        raise InputError("is no count.", file=file, row=row, field=field, mend=MEND)
    return found


def storable(text: str) -> bool:
    """Whether the text can be written as UTF-8 and kept by every database."""
    return UNSTORABLE.search(text) is None


def check_elements(lists: Mapping[str, list[Any]], file: str, row: str) -> None:
    """Components and types are texts; a weight is a number not below 0, or null for none."""
    for name in ("components", "component_type"):
        for index, element in enumerate(lists[name]):
            if not isinstance(element, str) or not storable(element):
                raise InputError(
                    f"element {index} is {json.dumps(element)[:60]}; it must be text.",
                    file=file,
                    row=row,
                    field=name,
                    mend=MEND,
                )
    for index, element in enumerate(lists["component_weight"]):
        if element is None:
            continue
        if not is_number(element) or not 0 <= element <= MAX_WEIGHT:
            raise InputError(
                f"element {index} is {json.dumps(element)[:60]}; it must be a number, 0 or more.",
                file=file,
                row=row,
                field="component_weight",
                mend=MEND,
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


def origin_of(value: Mapping[str, Any]) -> Origin:
    """Generator, prompt version and batch, where a record names them."""
    return Origin(
        generator=first_text(value, GENERATOR_FIELDS),
        prompt_version=first_text(value, PROMPT_FIELDS),
        batch=first_text(value, BATCH_FIELDS),
    )


def first_text(value: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The first of these fields that holds a text or a number."""
    for name in names:
        found = value.get(name)
        if is_number(found) or (isinstance(found, str) and found and storable(found)):
            return str(found)
    return None


def layout_of(text: str, spans: list[tuple[int, int]]) -> dict[str, JSON]:
    """What stands around the records, and whether a new text should be escaped to ASCII."""
    escaped = text.isascii() and "\\u" in text
    if not spans:
        before, bracket, after = text.partition("[")
        return {"before": before + bracket, "between": ",\n ", "after": after, "ascii": False}
    return {
        "before": text[: spans[0][0]],
        "between": text[spans[0][1] : spans[1][0]] if len(spans) > 1 else ",\n ",
        "after": text[spans[-1][1] :],
        "ascii": escaped,
    }


def record_text(item: Outgoing, layout: Mapping[str, JSON]) -> str:
    """The record as it goes out: to the letter as it came but for the fields that changed."""
    if item.content is None:
        return item.text
    changed = changed_fields(json.loads(item.text), item.content, curated=item.curated)
    return (
        patched(item.text, changed, ascii_only=bool(layout.get("ascii"))) if changed else item.text
    )


def changed_fields(value: dict[str, Any], after: ItemContent, *, curated: bool) -> dict[str, JSON]:
    """The fields of a record that no longer say what the item says."""
    before = read_record(value, "", 0, "stored record").content
    found: dict[str, JSON] = {}
    if after.instruction != before.instruction:
        found["instruction"] = after.instruction
    if after.level != before.level:
        found["type"] = after.level
    lists, old = parallel(after, value), parallel(before, value)
    found |= {name: new for name, new in lists.items() if not same(new, old.get(name))}
    count = len(after.components)
    wrong = not same(value.get("num_of_component"), count)
    stated = "num_of_component" in value or count != len(before.components)
    if wrong and stated and (curated or lists.keys() & found.keys()):
        found["num_of_component"] = count
    return found


def parallel(content: ItemContent, value: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The components as the form's parallel lists; no weights where nothing ever had one."""
    lists: dict[str, list[Any]] = {"components": [c.text for c in content.components]}
    if value.get("component_weight") or any(c.weight is not None for c in content.components):
        lists["component_weight"] = [c.weight for c in content.components]
    lists["component_type"] = [c.type for c in content.components]
    return lists


def not_carried(content: ItemContent) -> Iterator[str]:
    """What of an item the form has no field for."""
    if content.answers:
        yield "MIA-Bench's form has no field for ground-truth answers; they were left out."
    if any(c.judge_method != "direct" or c.verifier_calls for c in content.components):
        yield "MIA-Bench's form has no field for judge methods and verifier calls; left out."
