"""The one database of queue, ledger, budget and state."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS

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

    sa.event.listen(engine, "handle_error", _as_if_locked, retval=True)
    return engine


# What SQLite says of a full disk, and of a file that it cannot reach: both pass.
_PASSES = ("disk I/O error", "database or disk is full", "unable to open database file")


def _as_if_locked(context: sa.engine.ExceptionContext) -> BaseException | None:
    """A full disk told in the words of a locked database, which the engine waits for.

    For anything else it drops the entry that it cannot write about: seen as in hand for ever, it holds its ticket up.
    """
    said = str(context.original_exception)
    if not any(words in said for words in _PASSES):
        return None
    orig = sqlite3.OperationalError(f"database is locked: {said}")
    return sa.exc.OperationalError(context.statement, None, orig)


def backlog(engine: sa.Engine, *, delayed: bool = False) -> tuple[int, float] | None:
    """How many tickets are due or in hand and the age of the oldest in seconds, without being a worker; `None` before
    the first worker was there. `delayed`: those that come back later, too. Raises `SQLAlchemyError`."""
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    if not sa.inspect(engine).has_table("workflow_status", schema=schema):
        return None
    rows = _queued(engine)
    due = (rows.c.name == "ticket") & rows.c.status.in_(("ENQUEUED", "PENDING", *(("DELAYED",) if delayed else ())))
    with engine.connect() as connection:
        count, oldest = connection.execute(
            sa.select(sa.func.count(), sa.func.min(rows.c.created_at)).where(due).select_from(rows)
        ).one()
    age = datetime.now(UTC).timestamp() - oldest / 1000 if oldest else 0.0
    return int(count), max(age, 0.0)


def anybody_waits(engine: sa.Engine) -> bool:
    """Whether a ticket is due that no worker has in hand. Raises `SQLAlchemyError`."""
    rows = _queued(engine)
    due = (rows.c.name == "ticket") & (rows.c.status == "ENQUEUED")
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.literal(1)).select_from(rows).where(due).limit(1)).first() is not None


def asked_at(engine: sa.Engine) -> float | None:
    """When the entry that this thread has in hand was queued, as Unix time; `None` where it has none in hand.

    Whole seconds at the latest: before Python 3.12 the engine's clock on SQLite has no others. Raises
    `SQLAlchemyError`.
    """
    rows, entry = _queued(engine), DBOS.workflow_id
    if entry is None:
        return None
    with engine.connect() as connection:
        made = connection.execute(sa.select(rows.c.created_at).where(rows.c.workflow_uuid == entry)).scalar()
    return made / 1000 if made is not None else None


def _queued(engine: sa.Engine) -> sa.TableClause:
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    return sa.table(
        "workflow_status", *map(sa.column, ("workflow_uuid", "status", "name", "created_at")), schema=schema
    )
