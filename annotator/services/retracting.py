"""Take back what was done to a case: a new event that restores what was before."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from annotator.domain.judging import Case
from annotator.domain.records import Event, Person
from annotator.errors import NotFound, Refused, StaleSave, UndoBlocked
from annotator.services.access import needs
from annotator.services.adjudicating import DECIDED, KINDS, OWN, READ, about, case_of
from annotator.services.deciding import FIELDS, log, rater_of, worth, write, write_own
from annotator.services.flagging import move_inside
from annotator.services.workspace import Workspace
from db import adjudications, cases, events, flags, items, scores
from db.engine import Session


@needs("settle")
def undo(workspace: Workspace, *, actor: Person, event_id: int) -> int:
    """Take back what was done to a case, as a new event; undoing an undoing does it again.

    Returns:
        The id of the case.

    Raises:
        Refused: it is somebody else's own score, or was taken back already.
        UndoBlocked: later events on the case stand on it.
    """
    with workspace.database.writing() as session:
        item_id = events.item_of(session, event_id=event_id)
        log_ = events.of_item(session, item_id=item_id or 0, viewer_id=None)
        event = next((e for e in log_ if e.id == event_id and e.kind in KINDS), None)
        if event is None:
            raise NotFound("decision", event_id)
        case = cases.get(session, case_id=case_of(event))
        check_undo(event, actor, about(session, case))
        UNDO[event.kind](session, actor, case, event)
        cases.refresh(session, case_ids=[case.id])
        return case.id


def check_undo(event: Event, actor: Person, log_: Sequence[Event]) -> None:
    """Refuse what cannot be taken back."""
    if event.undone_by is not None:
        raise Refused("That was undone already.")
    if event.kind == OWN and event.person_id != actor.id:
        raise Refused("Only its author can take back their own score.")
    later = [
        e.id
        for e in log_
        if e.id > event.id and e.undone_by is None and e.undoes is None and stands_on(e, event)
    ]
    if later:
        raise UndoBlocked(sorted(later))


def stands_on(later: Event, event: Event) -> bool:
    """Whether a later event of a case would be left without ground."""
    if event.kind == OWN:
        return later.person_id == event.person_id and later.kind != OWN
    return bool(later.patch.keys() & event.patch.keys())


def undo_decision(session: Session, actor: Person, case: Case, event: Event) -> None:
    """Put the decision back to what it was."""
    item, possible = worth(session, case)
    before = {name: event.patch[f"a/{case.id}/{name}"][0] for name in FIELDS}
    columns = {name: before[name] for name in FIELDS if name != "possible"}
    columns["reason"] = columns["reason"] or ""
    current = adjudications.of_case(session, case_id=case.id)
    group = uuid.uuid4().hex
    for flag_id, state in moved_flags(case, event):
        flag = flags.get(session, flag_id=flag_id)
        if flag.state != state:
            move_inside(session, actor=actor, flag=flag, state=state, group=group)
    write(
        session,
        actor,
        item,
        case,
        before["possible"] or possible,
        current.version if current else None,
        columns,
        undoes=event.id,
        group=group,
    )


def moved_flags(case: Case, event: Event) -> list[tuple[int, str]]:
    """The flags that a decision raised or took back, and what they become when it is undone."""
    before, after = event.patch[f"a/{case.id}/flag_id"]
    if before == after:
        return []
    found = [(after, "withdrawn")] if after else []
    return [*found, (before, "open")] if before else found


def undo_own(session: Session, actor: Person, case: Case, event: Event) -> None:
    """Take one's own score back, or give it again."""
    item, _ = worth(session, case)
    rater = rater_of(session, actor)
    old, new = event.patch[f"a/{case.id}/own"]
    possible = event.patch[f"a/{case.id}/possible"]
    if new is not None:
        scores.forget(session, case_ids=[case.id], rater_id=rater.id, purpose="judging")
    if old is not None:
        write_own(session, rater, case, old, possible[0], blind=False)
    changed = {"own": (new, old), "possible": possible[::-1], "blind": (None, False)}
    log(session, actor, item, case, OWN, changed, undoes=event.id)


def undo_reading(session: Session, actor: Person, case: Case, event: Event) -> None:
    """Let a reply be unread again, or read as it was."""
    item = items.get(session, item_id=case.item_id)
    path, (old, new) = next(iter(event.patch.items()))
    score = scores.get(session, score_id=int(path.rpartition("/")[2]))
    if score.awarded != new:
        raise StaleSave("the score", current={"awarded": score.awarded})
    scores.save(
        session,
        score_id=score.id,
        version=score.version,
        values={"awarded": old, "read_by": None if old is None else actor.id},
    )
    changed = {f"read/{score.id}": (new, old)}
    log(session, actor, item, case, READ, changed, undoes=event.id)


UNDO: Final = {DECIDED: undo_decision, OWN: undo_own, READ: undo_reading}
