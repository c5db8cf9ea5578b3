"""Where the sweep stands, and in which state each ticket was settled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "zg_cursor",
        sa.Column("account", sa.String(255), primary_key=True),
        sa.Column("cursor", sa.Text, nullable=False),
    )
    op.create_table(
        "zg_settled",
        sa.Column("account", sa.String(255), primary_key=True),
        sa.Column("ticket_id", sa.BigInteger, primary_key=True),
        sa.Column("stamp", sa.String(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_zg_settled_at", "zg_settled", ["at"])
