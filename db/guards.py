"""Triggers that refuse what must never happen to a table; migrations call these."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed boolean := TG_NARGS = 1;
BEGIN
    FOR i IN 1 .. TG_NARGS - 1 LOOP
        changed := changed
            OR to_json(OLD) ->> TG_ARGV[i] IS DISTINCT FROM to_json(NEW) ->> TG_ARGV[i];
    END LOOP;
    IF changed THEN
        RAISE EXCEPTION '%%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
"""
"""The first argument says why; any others name the columns that must stay. A trigger that names
them itself (UPDATE OF) would keep the columns' types from ever being changed."""


def on_sqlite() -> bool:
    """Whether the migration runs on SQLite."""
    return op.get_bind().dialect.name == "sqlite"


def create_function() -> None:
    """What PostgreSQL's triggers call."""
    if not on_sqlite():
        op.get_bind().exec_driver_sql(FUNCTION)


def drop_function() -> None:
    """The reverse of create_function."""
    if not on_sqlite():
        op.execute("DROP FUNCTION refuse_change()")


def refuse(verb: str, table: str, why: str, *, columns: Sequence[str] = ()) -> None:
    """Refuse UPDATE, of these columns where any are named, or DELETE on every row of a table."""
    if on_sqlite():
        what = f"{verb} OF {', '.join(columns)}" if columns else verb
        act = f"BEGIN SELECT RAISE(ABORT, '{why}'); END"
    else:
        what = verb
        arguments = ", ".join(f"'{argument}'" for argument in (why, *columns))
        act = f"FOR EACH ROW EXECUTE FUNCTION refuse_change({arguments})"
    op.execute(f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {what} ON {table} {act}")


def refuse_truncation(table: str, why: str) -> None:
    """Refuse to empty a table in one go, which only PostgreSQL can and no row's trigger sees."""
    if not on_sqlite():
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('{why}')"
        )
