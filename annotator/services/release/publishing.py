"""A release at an address: a bucket, a share, whatever fsspec opens.

Such a place cannot be renamed in one step, as a folder can. So the release is made in a folder and
copied from there with its manifest last: what has no manifest is no release.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from annotator.domain.records import Dataset, Person
from annotator.errors import InputError, Misconfigured, Unavailable
from annotator.images.shared import reaching
from annotator.services.access import needs
from annotator.services.release.folder import digest, files_in
from annotator.services.release.manifest import MANIFEST
from annotator.services.release.reproducing import verify_noted
from annotator.services.workspace import Workspace


def is_address(text: str) -> bool:
    """Whether it names something else than a folder of this machine."""
    return "://" in text


def opened(address: str) -> tuple[Any, str]:
    """The file system of an address and the place in it; raises Misconfigured."""
    import fsspec

    try:
        files, place = fsspec.url_to_fs(address)
    except (ImportError, ValueError) as fault:
        raise Misconfigured(f"The address {address} cannot be used: {fault}.") from fault
    return files, place.rstrip("/")


def refuse_occupied(address: str) -> None:
    """Raise InputError where there is a release at an address already, or anything else."""
    files, place = opened(address)
    with reaching(address):
        published = files.exists(f"{place}/{MANIFEST}")
        occupied = published or (files.exists(place) and files.find(place))
    if published:
        raise InputError(
            "holds a release already, which is never overwritten.",
            file=address,
            mend="Name another place.",
        )
    if occupied:
        raise InputError(
            "is not empty, and holds no release.",
            file=address,
            mend="Empty the place, or name another one.",
        )


@needs("release")
def publish(
    workspace: Workspace, *, actor: Person, dataset: Dataset, name: str, address: str
) -> int:
    """Copy a release to an address, its manifest last; returns the number of files.

    Raises:
        NotFound: no release of this name.
        InputError: its folder is not what was noted, the address is not empty, or what arrived is
            not what was sent.
        Misconfigured: the address cannot be opened.
        Unavailable: it does not answer; nothing is there.
    """
    checked = verify_noted(workspace, dataset=dataset, name=name)
    folder = Path(checked.folder)
    if not checked.sound:
        raise InputError(f"is not whole: {checked.problems[0]}.", file=str(folder))
    refuse_occupied(address)
    try:
        with reaching(address):
            return copy_there(folder, address)
    except (FileNotFoundError, Unavailable) as fault:
        raise InputError(
            f"cannot be written: {fault}. It has no manifest, and so is no release.",
            file=address,
            mend=f"The release itself stands in {folder}: empty the place, and publish it again.",
        ) from fault


def copy_there(folder: Path, address: str) -> int:
    """Copy all files, look at them there, and write the manifest; returns their number."""
    files, place = opened(address)
    every = files_in(folder)
    manifest = every.pop(MANIFEST)
    for name, file in every.items():
        there = f"{place}/{name}"
        files.makedirs(there.rpartition("/")[0], exist_ok=True)
        files.put_file(str(file), there)
    refuse_unsound(address, folder)
    files.pipe_file(f"{place}/{MANIFEST}", manifest.read_bytes())
    return len(every) + 1


def refuse_unsound(address: str, folder: Path) -> None:
    """Raise InputError where the files at an address are not those of a folder."""
    with fetched(address) as copy:
        there = {name: digest(file) for name, file in files_in(copy).items()}
    here = {name: digest(file) for name, file in files_in(folder).items() if name != MANIFEST}
    wrong = sorted(name for name in there.keys() | here.keys() if there.get(name) != here.get(name))
    if wrong:
        raise InputError(
            f"did not take the release as it is: {wrong[0]}; it has no manifest and is none.",
            file=address,
            mend="Empty the place, or name another one.",
        )


@contextmanager
def fetched(address: str) -> Iterator[Path]:
    """What lies at an address, in a folder that is gone afterwards.

    Raises:
        InputError: a name there leads out of its folder; nothing is fetched then.
        Unavailable: the address does not answer.
    """
    files, place = opened(address)
    with tempfile.TemporaryDirectory(prefix="annotator-fetched-") as folder:
        root = Path(folder).resolve()
        with reaching(address):
            found = {
                str(there): inside(root, str(there), place, address) for there in files.find(place)
            }
            for there, here in found.items():
                here.parent.mkdir(parents=True, exist_ok=True)
                files.get_file(there, str(here))
        yield root


def inside(root: Path, there: str, place: str, address: str) -> Path:
    """Where a file of an address goes below a folder; raises InputError where it does not."""
    here = (root / there.removeprefix(place).lstrip("/")).resolve()
    if root not in here.parents:
        raise InputError(f"is no release: a name leaves its folder, {there!r}.", file=address)
    return here
