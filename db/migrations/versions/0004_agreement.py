"""How many have submitted an item, and how far apart they are: the order of the Curate page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "queue_item", sa.Column("submitted", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("queue_item", sa.Column("apart", sa.Float(), nullable=True))
    op.create_index("ix_queue_item_apart", "queue_item", ["dataset_id", "apart", "rank"])


def downgrade() -> None:
    op.drop_index("ix_queue_item_apart", "queue_item")
    op.drop_column("queue_item", "apart")
    op.drop_column("queue_item", "submitted")
