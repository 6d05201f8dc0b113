"""Settle what was found: the queue of findings and flags, one at a time or all of a kind.

What is decided here is decided on the agreed state: a mend makes the next revision of the item's
curation, and its verdict stays what it was; dropping sets the verdict.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from annotator.domain.changes import describe, difference, sentences
from annotator.domain.edits import apply_edits
from annotator.domain.items import JSON, check_change, flatten
from annotator.domain.merging import united_names
from annotator.domain.records import Dataset, Flag, Item, Person, StoredFinding
from annotator.domain.rights import may
from annotator.domain.vocabulary import STANDING
from annotator.errors import AnnotatorError, InvalidValue, StaleSave
from annotator.services import seats
from annotator.services.access import needs
from annotator.services.checking import recheck, with_twins
from annotator.services.curating import revise
from annotator.services.flagging import dismiss_stored, move_inside, settle_stored
from annotator.services.saving import saved_before
from annotator.services.workspace import Workspace
from db import datasets, events, findings, flags, items, queue
from db.engine import Session
from db.queue import Case, Wanted

__all__ = [
    "Case",
    "Effect",
    "Opened",
    "Wanted",
    "confirm",
    "dismiss",
    "drop",
    "kinds",
    "look",
    "mend",
    "preview",
    "settle_all",
]


ACTIONS: Final = ("mend", "dismiss", "drop")
NEED_A_REASON: Final = {
    "dismiss": "say why these are no faults",
    "drop": "say why these items are dropped",
}
EVERYTHING: Final = Wanted()
RELATED: Final = 2


@dataclass(frozen=True, slots=True)
class Opened:
    """A case with everything needed to decide it."""

    case: Case
    place: int
    total: int
    item: Item
    dataset: Dataset
    finding: StoredFinding | None
    flag: Flag | None
    author: str | None
    related: tuple[Item, ...] = ()
    """The first other items that a finding speaks of."""

    @property
    def message(self) -> str:
        """What is said to be wrong."""
        if self.finding:
            return self.finding.message
        assert self.flag is not None
        return f"{self.author} says: {self.flag.kind}" + (
            f", “{self.flag.note}”" if self.flag.note else ""
        )

    @property
    def component_keys(self) -> tuple[str, ...]:
        """The components it is about."""
        named = self.finding or self.flag
        assert named is not None
        return named.component_keys

    def span_in(self, place: str) -> tuple[int, int] | None:
        """The stretch of a text that a finding is about, in code points.

        Args:
            place: "instruction", or a component's key.
        """
        evidence = self.finding.evidence if self.finding else {}
        if "span" not in evidence or evidence.get("place", "instruction") != place:
            return None
        start, end = evidence["span"]
        return start, end

    @property
    def mends(self) -> tuple[Mapping[str, JSON], ...]:
        """The proposed mends of a finding."""
        return self.finding.mends if self.finding else ()


def look(
    workspace: Workspace,
    *,
    dataset_id: int,
    wanted: Wanted,
    place: int,
    actor: Person | None = None,
) -> Opened | None:
    """The case at a 0-based place of the queue, None where it is empty.

    Args:
        actor: who looks: findings of shared items are reviewers' until these are settled.
    """
    wanted = as_seen_by(actor, wanted)
    with workspace.database.reading() as session:
        found, total = queue.page(session, dataset_id=dataset_id, wanted=wanted, place=place)
        if not found:
            return None
        case = found[0]
        finding = findings.get(session, finding_id=case.id) if case.source == "finding" else None
        flag = flags.get(session, flag_id=case.id) if case.source == "flag" else None
        return Opened(
            case=case,
            place=max(0, min(place, total - 1)),
            total=total,
            item=items.get(session, item_id=case.item_id),
            dataset=datasets.get(session, dataset_id=dataset_id),
            finding=finding,
            flag=flag,
            author=queue.author(session, flag_id=case.id) if flag else None,
            related=related_to(session, dataset_id, finding),
        )


def related_to(
    session: Session, dataset_id: int, finding: StoredFinding | None
) -> tuple[Item, ...]:
    """The first other items that a finding speaks of, as they stand."""
    named = finding.evidence.get("related", []) if finding else []
    ids = [
        items.by_source_id(session, dataset_id=dataset_id, source_id=name)
        for name in named[:RELATED]
    ]
    return tuple(items.get_many(session, item_ids=[i for i in ids if i is not None]))


def as_seen_by(actor: Person | None, wanted: Wanted) -> Wanted:
    """What of the queue a person may see."""
    if actor is None or may(actor.role, "settle"):
        return wanted
    return replace(wanted, shared=False)


def kinds(
    workspace: Workspace, *, dataset_id: int, wanted: Wanted, actor: Person | None = None
) -> list[tuple[str, str, int]]:
    """What the queue holds: source, kind, how many; the gravest first. See look for ``actor``."""
    wanted = as_seen_by(actor, wanted)
    with workspace.database.reading() as session:
        return queue.kinds(session, dataset_id=dataset_id, wanted=wanted)


@needs("annotate")
def mend(
    workspace: Workspace,
    *,
    actor: Person,
    finding_id: int,
    revision: int,
    choice: int = 0,
    save_id: str | None = None,
) -> int:
    """Apply a finding's mend to the item's agreed state.

    Args:
        revision: the item's revision that was shown.
        choice: which of the mends, 0-based.

    Returns:
        The item's revision now.

    Raises:
        StaleSave: the item moved on, or the finding was settled meanwhile.
        InvalidValue: there is no such mend.
    """
    with workspace.database.writing() as session:
        finding = findings.get(session, finding_id=finding_id)
        item = items.get(session, item_id=finding.item_id)
        if saved_before(session, actor, item.id, save_id):
            return item.revision
        seats.refuse_unless_open(session, actor=actor, item=item)
        check_shown(item, revision, finding)
        twins = with_twins(session, item_ids=[item.id])
        now = apply_mend(session, actor, item, finding, choice, None, save_id)
        recheck(session, item_ids=with_twins(session, item_ids=twins))
        return now


def check_shown(item: Item, revision: int, finding: StoredFinding) -> None:
    """Refuse to act on what is no longer what was shown."""
    if item.revision != revision or finding.state not in STANDING:
        raise StaleSave("this item", current=flatten(item.content))


def apply_mend(
    session: Session,
    actor: Person,
    item: Item,
    finding: StoredFinding,
    choice: int,
    group: str | None,
    save_id: str | None,
) -> int:
    """Write the revision that a mend leads to."""
    if not 0 <= choice < len(finding.mends):
        raise InvalidValue("mend", f"this finding has {len(finding.mends)} mends")
    content = apply_edits(item.content, finding.mends[choice]["edits"])
    dataset = datasets.get(session, dataset_id=item.dataset_id)
    check_change(item.content, content, dataset.rules)
    return revise(
        session,
        actor=actor,
        item=item,
        content=content,
        kind="curation.mended",
        verdict=item.verdict,
        reason=item.reason,
        why=finding.message,
        group=group,
        save_id=save_id,
    )


@needs("annotate")
def drop(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    revision: int,
    reason: str,
    flag_id: int | None = None,
    finding_id: int | None = None,
    save_id: str | None = None,
) -> int:
    """Confirm that an item cannot be saved, and drop it.

    A flag that said so is resolved, a finding confirmed.

    Raises:
        InvalidValue: no reason is given.
        StaleSave: the item moved on.
    """
    if not reason.strip():
        raise InvalidValue("reason", "say why the item is dropped")
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        if saved_before(session, actor, item_id, save_id):
            return item.revision
        seats.refuse_unless_open(session, actor=actor, item=item)
        if item.revision != revision:
            raise StaleSave("this item", current=flatten(item.content))
        group = uuid.uuid4().hex
        now = drop_item(session, actor, item, reason, group, save_id)
        if finding_id is not None:
            stored = findings.get(session, finding_id=finding_id)
            if stored.state == "open":
                settle_stored(session, actor, item, stored, "confirmed", reason.strip(), group)
        if flag_id is not None:
            flag = flags.get(session, flag_id=flag_id)
            move_inside(
                session, actor=actor, flag=flag, state="resolved", reason=reason, group=group
            )
        recheck(session, item_ids=[item_id])
        return now


def drop_item(
    session: Session, actor: Person, item: Item, reason: str, group: str, save_id: str | None
) -> int:
    """Set an item's verdict to drop inside somebody's transaction."""
    return revise(
        session,
        actor=actor,
        item=item,
        content=item.content,
        kind="curation.dropped",
        verdict="drop",
        reason=reason.strip(),
        group=group,
        save_id=save_id,
    )


@needs("annotate")
def confirm(
    workspace: Workspace,
    *,
    actor: Person,
    finding_id: int,
    version: int,
    save_id: str | None = None,
) -> None:
    """Say that a finding is right, such as a model's proposal; it stays in the queue.

    Raises:
        StaleSave: it was settled meanwhile.
    """
    with workspace.database.writing() as session:
        finding = findings.get(session, finding_id=finding_id)
        if saved_before(session, actor, finding.item_id, save_id):
            return
        if finding.version != version or finding.state != "open":
            raise StaleSave("the finding", current={"state": finding.state})
        item = items.get(session, item_id=finding.item_id)
        seats.refuse_unless_open(session, actor=actor, item=item)
        settle_stored(session, actor, item, finding, "confirmed", None, save_id=save_id)
        items.touch(session, item_id=item.id, person_id=actor.id)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a bulk action would do to one item; ``refused`` says why it would not."""

    finding: StoredFinding
    item: Item
    said: str
    refused: str | None


def preview(
    workspace: Workspace,
    *,
    dataset_id: int,
    kind: str,
    action: str,
    wanted: Wanted = EVERYTHING,
    actor: Person | None = None,
    limit: int = 1000,
) -> list[Effect]:
    """What an action of ACTIONS would do to every open finding of a kind within the filters.

    Raises:
        InvalidValue: an unknown action.
    """
    if action not in ACTIONS:
        raise InvalidValue("action", f"must be one of {', '.join(ACTIONS)}, not {action!r}")
    with workspace.database.reading() as session:
        seen = as_seen_by(actor, wanted)
        ids = queue.open_of_kind(session, dataset_id=dataset_id, kind=kind, wanted=seen)
        return [effect(session, finding_id, action) for finding_id in ids[:limit]]


def effect(session: Session, finding_id: int, action: str) -> Effect:
    """What an action would do to one finding's item."""
    finding = findings.get(session, finding_id=finding_id)
    item = items.get(session, item_id=finding.item_id)
    if action == "dismiss":
        return Effect(finding, item, "dismissed", None)
    if action == "drop":
        return Effect(finding, item, "the item is dropped", None)
    if not finding.mends:
        return Effect(finding, item, "", "no mend is proposed")
    try:
        after = apply_edits(item.content, finding.mends[0]["edits"])
    except AnnotatorError as fault:
        return Effect(finding, item, "", str(fault))
    patch = difference(flatten(item.content), flatten(after))
    said = sentences(describe(patch, united_names(item.content, after)))
    return Effect(finding, item, said, None)


@needs("annotate")
def settle_all(
    workspace: Workspace,
    *,
    actor: Person,
    shown: Sequence[Effect],
    action: str,
    reason: str,
    save_id: str | None = None,
    group: str | None = None,
) -> dict[str, int]:
    """Do to all findings what a preview showed, in one transaction and one group of events.

    Findings whose item moved on since the preview are left alone and counted as ``moved``.

    Args:
        group: a name of the caller's for the group, by which it can be undone.

    Returns:
        Numbers of ``settled`` and ``moved``.

    Raises:
        InvalidValue: dismissing or dropping without a reason.
    """
    if action in NEED_A_REASON and not reason.strip():
        raise InvalidValue("reason", NEED_A_REASON[action])
    group = group or uuid.uuid4().hex
    counted = {"settled": 0, "moved": 0}
    with workspace.database.writing() as session:
        if events.by_save_id(session, save_id=save_id):
            return counted
        going = [effect for effect in shown if effect.refused is None]
        twins = with_twins(session, item_ids=[effect.item.id for effect in going])
        for one in going:
            finding = findings.get(session, finding_id=one.finding.id)
            item = items.get(session, item_id=one.item.id)
            seats.refuse_unless_open(session, actor=actor, item=item)
            if finding.state not in STANDING or item.revision != one.item.revision:
                counted["moved"] += 1
                continue
            first = save_id if not counted["settled"] else None
            if action == "mend":
                apply_mend(session, actor, item, finding, 0, group, first)
            elif action == "drop":
                drop_item(session, actor, item, reason, group, first)
                if finding.state == "open":
                    settle_stored(session, actor, item, finding, "confirmed", reason.strip(), group)
            else:
                dismiss_stored(
                    session,
                    actor=actor,
                    item=item,
                    stored=finding,
                    reason=reason,
                    group=group,
                    save_id=first,
                )
            counted["settled"] += 1
        recheck(session, item_ids=with_twins(session, item_ids=twins))
    return counted


@needs("annotate")
def dismiss(
    workspace: Workspace,
    *,
    actor: Person,
    finding_id: int,
    version: int,
    reason: str,
    save_id: str | None = None,
) -> None:
    """Say that a stored finding is no fault, and why.

    Raises:
        InvalidValue: no reason is given.
        StaleSave: it was settled meanwhile.
    """
    with workspace.database.writing() as session:
        finding = findings.get(session, finding_id=finding_id)
        if saved_before(session, actor, finding.item_id, save_id):
            return
        if finding.version != version or finding.state not in STANDING:
            raise StaleSave("the finding", current={"state": finding.state})
        item = items.get(session, item_id=finding.item_id)
        seats.refuse_unless_open(session, actor=actor, item=item)
        dismiss_stored(
            session, actor=actor, item=item, stored=finding, reason=reason, save_id=save_id
        )
        items.touch(session, item_id=item.id, person_id=actor.id)
