"""How a dataset's source wants to be cited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dataset", sa.Column("citation", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("dataset", "citation")
