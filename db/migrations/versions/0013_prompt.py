"""Which prompt an answer's file says it answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("response", sa.Column("prompt_sha256", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("response", "prompt_sha256")
