"""The items of a release, streamed from the database: for writers of formats, and in our words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from annotator.domain.items import JSON, Component, ItemContent
from annotator.domain.records import Event, Image, Item
from annotator.errors import NotFound
from annotator.formats import Format, Outgoing, Picture
from annotator.formats.base import ReadImage
from annotator.formats.embedding import hash_in
from annotator.services.pictures import bytes_of
from annotator.services.release.plan import CHUNK, Entry, Plan
from annotator.services.workspace import Progress, Workspace, no_progress
from db import datasets, images, items
from db.engine import Session
from db.items import Head

READ_TWICE: Final = 4
"""So many images are kept: a writer asks whether one may go out, then for its bytes."""


@dataclass(frozen=True, slots=True)
class Released:
    """One item that goes in, whole: its place, its agreed state, its source record's text."""

    entry: Entry
    item: Item
    text: str


def released(
    session: Session, plan: Plan, entries: Sequence[Entry], progress: Progress = no_progress
) -> Iterator[Released]:
    """Items in the order of their entries, few in memory at a time."""
    for start in range(0, len(entries), CHUNK):
        progress(start, len(entries), "reading items")
        chunk = entries[start : start + CHUNK]
        texts = texts_of(session, chunk)
        found = items.get_many(session, item_ids=[entry.head.id for entry in chunk])
        for entry, item in zip(chunk, found, strict=True):
            yield Released(entry, item, texts[entry.head.source_record_id])
        session.expunge_all()


def texts_of(session: Session, chunk: Sequence[Entry]) -> dict[int, str]:
    """The source records of entries by id."""
    record_ids = [entry.head.source_record_id for entry in chunk]
    return datasets.record_texts(session, record_ids=record_ids)


def outgoing(
    session: Session,
    plan: Plan,
    chosen: Format,
    entries: Sequence[Entry],
    progress: Progress = no_progress,
) -> Iterator[Outgoing]:
    """Items for the writer of a format; in the source's own, untouched ones are their text."""
    if chosen.name != plan.own.name:
        for one in released(session, plan, entries, progress):
            yield anew(plan, chosen, one)
        return
    for start in range(0, len(entries), CHUNK):
        progress(start, len(entries), f"writing {chosen.title}")
        chunk = entries[start : start + CHUNK]
        texts = texts_of(session, chunk)
        files = chosen.holds.images == "files"
        needed = [e for e in chunk if files or e.head.touched or e.head.id in plan.replaced]
        found = items.get_many(session, item_ids=[entry.head.id for entry in needed])
        known = {item.id: item for item in found}
        for entry in chunk:
            text, item = texts[entry.head.source_record_id], known.get(entry.head.id)
            yield (
                Outgoing(text, key=entry.head.source_id)
                if item is None
                else again(plan, entry.head, item, text, files)
            )
        session.expunge_all()


def again(plan: Plan, head: Head, item: Item, text: str, files: bool) -> Outgoing:
    """An item over the record it came from; with its image where that goes out as a file."""
    return Outgoing(
        text,
        item.content if head.touched else None,
        curated=item.verdict is not None,
        key=item.source_id,
        picture=picture_of(plan, item) if files or item.id in plan.replaced else None,
    )


def anew(plan: Plan, chosen: Format, one: Released) -> Outgoing:
    """An item for a format that it did not come in.

    A form that holds the images themselves names no file that is not there: its readers would
    look for it.
    """
    picture = picture_of(plan, one.item)
    inside = chosen.holds.images in ("bytes", "files")
    if inside and picture and not picture.sha256 and "://" not in (picture.ref or ""):
        picture = None
    return Outgoing(
        None,
        one.item.content,
        curated=one.item.verdict is not None,
        key=one.item.source_id,
        picture=picture,
        extra=plan.own.unknown(one.text),
    )


def picture_of(plan: Plan, item: Item) -> Picture | None:
    """An item's image on its way out, None where it never had one."""
    if item.image is None and not item.image_ref:
        return None
    return Picture(
        sha256=item.image.sha256 if item.image else None,
        mime=item.image.mime if item.image else "",
        ref=None if hash_in(item.image_ref) else item.image_ref,
        by_address=item.image.address_only if item.image else False,
        replaced=item.id in plan.replaced,
    )


def releasable(workspace: Workspace, session: Session, plan: Plan) -> ReadImage:
    """Reads the images whose bytes may go out; None for the others.

    What the dataset uses is looked up once, not image by image; further ones stand in its records.
    """
    other = bytes_of(workspace)
    used = {image.sha256: image for image in images.of_dataset(session, dataset_id=plan.dataset.id)}

    @lru_cache(READ_TWICE)
    def read(sha256: str) -> bytes | None:
        image = used.get(sha256)
        if image is None:
            return other(sha256)
        if image.address_only or image.taken_down_at is not None:
            return None
        try:
            return workspace.images.read(sha256)
        except NotFound:
            return None

    return read


# In our own words

ITEM_TYPES: Final[dict[str, Any]] = {
    "id": "int64",
    "item": "string",
    "split": "string",
    "row": "int64",
    "group": "string",
    "became": "string",
    "instruction": "string",
    "level": "string",
    "answers": "string[]",
    "components": {
        "number": "int64",
        "key": "string",
        "text": "string",
        "type": "string",
        "weight": "float64",
        "weight_as_written": "string",
        "judge_method": "string",
        "verifier_calls": "string",
    },
    "image": {
        "sha256": "string",
        "source": "string",
        "mime": "string",
        "width": "int64",
        "height": "int64",
        "licence": "string",
        "credit": "string",
        "goes_out_as": "string",
    },
    "source": {
        "position": "int64",
        "record_sha256": "string",
        "generator": "string",
        "prompt_version": "string",
        "batch": "string",
    },
    "curation": {
        "revision": "int64",
        "verdict": "string",
        "reason": "string",
        "by": "string[]",
        "events": "int64[]",
    },
}
"""The columns of item_values with their types; ``components`` is a list of such structures."""


def item_values(one: Released, log: Sequence[Event], annotators: Sequence[str]) -> dict[str, Any]:
    """One line of a file of items: what an item says, and where all of it comes from.

    Every line has the same fields of the same types, so that table readers take it.
    """
    entry, item = one.entry, one.item
    return {
        "id": item.id,
        "item": item.source_id,
        "split": entry.split,
        "row": entry.row,
        "group": entry.group,
        "became": entry.became,
        "instruction": item.content.instruction,
        "level": item.content.level,
        "answers": list(item.content.answers),
        "components": [
            component_values(number, c) for number, c in enumerate(item.content.components, 1)
        ],
        "image": image_values(item.image, item),
        "source": {
            "position": item.position,
            "record_sha256": hashlib.sha256(one.text.encode()).hexdigest(),
            "generator": item.origin.generator,
            "prompt_version": item.origin.prompt_version,
            "batch": item.origin.batch,
        },
        "curation": {
            "revision": item.revision,
            "verdict": item.verdict,
            "reason": item.reason,
            "by": sorted({*annotators, *(event.person for event in log)}),
            "events": [event.id for event in log],
        },
    }


def component_values(number: int, component: Component) -> dict[str, Any]:
    """A component; numbers that print differently stay apart, so the weight is text as well."""
    return {
        "number": number,
        "key": component.key,
        "text": component.text,
        "type": component.type,
        "weight": None if component.weight is None else float(component.weight),
        "weight_as_written": None if component.weight is None else json.dumps(component.weight),
        "judge_method": component.judge_method,
        "verifier_calls": json.dumps(
            [dict(call) for call in component.verifier_calls], ensure_ascii=False
        ),
    }


def image_values(image: Image | None, item: Item) -> dict[str, Any]:
    """An item's image: what it is, whose it is, and in which form it may go out."""
    ref = None if hash_in(item.image_ref) else item.image_ref
    return {
        "sha256": image.sha256 if image else None,
        "source": ref,
        "mime": image.mime if image else None,
        "width": image.width if image else None,
        "height": image.height if image else None,
        "licence": image.licence if image else None,
        "credit": image.credit if image else None,
        "goes_out_as": goes_out_as(item),
    }


def goes_out_as(item: Item) -> str:
    """In which form an item's image goes out: bytes, its address, or nothing."""
    if item.image is not None:
        return "address" if item.image.address_only else "bytes"
    return "address" if "://" in (item.image_ref or "") else "nothing"


def content_of(values: Mapping[str, JSON]) -> ItemContent:
    """The inverse of item_values for what people curate."""
    return ItemContent(
        instruction=values["instruction"],
        level=values["level"],
        answers=tuple(values["answers"]),
        components=tuple(
            Component(
                key=part["key"],
                text=part["text"],
                type=part["type"],
                weight=(
                    None
                    if part["weight_as_written"] is None
                    else json.loads(part["weight_as_written"])
                ),
                judge_method=part["judge_method"],
                verifier_calls=tuple(json.loads(part["verifier_calls"])),
            )
            for part in values["components"]
        ),
    )
