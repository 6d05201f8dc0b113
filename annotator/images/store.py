"""Images in a folder, addressed by their content.

    root/ab/abcdef…                           an original, named by its sha256
    root/derived/ab/abcdef….thumb.webp        copies, made when first asked for
    root/derived/ab/abcdef….display.jpg
    root/derived/ab/abcdef….full.jpg          of formats that browsers do not show
    root/derived/ab/abcdef….1024.jpg          as judges are sent it, by its longest side

Files appear whole or not at all, so that any number of processes may write at the same time.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from annotator.errors import InvalidValue, Misconfigured, NotFound
from annotator.images.decode import display_copy, shown_as_is, thumbnail

DerivedSize = Literal["thumb", "display", "full"]
"""A thumbnail; fitted to a screen; every pixel, in a format that browsers show."""

_ENDINGS: dict[DerivedSize, str] = {
    "thumb": ".thumb.webp",
    "display": ".display.jpg",
    "full": ".full.jpg",
}
_MIME = {".webp": "image/webp", ".jpg": "image/jpeg"}
_LONGEST_JPEG_SIDE = 65_500
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ImageStore:
    """A folder of images; it is made where it is missing.

    Args:
        root: the folder.
        thumb_side: longest side of thumbnails, in pixels.
        display_side: longest side of what is shown fitted, in pixels.

    Raises:
        Misconfigured: the folder cannot be made, read or written.
    """

    root: Path
    thumb_side: int = 320
    display_side: int = 2048

    def __post_init__(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"The image folder {self.root} cannot be made: {error}.") from error
        if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
            raise Misconfigured(f"The image folder {self.root} cannot be read and written.")

    def put(self, data: bytes) -> str:
        """Keep `data`, once however often it is put, and return its sha256 in hex.

        When this returns, the file survives a crash of the machine.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.path(sha256)
        if not path.exists():
            write_whole(path, data)
        return sha256

    def read(self, sha256: str) -> bytes:
        """The bytes of an original.

        Raises:
            NotFound: no such image.
            InvalidValue: `sha256` is not 64 small hex digits; so say all methods that take one.
        """
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("image", sha256) from error

    def path(self, sha256: str) -> Path:
        """Where the original is, or would be."""
        if not _SHA256.fullmatch(sha256):
            raise InvalidValue("sha256", f"64 hex digits are needed, not {sha256[:80]!r}.")
        return self.root / sha256[:2] / sha256

    def exists(self, sha256: str) -> bool:
        """Whether the original is here."""
        return self.path(sha256).is_file()

    def remove(self, sha256: str) -> None:
        """Delete the original and its copies; nothing happens if there is none."""
        original = self.path(sha256)
        original.unlink(missing_ok=True)
        for copy in (self.root / "derived" / original.parent.name).glob(f"{sha256}.*"):
            copy.unlink(missing_ok=True)

    def lend(self, file: Path) -> bool:
        """Let other servers have a file of this one, and say whether there may be any."""
        return False

    def borrow(self, file: Path) -> None:
        """Get a file that another server lent; here there are none."""

    def lends(self, name: str) -> bool:
        """Whether a file of this name is lent."""
        return False

    def take_back(self, name: str) -> None:
        """End the lending of a file."""

    def derived(self, sha256: str, size: DerivedSize) -> tuple[Path, str]:
        """The file to show at this size and its media type, made on the first call.

        An original that browsers show, and that is small enough, is its own "display" and "full".

        Raises:
            NotFound: no such image.
            BadImage: the original cannot be decoded.
        """
        path = self._derived_path(sha256, size)
        if path.exists():
            return path, _MIME[path.suffix]
        data = self.read(sha256)
        as_it_is = shown_as_is(data, longest_side=self._side(size)) if size != "thumb" else None
        if as_it_is:
            return self.path(sha256), as_it_is
        write_whole(path, self._copy(data, size))
        return path, _MIME[path.suffix]

    def fitted(self, sha256: str, longest_side: int) -> tuple[Path, str]:
        """A file with no side longer than ``longest_side`` pixels, and its media type.

        An original that browsers show, and that is small enough, is its own.

        Raises:
            NotFound: no such image.
            BadImage: the original cannot be decoded.
        """
        original = self.path(sha256)
        path = self.root / "derived" / original.parent.name / f"{sha256}.{longest_side}.jpg"
        if path.exists():
            return path, _MIME[path.suffix]
        data = self.read(sha256)
        as_it_is = shown_as_is(data, longest_side=longest_side)
        if as_it_is:
            return original, as_it_is
        write_whole(path, display_copy(data, longest_side=longest_side)[0])
        return path, _MIME[path.suffix]

    def _derived_path(self, sha256: str, size: DerivedSize) -> Path:
        original = self.path(sha256)
        return self.root / "derived" / original.parent.name / f"{sha256}{_ENDINGS[size]}"

    def _side(self, size: DerivedSize) -> int:
        sides = {"thumb": self.thumb_side, "display": self.display_side, "full": _LONGEST_JPEG_SIDE}
        return sides[size]

    def _copy(self, data: bytes, size: DerivedSize) -> bytes:
        side = self._side(size)
        if size == "thumb":
            return thumbnail(data, longest_side=side)
        return display_copy(data, longest_side=side)[0]


def write_whole(path: Path, data: bytes) -> None:
    """Write so that a reader, or a crash, meets the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    # Windows cannot open a folder; there the rename is durable by itself.
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
