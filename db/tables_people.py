"""The tables of accounts: passwords, invitations, and failed attempts at signing in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from db.tables import Table


class CredentialRow(Table, table=True):
    """A person's password as its argon2 hash; sessions of an earlier ``epoch`` are void."""

    __tablename__ = "credential"

    person_id: int = Field(primary_key=True, foreign_key="person.id")
    hash: str
    epoch: int = 0
    changed_at: datetime


class InvitationRow(Table, table=True):
    """A link with which somebody makes their own account, once; only its hash is kept."""

    __tablename__ = "invitation"

    id: int | None = Field(default=None, primary_key=True)
    token_sha256: str = Field(max_length=64, unique=True)
    role: str = Field(max_length=20)
    made_by: int = Field(foreign_key="person.id")
    made_at: datetime
    expires_at: datetime
    used_by: int | None = Field(default=None, foreign_key="person.id")


class SignInFailureRow(Table, table=True):
    """One failed attempt at signing in, for the rate limit; forgotten after a day."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("ix_sign_in_failure_name", "name", "at"),
        Index("ix_sign_in_failure_address", "address", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80)
    address: str = Field(max_length=64)
    at: datetime
