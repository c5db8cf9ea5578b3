"""The Zendesk app: its keys, who may see what, what its pages show, and what was said and asked for in them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    # A store that was set back by hand has the tables already.
    there = set(sa.inspect(op.get_bind()).get_table_names())
    for name, create in (
        ("zg_app_value", _values),
        ("zg_app_user", _users),
        ("zg_app_ticket", _tickets),
        ("zg_app_feedback", _feedback),
        ("zg_app_action", _actions),
    ):
        if name not in there:
            create(name)


def _account() -> sa.Column[str]:
    return sa.Column("account", sa.String(255), primary_key=True)


def _values(table: str) -> None:
    op.create_table(
        table,
        _account(),
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _users(table: str) -> None:
    op.create_table(
        table,
        _account(),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("access", sa.JSON, nullable=False),
    )


def _tickets(table: str) -> None:
    op.create_table(
        table,
        _account(),
        sa.Column("ticket_id", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("stamp", sa.String(32)),
        sa.Column("group_id", sa.BigInteger),
        sa.Column("assignee_id", sa.BigInteger),
        sa.Column("organization_id", sa.BigInteger),
        sa.Column("requester_id", sa.BigInteger),
        sa.Column("view", sa.JSON, nullable=False),
    )
    op.create_index("zg_app_ticket_of_requester", table, ["account", "requester_id"])
    op.create_index("zg_app_ticket_of_organization", table, ["account", "organization_id"])


def _feedback(table: str) -> None:
    op.create_table(
        table,
        _account(),
        sa.Column("ticket_id", sa.BigInteger, primary_key=True),
        sa.Column("user_id", sa.BigInteger, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("error", sa.String(64), nullable=False),
        sa.Column("right_error", sa.String(64)),
        sa.Column("comment", sa.Text),
    )


def _actions(table: str) -> None:
    op.create_table(
        table,
        sa.Column("id", _ID, primary_key=True, autoincrement=True),
        sa.Column("account", sa.String(255), nullable=False),
        sa.Column("ticket_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("key", sa.String(192)),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.UniqueConstraint("account", "key", name="zg_app_action_key"),
    )
    op.create_index("zg_app_action_of_ticket", table, ["account", "ticket_id", "id"])
    op.create_index("zg_app_action_at", table, ["account", "at"])
