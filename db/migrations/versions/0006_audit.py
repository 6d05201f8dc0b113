"""The audit's figures, kept, and what changes did to the models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_frame",
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.Column("reply_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_audit_frame_dataset_id")
        ),
        sa.PrimaryKeyConstraint("dataset_id", name=op.f("pk_audit_frame")),
    )
    op.create_table(
        "audit_cell",
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_audit_cell_dataset_id")
        ),
        sa.PrimaryKeyConstraint("dataset_id", "name", name=op.f("pk_audit_cell")),
    )
    op.create_table(
        "event_effect",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("shifts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_effect_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_effect")),
    )


def downgrade() -> None:
    op.drop_table("event_effect")
    op.drop_table("audit_cell")
    op.drop_table("audit_frame")
