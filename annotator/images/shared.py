"""Images at an address that several servers share: a folder, S3, or whatever fsspec opens.

The truth is what lies there, under the names of `store`; each server keeps copies in a folder of
its own. A file appears there whole or not at all: where the file system does not promise that of
one write, it is written beside and renamed. What is read from there is believed when its hash is
its name. Originals that a server had before there was an address are taken there when they
are asked for. What is missing there is deleted nowhere: that an image was taken down, the database
alone can say.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from annotator.errors import AnnotatorError, Misconfigured, Unavailable
from annotator.images.errors import BadImage
from annotator.images.store import ImageStore, write_whole

WHOLE: Final = frozenset(("abfs", "az", "gcs", "gs", "memory", "s3", "s3a"))
"""Protocols that never show half a file."""


def open_store(address: str, home: Path) -> ImageStore:
    """The images at an address of fsspec; in ``home`` alone where it is empty.

    Raises:
        Misconfigured: the address cannot be opened, or its driver is not installed.
    """
    if not address:
        return ImageStore(home / "images")
    import fsspec

    try:
        files, root = fsspec.url_to_fs(address)
        with reaching(address):
            files.makedirs(root, exist_ok=True)
    except (ImportError, FileNotFoundError, Unavailable, ValueError) as fault:
        raise Misconfigured(f"The images' address {address} cannot be used: {fault}.") from fault
    return SharedImageStore(
        home / "image-copies", files=files, place=root.rstrip("/"), own=ImageStore(home / "images")
    )


@contextmanager
def reaching(address: str) -> Iterator[None]:
    """Let what drivers of fsspec say of their trouble, each in errors of its own, mean one thing.

    Raises:
        Unavailable: the place does not answer, or refuses; what it does not have is told as ever.
    """
    try:
        yield
    except (AnnotatorError, FileNotFoundError):
        raise
    except Exception as fault:
        if type(fault).__module__ == "builtins" and not isinstance(fault, OSError):
            raise
        raise Unavailable(f"{address} does not answer as it should: {fault}. Try again.") from fault


@dataclass(frozen=True)
class SharedImageStore(ImageStore):
    """`ImageStore` whose originals lie at an address; its folder holds copies.

    Args:
        files: fsspec's file system.
        place: the folder in it.
        own: the originals that this server had before it shared any.
    """

    files: Any = field(kw_only=True)
    place: str = field(kw_only=True)
    own: ImageStore = field(kw_only=True)

    def put(self, data: bytes) -> str:
        """Keep `data` there and here, and return its sha256 in hex."""
        sha256 = hashlib.sha256(data).hexdigest()
        there = self._there(sha256)
        if not self._ask("exists", there) or self._ask("size", there) != len(data):
            self._write(there, data)
        return super().put(data)

    def read(self, sha256: str) -> bytes:
        """The bytes of an original; see ImageStore.read.

        Raises:
            BadImage: what lies there is not what was put.
        """
        there = self._there(sha256)
        if not self._ask("exists", there):
            data = believed(self.own.read(sha256), sha256)
            self._write(there, data)
        elif super().exists(sha256):
            return super().read(sha256)
        else:
            data = believed(self._ask("cat_file", there), sha256)
        super().put(data)
        return data

    def exists(self, sha256: str) -> bool:
        """Whether the original is there, or will be when it is asked for."""
        return self.own.exists(sha256) or bool(self._ask("exists", self._there(sha256)))

    def remove(self, sha256: str) -> None:
        """Delete the original there, and everything of it here."""
        there = self._there(sha256)
        if self._ask("exists", there):
            self._ask("rm_file", there)
        self.own.remove(sha256)
        super().remove(sha256)

    def lend(self, file: Path) -> bool:
        """Let all servers have a file of this one, by its name."""
        self._write(f"{self.place}/lent/{file.name}", file.read_bytes())
        return True

    def borrow(self, file: Path) -> None:
        """Get a file that a server lent."""
        there = f"{self.place}/lent/{file.name}"
        if self._ask("exists", there):
            write_whole(file, self._ask("cat_file", there))

    def lends(self, name: str) -> bool:
        """Whether a file of this name is lent."""
        return bool(self._ask("exists", f"{self.place}/lent/{name}"))

    def take_back(self, name: str) -> None:
        """End the lending of a file."""
        if self.lends(name):
            self._ask("rm_file", f"{self.place}/lent/{name}")

    def _ask(self, verb: str, *arguments: Any, **options: Any) -> Any:
        with reaching(self.place):
            return getattr(self.files, verb)(*arguments, **options)

    def _there(self, sha256: str) -> str:
        return f"{self.place}/{self.path(sha256).relative_to(self.root).as_posix()}"

    def _write(self, there: str, data: bytes) -> None:
        protocol = self.files.protocol
        protocols = {protocol} if isinstance(protocol, str) else set(protocol)
        if "file" in protocols:
            write_whole(Path(there), data)
            return
        if WHOLE & protocols:
            self._ask("pipe_file", there, data)
            return
        self._ask("makedirs", there.rpartition("/")[0], exist_ok=True)
        unfinished = f"{there}.{uuid.uuid4().hex}.tmp"
        try:
            self._ask("pipe_file", unfinished, data)
            self._ask("mv", unfinished, there)
        finally:
            if self._ask("exists", unfinished):
                self._ask("rm_file", unfinished)


def believed(data: bytes, sha256: str) -> bytes:
    """The bytes of an original; raises BadImage where they are others than were put."""
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BadImage("broken", "The image store holds other bytes than were put there.")
    return data
