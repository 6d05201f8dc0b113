"""What the formats share: a form says what fields mean, a container how records lie in a file.

A form reads a record's fields as an item's content and says which fields an item's content makes.
What goes out differs from what came in only in the fields whose meaning changed: the fields of the
content as it came are compared with the fields of the content as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, ClassVar, Final

from annotator.domain.items import (
    JSON,
    MAX_COMPONENTS,
    MAX_TEXT,
    ContentRules,
    ItemContent,
    same,
)
from annotator.errors import InputError
from annotator.formats.base import (
    Embedded,
    Holds,
    Kind,
    Outgoing,
    Picture,
    Reading,
    Record,
    Target,
    Written,
)
from annotator.formats.containers import Container, Cut, Fields
from annotator.formats.embedding import LONGEST, MARK, TOKEN, hash_in, take_out
from annotator.formats.fields import NO_TEXT, Row, shown, storable
from annotator.formats.json_text import HALF
from annotator.formats.sniffing import container_of
from annotator.formats.source import Source
from annotator.formats.tables import MARK as TABLE
from annotator.formats.tables import refuse_formulas
from annotator.formats.typed import leaves

LONGEST_NAME: Final = 600
"""Most characters of an id, a level, a type: databases keep them in indexes of bounded width."""

STORED: Final = "stored record"
CSV: Final = f"{TABLE}comma\n"
TOLD: Final = ("json-list", "json-lines", "parquet", "xlsx")
"""Containers that a file's first bytes tell for certain."""

JSONS: Final = ("json-list", "json-lines")

KINDS: Final = {
    "json": "a JSON list",
    "jsonl": "JSON lines",
    "parquet": "a parquet file",
    "xlsx": "an Excel workbook",
    "csv": "a table",
    "tsv": "a table",
}
IMAGE_ENDINGS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/tiff": "tiff",
    "image/avif": "avif",
}


class Form:
    """Base of the formats; see annotator.formats.base.Format for what the methods promise."""

    name: ClassVar[str]
    title: ClassVar[str]
    example: ClassVar[str]
    kind: ClassVar[Kind] = "items"
    rules: ClassVar[ContentRules] = ContentRules()
    holds: ClassVar[Holds] = Holds()
    containers: ClassVar[tuple[Container, ...]]
    own: ClassVar[frozenset[str]] = frozenset()
    """The fields whose meaning the form knows."""

    image_folder: ClassVar[str] = "images"

    @property
    def holds_tables(self) -> bool:
        """Whether records of this form may lie in a table, whatever stands between its cells."""
        return any(container.name not in TOLD for container in self.containers)

    @property
    def extension(self) -> str:
        """Of the file that is written."""
        return self.containers[0].extension

    # What a form says

    def fits(self, fields: Fields) -> bool:
        """Whether a file whose first record has these fields is of this form."""
        raise NotImplementedError

    def content(self, row: Row) -> ItemContent:
        """What a record says; raises InputError."""
        raise NotImplementedError

    def fields_of(self, content: ItemContent, before: Fields) -> dict[str, Any]:
        """The fields that a content makes; ``before`` are those of the record it came from."""
        raise NotImplementedError

    def image(self, fields: Fields) -> str | None:
        """The item's image as the record names it."""
        found = fields.get("image")
        return found if isinstance(found, str) else None

    def images(self, fields: Fields) -> Sequence[object]:
        """Every value of a record that may hold an image, the item's own first."""
        return (fields.get("image"),)

    def with_image(self, fields: dict[str, Any], item: Outgoing, target: Target) -> None:
        """Set the field that names or holds the image of a record that is made anew."""
        fields["image"] = image_name(item.picture, target, self.image_folder)

    def about(self, row: Row) -> dict[str, Any]:
        """More that a record says of itself: source_id, declared_count, origin, notes, joins."""
        return {"origin": row.origin()}

    def identity(self, item: Outgoing) -> dict[str, Any]:
        """The fields of a new record that stand before its content: its id, where it has one."""
        return {}

    def settled(self, item: Outgoing, values: Fields, changed: dict[str, Any]) -> None:
        """What else of a changed or curated record has to say something else."""

    def lost(self, content: ItemContent) -> Iterator[str]:
        """What of a content the form has no field for."""
        if content.answers and not self.holds.answers:
            yield f"{self.title} has no field for ground-truth answers; they were left out."
        if not self.holds.components and content.components:
            yield f"{self.title} has no field for components; they were left out."
            return
        judged = any(c.judge_method != "direct" or c.verifier_calls for c in content.components)
        if judged and not self.holds.judging:
            yield f"{self.title} has no field for judge methods and verifier calls; left out."
        if not self.holds.weights and any(c.weight is not None for c in content.components):
            yield f"{self.title} has no field for weights; they were left out."
        if not self.holds.levels and content.level:
            yield f"{self.title} has no field for levels; they were left out."

    def problems(self, item: Outgoing) -> Iterator[str]:
        """Nothing, for a form whose readers take any text."""
        yield from ()

    # Reading

    def read(self, source: Source, *, skip: int = 0) -> Reading:
        """See Format."""
        layout: dict[str, JSON] = {}
        return Reading(self.records(source, layout, skip), layout)

    def records(self, source: Source, layout: dict[str, JSON], skip: int) -> Iterator[Record]:
        """The records of a file as they come."""
        container = self.container_of(source)
        layout["container"] = container.name
        state: dict[str, Any] = {}
        for position, cut in enumerate(container.cut(source, layout, skip=skip), skip):
            yield self.record(cut, position, source, state)

    def container_of(self, source: Source) -> Container:
        """How the records of a file lie in it; raises InputError where the form knows no such."""
        found = container_of(source)
        for container in self.containers:
            if found is not None and container.name == found.name:
                return container
        own = self.containers[0].name in JSONS and found is not None and found.name in JSONS
        if found is not None and not own and (found.name in TOLD or not self.holds_tables):
            raise InputError(
                f"is {KINDS[found.extension]}, not {self.title}.",
                file=source.name,
                mend="Name its own format, or leave it to be found out.",
            )
        return self.containers[0]

    def record(self, cut: Cut, position: int, source: Source, state: dict[str, Any]) -> Record:
        """One record; ``state`` is kept from record to record of one file."""
        row = Row(cut.fields, source.name, cut.row)
        refuse_floods(row)
        if cut.text.startswith(CSV):
            refuse_formulas(row, "Put its value there, or save the data as JSON lines.")
        content = self.content(row)
        refuse_too_much(row, content)
        values = self.images(cut.fields)
        refuse_no_images(row, values)
        ref = self.image(cut.fields)
        text, found, named = cut.text, list(cut.embedded), dict[str, str]()
        if not cut.emptied:
            text, found, named = take_out(text, values, file=source.name, row=cut.row)
        ref = named.get(ref, ref) if ref else ref
        embedded = first_own(ref, found)
        if ref and source.prefix and not hash_in(ref) and "://" not in ref:
            ref = source.prefix + ref
        record = Record(
            position=position,
            text=text,
            content=content,
            image_ref=ref,
            embedded=embedded,
            **{"source_id": None, **self.about(row)},
        )
        refuse_bad_names(row, record)
        return record

    def read_record(self, text: str) -> Record:
        """See Format."""
        fields = self.home_of(text).fields(text)
        row = Row(fields, STORED, "")
        ref = self.image(fields)
        if ref and MARK in ref:
            ref = ref[ref.index(MARK) :]
        return Record(
            position=0,
            text=text,
            content=self.content(row),
            image_ref=ref,
            **{"source_id": None, **self.about(row)},
        )

    def home_of(self, text: str) -> Container:
        """The container of a stored record."""
        for container in self.containers:
            if container.owns(text):
                return container
        raise InputError(f"is no record of {self.title}.", file=STORED)

    def unknown(self, text: str) -> Mapping[str, JSON]:
        """See Format."""
        fields = self.home_of(text).fields(text)
        return {k: v for k, v in fields.items() if k not in self.own and not holds_image(v)}

    def joined(self, text: str, further: str) -> str:
        """See Format; only forms with further rows have any."""
        raise NotImplementedError

    # Writing

    def write(
        self, items: Iterable[Outgoing], layout: Mapping[str, JSON], target: Target
    ) -> Written:
        """See Format."""
        container = self.written_as(layout)
        losses: set[str] = set()
        files: list[str] = []

        def texts() -> Iterator[str]:
            for item in items:
                if item.content is not None:
                    losses.update(self.lost(item.content))
                if container.name in JSONS and not all(map(is_finite, leaves(item.extra))):
                    losses.add("JSON has no NaN and no infinity; null stands in their place.")
                yield writable(self.text_of(item, container, layout, target), item)

        files += container.write(texts(), layout, target)
        return Written(tuple(files), tuple(sorted(losses)))

    def written_as(self, layout: Mapping[str, JSON]) -> Container:
        """The container that is written: the source's own, or the first."""
        named = layout.get("container")
        return next((c for c in self.containers if c.name == named), self.containers[0])

    def text_of(
        self, item: Outgoing, container: Container, layout: Mapping[str, JSON], target: Target
    ) -> str:
        """The record of one item as it goes out."""
        if item.text is None:
            return container.made(self.made(item, target), layout)
        if item.content is None and item.picture is None and not item.extra:
            return item.text
        values = container.fields(item.text)
        changed = self.changed(item, values) if item.content is not None else {}
        if item.picture and not self.beside(item.picture, values, target):
            named: dict[str, Any] = dict(values)
            self.with_image(named, item, target)
            changed |= {k: v for k, v in named.items() if not same(v, values.get(k))}
        changed |= {k: v for k, v in item.extra.items() if not same(v, values.get(k))}
        return container.patched(item.text, changed, layout) if changed else item.text

    def beside(self, picture: Picture, values: Fields, target: Target) -> bool:
        """Whether a record may go on naming its image as it does; the image is put there.

        It may not where it has another image now, or where that place is taken by another one.
        """
        if picture.replaced:
            return False
        name = self.image(values)
        if self.holds.images != "files" or not is_inside(name) or picture.by_address:
            return True
        data = target.images(picture.sha256) if picture.sha256 else None
        file = target.folder / str(name)
        if data is None or file.is_file():
            return data is None or file.read_bytes() == data
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return True

    def changed(self, item: Outgoing, values: Fields) -> dict[str, Any]:
        """The fields of a record that no longer say what the item says."""
        assert item.content is not None
        before = self.content(Row(values, STORED, ""))
        old, new = self.fields_of(before, values), self.fields_of(item.content, values)
        changed = {k: v for k, v in new.items() if k not in old or not same(v, old[k])}
        self.settled(item, values, changed)
        return changed

    def made(self, item: Outgoing, target: Target) -> dict[str, Any]:
        """The fields of an item that has no record of this form."""
        if item.content is None:
            raise InputError("has neither a record nor a content.", row=f"item {item.key}")
        fields = self.identity(item)
        self.with_image(fields, item, target)
        fields |= self.fields_of(item.content, {})
        return fields | {k: v for k, v in item.extra.items() if k not in fields}


def refuse_floods(row: Row) -> None:
    """Refuse a cell that is larger than any image; raises InputError."""
    for name, value in row.values.items():
        if isinstance(value, str) and len(value) > LONGEST:
            raise row.fault(name, f"has more than {LONGEST // 2**20} MiB, the most that is read.")


def refuse_too_much(row: Row, content: ItemContent) -> None:
    """Refuse longer texts and more components than people could save again; raises InputError."""
    count = len(content.components)
    if count > MAX_COMPONENTS:
        problem = f"has {count:,} components; an item has at most {MAX_COMPONENTS:,}."
        raise row.fault(field_saying(row, content.components[0].text, "components"), problem)
    parts = (component.text for component in content.components)
    for text in (content.instruction, *parts, *content.answers):
        if len(text) > MAX_TEXT:
            problem = f"a text has {len(text):,} characters; at most {MAX_TEXT:,} are kept."
            raise row.fault(field_saying(row, text, "instruction"), problem)


def refuse_bad_names(row: Row, record: Record) -> None:
    """Refuse an id, a level, a type, … that no index of a database takes; raises InputError."""
    origin, content = record.origin, record.content
    types = (component.type for component in content.components)
    names = (record.source_id, content.level, *types)
    for name in (*names, origin.generator, origin.prompt_version, origin.batch):
        if name is not None and (len(name) > LONGEST_NAME or not storable(name)):
            field = field_saying(row, name, "id")
            if not storable(name):
                raise row.fault(field, NO_TEXT)
            raise row.fault(
                field, f"has {len(name):,} characters; at most {LONGEST_NAME} are kept."
            )
    ref = record.image_ref
    if ref is not None and not storable(ref):
        raise row.fault(field_saying(row, ref, "image"), NO_TEXT)


def is_finite(value: object) -> bool:
    """Whether a value is none of the numbers that JSON does not have."""
    return not isinstance(value, float) or math.isfinite(value)


def writable(text: str, item: Outgoing) -> str:
    """A record's text as it goes out; raises InputError where no file can hold it."""
    if not text.isascii() and HALF.search(text):
        raise InputError(
            "holds half an emoji, which only JSON can say.",
            row=f"item {item.key}",
            mend="Write JSON or JSON lines, or mend the item's source.",
        )
    return text


def field_saying(row: Row, text: str, otherwise: str) -> str:
    """The field in which a text stands."""
    said = [(n, leaf) for n, v in row.values.items() for leaf in leaves(v) if isinstance(leaf, str)]
    whole = (name for name, leaf in said if leaf == text)
    part = (name for name, leaf in said if text in leaf)
    return next(whole, None) or next(part, otherwise)


def refuse_no_images(row: Row, values: Iterable[object]) -> None:
    """Refuse what stands where an image belongs and names none; raises InputError."""
    for value in values:
        if not names_images(value):
            field = next((n for n, v in row.values.items() if v is value), "images")
            raise row.fault(field, f"holds {shown(value)}; it must be an image's path or address.")


def names_images(value: object) -> bool:
    """Whether a value is a text, Hugging Face's bytes and path, a list of these, or nothing."""
    if isinstance(value, Mapping):
        return "path" in value and all(v is None or isinstance(v, str) for v in value.values())
    if isinstance(value, list):
        return all(map(names_images, value))
    return value is None or isinstance(value, str)


def first_own(ref: str | None, found: Sequence[Embedded]) -> tuple[Embedded, ...]:
    """The embedded images, the one that a reference names first."""
    sha256 = hash_in(ref)
    return tuple(sorted(found, key=lambda one: one.sha256 != sha256)) if sha256 else tuple(found)


def holds_image(value: object) -> bool:
    """Whether a value stands for an image."""
    return isinstance(value, str) and MARK in value and TOKEN.search(value) is not None


def is_inside(name: str | None) -> bool:
    """Whether a record names its image by a path that stays below the data's folder."""
    if not name or "://" in name or MARK in name or "\\" in name or "\0" in name:
        return False
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def image_name(picture: Picture | None, target: Target, folder: str) -> str | None:
    """How a record names its image; the image is written beside the data where it may be.

    An address, or an image whose bytes may not go out, is named as its source names it.
    """
    if picture is None:
        return None
    ref = picture.ref if picture.ref and MARK not in picture.ref else None
    if picture.by_address or picture.sha256 is None or (ref and "://" in ref):
        return ref
    data = target.images(picture.sha256)
    return ref if data is None else image_file(picture, data, target, folder)


def image_file(picture: Picture, data: bytes, target: Target, folder: str) -> str:
    """Write an image beside the data, named by its content; returns its path."""
    assert picture.sha256 is not None
    ending = IMAGE_ENDINGS.get(picture.mime, "bin")
    name = f"{folder}/{picture.sha256[:24]}.{ending}" if folder else picture.sha256[:24]
    file = target.folder / name
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return name


def without(content: ItemContent, **gone: Any) -> ItemContent:
    """A content without what a form cannot hold."""
    return replace(content, **gone)


def as_json(value: object) -> str:
    """JSON as the kits write it."""
    return json.dumps(value, ensure_ascii=False)
