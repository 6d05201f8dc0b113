"""The places of items among the splits, which later releases inherit."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session, col, select

from annotator.domain.splitting import Place
from db.bulk import insert_rows
from db.tables import ItemRow
from db.tables_release import SplitPlaceRow


def known(
    session: Session, *, dataset_id: int, before_release: int | None = None
) -> dict[int, Place]:
    """The places of a dataset's items.

    Args:
        before_release: only what releases earlier than this one placed.
    """
    query = (
        select(SplitPlaceRow.item_id, SplitPlaceRow.group_name, SplitPlaceRow.split)
        .join(ItemRow, col(ItemRow.id) == SplitPlaceRow.item_id)
        .where(ItemRow.dataset_id == dataset_id)
    )
    if before_release is not None:
        query = query.where(SplitPlaceRow.release_id < before_release)
    return {item_id: Place(group, split) for item_id, group, split in session.exec(query)}


def add(session: Session, *, release_id: int, places: Mapping[int, Place]) -> None:
    """Note where a release put items that had no place."""
    rows = [
        {
            "item_id": item_id,
            "release_id": release_id,
            "group_name": place.group,
            "split": place.split,
        }
        for item_id, place in sorted(places.items())
    ]
    if rows:
        insert_rows(session, SplitPlaceRow, rows)
