"""Pages of items from SQL: filters, sorting, search and the way through a filtered view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, or_, text
from sqlmodel import Session, col, select

from annotator.domain.vocabulary import SEVERITIES, STANDING
from annotator.errors import InvalidValue
from db import search
from db.items import hidden
from db.tables import (
    ComponentRow,
    FindingRow,
    FlagRow,
    ImageRow,
    ItemRow,
    PersonRow,
)

PAGE: Final = 100

SORTS: Final[dict[str, Any]] = {
    "position": ItemRow.position,
    "level": ItemRow.level,
    "components": ItemRow.component_count,
    "weights": ItemRow.weight_sum,
    "findings": ItemRow.severity,
    "flags": ItemRow.flags,
    "status": ItemRow.status,
    "verdict": ItemRow.verdict,
    "touched": ItemRow.touched_at,
}
FILTERS: Final = (
    "level",
    "type",
    "status",
    "verdict",
    "severity",
    "finding",
    "flag",
    "generator",
    "prompt_version",
    "batch",
    "who",
    "image",
    "weights",
)


BLIND_SORTS: Final = ("findings", "touched")
BLIND_FILTERS: Final = {"finding", "severity", "who"}
"""What would tell of an item what is hidden of it."""


@dataclass(frozen=True, slots=True)
class View:
    """What of a dataset is looked at, as it stands in an address.

    ``filters`` maps a name of FILTERS to the wanted values; ``-`` stands for none. ``sort`` is a
    name of SORTS, ``descending`` its direction.
    """

    search: str = ""
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = "position"
    descending: bool = False

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise InvalidValue("sort", f"must be one of {', '.join(SORTS)}, not {self.sort!r}")
        for name in self.filters:
            if name not in FILTERS:
                raise InvalidValue("filter", f"must be one of {', '.join(FILTERS)}, not {name!r}")
        for value in self.filters.get("weights", ()):
            number(value)


@dataclass(frozen=True, slots=True)
class Row:
    """One item as a line of Browse."""

    id: int
    position: int
    source_id: str
    instruction: str
    level: str | None
    types: str
    components: int
    weights: float | None
    findings: int
    severity: str | None
    flags: int
    status: str
    verdict: str | None
    generator: str | None
    prompt_version: str | None
    batch: str | None
    who: str | None
    touched_at: datetime | None
    sha256: str | None
    image_problem: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a view, and how many items the whole view has."""

    rows: list[Row]
    total: int
    number: int


def conditions(dataset_id: Any, view: View) -> list[Any]:
    """The view as conditions on items; the dataset's id may be a parameter."""
    found: list[Any] = [ItemRow.dataset_id == dataset_id]
    wanted = search.clause(view.search)
    if wanted is not None:
        found.append(wanted)
    for name, values in view.filters.items():
        if values:
            found.append(condition(name, values))
    return found


def condition(name: str, values: Sequence[str]) -> Any:
    """One filter as a condition."""
    # Lists rather than EXISTS: one scan of a covering index instead of a search for every item.
    if name == "type":
        return col(ItemRow.id).in_(
            select(ComponentRow.item_id).where(
                col(ComponentRow.type).in_(values), col(ComponentRow.position).is_not(None)
            )
        )
    if name == "finding":
        return col(ItemRow.id).in_(
            select(FindingRow.item_id).where(
                col(FindingRow.kind).in_(values), col(FindingRow.state).in_(STANDING)
            )
        )
    if name == "flag":
        # An item whose flags are hidden counts none.
        return and_(
            col(ItemRow.flags) > 0,
            col(ItemRow.id).in_(
                select(FlagRow.item_id).where(
                    col(FlagRow.kind).in_(values), col(FlagRow.state).in_(STANDING)
                )
            ),
        )
    if name == "severity":
        ranks = [SEVERITIES.index(value) for value in values if value in SEVERITIES]
        return or_(col(ItemRow.severity).in_(ranks), none_of(col(ItemRow.severity), values))
    if name == "image":
        lacking = col(ItemRow.image_id).is_(None)
        return or_(*(lacking if value == "missing" else ~lacking for value in values))
    if name == "weights":
        return or_(*(col(ItemRow.weight_sum) == number(value) for value in values))
    if name == "who":
        people = select(PersonRow.id).where(col(PersonRow.name).in_(values))
        return or_(col(ItemRow.touched_by).in_(people), none_of(col(ItemRow.touched_by), values))
    column = col(getattr(ItemRow, name))
    return or_(column.in_(values), none_of(column, values))


def none_of(column: Any, values: Sequence[str]) -> Any:
    """The column is empty, where ``-`` is among the wanted values."""
    return column.is_(None) if "-" in values else text("0 = 1")


def number(value: str) -> float:
    """A number from an address; raises InvalidValue."""
    try:
        return float(value)
    except ValueError as fault:
        raise InvalidValue("weights", f"must be a number, not {value!r}") from fault


def order(view: View, *, backwards: bool = False) -> list[Any]:
    """The view's order or its reverse; position breaks ties, and empty values come last."""
    column, place = col(SORTS[view.sort]), col(ItemRow.position)
    falling = view.descending != backwards
    if view.sort == "position":
        return [place.desc() if falling else place]
    sorted_ = column.desc() if falling else column.asc()
    if backwards:
        return [sorted_.nulls_first(), place.desc()]
    return [sorted_.nulls_last(), place]


def page(
    session: Session, *, dataset_id: int, view: View, number: int = 0, blind: bool = False
) -> Page:
    """One page of PAGE items of a view; a page past the end is the last one.

    Args:
        blind: findings of shared items, and who works on them when, are not shown, nor found,
            before these are settled.
    """
    where = conditions(dataset_id, view)
    if blind and (view.sort in BLIND_SORTS or BLIND_FILTERS & view.filters.keys()):
        where.append(~hidden())
    total = count(session, dataset_id, view, where)
    number = max(0, min(number, (total - 1) // PAGE))
    ids = page_ids(session, view, where, total, number)
    found = rows(session, ids)
    if blind:
        kept = set(session.exec(select(ItemRow.id).where(col(ItemRow.id).in_(ids), hidden())))
        found = [
            replace(row, findings=0, severity=None, who=None, touched_at=None)
            if row.id in kept
            else row
            for row in found
        ]
    return Page(found, total, number)


def page_ids(
    session: Session, view: View, where: Sequence[Any], total: int, number: int
) -> list[int]:
    """The items of a page; pages of the second half are counted from the end, which is nearer."""
    offset, size = number * PAGE, min(PAGE, total - number * PAGE)
    backwards = offset > total // 2
    if backwards:
        offset = total - offset - size
    found = session.exec(
        select(ItemRow.id)
        .where(*where)
        .order_by(*order(view, backwards=backwards))
        .offset(offset)
        .limit(size)
    ).all()
    ids = [item_id for item_id in found if item_id is not None]
    return ids[::-1] if backwards else ids


def rows(session: Session, ids: Sequence[int]) -> list[Row]:
    """Lines of Browse in the order of the ids."""
    types: dict[int, list[str]] = {item_id: [] for item_id in ids}
    for item_id, name in session.exec(
        select(ComponentRow.item_id, ComponentRow.type)
        .where(col(ComponentRow.item_id).in_(ids), col(ComponentRow.position).is_not(None))
        .order_by(col(ComponentRow.item_id), col(ComponentRow.position))
    ):
        types[item_id].append(name)
    found = {}
    for item, person, sha256 in session.exec(
        select(ItemRow, PersonRow.name, ImageRow.sha256)
        .outerjoin(PersonRow, col(PersonRow.id) == ItemRow.touched_by)
        .outerjoin(ImageRow, col(ImageRow.id) == ItemRow.image_id)
        .where(col(ItemRow.id).in_(ids))
    ):
        assert item.id is not None
        found[item.id] = row(item, ", ".join(types[item.id]), person, sha256)
    return [found[item_id] for item_id in ids]


def row(item: ItemRow, types: str, person: str | None, sha256: str | None) -> Row:
    """One line of Browse."""
    assert item.id is not None
    return Row(
        id=item.id,
        position=item.position,
        source_id=item.source_id,
        instruction=item.instruction,
        level=item.level,
        types=types,
        components=item.component_count,
        weights=item.weight_sum,
        findings=item.findings,
        severity=None if item.severity is None else SEVERITIES[item.severity],
        flags=item.flags,
        status=item.status,
        verdict=item.verdict,
        generator=item.generator,
        prompt_version=item.prompt_version,
        batch=item.batch,
        who=person,
        touched_at=item.touched_at,
        sha256=sha256,
        image_problem=item.image_problem,
    )


@dataclass(frozen=True, slots=True)
class Totals:
    """A dataset in numbers of items."""

    statuses: dict[str, int]
    verdicts: dict[str, int]
    flags: int
    without_image: int


def totals(session: Session, *, dataset_id: int) -> Totals:
    """Items by status and verdict, with open flags, without image."""
    mine = ItemRow.dataset_id == dataset_id
    count = func.count()
    statuses = session.exec(select(ItemRow.status, count).where(mine).group_by(ItemRow.status))
    verdicts = session.exec(
        select(ItemRow.verdict, count)
        .where(mine, col(ItemRow.verdict).is_not(None))
        .group_by(col(ItemRow.verdict))
    )
    return Totals(
        statuses=dict(statuses.all()),
        verdicts={str(verdict): number for verdict, number in verdicts},
        flags=session.exec(select(count).where(mine, col(ItemRow.flags) > 0)).one(),
        without_image=session.exec(
            select(count).where(mine, col(ItemRow.image_id).is_(None))
        ).one(),
    )


def filtered(view: View) -> bool:
    """Whether a view leaves anything out."""
    return bool(view.search or any(view.filters.values()))


def count(session: Session, dataset_id: int, view: View, where: Sequence[Any]) -> int:
    """How many items a view has; an unfiltered one ends at its highest position."""
    if filtered(view):
        return how_many(session, where)
    highest = session.exec(
        select(func.max(ItemRow.position)).where(ItemRow.dataset_id == dataset_id)
    ).one()
    return 0 if highest is None else int(highest) + 1


def how_many(session: Session, where: Sequence[Any]) -> int:
    """How many items meet conditions."""
    return session.exec(select(func.count()).select_from(ItemRow).where(*where)).one()


def choices(session: Session, *, dataset_id: int) -> dict[str, list[str]]:
    """The values each filter can take in a dataset."""
    mine = ItemRow.dataset_id == dataset_id
    lowest, highest = session.exec(
        select(func.min(ItemRow.id), func.max(ItemRow.id)).where(mine)
    ).one()

    def used(row: Any, column: Any, *extra: Any) -> list[str]:
        """Values that some part of an item of this dataset has."""
        return [
            value
            for value in distinct(session, column, *extra[:1])
            if session.exec(
                select(row.item_id)
                .join(ItemRow, col(ItemRow.id) == row.item_id)
                .where(mine, column == value, *extra, col(row.item_id).between(lowest, highest))
                .limit(1)
            ).first()
            is not None
        ]

    people = distinct(session, col(ItemRow.touched_by), mine)
    names = session.exec(select(PersonRow.name).where(col(PersonRow.id).in_(people)))
    return {
        "level": distinct(session, col(ItemRow.level), mine),
        "type": used(ComponentRow, col(ComponentRow.type), col(ComponentRow.position).is_not(None)),
        "finding": used(FindingRow, col(FindingRow.kind), col(FindingRow.state).in_(STANDING)),
        "generator": distinct(session, col(ItemRow.generator), mine),
        "prompt_version": distinct(session, col(ItemRow.prompt_version), mine),
        "batch": distinct(session, col(ItemRow.batch), mine),
        "who": sorted(names),
    }


def distinct(session: Session, column: Any, *where: Any) -> list[Any]:
    """A column's values in order, each found by one search of its index, not by reading it all."""
    least = select(func.min(column).label("value")).where(*where)
    step = least.cte("step", recursive=True)
    greater = select(func.min(column)).where(*where, column > step.c.value).scalar_subquery()
    step = step.union_all(select(greater).where(step.c.value.is_not(None)))
    return list(session.exec(select(step.c.value).where(step.c.value.is_not(None))))


@dataclass(frozen=True, slots=True)
class Rate:
    """How the items of one origin were judged."""

    origin: str
    items: int
    keep: int
    fix: int
    drop: int


def rates(session: Session, *, dataset_id: int, by: str) -> list[Rate]:
    """Verdicts by ``generator``, ``prompt_version`` or ``batch``."""
    if by not in ("generator", "prompt_version", "batch"):
        raise InvalidValue("by", f"must be generator, prompt_version or batch, not {by!r}")
    column = col(getattr(ItemRow, by))
    found: dict[str, dict[str, int]] = {}
    for origin, verdict, number in session.exec(
        select(column, ItemRow.verdict, func.count())
        .where(ItemRow.dataset_id == dataset_id, column.is_not(None))
        .group_by(column, col(ItemRow.verdict))
    ):
        found.setdefault(str(origin), {})[verdict or ""] = number
    return [
        Rate(origin, sum(v.values()), v.get("keep", 0), v.get("fix", 0), v.get("drop", 0))
        for origin, v in sorted(found.items())
    ]
