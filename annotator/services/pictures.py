"""Bring items' images in: from the file's folder, from data URIs, and on request from addresses.

An image that cannot be had is no error: the item says why, and is worked on without it.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from annotator.domain.items import check_text
from annotator.domain.records import Image, Item, Person
from annotator.domain.spans import twin_key
from annotator.domain.vocabulary import IMAGE_NOT_FETCHED
from annotator.errors import InvalidValue, NotFound, Refused
from annotator.formats import Embedded
from annotator.formats.base import ReadImage
from annotator.formats.embedding import GONE, hash_in
from annotator.images import (
    BadImage,
    FetchFailed,
    ImageFacts,
    classify,
    decode_base64,
    decode_data_uri,
    fetch,
    inspect,
    read_local,
)
from annotator.services.access import needs
from annotator.services.checking import recheck
from annotator.services.comparing import compare_later
from annotator.services.workspace import Progress, Workspace
from db import datasets, events, images, items
from db.engine import Session

TAKEN_DOWN: Final = "The image was taken down"
STORED_AT_ONCE: Final = 8
WITHHELD: Final = GONE
"""Stands, with the sha256, where a source held the bytes of an image that was taken down."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An image that lies in the store."""

    sha256: str
    facts: ImageFacts


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one reference: a stored image, or the sentence that says why there is none."""

    stored: Stored | None
    problem: str | None
    withheld: str | None = None
    """The sha256 of an image that was taken down: its bytes are not kept."""


class Storing:
    """Images on their way into the store, where most of the time goes to waiting for the disk.

    Args:
        put: stores one image for good.
    """

    def __init__(self, put: Callable[[bytes], object]) -> None:
        self.do = put
        self.pool = ThreadPoolExecutor(STORED_AT_ONCE, thread_name_prefix="store")
        self.waiting: deque[Future[object]] = deque()

    def put(self, data: bytes) -> None:
        """Begin to store an image; no more than a few wait in memory."""
        if len(self.waiting) >= STORED_AT_ONCE:
            self.waiting.popleft().result()
        self.waiting.append(self.pool.submit(self.do, data))

    def settle(self) -> None:
        """Wait for all of them; raises what storing one raised."""
        while self.waiting:
            self.waiting.popleft().result()

    def close(self) -> None:
        """Wait for what is under way."""
        self.pool.shutdown()


class Finder:
    """Finds images of references, each reference once.

    Args:
        folder: where relative paths and downloaded copies lie, None where there is no folder.
    """

    def __init__(self, workspace: Workspace, folder: Path | None) -> None:
        self.workspace, self.folder = workspace, folder
        self.storing = Storing(workspace.images.put)
        self.known: dict[str, Found] = {}
        self.kept = 0
        """How many different images were found."""

    def find(self, ref: str | None) -> Found:
        """The image of a reference, without going to the network."""
        if not ref or not ref.strip():
            return Found(None, "The source names no image.")
        if ref not in self.known:
            self.known[ref] = self.look(ref)
            self.kept += self.known[ref].stored is not None
        return self.known[ref]

    def remember(self, ref: str | None, found: Found) -> None:
        """Take over what an earlier run found."""
        if ref and not is_inline(ref):
            self.known.setdefault(ref, found)
        if found.stored:
            self.known.setdefault(found.stored.sha256, found)

    def find_embedded(self, images: Sequence[Embedded]) -> Found | None:
        """The first of the images that stood inside a record; None where there was none.

        All of them are kept, also those that cannot be shown, so that they can be given back.
        """
        for image in images:
            if image.sha256 not in self.known:
                self.known[image.sha256] = self.keep_embedded(image)
                self.kept += 1
        return self.known[images[0].sha256] if images else None

    def keep_embedded(self, image: Embedded) -> Found:
        """find_embedded of one image, without memory."""
        try:
            return self.keep(image.data)
        except BadImage as fault:
            self.storing.put(image.data)
            return Found(None, str(fault))

    def look(self, ref: str) -> Found:
        """find without memory."""
        sha256 = hash_in(ref)
        if sha256:
            return self.known.get(sha256) or Found(None, "The image is not here.")
        if ref.startswith(WITHHELD):
            return withheld(self.workspace, ref.removeprefix(WITHHELD))
        kind = classify(ref)
        try:
            data = self.read(ref, kind)
            return self.keep(data) if data else absent(ref, kind)
        except BadImage as fault:
            return Found(
                None, absent(ref, kind).problem if missing_copy(kind, fault) else str(fault)
            )

    def keep(self, data: bytes) -> Found:
        """Check an image and have it stored, unless it was taken down; raises BadImage."""
        found = checked(self.workspace, data)
        if found.stored:
            self.storing.put(data)
        return found

    def settle(self) -> None:
        """Wait until everything that was found is stored for good."""
        self.storing.settle()

    def close(self) -> None:
        """Let go of the threads."""
        self.storing.close()

    def read(self, ref: str, kind: str) -> bytes | None:
        """The bytes of a reference, None where only the network has them."""
        limit = self.workspace.settings.image_limits.max_bytes
        if kind == "data_uri":
            return decode_data_uri(ref, max_bytes=limit)
        if kind == "base64":
            return decode_base64(ref, max_bytes=limit)
        if self.folder is None:
            return None
        return read_local(ref, folder=self.folder, max_bytes=limit)


def missing_copy(kind: str, fault: BadImage) -> bool:
    """Whether an address merely has no downloaded copy in the folder."""
    return kind in ("url", "url_without_scheme") and fault.reason == "missing"


def absent(ref: str, kind: str) -> Found:
    """Why a reference has no image as long as nothing is fetched."""
    if kind == "url":
        return Found(None, IMAGE_NOT_FETCHED)
    if kind == "url_without_scheme":
        return Found(None, f"The image's address has no scheme; probably http://{ref[:150]}")
    return Found(None, f"There is no folder of images to look for “{ref[:150]}” in.")


def keep(workspace: Workspace, data: bytes) -> Found:
    """Check an image and put it into the store, unless it was taken down; raises BadImage."""
    found = checked(workspace, data)
    if found.stored:
        workspace.images.put(data)
    return found


def checked(workspace: Workspace, data: bytes) -> Found:
    """An image as the store will have it, unless it was taken down; raises BadImage."""
    facts = inspect(data, limits=workspace.settings.image_limits)
    sha256 = hashlib.sha256(data).hexdigest()
    found = withheld(workspace, sha256)
    return found if found.withheld else Found(Stored(sha256, facts), None)


def withheld(workspace: Workspace, sha256: str) -> Found:
    """Why an image is not shown, where it was taken down."""
    with workspace.database.reading() as session:
        image = images.by_hash(session, sha256=sha256)
    if image is None or image.taken_down_at is None:
        return Found(None, "The image is not here.")
    return Found(None, taken_down(image), withheld=sha256)


def taken_down(image: Image) -> str:
    """What an item says whose image was taken down."""
    return f"{TAKEN_DOWN}: {image.taken_down_reason}"


def redacted(text: str, ref: str, sha256: str) -> str:
    """A record's text without the bytes of an image that was taken down."""
    for form in (ref, ref.replace("/", "\\/")):
        text = text.replace(form, f"{WITHHELD}{sha256}")
    return text


def is_inline(ref: str | None) -> bool:
    """Whether a reference holds the image itself."""
    return ref is not None and classify(ref) in ("data_uri", "base64")


def note(session: Session, *, stored: Stored) -> Image:
    """The database's row of a stored image."""
    return note_all(session, every=[stored])[stored.sha256]


def note_all(session: Session, *, every: Iterable[Stored]) -> dict[str, Image]:
    """The database's rows of stored images by content."""
    return images.add_new(session, rows=[image_row(stored) for stored in every])


def image_row(stored: Stored) -> dict[str, object]:
    """A stored image as column values."""
    facts = stored.facts
    return {
        "sha256": stored.sha256,
        "mime": facts.mime,
        "width": facts.width,
        "height": facts.height,
        "size": facts.n_bytes,
        "look": facts.look or "",
    }


def attach(session: Session, *, item: Item, found: Found, actor_id: int) -> None:
    """Give an item the image that was found, or the reason why there is none.

    The caller has it checked again.
    """
    image = note(session, stored=found.stored) if found.stored else None
    problem = found.problem
    if image and image.taken_down_at:
        problem, image = taken_down(image), None
    before = item.image.sha256 if item.image else None
    after = image.sha256 if image else None
    items.set_image(
        session,
        item_id=item.id,
        image_id=image.id if image else None,
        problem=problem,
    )
    if before != after:
        events.append(
            session,
            person_id=actor_id,
            kind="image.attached",
            patch={"image": (before, after)},
            dataset_id=item.dataset_id,
            item_id=item.id,
        )
        compare_later(session, dataset_id=item.dataset_id, person_id=actor_id)


@needs("import")
def fetch_missing(
    workspace: Workspace, *, actor: Person, dataset_id: int, progress: Progress
) -> dict[str, int]:
    """Fetch the images that a dataset's items name by address and do not have yet.

    Each is stored as soon as it is there, so that an interrupted run goes on where it was. Failures
    are noted on their items.

    Returns:
        For how many items an image was ``fetched`` and for how many that ``failed``.
    """
    waiting: dict[str, list[int]] = {}
    with workspace.database.reading() as session:
        for item_id, ref in items.without_image(session, dataset_id=dataset_id):
            if classify(ref) == "url":
                waiting.setdefault(ref, []).append(item_id)
    counted = {"fetched": 0, "failed": 0}
    for done, (ref, item_ids) in enumerate(waiting.items()):
        if not progress(done, len(waiting), ref[:80]):
            break
        found = fetched(workspace, ref)
        counted["fetched" if found.stored else "failed"] += len(item_ids)
        give(workspace, actor, item_ids, ref, found)
    progress(len(waiting), len(waiting), "")
    return counted


def give(
    workspace: Workspace, actor: Person, item_ids: Sequence[int], ref: str, found: Found
) -> None:
    """Give items the image behind their reference, unless they got one meanwhile."""
    with workspace.database.writing() as session:
        waiting = [
            item
            for item in items.get_many(session, item_ids=item_ids)
            if item.image is None and item.image_ref == ref
        ]
        for item in waiting:
            attach(session, item=item, found=found, actor_id=actor.id)
        recheck(session, item_ids=[item.id for item in waiting], form_only=True)


def fetched(workspace: Workspace, ref: str) -> Found:
    """The image behind an address."""
    try:
        return keep(workspace, fetch(ref, policy=workspace.settings.fetch_policy).data)
    except FetchFailed as fault:
        return Found(None, f"The image could not be fetched: {fault}")
    except BadImage as fault:
        return Found(None, str(fault))


@needs("annotate")
def replace_image(workspace: Workspace, *, actor: Person, item_id: int, data: bytes) -> None:
    """Give an item an image that somebody uploaded.

    Raises:
        BadImage: it is damaged, too large or none.
        Refused: this image was taken down.
        NotFound: no such item.
    """
    found = keep(workspace, data)
    if found.withheld:
        raise Refused(f"{found.problem}. Choose another one.")
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        attach(session, item=item, found=found, actor_id=actor.id)
        recheck(session, item_ids=[item_id], form_only=True)


@needs("keep images")
def set_terms(
    workspace: Workspace,
    *,
    actor: Person,
    image_id: int,
    version: int,
    licence: str | None,
    credit: str | None,
    address_only: bool,
) -> Image:
    """Note an image's licence and credit, and whether it may only be released as an address.

    Raises:
        InvalidValue: a licence or credit that is too long or no text.
        StaleSave: somebody changed them since they were shown.
    """
    check_text("licence", licence or "", empty=True)
    check_text("credit", credit or "", empty=True)
    with workspace.database.writing() as session:
        before = images.get(session, image_id=image_id)
        after = images.save(
            session,
            image_id=image_id,
            version=version,
            licence=licence or None,
            credit=credit or None,
            address_only=address_only,
        )
        names = ("licence", "credit", "address_only")
        patch = {
            n: (getattr(before, n), getattr(after, n))
            for n in names
            if getattr(before, n) != getattr(after, n)
        }
        if patch:
            events.append(
                session,
                person_id=actor.id,
                kind="image.terms",
                patch={**patch, "image": (after.sha256, after.sha256)},
            )
        return after


@needs("keep images")
def take_down(
    workspace: Workspace, *, actor: Person, image_id: int, version: int, reason: str
) -> int:
    """Remove an image everywhere but in the log; importing it again does not bring it back.

    Returns:
        How many items lost their image.

    Raises:
        InvalidValue: no reason is given.
        Refused: it was taken down already.
    """
    if not reason.strip():
        raise InvalidValue("reason", "say why the image is taken down")
    check_text("reason", reason)
    with workspace.database.writing() as session:
        image = images.get(session, image_id=image_id)
        if image.taken_down_at:
            raise Refused("This image was taken down already.")
        image = images.take_down(session, image_id=image_id, version=version, reason=reason.strip())
        showing = images.item_ids(session, image_id=image_id)
        for item in items.get_many(session, item_ids=showing):
            found = Found(None, taken_down(image), withheld=image.sha256)
            attach(session, item=item, found=found, actor_id=actor.id)
            remove_inline(session, item, image.sha256)
        recheck(session, item_ids=showing, form_only=True)
        events.append(
            session,
            person_id=actor.id,
            kind="image.taken_down",
            patch={"image": (image.sha256, None)},
            reason=reason.strip(),
        )
    workspace.images.remove(image.sha256)
    return len(showing)


def remove_inline(session: Session, item: Item, sha256: str) -> None:
    """Take an image's bytes out of the item and out of every source record that holds them."""
    ref = item.image_ref
    if ref is None or not is_inline(ref):
        return
    name = f"{WITHHELD}{sha256}"
    key = twin_key(name, item.content.instruction)
    items.update_sources(session, rows=[{"id": item.id, "image_ref": name, "twin_key": key}])
    for record_id, text in datasets.all_records(session, dataset_id=item.dataset_id):
        without = redacted(text, ref, sha256)
        if without != text:
            datasets.rewrite_record(session, record_id=record_id, text=without)


def bytes_of(workspace: Workspace) -> ReadImage:
    """Reads images for writers: the bytes of an original, None where it was taken down."""

    def read(sha256: str) -> bytes | None:
        if withheld(workspace, sha256).withheld or not workspace.images.exists(sha256):
            return None
        return workspace.images.read(sha256)

    return read


def shown(workspace: Workspace, *, sha256: str) -> Image:
    """The image that may be shown under a hash; raises NotFound.

    What another server took down leaves this one's folders then, too.
    """
    with workspace.database.reading() as session:
        image = images.by_hash(session, sha256=sha256)
    if image and image.taken_down_at:
        workspace.images.remove(sha256)
    if image is None or image.taken_down_at:
        raise NotFound("image", sha256)
    return image


def of_dataset(workspace: Workspace, *, dataset_id: int) -> list[Image]:
    """The images a dataset's items use."""
    with workspace.database.reading() as session:
        return images.of_dataset(session, dataset_id=dataset_id)
