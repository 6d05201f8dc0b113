"""Pages of items, the way through a view, and a view as an address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from annotator.domain.records import Person
from annotator.domain.rights import may
from annotator.errors import NotFound
from annotator.services import assigning
from annotator.services.access import needs
from annotator.services.workspace import Workspace
from db import browse, datasets, findings
from db import items as rows
from db import way as way_rows
from db.browse import FILTERS, PAGE, SORTS, Page, Rate, Row, View
from db.way import Neighbours

__all__ = [
    "FILTERS",
    "PAGE",
    "SORTS",
    "Neighbours",
    "Page",
    "Rate",
    "Row",
    "View",
    "address_of",
    "look",
    "view_of",
]


def view_of(address: Mapping[str, list[str]]) -> View:
    """The view that an address's parameters name.

    Raises:
        InvalidValue: an unknown sort.
    """
    sort = (address.get("sort") or ["position"])[0]
    return View(
        search=(address.get("q") or [""])[0],
        filters={name: tuple(address[name]) for name in FILTERS if address.get(name)},
        sort=sort.lstrip("-"),
        descending=sort.startswith("-"),
    )


def address_of(view: View) -> dict[str, str | list[str]]:
    """A view as an address's parameters; what is usual is left out."""
    found: dict[str, str | list[str]] = {
        name: list(values) for name, values in view.filters.items() if values
    }
    if view.search:
        found["q"] = view.search
    if view.sort != "position" or view.descending:
        found["sort"] = f"{'-' if view.descending else ''}{view.sort}"
    return found


def page(
    workspace: Workspace,
    *,
    dataset_id: int,
    view: View,
    number: int,
    actor: Person | None = None,
) -> Page:
    """One page of a view.

    Args:
        actor: who looks: findings of shared items are reviewers' until these are settled.
    """
    blind = actor is not None and not may(actor.role, "settle")
    with workspace.database.reading() as session:
        return browse.page(session, dataset_id=dataset_id, view=view, number=number, blind=blind)


@needs("look")
def choices(workspace: Workspace, *, actor: Person, dataset_id: int) -> dict[str, list[str]]:
    """The values each filter can take; findings that are hidden from the actor have none."""
    with workspace.database.reading() as session:
        found = browse.choices(session, dataset_id=dataset_id)
        if not may(actor.role, "settle"):
            known = findings.counts(session, dataset_id=dataset_id, blind=True)
            found["finding"] = sorted({kind for kind, _, _ in known})
    return found


@needs("look")
def rates(workspace: Workspace, *, actor: Person, dataset_id: int, by: str) -> list[Rate]:
    """Verdicts by origin."""
    with workspace.database.reading() as session:
        return browse.rates(session, dataset_id=dataset_id, by=by)


@dataclass(frozen=True, slots=True)
class Way:
    """The way through a view from one item, and the next one that waits for somebody."""

    neighbours: Neighbours
    next_open: int | None
    next_image: str | None


@needs("look")
def way(workspace: Workspace, *, actor: Person, dataset_id: int, item_id: int, view: View) -> Way:
    """Where an item stands in a view and what comes next for a person."""
    with workspace.database.reading() as session:
        near = way_rows.neighbours(session, item_id=item_id, dataset_id=dataset_id, view=view)
        dataset = datasets.get(session, dataset_id=dataset_id)
        if dataset.plan is not None:
            after = assigning.waiting_for(session, dataset, actor.id, after=item_id)
        else:
            after = way_rows.next_open(
                session, dataset_id=dataset_id, person_id=actor.id, view=view, after=item_id
            )
        upcoming = after if after is not None else near.after
        image = rows.image_hash(session, item_id=upcoming) if upcoming else None
    return Way(near, after, image)


@needs("look")
def first(workspace: Workspace, *, actor: Person, dataset_id: int, view: View) -> int | None:
    """Where a person begins in a view: the first item that waits, else the first of all."""
    with workspace.database.reading() as session:
        found = way_rows.next_open(session, dataset_id=dataset_id, person_id=actor.id, view=view)
        if found is not None:
            return found
        rows_ = browse.page(session, dataset_id=dataset_id, view=view).rows
    return rows_[0].id if rows_ else None


@needs("look")
def find(workspace: Workspace, *, actor: Person, dataset_id: int, name: str) -> int:
    """An item by its id in the source or by its position; raises NotFound."""
    wanted = name.strip()
    with workspace.database.reading() as session:
        found = rows.by_source_id(session, dataset_id=dataset_id, source_id=wanted)
        if found is None and wanted.isdecimal() and len(wanted) < 10:
            found = rows.at_position(session, dataset_id=dataset_id, position=int(wanted))
    if found is None:
        raise NotFound("item", wanted)
    return found


@needs("assign")
def ids(
    workspace: Workspace, *, actor: Person, dataset_id: int, view: View, limit: int
) -> list[int]:
    """The items of a view in its order, at most so many."""
    found: list[int] = []
    number = 0
    while len(found) < limit:
        shown = page(workspace, dataset_id=dataset_id, view=view, number=number)
        found += [row.id for row in shown.rows]
        number += 1
        if number * PAGE >= shown.total:
            break
    return found[:limit]


def look(workspace: Workspace, *, dataset_id: int, view: View) -> Iterator[dict[str, Any]]:
    """All items of a view for scripts, page by page."""
    number, total = 0, 1
    while number * PAGE < total:
        shown = page(workspace, dataset_id=dataset_id, view=view, number=number)
        total = shown.total
        for row in shown.rows:
            yield {
                "item": row.source_id,
                "position": row.position,
                "instruction": row.instruction,
                "level": row.level,
                "types": row.types.split(", ") if row.types else [],
                "components": row.components,
                "weight_sum": row.weights,
                "findings": row.findings,
                "severity": row.severity,
                "flags": row.flags,
                "status": row.status,
                "verdict": row.verdict,
                "who": row.who,
                "image": row.sha256,
                "image_problem": row.image_problem,
            }
        number += 1
