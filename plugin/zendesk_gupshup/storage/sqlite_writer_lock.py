"""SQLite's writers of one process, one after the other.

SQLite lets a writer that finds another one at work sleep for up to a tenth of a second, and then serves whoever wakes
at the right moment: 32 threads spend most of their time on that. Here they wait for a lock, which costs nothing. Other
processes are kept apart by SQLite as ever, so nothing rests on this but speed.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|BEGIN|WITH)\b", re.IGNORECASE)
# After so many seconds one goes without its turn, and SQLite decides.
_PATIENCE = 30.0


def connections() -> Callable[..., sqlite3.Connection]:
    """What `sqlite3.connect` takes as its `factory`: connections that share one turn to write."""
    turn = threading.Lock()

    class Connection(sqlite3.Connection):
        has_turn = False

        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(factory or Cursor)

        def commit(self) -> None:
            super().commit()
            self.leave()

        def rollback(self) -> None:
            try:
                super().rollback()
            finally:
                self.leave()

        def close(self) -> None:
            try:
                super().close()
            finally:
                self.leave()

        def take(self) -> None:
            if not self.has_turn:
                self.has_turn = turn.acquire(timeout=_PATIENCE)

        def leave(self) -> None:
            if self.has_turn:
                self.has_turn = False
                turn.release()

    class Cursor(sqlite3.Cursor):
        connection: Connection

        def execute(self, sql: str, parameters: Any = ()) -> Any:
            return self._in_turn(super().execute, sql, parameters)

        def executemany(self, sql: str, parameters: Any) -> Any:
            return self._in_turn(super().executemany, sql, parameters)

        def _in_turn(self, run: Callable[[str, Any], Any], sql: str, parameters: Any) -> Any:
            if self.connection.in_transaction or not _WRITES.match(sql):
                return run(sql, parameters)
            self.connection.take()
            try:
                return run(sql, parameters)
            finally:
                # What began no transaction is over.
                if not self.connection.in_transaction:
                    self.connection.leave()

    return Connection
