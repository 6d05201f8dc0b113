"""Curate a shared item: put its annotations side by side, choose, write, settle.

A reviewer's choices go into a draft of their own (db.settlements), which survives everything an
annotator's draft survives. Settling makes it the next revision of the curation, with its reason.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from annotator.domain.consensus import (
    Decision,
    Opinion,
    Part,
    Rule,
    align,
    check_verdict,
    decide,
    parts,
    take_part,
)
from annotator.domain.edits import apply_edits
from annotator.domain.items import JSON, ItemContent, check_change, check_text, flatten, unflatten
from annotator.domain.records import Dataset, Flag, Item, Person, StoredFinding
from annotator.domain.vocabulary import STANDING
from annotator.errors import InvalidValue, NotFound, Refused, StaleSave
from annotator.services.access import needs
from annotator.services.annotate import text_path
from annotator.services.checking import recheck, with_twins
from annotator.services.curating import revise
from annotator.services.drafts import LONGEST_NOTE
from annotator.services.saving import check_handle, saved_before
from annotator.services.workspace import Workspace
from db import datasets, events, findings, flags, items, opinions, people, places, placing
from db import settlements as rows
from db.engine import Session
from db.places import Seat
from db.placing import STAGES
from db.settlements import Settlement

__all__ = ["STAGES", "Case", "Effect", "Rule", "Settlement", "look", "open_case", "stages"]

OPEN_FLAGS = ("open", "confirmed")


@dataclass(frozen=True, slots=True)
class Case:
    """A shared item with everybody's word on it, and the reviewer's draft.

    ``opinions`` are aligned: a component that two people added in the same words has one key.
    ``waiting`` names those who have a place and have not submitted. ``before`` says that the item
    was settled earlier and a later annotation opened it again.
    """

    item: Item
    dataset: Dataset
    seat: Seat
    opinions: tuple[Opinion, ...]
    parts: tuple[Part, ...]
    flags: tuple[tuple[Flag, str], ...]
    findings: tuple[StoredFinding, ...]
    waiting: tuple[str, ...]
    draft: Settlement
    decision: Decision
    before: str | None


@needs("settle")
def stages(workspace: Workspace, *, actor: Person, dataset_id: int) -> dict[str, int]:
    """How many shared items stand where."""
    with workspace.database.reading() as session:
        return placing.stages(session, dataset_id=dataset_id)


@needs("settle")
def look(
    workspace: Workspace, *, actor: Person, dataset_id: int, stage: str, place: int
) -> Case | None:
    """The case at a 0-based place of a stage, None behind its end; raises InvalidValue."""
    with workspace.database.reading() as session:
        found = placing.of_stage(session, dataset_id=dataset_id, stage=stage, place=place)
    return open_case(workspace, actor=actor, item_id=found[0]) if found else None


@needs("settle")
def open_case(workspace: Workspace, *, actor: Person, item_id: int) -> Case:
    """Everything the Curate page shows of an item; raises NotFound, Refused for no shared one."""
    with workspace.database.reading() as session:
        item = items.get(session, item_id=item_id)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        seat = places.seat(session, item_id=item_id, person_id=actor.id)
        if seat is None:
            raise Refused("This item is in no queue, so there is nothing to compare.")
        given = opinions_of(session, item)
        raised = [
            flag for flag in flags.of_item(session, item_id=item_id) if flag.state != "withdrawn"
        ]
        known = placing.of_items(session, item_ids=[item_id]).get(item_id, [])
        names = {person.id: person.name for person in people.everyone(session)}
        return Case(
            item=item,
            dataset=dataset,
            seat=seat,
            opinions=tuple(given),
            parts=tuple(parts(item.content, given)) if given else (),
            flags=tuple((flag, names[flag.person_id]) for flag in raised),
            findings=tuple(
                f for f in findings.of_item(session, item_id=item_id) if f.state in STANDING
            ),
            waiting=tuple(names[p.person_id] for p in known if p.held and p.state != "submitted"),
            draft=draft_of(session, actor, item),
            decision=decision(session, Rule(), item, dataset, given),
            before=reopened_by(session, item),
        )


def opinions_of(session: Session, item: Item) -> list[Opinion]:
    """What annotators submitted of an item, aligned."""
    given = opinions.submitted(session, item_ids=[item.id]).get(item.id, [])
    return align(item.content, [one.opinion for one in given])


def decision(
    session: Session, rule: Rule, item: Item, dataset: Dataset, given: Sequence[Opinion]
) -> Decision:
    """What a rule says about an item."""
    raised = flags.of_item(session, item_id=item.id)
    open_ = sum(1 for flag in raised if flag.state in OPEN_FLAGS)
    return decide(rule, item.content, given, open_flags=open_, target=dataset.target)


def reopened_by(session: Session, item: Item) -> str | None:
    """Why an item that was settled is open again."""
    if item.verdict is not None or item.revision == 0:
        return None
    log = events.of_item(session, item_id=item.id, viewer_id=None)
    newest = next((e for e in log if e.kind.startswith("curation.")), None)
    if newest is None or newest.kind != "curation.reopened" or newest.undoes is not None:
        return None
    return newest.reason


# The reviewer's draft


def draft_of(session: Session, actor: Person, item: Item) -> Settlement:
    """The reviewer's draft, or one that nobody has stored yet: what stands, without a verdict."""
    found = rows.of(session, item_id=item.id, person_id=actor.id)
    if found is not None and found.base_revision == item.revision:
        return found
    return Settlement(
        item_id=item.id,
        person_id=actor.id,
        base_revision=item.revision,
        content=item.content,
        verdict=item.verdict,
        reason=item.reason or "",
        version=found.version if found else 0,
        updated_at=datetime.now(UTC),
    )


Step = Callable[[Settlement, Sequence[Opinion], Item], Settlement]
"""From a draft, the opinions and what stands, to the draft as it should be."""


@needs("settle")
def change(
    workspace: Workspace, *, actor: Person, item_id: int, version: int | None, step: Step
) -> Settlement:
    """Apply a step to the reviewer's draft.

    Args:
        version: the draft's version that was shown; None where the step compares its own field.

    Raises:
        StaleSave: the draft changed in another tab.
        InvalidValue: the step leads to what may not be stored.
    """
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        before = draft_of(session, actor, item)
        if version is not None and before.version != version:
            raise StaleSave("your draft", current={}, by="you, in another tab,")
        made = step(before, opinions_of(session, item), item)
        check_change(item.content, made.content, dataset.rules)
        check_text("reason", made.reason, empty=True)
        if len(made.reason) > LONGEST_NOTE:
            raise InvalidValue("reason", f"is longer than {LONGEST_NOTE:,} characters")
        if replace(made, updated_at=before.updated_at) == before:
            return before
        if not rows.save(session, made):
            raise StaleSave("your draft", current={})
        return draft_of(session, actor, item)


def by(given: Sequence[Opinion], person_id: int) -> Opinion:
    """One annotator's opinion; raises NotFound."""
    found = next((one for one in given if one.person_id == person_id), None)
    if found is None:
        raise NotFound("annotation of person", person_id)
    return found


@needs("settle")
def take_one(
    workspace: Workspace, *, actor: Person, item_id: int, version: int, person_id: int
) -> Settlement:
    """Take one annotator's whole opinion into the draft; see change for errors."""

    def step(draft: Settlement, given: Sequence[Opinion], item: Item) -> Settlement:
        one = by(given, person_id)
        reason = draft.reason or one.note
        return replace(draft, content=one.content, verdict=one.verdict, reason=reason)

    return change(workspace, actor=actor, item_id=item_id, version=version, step=step)


@needs("settle")
def take(
    workspace: Workspace, *, actor: Person, item_id: int, version: int, path: str, person_id: int
) -> Settlement:
    """Take one part of one annotator's opinion into the draft; see change for errors.

    Args:
        person_id: whose; 0 for what stands without any annotation.
    """

    def step(draft: Settlement, given: Sequence[Opinion], item: Item) -> Settlement:
        if person_id == 0:
            return replace(draft, content=take_part(draft.content, item.content, path))
        one = by(given, person_id)
        if path == "verdict":
            return replace(draft, verdict=one.verdict)
        return replace(draft, content=take_part(draft.content, one.content, path))

    return change(workspace, actor=actor, item_id=item_id, version=version, step=step)


@needs("settle")
def edit(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    version: int,
    edits: Sequence[Mapping[str, JSON]],
) -> Settlement:
    """Apply edits (annotator.domain.edits) to the draft; see change for errors."""

    def step(draft: Settlement, given: Sequence[Opinion], item: Item) -> Settlement:
        return replace(draft, content=apply_edits(draft.content, edits))

    return change(workspace, actor=actor, item_id=item_id, version=version, step=step)


@needs("settle")
def set_verdict(
    workspace: Workspace, *, actor: Person, item_id: int, version: int, verdict: str | None
) -> Settlement:
    """Set the draft's verdict; see change for errors."""

    def step(draft: Settlement, given: Sequence[Opinion], item: Item) -> Settlement:
        return replace(draft, verdict=verdict)

    return change(workspace, actor=actor, item_id=item_id, version=version, step=step)


@needs("settle")
def save_text(
    workspace: Workspace, *, actor: Person, item_id: int, field: str, base: str, text: str
) -> Settlement:
    """Save a text as it is typed: ``note`` (the reason), ``instruction`` or ``component:<key>``.

    Raises:
        StaleSave: the field holds neither ``base`` nor ``text``.
    """
    path = text_path(field)

    def step(draft: Settlement, given: Sequence[Opinion], item: Item) -> Settlement:
        state = flatten(draft.content) | {"note": draft.reason}
        if path not in state:
            raise NotFound("component", field)
        if state[path] not in (base, text):
            current = {"text": state[path], "version": draft.version}
            raise StaleSave(f"the {field}", current=current, by="another tab")
        state[path] = text
        return replace(draft, content=unflatten(state), reason=state["note"])

    return change(workspace, actor=actor, item_id=item_id, version=None, step=step)


@needs("settle")
def discard(workspace: Workspace, *, actor: Person, item_id: int) -> None:
    """Throw the reviewer's draft away."""
    with workspace.database.writing() as session:
        rows.forget(session, item_id=item_id, person_id=actor.id)


# Settling


@needs("settle")
def settle(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    version: int,
    revision: int,
    save_id: str | None = None,
) -> int:
    """Make the reviewer's draft the agreed state.

    Args:
        version: of the draft that was shown.
        revision: of the item that was shown.

    Returns:
        The item's revision now.

    Raises:
        InvalidValue: no verdict, or no reason where people differ or the item is dropped.
        StaleSave: the draft or the item moved on.
    """
    check_handle("save_id", save_id or "")
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        if saved_before(session, actor, item_id, save_id):
            return item.revision
        draft = draft_of(session, actor, item)
        if item.revision != revision or draft.version != version:
            raise StaleSave("this item", current=flatten(item.content))
        given = opinions_of(session, item)
        verdict = check_verdict(draft.verdict, draft.reason)
        if not draft.reason.strip() and not agreed(given, verdict, draft.content):
            raise InvalidValue("reason", "people differ: say why it is settled like this")
        now = write(
            session, actor, item, verdict, draft.content, draft.reason.strip(), save_id=save_id
        )
        rows.forget(session, item_id=item_id, person_id=actor.id)
        return now


def agreed(given: Sequence[Opinion], verdict: str, content: ItemContent) -> bool:
    """Whether everybody says what is being settled."""
    return bool(given) and all(
        one.verdict == verdict and flatten(one.content) == flatten(content) for one in given
    )


def write(
    session: Session,
    actor: Person,
    item: Item,
    verdict: str,
    content: ItemContent,
    reason: str,
    *,
    group: str | None = None,
    save_id: str | None = None,
) -> int:
    """Write the revision, and bring the item's summary and findings up to date."""
    twins = with_twins(session, item_ids=[item.id])
    now = revise(
        session,
        actor=actor,
        item=item,
        content=content,
        kind="curation.settled",
        verdict=verdict,
        reason=reason or None,
        group=group,
        save_id=save_id,
    )
    items.touch(session, item_id=item.id, person_id=actor.id)
    recheck(session, item_ids=with_twins(session, item_ids=twins))
    return now


@dataclass(frozen=True, slots=True)
class Effect:
    """What a rule would do to one item."""

    item: Item
    decision: Decision
    people: tuple[str, ...]


@needs("settle")
def preview(
    workspace: Workspace, *, actor: Person, dataset_id: int, rule: Rule, limit: int = 2_000
) -> list[Effect]:
    """What a rule would settle, and why it would leave the others to a reviewer."""
    with workspace.database.reading() as session:
        dataset = datasets.get(session, dataset_id=dataset_id)
        ids: list[int] = []
        for stage in ("agreeing", "differing"):
            ids += placing.of_stage(session, dataset_id=dataset_id, stage=stage, limit=limit)
        found = []
        for item in items.get_many(session, item_ids=ids[:limit]):
            given = opinions_of(session, item)
            made = decision(session, rule, item, dataset, given)
            found.append(Effect(item, made, tuple(one.person for one in given)))
    return found


@needs("settle")
def settle_by_rule(
    workspace: Workspace,
    *,
    actor: Person,
    shown: Sequence[Effect],
    rule: Rule,
    group: str | None = None,
    save_id: str | None = None,
) -> dict[str, int]:
    """Settle what a preview showed, in one transaction and one group of events.

    Args:
        group: a handle by which history.undo_group takes all of it back.

    Items that moved on since, or on which the rule says something else now, are left alone.

    Returns:
        Numbers of ``settled`` and ``moved``.
    """
    group = group or uuid.uuid4().hex
    counted = {"settled": 0, "moved": 0}
    with workspace.database.writing() as session:
        if events.by_save_id(session, save_id=save_id):
            return counted
        for one in (effect for effect in shown if effect.decision.verdict):
            item = items.get(session, item_id=one.item.id)
            dataset = datasets.get(session, dataset_id=item.dataset_id)
            made = decision(session, rule, item, dataset, opinions_of(session, item))
            if item.revision != one.item.revision or made != one.decision:
                counted["moved"] += 1
                continue
            assert made.verdict is not None and made.content is not None
            why = f"by rule: {made.why}"
            first = save_id if not counted["settled"] else None
            write(session, actor, item, made.verdict, made.content, why, group=group, save_id=first)
            counted["settled"] += 1
    return counted
