"""What Hugging Face's ``datasets`` reads offline: an image folder with metadata, and parquet.

An image folder has ``metadata.jsonl`` (or .csv, .parquet), whose ``file_name`` is the image's path
beside it; a parquet file has a column ``image`` of bytes and path. The other columns are ours:
those of MIA-Bench, ``answers``, and where components are judged in other ways than by a judge's
look at the image, ``judge_method`` and ``verifier_calls`` (JSON text, since its shape differs from
row to row).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from annotator.domain.items import Component, ContentRules, ItemContent
from annotator.domain.kit_text import quirks
from annotator.domain.vocabulary import JUDGE_METHODS
from annotator.formats.base import Holds, Outgoing, Target
from annotator.formats.containers import Fields
from annotator.formats.embedding import MARK, token
from annotator.formats.fields import ORIGIN_FIELDS, Row, shown
from annotator.formats.form import Form, as_json, image_name
from annotator.formats.json_lines import JsonLines
from annotator.formats.literals import with_lists
from annotator.formats.mia_bench import LISTS, about, check_elements, components_of, parallel
from annotator.formats.mm_ifeval import check_calls
from annotator.formats.parquet_rows import ParquetRows
from annotator.formats.tables import Table

RULES: Final = ContentRules(types=(), levels=())
COLUMNS: Final = (*LISTS, "answers", "judge_method", "verifier_calls")
TEXTS: Final = ("instruction", "question", "prompt", "text")
"""Under which of these names the instruction stands."""


class Columns(Form):
    """What the two forms share: the columns beside the image."""

    rules = RULES
    own = frozenset(
        {"id", "file_name", "image", "type", "num_of_component"}
        | {*TEXTS, *COLUMNS, *ORIGIN_FIELDS}
    )

    def content(self, row: Row) -> ItemContent:
        """The row's content."""
        listed = with_lists(as_values(row), *COLUMNS)
        name = text_field(row.values) or TEXTS[0]
        lists = {field: listed.get(field, list) or [] for field in LISTS}
        check_elements(listed, lists)
        methods, calls = listed.texts("judge_method"), listed.get("verifier_calls", list) or []
        parts = [
            judged(part, index, methods, calls, listed)
            for index, part in enumerate(components_of(lists))
        ]
        return ItemContent(
            instruction=row.text(name),
            level=row.maybe("type") or None,
            components=tuple(parts),
            answers=tuple(listed.texts("answers")),
        )

    def about(self, row: Row) -> dict[str, Any]:
        """The id, and what MIA-Bench's records say of themselves."""
        known = with_lists(as_values(row), *LISTS)
        return {**about(known), "source_id": row.label("id")}

    def identity(self, item: Outgoing) -> dict[str, Any]:
        """The id."""
        return {"id": item.key}

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The columns; those that say nothing stay away from new records."""
        known = {k: v for k, v in before.items() if k == "component_weight" and v}
        found: dict[str, Any] = {text_field(before) or TEXTS[0]: content.instruction}
        fresh = not before
        if fresh or content.level is not None or "type" in before:
            found["type"] = content.level
        if fresh or content.components or "components" in before:
            found |= parallel(content, known)
            if fresh or "num_of_component" in before:
                found["num_of_component"] = len(content.components)
        if fresh or content.answers or "answers" in before:
            found["answers"] = list(content.answers)
        return found | judging_of(content, before, fresh=fresh)

    def problems(self, item: Outgoing) -> Iterator[str]:
        """An item without an image is a row without one."""
        if item.picture is None or item.picture.sha256 is None:
            yield "There is no image to put beside this item."
        elif item.picture.by_address:
            yield "Its image goes out as an address, which is not read as an image."


class ImageFolder(Columns):
    """metadata.jsonl beside the images."""

    name = "imagefolder"
    title = "Hugging Face image folder"
    example = '{"file_name": "images/7.jpg", "instruction": "…", "components": ["…"]}'
    containers = (JsonLines(), Table(","), ParquetRows())
    holds = Holds(images="files", judging=True, answers=True)
    file = "metadata"

    def fits(self, fields: Fields) -> bool:
        """A file name and a text about it."""
        return "file_name" in fields and text_field(fields) is not None

    def content(self, row: Row) -> ItemContent:
        """The row's content; the image's path must be text."""
        row.maybe("file_name")
        return super().content(row)

    def image(self, fields: Fields) -> str | None:
        """The path."""
        found = fields.get("file_name")
        return found if isinstance(found, str) else None

    def images(self, fields: Fields) -> Sequence[object]:
        """None are inside."""
        return ()

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """The path of the image, which is written beside the metadata."""
        fields["file_name"] = image_name(item.picture, target, self.image_folder)

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The columns; cells of a CSV hold lists as JSON."""
        found = super().fields_of(content, before)
        if before and all(isinstance(value, str) for value in before.values()):
            return {k: v if isinstance(v, str) else as_cell(v) for k, v in found.items()}
        return found

    def write(self, items: Any, layout: Any, target: Target) -> Any:
        """The file has the name by which ``datasets`` knows it."""
        return super().write(items, layout, Target(target.folder, self.file, target.images))


class HuggingFaceParquet(Columns):
    """A parquet file with the images inside."""

    name = "parquet"
    title = "Hugging Face parquet with images"
    example = "image: {bytes, path}, instruction: string, answers: list<string>, …"
    containers = (ParquetRows(),)
    holds = Holds(images="bytes", judging=True, answers=True)

    def fits(self, fields: Fields) -> bool:
        """A text; the image may be missing."""
        return text_field(fields) is not None

    def image(self, fields: Fields) -> str | None:
        """The image's token, or its path."""
        return parquet_image(fields)

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """Bytes and the name they had."""
        set_parquet_image(fields, item, target)


class KitParquet(HuggingFaceParquet):
    """MIA-Bench as EvalScope and lmms-eval load it: the published columns beside the image."""

    name = "mia-bench-parquet"
    title = "EvalScope and lmms-eval parquet of MIA-Bench"
    example = (
        "image: {bytes, path}, instruction: string, type: string, num_of_component: int64, "
        "components: list<string>, component_weight: list<int64>, component_type: list<string>"
    )
    rules = ContentRules()
    holds = Holds(images="bytes")

    def fits(self, fields: Fields) -> bool:
        """The three lists, and no column of our own."""
        ours = "judge_method" in fields or "answers" in fields
        return not ours and "instruction" in fields and {*LISTS} <= {*fields}

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The published columns alone."""
        found: dict[str, Any] = {"instruction": content.instruction}
        if content.level is not None or not before or "type" in before:
            found["type"] = content.level
        if not before or "num_of_component" in before:
            found["num_of_component"] = len(content.components)
        weighed = before.get("component_weight") if before else True
        return found | parallel(content, {"component_weight": weighed})

    def problems(self, item: Outgoing) -> Iterator[str]:
        """What the kits' scorers make of the item."""
        for problem in Columns.problems(self, item):
            yield f"{problem} EvalScope stops at it."
        if item.content is not None:
            yield from (f"{quirk.kit}: {quirk.sentence}." for quirk in quirks(item.content))


def as_values(row: Row) -> Row:
    """The row with a count that came as text, and without what stands for the image."""
    values = {k: v for k, v in row.values.items() if k not in ("image", "file_name")}
    count = values.get("num_of_component")
    if isinstance(count, str):
        if count.strip() and not count.strip().isdecimal():
            raise row.fault("num_of_component", f"is {shown(count)}; it must be a whole number.")
        values["num_of_component"] = int(count) if count.strip() else None
    if values.get("type") == "":
        values["type"] = None
    return Row(values, row.file, row.row)


def text_field(fields: Fields) -> str | None:
    """The field that holds the instruction."""
    return next((name for name in TEXTS if isinstance(fields.get(name), str)), None)


def judged(
    part: Component, index: int, methods: list[str], calls: list[Any], row: Row
) -> Component:
    """A component with its judge method and verifier calls."""
    method = methods[index] if index < len(methods) else "direct"
    if method not in JUDGE_METHODS:
        raise row.fault(
            "judge_method", f"is {method!r}; it must be one of {', '.join(JUDGE_METHODS)}."
        )
    found = calls[index] if index < len(calls) else []
    if not isinstance(found, list) or not all(isinstance(c, dict) and "func" in c for c in found):
        raise row.fault("verifier_calls", f"element {index} is {shown(found)}; it must be a list.")
    check_calls(row, "verifier_calls", found)
    return replace(part, judge_method=method, verifier_calls=tuple(found))


def judging_of(content: ItemContent, before: Fields, *, fresh: bool) -> dict[str, Any]:
    """The columns that say how components are judged."""
    parts = content.components
    found: dict[str, Any] = {}
    if fresh or "judge_method" in before or any(p.judge_method != "direct" for p in parts):
        found["judge_method"] = [p.judge_method for p in parts]
    if fresh or "verifier_calls" in before or any(p.verifier_calls for p in parts):
        calls = [[dict(call) for call in p.verifier_calls] for p in parts]
        listed = isinstance(before.get("verifier_calls"), list)
        found["verifier_calls"] = calls if listed else as_json(calls)
    return found


def as_cell(value: Any) -> str:
    """A value as a CSV's cell."""
    return "" if value is None else as_json(value)


def parquet_image(fields: Fields) -> str | None:
    """The image's token where its bytes stood inside, else its path."""
    value = fields.get("image")
    if isinstance(value, dict):
        value = value.get("bytes") or value.get("path")
    return value if isinstance(value, str) else None


def set_parquet_image(fields: dict[str, Any], item: Outgoing, target: Target) -> None:
    """Set the column of bytes and path; only the path where the bytes may not go out."""
    picture = item.picture
    if picture is None:
        fields["image"] = None
        return
    named = picture.ref if picture.ref and MARK not in picture.ref else None
    here = picture.sha256 is not None and not picture.by_address
    if here and picture.sha256 and target.images(picture.sha256) is not None:
        fields["image"] = {
            "bytes": token(picture.sha256),
            "path": (named or "").rpartition("/")[2] or None,
        }
    else:
        fields["image"] = {"bytes": None, "path": named}
