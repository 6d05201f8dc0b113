"""What VLMEvalKit's tables share: an image per row as base64, or the index of a row that has it.

Facts of ``vlmeval/dataset/image_base.py``: an ``image`` cell of at most 64 characters is the index
of another row; ``image_path`` names files; the table is read with pandas, to which some words in a
cell mean that nothing is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from annotator.formats.base import Outgoing, Record, Target
from annotator.formats.containers import Cut, Fields
from annotator.formats.embedding import hash_in, token
from annotator.formats.form import Form
from annotator.formats.source import Source
from annotator.formats.tables import Table

SHORTEST_IMAGE: Final = 64
NOTHING: Final = frozenset(
    {
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND"),
        *("1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    }
)
"""What pandas reads as a missing value."""


class KitTable(Form):
    """Base of VLMEvalKit's tables."""

    containers = (Table("\t"),)
    image_fields = ("image", "image_path", "image_url")

    def image(self, fields: Fields) -> str | None:
        """The image's base64, an index, a path or an address."""
        for name in self.image_fields:
            found = fields.get(name)
            if found and isinstance(found, str):
                return found
        return None

    def images(self, fields: Fields) -> Sequence[object]:
        """Every image of the row: VLMEvalKit allows a list of base64 texts."""
        value = fields.get("image")
        if isinstance(value, str) and value.startswith(("['", '["')):
            return [part.strip(" '\"") for part in value[1:-1].split(",")]
        return (value,)

    def record(self, cut: Cut, position: int, source: Source, state: dict[str, Any]) -> Record:
        """A row; where it names another row's image, that image is its own."""
        record = super().record(cut, position, source, state)
        if record.embedded:
            state[str(cut.fields.get("index"))] = record.embedded[0].sha256
            if not hash_in(record.image_ref):
                return with_ref(record, token(record.embedded[0].sha256))
        ref = record.image_ref
        if ref and len(ref) <= SHORTEST_IMAGE and ref in state:
            return with_ref(record, token(state[ref]))
        return record

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """The image's token, which becomes base64; an address where only that may go out."""
        picture = item.picture
        fields["image"] = ""
        if picture is None:
            return
        if picture.by_address or picture.sha256 is None or target.images(picture.sha256) is None:
            fields["image_url"] = picture.ref or ""
        else:
            fields["image"] = token(picture.sha256)

    def problems(self, item: Outgoing) -> Iterator[str]:
        """Words that pandas takes for nothing, and images that are not there."""
        content = item.content
        if content is not None and content.instruction.strip() in NOTHING:
            yield f"pandas reads the instruction {content.instruction!r} as missing."
        picture = item.picture
        if picture is None or picture.sha256 is None:
            yield "VLMEvalKit needs the image in the table; this item has none here."
        elif picture.by_address:
            yield "VLMEvalKit needs the image in the table; this one goes out as an address only."


def with_ref(record: Record, ref: str) -> Record:
    """A record with another image reference."""
    return replace(record, image_ref=ref)
