"""Where sliding windows stand: rows by name, which one transaction locks, reads and changes.

SQLite's own driver where nothing else is in the file: every request to Zendesk is counted, and SQLAlchemy takes three
times as long over these few statements as SQLite.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from .schema import WINDOW, insert_into
from .transaction import is_joined, reading, storing

WindowRow = Mapping[str, Any]
_READ = ("name", "log", "told", "held_from", "held_until")
_PRAGMAS = ("busy_timeout=5000", "journal_mode=WAL", "synchronous=NORMAL", "cache_size=-256")


class LockedRows(Protocol):
    """Rows that are ours until the end of the transaction, which is kept if one was changed; `now`: milliseconds.

    A row that was made for a name without one, and not changed, stays only if others store something in it as well.
    """

    now: int
    rows: Mapping[str, WindowRow]

    def store(self, logs: Mapping[str, str]) -> None:
        """Keep the log of each of these names."""

    def change(self, name: str, **values: int) -> None:
        """Set these columns."""


class WindowTable(Protocol):
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def locked(self, names: Sequence[str]) -> AbstractContextManager[LockedRows]:
        """A transaction with these rows, made where they are missing."""

    def read(self, name: str) -> tuple[WindowRow, int] | None:
        """A row and the clock in milliseconds, or `None` where there is no such row."""

    def prune(self, before: int) -> None:
        """Drop the rows whose last change is older than this second, but for those with a total that was reported."""


class SqlWindowTable:
    """In a database of SQLAlchemy's. `clock`: without it PostgreSQL's own, which all machines share."""

    def __init__(
        self, engine: sa.Engine, account: str, clock: Callable[[], float] | None, default: Callable[[], float]
    ):
        self._engine = engine
        self._account = account
        self._clock = clock or default
        # Built once: that takes several times as long as the database does.
        self._rows = _rows(database_clock=clock is None and engine.dialect.name != "sqlite")
        # In the order of their names: two that want the same two rows must not each wait for the other's.
        self._rows_locked = self._rows.order_by(WINDOW.c.name).with_for_update()
        here = (WINDOW.c.account == account) & (WINDOW.c.name == sa.bindparam("of"))
        self._store = sa.update(WINDOW).where(here).values(log=sa.bindparam("new"), at=sa.bindparam("second"))

    @contextmanager
    def locked(self, names: Sequence[str]) -> Iterator[LockedRows]:
        with storing(self._engine, alone=True) as connection:
            rows = self._found(connection, names)
            if missing := [name for name in names if name not in rows]:
                made = [{"account": self._account, "name": name, "log": "[]", "at": 0} for name in sorted(missing)]
                connection.execute(insert_into(connection, WINDOW).values(made).on_conflict_do_nothing())
                rows = self._found(connection, names)
            held = _SqlRows(connection, self._account, self._store, rows, max(map(self._now, rows.values())))
            yield held
            if not held.changed and not is_joined(self._engine):
                connection.rollback()

    def read(self, name: str) -> tuple[WindowRow, int] | None:
        with reading(self._engine) as connection:
            row = connection.execute(self._rows, {"account": self._account, "names": [name]}).mappings().first()
        return None if row is None else (dict(row), self._now(dict(row)))

    def prune(self, before: int) -> None:
        old = WINDOW.c.told.is_(None) & (WINDOW.c.at < before)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(WINDOW).where(WINDOW.c.account == self._account, old))

    def _found(self, connection: sa.Connection, names: Sequence[str]) -> dict[str, WindowRow]:
        which = {"account": self._account, "names": names}
        return {row["name"]: dict(row) for row in connection.execute(self._rows_locked, which).mappings()}

    def _now(self, row: WindowRow) -> int:
        return int(row["clock"]) if "clock" in row else round(self._clock() * 1000)


class _SqlRows:
    def __init__(
        self, connection: sa.Connection, account: str, store: sa.Update, rows: Mapping[str, WindowRow], now: int
    ) -> None:
        self._connection, self._account, self._store = connection, account, store
        self.rows, self.now, self.changed = rows, now, False

    def store(self, logs: Mapping[str, str]) -> None:
        self.changed = True
        second = self.now // 1000
        self._connection.execute(
            self._store, [{"of": name, "new": log, "second": second} for name, log in logs.items()]
        )

    def change(self, name: str, **values: int) -> None:
        self.changed = True
        here = (WINDOW.c.account == self._account) & (WINDOW.c.name == name)
        self._connection.execute(sa.update(WINDOW).where(here).values(**values))


def _rows(*, database_clock: bool) -> sa.Select[Any]:
    columns = [WINDOW.c[key] for key in _READ]
    clock = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger).label("clock")
    names = WINDOW.c.name.in_(sa.bindparam("names", expanding=True))
    return sa.select(*columns, *([clock] if database_clock else [])).where(
        WINDOW.c.account == sa.bindparam("account"), names
    )


class SqliteWindowTable:
    """In a file of its own, which does not wait for the disk: a power cut loses a minute's counting.

    One connection, which the threads of this process take in turn; SQLite keeps the processes apart.
    """

    def __init__(self, file: Path, account: str, clock: Callable[[], float]) -> None:
        self._file, self._account, self._clock = file, account, clock
        self._lock = threading.Lock()
        self._open: sqlite3.Connection | None = None
        made = str(sa.schema.CreateTable(WINDOW, if_not_exists=True).compile(dialect=sqlite.dialect()))
        with self._connection() as connection:
            connection.execute(made)

    def close(self) -> None:
        """A later call opens the file again."""
        with self._lock:
            self._close()

    @contextmanager
    def locked(self, names: Sequence[str]) -> Iterator[LockedRows]:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            found = self._found(connection, names)
            rows = {name: found.get(name) or self._made(connection, name) for name in names}
            held = _SqliteRows(connection, self._account, rows, round(self._clock() * 1000))
            yield held
            connection.execute("COMMIT" if held.changed else "ROLLBACK")

    def read(self, name: str) -> tuple[WindowRow, int] | None:
        with self._connection() as connection:
            row = self._found(connection, [name]).get(name)
        return None if row is None else (row, round(self._clock() * 1000))

    def prune(self, before: int) -> None:
        with self._connection() as connection:
            given = self._account, before
            connection.execute("DELETE FROM zg_budget WHERE account = ? AND told IS NULL AND at < ?", given)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """After any failure the connection is closed, which ends its transaction, and the next call makes another."""
        with self._lock:
            try:
                yield self._opened()
            except sqlite3.Error as error:
                self._close()
                raise sa.exc.OperationalError("the rate limits", None, error) from error
            except BaseException:
                self._close()
                raise

    def _opened(self) -> sqlite3.Connection:
        if self._open is None:
            self._open = sqlite3.connect(self._file, isolation_level=None, check_same_thread=False)
            for pragma in _PRAGMAS:
                self._open.execute(f"PRAGMA {pragma}")
        return self._open

    def _close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _found(self, connection: sqlite3.Connection, names: Sequence[str]) -> dict[str, WindowRow]:
        sought = ", ".join("?" for _ in names)
        select = f"SELECT {', '.join(_READ)} FROM zg_budget WHERE account = ? AND name IN ({sought})"  # noqa: S608 - our columns
        rows = (dict(zip(_READ, row, strict=True)) for row in connection.execute(select, (self._account, *names)))
        return {row["name"]: row for row in rows}

    def _made(self, connection: sqlite3.Connection, name: str) -> WindowRow:
        """Rolled back with all else where nothing is counted under it."""
        connection.execute(
            "INSERT INTO zg_budget (account, name, log, at) VALUES (?, ?, '[]', 0)", (self._account, name)
        )
        return {"name": name, "log": "[]", "told": None, "held_from": None, "held_until": None}


class _SqliteRows:
    def __init__(self, connection: sqlite3.Connection, account: str, rows: Mapping[str, WindowRow], now: int) -> None:
        self._connection, self._account = connection, account
        self.rows, self.now, self.changed = rows, now, False

    def store(self, logs: Mapping[str, str]) -> None:
        for name, log in logs.items():
            self._set("log = ?, at = ?", (log, self.now // 1000), name)

    def change(self, name: str, **values: int) -> None:
        self._set(", ".join(f"{column} = ?" for column in values), tuple(values.values()), name)

    def _set(self, columns: str, values: Sequence[Any], name: str) -> None:
        self.changed = True
        statement = f"UPDATE zg_budget SET {columns} WHERE account = ? AND name = ?"  # noqa: S608 - our columns
        self._connection.execute(statement, (*values, self._account, name))
