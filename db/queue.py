"""Findings and flags of a dataset as one queue of cases, the gravest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import String, and_, cast, exists, func, literal, or_, select, union_all
from sqlmodel import col

from annotator.domain.vocabulary import SEVERITIES, STANDING
from annotator.errors import InvalidValue
from db.engine import Session
from db.items import hidden
from db.tables import ComponentRow, FindingRow, FlagRow, ItemRow, PersonRow

FLAG_RANK: Final = len(SEVERITIES)
"""What a person says comes before what a check says."""

STATES: Final = {
    "open": STANDING,
    "settled": ("dismissed", "resolved"),
}
FILTERS: Final = ("kind", "severity", "type", "status")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the queue is looked at: values per name of FILTERS; none means all.

    ``status`` is ``open`` (the default) or ``settled``; ``severity`` one of SEVERITIES, or ``flag``
    for what people said. Without ``shared``, findings of items that several people look at are left
    out until these are settled.
    """

    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shared: bool = True

    def __post_init__(self) -> None:
        for name in self.filters:
            if name not in FILTERS:
                raise InvalidValue("filter", f"must be one of {', '.join(FILTERS)}, not {name!r}")


@dataclass(frozen=True, slots=True)
class Case:
    """One finding or flag. ``rank`` is FLAG_RANK for a flag, else the severity's place."""

    source: str
    id: int
    item_id: int
    kind: str
    rank: int
    state: str


def page(
    session: Session, *, dataset_id: int, wanted: Wanted, place: int, limit: int = 1
) -> tuple[list[Case], int]:
    """Cases from a 0-based place on, and how many the queue has."""
    cases = union_all(
        findings_query(dataset_id, wanted), flags_query(dataset_id, wanted)
    ).subquery()
    total = session.connection().execute(select(func.count()).select_from(cases)).scalar_one()
    rows = session.connection().execute(
        select(cases)
        .order_by(cases.c.rank.desc(), cases.c.position, cases.c.source.desc(), cases.c.id)
        .offset(max(0, min(place, total - 1)))
        .limit(limit)
    )
    found = [Case(r.source, r.id, r.item_id, r.kind, r.rank, r.state) for r in rows]
    return found, total


def findings_query(dataset_id: int, wanted: Wanted) -> Any:
    """The findings among the cases."""
    query: Any = (
        select(
            literal("finding").label("source"),
            col(FindingRow.id),
            col(FindingRow.item_id),
            col(FindingRow.kind),
            col(FindingRow.severity).label("rank"),
            col(FindingRow.state),
            col(ItemRow.position),
        )
        .join(ItemRow, col(ItemRow.id) == col(FindingRow.item_id))
        .where(col(ItemRow.dataset_id) == dataset_id, in_state(col(FindingRow.state), wanted))
    )
    if not wanted.shared:
        query = query.where(~hidden())
    severities = wanted.filters.get("severity", ())
    if severities:
        ranks = [SEVERITIES.index(s) for s in severities if s in SEVERITIES]
        query = query.where(col(FindingRow.severity).in_(ranks))
    return narrowed(query, FindingRow, wanted)


def flags_query(dataset_id: int, wanted: Wanted) -> Any:
    """The flags among the cases."""
    query: Any = (
        select(
            literal("flag").label("source"),
            col(FlagRow.id),
            col(FlagRow.item_id),
            col(FlagRow.kind),
            literal(FLAG_RANK).label("rank"),
            col(FlagRow.state),
            col(ItemRow.position),
        )
        .join(ItemRow, col(ItemRow.id) == col(FlagRow.item_id))
        .where(
            col(ItemRow.dataset_id) == dataset_id,
            in_state(col(FlagRow.state), wanted),
            ~hidden(),
        )
    )
    severities = wanted.filters.get("severity", ())
    if severities and "flag" not in severities:
        query = query.where(literal(False))
    return narrowed(query, FlagRow, wanted)


def in_state(column: Any, wanted: Wanted) -> Any:
    """The wanted status: what stands on an item that was dropped is settled."""
    statuses = wanted.filters.get("status") or ("open",)
    dropped = func.coalesce(col(ItemRow.verdict), "") == "drop"
    conditions: list[Any] = []
    if "open" in statuses:
        conditions.append(and_(column.in_(STATES["open"]), ~dropped))
    if "settled" in statuses:
        settled = and_(column.in_(STATES["open"]), dropped)
        conditions.append(or_(column.in_(STATES["settled"]), settled))
    return or_(literal(False), *conditions)


def narrowed(query: Any, table: Any, wanted: Wanted) -> Any:
    """The filters that findings and flags share: kind, and type of a component they name."""
    kinds, types = wanted.filters.get("kind", ()), wanted.filters.get("type", ())
    if kinds:
        query = query.where(table.kind.in_(kinds))
    if types:
        named = cast(table.component_keys, String).contains(
            literal('"') + col(ComponentRow.key) + '"'
        )
        query = query.where(
            exists().where(
                and_(
                    col(ComponentRow.item_id) == table.item_id,
                    col(ComponentRow.type).in_(types),
                    or_(named, cast(table.component_keys, String) == "[]"),
                )
            )
        )
    return query


def kinds(session: Session, *, dataset_id: int, wanted: Wanted) -> list[tuple[str, str, int]]:
    """What the queue holds: source, kind, how many; the gravest first."""
    others = {k: v for k, v in wanted.filters.items() if k != "kind"}
    free = Wanted(others, wanted.shared)
    cases = union_all(findings_query(dataset_id, free), flags_query(dataset_id, free)).subquery()
    rows = session.connection().execute(
        select(cases.c.source, cases.c.kind, func.count())
        .group_by(cases.c.source, cases.c.kind)
        .order_by(func.max(cases.c.rank).desc(), func.count().desc(), cases.c.kind)
    )
    return [(source, kind, number) for source, kind, number in rows]


def open_of_kind(session: Session, *, dataset_id: int, kind: str, wanted: Wanted) -> Sequence[int]:
    """The open findings of one kind within the filters, in order of their items.

    Those that somebody confirmed are left to be settled one by one.
    """
    filters = {name: values for name, values in wanted.filters.items() if name != "status"}
    cases = findings_query(
        dataset_id, Wanted({**filters, "kind": (kind,)}, wanted.shared)
    ).subquery()
    rows = session.connection().execute(
        select(cases.c.id).where(cases.c.state == "open").order_by(cases.c.position, cases.c.id)
    )
    return [finding_id for (finding_id,) in rows]


def author(session: Session, *, flag_id: int) -> str:
    """Who raised a flag."""
    return str(
        session.connection()
        .execute(
            select(col(PersonRow.name))
            .join(FlagRow, col(FlagRow.person_id) == col(PersonRow.id))
            .where(col(FlagRow.id) == flag_id)
        )
        .scalar_one()
    )
