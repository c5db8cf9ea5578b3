"""A command of ours with every SQL statement counted: what SQLite itself was asked for, whoever asked.

usage: python benchmarks/sql_count.py FILE WORDS... (the counts stand in FILE, which `counts` reads while it runs)
"""

from __future__ import annotations

import mmap
import re
import sqlite3
import sqlite3.dbapi2
import struct
import sys
import threading
from pathlib import Path
from typing import Any

NAMES = ("statements", "checkouts", "commits", "durable_commits")
_FORMAT = f"<{len(NAMES)}q"
_AROUND = re.compile(r"\s*(?:BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|PRAGMA|--)", re.IGNORECASE)
_WRITES = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|WITH)\b", re.IGNORECASE)


def counts(file: Path) -> dict[str, int]:
    """So far, by `NAMES`."""
    return dict(zip(NAMES, struct.unpack(_FORMAT, file.read_bytes()), strict=True))


def empty(file: Path) -> Path:
    """The file, made for a command that is to count into it."""
    file.write_bytes(struct.pack(_FORMAT, *(0 for _ in NAMES)))
    return file


class _Counts:
    """In a mapped file, so that another process can read them at any time."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._numbers = dict.fromkeys(NAMES, 0)
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), struct.calcsize(_FORMAT))

    def add(self, *names: str) -> None:
        with self._lock:
            for name in names:
                self._numbers[name] += 1
            struct.pack_into(_FORMAT, self._shared, 0, *self._numbers.values())


class _Connection:
    """What one connection has done: a commit after which nothing was written is none, and waits for no disk."""

    def __init__(self, counted: _Counts) -> None:
        self._counted = counted
        self._wrote, self._durable = False, True

    def __call__(self, statement: str) -> None:
        words = statement.strip().upper()
        if words.startswith("PRAGMA SYNCHRONOUS"):
            self._durable = words.endswith("FULL")
        if not _AROUND.match(statement):
            self._counted.add("statements")
            self._wrote = self._wrote or bool(_WRITES.match(statement))
        elif words.startswith(("COMMIT", "END")) and self._wrote:
            self._counted.add("commits", *(["durable_commits"] if self._durable else []))
            self._wrote = False
        elif words.startswith("ROLLBACK"):
            self._wrote = False


def _watch(counted: _Counts) -> None:
    """At the driver, which SQLAlchemy, DBOS and what goes below them have in common."""
    from sqlalchemy import event
    from sqlalchemy.pool import Pool

    connect = sqlite3.connect

    def counting(*given: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*given, **options)
        connection.set_trace_callback(_Connection(counted))
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = counting  # type: ignore[assignment]  # the stand-in takes what the driver's takes
    event.listen(Pool, "checkout", lambda *_: counted.add("checkouts"))


if __name__ == "__main__":
    _watch(_Counts(Path(sys.argv.pop(1))))
    from zendesk_gupshup.cli import main

    main()
