"""What events did to the models' means and ranks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import insert, select
from sqlmodel import Session

from annotator.domain.effects import Effect, effect, effect_from_json, means
from db import cases
from db.tables import metadata
from db.tables_audit import EventEffectRow

EFFECTS = metadata.tables[str(EventEffectRow.__tablename__)]

Means = dict[str, float | None]


def now(session: Session, *, dataset_id: int) -> Means:
    """The models' means as they stand, to be handed to ``store`` after the change."""
    return means(cases.standings(session, dataset_id=dataset_id))


def store(session: Session, *, event_id: int, dataset_id: int, before: Means) -> Effect:
    """Keep what an event did, in its transaction, and hand it out; where no model moved, only
    the latter."""
    done = effect(before, now(session, dataset_id=dataset_id))
    if done.moved:
        shifts = [shift.to_json() for shift in done.shifts]
        session.connection().execute(insert(EFFECTS).values(event_id=event_id, shifts=shifts))
    return done


def of_events(session: Session, *, event_ids: Sequence[int]) -> dict[int, Effect]:
    """The effects of those events that had one."""
    found = {}
    for chunk in cases.chunks(event_ids):
        rows = session.connection().execute(select(EFFECTS).where(EFFECTS.c.event_id.in_(chunk)))
        found.update({row.event_id: effect_from_json(row.shifts) for row in rows})
    return found
