"""Workers that start at the same time make or upgrade the tables one after the other."""

from __future__ import annotations

import sqlalchemy as sa

# Any number that nobody else would lock.
_ADVISORY_LOCK = 7_240_011_998_001
# Milliseconds that a start waits for another one that upgrades the same SQLite file.
_UPGRADE_TIMEOUT_MS = 120_000


def one_at_a_time(connection: sa.Connection) -> None:
    """Wait for another one; until this transaction ends, the next one waits."""
    if connection.dialect.name == "sqlite":
        # Another start may be making all tables, on a slow disk for longer than a write usually waits.
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_UPGRADE_TIMEOUT_MS}")
        # Python's driver begins a transaction by itself only before an INSERT, and never before a CREATE TABLE.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))
