"""The log of an item, read as sentences and undone.

Undoing writes a new event that restores what an old one changed; it can itself be undone. An event
whose fields later events changed again is undone together with those, or refused with their list.
Events of one ``group`` (submitting, and the revision it made) are undone together.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from annotator.domain import changes
from annotator.domain.changes import Patch
from annotator.domain.items import ItemContent, flatten, unflatten
from annotator.domain.records import Event, Item, Person
from annotator.domain.rights import may
from annotator.domain.telling import ANNOTATION_KINDS, CURATION_KINDS, said
from annotator.errors import Forbidden, InvalidValue, Refused, StaleSave, UndoBlocked
from annotator.services import gold, merging, seats
from annotator.services.access import needs
from annotator.services.checking import recheck, with_twins
from annotator.services.comparing import compare_later
from annotator.services.curating import curated_state
from annotator.services.drafts import check_state, reopened, state_of
from annotator.services.verifying import verify_items
from annotator.services.workspace import Workspace
from db import annotations as annotation_rows
from db import datasets, effects, events, findings, flags, items
from db.engine import Session

SETTLING: Final = ("curation.settled", "curation.reopened", "curation.merged")
GOLD_KINDS: Final = ("gold.set", "gold.forgotten")
UNDOABLE: Final = (
    *ANNOTATION_KINDS,
    *CURATION_KINDS,
    "annotation.submitted",
    "flag.raised",
    "flag.moved",
    "finding.dismissed",
    "finding.confirmed",
    *GOLD_KINDS,
)
NEEDED: Final = {
    **dict.fromkeys(SETTLING, "settle"),
    **dict.fromkeys(GOLD_KINDS, "set gold"),
}
"""The right that undoing takes, where it takes more than to do it to one's own."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event for people.

    ``undoable`` says whether this viewer may try to undo it; ``takes_back`` whether it is itself an
    undoing, so that undoing it is doing again; ``item`` is the source's id of the item, where the
    log is of several.
    """

    event: Event
    sentence: str
    undoable: bool
    takes_back: bool = False
    item: str = ""


@needs("look")
def of_item(workspace: Workspace, *, actor: Person, item_id: int) -> list[Line]:
    """What a person may see of an item's log, newest first; typing in a row is one line."""
    with workspace.database.reading() as session:
        log = events.of_item(session, item_id=item_id, viewer_id=actor.id)
    back = taking_back(log)
    return [line(event, actor, takes_back=event.id in back) for event in joined(log)]


def taking_back(log: Sequence[Event]) -> set[int]:
    """The ids of undoings; undoing one is doing again, which can be undone like a first time."""
    found: set[int] = set()
    for event in sorted(log, key=lambda e: e.id):
        if event.undoes is not None and event.undoes not in found:
            found.add(event.id)
    return found


@needs("look")
def recent(workspace: Workspace, *, actor: Person, dataset_id: int, limit: int) -> list[Line]:
    """A dataset's newest events worth telling, newest first."""
    kinds = (
        *CURATION_KINDS,
        "flag.raised",
        "finding.dismissed",
        "finding.confirmed",
        "dataset.imported",
        "responses.imported",
        "replies.imported",
        "judge.run",
        "dataset.settings",
        "dataset.plan",
        "guidelines.written",
        "queue.assigned",
        "release.written",
        "image.taken_down",
    )
    with workspace.database.reading() as session:
        log = events.recent(
            session, dataset_id=dataset_id, viewer_id=actor.id, limit=limit, kinds=kinds
        )
        undone = {event.item_id for event in log if event.undoes is not None and event.item_id}
        back: set[int] = set()
        for item_id in undone:
            back |= taking_back(events.of_item(session, item_id=item_id, viewer_id=None))
        names = items.names(session, item_ids={event.item_id for event in log if event.item_id})
    told = [line(event, actor, takes_back=event.id in back) for event in log]
    return [replace(one, item=names.get(one.event.item_id or 0, "")) for one in told]


def joined(log: Sequence[Event]) -> list[Event]:
    """The log with each stretch of typing in one field as its newest save, from its beginning."""
    shown: list[Event] = []
    oldest: Event | None = None
    for event in log:
        if oldest is not None and continues(oldest, event):
            patch = {p: (event.patch[p][0], after) for p, (_, after) in shown[-1].patch.items()}
            shown[-1] = replace(shown[-1], patch=patch)
        else:
            shown.append(event)
        oldest = event
    return shown


def continues(newer: Event, older: Event) -> bool:
    """Whether two events are one stretch of typing in one field."""
    return (
        newer.kind == older.kind == "annotation.text"
        and newer.person_id == older.person_id
        and newer.patch.keys() == older.patch.keys()
        and (newer.undone_by is None) == (older.undone_by is None)
        and (newer.undoes is None) == (older.undoes is None)
        and (newer.undoes is None or newer.group == older.group)
        and (newer.at - older.at).total_seconds() < 300
        and all(newer.patch[p][0] == older.patch[p][1] for p in newer.patch)
    )


def line(event: Event, actor: Person, *, takes_back: bool = False) -> Line:
    """An event as a line of the log."""
    mine = event.person_id == actor.id
    undoable = (
        can_be_undone(event)
        and event.undone_by is None
        and (mine or not own(event))
        and may(actor.role, NEEDED.get(event.kind, "undo"))
    )
    again = event.undoes is not None and not takes_back
    return Line(event, f"{event.person} {said(event, again=again)}", undoable, takes_back)


def own(event: Event) -> bool:
    """Whether only who did it may take it back: their draft, and a flag that they raised."""
    return event.kind.startswith("annotation.") or event.kind == "flag.raised"


def can_be_undone(event: Event) -> bool:
    """Whether an event says what to restore; of known answers the oldest do not."""
    return event.kind in UNDOABLE and (event.kind not in GOLD_KINDS or "known" in event.patch)


@needs("undo")
def undo(
    workspace: Workspace,
    *,
    actor: Person,
    event_id: int,
    with_later: bool = False,
    tab: str = "",
) -> list[int]:
    """Take back an event, and with ``with_later`` those that stand on it.

    Returns:
        The ids of the events that were undone, newest first.

    Raises:
        UndoBlocked: later events changed the same fields; it carries their ids.
        Refused: it cannot be undone, was undone already, or is somebody else's draft.
        StaleSave: the curation moves on at this moment.
    """
    with workspace.database.writing() as session:
        item_id = events.item_of(session, event_id=event_id)
        if item_id is None:
            raise Refused("Only what was done on an item can be undone.")
        log = events.of_item(session, item_id=item_id, viewer_id=None)
        event = next(e for e in log if e.id == event_id)
        check_may_undo(event, actor)
        together = with_group(event, log, actor)
        later = standing_on(together, log)
        if later and not with_later:
            raise UndoBlocked([e.id for e in reversed(later)])
        targets = sorted({e.id: e for e in (*together, *later)}.values(), key=lambda e: -e.id)
        for target in targets:
            check_may_undo(target, actor)
        if any(target.person_id != actor.id for target in targets):
            seats.refuse_unless_open(session, actor=actor, item=items.get(session, item_id=item_id))
        twins = with_twins(session, item_ids=[item_id])
        group = uuid.uuid4().hex
        for target in targets:
            undo_one(session, actor, target, tab, group)
        items.touch(session, item_id=item_id, person_id=actor.id)
        recheck(session, item_ids=with_twins(session, item_ids=twins))
        return [target.id for target in targets]


@needs("undo")
def undo_group(workspace: Workspace, *, actor: Person, group: str) -> dict[str, int]:
    """Take back what was done to many items together, item by item.

    Returns:
        How many items were ``undone``, and how many ``left`` because later changes stand on it.
    """
    with workspace.database.reading() as session:
        firsts = events.first_of_group(session, group=group, person_id=actor.id)
    counted = {"undone": 0, "left": 0}
    for event_id in firsts:
        try:
            undo(workspace, actor=actor, event_id=event_id)
            counted["undone"] += 1
        except (Refused, StaleSave):
            counted["left"] += 1
    return counted


def check_may_undo(event: Event, actor: Person) -> None:
    """Refuse what cannot be undone at all, or not by this person."""
    if not can_be_undone(event) or event.item_id is None:
        raise Refused(f"“{said(event)}” cannot be undone.")
    if event.undone_by is not None:
        raise Refused("This was undone already.")
    needed = NEEDED.get(event.kind, "undo")
    if not may(actor.role, needed):
        raise Forbidden(needed)
    if own(event) and event.person_id != actor.id:
        what = "withdraw this flag" if event.flag_id else "undo what they did in their own draft"
        raise Refused(f"Only {event.person} can {what}.")


def with_group(event: Event, log: Sequence[Event], actor: Person) -> list[Event]:
    """The event and those that are undone with it: its group, or its stretch of typing.

    Who undoes somebody else's revision leaves the annotation that it came from submitted.
    """
    if event.kind == "annotation.text" and event.undoes is None:
        return stretch(event, log)
    if event.group is None:
        return [event]
    group = [e for e in log if e.group == event.group and e.undone_by is None]
    return [e for e in group if e.id == event.id or e.person_id == actor.id]


def stretch(event: Event, log: Sequence[Event]) -> list[Event]:
    """The saves of one stretch of typing up to an event, newest first."""
    found = [event]
    for older in log:
        if older.id < event.id and continues(found[-1], older):
            found.append(older)
        elif older.id < event.id:
            break
    return found


def standing_on(together: Sequence[Event], log: Sequence[Event]) -> list[Event]:
    """Later events, still standing, that changed what these changed; newest first.

    Whatever touches what such a later event changed stands on it in turn.
    """
    first = min(event.id for event in together)
    ids = {event.id for event in together}
    touched = {(subject(e), path) for e in together for path in e.patch}
    found = []
    for event in reversed(log):
        if event.id <= first or event.id in ids or event.undone_by is not None:
            continue
        if event.undoes is not None and event.undoes > first:
            continue
        paths = {(subject(event), path) for path in event.patch}
        if paths & touched and event.kind in UNDOABLE:
            found.append(event)
            touched |= paths
    return found[::-1]


def subject(event: Event) -> tuple[str, int | None]:
    """Whose fields an event's paths are."""
    if event.kind.startswith("curation."):
        return "curation", event.item_id
    if event.kind.startswith("annotation."):
        return "annotation", event.annotation_id
    return event.kind.partition(".")[0], event.flag_id


def undo_one(session: Session, actor: Person, event: Event, tab: str, group: str) -> None:
    """Restore what one event changed, and log it."""
    inverse = changes.invert(event.patch)
    means = effects.now(session, dataset_id=event.dataset_id) if event.dataset_id else {}
    if event.kind in CURATION_KINDS:
        inverse = undo_curation(session, actor, event, inverse)
    elif event.kind == "annotation.submitted":
        undo_submission(session, event, inverse, tab)
    elif event.kind in ANNOTATION_KINDS:
        undo_annotation(session, event, inverse, tab)
    elif event.kind in ("finding.dismissed", "finding.confirmed"):
        undo_settling(session, event)
    elif event.kind in GOLD_KINDS:
        inverse = gold.restore(session, actor, event)
    else:
        undo_flag(session, event)
    event_id = events.append(
        session,
        person_id=actor.id,
        kind=event.kind,
        patch=inverse,
        dataset_id=event.dataset_id,
        item_id=event.item_id,
        annotation_id=event.annotation_id,
        flag_id=event.flag_id,
        numbers=event.numbers,
        undoes=event.id,
        group=group,
        private_to=event.private_to,
    )
    if event.dataset_id:
        effects.store(session, event_id=event_id, dataset_id=event.dataset_id, before=means)


def undo_curation(session: Session, actor: Person, event: Event, inverse: Patch) -> Patch:
    """Write the next revision, with the event's changes taken back."""
    item: Item = items.get(session, item_id=event.item_id or 0)
    content_patch = {p: v for p, v in inverse.items() if p not in ("revision", merging.MERGE)}
    beside = {p: v for p, v in inverse.items() if p == merging.MERGE}
    if beside:
        merging.restore(session, actor=actor, item_id=item.id, inverse=beside)
    state = changes.apply(curated_state(item), content_patch)
    content = unflatten(state)
    if not items.save(
        session,
        item_id=item.id,
        revision=item.revision,
        content=content,
        verdict=state["verdict"],
        reason=state["reason"],
        person_id=actor.id,
    ):
        raise StaleSave("this item", current=curated_state(item))
    verify_items(session, item_ids=[item.id])
    if "instruction" in content_patch:
        compare_later(session, dataset_id=item.dataset_id, person_id=actor.id)
    dataset = datasets.get(session, dataset_id=item.dataset_id)
    if not seats.is_shared(seats.seat_of(session, dataset, item.id, actor.id)):
        follow(session, actor, item, content)
    return content_patch | beside | {"revision": (item.revision, item.revision + 1)}


def follow(session: Session, actor: Person, item: Item, content: ItemContent) -> None:
    """Let submitted annotations follow the revision after ``item``'s.

    One that says the same has seen it; the actor's own that says more is a draft over it again.
    """
    for annotation in annotation_rows.of_item(session, item_id=item.id):
        agreed = not changes.difference(flatten(annotation.content), flatten(content))
        if annotation.status == "submitted" and agreed:
            annotation_rows.rebase(
                session,
                item_id=item.id,
                person_id=annotation.person_id,
                revision=item.revision + 1,
            )
        elif annotation.status == "submitted" and annotation.person_id == actor.id:
            columns = {"status": "draft", "base_revision": item.revision + 1}
            save_annotation(session, annotation.id, annotation.version, annotation.tab, columns)


def undo_submission(session: Session, event: Event, inverse: Patch, tab: str) -> None:
    """Make the annotation a draft over the curation as it stands, or submitted once more."""
    annotation = annotation_rows.get(session, annotation_id=event.annotation_id or 0)
    item = items.get(session, item_id=annotation.item_id)
    status = inverse["status"][1] or "draft"
    columns: dict[str, object] = {
        "status": status,
        "submitted_at": datetime.now(UTC) if status == "submitted" else None,
        "base_revision": item.revision,
    }
    if "verdict" in inverse:
        columns["verdict"] = inverse["verdict"][1]
    save_annotation(session, annotation.id, annotation.version, tab, columns)
    dataset = datasets.get(session, dataset_id=item.dataset_id)
    seats.follow(session, dataset=dataset, item=item, annotation=annotation, status=status)


def undo_annotation(session: Session, event: Event, inverse: Patch, tab: str) -> None:
    """Take a change of a draft back; a submitted annotation becomes a draft for it."""
    annotation = annotation_rows.get(session, annotation_id=event.annotation_id or 0)
    item = items.get(session, item_id=annotation.item_id)
    dataset = datasets.get(session, dataset_id=item.dataset_id)
    seat = seats.seat_of(session, dataset, item.id, annotation.person_id)
    standing = reopened(annotation, item, shared=seats.is_shared(seat))
    before = state_of(standing)
    moved = [p for p in changes.clashes(before, event.patch) if p not in ("status", "revision")]
    if moved:
        raise Refused(f"What this changed ({', '.join(moved)}) has moved on with the curation.")
    after = changes.apply(before, {p: v for p, v in inverse.items() if p != "revision"})
    check_state(before, after, dataset)
    columns = {
        "state": flatten(unflatten(after)),
        "verdict": after["verdict"],
        "note": after["note"],
        "status": "draft",
        "base_revision": inverse.get("revision", (None, standing.base_revision))[1],
    }
    save_annotation(session, annotation.id, annotation.version, tab, columns)
    seats.follow(session, dataset=dataset, item=item, annotation=annotation, status="draft")


def save_annotation(
    session: Session,
    annotation_id: int,
    version: int,
    tab: str | None,
    columns: Mapping[str, object],
) -> None:
    """Write the next version of an annotation read in this transaction."""
    if not annotation_rows.save(
        session, annotation_id=annotation_id, version=version, tab=tab, columns=columns
    ):
        raise StaleSave("your draft", current={})


def undo_settling(session: Session, event: Event) -> None:
    """Bring a finding back to what it was before it was dismissed or confirmed."""
    path = next(p for p in event.patch if p.startswith("finding/"))
    stored = findings.get(session, finding_id=int(path.partition("/")[2]))
    state = event.patch[path][0] or "open"
    reason = event.patch.get("reason", (None, None))[0]
    findings.set_state(
        session, finding_id=stored.id, version=stored.version, state=state, reason=reason
    )


def undo_flag(session: Session, event: Event) -> None:
    """Put a flag back into the state before the event; a raised one is withdrawn."""
    if event.flag_id is None:
        raise InvalidValue("event", "names no flag")
    flag = flags.get(session, flag_id=event.flag_id)
    state = event.patch["state"][0] or "withdrawn"
    flags.set_state(session, flag_id=flag.id, version=flag.version, state=state)


def last_undoable(log: Sequence[Line], actor: Person) -> Event | None:
    """What pressing undo takes back: the person's newest own change that still stands."""
    for entry in log:
        event = entry.event
        if event.person_id == actor.id and entry.undoable and not entry.takes_back:
            return event
    return None


def last_redoable(log: Sequence[Line], actor: Person) -> Event | None:
    """What pressing redo brings back: an undo with no newer own change after it."""
    for entry in log:
        event = entry.event
        if event.person_id != actor.id:
            continue
        if event.undoes is None and event.kind in UNDOABLE:
            return None
        if entry.takes_back and entry.undoable:
            return event
    return None
