"""What people say about an item beside their edits: flags, and findings that are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from annotator.checks import Finding
from annotator.domain.items import ItemContent, check_text
from annotator.domain.merging import united_names
from annotator.domain.records import Flag, Item, Person, StoredFinding
from annotator.domain.vocabulary import FLAG_KINDS, FLAG_STATES
from annotator.errors import InvalidValue, Refused, StaleSave
from annotator.services import seats
from annotator.services.access import needs
from annotator.services.drafts import content_of
from annotator.services.saving import check_handle, saved_before
from annotator.services.workspace import Workspace
from db import annotations as annotation_rows
from db import datasets, events, findings, flags, items, people
from db.engine import Session


@needs("flag")
def raise_flag(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    kind: str,
    component_keys: Sequence[str],
    note: str,
    save_id: str | None = None,
) -> Flag:
    """Say that something is wrong with an item.

    Raises:
        InvalidValue: an unknown kind, or a conflict that names fewer than two components.
        NotFound: no such item.
    """
    if kind not in FLAG_KINDS:
        raise InvalidValue("flag", f"must be one of {', '.join(FLAG_KINDS)}, not {kind!r}")
    check_text("note", note, empty=True)
    check_handle("save_id", save_id or "")
    keys = tuple(dict.fromkeys(component_keys))
    if kind == "conflict" and len(keys) < 2:
        raise InvalidValue("flag", "a conflict is between two or more components; choose them")
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        mine = annotation_rows.of(session, item_id=item_id, person_id=actor.id)
        if saved_before(session, actor, item_id, save_id):
            return flag_saved(session, save_id)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        seat = seats.seat_of(session, dataset, item_id, actor.id)
        content = content_of(item, mine, shared=seats.is_shared(seat))
        for key in keys:
            content.component(key)
        return raise_inside(
            session,
            actor=actor,
            item=item,
            content=content,
            kind=kind,
            keys=keys,
            note=note.strip(),
            save_id=save_id,
            private_to=actor.id if seats.is_hidden(seat, item) else None,
        )


def raise_inside(
    session: Session,
    *,
    actor: Person,
    item: Item,
    content: ItemContent,
    kind: str,
    keys: Sequence[str],
    note: str,
    group: str | None = None,
    save_id: str | None = None,
    private_to: int | None = None,
) -> Flag:
    """Raise a flag inside somebody's transaction, with its event.

    Args:
        content: the item as the person sees it.
    """
    flag = flags.add(
        session,
        item_id=item.id,
        person_id=actor.id,
        kind=kind,
        component_keys=tuple(keys),
        note=note,
    )
    events.append(
        session,
        person_id=actor.id,
        kind="flag.raised",
        patch={"flag": (None, kind), "components": ([], list(keys)), "state": (None, "open")},
        dataset_id=item.dataset_id,
        item_id=item.id,
        flag_id=flag.id,
        numbers=united_names(content),
        reason=note or None,
        group=group,
        save_id=save_id,
        private_to=private_to,
    )
    items.touch(session, item_id=item.id, person_id=actor.id)
    return flag


def flag_saved(session: Session, save_id: str | None) -> Flag:
    """The flag that a save raised."""
    save = events.by_save_id(session, save_id=save_id)
    if save is None or save.flag_id is None:
        raise Refused("This save's id was used for another save; reload the page and save again.")
    return flags.get(session, flag_id=save.flag_id)


@needs("flag")
def move_flag(
    workspace: Workspace,
    *,
    actor: Person,
    flag_id: int,
    version: int,
    state: str,
    reason: str | None = None,
) -> Flag:
    """Withdraw one's own flag, or confirm, dismiss or resolve any.

    Raises:
        InvalidValue: an unknown state.
        StaleSave: somebody moved it since it was shown.
        Refused: withdrawing somebody else's.
    """
    if state not in FLAG_STATES:
        raise InvalidValue("flag", f"must be one of {', '.join(FLAG_STATES)}, not {state!r}")
    check_text("reason", reason or "", empty=True)
    with workspace.database.writing() as session:
        before = flags.get(session, flag_id=flag_id)
        if state == "withdrawn" and before.person_id != actor.id:
            author = people.get(session, person_id=before.person_id)
            raise Refused(f"Only {author.name} can withdraw this flag; dismiss it instead.")
        item = items.get(session, item_id=before.item_id)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        seat = seats.seat_of(session, dataset, item.id, actor.id)
        own = before.person_id == actor.id
        return move_inside(
            session,
            actor=actor,
            flag=replace(before, version=version),
            state=state,
            reason=reason,
            private_to=actor.id if own and seats.is_hidden(seat, item) else None,
        )


def move_inside(
    session: Session,
    *,
    actor: Person,
    flag: Flag,
    state: str,
    reason: str | None = None,
    group: str | None = None,
    private_to: int | None = None,
) -> Flag:
    """Move a flag on inside somebody's transaction, with its event; raises StaleSave."""
    after = flags.set_state(session, flag_id=flag.id, version=flag.version, state=state)
    item = items.get(session, item_id=flag.item_id)
    events.append(
        session,
        person_id=actor.id,
        kind="flag.moved",
        patch={"state": (flag.state, state)},
        dataset_id=item.dataset_id,
        item_id=item.id,
        flag_id=flag.id,
        reason=reason,
        group=group,
        private_to=private_to,
    )
    items.touch(session, item_id=item.id, person_id=actor.id)
    return after


@needs("flag")
def dismiss_finding(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    finding: Finding,
    reason: str,
    save_id: str | None = None,
) -> None:
    """Say that a finding is none, and why.

    Raises:
        InvalidValue: no reason is given.
        StaleSave: somebody dismissed it already.
    """
    check_handle("save_id", save_id or "")
    with workspace.database.writing() as session:
        if saved_before(session, actor, item_id, save_id):
            return
        item = items.get(session, item_id=item_id)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        if seats.is_hidden(seats.seat_of(session, dataset, item_id, actor.id), item):
            raise Refused("Several people look at this item; a reviewer settles its findings.")
        stored = findings.ensure(session, item_id=item_id, finding=finding)
        dismiss_stored(
            session, actor=actor, item=item, stored=stored, reason=reason, save_id=save_id
        )
        items.touch(session, item_id=item_id, person_id=actor.id)


def dismiss_stored(
    session: Session,
    *,
    actor: Person,
    item: Item,
    stored: StoredFinding,
    reason: str,
    group: str | None = None,
    save_id: str | None = None,
) -> None:
    """dismiss_finding inside somebody's transaction, for a finding that is stored already."""
    if not reason.strip():
        raise InvalidValue("reason", "say why this is no fault")
    check_text("reason", reason)
    settle_stored(session, actor, item, stored, "dismissed", reason.strip(), group, save_id)


def settle_stored(
    session: Session,
    actor: Person,
    item: Item,
    stored: StoredFinding,
    state: str,
    reason: str | None,
    group: str | None = None,
    save_id: str | None = None,
) -> None:
    """Dismiss or confirm a stored finding inside somebody's transaction, with its event."""
    if stored.state == state:
        raise StaleSave("the finding", current={"reason": stored.reason})
    findings.set_state(
        session, finding_id=stored.id, version=stored.version, state=state, reason=reason
    )
    events.append(
        session,
        person_id=actor.id,
        kind=f"finding.{state}",
        patch={
            f"finding/{stored.id}": (stored.state, state),
            "message": (None, stored.message),
            "reason": (stored.reason, reason),
        },
        dataset_id=item.dataset_id,
        item_id=item.id,
        reason=reason,
        group=group,
        save_id=save_id,
    )
