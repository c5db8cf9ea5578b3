"""What somebody was told of, and until when which kind of alert is acknowledged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    # A store that was set back by hand has the tables already.
    there = sa.inspect(op.get_bind())
    if not there.has_table("zg_alert"):
        op.create_table(
            "zg_alert",
            sa.Column("account", sa.String(255), primary_key=True),
            sa.Column("key", sa.String(96), primary_key=True),
            sa.Column("kind", sa.String(32), nullable=False),
            sa.Column("details", sa.JSON, nullable=False),
            sa.Column("begun", sa.BigInteger, nullable=False),
            sa.Column("seen", sa.BigInteger, nullable=False),
            sa.Column("sent", sa.BigInteger),
        )
    if not there.has_table("zg_acknowledged"):
        op.create_table(
            "zg_acknowledged",
            sa.Column("account", sa.String(255), primary_key=True),
            sa.Column("kind", sa.String(32), primary_key=True),
            sa.Column("until", sa.BigInteger, nullable=False),
        )
