"""The lock of a run, which a killed process loses by itself.

It tells a run that was interrupted from one that is still running, which no row in a table can. A library for locked
files does not fit: filelock leaves a file behind for each run, and where the system has no locks it makes do with
files that a killed process would hold for ever.
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
    """On SQLite a locked file for each run, beside the database; on PostgreSQL an advisory lock of a connection.

    https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
    """

    def __init__(self, engine: sa.Engine, account: str) -> None:
        self._engine = engine
        self._account = account
        self._releases: dict[str, Callable[[], None]] = {}

    def acquire(self, run: str) -> bool:
        """Hold the run until `release` or the end of the process; false when another one holds it."""
        if run in self._releases:
            return True
        release = self._lock_file(run) if self._engine.dialect.name == "sqlite" else self._advisory_lock(run)
        if release is not None:
            self._releases[run] = release
        return release is not None

    def release(self, run: str) -> None:
        if release := self._releases.pop(run, None):
            release()

    def is_held(self, run: str) -> bool:
        """Whether this process holds it, or another one on this machine or (PostgreSQL) another."""
        if run in self._releases:
            return True
        if not self.acquire(run):
            return True
        self.release(run)
        return False

    def _lock_file(self, run: str) -> Callable[[], None] | None:
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

        def release() -> None:
            with suppress(FileNotFoundError):
                path.unlink()
            lock.close()

        return release

    def _advisory_lock(self, run: str) -> Callable[[], None] | None:
        digest = hashlib.blake2b(f"{self._account} {run}".encode(), digest_size=8).digest()
        key = int.from_bytes(digest, signed=True)
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not connection.execute(sa.select(sa.func.pg_try_advisory_lock(key))).scalar():
            connection.close()
            return None

        def release() -> None:
            connection.execute(sa.select(sa.func.pg_advisory_unlock(key)))
            connection.close()

        return release
