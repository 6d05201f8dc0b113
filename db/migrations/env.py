"""Alembic's environment; ``db.migrate`` hands it the connection."""

from __future__ import annotations

from alembic import context

from db import (
    tables,
    tables_audit,
    tables_checks,
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
    tables_guidelines,
    tables_judging,
    tables_people,
    tables_release,
    tables_team,
)
"""Every module of tables, so that the metadata is whole."""

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
