"""The way through a view: the items beside one, and the next that waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, bindparam, exists, func
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select

from annotator.errors import NotFound
from db.browse import SORTS, View, conditions, count, filtered, how_many
from db.tables import AnnotationRow, ItemRow, metadata

WAITING: Final = ("open", "draft")
DRAFT_HOLDS: Final = timedelta(minutes=30)
"""How long somebody's fresh draft keeps an item from being handed to others as the next one."""

ITEMS: Final = metadata.tables["item"]
BESIDE: Final = ITEMS.alias("beside")
OURS: Final = BESIDE.c.dataset_id == bindparam("dataset")
IN_ORDER: Final = table_select(
    ITEMS.c.position,
    table_select(func.max(BESIDE.c.position)).where(OURS).scalar_subquery(),
    table_select(BESIDE.c.id)
    .where(OURS, BESIDE.c.position < ITEMS.c.position)
    .order_by(BESIDE.c.position.desc())
    .limit(1)
    .scalar_subquery(),
    table_select(BESIDE.c.id)
    .where(OURS, BESIDE.c.position > ITEMS.c.position)
    .order_by(BESIDE.c.position)
    .limit(1)
    .scalar_subquery(),
).where(ITEMS.c.id == bindparam("one"))
"""An item's place in the source's order, the last place, and the items beside it."""
DRAFTS: Final = metadata.tables["annotation"]
FIRST_OPEN: Final = (
    table_select(ITEMS.c.id)
    .where(
        ITEMS.c.dataset_id == bindparam("dataset"),
        ITEMS.c.status.in_(WAITING),
        ITEMS.c.id != bindparam("after"),
        ~exists().where(
            DRAFTS.c.item_id == ITEMS.c.id,
            DRAFTS.c.person_id != bindparam("person"),
            DRAFTS.c.status == "draft",
            DRAFTS.c.updated_at > bindparam("fresh"),
        ),
    )
    .order_by(ITEMS.c.position)
    .limit(1)
)
NEXT_OPEN: Final = FIRST_OPEN.where(
    ITEMS.c.position
    > table_select(BESIDE.c.position).where(BESIDE.c.id == bindparam("after")).scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where an item stands in a view: 0-based place, and the items before and after it.

    ``place`` is None for an item that is not, or no longer, in the view; before and after are then
    those between which it would stand.
    """

    place: int | None
    total: int
    before: int | None
    after: int | None


def neighbours(session: Session, *, item_id: int, dataset_id: int, view: View) -> Neighbours:
    """The way from an item through a view; raises NotFound."""
    if view.sort == "position" and not filtered(view):
        return in_order(session, item_id, dataset_id, descending=view.descending)
    where = conditions(dataset_id, view)
    here = mark(session, item_id, view)
    behind = stretches(view, here, forward=False)
    total = count(session, dataset_id, view, where)
    place = None
    if session.exec(select(ItemRow.id).where(*where, is_item(item_id))).first() is not None:
        place = sum(how_many(session, [*where, stretch.condition]) for stretch in behind)
    return Neighbours(
        place,
        total,
        nearest(session, where, behind),
        nearest(session, where, stretches(view, here, forward=True)),
    )


def in_order(session: Session, item_id: int, dataset_id: int, *, descending: bool) -> Neighbours:
    """``neighbours`` in a whole dataset by position: what nearly every run asks for."""
    row = session.connection().execute(IN_ORDER, {"one": item_id, "dataset": dataset_id}).first()
    if row is None:
        raise NotFound("item", item_id)
    place, last, before, after = row
    if descending:
        return Neighbours(last - place, last + 1, after, before)
    return Neighbours(place, last + 1, before, after)


def is_item(item_id: int) -> Any:
    """The condition that an item is this one."""
    return col(ItemRow.id) == item_id


# The way through a view is searched from an item's own place in the order, along the index of the
# sorted column, so that it costs the same in a hundred items and in a hundred thousand.


@dataclass(frozen=True, slots=True)
class Mark:
    """An item's place in an order: its value of the sorted column, and its position."""

    value: Any
    position: int


def mark(session: Session, item_id: int, view: View) -> Mark:
    """An item's place in a view's order; raises NotFound."""
    column = SORTS[view.sort]
    found = session.exec(select(column, ItemRow.position).where(is_item(item_id))).first()
    if found is None:
        raise NotFound("item", item_id)
    return Mark(*found)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a view's order that one index gives in one go."""

    condition: Any
    order: tuple[Any, ...]


def stretches(view: View, at: Mark, *, forward: bool) -> list[Stretch]:
    """What comes after a place in a view's order, or before it, the nearest stretch first."""
    column, position = col(SORTS[view.sort]), col(ItemRow.position)
    rising = forward != view.descending
    if view.sort == "position":
        beyond = position > at.position if rising else position < at.position
        return [Stretch(beyond, (position.asc() if rising else position.desc(),))]
    onward = position > at.position if forward else position < at.position
    place = position.asc() if forward else position.desc()
    ties = Stretch(and_(column.is_not_distinct_from(at.value), onward), (place,))
    ordered = (column.asc() if rising else column.desc(), place)
    if at.value is None:
        return [ties] if forward else [ties, Stretch(column.is_not(None), ordered)]
    others = Stretch(column > at.value if rising else column < at.value, ordered)
    return [ties, others, Stretch(column.is_(None), (place,))] if forward else [ties, others]


def whole(view: View) -> list[Stretch]:
    """All of a view's order, as stretches."""
    column, position = col(SORTS[view.sort]), col(ItemRow.position)
    ordered = column.desc() if view.descending else column.asc()
    if view.sort == "position":
        return [Stretch(column.is_not(None), (ordered,))]
    return [
        Stretch(column.is_not(None), (ordered, position)),
        Stretch(column.is_(None), (position,)),
    ]


def nearest(session: Session, where: Sequence[Any], along: Sequence[Stretch]) -> int | None:
    """The first item of some stretches that meets conditions."""
    for stretch in along:
        found = session.exec(
            select(ItemRow.id).where(*where, stretch.condition).order_by(*stretch.order).limit(1)
        ).first()
        if found is not None:
            return found
    return None


def next_open(
    session: Session, *, dataset_id: int, person_id: int, view: View, after: int = -1
) -> int | None:
    """The next item of a view that nobody has settled and nobody else is at work on.

    Args:
        after: the item behind which the view's order is searched, and then from the beginning;
            -1 begins there at once.
    """
    fresh = datetime.now(UTC) - DRAFT_HOLDS
    if view.sort == "position" and not (view.descending or filtered(view)):
        return next_open_in_order(
            session, {"dataset": dataset_id, "person": person_id, "fresh": fresh, "after": after}
        )
    others = exists().where(
        col(AnnotationRow.item_id) == ItemRow.id,
        col(AnnotationRow.person_id) != person_id,
        col(AnnotationRow.status) == "draft",
        col(AnnotationRow.updated_at) > fresh,
    )
    waiting = [*conditions(dataset_id, view), col(ItemRow.status).in_(WAITING), ~others]
    if after > 0:
        beyond = stretches(view, mark(session, after, view), forward=True)
        found = nearest(session, waiting, beyond)
        if found is not None:
            return found
    return nearest(session, [*waiting, col(ItemRow.id) != after], whole(view))


def next_open_in_order(session: Session, wish: Mapping[str, Any]) -> int | None:
    """``next_open`` in a whole dataset by position: what nearly every run asks for."""
    for query in (NEXT_OPEN, FIRST_OPEN):
        found: int | None = session.connection().execute(query, wish).scalar()
        if found is not None:
            return found
    return None
