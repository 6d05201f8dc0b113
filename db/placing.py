"""A dataset's whole queue: laying it out, dealing places, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, select, update

from annotator.domain.assignment import EVERYBODY, HELD, KNOWN
from annotator.errors import InvalidValue
from db.bulk import insert_rows
from db.engine import Session
from db.places import CHUNK, CURSORS, ITEMS, PLACES, QUEUE, Place, place_value, rewind
from db.tables_team import PlaceRow, QueueItemRow

TALLY: Final = update(QUEUE).where(QUEUE.c.item_id == bindparam("item"))


def of_items(session: Session, *, item_ids: Sequence[int]) -> dict[int, list[Place]]:
    """The places of items that have any."""
    found: dict[int, list[Place]] = {}
    for start in range(0, len(item_ids), CHUNK):
        chunk = item_ids[start : start + CHUNK]
        rows = session.connection().execute(
            select(PLACES).where(PLACES.c.item_id.in_(chunk)).order_by(PLACES.c.id)
        )
        for row in rows:
            found.setdefault(row.item_id, []).append(place_value(row))
    return found


def held(session: Session, *, dataset_id: int) -> dict[int, list[int]]:
    """Who has a place at which item of a dataset."""
    found: dict[int, list[int]] = {}
    for item_id, person_id in session.connection().execute(
        select(PLACES.c.item_id, PLACES.c.person_id).where(
            PLACES.c.dataset_id == dataset_id, PLACES.c.state.in_(HELD)
        )
    ):
        found.setdefault(item_id, []).append(person_id)
    return found


def undeal(session: Session, *, dataset_id: int) -> None:
    """Take back what was dealt, but not by hand, and nobody has begun."""
    session.connection().execute(
        delete(PLACES).where(
            PLACES.c.dataset_id == dataset_id,
            PLACES.c.state == "dealt",
            PLACES.c.by_hand == False,  # noqa: E712 - an SQL comparison
        )
    )


def lay_out(session: Session, *, dataset_id: int, rows: Sequence[tuple[int, str, int]]) -> None:
    """Lay a dataset's queue out anew: item, purpose and number of places, in order.

    Places that people have stay theirs, and an item never gets fewer than are taken.
    """
    connection = session.connection()
    taken = held(session, dataset_id=dataset_id)
    connection.execute(delete(QUEUE).where(QUEUE.c.dataset_id == dataset_id))
    connection.execute(delete(CURSORS).where(CURSORS.c.dataset_id == dataset_id))
    made = []
    for rank, (item_id, purpose, wanted) in enumerate(rows):
        owners = len(taken.get(item_id, ()))
        places = max(wanted, owners)
        made.append(
            {
                "item_id": item_id,
                "dataset_id": dataset_id,
                "purpose": purpose,
                "wanted": places,
                "free": places - owners,
                "rank": rank,
            }
        )
    insert_rows(session, QueueItemRow, made)
    ranks = select(QUEUE.c.rank).where(QUEUE.c.item_id == PLACES.c.item_id).scalar_subquery()
    connection.execute(
        update(PLACES)
        .where(
            PLACES.c.dataset_id == dataset_id,
            PLACES.c.item_id.in_(select(QUEUE.c.item_id).where(QUEUE.c.dataset_id == dataset_id)),
        )
        .values(rank=ranks)
    )


def tally(session: Session, *, item_id: int, submitted: int, apart: float | None) -> None:
    """Note how many have submitted an item and how much they differ."""
    found = {"item": item_id, "submitted": submitted, "apart": apart}
    session.connection().execute(TALLY, found)


def close(session: Session, *, dataset_id: int) -> None:
    """Take a dataset's queue away; what people did stays."""
    connection = session.connection()
    for table in (QUEUE, CURSORS):
        connection.execute(delete(table).where(table.c.dataset_id == dataset_id))


def deal(
    session: Session, *, dataset_id: int, pairs: Sequence[tuple[int, int]], by_hand: bool = False
) -> int:
    """Give people places at items that have one free, and widen no item.

    Returns:
        How many places were given; who has one already, or meets a full item, gets none.
    """
    connection = session.connection()
    wanted = list(dict.fromkeys(pairs))
    ids = list({item_id for item_id, _ in wanted})
    free: dict[int, tuple[int, int]] = {}
    for start in range(0, len(ids), CHUNK):
        query = select(QUEUE.c.item_id, QUEUE.c.free, QUEUE.c.rank).where(
            QUEUE.c.dataset_id == dataset_id, QUEUE.c.item_id.in_(ids[start : start + CHUNK])
        )
        for item_id, number, rank in connection.execute(query.with_for_update()):
            free[item_id] = (number, rank)
    known = of_items(session, item_ids=ids)
    fresh, given = [], dict.fromkeys(ids, 0)
    for item_id, person_id in wanted:
        number, rank = free.get(item_id, (0, 0))
        mine = next((p for p in known.get(item_id, ()) if p.person_id == person_id), None)
        if given[item_id] >= number or (mine and mine.held):
            continue
        given[item_id] += 1
        if mine is None:
            row = {"dataset_id": dataset_id, "item_id": item_id, "person_id": person_id}
            fresh.append({**row, "state": "dealt", "rank": rank, "by_hand": by_hand})
        else:
            again = (PLACES.c.item_id == item_id) & (PLACES.c.person_id == person_id)
            state = {"state": "dealt", "by_hand": by_hand, "reason": None}
            connection.execute(update(PLACES).where(again).values(**state))
    insert_rows(session, PlaceRow, fresh)
    by_number: dict[int, list[int]] = {}
    for item_id, number in given.items():
        if number:
            by_number.setdefault(number, []).append(item_id)
    for number, item_ids in by_number.items():
        for start in range(0, len(item_ids), CHUNK):
            chunk = item_ids[start : start + CHUNK]
            connection.execute(
                update(QUEUE).where(QUEUE.c.item_id.in_(chunk)).values(free=QUEUE.c.free - number)
            )
    return sum(given.values())


def widen(session: Session, *, item_id: int, wanted: int, to_front: bool = False) -> None:
    """Let an item have more places; with ``to_front`` it is handed out before all others."""
    connection = session.connection()
    row = connection.execute(select(QUEUE).where(QUEUE.c.item_id == item_id)).one()
    values: dict[str, Any] = {}
    if wanted > row.wanted:
        values = {"wanted": wanted, "free": row.free + wanted - row.wanted}
    if to_front:
        first = select(func.min(QUEUE.c.rank)).where(QUEUE.c.dataset_id == row.dataset_id)
        values["rank"] = int(connection.execute(first).scalar_one()) - 1
    if values:
        connection.execute(update(QUEUE).where(QUEUE.c.item_id == item_id).values(**values))
        rewind(session, [item_id])


def purpose(session: Session, *, item_id: int) -> str:
    """What an item is in its queue for; ``usual`` where it is in none."""
    found = session.connection().execute(select(QUEUE.c.purpose).where(QUEUE.c.item_id == item_id))
    return found.scalar() or "usual"


def set_purpose(session: Session, *, item_id: int, purpose: str, wanted: int) -> None:
    """Say what an item is in its queue for; everybody's places stay."""
    connection = session.connection()
    owners = select(func.count()).where(PLACES.c.item_id == item_id, PLACES.c.state.in_(HELD))
    taken = int(connection.execute(owners).scalar_one())
    places = max(wanted, taken)
    connection.execute(
        update(QUEUE)
        .where(QUEUE.c.item_id == item_id)
        .values(purpose=purpose, wanted=places, free=places - taken)
    )
    rewind(session, [item_id])


STAGES: Final = ("differing", "agreeing", "in work", "settled", "gold")
"""Where an item stands on the way to its curation."""


def stage_conditions(stage: str) -> list[Any]:
    """The items of a stage; raises InvalidValue."""
    open_ = ITEMS.c.verdict.is_(None)
    usual = QUEUE.c.purpose.not_in(list(KNOWN))
    filled = QUEUE.c.submitted >= QUEUE.c.wanted
    several = QUEUE.c.wanted > 1
    known: dict[str, list[Any]] = {
        "differing": [usual, open_, several, filled, QUEUE.c.apart > 0],
        "agreeing": [usual, open_, several, filled, QUEUE.c.apart == 0],
        "in work": [usual, open_, several, ~filled, QUEUE.c.submitted > 0],
        "settled": [usual, ~open_, several, QUEUE.c.submitted > 0],
        "gold": [~usual],
    }
    if stage not in known:
        raise InvalidValue("stage", f"must be one of {', '.join(STAGES)}, not {stage!r}")
    return known[stage]


def staged(dataset_id: int, stage: str) -> Any:
    """The ids of the items of a stage, as a query."""
    return (
        select(QUEUE.c.item_id)
        .join(ITEMS, ITEMS.c.id == QUEUE.c.item_id)
        .where(QUEUE.c.dataset_id == dataset_id, *stage_conditions(stage))
    )


def stages(session: Session, *, dataset_id: int) -> dict[str, int]:
    """How many items each stage has."""
    connection = session.connection()
    return {
        stage: int(
            connection.execute(
                select(func.count()).select_from(staged(dataset_id, stage).subquery())
            ).scalar_one()
        )
        for stage in STAGES
    }


def of_stage(
    session: Session, *, dataset_id: int, stage: str, place: int = 0, limit: int = 1
) -> list[int]:
    """Items of a stage from a 0-based place on: those where people differ most first."""
    query = (
        staged(dataset_id, stage)
        .order_by(QUEUE.c.apart.desc().nulls_last(), QUEUE.c.rank)
        .offset(max(0, place))
        .limit(limit)
    )
    return [row.item_id for row in session.connection().execute(query)]


def apart(session: Session, *, dataset_id: int) -> list[tuple[int, str, float]]:
    """The items where people differ, most first: id, the source's id, and by how much."""
    query = (
        select(QUEUE.c.item_id, ITEMS.c.source_id, QUEUE.c.apart)
        .join(ITEMS, ITEMS.c.id == QUEUE.c.item_id)
        .where(QUEUE.c.dataset_id == dataset_id, QUEUE.c.apart > 0, QUEUE.c.purpose != "qualifying")
        .order_by(QUEUE.c.apart.desc(), QUEUE.c.rank)
    )
    return [(row.item_id, row.source_id, row.apart) for row in session.connection().execute(query)]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a queue is: items by purpose, places by state and person, free places."""

    purposes: dict[str, int]
    free: int
    places: dict[tuple[int, str], int]


def standing(session: Session, *, dataset_id: int) -> Standing:
    """How far a dataset's queue is."""
    connection = session.connection()
    here = QUEUE.c.dataset_id == dataset_id
    purposes = connection.execute(
        select(QUEUE.c.purpose, func.count()).where(here).group_by(QUEUE.c.purpose)
    )
    free = connection.execute(
        select(func.coalesce(func.sum(QUEUE.c.free), 0)).where(
            here, QUEUE.c.wanted < EVERYBODY // 2
        )
    ).scalar_one()
    places = connection.execute(
        select(PLACES.c.person_id, PLACES.c.state, func.count())
        .where(PLACES.c.dataset_id == dataset_id)
        .group_by(PLACES.c.person_id, PLACES.c.state)
    )
    return Standing(
        {row[0]: row[1] for row in purposes},
        int(free),
        {(person, state): number for person, state, number in places},
    )
