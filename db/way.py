"""The way through a view: the items beside one, and the next that waits for somebody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import and_, bindparam, exists, func, literal
from sqlalchemy import select as table_select
from sqlmodel import Session, col, select

from annotator.errors import NotFound
from db.browse import SORTS, View, conditions, count, filtered, how_many
from db.tables import AnnotationRow, ItemRow, metadata

WAITING: Final = ("open", "draft")
DRAFT_HOLDS: Final = timedelta(minutes=30)
"""How long somebody's fresh draft keeps an item from being handed to others as the next one."""

HERE: Final = metadata.tables["item"].alias("here")


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
    if view.sort == "position":
        return in_order(session, item_id, dataset_id, view)
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


def in_order(session: Session, item_id: int, dataset_id: int, view: View) -> Neighbours:
    """``neighbours`` by position: what nearly every run asks for."""
    query = asked_in_order(*named(view)).beside
    row = session.connection().execute(query, {"one": item_id, "dataset": dataset_id}).first()
    if row is None:
        raise NotFound("item", item_id)
    there, place, total, before, after = row
    if view.descending:
        place, before, after = total - 1 - place, after, before
    return Neighbours(place if there else None, total, before, after)


@dataclass(frozen=True, slots=True)
class InOrder:
    """What is asked of a view by position at each run: ``beside`` an item, who waits behind one
    (``onward``), who waits at all (``first``)."""

    beside: Any
    onward: Any
    first: Any


Filters = tuple[tuple[str, tuple[str, ...]], ...]


def named(view: View) -> tuple[str, Filters]:
    """What a view leaves out."""
    return view.search, tuple(view.filters.items())


@lru_cache(maxsize=256)
def asked_in_order(search: str, filters: Filters) -> InOrder:
    """The queries of a view by position, built once for each: building takes longer than asking."""
    view = View(search, dict(filters))
    where = conditions(bindparam("dataset"), view)
    position, every = col(ItemRow.position), func.count()
    beyond = position > HERE.c.position
    behind = position < HERE.c.position
    if filtered(view):
        there: Any = counted(every, *where, col(ItemRow.id) == HERE.c.id)
        place: Any = counted(every, *where, behind)
        total: Any = counted(every, *where)
    else:
        there, place = literal(1), HERE.c.position
        total = counted(func.max(position), *where) + 1
    ids = table_select(col(ItemRow.id)).limit(1)
    beside = table_select(
        there,
        place,
        total,
        ids.where(*where, behind).order_by(position.desc()).scalar_subquery(),
        ids.where(*where, beyond).order_by(position).scalar_subquery(),
    ).where(HERE.c.id == bindparam("one"))
    others = at_work(bindparam("person"), bindparam("fresh"))
    after: Any = bindparam("after")
    first = ids.where(
        *where, col(ItemRow.status).in_(WAITING), ~others, col(ItemRow.id) != after
    ).order_by(position)
    behind_which = table_select(HERE.c.position).where(HERE.c.id == after).scalar_subquery()
    return InOrder(beside, first.where(position > behind_which), first)


def counted(what: Any, *where: Any) -> Any:
    """A number about the items that meet conditions."""
    return table_select(what).select_from(ItemRow).where(*where).scalar_subquery()


def at_work(person_id: Any, fresh: Any) -> Any:
    """The condition that somebody else has a fresh draft of an item."""
    return exists().where(
        col(AnnotationRow.item_id) == ItemRow.id,
        col(AnnotationRow.person_id) != person_id,
        col(AnnotationRow.status) == "draft",
        col(AnnotationRow.updated_at) > fresh,
    )


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
    if view.sort == "position" and not view.descending:
        wish = {"dataset": dataset_id, "person": person_id, "fresh": fresh, "after": after}
        return next_open_in_order(session, view, wish)
    others = at_work(person_id, fresh)
    waiting = [*conditions(dataset_id, view), col(ItemRow.status).in_(WAITING), ~others]
    if after > 0:
        beyond = stretches(view, mark(session, after, view), forward=True)
        found = nearest(session, waiting, beyond)
        if found is not None:
            return found
    return nearest(session, [*waiting, col(ItemRow.id) != after], whole(view))


def next_open_in_order(session: Session, view: View, wish: Mapping[str, Any]) -> int | None:
    """``next_open`` by position: what nearly every run asks for."""
    asked = asked_in_order(*named(view))
    for query in (asked.onward, asked.first):
        found: int | None = session.connection().execute(query, wish).scalar()
        if found is not None:
            return found
    return None
