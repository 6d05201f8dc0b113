"""References to images, as benchmarks write them.

They come as relative paths, as addresses, as data URIs and as bare base64, often several kinds in
one file, and often as paths on the machine of whoever made the file.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from annotator.images.errors import BadImage
from annotator.images.sniff import image_format

RefKind = Literal["path", "url", "url_without_scheme", "data_uri", "base64"]
"""What a reference is. "url" is any scheme, "s3://" too: `fetch` says what it does not read."""

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DATA_URI = re.compile(r"data:[^,]{0,200},", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(
    r"//[^/]"
    r"|www\.[^/\s]+/"
    r"|(?:[a-z0-9-]+\.){2,}[a-z]{2,}(?::\d+)?/"
    r"|[a-z0-9-]+\.(?:com|org|net|edu|gov|io|ai|app|dev|info|co|de|uk|fr|jp|cn|eu|us)(?::\d+)?/"
    r"|(?:localhost|(?:\d{1,3}\.){3}\d{1,3})(?::\d+)?/",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_\s-]++={0,2}\s*")
_SHORTEST_BASE64_IMAGE = 40
_LONGEST_PATH = 4096


def classify(text: str) -> RefKind:
    """What kind of reference `text` is; what is nothing else is a path.

    Base64 uses the letters of paths, so it counts as base64 only where it begins like an image, or
    is longer than any path. An address without its scheme ("host.example.org/7/x.jpg") is told
    apart so that it can be reported with the mend "http://…".
    """
    text = text.strip()
    if _DATA_URI.match(text):
        return "data_uri"
    if _SCHEME.match(text):
        return "url"
    if _is_base64(text):
        return "base64"
    return "url_without_scheme" if _WITHOUT_SCHEME.match(text) else "path"


def read_local(ref: str, *, folder: Path, max_bytes: int) -> bytes:
    """Read the file in `folder` that `ref` means.

    Tried in this order, the first regular file wins:

    1. a path relative to `folder`, or an absolute one that lies within it;
    2. its base name, directly in `folder`;
    3. for an address, its base name, directly in `folder`, as written and with its percent signs
       decoded: people keep downloaded copies.

    Backslashes count as slashes. Nothing outside `folder` is read, whether through "..", an
    absolute path or a symbolic link. Two files of one name in different folders of the source
    share a base name: where that can be, keep the folders, so that 1 applies.

    Raises:
        BadImage: "missing"; "outside", where the only file meant lies outside `folder`;
            "too_large", above `max_bytes`.
    """
    outside = False
    for candidate in _candidates(ref):
        path = _resolved(folder / candidate)
        if path is None:
            continue
        if not path.is_relative_to(folder.resolve()):
            outside = True
        elif path.is_file():
            return _read_at_most(path, max_bytes)
    if outside:
        raise BadImage("outside", f"{ref[:200]!r} leads out of the folder of images.")
    raise BadImage("missing", f"There is no file for {ref[:200]!r} in the folder of images.")


def decode_data_uri(ref: str, *, max_bytes: int) -> bytes:
    """The bytes that a data URI carries, as base64 or percent-encoded.

    The media type in it is not believed; `inspect` the bytes.

    Raises:
        BadImage: "broken", or "too_large", above `max_bytes`.
    """
    ref = ref.strip()
    match = _DATA_URI.match(ref)
    if match is None:
        raise BadImage("broken", "The data URI has no comma between its media type and its data.")
    payload = ref[match.end() :]
    if match.group().rstrip(", ").lower().endswith(";base64"):
        return decode_base64(unquote(payload), max_bytes=max_bytes)
    data = unquote_to_bytes(payload)
    _refuse_size(len(data), max_bytes)
    return data


def decode_base64(ref: str, *, max_bytes: int) -> bytes:
    """The bytes of base64 in the plain or the URL-safe alphabet; white space and padding are free.

    Raises:
        BadImage: "broken", or "too_large", above `max_bytes`.
    """
    letters = "".join(ref.split()).rstrip("=").translate(str.maketrans("-_", "+/"))
    _refuse_size(len(letters) * 3 // 4, max_bytes)
    try:
        return base64.b64decode(letters + "=" * (-len(letters) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadImage("broken", f"The base64 text is damaged: {error}.") from error


def _is_base64(text: str) -> bool:
    if len(text) < _SHORTEST_BASE64_IMAGE or not _BASE64.fullmatch(text):
        return False
    if len(text) > _LONGEST_PATH:
        return True
    try:
        start = decode_base64("".join(text.split())[:32], max_bytes=32)
    except BadImage:
        return False
    return image_format(start) is not None


def _candidates(ref: str) -> Iterator[str]:
    ref = ref.strip()
    if _SCHEME.match(ref):
        names = _url_names(ref)
    else:
        ref = ref.replace("\\", "/")
        names = (ref, PurePosixPath(ref).name)
    yield from (name for name in names if name.strip("./"))


def _url_names(url: str) -> tuple[str, ...]:
    try:
        path = urlsplit(url).path
    except ValueError:
        return ()
    return PurePosixPath(path).name, PurePosixPath(unquote(path)).name


def _resolved(path: Path) -> Path | None:
    """`path` with its links followed; None for what cannot name a file (NUL, loops, too long)."""
    try:
        resolved = path.resolve()
        resolved.is_file()
    except (OSError, RuntimeError, ValueError):
        return None
    return resolved


def _read_at_most(path: Path, max_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise BadImage("missing", f"{path.name} cannot be read: {error.strerror}.") from error
    _refuse_size(len(data), max_bytes)
    return data


def _refuse_size(n_bytes: int, max_bytes: int) -> None:
    if n_bytes > max_bytes:
        raise BadImage("too_large", f"The image has more than the {max_bytes} bytes accepted.")
