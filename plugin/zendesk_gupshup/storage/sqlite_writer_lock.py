"""One writer of this process at a time on an SQLite file.

SQLite lets a writer that meets another one sleep for up to a tenth of a second, and then serves whoever wakes first:
with 16 threads that takes a sixth of the tickets a minute. Waiting for a lock costs nothing. Only speed rests on it:
SQLite itself keeps other processes, and whoever lost patience, apart.
"""

from __future__ import annotations

import re
import threading
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import ConnectionPoolEntry

_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|BEGIN|WITH)\b", re.IGNORECASE)
# After so many seconds a writer goes ahead without the lock.
_PATIENCE = 30.0
_HELD = "writer lock"


def one_writer_at_a_time(engine: sa.Engine) -> None:
    """From its first write until it is back in the pool, a connection keeps the others from writing."""
    lock = threading.Lock()

    @sa.event.listens_for(engine, "before_cursor_execute")
    def _acquire(connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        info = connection.connection.record_info
        if info is not None and _HELD not in info and _WRITES.match(statement):
            info[_HELD] = lock.acquire(timeout=_PATIENCE)

    # Not at the commit: SQLAlchemy's event for that comes before it.
    @sa.event.listens_for(engine, "checkin")
    def _release(_connection: Any, entry: ConnectionPoolEntry) -> None:
        if entry.record_info and entry.record_info.pop(_HELD, False):
            lock.release()
