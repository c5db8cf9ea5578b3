"""The one database of queue, ledger, budget and state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from .sqlite_writer_lock import connections


def open_engine(database_url: str | None, state: Path) -> sa.Engine:
    """The engine: of the given database, else of one SQLite file in the state directory (mode 0600)."""
    if database_url and not database_url.startswith("sqlite"):
        url = sa.make_url(database_url)
        return sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_size=10, pool_pre_ping=True)
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = state / "zendesk-gupshup.sqlite"
    file.touch(mode=0o600)
    # Each connection keeps its statements ready, and those of the engine are large: 128 of them, as Python has it, are
    # 15 MB over all connections.
    given = {"factory": connections(), "cached_statements": 16}
    address = database_url or f"sqlite:///{file}"
    engine = sa.create_engine(address, connect_args=given, pool_size=20, max_overflow=100, pool_use_lifo=True)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        # Each connection would fill a cache of 2 MB of its own; the system has the file in memory anyway.
        ours = ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-256")
        for pragma in ours:
            connection.execute(f"PRAGMA {pragma}")

    return engine
