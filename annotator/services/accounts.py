"""Accounts: passwords, invitations, roles, deactivating, and who may sign in how often.

Passwords are hashed with argon2id. A failed attempt is counted by name and by address in the
database, so that several servers count together. People are deactivated, never deleted.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from annotator.domain.records import Person
from annotator.domain.rights import check_role
from annotator.errors import InvalidValue, NotFound, Refused, TooOften
from annotator.services.access import needs
from annotator.services.workspace import Workspace, clean_name
from db import accounts as rows
from db import events, people
from db.engine import Session

logger = logging.getLogger(__name__)

SHORTEST: Final = 10
LONGEST: Final = 200
WINDOW: Final = timedelta(minutes=15)
MOST_BY_NAME: Final = 5
MOST_BY_ADDRESS: Final = 30
INVITATION_DAYS: Final = 7
WRONG: Final = "Name or password is wrong."


@cache
def hasher() -> PasswordHasher:
    """argon2id with the library's parameters, which follow RFC 9106."""
    return PasswordHasher()


@cache
def no_hash() -> str:
    """A hash that no password has: checked for unknown names, which then take as long."""
    return hasher().hash(secrets.token_hex())


def check_password(password: str) -> str:
    """Refuse a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidValue("password", f"must have {SHORTEST} to {LONGEST} characters")
    return password


def fits(hash: str, password: str) -> bool:
    """Whether a password is the one of a hash."""
    try:
        return hasher().verify(hash, password)
    except (Argon2Error, InvalidHashError):
        return False


def sign_in(workspace: Workspace, *, name: str, password: str, address: str) -> Person:
    """The person of this name and password.

    Args:
        address: where the attempt comes from, for the rate limit.

    Raises:
        TooOften: too many attempts failed lately, for this name or from this address.
        Refused: name or password is wrong, or the person was deactivated.
    """
    key = " ".join(name.split()).casefold()
    since = datetime.now(UTC) - WINDOW
    with workspace.database.reading() as session:
        by_name, by_address = rows.failures(session, name=key, address=address, since=since)
        found = next((p for p in people.everyone(session) if p.name.casefold() == key), None)
        known = rows.credential(session, person_id=found.id) if found else None
    if by_name >= MOST_BY_NAME or by_address >= MOST_BY_ADDRESS:
        logger.warning("refused: too many attempts to sign in as %r from %s", key, address)
        raise TooOften(int(WINDOW.total_seconds()))
    right = fits(known.hash if known else no_hash(), password)
    if not (right and found and known and found.active):
        logger.warning("refused: wrong name or password for %r from %s", key, address)
        with workspace.database.writing() as session:
            rows.note_failure(session, name=key, address=address)
        raise Refused(WRONG)
    with workspace.database.writing() as session:
        rows.forget_failures(session, name=key)
        if hasher().check_needs_rehash(known.hash):
            rows.set_hash(session, person_id=found.id, hash=hasher().hash(password))
    return found


def epoch_of(workspace: Workspace, *, person_id: int) -> int | None:
    """The epoch a person's sessions must be of; None for somebody without an account."""
    with workspace.database.reading() as session:
        found = rows.credential(session, person_id=person_id)
    return found.epoch if found else None


@needs("keep people")
def add_user(workspace: Workspace, *, actor: Person, name: str, role: str, password: str) -> Person:
    """Make an account; a person of this name without one gets it.

    Raises:
        InvalidValue: a name, role or password that will not do.
        Refused: there is an account of this name.
    """
    cleaned = clean_name(name)
    hash = hasher().hash(check_password(password))
    with workspace.database.writing() as session:
        made = make(session, cleaned, check_role(role), hash)
        note(session, actor, "person.added", {"person": (None, made.name), "role": (None, role)})
        return made


def make(session: Session, name: str, role: str, hash: str) -> Person:
    """Give a name an account."""
    known = next(
        (p for p in people.everyone(session) if p.name.casefold() == name.casefold()), None
    )
    if known and rows.credential(session, person_id=known.id):
        raise Refused(f"There is an account named {known.name} already.")
    person = known or people.add(session, name=name)
    rows.set_person(session, person_id=person.id, role=role, active=True)
    rows.set_hash(session, person_id=person.id, hash=hash)
    return people.get(session, person_id=person.id)


@needs("keep people")
def invite(workspace: Workspace, *, actor: Person, role: str) -> str:
    """Make an invitation; returns the token, which is kept nowhere."""
    token = secrets.token_urlsafe(24)
    with workspace.database.writing() as session:
        rows.invite(
            session,
            token_sha256=digest(token),
            role=check_role(role),
            by=actor.id,
            expires_at=datetime.now(UTC) + timedelta(days=INVITATION_DAYS),
        )
        note(session, actor, "person.invited", {"role": (None, role)})
    return token


def accept(workspace: Workspace, *, token: str, name: str, password: str) -> Person:
    """Make one's own account with an invitation.

    Raises:
        Refused: the invitation is none, was used, or has expired; or the name is taken.
        InvalidValue: a name or password that will not do.
    """
    cleaned = clean_name(name)
    hash = hasher().hash(check_password(password))
    with workspace.database.writing() as session:
        found = rows.invitation(session, token_sha256=digest(token))
        if found is None or found.used_by is not None or found.expires_at < datetime.now(UTC):
            raise Refused("This invitation is none, was used already, or has expired.")
        if people.by_name(session, name=cleaned):
            raise Refused(f"There is somebody named {cleaned} already; choose another name.")
        made = make(session, cleaned, found.role, hash)
        if not rows.use_invitation(session, invitation_id=found.id, person_id=made.id):
            raise Refused("This invitation was used already.")
        note(session, made, "person.added", {"person": (None, made.name)})
        return made


def digest(token: str) -> str:
    """A token's hash, under which it is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


@needs("look")
def set_password(workspace: Workspace, *, actor: Person, old: str, new: str) -> None:
    """Change one's own password; one's sessions end.

    Raises:
        Refused: the old one is wrong.
    """
    hash = hasher().hash(check_password(new))
    with workspace.database.writing() as session:
        known = rows.credential(session, person_id=actor.id)
        if known is None or not fits(known.hash, old):
            raise Refused("The old password is wrong.")
        rows.set_hash(session, person_id=actor.id, hash=hash)
        note(session, actor, "person.password", {"person": (None, actor.name)})


@needs("keep people")
def reset_password(workspace: Workspace, *, actor: Person, person_id: int, password: str) -> None:
    """Give somebody who forgot theirs another password; their sessions end.

    Raises:
        Refused: they have no account.
    """
    hash = hasher().hash(check_password(password))
    with workspace.database.writing() as session:
        whose = people.get(session, person_id=person_id)
        if rows.credential(session, person_id=person_id) is None:
            raise Refused(f"{whose.name} has no account.")
        rows.set_hash(session, person_id=person_id, hash=hash)
        note(session, actor, "person.password", {"person": (None, whose.name)})


@needs("look")
def sign_out_everywhere(workspace: Workspace, *, actor: Person) -> None:
    """End all of one's own sessions."""
    with workspace.database.writing() as session:
        rows.end_sessions(session, person_id=actor.id)
        note(session, actor, "person.signed_out", {"person": (None, actor.name)})


@needs("keep people")
def set_role(workspace: Workspace, *, actor: Person, person_id: int, role: str) -> Person:
    """Give somebody another role; raises Refused for the last admin."""
    with workspace.database.writing() as session:
        before = people.get(session, person_id=person_id)
        refuse_last_admin(session, before, stays=check_role(role) == "admin")
        rows.set_person(session, person_id=person_id, role=role)
        note(
            session,
            actor,
            "person.role",
            {"role": (before.role, role), "person": (None, before.name)},
        )
        return people.get(session, person_id=person_id)


@needs("keep people")
def set_active(workspace: Workspace, *, actor: Person, person_id: int, active: bool) -> Person:
    """Deactivate somebody, which ends their sessions, or take them back; raises Refused."""
    with workspace.database.writing() as session:
        before = people.get(session, person_id=person_id)
        refuse_last_admin(session, before, stays=active)
        rows.set_person(session, person_id=person_id, active=active)
        rows.end_sessions(session, person_id=person_id)
        note(
            session,
            actor,
            "person.active",
            {"active": (before.active, active), "person": (None, before.name)},
        )
        return people.get(session, person_id=person_id)


def refuse_last_admin(session: Session, person: Person, *, stays: bool) -> None:
    """Refuse to leave an installation without an admin."""
    if stays or person.role != "admin":
        return
    others = [
        p for p in people.everyone(session) if p.active and p.role == "admin" and p.id != person.id
    ]
    if not others:
        raise Refused(f"{person.name} is the only admin; make somebody else one first.")


def note(
    session: Session, actor: Person, kind: str, patch: dict[str, tuple[object, object]]
) -> None:
    """Log what was done with an account; never a password."""
    events.append(session, person_id=actor.id, kind=kind, patch=patch)


@needs("keep people")
def everyone(workspace: Workspace, *, actor: Person) -> list[tuple[Person, bool]]:
    """Everybody, and whether they have an account."""
    with workspace.database.reading() as session:
        return [
            (person, rows.credential(session, person_id=person.id) is not None)
            for person in people.everyone(session)
        ]


def named(workspace: Workspace, *, name: str) -> Person:
    """The person of a name; raises NotFound."""
    with workspace.database.reading() as session:
        found = people.by_name(session, name=name)
    if found is None:
        raise NotFound("person", name)
    return found


def from_proxy(workspace: Workspace, *, name: str) -> Person | None:
    """The person a trusted proxy or provider names: new ones are annotators, the first is admin.

    An address is one person in whatever spelling. None where they were deactivated.
    """
    is_address = "@" in name
    cleaned = clean_name(name.casefold() if is_address else name)
    find = people.by_address if is_address else people.by_name
    with workspace.database.reading() as session:
        known = find(session, name=cleaned)
    if known is None:
        with workspace.database.writing() as session:
            known = find(session, name=cleaned)
            if known is None:
                first = not people.everyone(session)
                known = people.add(session, name=cleaned)
                role = "admin" if first else "annotator"
                rows.set_person(session, person_id=known.id, role=role)
                known = people.get(session, person_id=known.id)
    return known if known.active else None
