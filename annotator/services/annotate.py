"""An annotator's work on one item: draft, verdict, note, flags, submitting.

Every save names what was shown: the annotation's ``version`` (0 where there is none yet), the
item's ``revision``, and the browser ``tab``. It is refused as stale when somebody else, or the
same person in another tab, has saved since; a tab is never stale against itself, because texts are
saved while other controls still hold the version before. ``save_id`` is made by the client, and a
repeated one changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from annotator.checks import Finding, check_item
from annotator.domain.changes import Patch
from annotator.domain.edits import apply_edits
from annotator.domain.items import JSON, ItemContent, flatten, unflatten
from annotator.domain.merging import choose, united_names
from annotator.domain.records import Annotation, Dataset, Flag, Item, Person, StoredFinding
from annotator.domain.vocabulary import VERDICTS
from annotator.errors import InvalidValue, NotFound, StaleSave
from annotator.services import guidelines, qualifying, seats
from annotator.services.access import needs
from annotator.services.checking import notes_of, recheck, relatives_of, subject_of, with_twins
from annotator.services.curating import reopen_if_different, revise
from annotator.services.drafts import (
    blank,
    checked_patch,
    content_of,
    last_curator,
    moved_by,
    reopened,
    state_of,
)
from annotator.services.guidelines import Notice
from annotator.services.proposed import proposals_of
from annotator.services.qualifying import Lesson
from annotator.services.saving import Shown, check_fresh, is_fresh, saved_before
from annotator.services.seats import Seat
from annotator.services.workspace import Workspace
from db import annotations as annotation_rows
from db import datasets, events, findings, flags, items
from db.engine import Session
from db.guidelines import number_in_force


@dataclass(frozen=True, slots=True)
class Desk:
    """An item as one annotator has it open.

    ``content`` is the draft, or the agreed state where there is no draft. ``moved_by`` names who
    changed the curation under the draft, None where nobody did. ``blind`` says that findings and
    others' flags are hidden until this person has submitted (see annotator.services.seats).
    ``lesson`` is the expected answer to a qualification item that this person has answered.
    """

    dataset: Dataset
    item: Item
    annotation: Annotation | None
    content: ItemContent
    findings: tuple[Finding, ...]
    dismissed: tuple[StoredFinding, ...]
    flags: tuple[Flag, ...]
    moved_by: str | None
    seat: Seat | None = None
    blind: bool = False
    guidelines: Notice | None = None
    lesson: Lesson | None = None

    @property
    def version(self) -> int:
        """The version a save has to name."""
        return self.annotation.version if self.annotation else 0

    @property
    def verdict(self) -> str | None:
        """The annotator's own verdict."""
        return self.annotation.verdict if self.annotation else None

    @property
    def note(self) -> str:
        """The annotator's own note."""
        return self.annotation.note if self.annotation else ""


@needs("look")
def open_item(workspace: Workspace, *, actor: Person, item_id: int) -> Desk:
    """Everything Annotate shows of an item; raises NotFound."""
    with workspace.database.reading() as session:
        item = items.get(session, item_id=item_id)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        annotation = annotation_rows.of(session, item_id=item_id, person_id=actor.id)
        stored = findings.of_item(session, item_id=item_id)
        raised = flags.of_item(session, item_id=item_id)
        seat = seats.seat_of(session, dataset, item_id, actor.id)
        shared, hidden = seats.is_shared(seat), seats.is_hidden(seat, item)
        content = content_of(item, annotation, shared=shared)
        moved = None if shared else moved_by(session, item, annotation)
        relatives = relatives_of(session, item_ids=[item_id])[item_id]
        (proposals,) = proposals_of(session, [content])
        notes = notes_of(session, [item], {dataset.id: dataset}).get(item_id, ())
        notice = guidelines.notice_for(session, dataset.id, actor.id)
        lesson = None
        if seat is not None and seat.purpose == "qualifying":
            lesson = qualifying.lesson_of(
                session, actor=actor, dataset=dataset, item=item, mine=annotation
            )
    dismissed = {f.fingerprint: f for f in stored if f.state == "dismissed"}
    subject = subject_of(
        item,
        rules=dataset.rules,
        content=content,
        notes=notes,
        relatives=relatives,
        proposals=proposals,
    )
    live = check_item(subject)
    said = {f.fingerprint for f in live}
    blind = hidden and not (annotation and annotation.status == "submitted")
    if blind:
        live = []
    return Desk(
        dataset=dataset,
        item=item,
        annotation=annotation,
        content=content,
        findings=tuple(f for f in live if f.fingerprint not in dismissed),
        dismissed=tuple(f for f in dismissed.values() if f.fingerprint in said),
        flags=tuple(
            f for f in raised if f.state != "withdrawn" and (f.person_id == actor.id or not hidden)
        ),
        moved_by=moved,
        seat=seat,
        blind=blind,
        guidelines=notice,
        lesson=lesson,
    )


# One write path: every change of an annotation goes through ``change``.


Step = Callable[[Item, Annotation, Dataset], Annotation]
"""From what stands to the annotation as it should be."""


@needs("annotate")
def change(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    shown: Shown,
    kind: str,
    step: Step,
    reason: str | None = None,
    by_field: bool = False,
) -> Annotation:
    """Apply a step to the actor's annotation, with its event, in one transaction.

    A step that changes nothing stores nothing.

    Args:
        by_field: the step itself compares the one field it writes, so versions do not count.

    Raises:
        StaleSave: see the module's docstring; nothing was written.
        InvalidValue: the step leads to what may not be stored.
        Refused: the save's id is another save's, or the item is not the actor's to work on.
        NotFound: no such item.
    """
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        annotation = annotation_rows.of(session, item_id=item_id, person_id=actor.id)
        if saved_before(session, actor, item_id, shown.save_id) and annotation:
            return annotation
        if not by_field:
            check_fresh(session, item, annotation, shown)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        shared = seats.is_shared(seats.hold(session, actor=actor, dataset=dataset, item=item))
        current = annotation or blank(item, actor)
        standing = reopened(current, item, shared=shared)
        made = step(item, standing, dataset)
        patch = checked_patch(standing, made, dataset)
        if not patch:
            return current
        annotation_id = write(session, dataset, annotation, made, shown)
        events.append(
            session,
            person_id=actor.id,
            kind=kind,
            patch=patch,
            dataset_id=dataset.id,
            item_id=item_id,
            annotation_id=annotation_id,
            numbers=united_names(standing.content, made.content),
            reason=reason,
            save_id=shown.save_id,
            private_to=actor.id,
        )
        items.touch(session, item_id=item_id, person_id=actor.id)
        return annotation_rows.get(session, annotation_id=annotation_id)


def write(
    session: Session,
    dataset: Dataset,
    stored: Annotation | None,
    made: Annotation,
    shown: Shown,
    **columns: Any,
) -> int:
    """Store an annotation's next version, or its first; returns its id.

    A tab that had not seen the version before does not become the one that wrote last: its other
    controls are still stale.
    """
    values = {
        "base_revision": made.base_revision,
        "state": flatten(made.content),
        "verdict": made.verdict,
        "note": made.note,
        "status": "draft",
        "guidelines": number_in_force(session, dataset_id=dataset.id),
        **columns,
    }
    if stored is None:
        return annotation_rows.add(
            session,
            item_id=made.item_id,
            person_id=made.person_id,
            tab=shown.tab,
            columns=values,
        )
    tab = shown.tab if is_fresh(stored, shown) else stored.tab
    if not annotation_rows.save(
        session, annotation_id=stored.id, version=stored.version, tab=tab, columns=values
    ):
        raise StaleSave("your draft", current=state_of(made))
    return stored.id


@needs("annotate")
def edit(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    shown: Shown,
    edits: Sequence[Mapping[str, JSON]],
    reason: str | None = None,
) -> Annotation:
    """Apply edits (``annotator.domain.edits``) to the actor's draft; see change for errors."""

    def step(item: Item, annotation: Annotation, dataset: Dataset) -> Annotation:
        return replace(annotation, content=apply_edits(annotation.content, edits))

    return change(
        workspace,
        actor=actor,
        item_id=item_id,
        shown=shown,
        kind="annotation.edited",
        step=step,
        reason=reason,
    )


@needs("annotate")
def set_verdict(
    workspace: Workspace, *, actor: Person, item_id: int, shown: Shown, verdict: str | None
) -> Annotation:
    """Set or clear the actor's verdict; see change for errors."""

    def step(item: Item, annotation: Annotation, dataset: Dataset) -> Annotation:
        return replace(annotation, verdict=verdict)

    return change(
        workspace,
        actor=actor,
        item_id=item_id,
        shown=shown,
        kind="annotation.verdict",
        step=step,
    )


@needs("annotate")
def save_text(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    shown: Shown,
    field: str,
    base: str,
    text: str,
) -> Annotation:
    """Save a text as it is typed: ``note``, ``instruction`` or ``component:<key>``.

    Args:
        base: what the field held when the typing began.

    Raises:
        StaleSave: the field holds neither ``base`` nor ``text``: somebody else wrote there.
    """
    path = text_path(field)

    def step(item: Item, annotation: Annotation, dataset: Dataset) -> Annotation:
        state = state_of(annotation)
        if path not in state:
            raise NotFound("component", field)
        if state[path] not in (base, text):
            current = {"text": state[path], "version": annotation.version}
            raise StaleSave(f"the {field}", current=current, by="another tab")
        state[path] = text
        return replace(annotation, content=unflatten(state), note=state["note"])

    return change(
        workspace,
        actor=actor,
        item_id=item_id,
        shown=shown,
        kind="annotation.text",
        step=step,
        by_field=True,
    )


def text_path(field: str) -> str:
    """The path of a text field's name."""
    if field in ("note", "instruction"):
        return field
    name, _, key = field.partition(":")
    if name == "component" and key and "/" not in key:
        return f"c/{key}/text"
    raise InvalidValue("field", f"must be note, instruction or component:<key>, not {field!r}")


@dataclass(frozen=True, slots=True)
class Submitted:
    """What submitting did: the annotation, and the revision the curation stands at now."""

    annotation: Annotation
    revision: int
    curated: bool


@needs("annotate")
def submit(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    shown: Shown,
    verdict: str | None = None,
) -> Submitted:
    """Hand in the actor's annotation; where one annotator per item is enough, that curates it.

    On a shared item it stands beside the others'; where the item was settled meanwhile, and this
    annotation says something else, the item is opened again.

    Raises:
        StaleSave: the draft changed in another tab, or the curation moved on under it.
        InvalidValue: there is no verdict, or no note that says why the item is dropped.
    """
    with workspace.database.writing() as session:
        item = items.get(session, item_id=item_id)
        annotation = annotation_rows.of(session, item_id=item_id, person_id=actor.id)
        if saved_before(session, actor, item_id, shown.save_id) and annotation:
            return Submitted(annotation, item.revision, item.verdict is not None)
        check_fresh(session, item, annotation, shown)
        dataset = datasets.get(session, dataset_id=item.dataset_id)
        shared = seats.is_shared(seats.hold(session, actor=actor, dataset=dataset, item=item))
        standing = reopened(annotation or blank(item, actor), item, shared=shared)
        standing = replace(standing, verdict=verdict or standing.verdict)
        if annotation and handed_in_already(annotation, standing, item, shared):
            seats.hand_in(session, actor=actor, dataset=dataset, item=item)
            qualifying.note_answer(
                session, actor=actor, dataset=dataset, item=item, given=annotation
            )
            return Submitted(annotation, item.revision, item.verdict is not None)
        check_ready(session, item, standing, shared)
        before = with_twins(session, item_ids=[item_id]) if changes(item, standing, shared) else []
        group = uuid.uuid4().hex
        annotation_id = hand_in(
            session, actor, dataset, item, annotation, standing, shown, group, shared=shared
        )
        seats.hand_in(session, actor=actor, dataset=dataset, item=item)
        qualifying.note_answer(session, actor=actor, dataset=dataset, item=item, given=standing)
        if shared:
            opened = reopen_if_different(
                session, actor=actor, item=item, opinion=standing, group=group
            )
            revision, curated = item.revision + opened, bool(item.verdict) and not opened
        else:
            revision, curated = curate(session, actor, item, standing, group), True
        if shared or not before:
            items.touch(session, item_id=item_id, person_id=actor.id)
        if before and standing.content == item.content:
            recheck(session, item_ids=before, form_only=True)
        elif before:
            recheck(session, item_ids=with_twins(session, item_ids=before))
        return Submitted(
            annotation_rows.get(session, annotation_id=annotation_id), revision, curated
        )


def changes(item: Item, standing: Annotation, shared: bool) -> bool:
    """Whether the checks may say something else once an annotation is handed in.

    They look at agreed content and at whether it is agreed. An annotation of a shared item changes
    neither, unless it opens what was settled.
    """
    if shared:
        return item.verdict is not None
    settles = item.verdict is None or "drop" in (standing.verdict, item.verdict)
    return settles or standing.content != item.content


def handed_in_already(
    annotation: Annotation, standing: Annotation, item: Item, shared: bool
) -> bool:
    """Whether submitting would say nothing new."""
    return (
        annotation.status == "submitted"
        and (shared or annotation.base_revision == item.revision)
        and annotation.verdict == standing.verdict
    )


def check_ready(session: Session, item: Item, standing: Annotation, shared: bool) -> None:
    """Refuse to hand in what is not finished; on a shared item everybody speaks for themselves."""
    if not shared and standing.base_revision != item.revision:
        current = flatten(item.content) | {"verdict": item.verdict}
        raise StaleSave("this item", current=current, by=last_curator(session, item.id))
    if standing.verdict not in VERDICTS:
        raise InvalidValue("verdict", "choose keep, fix or drop before submitting")
    if standing.verdict == "drop" and not standing.note.strip():
        raise InvalidValue("note", "say in the note why the item is dropped")


def hand_in(
    session: Session,
    actor: Person,
    dataset: Dataset,
    item: Item,
    stored: Annotation | None,
    standing: Annotation,
    shown: Shown,
    group: str,
    *,
    shared: bool,
) -> int:
    """Store the annotation as submitted; returns its id.

    One that curates its item has seen the revision that it makes.
    """
    annotation_id = write(
        session,
        dataset,
        stored,
        standing,
        shown,
        status="submitted",
        submitted_at=datetime.now(UTC),
        base_revision=standing.base_revision if shared else item.revision + 1,
    )
    patch: Patch = {"status": (stored.status if stored else None, "submitted")}
    verdict = stored.verdict if stored else None
    if verdict != standing.verdict:
        patch["verdict"] = (verdict, standing.verdict)
    events.append(
        session,
        person_id=actor.id,
        kind="annotation.submitted",
        patch=patch,
        dataset_id=dataset.id,
        item_id=item.id,
        annotation_id=annotation_id,
        reason=standing.note or None,
        group=group,
        save_id=shown.save_id,
        private_to=actor.id,
    )
    return annotation_id


def curate(session: Session, actor: Person, item: Item, standing: Annotation, group: str) -> int:
    """Make an annotation the agreed state: the next revision of the curation."""
    return revise(
        session,
        actor=actor,
        item=item,
        content=standing.content,
        kind="curation.revised",
        verdict=standing.verdict,
        reason=standing.note.strip() or None,
        group=group,
    )


@needs("annotate")
def take_sides(
    workspace: Workspace,
    *,
    actor: Person,
    item_id: int,
    shown: Shown,
    take_theirs: Sequence[str],
) -> Annotation:
    """Settle a draft against a curation that moved on: paths to take from it, the rest is mine.

    Raises:
        StaleSave: it moved on once more.
    """

    def step(item: Item, annotation: Annotation, dataset: Dataset) -> Annotation:
        if shown.revision != item.revision:
            raise StaleSave("this item", current=flatten(item.content))
        content = choose(annotation.content, item.content, take_theirs)
        return replace(annotation, content=content, base_revision=item.revision)

    return change(
        workspace,
        actor=actor,
        item_id=item_id,
        shown=shown,
        kind="annotation.rebased",
        step=step,
        reason="settled against the newer curation",
    )
