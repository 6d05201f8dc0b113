"""Whether a release is still what was written: no byte changed, nothing missing, nothing more.

Needs no database: anyone who gets a release can check it. The manifest names every file with its
hash and carries a hash of itself; it is written in one way only, so that not even its white space
can change unseen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.errors import InputError
from annotator.services.release.folder import digest, files_in
from annotator.services.release.manifest import MANIFEST, as_text, content_hash, self_hash


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at and what is wrong with it."""

    folder: Path | str
    release: str
    files: int
    problems: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Nothing is wrong."""
        return not self.problems

    def as_dict(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "folder": str(self.folder),
            "release": self.release,
            "sound": self.sound,
            "files": self.files,
            "problems": list(self.problems),
        }


def verify(folder: Path, *, noted: Mapping[str, Any] | None = None) -> Verification:
    """Compare a release's folder with its manifest.

    Args:
        noted: the manifest as the database noted it, where that is known.

    Raises:
        InputError: there is no such folder, or no manifest in it that can be read.
    """
    values, problems = read_manifest(folder)
    problems += file_problems(folder, values["files"])
    if content_hash(values["files"]) != values.get("content_sha256"):
        problems.append(f"{MANIFEST}: the hash of the content is not that of its files")
    if noted is not None and dict(noted) != values:
        problems.append(f"{MANIFEST}: is not what the database noted when it was written")
    return Verification(
        folder, str(values.get("release", "")), len(values["files"]), tuple(problems)
    )


def read_manifest(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """A folder's manifest and what is wrong with it; raises InputError where there is none."""
    file = folder / MANIFEST
    try:
        text = file.read_bytes().decode()
        values = json.loads(text)
    except OSError as fault:
        raise InputError(
            "is no release: its manifest cannot be read.",
            file=str(file),
            mend="Name a release's folder.",
        ) from fault
    except ValueError as fault:
        raise InputError(f"is no manifest: {fault}.", file=str(file)) from fault
    if not is_manifest(values):
        raise InputError("is no manifest of a release.", file=str(file))
    problems = []
    if values.get("manifest_sha256") != self_hash(values) or as_text(values) != text:
        problems.append(f"{MANIFEST}: changed since it was written")
    return values, problems


def is_manifest(values: Any) -> bool:
    """Whether it has what this module looks at."""
    files = values.get("files") if isinstance(values, dict) else None
    return isinstance(files, dict) and all(
        isinstance(facts, dict) and {"sha256", "bytes"} <= facts.keys() for facts in files.values()
    )


def file_problems(folder: Path, told: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with the files beside the manifest."""
    found = files_in(folder)
    found.pop(MANIFEST, None)
    for name, facts in told.items():
        file = found.pop(name, None)
        if file is None:
            yield f"{name}: missing"
        elif file.is_symlink():
            yield f"{name}: is a link, not a file"
        elif file.stat().st_size != facts["bytes"]:
            yield f"{name}: {file.stat().st_size:,} bytes instead of {facts['bytes']:,}"
        elif digest(file) != facts["sha256"]:
            yield f"{name}: changed"
    for name in found:
        yield f"{name}: is not in the manifest"
    places = {place.as_posix() for name in told for place in Path(name).parents}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and name not in places:
            yield f"{name}: a folder that is not in the manifest"
