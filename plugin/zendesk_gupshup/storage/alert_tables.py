"""The tables of alerts. Times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from .metadata import METADATA

# What somebody was or is to be told of: since when it holds, when it was last seen, and when it was last sent.
ALERT = sa.Table(
    "zg_alert",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("key", sa.String(96), primary_key=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("begun", sa.BigInteger, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False),
    sa.Column("sent", sa.BigInteger),
)
# Until when alerts of this kind are not sent.
ACKNOWLEDGED = sa.Table(
    "zg_acknowledged",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("kind", sa.String(32), primary_key=True),
    sa.Column("until", sa.BigInteger, nullable=False),
)
