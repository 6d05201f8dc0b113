"""Images inside records: taken out when a record is read, put back when it is written.

Where a record holds an image as base64, bare or in a data URI, a short token takes the place of the
letters. That is done only where encoding the bytes again gives the very same letters, so that the
record comes back byte for byte.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from typing import Final

from annotator.errors import InputError
from annotator.formats.base import Embedded, ReadImage

MARK: Final = "mm-image:"
TOKEN: Final = re.compile(r"mm-image:([0-9a-f]{64})")
IN_DATA_URI: Final = r"(?:data:[^,\"']{0,200},)?mm-image:"
GONE: Final = "taken-down:"
"""Stands, with the sha256, where the bytes of an image may not go out."""

SHORTEST: Final = 64
LONGEST: Final = 40 * 2**20
"""Most letters of one embedded image: 30 MiB of bytes."""

STARTS: Final = (
    b"\xff\xd8\xff",
    b"\x89PNG\r\n\x1a\n",
    b"GIF8",
    b"RIFF",
    b"BM",
    b"II*\x00",
    b"MM\x00*",
)


def token(sha256: str) -> str:
    """What stands in the place of an image."""
    return f"{MARK}{sha256}"


def hash_in(ref: str | None) -> str | None:
    """The sha256 of a reference that is a token."""
    found = TOKEN.fullmatch(ref) if ref else None
    return found.group(1) if found else None


def looks_like_image(data: bytes) -> bool:
    """Whether bytes begin as images do."""
    return data.startswith(STARTS) or data[4:12] in (b"ftypavif", b"ftypavis")


def embedded(data: bytes) -> Embedded:
    """Bytes with their hash."""
    return Embedded(hashlib.sha256(data).hexdigest(), data)


def letters_of(value: str) -> str | None:
    """The base64 letters of a text that may hold an image, None for every other text."""
    if len(value) < SHORTEST:
        return None
    if value.startswith("data:"):
        head, comma, letters = value.partition(",")
        return letters if comma and head.endswith(";base64") else None
    return None if "/" in value[:3] and not value.startswith("/9j/") else value


def decoded(value: str) -> tuple[str, Embedded] | None:
    """The base64 letters of an image and its bytes, where it can be given back to the letter."""
    letters = letters_of(value)
    if letters is None or len(letters) % 4:
        return None
    try:
        if not looks_like_image(base64.b64decode(letters[:32], validate=True)):
            return None
        data = base64.b64decode(letters, validate=True)
    except (binascii.Error, ValueError):
        return None
    if base64.b64encode(data).decode() != letters:
        return None
    return letters, embedded(data)


def take_out(
    text: str, values: Iterable[object], *, file: str, row: str
) -> tuple[str, list[Embedded], dict[str, str]]:
    """Take the images among a record's values out of its text.

    Returns:
        The text with tokens, the images in the order of the values, and for each value that was
        an image its token.

    Raises:
        InputError: the record holds a token of ours, or an image above the limit.
    """
    if MARK in text and TOKEN.search(text):
        raise InputError(
            f"holds “{MARK}” with a hash, which stands for an image inside this tool.",
            file=file,
            row=row,
            mend="Write the image's path, address or base64 in its place.",
        )
    found: list[Embedded] = []
    named: dict[str, str] = {}
    for value in values:
        if not isinstance(value, str):
            continue
        if len(value) > LONGEST:
            raise InputError(
                f"a field has {len(value) / 2**20:.0f} MiB; at most {LONGEST // 2**20} are read.",
                file=file,
                row=row,
                mend="Put the image beside the file, or make it smaller.",
            )
        one = decoded(value)
        if one is None or one[0] not in text:
            continue
        letters, image = one
        text = text.replace(letters, token(image.sha256))
        found.append(image)
        named[value] = token(image.sha256)
    return text, found, named


def put_back(text: str, read: ReadImage) -> str:
    """A record's text with its images in place of their tokens."""
    for sha256 in dict.fromkeys(TOKEN.findall(text)) if MARK in text else ():
        data = read(sha256)
        if data is None:
            text = re.sub(IN_DATA_URI + sha256, f"{GONE}{sha256}", text)
        else:
            text = text.replace(token(sha256), base64.b64encode(data).decode())
    return text
