"""The database that queue, ledger, rate limits and state share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from .sqlite_writer_lock import one_writer_at_a_time


class BadDatabaseUrl(ValueError):
    """DATABASE_URL: write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"""

    def __init__(self) -> None:
        # The URL is not quoted: it can hold a password.
        super().__init__(self.__doc__)


def open_engine(database_url: str | None, state: Path) -> sa.Engine:
    """The engine: of the given database, else of one SQLite file in the state directory (mode 0600).

    Raises `BadDatabaseUrl`.
    """
    if database_url and not database_url.startswith("sqlite"):
        url = _postgresql(database_url)
        return sa.create_engine(url, pool_size=10, pool_pre_ping=True)
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = state / "zendesk-gupshup.sqlite"
    file.touch(mode=0o600)
    address = database_url or f"sqlite:///{file}"
    # Each connection caches prepared statements, and DBOS's are large: Python's 128 take 15 MB over all connections.
    engine = sa.create_engine(
        address, connect_args={"cached_statements": 16}, pool_size=20, max_overflow=100, pool_use_lifo=True
    )
    one_writer_at_a_time(engine)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        # Each connection would fill a page cache of 2 MB; the system has the file in memory anyway.
        pragmas = ("busy_timeout=30000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-256")
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _postgresql(database_url: str) -> sa.URL:
    try:
        url = sa.make_url(database_url)
    except (sa.exc.ArgumentError, ValueError):
        raise BadDatabaseUrl from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise BadDatabaseUrl
    return url.set(drivername="postgresql+psycopg")
