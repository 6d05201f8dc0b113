"""Releases that were made: found, listed, verified, and made again to compare the bytes."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from annotator.domain.records import Dataset, Release
from annotator.errors import NotFound
from annotator.services.collector import collector_paused
from annotator.services.release import writing
from annotator.services.release.options import options_of
from annotator.services.release.plan import make_plan
from annotator.services.release.verify import Verification, verify
from annotator.services.workspace import Progress, Workspace, no_progress
from db import events, people, releases


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A release made again.

    Args:
        differs: files whose bytes are not those of the release, or that only one of them has.
        events_since: how many events of the dataset a release could show came after it.
        other_tool: the version that wrote it, where that is not this one.
    """

    release: str
    files: int
    differs: tuple[str, ...]
    events_since: int
    other_tool: str | None

    @property
    def identical(self) -> bool:
        """Every byte is the same."""
        return not self.differs

    def as_dict(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "release": self.release,
            "identical": self.identical,
            "files": self.files,
            "differs": list(self.differs),
            "events_since": self.events_since,
            "other_tool": self.other_tool,
        }


def named(workspace: Workspace, *, dataset: Dataset, name: str) -> Release:
    """A dataset's release by name; raises NotFound."""
    with workspace.database.reading() as session:
        for one in releases.of_dataset(session, dataset_id=dataset.id):
            if one.name == name:
                return one
    raise NotFound("release", name)


def of_dataset(workspace: Workspace, *, dataset: Dataset) -> list[Release]:
    """A dataset's releases, newest first."""
    with workspace.database.reading() as session:
        return releases.of_dataset(session, dataset_id=dataset.id)


def folder_of(workspace: Workspace, *, dataset: Dataset | None, name: str) -> Path:
    """The folder of a release by its name in the dataset, or the folder that is named.

    Raises:
        NotFound: neither.
    """
    if dataset is not None:
        for one in of_dataset(workspace, dataset=dataset):
            if one.name == name:
                return Path(one.folder)
    if Path(name).is_dir():
        return Path(name).resolve()
    raise NotFound("release", name)


def verify_noted(workspace: Workspace, *, dataset: Dataset, name: str) -> Verification:
    """verify a release by name, and compare its manifest with what the database noted.

    Raises:
        NotFound: the dataset has no release of this name.
        InputError: its folder is no release any more.
    """
    found = named(workspace, dataset=dataset, name=name)
    return verify(Path(found.folder), noted=found.manifest)


def summary(dataset: Dataset, release: Release) -> dict[str, Any]:
    """A release in a line of a list."""
    return {
        "dataset": dataset.name,
        "release": release.name,
        "items": release.manifest["counts"]["items"],
        "changed": release.manifest["counts"]["changed"],
        "created_at": release.manifest["created_at"],
        "content_sha256": release.manifest.get("content_sha256"),
        "folder": release.folder,
        "there": Path(release.folder).is_dir(),
    }


@collector_paused()
def reproduce(
    workspace: Workspace,
    *,
    dataset: Dataset,
    name: str,
    progress: Progress = no_progress,
) -> Reproduction:
    """Make a release again from the database as it is now, in a folder that is thrown away.

    The release itself, and what came of it, is looked away from. Where curation went on since, the
    bytes differ, and the answer says so.

    Raises:
        NotFound: the dataset has no release of this name.
        InputError: the release it was compared with is gone.
    """
    release = named(workspace, dataset=dataset, name=name)
    noted = release.manifest
    draft = Path(tempfile.mkdtemp(prefix="annotator-again-"))
    try:
        with workspace.database.reading() as session:
            plan = make_plan(
                session,
                dataset=dataset,
                actor=people.get(session, person_id=release.created_by),
                options=options_of(noted["options"]),
                before_release=release.id,
                progress=progress,
            )
            again = writing.write_files(workspace, session, plan, draft, progress)
            since = events.public_since(
                session, dataset_id=dataset.id, after=int(noted["last_event"])
            )
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    wrote = noted["tool"]["version"]
    return Reproduction(
        name,
        len(again["files"]),
        tuple(differing(noted, again)),
        since,
        wrote if wrote != again["tool"]["version"] else None,
    )


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The files, and the manifest, that are not the same in two manifests."""
    names = sorted(one["files"].keys() | other["files"].keys())
    found = [name for name in names if one["files"].get(name) != other["files"].get(name)]
    return found if dict(one) == dict(other) else [*found, writing.MANIFEST]
