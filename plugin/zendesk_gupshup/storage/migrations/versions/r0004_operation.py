"""What was given up, what is known of each ticket's looks, and what was sent lately."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "zg_failure",
        sa.Column("account", sa.String(255), primary_key=True),
        sa.Column("ticket_id", sa.BigInteger, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("dropped_because", sa.Text),
    )
    op.create_table(
        "zg_look",
        sa.Column("account", sa.String(255), primary_key=True),
        sa.Column("ticket_id", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("unfinished", sa.Integer, nullable=False),
        sa.Column("read_at", sa.BigInteger),
        sa.Column("idle", sa.Integer, nullable=False),
        sa.Column("idle_since", sa.BigInteger),
        sa.Column("organization_id", sa.BigInteger),
    )
    op.create_index("ix_zg_look_at", "zg_look", ["at"])
    op.create_table(
        "zg_sent",
        sa.Column("account", sa.String(255), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("subject", sa.String(192), primary_key=True),
        sa.Column("of", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("zg_sent_lately", "zg_sent", ["account", "kind", "of", "at"])
