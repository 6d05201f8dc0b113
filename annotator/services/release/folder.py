"""A release's folder: written out of sight, moved into place in one step, never overwritten."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from annotator.errors import InputError


def refuse_existing(out: Path) -> None:
    """A release never takes the place of anything."""
    if out.exists() or out.is_symlink():
        raise InputError(
            "exists already; a release is never overwritten.",
            file=str(out),
            mend="Name another folder.",
        )


def hidden_folder(out: Path) -> Path:
    """A folder beside the release's place, on the same disk."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".part", dir=out.parent))
    except OSError as fault:
        raise InputError(f"cannot be written: {fault.strerror}.", file=str(out)) from fault


def flush(draft: Path) -> None:
    """Bring everything that was written to disk."""
    for path in sorted(draft.rglob("*")):
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb") as handle:
                os.fsync(handle.fileno())
    sync_folder(draft)
    draft.chmod(0o755)


def put_in_place(draft: Path, out: Path) -> None:
    """Give a whole release its name."""
    refuse_existing(out)
    draft.rename(out)
    sync_folder(out.parent)


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def files_in(folder: Path) -> dict[str, Path]:
    """Every file below a folder by its path in it, in order of the paths."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {name: found[name] for name in sorted(found) if not found[name].is_dir()}


def digest(file: Path) -> str:
    """A file's sha256 in hex."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
