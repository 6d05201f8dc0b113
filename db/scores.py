"""Judges' replies and everybody's scores.

Whoever writes scores calls ``db.cases.refresh`` for their cases in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlmodel import Session

from annotator.domain.judging import Asked, Reply, Score
from annotator.errors import NotFound, StaleSave
from db.bulk import insert_rows
from db.cases import chunks
from db.tables import metadata
from db.tables_judging import JudgeReplyRow, ScoreRow

REPLIES = metadata.tables["judge_reply"]
RATERS = metadata.tables["rater"]
SCORES = metadata.tables["score"]


def reply_value(row: Any) -> Reply:
    """The frozen value of a row."""
    return Reply(
        id=row.id,
        dataset_id=row.dataset_id,
        response_id=row.response_id,
        rater_id=row.rater_id,
        repeat=row.repeat,
        component_key=row.component_key,
        form=row.form,
        text=row.text,
        asked=tuple(Asked(one["key"], one["weight"]) for one in row.asked),
        total=row.total,
        total_agrees=row.total_agrees,
        notes=tuple(row.notes),
        kits=row.kits,
        file_id=row.file_id,
        row=row.row,
        call_id=row.call_id,
        at=row.at,
    )


def value(row: Any) -> Score:
    """The frozen value of a row."""
    placed = row.place_start is not None and row.place_end is not None
    return Score(
        id=row.id,
        case_id=row.case_id,
        rater_id=row.rater_id,
        purpose=row.purpose,
        repeat=row.repeat,
        awarded=row.awarded,
        possible=row.possible,
        reason=row.reason,
        place=(row.place_start, row.place_end) if placed else None,
        evidence=row.evidence,
        reply_id=row.reply_id,
        read_by=row.read_by,
        version=row.version,
        at=row.at,
    )


def get(session: Session, *, score_id: int) -> Score:
    """Raises NotFound."""
    row = session.connection().execute(select(SCORES).where(SCORES.c.id == score_id)).first()
    if row is None:
        raise NotFound("score", score_id)
    return value(row)


def of_case(session: Session, *, case_id: int) -> list[Score]:
    """A case's scores, oldest first."""
    rows = session.connection().execute(
        select(SCORES).where(SCORES.c.case_id == case_id).order_by(SCORES.c.id)
    )
    return [value(row) for row in rows]


def of_rater(
    session: Session, *, case_ids: Sequence[int], rater_id: int, purpose: str | None = None
) -> dict[int, tuple[float | None, float, Any]]:
    """What one rater gave these cases: awarded, possible and evidence by case.

    Args:
        purpose: only scores given for this; for anything where None.
    """
    found = {}
    wanted = [] if purpose is None else [SCORES.c.purpose == purpose]
    for chunk in chunks(case_ids):
        rows = session.connection().execute(
            select(SCORES.c.case_id, SCORES.c.awarded, SCORES.c.possible, SCORES.c.evidence).where(
                SCORES.c.case_id.in_(chunk), SCORES.c.rater_id == rater_id, *wanted
            )
        )
        found.update({r.case_id: (r.awarded, r.possible, r.evidence) for r in rows})
    return found


def given_by(session: Session, *, case_id: int, person_id: int) -> bool:
    """Whether a person has scored a case for the purpose of judging."""
    found = session.connection().execute(
        select(SCORES.c.id)
        .join(RATERS, RATERS.c.id == SCORES.c.rater_id)
        .where(
            SCORES.c.case_id == case_id,
            SCORES.c.purpose == "judging",
            RATERS.c.person_id == person_id,
        )
    )
    return found.first() is not None


def forget(
    session: Session, *, case_ids: Sequence[int], rater_id: int, purpose: str = "judging"
) -> None:
    """Remove a rater's scores: the verifier's, which can be had again at any time, or what a
    person takes back, which the log still tells of."""
    for chunk in chunks(case_ids):
        session.connection().execute(
            delete(SCORES).where(
                SCORES.c.case_id.in_(chunk),
                SCORES.c.rater_id == rater_id,
                SCORES.c.purpose == purpose,
            )
        )


def supersede(session: Session, *, rows: Sequence[Mapping[str, Any]]) -> None:
    """Remove the scores that these, of the same case, rater and repeat, take the place of.

    What a judge said before stays in its reply.
    """
    by_rater: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        by_rater.setdefault((row["rater_id"], row["repeat"]), []).append(row["case_id"])
    for (rater_id, repeat), case_ids in by_rater.items():
        for chunk in chunks(case_ids):
            session.connection().execute(
                delete(SCORES).where(
                    SCORES.c.case_id.in_(chunk),
                    SCORES.c.rater_id == rater_id,
                    SCORES.c.repeat == repeat,
                    SCORES.c.purpose == "judging",
                )
            )


def texts_of_calls(session: Session, *, call_ids: Sequence[int]) -> dict[int, str]:
    """What was replied to each of these calls."""
    found = {}
    for chunk in chunks(call_ids):
        rows = session.connection().execute(
            select(REPLIES.c.call_id, REPLIES.c.text).where(REPLIES.c.call_id.in_(chunk))
        )
        found.update({row.call_id: row.text for row in rows})
    return found


def answered_by(session: Session, *, call_ids: Sequence[int]) -> set[tuple[int, int]]:
    """The (call id, response id) for which a reply is kept."""
    found = set()
    for chunk in chunks(call_ids):
        rows = session.connection().execute(
            select(REPLIES.c.call_id, REPLIES.c.response_id).where(REPLIES.c.call_id.in_(chunk))
        )
        found.update({(row.call_id, row.response_id) for row in rows})
    return found


def replies(session: Session, *, reply_ids: Sequence[int]) -> dict[int, Reply]:
    """Replies by id."""
    found = {}
    for chunk in chunks(reply_ids):
        rows = session.connection().execute(select(REPLIES).where(REPLIES.c.id.in_(chunk)))
        found.update({row.id: reply_value(row) for row in rows})
    return found


def known_replies(
    session: Session, *, response_ids: Sequence[int], rater_id: int
) -> dict[tuple[int, int, str], str]:
    """The texts of one judge's replies by (response id, repeat, component key)."""
    found = {}
    for chunk in chunks(response_ids):
        rows = session.connection().execute(
            select(
                REPLIES.c.response_id, REPLIES.c.repeat, REPLIES.c.component_key, REPLIES.c.text
            ).where(REPLIES.c.response_id.in_(chunk), REPLIES.c.rater_id == rater_id)
        )
        found.update({(r.response_id, r.repeat, r.component_key): r.text for r in rows})
    return found


def counts_of_file(session: Session, *, file_id: int) -> tuple[int, int]:
    """How many scores, and how many unparsed ones, the replies of a file gave."""
    row = (
        session.connection()
        .execute(
            select(func.count(SCORES.c.awarded), func.count())
            .select_from(SCORES)
            .join(REPLIES, REPLIES.c.id == SCORES.c.reply_id)
            .where(REPLIES.c.file_id == file_id)
        )
        .one()
    )
    return int(row[0]), int(row[1] - row[0])


def next_reply_id(session: Session) -> int:
    """The id that the next new reply may take, inside a writing transaction."""
    return int(session.connection().execute(select(func.max(REPLIES.c.id))).scalar() or 0) + 1


def insert_replies(session: Session, *, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store replies; each row names its id and every column but those with plain defaults."""
    insert_rows(session, JudgeReplyRow, rows)


def insert_many(session: Session, *, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store scores; every row names the same columns."""
    insert_rows(session, ScoreRow, rows)


def save(
    session: Session,
    *,
    score_id: int,
    version: int,
    values: Mapping[str, Any],
) -> Score:
    """Change a score over the version that was shown; raises StaleSave."""
    changed = session.connection().execute(
        update(SCORES)
        .where(SCORES.c.id == score_id, SCORES.c.version == version)
        .values(**values, version=version + 1)
    )
    now = get(session, score_id=score_id)
    if changed.rowcount != 1:
        raise StaleSave("the score", current={"awarded": now.awarded, "reason": now.reason})
    return now
