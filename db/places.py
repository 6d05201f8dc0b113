"""Places at items: taking, keeping and giving back. Each call is atomic in its transaction.

A writing transaction has the only write lock there is. ``give`` may also run in a claiming one,
beside others: it locks the item it chooses and passes over those that others are just choosing
(``SKIP LOCKED``). Whatever happens above, the table's own check refuses more places than an item's
overlap says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam, exists, func, insert, select, text, update

from annotator.domain.assignment import HELD
from db.engine import Session
from db.tables import ItemRow
from db.tables_guidelines import TrialRow
from db.tables_team import CursorRow, PlaceRow, QueueItemRow

QUEUE = QueueItemRow.metadata.tables["queue_item"]
PLACES = PlaceRow.metadata.tables["place"]
CURSORS = CursorRow.metadata.tables["queue_cursor"]
ITEMS = ItemRow.metadata.tables["item"]
PEOPLE = ItemRow.metadata.tables["person"]
TRIALS = TrialRow.metadata.tables["trial"]
CHUNK: Final = 500
FREE = text("queue_item.free > 0")
"""In the words of the partial index, which a bound parameter would not meet."""

# What every turn asks is built once: ``Wish.keys`` and the item fill it in.

DATASET: Any = bindparam("dataset")
PERSON: Any = bindparam("person")
ITEM: Any = bindparam("item")
HERE = (PLACES.c.item_id == ITEM) & (PLACES.c.person_id == PERSON)
CURSOR = (CURSORS.c.dataset_id == DATASET) & (CURSORS.c.person_id == PERSON)
TURN = select(PEOPLE.c.id).where(PEOPLE.c.id == PERSON).with_for_update(key_share=True)
OVERDUE = select(
    exists().where(
        PLACES.c.dataset_id == DATASET,
        PLACES.c.state == "leased",
        PLACES.c.leased_until < bindparam("now"),
    )
)
TRIALS_HERE = select(QUEUE.c.item_id).where(
    QUEUE.c.dataset_id == DATASET, QUEUE.c.purpose == "qualifying", FREE
)
"""The ids of the qualification items; they have places for everybody."""
FIRST_OF = (
    select(PLACES.c.item_id)
    .where(
        PLACES.c.person_id == PERSON,
        PLACES.c.dataset_id == DATASET,
        PLACES.c.state == bindparam("state"),
        PLACES.c.item_id != bindparam("after"),
    )
    .order_by(PLACES.c.rank)
    .limit(1)
)
FIRST_OF_TRIALS = FIRST_OF.where(PLACES.c.item_id.in_(TRIALS_HERE))
TAKEN = (
    select(func.count())
    .select_from(PLACES)
    .where(
        PLACES.c.person_id == PERSON,
        PLACES.c.dataset_id == DATASET,
        PLACES.c.state.in_(("leased", "submitted")),
        PLACES.c.item_id.not_in(TRIALS_HERE),
    )
)
SEARCHED = select(CURSORS.c.rank).where(CURSOR)
SEARCH_ON = update(CURSORS).where(CURSOR).values(rank=bindparam("rank_now"))
SEARCH_ANEW = insert(CURSORS)
STATE = select(PLACES.c.state).where(HERE)
FILL = update(QUEUE).where(QUEUE.c.item_id == ITEM).values(free=QUEUE.c.free - 1)
QUEUED = select(QUEUE.c.dataset_id, QUEUE.c.rank).where(QUEUE.c.item_id == ITEM)
LEASE = insert(PLACES)
LEASE_AGAIN = update(PLACES).where(HERE)
FREE_OF = (
    select(QUEUE.c.dataset_id, QUEUE.c.free)
    .where(QUEUE.c.item_id == ITEM)
    .with_for_update(of=QUEUE)
)
PLACE = select(PLACES).where(HERE)
SEAT = (
    select(QUEUE.c.purpose, QUEUE.c.wanted, QUEUE.c.free, PLACES)
    .outerjoin(PLACES, (PLACES.c.item_id == QUEUE.c.item_id) & (PLACES.c.person_id == PERSON))
    .where(QUEUE.c.item_id == ITEM)
)
HAND_IN = (
    update(PLACES)
    .where(HERE)
    .values(state="submitted", submitted_at=bindparam("now"), leased_until=None)
)


@cache
def search(among: str, *, onward: bool, lock: bool) -> Any:
    """The first open item with a free place that a person may have.

    What became of a place of theirs at a qualification item before it was one, dealt, skipped or
    handed in, shuts nobody out: the qualification asks for a trial on every item. Elsewhere one
    that expired is theirs to take again; one they skipped is not offered.

    Args:
        among: ``untried`` for items without a trial of theirs, ``free`` for those without a place.
        onward: from the rank ``begin`` on.
        lock: keep it for this transaction, and pass over what others are choosing.
    """
    theirs = {
        "untried": exists().where(
            TRIALS.c.item_id == QUEUE.c.item_id, TRIALS.c.person_id == PERSON
        ),
        "free": exists().where(
            PLACES.c.item_id == QUEUE.c.item_id,
            PLACES.c.person_id == PERSON,
            PLACES.c.state != "expired",
        ),
    }
    query = (
        select(QUEUE.c.item_id, QUEUE.c.rank)
        .where(QUEUE.c.dataset_id == DATASET, QUEUE.c.purpose == bindparam("purpose"), FREE)
        .where(~theirs[among], QUEUE.c.item_id != bindparam("after"))
        .where(exists().where(ITEMS.c.id == QUEUE.c.item_id, ITEMS.c.verdict.is_(None)))
        .order_by(QUEUE.c.rank)
        .limit(1)
    )
    if lock:
        query = query.with_for_update(skip_locked=True, of=QUEUE)
    return query.where(QUEUE.c.rank >= bindparam("begin")) if onward else query


@dataclass(frozen=True, slots=True)
class Place:
    """One person's turn at one item; see PlaceRow."""

    item_id: int
    person_id: int
    state: str
    by_hand: bool
    leased_until: datetime | None
    taken_at: datetime | None
    submitted_at: datetime | None
    reason: str | None

    @property
    def held(self) -> bool:
        """Whether it is somebody's."""
        return self.state in HELD


@dataclass(frozen=True, slots=True)
class Seat:
    """An item's place in its queue as one person stands to it. ``mine`` is None for no place."""

    purpose: str
    wanted: int
    free: int
    mine: Place | None

    @property
    def alone(self) -> bool:
        """Whether one annotator is enough, so that submitting is curating."""
        return self.wanted == 1 and self.purpose == "usual"


def place_value(row: Any) -> Place:
    """The frozen value of a row."""
    return Place(
        item_id=row.item_id,
        person_id=row.person_id,
        state=row.state,
        by_hand=bool(row.by_hand),
        leased_until=row.leased_until,
        taken_at=row.taken_at,
        submitted_at=row.submitted_at,
        reason=row.reason,
    )


# One person's turn


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person may have next.

    Attributes:
        quota: the most items they may have begun or handed in.
        gold_first: their next new item is a gold one, where one is left for them.
        pool: whether they may take free places, or only what was dealt to them.
        qualifying: whether qualification items wait for them, which come before all others.
        barred: whether they get nothing else, not even what they have begun.
        after: an item that is not wanted again now.
    """

    dataset_id: int
    person_id: int
    quota: int | None = None
    gold_first: bool = False
    pool: bool = True
    qualifying: bool = False
    barred: bool = False
    after: int = 0

    @property
    def keys(self) -> dict[str, int]:
        """Whose wish it is and where, as the statements name it."""
        return {"dataset": self.dataset_id, "person": self.person_id, "after": self.after}


def take(session: Session, wish: Wish, *, now: datetime, lease: timedelta) -> int | None:
    """Give a person their next item, after taking back the places whose lease is over."""
    expire(session, dataset_id=wish.dataset_id, now=now)
    return give(session, wish, now=now, lease=lease)


def give(session: Session, wish: Wish, *, now: datetime, lease: timedelta) -> int | None:
    """Give a person their next item and lease it to them; None where nothing waits for them.

    In a claiming transaction the person must have had ``wait_turn`` before the wish was made, and
    None may also mean that others were just choosing what is left.
    """
    found = choose(session, wish, lock=True)
    if found is None:
        return None
    if not found.begun:
        occupy(session, found.item_id, wish.person_id, now, lease)
    if found.rank is not None:
        note_cursor(session, wish, found.rank)
    return found.item_id


def wait_turn(session: Session, *, person_id: int) -> None:
    """Let one person's claims follow each other: two tabs of theirs get no more than one would."""
    session.connection().execute(TURN, {"person": person_id})


def any_overdue(session: Session, *, dataset_id: int, now: datetime) -> bool:
    """Whether some lease is over, so that ``take`` must take its place back."""
    return bool(session.connection().execute(OVERDUE, {"dataset": dataset_id, "now": now}).scalar())


@dataclass(frozen=True, slots=True)
class Choice:
    """An item for a person; ``rank`` where it was found by searching the queue."""

    item_id: int
    begun: bool = False
    rank: int | None = None


def choose(session: Session, wish: Wish, *, lock: bool = False) -> Choice | None:
    """A person's next item, taken by nobody yet; ``lock`` keeps it for this transaction.

    What they have begun comes first, then qualification items, then what was dealt to them, then a
    free place of the queue.
    """
    if wish.barred:
        return first_trial(session, wish, lock=lock)
    begun = first_of(session, wish, "leased")
    if begun is not None:
        return Choice(begun, begun=True)
    if wish.qualifying:
        trial = next_trial(session, wish, lock=lock)
        if trial is not None:
            return trial
    if wish.quota is not None and taken_by(session, wish) >= wish.quota:
        return None
    if wish.gold_first:
        gold = first_free(session, wish, "gold", None, lock=lock)
        if gold is not None:
            return Choice(gold.item_id)
    dealt = first_of(session, wish, "dealt")
    if dealt is not None:
        return Choice(dealt)
    return from_pool(session, wish, lock=lock) if wish.pool else None


def first_trial(session: Session, wish: Wish, *, lock: bool) -> Choice | None:
    """The qualification item that a person has begun, else their next one."""
    begun = first_of(session, wish, "leased", FIRST_OF_TRIALS)
    if begun is not None:
        return Choice(begun, begun=True)
    return next_trial(session, wish, lock=lock)


def next_trial(session: Session, wish: Wish, *, lock: bool) -> Choice | None:
    """The first qualification item without a trial of theirs."""
    query = search("untried", onward=False, lock=lock)
    keys = wish.keys | {"purpose": "qualifying"}
    found = session.connection().execute(query, keys).first()
    return Choice(found.item_id) if found is not None else None


def first_of(session: Session, wish: Wish, state: str, query: Any = FIRST_OF) -> int | None:
    """The first of a person's places in a state."""
    found: int | None = session.connection().execute(query, wish.keys | {"state": state}).scalar()
    return found


def taken_by(session: Session, wish: Wish) -> int:
    """How many items a person has begun or handed in; those of the qualification are no work."""
    return int(session.connection().execute(TAKEN, wish.keys).scalar_one())


def from_pool(session: Session, wish: Wish, *, lock: bool) -> Choice | None:
    """The first free place, searched from where this person's last search ended.

    Where nothing is found from there on, the whole queue is searched, because a place may have
    come back, or have been passed over while somebody else was choosing it.
    """
    known = session.connection().execute(SEARCHED, wish.keys).scalar()
    for begin in (known, None) if known is not None else (None,):
        # Calibration and usual items share one order; each is asked for the first of its own.
        found = [
            row
            for purpose in ("calibration", "usual")
            if (row := first_free(session, wish, purpose, begin, lock=lock)) is not None
        ]
        if found:
            row = min(found, key=lambda row: row.rank)
            return Choice(row.item_id, rank=row.rank)
    return None


def first_free(
    session: Session, wish: Wish, purpose: str, begin: int | None, *, lock: bool
) -> Any | None:
    """The first item from a rank on with a free place that a person may have."""
    query = search("free", onward=begin is not None, lock=lock)
    keys: dict[str, Any] = wish.keys | {"purpose": purpose}
    if begin is not None:
        keys["begin"] = begin
    return session.connection().execute(query, keys).first()


def note_cursor(session: Session, wish: Wish, rank: int) -> None:
    """Let this person's next search begin here."""
    connection = session.connection()
    moved = connection.execute(SEARCH_ON, wish.keys | {"rank_now": rank})
    if not moved.rowcount:
        key = {"dataset_id": wish.dataset_id, "person_id": wish.person_id}
        connection.execute(SEARCH_ANEW, {**key, "rank": rank})


def occupy(session: Session, item_id: int, person_id: int, now: datetime, lease: timedelta) -> None:
    """Lease a person the place at an item that they hold or that is free.

    Raises:
        IntegrityError: no place is free; the table's check stops what the query missed.
    """
    connection = session.connection()
    here = {"item": item_id, "person": person_id}
    state = connection.execute(STATE, here).scalar()
    if state not in HELD:
        connection.execute(FILL, here)
    values: dict[str, Any] = {"state": "leased", "leased_until": now + lease}
    if state is None:
        row = connection.execute(QUEUED, here).one()
        key = {"item_id": item_id, "person_id": person_id}
        own = {"dataset_id": row.dataset_id, "rank": row.rank, "by_hand": False}
        connection.execute(LEASE, {**key, **own, "taken_at": now, **values})
        return
    if state in ("dealt", "expired", "skipped"):
        values["taken_at"] = now
    connection.execute(LEASE_AGAIN, {**here, **values, "submitted_at": None, "reason": None})


def claim(
    session: Session, *, item_id: int, person_id: int, now: datetime, lease: timedelta
) -> bool:
    """Lease a person this very item, or renew their lease; False where it has no place for them."""
    connection = session.connection()
    row = connection.execute(FREE_OF, {"item": item_id}).first()
    if row is None:
        return False
    mine = place(session, item_id=item_id, person_id=person_id)
    if not (mine and mine.held) and not row.free:
        expire(session, dataset_id=row.dataset_id, now=now)
        free = select(QUEUE.c.free).where(QUEUE.c.item_id == item_id)
        if not connection.execute(free).scalar():
            return False
    occupy(session, item_id, person_id, now, lease)
    return True


def hand_in(session: Session, *, item_id: int, person_id: int, now: datetime) -> None:
    """The person's annotation was submitted: the place is filled for good."""
    here = {"item": item_id, "person": person_id, "now": now}
    session.connection().execute(HAND_IN, here)


def skip(session: Session, *, item_id: int, person_id: int, reason: str) -> bool:
    """Give a place back and be offered it no more; False where there is none to give."""
    return give_back(session, [(item_id, person_id)], "skipped", reason) == 1


def expire(session: Session, *, dataset_id: int, now: datetime) -> int:
    """Give back the places whose lease is over; returns how many."""
    rows = session.connection().execute(
        select(PLACES.c.item_id, PLACES.c.person_id)
        .where(
            PLACES.c.dataset_id == dataset_id,
            PLACES.c.state == "leased",
            PLACES.c.leased_until < now,
        )
        .with_for_update(skip_locked=True)
    )
    return give_back(session, [(r.item_id, r.person_id) for r in rows], "expired", None)


def give_back(
    session: Session, places: Sequence[tuple[int, int]], state: str, reason: str | None
) -> int:
    """Free leased or dealt places, and let everybody search from there on again."""
    connection = session.connection()
    freed = 0
    for item_id, person_id in sorted(places):
        changed = connection.execute(
            update(PLACES)
            .where(
                PLACES.c.item_id == item_id,
                PLACES.c.person_id == person_id,
                PLACES.c.state.in_(("leased", "dealt")),
            )
            .values(state=state, leased_until=None, reason=reason)
        )
        if changed.rowcount:
            freed += 1
            connection.execute(
                update(QUEUE).where(QUEUE.c.item_id == item_id).values(free=QUEUE.c.free + 1)
            )
            rewind(session, [item_id])
    return freed


def rewind(session: Session, item_ids: Iterable[int]) -> None:
    """Let searches that are past these items begin at them again."""
    ids = list(item_ids)
    connection = session.connection()
    for start in range(0, len(ids), CHUNK):
        row = connection.execute(
            select(QUEUE.c.dataset_id, func.min(QUEUE.c.rank).label("rank"))
            .where(QUEUE.c.item_id.in_(ids[start : start + CHUNK]))
            .group_by(QUEUE.c.dataset_id)
        ).first()
        if row is not None:
            connection.execute(
                update(CURSORS)
                .where(CURSORS.c.dataset_id == row.dataset_id, CURSORS.c.rank > row.rank)
                .values(rank=row.rank)
            )


def place(session: Session, *, item_id: int, person_id: int) -> Place | None:
    """A person's place at an item."""
    row = session.connection().execute(PLACE, {"item": item_id, "person": person_id}).first()
    return place_value(row) if row else None


def seat(session: Session, *, item_id: int, person_id: int) -> Seat | None:
    """An item in its queue as a person stands to it; None where it is in none."""
    row = session.connection().execute(SEAT, {"item": item_id, "person": person_id}).first()
    if row is None:
        return None
    mine = place_value(row) if row.person_id is not None else None
    return Seat(row.purpose, row.wanted, row.free, mine)


def follow(session: Session, *, item_id: int, person_id: int, status: str, until: datetime) -> None:
    """Let a place say what its annotation says, where undoing moved that."""
    done = status == "submitted"
    session.connection().execute(
        update(PLACES)
        .where(
            PLACES.c.item_id == item_id,
            PLACES.c.person_id == person_id,
            PLACES.c.state.in_(("leased", "submitted")),
        )
        .values(
            state="submitted" if done else "leased",
            leased_until=None if done else until,
        )
    )
