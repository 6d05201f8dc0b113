"""Alembic's environment; ``db.migrate`` hands it the connection."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, text

from db import (
    tables,
    tables_audit,
    tables_checks,
    tables_comments,
    tables_guidelines,
    tables_judging,
    tables_people,
    tables_release,
    tables_team,
)

TABLES = (
    tables,
    tables_audit,
    tables_checks,
    tables_comments,
    tables_guidelines,
    tables_judging,
    tables_people,
    tables_release,
    tables_team,
)
"""Every module of tables, so that the metadata is whole."""


def order_by_code_point(connection: Connection) -> None:
    """Let PostgreSQL order text as SQLite does, whatever the database's own language is."""
    columns = connection.execute(
        text(
            "SELECT table_name, column_name, format_type(atttypid, atttypmod)"
            " FROM information_schema.columns JOIN pg_attribute ON attname = column_name"
            " AND attrelid = format('%I.%I', table_schema, table_name)::regclass"
            " WHERE table_schema = current_schema() AND table_name <> 'alembic_version'"
            " AND data_type IN ('character varying', 'text')"
            " AND collation_name IS DISTINCT FROM 'C'"
        )
    )
    by_table: dict[str, list[str]] = {}
    for table, column, kind in columns:
        alter = f'ALTER COLUMN "{column}" TYPE {kind} COLLATE "C"'
        by_table.setdefault(table, []).append(alter)
    for table, alters in by_table.items():
        connection.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(alters)}')


CONNECTION: Connection = context.config.attributes["connection"]

context.configure(
    connection=CONNECTION,
    target_metadata=tables.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
    if CONNECTION.dialect.name == "postgresql":
        order_by_code_point(CONNECTION)
