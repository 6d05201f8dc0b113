"""Images by content."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import update
from sqlmodel import Session, col, select

from annotator.domain.records import Image
from annotator.errors import NotFound, StaleSave
from db.bulk import insert_rows
from db.tables import ImageRow, ItemRow, metadata

CHUNK: Final = 500

TABLE: Final = metadata.tables["image"]
JOINED: Final = tuple(TABLE.c[f.name].label(f"joined_{f.name}") for f in fields(Image))
"""An image's columns as the last ones of a query of something else; ``joined`` reads them."""


def value(row: ImageRow) -> Image:
    """The frozen value of a row."""
    assert row.id is not None
    return Image(
        id=row.id,
        sha256=row.sha256,
        mime=row.mime,
        width=row.width,
        height=row.height,
        size=row.size,
        licence=row.licence,
        credit=row.credit,
        address_only=row.address_only,
        taken_down_at=row.taken_down_at,
        taken_down_reason=row.taken_down_reason,
        version=row.version,
    )


def joined(row: Sequence[Any]) -> Image | None:
    """The image of a row that ends with JOINED, None where it has none."""
    ours = row[-len(JOINED) :]
    return None if ours[0] is None else Image(*ours)


def by_hash(session: Session, *, sha256: str) -> Image | None:
    """The image of this content, if it is known."""
    row = session.exec(select(ImageRow).where(ImageRow.sha256 == sha256)).first()
    return value(row) if row else None


def by_hashes(session: Session, *, sha256s: Collection[str]) -> dict[str, Image]:
    """The known images among these contents."""
    every, found = list(sha256s), dict[str, Image]()
    for start in range(0, len(every), CHUNK):
        wanted = col(ImageRow.sha256).in_(every[start : start + CHUNK])
        found |= {row.sha256: value(row) for row in session.exec(select(ImageRow).where(wanted))}
    return found


def get(session: Session, *, image_id: int) -> Image:
    """Raises NotFound."""
    row = session.get(ImageRow, image_id)
    if row is None:
        raise NotFound("image", image_id)
    return value(row)


def of_dataset(session: Session, *, dataset_id: int) -> list[Image]:
    """The images a dataset's items use."""
    used = select(ItemRow.image_id).where(ItemRow.dataset_id == dataset_id)
    rows = session.exec(
        select(ImageRow).where(col(ImageRow.id).in_(used)).order_by(col(ImageRow.id))
    )
    return [value(row) for row in rows]


def item_ids(session: Session, *, image_id: int) -> list[int]:
    """The items, of any dataset, that show an image."""
    return [i for i in session.exec(select(ItemRow.id).where(ItemRow.image_id == image_id)) if i]


def add_new(session: Session, *, rows: Sequence[Mapping[str, object]]) -> dict[str, Image]:
    """Note many stored images at once, by content; those already known stay as they are.

    Args:
        rows: ``sha256``, ``mime``, ``width``, ``height``, ``size`` and ``look`` of each.
    """
    wanted = {str(row["sha256"]): row for row in rows}
    known = by_hashes(session, sha256s=wanted)
    insert_rows(session, ImageRow, [row for key, row in wanted.items() if key not in known])
    return known | by_hashes(session, sha256s=wanted.keys() - known.keys())


def save(
    session: Session,
    *,
    image_id: int,
    version: int,
    licence: str | None,
    credit: str | None,
    address_only: bool,
) -> Image:
    """Store an image's terms over the version that was shown; raises StaleSave."""
    return change(
        session,
        image_id=image_id,
        version=version,
        values={"licence": licence, "credit": credit, "address_only": address_only},
    )


def take_down(session: Session, *, image_id: int, version: int, reason: str) -> Image:
    """Mark an image as taken down; raises StaleSave."""
    values = {"taken_down_at": datetime.now(UTC), "taken_down_reason": reason}
    return change(session, image_id=image_id, version=version, values=values)


def change(session: Session, *, image_id: int, version: int, values: dict[str, object]) -> Image:
    """Write columns over the version that was shown."""
    changed = session.connection().execute(
        update(ImageRow)
        .where(col(ImageRow.id) == image_id, col(ImageRow.version) == version)
        .values(version=version + 1, **values)
    )
    session.expire_all()
    now = get(session, image_id=image_id)
    if changed.rowcount != 1:
        raise StaleSave("the image's terms", current={"licence": now.licence, "credit": now.credit})
    return now


def without_look(session: Session, *, dataset_id: int) -> list[str]:
    """The hashes of a dataset's images whose look was never taken."""
    used = select(ItemRow.image_id).where(ItemRow.dataset_id == dataset_id)
    rows = session.exec(
        select(ImageRow.sha256).where(
            col(ImageRow.id).in_(used),
            col(ImageRow.look).is_(None),
            col(ImageRow.taken_down_at).is_(None),
        )
    )
    return list(rows)


def set_looks(session: Session, *, looks: Mapping[str, str]) -> None:
    """Note how images look, by their hashes."""
    for sha256, look in looks.items():
        session.connection().execute(
            update(ImageRow).where(col(ImageRow.sha256) == sha256).values(look=look)
        )
    session.expire_all()
