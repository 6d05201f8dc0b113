"""Guidelines in versions, what a known answer is for, and the qualification of annotators."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guidelines",
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("written_by", sa.Integer(), nullable=False),
        sa.Column("written_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_guidelines_dataset_id")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["person.id"], name=op.f("fk_guidelines_written_by")
        ),
        sa.PrimaryKeyConstraint("dataset_id", "number", name=op.f("pk_guidelines")),
    )
    op.create_table(
        "guidelines_read",
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"], ["dataset.id"], name=op.f("fk_guidelines_read_dataset_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_guidelines_read_person_id")
        ),
        sa.PrimaryKeyConstraint("dataset_id", "person_id", name=op.f("pk_guidelines_read")),
    )
    op.create_table(
        "trial",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_trial_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_trial_person_id")),
        sa.PrimaryKeyConstraint("item_id", "person_id", name=op.f("pk_trial")),
    )
    op.create_table(
        "waiver",
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_waiver_dataset_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_waiver_person_id")),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("fk_waiver_given_by")),
        sa.PrimaryKeyConstraint("dataset_id", "person_id", name=op.f("pk_waiver")),
    )
    op.add_column(
        "gold", sa.Column("purpose", sa.String(12), nullable=False, server_default="gold")
    )
    op.add_column("annotation", sa.Column("guidelines", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.execute("UPDATE queue_item SET purpose = 'gold' WHERE purpose IN ('qualifying', 'example')")
    op.drop_column("annotation", "guidelines")
    op.drop_column("gold", "purpose")
    for table in ("waiver", "trial", "guidelines_read", "guidelines"):
        op.drop_table(table)
