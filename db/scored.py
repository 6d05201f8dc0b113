"""A dataset's scores as columns, for statistics: arrays in, no rows of objects.

``above`` limits everything to cases whose stamp is higher: what changed since it was last read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, func, select
from sqlmodel import Session

import db.tables_judging  # noqa: F401 - defines the tables read here
from annotator.domain.judging import share
from db.tables import metadata
from db.tables_judging import (
    AdjudicationRow,
    CaseRow,
    JudgeReplyRow,
    RaterRow,
    ResponseRow,
    ScoreRow,
)

CASES = metadata.tables[str(CaseRow.__tablename__)]
SCORES = metadata.tables[str(ScoreRow.__tablename__)]
RESPONSES = metadata.tables[str(ResponseRow.__tablename__)]
ADJUDICATIONS = metadata.tables[str(AdjudicationRow.__tablename__)]
RATERS = metadata.tables[str(RaterRow.__tablename__)]
REPLIES = metadata.tables[str(JudgeReplyRow.__tablename__)]

BATCH = 50_000
MISSING = float("nan")


@dataclass(frozen=True, slots=True)
class CaseColumns:
    """Cases by column, in order of id.

    ``length`` is the response's in characters; ``standing`` and ``decided`` (the adjudicated
    share) are NaN where there is none.
    """

    case: NDArray[np.int64]
    item: NDArray[np.int64]
    response: NDArray[np.int64]
    length: NDArray[np.float64]
    weight: NDArray[np.float64]
    live: NDArray[np.bool_]
    standing: NDArray[np.float64]
    decided: NDArray[np.float64]
    model: list[str]
    type: list[str]
    method: list[str]


@dataclass(frozen=True, slots=True)
class ScoreColumns:
    """Scores by column; ``share`` is NaN where unparsed."""

    case: NDArray[np.int64]
    rater: NDArray[np.int64]
    audit: NDArray[np.bool_]
    repeat: NDArray[np.int64]
    share: NDArray[np.float64]


def newest(session: Session, *, dataset_id: int) -> int:
    """The highest stamp of a dataset's cases; 0 where there is none."""
    query = select(func.max(CASES.c.stamp)).where(CASES.c.dataset_id == dataset_id)
    return int(session.connection().execute(query).scalar() or 0)


def number_above(session: Session, *, dataset_id: int, above: int) -> int:
    """How many cases changed since a stamp."""
    query = select(func.count()).where(CASES.c.dataset_id == dataset_id, CASES.c.stamp > above)
    return int(session.connection().execute(query).scalar() or 0)


def case_columns(session: Session, *, dataset_id: int, above: int) -> CaseColumns:
    """The cases that changed since a stamp."""
    query = (
        select(
            CASES.c.id,
            CASES.c.item_id,
            CASES.c.response_id,
            func.length(RESPONSES.c.text),
            CASES.c.weight_share,
            CASES.c.live,
            CASES.c.standing,
            ADJUDICATIONS.c.awarded,
            ADJUDICATIONS.c.possible,
            CASES.c.model,
            CASES.c.type,
            CASES.c.method,
        )
        .join(RESPONSES, RESPONSES.c.id == CASES.c.response_id)
        .outerjoin(ADJUDICATIONS, ADJUDICATIONS.c.case_id == CASES.c.id)
        .where(CASES.c.dataset_id == dataset_id, CASES.c.stamp > above)
        .order_by(CASES.c.id)
    )
    columns: list[Sequence[Any]] = list(_columns(session, query)) or [()] * 12
    decided = [
        None if possible is None else share(awarded, possible)
        for awarded, possible in zip(columns[7], columns[8], strict=True)
    ]
    case, item, response = (np.array(column, dtype=np.int64) for column in columns[:3])
    return CaseColumns(
        case=case,
        item=item,
        response=response,
        length=numbers(columns[3]),
        weight=numbers(columns[4]),
        live=np.array(columns[5], dtype=bool),
        standing=numbers(columns[6]),
        decided=numbers(decided),
        model=list(columns[9]),
        type=list(columns[10]),
        method=list(columns[11]),
    )


def score_columns(session: Session, *, dataset_id: int, above: int) -> ScoreColumns:
    """The scores of the cases that changed since a stamp."""
    query = select(
        SCORES.c.case_id,
        SCORES.c.rater_id,
        SCORES.c.purpose,
        SCORES.c.repeat,
        SCORES.c.awarded,
        SCORES.c.possible,
    ).where(SCORES.c.dataset_id == dataset_id)
    if above:
        query = query.join(CASES, CASES.c.id == SCORES.c.case_id).where(CASES.c.stamp > above)
    columns: list[Sequence[Any]] = list(_columns(session, query)) or [()] * 6
    awarded, possible = numbers(columns[4]), numbers(columns[5])
    return ScoreColumns(
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.int64),
        np.array([purpose == "audit" for purpose in columns[2]], dtype=bool),
        np.array(columns[3], dtype=np.int64),
        np.where(possible > 0, awarded / np.where(possible > 0, possible, 1), MISSING),
    )


def replies_above(
    session: Session, *, dataset_id: int, above: int
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """(id, rater id, kits) of a dataset's judge replies with a higher id, in order of id."""
    query = (
        select(REPLIES.c.id, REPLIES.c.rater_id, REPLIES.c.kits)
        .where(REPLIES.c.dataset_id == dataset_id, REPLIES.c.id > above)
        .order_by(REPLIES.c.id)
    )
    for row in session.connection().execute(query).yield_per(BATCH):
        yield row.id, row.rater_id, row.kits


def numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """Numbers with NaN for what is missing."""
    return np.array(values, dtype=np.float64)


def _columns(session: Session, query: Select[Any]) -> list[Sequence[Any]]:
    """A query's rows as columns; none where it has no rows."""
    parts: list[list[Any]] = []
    for rows in session.connection().execute(query).partitions(BATCH):
        columns = list(zip(*rows, strict=True))
        parts = parts or [[] for _ in columns]
        for part, column in zip(parts, columns, strict=True):
            part.extend(column)
    return list(parts)


def by_people(
    session: Session, *, dataset_id: int
) -> list[tuple[int, int, int, float, str, datetime]]:
    """People's readable scores: item, case, person, share of the points, type, and when.

    Where somebody scored a case blind and otherwise too, the blind score comes last.
    """
    query = (
        select(
            CASES.c.item_id,
            SCORES.c.case_id,
            RATERS.c.person_id,
            SCORES.c.awarded / SCORES.c.possible,
            CASES.c.type,
            SCORES.c.at,
        )
        .join(CASES, CASES.c.id == SCORES.c.case_id)
        .join(RATERS, RATERS.c.id == SCORES.c.rater_id)
        .where(
            SCORES.c.dataset_id == dataset_id,
            RATERS.c.person_id.is_not(None),
            SCORES.c.awarded.is_not(None),
            SCORES.c.possible > 0,
        )
        .order_by(SCORES.c.purpose.desc(), SCORES.c.id)
    )
    return [
        (row[0], row[1], row[2], float(row[3]), row[4], row[5])
        for row in session.connection().execute(query)
    ]
