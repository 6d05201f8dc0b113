"""Records of typed containers (parquet, Excel) as text: JSON, with a tag where JSON has no word.

A tagged value is ``{"$": kind, "v": value}``: bytes, an image taken out of the record, a number
that JSON does not have, a time, a pair of an Arrow map, an Arrow value of any other type. An object
that has a field ``$`` of its own is tagged too, so that nothing is mistaken for a tag.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, cast

from annotator.errors import InputError
from annotator.formats.base import Embedded, ReadImage
from annotator.formats.embedding import GONE, LONGEST, embedded, hash_in, looks_like_image, token
from annotator.formats.json_list import unique

TAG: Final = "$"
LEAD: Final = "typed:"


def to_text(container: str, values: Mapping[str, Any], found: dict[str, Embedded]) -> str:
    """A record's values as text; its images go into ``found``."""
    plain = {name: encoded_field(name, value, found) for name, value in values.items()}
    return f"{LEAD}{container}\n{json.dumps(plain, ensure_ascii=False)}"


def from_text(text: str) -> dict[str, Any]:
    """The values of a record's text, images as their tokens."""
    return {
        name: decoded(value)
        for name, value in json.loads(text.partition("\n")[2], object_pairs_hook=unique).items()
    }


def encoded_field(name: str, value: Any, found: dict[str, Embedded]) -> Any:
    """A field's value as JSON with tags; raises InputError where no tag is for it."""
    try:
        return encoded(value, found)
    except TypeError as fault:
        mend = "Write it as text, a number or a list."
        raise InputError(f"{fault}.", field=name, mend=mend) from fault


def encoded(value: Any, found: dict[str, Embedded]) -> Any:
    """A value as JSON with tags."""
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {TAG: "float", "v": repr(value)}
    if isinstance(value, bytes | bytearray):
        return encoded_bytes(bytes(value), found)
    if isinstance(value, Mapping):
        inner = {str(name): encoded(one, found) for name, one in value.items()}
        return {TAG: "object", "v": inner} if TAG in inner else inner
    if isinstance(value, list):
        return [encoded(one, found) for one in value]
    if isinstance(value, tuple):
        return {TAG: "pair", "v": [encoded(one, found) for one in value]}
    return encoded_scalar(value)


def encoded_bytes(data: bytes, found: dict[str, Embedded]) -> Any:
    """Bytes as base64, an image as its hash."""
    if not looks_like_image(data):
        return {TAG: "bytes", "v": base64.b64encode(data).decode()}
    one = embedded(data)
    found[one.sha256] = one
    return {TAG: "image", "v": one.sha256}


def encoded_scalar(value: Any) -> Any:
    """Times, decimals; raises TypeError for what nobody puts into a benchmark."""
    for kind, name in ((datetime, "datetime"), (date, "date"), (time, "time")):
        if type(value) is kind:
            return {TAG: name, "v": value.isoformat()}
    if isinstance(value, datetime):
        return {TAG: "timestamp", "v": value.isoformat()}
    if type(value) is timedelta:
        parts = [value.days, value.seconds, value.microseconds]
        return {TAG: "timedelta", "v": parts}
    if isinstance(value, timedelta):
        return {TAG: "nanoseconds", "v": cast("Any", value).value}
    if isinstance(value, Decimal):
        return {TAG: "decimal", "v": str(value)}
    raise TypeError(f"holds a value of the type {type(value).__name__}, which is not read")


def decoded(value: Any) -> Any:
    """The inverse of encoded; an image is its token."""
    if isinstance(value, list):
        return [decoded(one) for one in value]
    if not isinstance(value, dict):
        return value
    if TAG not in value:
        return {name: decoded(one) for name, one in value.items()}
    kind, inner = value[TAG], value["v"]
    if kind == "pair":
        return tuple(decoded(one) for one in inner)
    if kind == "object":
        return {name: decoded(one) for name, one in inner.items()}
    return READERS[kind](inner)


def nanoseconds(text: str) -> Any:
    """A time with nanoseconds, which only pandas has."""
    import pandas as pd

    return pd.Timestamp(text)


def nanoseconds_long(count: int) -> Any:
    """A span of nanoseconds, likewise."""
    import pandas as pd

    return pd.Timedelta(count, "ns")


READERS: Final[dict[str, Any]] = {
    "float": float,
    "bytes": base64.b64decode,
    "image": token,
    "datetime": datetime.fromisoformat,
    "timestamp": nanoseconds,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
    "nanoseconds": nanoseconds_long,
    "decimal": Decimal,
}


def with_images(value: Any, read: ReadImage) -> Any:
    """A record's values with the bytes of images in place of their tokens."""
    sha256 = hash_in(value) if isinstance(value, str) else None
    if sha256 is not None:
        data = read(sha256)
        return f"{GONE}{sha256}".encode() if data is None else data
    if isinstance(value, list | tuple):
        return type(value)(with_images(one, read) for one in value)
    if isinstance(value, dict):
        return {name: with_images(one, read) for name, one in value.items()}
    return value


def check_size(value: Any, field: str, file: str, row: str) -> None:
    """Refuse a value above the limit of one cell."""
    for one in leaves(value):
        if isinstance(one, bytes | str) and len(one) > LONGEST:
            raise InputError(
                f"has {len(one) / 2**20:.0f} MiB; at most {LONGEST // 2**20} are read.",
                file=file,
                row=row,
                field=field,
                mend="Put the image beside the file, or make it smaller.",
            )


def leaves(value: Any) -> Iterator[Any]:
    """The values inside lists and objects."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from leaves(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from leaves(one)
    else:
        yield value
