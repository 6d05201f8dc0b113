"""Where records come from: a file, a folder of files, or bytes in memory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from annotator.errors import InputError

HEAD: Final = 65_536
CHUNK: Final = 1 << 20
METADATA: Final = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
ENDINGS: Final = (".json", ".jsonl", ".tsv", ".csv", ".parquet", ".xlsx")

DISGUISES: Final = (
    (b"\x80\x02", "a Python pickle"),
    (b"\x80\x03", "a Python pickle"),
    (b"\x80\x04", "a Python pickle"),
    (b"\x80\x05", "a Python pickle"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "a database"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"ARROW1", "an Arrow file"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file (.xls)"),
    (b"(lp0\n", "a Python pickle"),
    (b"(dp0\n", "a Python pickle"),
    (b"]q\x00", "a Python pickle"),
    (b"}q\x00", "a Python pickle"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
)
"""How files begin that people take for data files; none of them is opened."""

SAVE: Final = "Save the data as JSON, JSONL, TSV, CSV, XLSX or parquet."
AS_UTF8: Final = "Save the file as UTF-8."
POINTER: Final = b"version https://git-lfs.github.com/spec/"
BINARY: Final = (b"PAR1", b"PK\x03\x04")
"""How the binary files begin that are read."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file to be read, from a path or from bytes.

    Args:
        name: the file's name as its sender knows it, for messages.
        path: where it lies; or
        data: its bytes.
        prefix: the folder it lies in below the folder that was named, with a slash behind, or
            nothing: its paths count from there.
    """

    name: str
    path: Path | None = None
    data: bytes | None = None
    prefix: str = ""
    opened: list[BinaryIO] = field(default_factory=list, compare=False, repr=False)
    """The file that was opened last, for share."""

    def open(self) -> BinaryIO:
        """The bytes as a file; raises InputError."""
        self.opened[:] = [self.handle()]
        return self.opened[0]

    def share(self) -> float:
        """How much of the file was read, from 0 to 1; 1 where it is closed."""
        if not self.opened or self.opened[0].closed or not self.size:
            return 1.0
        return min(1.0, self.opened[0].tell() / self.size)

    def handle(self) -> BinaryIO:
        """A file of the bytes; raises InputError."""
        if self.data is not None or self.path is None:
            return io.BytesIO(self.data or b"")
        try:
            return self.path.open("rb")
        except OSError as fault:
            raise InputError(
                f"cannot be read: {fault.strerror}.",
                file=self.name,
                mend="Name a file that is there.",
            ) from fault

    @property
    def size(self) -> int:
        """In bytes."""
        if self.data is not None or self.path is None:
            return len(self.data or b"")
        return self.path.stat().st_size

    def head(self) -> bytes:
        """How the file begins."""
        with self.open() as handle:
            return handle.read(HEAD)

    def sha256(self) -> str:
        """Of the bytes, in hex."""
        every = hashlib.sha256()
        with self.open() as handle:
            while chunk := handle.read(CHUNK):
                every.update(chunk)
        return every.hexdigest()


def parts_of(path: Path, name: str = "") -> list[Source]:
    """The files to read at a path: the file itself, or what a folder has of data files.

    A folder has ``metadata.jsonl`` (or .csv, .parquet) in it or in the folders of its splits, or
    else data files of one kind directly in it.

    Raises:
        InputError: there is nothing to read, or several files of different kinds.
    """
    if not path.is_dir():
        return [Source(name or path.name, path)]
    named = sorted(file for name in METADATA for file in path.rglob(name))
    found = named or sorted(f for f in path.iterdir() if f.suffix.lower() in ENDINGS)
    inside = [file for file in found if file.resolve().is_relative_to(path.resolve())]
    if not inside:
        raise InputError(
            "has no data file in it.",
            file=path.name,
            mend=f"It needs {METADATA[0]}, or files ending in {', '.join(ENDINGS)}.",
        )
    if len({file.suffix.lower() for file in inside}) > 1:
        raise InputError(
            f"has data files of several kinds: {', '.join(f.name for f in inside[:6])}.",
            file=path.name,
            mend="Name one of the files; images are looked for beside it.",
        )
    return [part(file, path) for file in inside]


def part(file: Path, folder: Path) -> Source:
    """A file of a folder."""
    inside = file.relative_to(folder)
    prefix = "" if inside.parent == Path() else f"{inside.parent.as_posix()}/"
    return Source(f"{folder.name}/{inside.as_posix()}", file, prefix=prefix)


def digest_of(parts: list[Source]) -> str:
    """One hash for what is read: of the file, or of a folder's names and files."""
    if len(parts) == 1:
        return parts[0].sha256()
    every = hashlib.sha256()
    for one in parts:
        every.update(f"{one.name}\0{one.sha256()}\n".encode())
    return every.hexdigest()


def refuse_disguised(head: bytes, file: str) -> None:
    """Refuse what is no data file whatever its name says; nothing is ever unpickled.

    Raises:
        InputError: names what the file is.
    """
    for start, what in DISGUISES:
        if head.startswith(start):
            raise InputError(
                f"is {what}, not a data file; it was not opened.", file=file, mend=SAVE
            )
    if head.startswith(POINTER):
        problem = "is a Git LFS pointer: it names the data and does not hold it."
        raise InputError(problem, file=file, mend="Fetch the data itself: git lfs pull.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("is UTF-16, not UTF-8.", file=file, mend=AS_UTF8)
    if b"\0" in head and not head.startswith(BINARY):
        problem = "holds zero bytes, as UTF-16 and binary files do."
        raise InputError(problem, file=file, mend=f"{AS_UTF8} {SAVE}")
    if head.startswith(b"PK\x03\x04") and not workbook(head, file):
        raise InputError(
            "is a zip archive; it was not opened.", file=file, mend="Unpack it and name its file."
        )


def workbook(head: bytes, file: str) -> bool:
    """Whether a zip archive may be an Excel workbook."""
    return file.lower().endswith((".xlsx", ".xlsm")) or b"[Content_Types].xml" in head


def lines_of(source: Source, longest: int) -> Iterator[tuple[int, str]]:
    """A file's lines with their endings and their 1-based numbers, byte order mark and all.

    Raises:
        InputError: a line is no UTF-8, or longer than ``longest`` bytes.
    """
    at = 0
    with source.open() as handle:
        number = 0
        while line := handle.readline(longest + 1):
            number += 1
            if len(line) > longest:
                raise InputError(
                    f"the line has more than {longest // 2**20} MiB.",
                    file=source.name,
                    row=f"line {number}",
                    mend="Put large images beside the file.",
                )
            yield number, text_of(line, at, source.name, number)
            at += len(line)


def text_of(data: bytes, at: int, file: str, line: int) -> str:
    """UTF-8 text of a line that begins at a place of the file; raises InputError."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise not_utf8(fault, at + fault.start, file, f"line {line}") from fault


def not_utf8(fault: UnicodeDecodeError, at: int, file: str, row: str) -> InputError:
    """Where a file is no UTF-8, and what would stand there in the encoding it likely is in."""
    byte = fault.object[fault.start : fault.start + 1].decode("cp1252", "replace")
    mend = f"{AS_UTF8} In Windows-1252 that byte is “{byte}”." if byte.isprintable() else AS_UTF8
    return InputError(f"byte {at} is not UTF-8.", file=file, row=row, mend=mend)
