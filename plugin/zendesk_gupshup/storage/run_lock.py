"""Who is at a run: a lock that a killed process loses by itself.

It tells a run that was interrupted from one that is still going on, which no row in a table can.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa


class RunLocks:
    """Beside SQLite's file a locked file for each run; in PostgreSQL a lock of a connection held for the run."""

    def __init__(self, engine: sa.Engine, account: str) -> None:
        self._engine = engine
        self._account = account
        self._held: dict[str, Callable[[], None]] = {}

    def take(self, run: str) -> bool:
        """Hold the run until `leave` or the end of the process; false when another one holds it."""
        if run in self._held:
            return True
        let_go = self._file(run) if self._engine.dialect.name == "sqlite" else self._advisory(run)
        if let_go is not None:
            self._held[run] = let_go
        return let_go is not None

    def leave(self, run: str) -> None:
        if let_go := self._held.pop(run, None):
            let_go()

    def taken(self, run: str) -> bool:
        """Whether somebody is at it, in this process or another, on this machine or (PostgreSQL) another."""
        if run in self._held:
            return True
        if not self.take(run):
            return True
        self.leave(run)
        return False

    def _file(self, run: str) -> Callable[[], None] | None:
        path = Path(self._engine.url.database or "").absolute().parent / f"{run}.lock"
        while True:
            lock = path.open("a+")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                return None
            if path.exists() and path.stat().st_ino == os.fstat(lock.fileno()).st_ino:
                break
            # Its last holder removed it between our two calls: this lock would be on a file that nobody sees.
            lock.close()

        def let_go() -> None:
            with suppress(FileNotFoundError):
                path.unlink()
            lock.close()

        return let_go

    def _advisory(self, run: str) -> Callable[[], None] | None:
        digest = hashlib.blake2b(f"{self._account} {run}".encode(), digest_size=8).digest()
        key = int.from_bytes(digest, signed=True)
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar():
            connection.close()
            return None

        def let_go() -> None:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
            connection.close()

        return let_go
