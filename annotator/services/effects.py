"""What would change: a weight edit, a dropped item, an adjudication, before it is saved.

Everything is worked out from one item's cases and the models' kept means, so that it can be shown
while somebody types. What a change did is stored with its event (``db.effects``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from annotator.domain.effects import Effect, foretold
from annotator.domain.items import ItemContent
from annotator.domain.judging import WHOLE, Case
from annotator.domain.standing import item_standing
from annotator.services.workspace import Workspace
from db import cases, effects, responses
from db import items as item_rows
from db.engine import Session

_PartOf = Callable[[Case], tuple[float, float | None] | None]
"""A case's share of the item's weights and its standing; None where the item no longer has it."""


def of_content(workspace: Workspace, *, item_id: int, content: ItemContent) -> Effect:
    """What an item's new weights and components would do.

    A component that is new has no scores, so it counts nothing yet.
    """
    shares = weight_shares(content)
    return _of_item(
        workspace,
        item_id,
        lambda case: (
            (shares[case.component_key], case.standing) if case.component_key in shares else None
        ),
    )


def of_drop(workspace: Workspace, *, item_id: int) -> Effect:
    """What leaving the item out would do."""
    return _of_item(workspace, item_id, lambda case: None)


def of_events(workspace: Workspace, *, event_ids: Sequence[int]) -> dict[int, Effect]:
    """What events did to the models, for those that moved any."""
    with workspace.database.reading() as session:
        return effects.of_events(session, event_ids=event_ids)


def weight_shares(content: ItemContent) -> dict[str, float]:
    """Each component's part of the item's weights by key; equal parts where it has none."""
    components = content.components
    if not components:
        return {WHOLE: 1.0}
    total = sum(float(component.weight or 0) for component in components)
    if not total:
        return {component.key: 1 / len(components) for component in components}
    return {component.key: float(component.weight or 0) / total for component in components}


def _of_item(workspace: Workspace, item_id: int, part: _PartOf) -> Effect:
    with workspace.database.reading() as session:
        item = item_rows.get(session, item_id=item_id)
        standings = cases.standings(session, dataset_id=item.dataset_id)
        by_model = _cases_of_item(session, item_id)
    old = {
        model: item_standing((c.weight_share, c.standing) for c in found if c.live)
        for model, found in by_model.items()
    }
    new = {
        model: item_standing(made for c in found if (made := part(c)) is not None)
        for model, found in by_model.items()
    }
    return foretold(standings, old, new)


def _cases_of_item(session: Session, item_id: int) -> Mapping[str, list[Case]]:
    return {
        response.model: cases.of_response(session, response_id=response.id)
        for response in responses.of_items(session, item_ids=[item_id])
        if not response.variant
    }
