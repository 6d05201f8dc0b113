"""Judges' replies become scores: the one place where that happens, whoever brings them.

``record`` keeps each reply's words, reads them, and gives every component that was asked about a
score or the reason why there is none; cases and standings follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from annotator.domain.items import Component, ItemContent, Number
from annotator.domain.judging import WHOLE, Asked, Response
from annotator.errors import InvalidValue
from annotator.judges import Ask, Form, Read, Reading, Unparsed, kits, read_reply
from annotator.services.shares import read_shares
from db import cases, items, responses, scores
from db.engine import Session

SHARES: Final = "shares"
"""The form of a kit's log that keeps shares from 0 to 1 instead of the judge's words."""


@dataclass(frozen=True, slots=True)
class NewReply:
    """What a judge said about one response.

    Args:
        asked: the components it was asked about, in order, with their weights then; empty for an
            item without components.
        form: of ``annotator.judges``, or SHARES.
        component_key: set where the reply is about one component alone (compare).
        failure: why there are no words to read (refused, cut off, …); its scores are then
            unparsed for that reason, whatever ``text`` says.
        notes: what a person should know about the reply beside what reading it finds.
    """

    response_id: int
    rater_id: int
    text: str
    form: str
    asked: tuple[Asked, ...]
    repeat: int = 0
    component_key: str = ""
    file_id: int | None = None
    row: int | None = None
    call_id: int | None = None
    failure: str | None = None
    notes: tuple[str, ...] = ()


def components_asked(content: ItemContent, method: str) -> tuple[Component, ...]:
    """The components that a judge is asked about together.

    Args:
        method: ``mia`` for all of an item's components, ``direct`` for those judged directly.
    """
    if method == "direct":
        return tuple(c for c in content.components if c.judge_method == "direct")
    return content.components


def asked(components: Iterable[Component]) -> tuple[Asked, ...]:
    """Components as they are asked about; one without weight is worth 1."""
    return tuple(Asked(c.key, weight_of(c)) for c in components)


def weight_of(component: Component) -> Number:
    """What a component is worth; 1 where the dataset has no weights."""
    return 1 if component.weight is None else component.weight


def record(session: Session, *, replies: Sequence[NewReply]) -> list[int]:
    """Store replies with their scores in the caller's transaction.

    Where the same judge said something about the same component with the same repeat before, as
    when it is asked again after an edit, its score follows the new reply; both replies are kept.

    Returns:
        The ids of the cases that got a score.
    """
    if not replies:
        return []
    known = responses.get_many(session, response_ids=sorted({r.response_id for r in replies}))
    answers = {response.id: response for response in known}
    contents = contents_of(session, answers.values())
    places = cases.ids_of(session, response_ids=list(answers))
    first, now = scores.next_reply_id(session), datetime.now(UTC)
    reply_rows, score_rows = [], []
    for offset, reply in enumerate(replies):
        response = answers[reply.response_id]
        reading = read(reply, contents[response.item_id])
        row = reply_row(first + offset, reply, response, reading, contents[response.item_id], now)
        reply_rows.append(row)
        score_rows += score_rows_of(row, reply, reading, places)
    scores.insert_replies(session, rows=reply_rows)
    scores.supersede(session, rows=score_rows)
    scores.insert_many(session, rows=score_rows)
    touched = sorted({row["case_id"] for row in score_rows})
    cases.refresh(session, case_ids=touched)
    return touched


def contents_of(session: Session, answers: Iterable[Response]) -> dict[int, ItemContent]:
    """The agreed contents of the items that are answered."""
    item_ids = sorted({response.item_id for response in answers})
    return {item.id: item.content for item in items.get_many(session, item_ids=item_ids)}


def read(reply: NewReply, content: ItemContent) -> Reading:
    """Read a reply; what cannot be read is unparsed with the reason, never 0."""
    if reply.failure is not None:
        return nothing(reply, reply.failure)
    if reply.form == SHARES:
        return read_shares(reply.text, reply.asked, content)
    try:
        return read_reply(reply.text, ask_of(reply.asked, content), form_of(reply.form))
    except InvalidValue as fault:
        return nothing(reply, str(fault))


def nothing(reply: NewReply, reason: str) -> Reading:
    """A reading in which nothing could be read."""
    count = max(len(reply.asked), 1)
    form = "auto" if reply.form == SHARES else form_of(reply.form)
    return Reading(form, tuple(Unparsed(reason) for _ in range(count)))


def form_of(name: str) -> Form:
    """A form by name; raises InvalidValue."""
    for form in ("mia", "direct", "compare", "perception", "auto"):
        if name == form:
            return form
    raise InvalidValue("form", f"there is no form {name!r}")


def ask_of(parts: Sequence[Asked], content: ItemContent) -> Ask:
    """What the judge was asked, with types and texts where the item still has the components."""
    if not parts:
        return Ask((1,))
    known = {component.key: component for component in content.components}
    weights = tuple(part.weight for part in parts)
    if not all(part.key in known for part in parts):
        return Ask(weights)
    return Ask(
        weights,
        tuple(known[part.key].type for part in parts),
        tuple(known[part.key].text for part in parts),
    )


def reply_row(
    reply_id: int,
    reply: NewReply,
    response: Response,
    reading: Reading,
    content: ItemContent,
    now: datetime,
) -> dict[str, Any]:
    """A reply as column values."""
    readable = reply.form != SHARES and reply.failure is None
    return {
        "id": reply_id,
        "dataset_id": response.dataset_id,
        "response_id": response.id,
        "rater_id": reply.rater_id,
        "repeat": reply.repeat,
        "component_key": reply.component_key,
        "form": reply.form if reply.form == SHARES else reading.form,
        "text": reply.text,
        "asked": [{"key": part.key, "weight": part.weight} for part in reply.asked],
        "total": float(reading.total.awarded) if reading.total else None,
        "total_agrees": reading.total_agrees,
        "notes": [*reading.notes, *reply.notes],
        "kits": kits_of(reply, reading, content) if readable else {},
        "file_id": reply.file_id,
        "row": reply.row,
        "call_id": reply.call_id,
        "at": now,
    }


def kits_of(reply: NewReply, reading: Reading, content: ItemContent) -> Mapping[str, Any]:
    """What published kits make of a reply."""
    if reading.form == "auto":
        return {}
    found = kits(reply.text, ask_of(reply.asked, content), reading.form)
    return {name: kit.to_json() for name, kit in found.items()}


def score_rows_of(
    row: Mapping[str, Any],
    reply: NewReply,
    reading: Reading,
    places: Mapping[tuple[int, str], int],
) -> list[dict[str, Any]]:
    """A reply's scores as column values; components that were never scored here are left out."""
    keys = [(part.key, part.weight) for part in reply.asked] or [(WHOLE, 1)]
    found = []
    for (key, weight), part in zip(keys, reading.components, strict=True):
        case_id = places.get((reply.response_id, key))
        if case_id is None:
            continue
        start, end = part.place or (None, None)
        found.append(
            {
                "dataset_id": row["dataset_id"],
                "case_id": case_id,
                "rater_id": reply.rater_id,
                "repeat": reply.repeat,
                "awarded": float(part.awarded) if isinstance(part, Read) else None,
                "possible": float(weight),
                "reason": None if isinstance(part, Read) else part.reason,
                "place_start": start,
                "place_end": end,
                "reply_id": row["id"],
                "at": row["at"],
            }
        )
    return found
