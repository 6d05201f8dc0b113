"""The tables of what people say to each other about an item."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from db.tables import Table


class CommentRow(Table, table=True):
    """A comment on an item. One that its author withdrew stays, and is shown to nobody."""

    __tablename__ = "comment"

    id: int | None = Field(default=None, primary_key=True)
    item_id: int = Field(foreign_key="item.id", index=True)
    person_id: int = Field(foreign_key="person.id")
    text: str
    withdrawn: bool = False
    at: datetime


class MentionRow(Table, table=True):
    """Somebody whom a comment names with @, and whether they have seen it."""

    __tablename__ = "mention"
    __table_args__ = (Index("ix_mention_person", "person_id", "seen"),)

    comment_id: int = Field(primary_key=True, foreign_key="comment.id")
    person_id: int = Field(primary_key=True, foreign_key="person.id")
    seen: bool = False
