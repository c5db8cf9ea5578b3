"""Up to when the sweep has read, and when it was last begun."""

from __future__ import annotations

import base64
import binascii
import re

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# As Zendesk's cursors looked in 2026: `1770000000.0||4711|` in base64. Nobody promises that they stay so.
_CURSOR = re.compile(r"([1-9][0-9]{8,9})(?:\.[0-9]+)?\|\|")


def upgrade() -> None:
    connection = op.get_bind()
    # What is there stays: a store that was set back by hand to look at an older build may have it already.
    there = sa.inspect(connection)
    if not there.has_table("zg_turn"):
        op.create_table(
            "zg_turn",
            sa.Column("account", sa.String(255), primary_key=True),
            sa.Column("name", sa.String(32), primary_key=True),
            sa.Column("begun", sa.BigInteger, nullable=False),
        )
    if "until" not in {column["name"] for column in there.get_columns("zg_cursor")}:
        op.add_column("zg_cursor", sa.Column("until", sa.BigInteger))
    table = sa.table("zg_cursor", *map(sa.column, ("account", "cursor", "until")))
    for account, cursor in connection.execute(
        sa.select(table.c.account, table.c.cursor).where(table.c.until.is_(None))
    ).all():
        here = sa.update(table).where(table.c.account == account)
        connection.execute(here.values(until=_until(cursor)))


def _until(cursor: str) -> int | None:
    """The second that a cursor names; none where it names none, and then the worker knows what to do."""
    try:
        found = _CURSOR.match(base64.b64decode(cursor, validate=True).decode("ascii"))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return int(found[1]) if found else None
