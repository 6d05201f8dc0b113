"""Import models' answers: whole or not at all, the same file again changing nothing.

An answer that something was said about never changes: another text for the same item and model is
refused with the rows that differ. Only an error is filled in by a later answer.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from annotator.domain.judging import Response, hash_of_prompt
from annotator.domain.records import Dataset, Person
from annotator.errors import InputError, NotFound
from annotator.formats.answers import Answer, read_answers
from annotator.formats.source import Source
from annotator.services.access import needs
from annotator.services.collector import collector_paused
from annotator.services.locating import locator_of
from annotator.services.verifying import verify_items
from annotator.services.workspace import Progress, Workspace, no_progress
from db import cases, datasets, events, items, responses
from db.engine import Session

LISTED: Final = 20
CHUNK: Final = 200


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows; ``unmatched`` and ``differing`` list rows and reasons."""

    file: str
    dataset: str
    format: str = ""
    rows: int = 0
    new: int = 0
    filled: int = 0
    unchanged: int = 0
    models: dict[str, int] = field(default_factory=dict)
    unmatched: list[dict[str, str]] = field(default_factory=list)
    differing: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Matched:
    """A row and the item it is about."""

    item_id: int
    answer: Answer


Key = tuple[int, str, str]
"""Item, model and variant: what tells responses apart."""


def key_of(one: Matched) -> Key:
    """What tells a row's response from others."""
    return one.item_id, one.answer.model, one.answer.variant


@needs("import")
@collector_paused()
def import_answers(
    workspace: Workspace,
    *,
    actor: Person,
    dataset: str,
    file: str,
    data: bytes,
    model: str | None = None,
    run: int | None = None,
    mapping: Mapping[str, str] | None = None,
    skip_unmatched: bool = False,
    progress: Progress = no_progress,
) -> Outcome:
    """Import a file of models' answers to a dataset's items.

    Args:
        model: the model's name, over what the file says.
        run: which of the model's answers to each prompt these are, likewise.
        mapping: our field to the file's column (see ``annotator.formats.answers.FIELDS``).
        skip_unmatched: leave rows out that match no item, instead of refusing the file.

    Raises:
        NotFound: no such dataset.
        InputError: the file is broken, rows match no item, or say something else than what is
            there; nothing was imported.
    """
    form, answers = read_answers(Source(file, data=data), mapping=mapping, model=model, run=run)
    sha256 = hashlib.sha256(data).hexdigest()
    outcome = Outcome(file, dataset, form, rows=len(answers))
    progress(0, len(answers), "matching")
    with workspace.database.writing() as session:
        target = datasets.by_name(session, name=dataset)
        if target is None:
            raise NotFound("dataset", dataset)
        matched = match(session, target, answers, outcome)
        if outcome.unmatched and not skip_unmatched:
            raise unmatched_error(outcome)
        changed = store(session, actor, target, matched, outcome, sha256)
    apply_rules(workspace, changed, progress)
    return outcome


def apply_rules(workspace: Workspace, item_ids: Sequence[int], progress: Progress) -> None:
    """Let the rules score the responses of items, a few at a time."""
    for start in range(0, len(item_ids), CHUNK):
        progress(start, len(item_ids), "applying rules")
        with workspace.database.writing() as session:
            verify_items(session, item_ids=item_ids[start : start + CHUNK])
    progress(len(item_ids), len(item_ids), "stored")


def match(
    session: Session, dataset: Dataset, answers: Sequence[Answer], outcome: Outcome
) -> list[Matched]:
    """The rows that surely belong to an item; the others are listed."""
    locator = locator_of(session, dataset_id=dataset.id)
    found: list[Matched] = []
    for answer in answers:
        place = locator.find(answer.clues)
        if isinstance(place, str):
            outcome.unmatched.append({"row": answer.place, "reason": place})
        else:
            found.append(Matched(place, answer))
    return without_unknown_variants(session, found, outcome)


def without_unknown_variants(
    session: Session, matched: Sequence[Matched], outcome: Outcome
) -> list[Matched]:
    """The rows whose left-out component the item has."""
    wanted = {one.item_id for one in matched if one.answer.variant}
    keys = {
        item.id: {component.key for component in item.content.components}
        for item in items.get_many(session, item_ids=sorted(wanted))
    }
    found = []
    for one in matched:
        if one.answer.variant and one.answer.variant not in keys[one.item_id]:
            reason = f"its item has no component {one.answer.variant!r} that was left out"
            outcome.unmatched.append({"row": one.answer.place, "reason": reason})
        else:
            found.append(one)
    return found


def unmatched_error(outcome: Outcome) -> InputError:
    """The refusal that lists the rows which match no item."""
    return InputError(
        f"{len(outcome.unmatched)} of {outcome.rows} rows match no item; nothing was imported.\n"
        + listed(outcome.unmatched),
        file=outcome.file,
        mend="Mend them, or leave them out with --skip-unmatched.",
    )


def listed(rows: Sequence[Mapping[str, str]]) -> str:
    """The first rows with their reasons, one a line."""
    lines = [f"  {row['row']}: {row['reason']}" for row in rows[:LISTED]]
    if len(rows) > LISTED:
        lines.append(f"  … and {len(rows) - LISTED} more")
    return "\n".join(lines) + "\n"


def store(
    session: Session,
    actor: Person,
    dataset: Dataset,
    matched: Sequence[Matched],
    outcome: Outcome,
    sha256: str,
) -> list[int]:
    """Write what is new, in the caller's transaction; returns the items with new answers."""
    item_ids = sorted({one.item_id for one in matched})
    known = {
        (r.item_id, r.model, r.variant): r for r in responses.of_items(session, item_ids=item_ids)
    }
    fresh, filled = sort_out(matched, known, outcome)
    if outcome.differing:
        raise InputError(
            f"{len(outcome.differing)} rows say something else than what is there; nothing was "
            f"imported.\n{listed(outcome.differing)}",
            file=outcome.file,
            mend="Answers never change once they are in: import them under another --model name.",
        )
    if not fresh and not filled:
        return []
    file_id = responses.add_file(
        session,
        dataset_id=dataset.id,
        kind="responses",
        name=outcome.file,
        sha256=sha256,
        format=outcome.format,
        records=outcome.rows,
        person_id=actor.id,
    )
    responses.insert_many(session, rows=[columns(one, dataset, file_id) for one in fresh])
    for one, response in filled:
        responses.fill_in(
            session,
            response_id=response.id,
            text=one.answer.text or "",
            file_id=file_id,
            row=one.answer.position,
            prompt_sha256=hash_of_prompt(one.answer.clues.prompt),
        )
    changed = sorted({one.item_id for one in fresh} | {one.item_id for one, _ in filled})
    cases.ensure(session, item_ids=changed)
    note(session, actor, dataset, outcome, sha256)
    return changed


def sort_out(
    matched: Sequence[Matched], known: Mapping[Key, Response], outcome: Outcome
) -> tuple[list[Matched], list[tuple[Matched, Response]]]:
    """The rows that are new, and those that fill in an error; the others are counted."""
    fresh: dict[Key, Matched] = {}
    filled: dict[Key, tuple[Matched, Response]] = {}
    for one in matched:
        key, answer = key_of(one), one.answer
        there = known.get(key)
        twice = fresh.get(key) or (filled[key][0] if key in filled else None)
        if twice is not None:
            if twice.answer.text != answer.text:
                differ(outcome, one, f"{twice.answer.place} of this file")
        elif there is None:
            fresh[key] = one
        elif there.text == answer.text or answer.text is None:
            outcome.unchanged += 1
        elif there.text is None:
            filled[key] = one, there
        else:
            differ(outcome, one, f"what {answer.model} answered there already")
    outcome.new, outcome.filled = len(fresh), len(filled)
    counted = Counter(one.answer.model for one in fresh.values())
    outcome.models = dict(sorted(counted.items()))
    return list(fresh.values()), list(filled.values())


def differ(outcome: Outcome, one: Matched, other: str) -> None:
    """List a row that says something else."""
    outcome.differing.append({"row": one.answer.place, "reason": f"differs from {other}"})


def columns(one: Matched, dataset: Dataset, file_id: int) -> dict[str, Any]:
    """A new response as column values."""
    return {
        "dataset_id": dataset.id,
        "item_id": one.item_id,
        "model": one.answer.model,
        "variant": one.answer.variant,
        "text": one.answer.text,
        "error": one.answer.error,
        "tokens": one.answer.tokens,
        "file_id": file_id,
        "row": one.answer.position,
        "prompt_sha256": hash_of_prompt(one.answer.clues.prompt),
    }


def note(session: Session, actor: Person, dataset: Dataset, outcome: Outcome, sha256: str) -> None:
    """Write the event."""
    told = ", ".join(f"{model}: {count}" for model, count in outcome.models.items())
    events.append(
        session,
        person_id=actor.id,
        kind="responses.imported",
        patch={"responses": (None, sha256)},
        dataset_id=dataset.id,
        reason=f"{outcome.file}: {outcome.new} new ({told}), {outcome.filled} filled in, "
        f"{outcome.unchanged} unchanged, {len(outcome.unmatched)} left out",
    )
