"""What differs between two releases, item by item, from what lies in their folders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from annotator.domain.changes import Patch, describe, difference
from annotator.domain.items import JSON, flatten
from annotator.domain.merging import united_names
from annotator.errors import InputError
from annotator.services.release.verify import read_manifest
from annotator.services.release.walking import content_of

ITEMS: Final = "items"
"""The folder of the items in our own words, a file of JSON lines per split."""

CHANGE_LINES: Final = "changes.jsonl"
SOURCE: Final = "source"


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """One item that is not the same in both: ``added``, ``removed`` or ``changed``."""

    item_id: int
    item: str
    what: str
    patch: Patch
    numbers: Mapping[str, int]

    def sentences(self, limit: int | None = None) -> list[str]:
        """What changed, in English."""
        return [change.sentence for change in describe(self.patch, self.numbers, limit=limit)]

    def as_dict(self, against: str) -> dict[str, Any]:
        """One line of changes.jsonl."""
        return {
            "against": against,
            "item": self.item,
            "what": self.what,
            "changes": [
                {"path": path, "before": before, "after": after}
                for path, (before, after) in self.patch.items()
            ],
            "sentences": self.sentences(),
        }


def read_items(folder: Path) -> dict[int, Mapping[str, JSON]]:
    """The items of a release by id.

    Raises:
        InputError: the folder is no release, changed since it was written, or holds data only.
    """
    _, problems = read_manifest(folder)
    if problems:
        raise InputError("is not what was written.", file=str(folder), mend=problems[0])
    if not (folder / ITEMS).is_dir():
        raise InputError(
            f"holds no {ITEMS}; it was written as data only.",
            file=str(folder),
            mend="Compare releases made by `annotator release create`.",
        )
    found: dict[int, Mapping[str, JSON]] = {}
    for file in sorted((folder / ITEMS).iterdir()):
        with file.open(encoding="utf-8") as lines:
            found |= {values["id"]: values for values in map(json.loads, lines)}
    return in_order(found)


def in_order(items: Mapping[int, Mapping[str, JSON]]) -> dict[int, Mapping[str, JSON]]:
    """Items in the order of their source."""
    return dict(sorted(items.items(), key=lambda pair: pair[1]["source"]["position"]))


def compare(
    before: Mapping[int, Mapping[str, JSON]], after: Mapping[int, Mapping[str, JSON]]
) -> Iterator[ItemDifference]:
    """Every item that differs, in the order of the later release, then what is gone."""
    for item_id, values in after.items():
        if item_id not in before:
            yield ItemDifference(item_id, values["item"], "added", {}, {})
            continue
        found = compare_one(before[item_id], values)
        if found is not None:
            yield found
    for item_id, values in before.items():
        if item_id not in after:
            yield ItemDifference(item_id, values["item"], "removed", {}, {})


def compare_one(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> ItemDifference | None:
    """What one item says differently; None where it says the same."""
    old, new = content_of(before), content_of(after)
    patch = difference(flatten(old), flatten(new)) | difference(beside(before), beside(after))
    if not patch:
        return None
    return ItemDifference(after["id"], after["item"], "changed", patch, united_names(old, new))


def beside(values: Mapping[str, JSON]) -> dict[str, JSON]:
    """What is compared beside the content."""
    image = values["image"]
    return {
        "split": values["split"],
        "image": image["sha256"],
        "image_form": image["goes_out_as"],
    }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two releases and what differs."""

    before: str
    after: str
    differences: tuple[ItemDifference, ...]

    def counts(self) -> dict[str, int]:
        """How many were added, removed and changed; against the source, also kept as they came."""
        kinds = [one.what for one in self.differences]
        shown = ("added", "removed", "changed", *(("kept",) if "kept" in kinds else ()))
        return {kind: kinds.count(kind) for kind in shown}

    def as_dict(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "before": self.before,
            "after": self.after,
            "counts": self.counts(),
            "items": [one.as_dict(self.before) for one in self.differences],
        }


def compare_folders(before: Path, after: Path) -> Comparison:
    """What differs between the releases in two folders; raises InputError."""
    names = [str(read_manifest(folder)[0].get("release")) for folder in (before, after)]
    return Comparison(names[0], names[1], tuple(compare(read_items(before), read_items(after))))


def compare_source(folder: Path) -> Comparison:
    """What a release changed of its source; raises InputError as read_items does."""
    values, problems = read_manifest(folder)
    file = folder / CHANGE_LINES
    if problems or not file.is_file():
        raise InputError(f"is not what was written, or holds no {CHANGE_LINES}.", file=str(folder))
    with file.open(encoding="utf-8") as lines:
        told = [json.loads(line) for line in lines]
    found = [from_line(one) for one in told if one["against"] == SOURCE]
    return Comparison(SOURCE, str(values.get("release")), tuple(found))


def from_line(values: Mapping[str, Any]) -> ItemDifference:
    """A line of changes.jsonl against the source."""
    what = {"edited": "changed", "left out": "removed", "kept": "kept"}[values["what"]]
    patch = {one["path"]: (one["before"], one["after"]) for one in values["changes"]}
    return ItemDifference(0, values["item"], what, patch, values["numbers"])
