"""MIA-Bench as VLMEvalKit's table.

Columns, as ``vlmeval/dataset/miabench.py`` reads them: ``index``, ``image`` (base64), ``question``,
``type`` (the level), ``num_of_component`` and, as Python list literals in text, ``components``,
``component_weight``, ``component_type``; the last is cut at its single quotes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotator.domain.items import ItemContent
from annotator.domain.kit_text import quirks
from annotator.formats.base import Holds, Outgoing
from annotator.formats.containers import Fields
from annotator.formats.fields import ORIGIN_FIELDS, Row
from annotator.formats.kit_tables import KitTable
from annotator.formats.literals import single_quoted, with_lists
from annotator.formats.mia_bench import LISTS, about, content_of, parallel


class MiaBenchTsv(KitTable):
    """The format's reader and writer."""

    name = "mia-bench-tsv"
    title = "VLMEvalKit table of MIA-Bench"
    example = (
        "index\timage\tquestion\ttype\tnum_of_component\tcomponents\tcomponent_weight\t"
        "component_type\n0\t/9j/4AAQ…\tDescribe …\tbasic\t2\t['…', '…']\t[5, 5]\t"
        "['describe', 'math']"
    )
    holds = Holds(images="bytes")
    own = frozenset(
        {"index", "image", "image_path", "image_url", "question", "type", "num_of_component"}
        | {*LISTS, *ORIGIN_FIELDS}
    )

    def fits(self, fields: Fields) -> bool:
        """A question and the three lists."""
        return "question" in fields and "components" in fields and "component_weight" in fields

    def content(self, row: Row) -> ItemContent:
        """The row's content."""
        return content_of(as_published(row))

    def about(self, row: Row) -> dict[str, Any]:
        """Its index is its id."""
        return {**about(as_published(row)), "source_id": row.label("index")}

    def identity(self, item: Outgoing) -> dict[str, Any]:
        """The index."""
        return {"index": item.key}

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The question, and the lists as literals."""
        lists = parallel(content, {"component_weight": before.get("component_weight")})
        return {
            "question": content.instruction,
            "type": content.level or "",
            "num_of_component": str(len(content.components)),
            "components": repr(lists["components"]),
            "component_weight": repr(lists.get("component_weight", [])),
            "component_type": single_quoted(lists["component_type"]),
        }

    def settled(self, item: Outgoing, values: Fields, changed: dict[str, Any]) -> None:
        """The count follows once a person saw the item."""
        assert item.content is not None
        count = str(len(item.content.components))
        if item.curated and values.get("num_of_component") != count:
            changed["num_of_component"] = count

    def problems(self, item: Outgoing) -> Iterator[str]:
        """What VLMEvalKit's scorer makes of the item."""
        yield from super().problems(item)
        if item.content is not None:
            yield from (f"{quirk.kit}: {quirk.sentence}." for quirk in quirks(item.content))


def as_published(row: Row) -> Row:
    """The row under MIA-Bench's field names, its cells as values."""
    listed = with_lists(row, *LISTS)
    values = dict(listed.values)
    values["instruction"] = row.text("question")
    values["type"] = values.get("type") or None
    count = str(values.get("num_of_component") or "").strip()
    values.pop("num_of_component", None)
    if count:
        if not count.isdecimal():
            raise row.fault("num_of_component", f"is {count[:40]!r}; it must be a whole number.")
        values["num_of_component"] = int(count[:8])
    values.pop("image", None)
    return Row(values, row.file, row.row)
