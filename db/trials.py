"""How people did in a dataset's qualification set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import bindparam, exists, func, select
from sqlmodel import Session

from annotator.domain.qualification import Trials
from db.tables import metadata
from db.tables_guidelines import TrialRow, WaiverRow
from db.tables_team import GoldRow

ITEMS = metadata.tables["item"]
GOLD = GoldRow.metadata.tables["gold"]
WAIVERS = WaiverRow.metadata.tables["waiver"]
TRIALS = TrialRow.metadata.tables["trial"]
QUALIFYING = select(GOLD.c.item_id).where(
    GOLD.c.purpose == "qualifying",
    exists().where(
        ITEMS.c.id == GOLD.c.item_id,
        ITEMS.c.dataset_id == bindparam("dataset"),
        ITEMS.c.verdict.is_(None),
    ),
)
"""Not a join, for which SQLite reads every open item of the dataset at each turn in its queue."""


def note(session: Session, *, item_id: int, person_id: int, share: float) -> bool:
    """Keep somebody's first answer to a qualification item; False where there is one already."""
    if session.get(TrialRow, (item_id, person_id)) is not None:
        return False
    session.add(TrialRow(item_id=item_id, person_id=person_id, share=share, at=datetime.now(UTC)))
    session.flush()
    return True


def share(session: Session, *, item_id: int, person_id: int) -> float | None:
    """How far somebody's first answer to an item was the expected one; None before it."""
    row = session.get(TrialRow, (item_id, person_id))
    return row.share if row else None


def of_dataset(session: Session, *, dataset_id: int) -> tuple[int, dict[int, Trials]]:
    """How many qualification items a dataset has, and how each person does who began.

    One that was settled no longer counts: its answer can be seen.
    """
    connection = session.connection()
    here = qualifying(session, dataset_id=dataset_id)
    items = len(here)
    if not here:
        return 0, {}
    rows = connection.execute(
        select(TRIALS.c.person_id, func.count(), func.sum(TRIALS.c.share))
        .where(TRIALS.c.item_id.in_(here))
        .group_by(TRIALS.c.person_id)
    )
    found = {person: Trials(items, number, float(points)) for person, number, points in rows}
    waived = select(WAIVERS.c.person_id).where(WAIVERS.c.dataset_id == dataset_id)
    for (person,) in connection.execute(waived):
        known = found.get(person, Trials(items, 0, 0.0))
        found[person] = Trials(items, known.answered, known.points, waived=True)
    return items, found


def qualifying(session: Session, *, dataset_id: int) -> list[int]:
    """A dataset's qualification items that nobody settled."""
    return list(session.connection().execute(QUALIFYING, {"dataset": dataset_id}).scalars())


def of(session: Session, *, dataset_id: int, person_id: int) -> Trials:
    """How somebody does in a dataset's qualification."""
    items, found = of_dataset(session, dataset_id=dataset_id)
    return found.get(person_id, Trials(items, 0, 0.0))


def waive(session: Session, *, dataset_id: int, person_id: int, by: int) -> bool:
    """Let somebody in without having passed; False where they were let in already."""
    if session.get(WaiverRow, (dataset_id, person_id)) is not None:
        return False
    session.add(
        WaiverRow(
            dataset_id=dataset_id, person_id=person_id, given_by=by, given_at=datetime.now(UTC)
        )
    )
    session.flush()
    return True


def withdraw(session: Session, *, dataset_id: int, person_id: int) -> bool:
    """Let somebody in no longer; False where nobody had."""
    row = session.get(WaiverRow, (dataset_id, person_id))
    if row is None:
        return False
    session.delete(row)
    session.flush()
    return True


def forget(session: Session, *, item_id: int, person_ids: Sequence[int]) -> None:
    """Forget how far some people's answers to an item were the expected one."""
    for person_id in person_ids:
        row = session.get(TrialRow, (item_id, person_id))
        if row is not None:
            session.delete(row)
    session.flush()
