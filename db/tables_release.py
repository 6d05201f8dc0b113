"""The tables of releases beyond the release itself.

``split_place``
    Where an item was put by the first release that split it: its duplicate group and its split.
    Later releases inherit it; it is never changed.
``preference``
    What a person decided of a pair of answers of which one follows what the other breaks. Which
    pairs there are follows from the adjudications and is not stored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from db.tables import Table, json_column


class SplitPlaceRow(Table, table=True):
    """An item's place among the splits, from its first release on."""

    __tablename__ = "split_place"

    item_id: int = Field(foreign_key="item.id", primary_key=True)
    release_id: int = Field(foreign_key="release.id", index=True)
    group_name: str = Field(max_length=16)
    split: str = Field(max_length=40)


class PreferenceRow(Table, table=True):
    """What a person decided of a pair of answers to one item: ``accepted`` or ``refused``.

    ``component_keys`` are the components that the chosen answer follows and the rejected one
    breaks, as they were shown; a pair of which they changed since waits again.
    """

    __tablename__ = "preference"
    __table_args__ = (UniqueConstraint("chosen_id", "rejected_id"),)

    id: int | None = Field(default=None, primary_key=True)
    dataset_id: int = Field(foreign_key="dataset.id", index=True)
    item_id: int = Field(foreign_key="item.id")
    chosen_id: int = Field(foreign_key="response.id")
    rejected_id: int = Field(foreign_key="response.id")
    component_keys: list[Any] = Field(sa_column=json_column(nullable=False))
    state: str = Field(max_length=10)
    person_id: int = Field(foreign_key="person.id")
    version: int = 1
    at: datetime
