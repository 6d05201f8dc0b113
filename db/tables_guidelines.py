"""The tables of what annotators go by: guidelines in versions, and the qualification set."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from db.tables import Table


class GuidelinesRow(Table, table=True):
    """One version of a dataset's guidelines, ``number`` from 1; never changed, never removed."""

    __tablename__ = "guidelines"

    dataset_id: int = Field(primary_key=True, foreign_key="dataset.id")
    number: int = Field(primary_key=True)
    text: str
    note: str = ""
    written_by: int = Field(foreign_key="person.id")
    written_at: datetime


class GuidelinesReadRow(Table, table=True):
    """The newest version of a dataset's guidelines that somebody has read."""

    __tablename__ = "guidelines_read"

    dataset_id: int = Field(primary_key=True, foreign_key="dataset.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    number: int


class TrialRow(Table, table=True):
    """How far somebody's first answer to a qualification item was the expected one, 0 to 1.

    It is written once: what they answer after they were shown the expected answer does not count.
    """

    __tablename__ = "trial"

    item_id: int = Field(primary_key=True, foreign_key="item.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    share: float
    at: datetime


class WaiverRow(Table, table=True):
    """A reviewer let somebody annotate a dataset without having passed its qualification."""

    __tablename__ = "waiver"

    dataset_id: int = Field(primary_key=True, foreign_key="dataset.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    given_by: int = Field(foreign_key="person.id")
    given_at: datetime
