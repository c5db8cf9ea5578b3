"""Certain reports of codes, incidents, and the tickets that belong to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    # A store that was set back by hand has the tables already.
    there = sa.inspect(op.get_bind())
    if not there.has_table("zg_sighting"):
        op.create_table(
            "zg_sighting",
            sa.Column("account", sa.String(255), primary_key=True),
            sa.Column("code", sa.String(64), primary_key=True),
            sa.Column("ticket_id", sa.BigInteger, primary_key=True),
            sa.Column("at", sa.BigInteger, nullable=False),
            sa.Column("organization_id", sa.BigInteger),
            sa.Column("requester_id", sa.BigInteger),
            sa.Column("identity", sa.JSON, nullable=False),
        )
        op.create_index("ix_zg_sighting_at", "zg_sighting", ["at"])
    if not there.has_table("zg_incident"):
        op.create_table(
            "zg_incident",
            sa.Column("id", _ID, primary_key=True, autoincrement=True),
            sa.Column("account", sa.String(255), nullable=False),
            sa.Column("code", sa.String(64), nullable=False),
            sa.Column("begun", sa.BigInteger, nullable=False),
            sa.Column("seen", sa.BigInteger, nullable=False),
            sa.Column("organizations", sa.Integer, nullable=False),
            sa.Column("problem_id", sa.BigInteger),
            sa.Column("opening_until", sa.BigInteger, nullable=False),
            sa.Column("retry_at", sa.BigInteger, nullable=False),
            sa.Column("ended", sa.BigInteger),
            sa.Column("ended_by", sa.String(16)),
        )
        open_now = sa.text("ended IS NULL")
        op.create_index(
            "zg_incident_open",
            "zg_incident",
            ["account", "code"],
            unique=True,
            sqlite_where=open_now,
            postgresql_where=open_now,
        )
    if not there.has_table("zg_incident_ticket"):
        op.create_table(
            "zg_incident_ticket",
            sa.Column("account", sa.String(255), primary_key=True),
            sa.Column("incident_id", _ID, primary_key=True),
            sa.Column("ticket_id", sa.BigInteger, primary_key=True),
            sa.Column("joined", sa.BigInteger, nullable=False),
            sa.Column("visited", sa.BigInteger),
            sa.Column("released", sa.BigInteger),
        )
