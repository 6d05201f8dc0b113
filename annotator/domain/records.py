"""What the database hands out: frozen values with the ids and versions that saves need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from annotator.domain.assignment import Plan
from annotator.domain.changes import Patch
from annotator.domain.items import JSON, ContentRules, ItemContent, Number


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here."""

    id: int
    name: str
    role: str
    active: bool


@dataclass(frozen=True, slots=True)
class Dataset:
    """A benchmark under curation; see ContentRules for types, levels and target.

    Without a ``plan`` everybody takes what waits, and one annotator per item is enough.
    """

    id: int
    name: str
    format: str
    rules: ContentRules
    overlap: int
    plan: Plan | None
    licence: str | None
    version: int
    created_at: datetime
    mapping: Mapping[str, JSON] | None = None
    citation: str | None = None

    @property
    def target(self) -> Number | None:
        """The sum an item's weights should have, None where items are unweighted."""
        return self.rules.target


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One imported file."""

    id: int
    dataset_id: int
    name: str
    sha256: str
    format: str
    layout: Mapping[str, JSON]
    records: int
    imported_at: datetime
    imported_by: int


@dataclass(frozen=True, slots=True)
class Image:
    """One image by content; sizes in pixels after orientation, ``size`` in bytes."""

    id: int
    sha256: str
    mime: str
    width: int
    height: int
    size: int
    licence: str | None
    credit: str | None
    address_only: bool
    taken_down_at: datetime | None
    taken_down_reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a generated item came from, as far as its source says."""

    generator: str | None = None
    prompt_version: str | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One item in its agreed state, which is revision ``revision`` of its curation.

    ``position`` is 0-based within the dataset. ``declared_count`` is the number of components the
    source claims. ``image_problem`` says why there is no image.
    """

    id: int
    dataset_id: int
    position: int
    source_id: str
    source_record_id: int
    content: ItemContent
    declared_count: int | None
    image: Image | None
    image_ref: str | None
    image_problem: str | None
    origin: Origin
    revision: int
    verdict: str | None
    reason: str | None
    status: str
    touched_at: datetime | None
    withdrawn_from_source: bool = False


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotator's opinion of one item over revision ``base_revision`` of the curation.

    ``guidelines`` is the number of the guidelines it was made under, None where there were none.
    """

    id: int
    item_id: int
    person_id: int
    base_revision: int
    content: ItemContent
    verdict: str | None
    reason: str
    note: str
    status: str
    version: int
    tab: str | None
    updated_at: datetime
    submitted_at: datetime | None
    guidelines: int | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """What a person says is wrong with an item."""

    id: int
    item_id: int
    person_id: int
    kind: str
    component_keys: tuple[str, ...]
    note: str
    state: str
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding on an item's agreed state; ``severity`` is the rank in SEVERITIES."""

    id: int
    item_id: int
    fingerprint: str
    kind: str
    severity: int
    component_keys: tuple[str, ...]
    message: str
    evidence: Mapping[str, JSON]
    mends: tuple[Mapping[str, JSON], ...]
    state: str
    reason: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log. ``undone_by`` is the event that took it back, if one did."""

    id: int
    at: datetime
    person_id: int
    person: str
    kind: str
    dataset_id: int | None
    item_id: int | None
    annotation_id: int | None
    flag_id: int | None
    patch: Patch
    numbers: Mapping[str, int]
    reason: str | None
    undoes: int | None
    undone_by: int | None
    group: str | None
    private_to: int | None


@dataclass(frozen=True, slots=True)
class Job:
    """Long work. ``state``: queued, running, done, failed, stopped."""

    id: int
    kind: str
    dataset_id: int | None
    state: str
    parameters: Mapping[str, JSON]
    done: int
    total: int | None
    message: str
    result: Mapping[str, JSON] | None
    attempts: int
    created_at: datetime
    created_by: int
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Release:
    """An export that was written."""

    id: int
    dataset_id: int
    name: str
    folder: str
    manifest: Mapping[str, JSON]
    created_at: datetime
    created_by: int


@dataclass(frozen=True, slots=True)
class Merge:
    """A newer source record waiting to be settled against an item somebody has edited."""

    id: int
    item_id: int
    source_record_id: int
    state: str
    created_at: datetime
