"""The tables of incidents: what was reported lately, the incidents, and the tickets that belong to them."""

from __future__ import annotations

import sqlalchemy as sa

from .metadata import METADATA

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# Certain reports, one a ticket and code; `at`: when the client wrote it, `identity`: what tells sources apart, hashed.
SIGHTING = sa.Table(
    "zg_sighting",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("code", sa.String(64), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("organization_id", sa.BigInteger),
    sa.Column("requester_id", sa.BigInteger),
    sa.Column("identity", sa.JSON, nullable=False),
)
# `opening_until`: until then one worker opens the problem ticket; `retry_at`: Zendesk refused it, and is asked again.
INCIDENT = sa.Table(
    "zg_incident",
    METADATA,
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
# One incident a code at a time.
sa.Index(
    "zg_incident_open",
    INCIDENT.c.account,
    INCIDENT.c.code,
    unique=True,
    sqlite_where=INCIDENT.c.ended.is_(None),
    postgresql_where=INCIDENT.c.ended.is_(None),
)
# `visited`: when a visit took it in; `released`: when it was queued again, after the end.
INCIDENT_TICKET = sa.Table(
    "zg_incident_ticket",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("incident_id", _ID, primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("joined", sa.BigInteger, nullable=False),
    sa.Column("visited", sa.BigInteger),
    sa.Column("released", sa.BigInteger),
)
