"""Where a run over many tickets stands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "zg_backlog",
        sa.Column("account", sa.String(255), primary_key=True),
        sa.Column("run", sa.String(64), primary_key=True),
        sa.Column("asked", sa.JSON, nullable=False),
        sa.Column("position", sa.JSON, nullable=False),
        sa.Column("planned", sa.Boolean, nullable=False),
    )
