"""The tables of the Zendesk app. Times are Unix seconds."""

from __future__ import annotations

import sqlalchemy as sa

from .metadata import METADATA

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# The key that sessions are signed with, the app's public key and its numbers, each under its name.
APP_VALUE = sa.Table(
    "zg_app_value",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
)
# Role and restriction of those who opened a page lately.
APP_USER = sa.Table(
    "zg_app_user",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("user_id", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("access", sa.JSON, nullable=False),
)
# What the last look at a ticket gives the page to show, and who may see it.
APP_TICKET = sa.Table(
    "zg_app_ticket",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("stamp", sa.String(32)),
    sa.Column("group_id", sa.BigInteger),
    sa.Column("assignee_id", sa.BigInteger),
    sa.Column("organization_id", sa.BigInteger),
    sa.Column("requester_id", sa.BigInteger),
    sa.Column("view", sa.JSON, nullable=False),
    sa.Index("zg_app_ticket_of_requester", "account", "requester_id"),
    sa.Index("zg_app_ticket_of_organization", "account", "organization_id"),
)
# What an agent says of a finding; the last word of each on each ticket.
APP_FEEDBACK = sa.Table(
    "zg_app_feedback",
    METADATA,
    sa.Column("account", sa.String(255), primary_key=True),
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("user_id", sa.BigInteger, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("verdict", sa.String(16), nullable=False),
    sa.Column("error", sa.String(64), nullable=False),
    sa.Column("right_error", sa.String(64)),
    sa.Column("comment", sa.Text),
)
# Every write that somebody asked for in the app. `key`: of the request, so that it is carried out once.
APP_ACTION = sa.Table(
    "zg_app_action",
    METADATA,
    sa.Column("id", _ID, primary_key=True, autoincrement=True),
    sa.Column("account", sa.String(255), nullable=False),
    sa.Column("ticket_id", sa.BigInteger, nullable=False),
    sa.Column("user_id", sa.BigInteger, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("key", sa.String(192)),
    # Whether it was carried out.
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.UniqueConstraint("account", "key", name="zg_app_action_key"),
    sa.Index("zg_app_action_of_ticket", "account", "ticket_id", "id"),
    sa.Index("zg_app_action_at", "account", "at"),
)
# All that is kept of a ticket here, for whoever has to forget it.
OF_TICKETS = (APP_TICKET, APP_FEEDBACK, APP_ACTION)
