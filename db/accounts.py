"""Passwords, invitations and failed attempts, as the accounts need them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, update
from sqlmodel import Session, col, select

from db.tables import PersonRow
from db.tables_people import CredentialRow, InvitationRow, SignInFailureRow

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Credential:
    """A password's hash, and the epoch that a session must be of."""

    person_id: int
    hash: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that may be used once, until it expires."""

    id: int
    role: str
    expires_at: datetime
    used_by: int | None


def credential(session: Session, *, person_id: int) -> Credential | None:
    """A person's credential, if they have one."""
    row = session.get(CredentialRow, person_id)
    return Credential(row.person_id, row.hash, row.epoch) if row else None


def set_hash(session: Session, *, person_id: int, hash: str) -> None:
    """Give a person a password; their sessions end."""
    row = session.get(CredentialRow, person_id)
    now = datetime.now(UTC)
    if row is None:
        row = CredentialRow(person_id=person_id, hash=hash, changed_at=now)
    else:
        row.hash, row.epoch, row.changed_at = hash, row.epoch + 1, now
    session.add(row)
    session.flush()


def end_sessions(session: Session, *, person_id: int) -> None:
    """Void all of a person's sessions."""
    session.connection().execute(
        update(CredentialRow)
        .where(col(CredentialRow.person_id) == person_id)
        .values(epoch=col(CredentialRow.epoch) + 1)
    )
    session.expire_all()


def invite(
    session: Session, *, token_sha256: str, role: str, by: int, expires_at: datetime
) -> None:
    """Keep an invitation by its token's hash."""
    session.add(
        InvitationRow(
            token_sha256=token_sha256,
            role=role,
            made_by=by,
            made_at=datetime.now(UTC),
            expires_at=expires_at,
        )
    )
    session.flush()


def invitation(session: Session, *, token_sha256: str) -> Invitation | None:
    """The invitation of a token."""
    row = session.exec(
        select(InvitationRow).where(InvitationRow.token_sha256 == token_sha256)
    ).first()
    if row is None or row.id is None:
        return None
    return Invitation(row.id, row.role, row.expires_at, row.used_by)


def use_invitation(session: Session, *, invitation_id: int, person_id: int) -> bool:
    """Mark an invitation as used; False where somebody was faster."""
    changed = session.connection().execute(
        update(InvitationRow)
        .where(col(InvitationRow.id) == invitation_id, col(InvitationRow.used_by).is_(None))
        .values(used_by=person_id)
    )
    return changed.rowcount == 1


def note_failure(session: Session, *, name: str, address: str) -> None:
    """Remember a failed attempt, and forget those of more than a day ago."""
    now = datetime.now(UTC)
    session.connection().execute(
        delete(SignInFailureRow).where(col(SignInFailureRow.at) < now - KEPT)
    )
    session.add(SignInFailureRow(name=name[:80], address=address[:64], at=now))
    session.flush()


def failures(session: Session, *, name: str, address: str, since: datetime) -> tuple[int, int]:
    """How many attempts failed lately for a name, and from an address."""
    count = select(func.count()).select_from(SignInFailureRow)
    recent = col(SignInFailureRow.at) >= since
    by_name = session.exec(count.where(recent, SignInFailureRow.name == name[:80])).one()
    by_address = session.exec(count.where(recent, SignInFailureRow.address == address[:64])).one()
    return by_name, by_address


def forget_failures(session: Session, *, name: str) -> None:
    """Somebody signed in: their failed attempts count no more."""
    session.connection().execute(
        delete(SignInFailureRow).where(col(SignInFailureRow.name) == name[:80])
    )


def set_person(
    session: Session, *, person_id: int, role: str | None = None, active: bool | None = None
) -> None:
    """Change a person's role, or whether they are active."""
    values: dict[str, object] = {}
    if role is not None:
        values["role"] = role
    if active is not None:
        values["active"] = active
    session.connection().execute(
        update(PersonRow).where(col(PersonRow.id) == person_id).values(**values)
    )
    session.expire_all()
