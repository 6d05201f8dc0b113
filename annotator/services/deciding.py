"""What a person says of a case: their own score, the final one, a fault of the component.

Each is state and event in one transaction, over the version that was shown, and can be taken back
(``annotator.services.retracting``).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from annotator.domain.effects import Effect, effect
from annotator.domain.items import JSON, check_text
from annotator.domain.judging import ACCEPTED, OUTCOMES, WHOLE, Case, Rater, share
from annotator.domain.records import Item, Person
from annotator.domain.vocabulary import FLAG_KINDS
from annotator.errors import InvalidValue, Refused
from annotator.services.access import needs
from annotator.services.adjudicating import DECIDED, OWN, READ
from annotator.services.flagging import raise_inside
from annotator.services.saving import check_handle, saved_before
from annotator.services.scoring import weight_of
from annotator.services.workspace import Workspace
from db import adjudications, cases, effects, events, items, raters, scores
from db.engine import Session

FIELDS: Final = ("outcome", "awarded", "possible", "accepted", "rater_id", "flag_id", "reason")
"""What a decision's event tells of it."""


def rater_of(session: Session, actor: Person) -> Rater:
    """The rater that a person is."""
    kind = "annotator" if actor.role == "annotator" else "reviewer"
    return raters.ensure(session, kind=kind, name=actor.name, person_id=actor.id)


def check_awarded(awarded: float, possible: float) -> None:
    """Refuse a score outside the component's worth."""
    if not 0 <= awarded <= possible:
        raise InvalidValue("score", f"must be from 0 to {possible:g}, not {awarded:g}")


def worth(session: Session, case: Case) -> tuple[Item, float]:
    """A case's item, and what its component is worth now.

    Raises:
        Refused: the item no longer has the component.
    """
    item = items.get(session, item_id=case.item_id)
    if case.component_key == WHOLE:
        return item, 1.0
    component = next((c for c in item.content.components if c.key == case.component_key), None)
    if component is None:
        raise Refused("The item no longer has this component.")
    return item, float(weight_of(component))


@needs("settle")
def score_own(
    workspace: Workspace,
    *,
    actor: Person,
    case_id: int,
    awarded: float,
    save_id: str | None = None,
) -> None:
    """Give one's own score, before anything others said is shown.

    Raises:
        InvalidValue: it is outside the component's worth.
        Refused: there is one already.
    """
    check_handle("save_id", save_id or "")
    with workspace.database.writing() as session:
        case = cases.get(session, case_id=case_id)
        if saved_before(session, actor, case.item_id, save_id):
            return
        item, possible = worth(session, case)
        check_awarded(awarded, possible)
        rater = rater_of(session, actor)
        if scores.of_rater(session, case_ids=[case_id], rater_id=rater.id, purpose="judging"):
            raise Refused("You have scored this already; undo that first.")
        blind = not shown_before(session, actor, case)
        write_own(session, rater, case, awarded, possible, blind)
        log(
            session,
            actor,
            item,
            case,
            OWN,
            {"own": (None, awarded), "possible": (None, possible), "blind": (None, blind)},
            save_id=save_id,
        )


def shown_before(session: Session, actor: Person, case: Case) -> bool:
    """Whether a person has seen what others said of a case, and took their score back."""
    path = f"a/{case.id}/own"
    log = events.of_item(session, item_id=case.item_id, viewer_id=actor.id)
    return any(event.person_id == actor.id and path in event.patch for event in log)


def write_own(
    session: Session, rater: Rater, case: Case, awarded: float, possible: float, blind: bool
) -> None:
    """Store one's own score."""
    scores.insert_many(
        session,
        rows=[
            {
                "dataset_id": case.dataset_id,
                "case_id": case.id,
                "rater_id": rater.id,
                "purpose": "judging",
                "awarded": awarded,
                "possible": possible,
                "evidence": {"blind": blind},
                "at": datetime.now(UTC),
            }
        ],
    )
    cases.refresh(session, case_ids=[case.id])


def log(
    session: Session,
    actor: Person,
    item: Item,
    case: Case,
    kind: str,
    changed: Mapping[str, tuple[JSON, JSON]],
    *,
    reason: str | None = None,
    undoes: int | None = None,
    group: str | None = None,
    save_id: str | None = None,
) -> int:
    """Write one event about a case."""
    numbers = {c.key: n for n, c in enumerate(item.content.components, 1)}
    return events.append(
        session,
        person_id=actor.id,
        kind=kind,
        patch={f"a/{case.id}/{name}": pair for name, pair in changed.items()},
        dataset_id=case.dataset_id,
        item_id=case.item_id,
        numbers={k: n for k, n in numbers.items() if k == case.component_key},
        reason=reason,
        undoes=undoes,
        group=group,
        save_id=save_id,
    )


@needs("settle")
def decide(
    workspace: Workspace,
    *,
    actor: Person,
    case_id: int,
    version: int | None,
    outcome: str,
    awarded: float | None = None,
    accepted: str | None = None,
    rater_id: int | None = None,
    reason: str = "",
    save_id: str | None = None,
) -> Effect:
    """Say the final word on a case.

    Args:
        version: of the decision that was shown, None where there was none.
        outcome: ``score`` with ``awarded``, or ``undecidable``; a fault of the component is said
            with ``flag_component``.
        accepted: whose score it is (``own``, ``judge``, ``verifier``, ``other``), with the
            ``rater_id`` of a judge.

    Returns:
        What it did to the models' means and ranks.

    Raises:
        InvalidValue: no such outcome or score, or a verifier is overruled without a reason.
        StaleSave: somebody decided it meanwhile.
        Refused: one's own score is not in yet, or somebody else has the case.
    """
    check_handle("save_id", save_id or "")
    check_text("reason", reason, empty=True)
    if outcome not in OUTCOMES[:2]:
        raise InvalidValue("outcome", f"must be score or undecidable, not {outcome!r}")
    columns: dict[str, Any] = {
        "outcome": outcome,
        "awarded": awarded,
        "accepted": accepted,
        "rater_id": rater_id,
        "flag_id": None,
        "reason": reason.strip(),
    }
    with workspace.database.writing() as session:
        case = cases.get(session, case_id=case_id)
        if saved_before(session, actor, case.item_id, save_id):
            return unchanged(session, case)
        item, possible = worth(session, case)
        check_decision(session, actor, case, possible, columns)
        return write(session, actor, item, case, possible, version, columns, save_id=save_id)


def check_decision(
    session: Session, actor: Person, case: Case, possible: float, columns: Mapping[str, Any]
) -> None:
    """Refuse a decision that may not be made."""
    if columns["outcome"] == "score":
        if columns["awarded"] is None or columns["accepted"] not in ACCEPTED:
            raise InvalidValue("score", "a final score needs its points and whose they are")
        check_awarded(columns["awarded"], possible)
    elif columns["awarded"] is not None:
        raise InvalidValue("score", "what is undecidable has no points")
    check_seat(session, actor, case)
    final = share(columns["awarded"], possible)
    if overrules(case, final) and not columns["reason"]:
        raise InvalidValue("reason", "say why, against what the rules found")


def check_seat(session: Session, actor: Person, case: Case) -> None:
    """Refuse who has not scored it themselves, or whom somebody else precedes."""
    if not scores.given_by(session, case_id=case.id, person_id=actor.id):
        raise Refused("Give your own score first.")
    other = adjudications.holder(session, case_id=case.id, person_id=actor.id)
    if other is not None:
        raise Refused(f"{other} is deciding this; go on with the next.")


def overrules(case: Case, final: float | None) -> bool:
    """Whether a final share (None where there is none) is not what the verifier says."""
    said = case.verifier_share
    return said is not None and (final is None or abs(said - final) > 1e-9)


def write(
    session: Session,
    actor: Person,
    item: Item,
    case: Case,
    possible: float,
    version: int | None,
    columns: Mapping[str, Any],
    *,
    kind: str = DECIDED,
    undoes: int | None = None,
    group: str | None = None,
    save_id: str | None = None,
) -> Effect:
    """Store a decision with its event; returns what it did."""
    old = effects.now(session, dataset_id=case.dataset_id)
    before, saved = adjudications.save(
        session,
        dataset_id=case.dataset_id,
        case_id=case.id,
        version=version,
        possible=possible,
        person_id=actor.id,
        **columns,
    )
    cases.refresh(session, case_ids=[case.id])
    adjudications.give_back(session, person_id=actor.id, case_id=case.id)
    event_id = log(
        session,
        actor,
        item,
        case,
        kind,
        {
            name: (getattr(before, name) if before else None, getattr(saved, name))
            for name in FIELDS
        },
        reason=saved.reason or None,
        undoes=undoes,
        group=group,
        save_id=save_id,
    )
    return effects.store(session, event_id=event_id, dataset_id=case.dataset_id, before=old)


def unchanged(session: Session, case: Case) -> Effect:
    """The effect of a save that was stored before."""
    stands = effects.now(session, dataset_id=case.dataset_id)
    return effect(stands, stands)


@needs("settle")
def flag_component(
    workspace: Workspace,
    *,
    actor: Person,
    case_id: int,
    version: int | None,
    kind: str,
    note: str,
    save_id: str | None = None,
) -> Effect:
    """Say that not the response but the component is at fault: a flag, and no final score.

    Raises:
        InvalidValue: an unknown kind, a conflict (which needs two components), or no note.
        StaleSave: somebody decided it meanwhile.
        Refused: one's own score is not in yet, or somebody else has the case.
    """
    check_handle("save_id", save_id or "")
    check_text("note", note)
    if kind not in FLAG_KINDS or kind == "conflict":
        raise InvalidValue("flag", "must be a kind that is about one component")
    with workspace.database.writing() as session:
        case = cases.get(session, case_id=case_id)
        if saved_before(session, actor, case.item_id, save_id):
            return unchanged(session, case)
        item, possible = worth(session, case)
        check_seat(session, actor, case)
        group = uuid.uuid4().hex
        flag = raise_inside(
            session,
            actor=actor,
            item=item,
            content=item.content,
            kind=kind,
            keys=(case.component_key,) if case.component_key else (),
            note=note.strip(),
            group=group,
        )
        columns = {
            "outcome": "flagged",
            "awarded": None,
            "accepted": None,
            "rater_id": None,
            "flag_id": flag.id,
            "reason": note.strip(),
        }
        return write(
            session, actor, item, case, possible, version, columns, group=group, save_id=save_id
        )


@needs("settle")
def read_score(
    workspace: Workspace,
    *,
    actor: Person,
    score_id: int,
    version: int,
    awarded: float,
    save_id: str | None = None,
) -> None:
    """Read, as a person, what a judge gave in words that code could not read.

    Raises:
        InvalidValue: outside what was possible.
        Refused: code has read it, it is empty or no judge's, or one's own score is not in yet.
        StaleSave: somebody read it meanwhile.
    """
    check_handle("save_id", save_id or "")
    with workspace.database.writing() as session:
        score = scores.get(session, score_id=score_id)
        case = cases.get(session, case_id=score.case_id)
        if saved_before(session, actor, case.item_id, save_id):
            return
        if score.reply_id is None or score.reason is None:
            raise Refused("Only what code could not read in a reply is read by a person.")
        if not scores.replies(session, reply_ids=[score.reply_id])[score.reply_id].text.strip():
            raise Refused("The reply is empty: there is nothing to read in it.")
        check_awarded(awarded, score.possible)
        check_seat(session, actor, case)
        scores.save(
            session,
            score_id=score_id,
            version=version,
            values={"awarded": awarded, "read_by": actor.id},
        )
        cases.refresh(session, case_ids=[case.id])
        item = items.get(session, item_id=case.item_id)
        path = f"read/{score_id}"
        log(session, actor, item, case, READ, {path: (score.awarded, awarded)}, save_id=save_id)
