"""The tables of a team's work: places at items, gold answers, members, drafts of curation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from db.tables import Table, json_column


class QueueItemRow(Table, table=True):
    """An item in its dataset's queue.

    ``wanted`` is its overlap, ``free`` how many of its places nobody has: it can never fall below
    0, whatever the code above does. ``rank`` is the order in which items are handed out.
    ``submitted`` counts the annotations, ``apart`` says how much they differ, 0 to 1, null for
    fewer than two.
    """

    __tablename__ = "queue_item"
    __table_args__ = (
        CheckConstraint("free >= 0 AND free <= wanted", name="free"),
        Index(
            "ix_queue_item_free",
            "dataset_id",
            "purpose",
            "rank",
            sqlite_where=text("free > 0"),
            postgresql_where=text("free > 0"),
        ),
        Index("ix_queue_item_apart", "dataset_id", "apart", "rank"),
    )

    item_id: int = Field(primary_key=True, foreign_key="item.id")
    dataset_id: int = Field(foreign_key="dataset.id")
    purpose: str = Field(default="usual", max_length=12)
    wanted: int
    free: int
    rank: int
    submitted: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    apart: float | None = None


class PlaceRow(Table, table=True):
    """One person's turn at one item.

    A person has at most one place at an item. ``leased_until`` stands for leased places only:
    after it the place is given to somebody else.
    """

    __tablename__ = "place"
    __table_args__ = (
        UniqueConstraint("item_id", "person_id"),
        Index("ix_place_person", "person_id", "dataset_id", "state", "rank"),
        Index("ix_place_lease", "dataset_id", "state", "leased_until"),
    )

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id")
    item_id: int = Field(foreign_key="item.id")
    person_id: int = Field(foreign_key="person.id")
    state: str = Field(max_length=12)
    rank: int
    by_hand: bool = False
    leased_until: datetime | None = None
    taken_at: datetime | None = None
    submitted_at: datetime | None = None
    reason: str | None = None


class CursorRow(Table, table=True):
    """Where in a queue a person's search for a free place begins: a hint, never a rule."""

    __tablename__ = "queue_cursor"

    dataset_id: int = Field(primary_key=True, foreign_key="dataset.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    rank: int


class MemberRow(Table, table=True):
    """Somebody who annotates a dataset, with a quota of their own where there is one."""

    __tablename__ = "member"

    dataset_id: int = Field(primary_key=True, foreign_key="dataset.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    quota: int | None = None


class GoldRow(Table, table=True):
    """The known answer to an item, kept apart from its curation; see assignment.KNOWN."""

    __tablename__ = "gold"

    item_id: int = Field(primary_key=True, foreign_key="item.id")
    verdict: str = Field(max_length=10)
    purpose: str = Field(default="gold", max_length=12, sa_column_kwargs={"server_default": "gold"})
    state: dict[str, Any] = Field(sa_column=json_column(nullable=False))
    note: str = ""
    set_by: int = Field(foreign_key="person.id")
    set_at: datetime


class SettlementRow(Table, table=True):
    """A reviewer's draft of an item's curation, over the revision they began on."""

    __tablename__ = "settlement"
    __table_args__ = (UniqueConstraint("item_id", "person_id"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    person_id: int = Field(foreign_key="person.id")
    base_revision: int
    state: dict[str, Any] = Field(sa_column=json_column(nullable=False))
    verdict: str | None = None
    reason: str = ""
    version: int = 1
    updated_at: datetime
