"""Runs, decisions and what was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "zg_run",
        sa.Column("account", sa.String(255), primary_key=True),
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("applied", sa.Boolean, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("status", sa.String(16)),
    )
    op.create_table(
        "zg_decision",
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String(255), nullable=False),
        sa.Column("run", sa.String(64), nullable=False),
        sa.Column("ticket_id", sa.BigInteger, nullable=False),
        sa.Column("organization_id", sa.BigInteger),
        sa.Column("requester_id", sa.BigInteger),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("stamp", sa.String(32)),
        sa.Column("created", sa.BigInteger),
        sa.Column("did", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("mode", sa.String(16)),
        sa.Column("kind", sa.String(32)),
        sa.Column("language", sa.String(8)),
        sa.Column("app", sa.String(64)),
        sa.Column("guards", sa.JSON, nullable=False),
        sa.Column("missing", sa.JSON, nullable=False),
        sa.Column("planned", sa.JSON, nullable=False),
        sa.Column("would", sa.JSON, nullable=False),
        sa.Column("symptoms", sa.Integer, nullable=False),
        sa.Column("codes", sa.Integer, nullable=False),
        sa.Column("writes", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
    )
    op.create_index("zg_decision_of_run", "zg_decision", ["account", "run", "id"])
    op.create_index("zg_decision_of_ticket", "zg_decision", ["account", "ticket_id", "id"])
    op.create_index("zg_decision_of_requester", "zg_decision", ["account", "requester_id"])
    op.create_index("zg_decision_of_organization", "zg_decision", ["account", "organization_id"])
    op.create_index("zg_decision_at", "zg_decision", ["account", "at"])
    op.create_table(
        "zg_finding",
        _of_decision(),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("namespace", sa.String(32), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("confidence", sa.String(16), nullable=False),
        sa.Column("variant", sa.String(64)),
    )
    op.create_index("zg_finding_of_code", "zg_finding", ["namespace", "code"])
    op.create_table(
        "zg_unknown",
        _of_decision(),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("text", sa.String(32), nullable=False),
    )
    op.create_index("ix_zg_unknown_text", "zg_unknown", ["text"])
    op.create_table(
        "zg_write",
        _of_decision(),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("marker", sa.String(128)),
        sa.Column("public", sa.Boolean),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("audit_id", sa.BigInteger),
        sa.Column("comment_id", sa.BigInteger),
    )
    op.create_table(
        "zg_counted",
        sa.Column("account", sa.String(255), primary_key=True),
        sa.Column("run", sa.String(64), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("did", sa.String(16), primary_key=True),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("requests", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
    )


def _of_decision() -> sa.Column[int]:
    gone = sa.ForeignKey("zg_decision.id", ondelete="CASCADE")
    return sa.Column("decision_id", _ID, gone, primary_key=True)
