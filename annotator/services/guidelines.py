"""Guidelines of a dataset: written in versions, announced, read; with examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from annotator.domain.changes import describe, difference, sentences
from annotator.domain.items import check_text, flatten
from annotator.domain.merging import rekey, united_names
from annotator.domain.records import Person
from annotator.errors import InvalidValue, NotFound, StaleSave
from annotator.services.access import needs
from annotator.services.readers import reader_of
from annotator.services.workspace import Workspace
from db import datasets, events, items, members
from db import guidelines as rows
from db.engine import Session
from db.guidelines import Guidelines

__all__ = ["Example", "Guidelines", "Notice", "Reading", "mark_read", "read", "versions", "write"]

LONGEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Notice:
    """What a person is told of the guidelines in force; ``read`` is what they read last, 0 none."""

    number: int
    note: str
    read: int

    @property
    def new(self) -> bool:
        """Whether they have not read this version yet."""
        return self.read < self.number


@dataclass(frozen=True, slots=True)
class Example:
    """An item of the source with its known answer: verdict, what it changes in words, and why."""

    item_id: int
    source_id: str
    image: str | None
    instruction: str
    verdict: str
    changes: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The guidelines in force, None where there are none, and the examples."""

    guidelines: Guidelines | None
    examples: tuple[Example, ...]


@needs("change settings")
def write(
    workspace: Workspace, *, actor: Person, dataset_id: int, after: int, text: str, note: str = ""
) -> Guidelines:
    """Write the next version of a dataset's guidelines; those before stay as they are.

    Args:
        after: the number of the version that was shown, 0 for none.
        text: Markdown.
        note: what changed, for who knows the version before.

    Raises:
        InvalidValue: no text, or too much, or the same text again.
        StaleSave: somebody wrote a version since.
    """
    check_text("guidelines", text)
    check_text("what changed", note, empty=True)
    if len(text) > LONGEST:
        raise InvalidValue("guidelines", f"are longer than {LONGEST:,} characters")
    with workspace.database.writing() as session:
        datasets.get(session, dataset_id=dataset_id)
        stands = rows.newest(session, dataset_id=dataset_id)
        number = stands.number if stands else 0
        if number != after:
            by = stands.author if stands else None
            raise StaleSave("the guidelines", current={"number": number}, by=by)
        if stands and stands.text == text:
            raise InvalidValue("guidelines", f"are the same as version {number}")
        made = rows.write(
            session,
            dataset_id=dataset_id,
            number=number + 1,
            text=text,
            note=note.strip(),
            by=actor.id,
        )
        events.append(
            session,
            person_id=actor.id,
            kind="guidelines.written",
            patch={"number": (number or None, made.number)},
            dataset_id=dataset_id,
            reason=note.strip() or None,
        )
        return made


@needs("look")
def read(workspace: Workspace, *, actor: Person, dataset_id: int) -> Reading:
    """The guidelines in force with their examples."""
    with workspace.database.reading() as session:
        found = rows.newest(session, dataset_id=dataset_id)
        return Reading(found, tuple(examples(session, dataset_id)))


def examples(session: Session, dataset_id: int) -> list[Example]:
    """The items that are examples, in the order of the source, as the source has them."""
    known = {
        item_id: one
        for item_id, one in members.golds(session, dataset_id=dataset_id).items()
        if one.purpose == "example"
    }
    if not known:
        return []
    wanted = items.get_many(session, item_ids=list(known))
    texts = datasets.record_texts(session, record_ids=[one.source_record_id for one in wanted])
    reader = reader_of(datasets.get(session, dataset_id=dataset_id))
    found = []
    for item in wanted:
        answer = known[item.id]
        # Of a settled item the present content has the answer's changes already.
        source = rekey(answer.content, reader.read_record(texts[item.source_record_id]).content)
        numbers = united_names(source, answer.content)
        patch = difference(flatten(source), flatten(answer.content))
        found.append(
            Example(
                item_id=item.id,
                source_id=item.source_id,
                image=item.image.sha256 if item.image else None,
                instruction=source.instruction,
                verdict=answer.verdict,
                changes=sentences(describe(patch, numbers)),
                why=answer.note,
            )
        )
    return found


@needs("look")
def versions(workspace: Workspace, *, actor: Person, dataset_id: int) -> list[Guidelines]:
    """Every version, newest first."""
    with workspace.database.reading() as session:
        return rows.versions(session, dataset_id=dataset_id)


@needs("look")
def mark_read(workspace: Workspace, *, actor: Person, dataset_id: int, number: int) -> None:
    """Note that the actor has read a version; raises NotFound where there is none such."""
    with workspace.database.writing() as session:
        if not 1 <= number <= (rows.number_in_force(session, dataset_id=dataset_id) or 0):
            raise NotFound("version of the guidelines", number)
        rows.mark_read(session, dataset_id=dataset_id, person_id=actor.id, number=number)


def notice_for(session: Session, dataset_id: int, person_id: int) -> Notice | None:
    """What a person is told of the guidelines in force, None where there are none."""
    found = rows.newest(session, dataset_id=dataset_id)
    if found is None:
        return None
    known = rows.read_by(session, dataset_id=dataset_id, person_id=person_id)
    return Notice(found.number, found.note, known)
