"""Rows of a parquet file, read and written a few at a time; the schema is kept and given back."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from annotator.domain.items import JSON
from annotator.errors import InputError
from annotator.formats.base import Embedded, Target
from annotator.formats.containers import Cut, Fields
from annotator.formats.embedding import MARK, TOKEN
from annotator.formats.sheets import LARGEST, THINNEST
from annotator.formats.source import Source
from annotator.formats.typed import (
    LEAD,
    check_size,
    from_text,
    leaves,
    to_text,
    with_images,
)

ROWS: Final = 32
"""Rows in memory at a time while reading: an image each."""

GROUP_BYTES: Final = 32 * 2**20
GROUP_ROWS: Final = 1_000
AGAIN: Final = "Nothing was imported; write the file again with pyarrow, pandas or datasets."
IMAGE: Final = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""The column type of Hugging Face's Image feature."""

USUAL: Final = {
    "components": pa.list_(pa.string()),
    "component_type": pa.list_(pa.string()),
    "component_weight": pa.list_(pa.int64()),
    "answers": pa.list_(pa.string()),
    "judge_method": pa.list_(pa.string()),
    "image": IMAGE,
}


class ParquetRows:
    """The container."""

    name = "parquet"
    extension = "parquet"

    def cut(self, source: Source, layout: dict[str, JSON], *, skip: int = 0) -> Iterator[Cut]:
        """Each row; the layout is the schema with its metadata."""
        with source.open() as handle:
            try:
                file = pq.ParquetFile(handle, pre_buffer=False, buffer_size=1 << 20)
            except (pa.ArrowException, OSError) as fault:
                raise broken(source, "", fault) from fault
            check_names(file.schema_arrow.names, source.name)
            layout["schema"] = base64.b64encode(file.schema_arrow.serialize()).decode()
            position = 0
            try:
                for batch in file.iter_batches(batch_size=rows_at_once(file, source)):
                    if position + batch.num_rows > skip:
                        yield from self.rows(batch, position, source, skip)
                    position += batch.num_rows
            except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as fault:
                raise broken(source, f"record {position} or soon behind", fault) from fault

    def rows(self, batch: pa.RecordBatch, first: int, source: Source, skip: int) -> Iterator[Cut]:
        """The rows of a batch behind those that are passed over."""
        for position, values in enumerate(batch.to_pylist(), first):
            if position < skip:
                continue
            row = f"record {position}"
            for field, value in values.items():
                check_size(value, field, source.name, row)
                if any(isinstance(v, str) and MARK in v and TOKEN.search(v) for v in leaves(value)):
                    raise reserved(field, source, row)
            found: dict[str, Embedded] = {}
            try:
                text = to_text(self.name, values, found)
            except InputError as fault:
                raise InputError(
                    fault.problem, file=source.name, row=row, field=fault.field, mend=fault.mend
                ) from fault
            yield Cut(text, from_text(text), row, tuple(found.values()), emptied=True)

    def owns(self, text: str) -> bool:
        """A typed record out of parquet."""
        return text.startswith(f"{LEAD}{self.name}\n")

    def fields(self, text: str) -> Fields:
        """The row's values, images as their tokens."""
        return from_text(text)

    def patched(self, text: str, changed: Fields, layout: Mapping[str, JSON]) -> str:
        """The row with some columns saying something else."""
        return self.made({**from_text(text), **changed}, layout)

    def made(self, fields: Fields, layout: Mapping[str, JSON]) -> str:
        """A new row's text; images are tokens in it."""
        return to_text(self.name, fields, {})

    def write(self, texts: Iterable[str], layout: Mapping[str, JSON], target: Target) -> list[str]:
        """Row groups of bounded size under the source's schema, or one made of the first rows."""
        file = f"{target.name}.{self.extension}"
        known = layout.get("schema")
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(known))) if known else None
        writer = Rows(target.folder / file, schema)
        group: list[dict[str, Any]] = []
        size = 0
        for text in texts:
            values = with_images(from_text(text), target.images)
            group.append(values)
            size += sum(len(v) for v in leaves(values) if isinstance(v, bytes | str))
            if size > GROUP_BYTES or len(group) == GROUP_ROWS:
                writer.add(group)
                group, size = [], 0
        writer.add(group)
        writer.close()
        return [file]


def rows_at_once(file: pq.ParquetFile, source: Source) -> int:
    """How many rows of a file are unpacked together, so that large ones do not fill the memory.

    Raises:
        InputError: a column unpacks to far more than it is.
    """
    largest = 1
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        for column in (group.column(place) for place in range(group.num_columns)):
            packed, whole = column.total_compressed_size, column.total_uncompressed_size
            if whole > LARGEST and whole > THINNEST * max(packed, 1):
                raise InputError(
                    f"unpacks from {packed:,} to {whole:,} bytes; it was not opened.",
                    file=source.name,
                    field=column.path_in_schema.partition(".")[0],
                    mend="Write the file again with less in each row group.",
                )
            largest = max(largest, whole // max(group.num_rows, 1))
    return max(1, min(ROWS, GROUP_BYTES // largest))


def check_names(names: Sequence[str], file: str) -> None:
    """Refuse a column that stands twice; one would be lost. Raises InputError."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        mend = "Name each column once."
        raise InputError(f"the column {twice!r} stands twice.", file=file, mend=mend)


class Rows:
    """A parquet file being written; a column's type is widened where values need it."""

    def __init__(self, path: Path, schema: pa.Schema | None) -> None:
        self.path, self.schema = path, schema
        self.writer: pq.ParquetWriter | None = None

    def add(self, group: Sequence[Mapping[str, Any]]) -> None:
        """Write a row group."""
        if self.schema is None:
            self.schema = schema_of(group)
        names = self.schema.names
        extra = [n for n in dict.fromkeys(k for row in group for k in row) if n not in names]
        if extra:
            self.widen({name: type_of(name, [row.get(name) for row in group]) for name in extra})
        arrays = [self.array(name, [row.get(name) for row in group]) for name in self.schema.names]
        if group or self.writer is None:
            self.out().write_batch(pa.record_batch(arrays, schema=self.schema))

    def array(self, name: str, values: list[Any]) -> pa.Array:
        """A column's values in its type, which is widened where they do not fit."""
        assert self.schema is not None
        kind = self.schema.field(name).type
        made = fitting(values, kind)
        if made is not None:
            return made
        both = [pa.schema([(name, kind)]), pa.schema([(name, type_of(name, values))])]
        try:
            wider = pa.unify_schemas(both, promote_options="permissive")
            self.widen({name: wider.field(name).type})
            return pa.array(values, self.schema.field(name).type)
        except (pa.ArrowException, TypeError, OverflowError) as fault:
            raise InputError(
                f"the column holds {kind}; a record has another value in it: {fault}.",
                field=name,
                mend="Give every record a value of one type, or write JSONL.",
            ) from fault

    def widen(self, types: Mapping[str, pa.DataType]) -> None:
        """Give columns other types, rewriting what was written already."""
        assert self.schema is not None
        before, schema = self.schema, self.schema
        for name, kind in types.items():
            at = schema.get_field_index(name)
            schema = (
                schema.set(at, schema.field(at).with_type(kind))
                if at >= 0
                else schema.append(pa.field(name, kind))
            )
        self.schema = plain(schema) if schema.types != before.types else schema
        if self.writer is None:
            return
        self.writer.close()
        older = self.path.with_suffix(".older")
        self.path.rename(older)
        self.writer = None
        for batch in pq.ParquetFile(older).iter_batches(batch_size=ROWS):
            self.out().write_batch(fitted(batch, self.schema))
        older.unlink()

    def out(self) -> pq.ParquetWriter:
        """The file, opened when the first rows are there."""
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.path, self.schema)
        return self.writer

    def close(self) -> None:
        """Write the end."""
        self.out().close()


def fitting(values: list[Any], kind: pa.DataType) -> pa.Array | None:
    """Values in a type; None where they do not fit it, or would lose decimals in it."""
    try:
        made = pa.array(values, kind)
    except (pa.ArrowException, TypeError, OverflowError):
        return None
    return made if not whole_numbers(kind) or made.to_pylist() == values else None


def plain(schema: pa.Schema) -> pa.Schema:
    """A schema without the notes on its former types that datasets and pandas keep in it."""
    notes = {
        k: v for k, v in (schema.metadata or {}).items() if k not in (b"huggingface", b"pandas")
    }
    return schema.with_metadata(notes or None)


def fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch under a wider schema."""
    arrays = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.record_batch(arrays, schema=schema)


def whole_numbers(kind: pa.DataType) -> bool:
    """Whether a type holds whole numbers, to which pyarrow cuts decimals inside lists."""
    inner = kind
    while pa.types.is_list(inner) or pa.types.is_large_list(inner):
        inner = inner.value_type
    return bool(pa.types.is_integer(inner))


def type_of(name: str, values: Sequence[Any]) -> pa.DataType:
    """The narrowest type that holds some values; where they say nothing, the column's usual one."""
    if any(is_image(value) for value in values):
        return IMAGE
    found = pa.infer_type(values)
    if pa.types.is_null(found) or (pa.types.is_list(found) and pa.types.is_null(found.value_type)):
        return USUAL.get(name, pa.list_(pa.string()) if pa.types.is_list(found) else pa.string())
    return found


def is_image(value: object) -> bool:
    """Whether a value is an image as Hugging Face stores it."""
    return isinstance(value, Mapping) and value.keys() == {"bytes", "path"}


def schema_of(group: Sequence[Mapping[str, Any]]) -> pa.Schema:
    """The schema of new rows, images marked as such for Hugging Face's readers."""
    names = list(dict.fromkeys(name for row in group for name in row))
    schema = pa.schema([(n, type_of(n, [row.get(n) for row in group])) for n in names])
    features = {field.name: feature(field.type) for field in schema}
    if any(field.type == IMAGE for field in schema) and all(features.values()):
        notes = json.dumps({"info": {"features": features}})
        schema = schema.with_metadata({"huggingface": notes})
    return schema


def feature(kind: pa.DataType) -> dict[str, Any] | None:
    """A type in the words of Hugging Face's features, None for those not named here."""
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_list(kind):
        inner = feature(kind.value_type)
        return {"feature": inner, "_type": "List"} if inner else None
    if pa.types.is_struct(kind):
        fields = {field.name: feature(field.type) for field in kind}
        return fields if all(fields.values()) else None
    names = {
        pa.string(): "string",
        pa.int64(): "int64",
        pa.float64(): "float64",
        pa.bool_(): "bool",
    }
    name = names.get(kind)
    return {"dtype": name, "_type": "Value"} if name else None


def broken(source: Source, row: str, fault: Exception) -> InputError:
    """A file that is no parquet, or is cut off."""
    said = str(fault).splitlines()[0].rstrip(".") if str(fault) else type(fault).__name__
    return InputError(
        f"is no whole parquet file: {said[:200]}.", file=source.name, row=row or None, mend=AGAIN
    )


def reserved(field: str, source: Source, row: str) -> InputError:
    """A text that stands for an image inside this tool."""
    return InputError(
        f"holds “{MARK}” with a hash, which stands for an image inside this tool.",
        file=source.name,
        row=row,
        field=field,
        mend="Write the image's path, address or bytes in its place.",
    )
