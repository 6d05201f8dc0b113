"""The tables of the audit: what was computed from scores, and what changes did to the models.

All of ``audit_frame`` and ``audit_cell`` can be computed anew from the scores; it is kept so that a
million of them are read once. ``stamp`` is the highest ``scored_case.stamp`` that was seen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field

from db.tables import Table, json_column


class AuditFrameRow(Table, table=True):
    """A dataset's scores as columns, packed, as of a stamp; see annotator.services.audit_frame.

    ``reply_id`` is the last judge's reply whose readings by published kits were counted.
    """

    __tablename__ = "audit_frame"

    dataset_id: int = Field(primary_key=True, foreign_key="dataset.id")
    stamp: int
    reply_id: int = 0
    form: int
    """The version of the packing; another one is computed anew."""
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime


class AuditCellRow(Table, table=True):
    """One block of figures, by a name that says what of whom."""

    __tablename__ = "audit_cell"

    dataset_id: int = Field(primary_key=True, foreign_key="dataset.id")
    name: str = Field(primary_key=True, max_length=300)
    figures: dict[str, Any] = Field(sa_column=json_column(nullable=False))


class EventEffectRow(Table, table=True):
    """What one event did to the models' means and ranks; see annotator.domain.effects."""

    __tablename__ = "event_effect"

    event_id: int = Field(primary_key=True, foreign_key="event.id")
    shifts: list[Any] = Field(sa_column=json_column(nullable=False))
