"""The tables. Rows live inside this package; everything else sees frozen values.

An item's agreed state stands in ``item`` and ``component`` (that is the curation, with its
``revision``); what one annotator thinks of it stands in ``annotation`` until it is submitted. The
columns of ``item`` below *Browse* repeat what other tables say, so that filters and sorting over
100,000 items need no joins; ``db.items.refresh_summary`` is the one place that writes them.

Later tables hang on these without changing them: responses and scores on (item, component),
assignments and leases on (item, person), sessions on person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict
from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

mapper = registry()
"""Our own registry: Streamlit's hot reload would define the tables twice in SQLModel's."""


class Table(SQLModel, registry=mapper):
    """Base of all tables. Their rows are written by our own code: nobody asks for validators."""

    model_config = ConfigDict(defer_build=True)  # type: ignore[assignment]


metadata = Table.metadata
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def json_column(*, nullable: bool = True) -> Any:
    """A JSON column."""
    return Column(JSON, nullable=nullable)


class PersonRow(Table, table=True):
    """Somebody who works here. Never deleted: their work keeps their name."""

    __tablename__ = "person"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80, unique=True)
    role: str = Field(default="admin", max_length=20)
    active: bool = True
    created_at: datetime


class DatasetRow(Table, table=True):
    """A benchmark under curation.

    ``taxonomy`` holds ``types`` and ``levels``; ``target`` the sum of an item's weights, null
    where items are unweighted; ``overlap`` how many annotators each item gets, ``plan`` how they
    get it (annotator.domain.assignment), null where everybody takes what waits; ``mapping`` which
    columns of its source mean what (annotator.formats.mapping), null where the format says so;
    ``citation`` how the source wants to be cited, BibTeX or plain text.
    """

    __tablename__ = "dataset"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=120, unique=True)
    format: str = Field(max_length=40)
    target: float | None = None
    overlap: int = 1
    plan: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    mapping: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    taxonomy: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(nullable=False))
    licence: str | None = None
    citation: str | None = None
    version: int = 1
    created_at: datetime
    created_by: int = Field(foreign_key="person.id")


class SourceFileRow(Table, table=True):
    """One imported file: its hash, and the layout that its writer needs to give it back."""

    __tablename__ = "source_file"

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id", index=True)
    name: str
    sha256: str = Field(max_length=64)
    format: str = Field(max_length=40)
    layout: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(nullable=False))
    records: int
    imported_at: datetime
    imported_by: int = Field(foreign_key="person.id")


class SourceRecordRow(Table, table=True):
    """One record's text as it came, for ever."""

    __tablename__ = "source_record"
    __table_args__ = (UniqueConstraint("source_file_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    source_file_id: int = Field(foreign_key="source_file.id")
    position: int
    sha256: str = Field(max_length=64)
    text: str


class ImageRow(Table, table=True):
    """One image by content. The bytes lie in the image store under ``sha256``.

    ``look`` is ``domain.looks.look_of``: empty where there is nothing to see, null where it was
    stored before looks were taken.
    """

    __tablename__ = "image"

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(max_length=64, unique=True)
    mime: str = Field(max_length=40)
    width: int
    height: int
    size: int
    look: str | None = Field(default=None, max_length=32)
    licence: str | None = None
    credit: str | None = None
    address_only: bool = False
    taken_down_at: datetime | None = None
    taken_down_reason: str | None = None
    version: int = 1


class ItemRow(Table, table=True):
    """One image with one instruction, in its agreed state.

    ``twin_key`` is the same for items that ask the same of the same image.
    """

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("dataset_id", "position"),
        Index("ix_item_source_id", "dataset_id", "source_id"),
        Index("ix_item_status", "dataset_id", "status", "position"),
        Index("ix_item_level", "dataset_id", "level", "position"),
        Index("ix_item_verdict", "dataset_id", "verdict", "position"),
        Index("ix_item_severity", "dataset_id", "severity", "position"),
        Index("ix_item_touched", "dataset_id", "touched_at", "position"),
        Index("ix_item_generator", "dataset_id", "generator", "verdict"),
        Index("ix_item_prompt_version", "dataset_id", "prompt_version", "verdict"),
        Index("ix_item_batch", "dataset_id", "batch", "verdict"),
        Index("ix_item_flags", "dataset_id", "flags", "position"),
        Index("ix_item_touched_by", "dataset_id", "touched_by", "position"),
        Index("ix_item_image", "dataset_id", "image_id", "position"),
        Index("ix_item_weight_sum", "dataset_id", "weight_sum", "position"),
        Index("ix_item_twin_key", "dataset_id", "twin_key"),
        Index("ix_item_components", "dataset_id", "component_count", "position"),
        CheckConstraint("revision >= 0", name="revision"),
    )

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    source_record_id: int = Field(foreign_key="source_record.id", index=True)
    position: int
    source_id: str
    instruction: str
    level: str | None = None
    answers: list[Any] = Field(default_factory=list, sa_column=json_column(nullable=False))
    declared_count: int | None = None
    image_id: int | None = Field(default=None, foreign_key="image.id", index=True)
    image_ref: str | None = None
    image_problem: str | None = None
    twin_key: str | None = Field(default=None, max_length=32)
    generator: str | None = None
    prompt_version: str | None = None
    batch: str | None = None
    revision: int = 0
    verdict: str | None = None
    reason: str | None = None
    withdrawn_from_source: bool = False
    # Browse
    status: str = Field(default="open", max_length=10)
    component_count: int = 0
    weight_sum: float | None = None
    findings: int = 0
    severity: int | None = None
    flags: int = 0
    touched_by: int | None = Field(default=None, foreign_key="person.id")
    touched_at: datetime | None = None


class ComponentRow(Table, table=True):
    """One scored part of an instruction, in its agreed state.

    A component that curation removed keeps its row with ``position`` null: scores may point to it.
    ``weight_decimal`` tells 4.0 from 4, which print differently.
    """

    __tablename__ = "component"
    __table_args__ = (
        UniqueConstraint("item_id", "key"),
        Index("ix_component_type", "type", "item_id", "position"),
        CheckConstraint("weight IS NULL OR weight >= 0", name="weight"),
    )

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    key: str = Field(max_length=40)
    position: int | None
    text: str
    type: str
    weight: float | None = None
    weight_decimal: bool = False
    judge_method: str = Field(default="direct", max_length=20)
    verifier_calls: list[Any] = Field(default_factory=list, sa_column=json_column(nullable=False))


class AnnotationRow(Table, table=True):
    """One annotator's opinion of one item, over one revision of the curation.

    ``state`` is the content in its flat form. ``version`` grows with each save; ``tab`` names the
    browser tab that saved last, so that a tab is never stale against itself. ``guidelines`` is the
    number of the guidelines in force when it was saved, null where there were none.
    """

    __tablename__ = "annotation"
    __table_args__ = (UniqueConstraint("item_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    person_id: int = Field(foreign_key="person.id", index=True)
    base_revision: int
    state: dict[str, Any] = Field(sa_column=json_column(nullable=False))
    verdict: str | None = None
    reason: str = ""
    note: str = ""
    status: str = Field(default="draft", max_length=10)
    version: int = 1
    tab: str | None = None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None = None
    guidelines: int | None = None


class FlagRow(Table, table=True):
    """What a person says is wrong with an item."""

    __tablename__ = "flag"

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    kind: str = Field(max_length=40)
    component_keys: list[Any] = Field(sa_column=json_column(nullable=False))
    note: str = ""
    state: str = Field(default="open", max_length=12)
    version: int = 1
    created_at: datetime
    updated_at: datetime


class FindingRow(Table, table=True):
    """What a check says about an item's agreed state; dismissed by a person or gone by itself."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("item_id", "fingerprint"),
        Index("ix_finding_kind", "kind", "state", "item_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    fingerprint: str = Field(max_length=16)
    kind: str = Field(max_length=60)
    severity: int
    component_keys: list[Any] = Field(sa_column=json_column(nullable=False))
    message: str
    evidence: dict[str, Any] = Field(sa_column=json_column(nullable=False))
    mends: list[Any] = Field(sa_column=json_column(nullable=False))
    state: str = Field(default="open", max_length=10)
    reason: str | None = None
    version: int = 1


class MergeRow(Table, table=True):
    """A newer source record that differs from the one under an item somebody has edited."""

    __tablename__ = "merge"

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    source_record_id: int = Field(foreign_key="source_record.id")
    state: str = Field(default="open", max_length=10)
    created_at: datetime
    settled_by: int | None = Field(default=None, foreign_key="person.id")
    settled_at: datetime | None = None


class EventRow(Table, table=True):
    """One line of the append-only log; triggers refuse its update and deletion.

    ``before`` and ``after`` map paths to values; ``numbers`` says under which number each
    component was seen; ``save_id`` is the client's id of the save, so that a retry is stored once;
    ``private_to`` hides it from others until the item is curated.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_item", "item_id", "id"),
        Index("ix_event_dataset", "dataset_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    at: datetime
    person_id: int = Field(foreign_key="person.id")
    kind: str = Field(max_length=40)
    dataset_id: int | None = Field(default=None, foreign_key="dataset.id")
    item_id: int | None = Field(default=None, foreign_key="item.id")
    annotation_id: int | None = Field(default=None, foreign_key="annotation.id")
    flag_id: int | None = Field(default=None, foreign_key="flag.id")
    before: dict[str, Any] = Field(sa_column=json_column(nullable=False))
    after: dict[str, Any] = Field(sa_column=json_column(nullable=False))
    numbers: dict[str, Any] = Field(default_factory=dict, sa_column=json_column(nullable=False))
    reason: str | None = None
    undoes: int | None = Field(default=None, sa_column=Column(ForeignKey("event.id")))
    group: str | None = Field(default=None, max_length=40, index=True)
    save_id: str | None = Field(default=None, max_length=64, unique=True)
    private_to: int | None = Field(default=None, foreign_key="person.id")


class JobRow(Table, table=True):
    """Long work, leased by a worker process; it goes on after a restart."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state", "state", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=40)
    dataset_id: int | None = Field(default=None, foreign_key="dataset.id")
    state: str = Field(default="queued", max_length=10)
    parameters: dict[str, Any] = Field(sa_column=json_column(nullable=False))
    done: int = 0
    total: int | None = None
    message: str = ""
    result: dict[str, Any] | None = Field(default=None, sa_column=json_column())
    attempts: int = 0
    worker: str | None = None
    leased_until: datetime | None = None
    created_at: datetime
    created_by: int = Field(foreign_key="person.id")
    finished_at: datetime | None = None


class ReleaseRow(Table, table=True):
    """An export that was written: where, and its manifest."""

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("dataset_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    name: str
    folder: str
    manifest: dict[str, Any] = Field(sa_column=json_column(nullable=False))
    created_at: datetime
    created_by: int = Field(foreign_key="person.id")
