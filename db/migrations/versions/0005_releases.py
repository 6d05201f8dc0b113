"""Releases: where items were split to, and what people decided of pairs of answers.

See ``db.tables_release`` for what they mean.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "split_place",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("group_name", sa.String(16), nullable=False),
        sa.Column("split", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_split_place_item_id"),
        sa.ForeignKeyConstraint(["release_id"], ["release.id"], name="fk_split_place_release_id"),
        sa.PrimaryKeyConstraint("item_id", name="pk_split_place"),
    )
    op.create_index("ix_split_place_release_id", "split_place", ["release_id"])
    op.create_table(
        "preference",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("chosen_id", sa.Integer(), nullable=False),
        sa.Column("rejected_id", sa.Integer(), nullable=False),
        sa.Column("component_keys", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name="fk_preference_dataset_id"),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name="fk_preference_item_id"),
        sa.ForeignKeyConstraint(["chosen_id"], ["response.id"], name="fk_preference_chosen_id"),
        sa.ForeignKeyConstraint(["rejected_id"], ["response.id"], name="fk_preference_rejected_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_preference_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_preference"),
        sa.UniqueConstraint("chosen_id", "rejected_id", name="uq_preference_chosen_id_rejected_id"),
    )
    op.create_index("ix_preference_dataset_id", "preference", ["dataset_id"])


def downgrade() -> None:
    op.drop_table("preference")
    op.drop_table("split_place")
