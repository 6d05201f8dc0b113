"""The tables of the checks: how items are related, and what judge models proposed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from db.tables import Table, json_column


class RelationRow(Table, table=True):
    """Other items of the dataset that one item is related to in one way (``checks.subject.How``).

    ``others`` are ids of the first few items, ``total`` how many there are. ``component_key`` and
    ``text`` name the component that fits them, both empty for whole items.
    """

    __tablename__ = "relation"
    __table_args__ = (UniqueConstraint("item_id", "how", "component_key"),)

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id")
    how: str = Field(max_length=12)
    component_key: str = Field(default="", max_length=40)
    text: str = ""
    others: list[Any] = Field(sa_column=json_column(nullable=False))
    total: int
    score: float = 1.0
    same_name: bool = False


class ProposalRow(Table, table=True):
    """What one model said about one content, once: the contradictions it proposes, maybe none.

    ``content`` is the sha256 of instruction and components (``services.proposing.content_hash``);
    ``prompt`` the version of the prompt. ``sent`` and ``received`` are tokens.
    """

    __tablename__ = "proposal"
    __table_args__ = (UniqueConstraint("content", "model", "prompt"),)

    id: int | None = Field(default=None, primary_key=True)
    content: str = Field(max_length=64)
    model: str = Field(max_length=120)
    prompt: str = Field(max_length=40)
    said: list[Any] = Field(sa_column=json_column(nullable=False))
    reply: str = ""
    sent: int | None = None
    received: int | None = None
    created_at: datetime
