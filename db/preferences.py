"""What people decided of pairs of answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session, select

from annotator.domain.preferences import Pair
from annotator.errors import StaleSave
from db.tables_release import PreferenceRow


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision: ``accepted`` or ``refused``, of these components; ``version`` 0 is none yet."""

    state: str
    component_keys: tuple[str, ...]
    person_id: int
    version: int


def of_dataset(session: Session, *, dataset_id: int) -> dict[tuple[int, int], Decision]:
    """The decisions of a dataset by chosen and rejected answer."""
    rows = session.exec(select(PreferenceRow).where(PreferenceRow.dataset_id == dataset_id))
    return {
        (row.chosen_id, row.rejected_id): Decision(
            row.state, tuple(row.component_keys), row.person_id, row.version
        )
        for row in rows
    }


def decide(
    session: Session,
    *,
    dataset_id: int,
    pair: Pair,
    state: str,
    person_id: int,
    version: int,
) -> None:
    """Store a decision over the version that was shown, 0 for none; raises StaleSave."""
    row = session.exec(
        select(PreferenceRow).where(
            PreferenceRow.chosen_id == pair.chosen_id,
            PreferenceRow.rejected_id == pair.rejected_id,
        )
    ).first()
    if (row.version if row else 0) != version:
        raise StaleSave("the pair", current={"state": row.state if row else None})
    keys = list(pair.component_keys)
    if row is None:
        row = PreferenceRow(
            dataset_id=dataset_id,
            item_id=pair.item_id,
            chosen_id=pair.chosen_id,
            rejected_id=pair.rejected_id,
            component_keys=keys,
            state=state,
            person_id=person_id,
            at=datetime.now(UTC),
        )
    else:
        row.component_keys, row.state, row.person_id = keys, state, person_id
        row.version, row.at = version + 1, datetime.now(UTC)
    session.add(row)
    session.flush()
