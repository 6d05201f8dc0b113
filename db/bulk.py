"""Inserting many rows at once, past the work that SQLAlchemy does anew for every row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Dialect, insert
from sqlalchemy.sql.schema import ScalarElementColumnDefault
from sqlmodel import Session

from db.tables import Table


def insert_rows(session: Session, kind: type[Table], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name the same columns each; the others get their column's default.

    The statement is compiled once and values are made ready column by column, which takes a third
    of the time of ``execute(insert(…), rows)``.
    """
    if not rows:
        return
    connection = session.connection()
    columns = kind.metadata.tables[str(kind.__tablename__)].columns
    left_out = {c.name: default(c) for c in columns if c.name not in rows[0] and c.default}
    names = [*rows[0], *left_out]
    statement = insert(columns[names[0]].table).compile(
        dialect=connection.dialect, column_keys=names
    )
    order = statement.positiontup or names
    made = [
        bound(
            repeat(left_out[name], len(rows)) if name in left_out else map(itemgetter(name), rows),
            columns[name],
            connection.dialect,
        )
        for name in order
    ]
    values: list[Any] = list(zip(*made, strict=True))
    if not statement.positional:
        values = [dict(zip(order, one, strict=True)) for one in values]
    connection.exec_driver_sql(str(statement), values)


def default(column: Column[Any]) -> Any:
    """A column's default, which must be a plain value."""
    assert isinstance(column.default, ScalarElementColumnDefault), column
    return column.default.arg


def bound(values: Iterable[Any], column: Column[Any], dialect: Dialect) -> Iterable[Any]:
    """A column's values as the driver takes them."""
    make = column.type.dialect_impl(dialect).bind_processor(dialect)
    return values if make is None else map(make, values)
