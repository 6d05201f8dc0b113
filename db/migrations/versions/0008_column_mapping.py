"""A dataset's mapping of columns, for sources whose columns mean what a person says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dataset", sa.Column("mapping", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("dataset", "mapping")
