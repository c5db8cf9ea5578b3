"""Sliding windows that all processes share: what went out lately under a name, and whether one more may.

A name is one row, locked while it is read and changed: however many threads and processes ask at once, no window ever
holds more than its limit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from .schema import WINDOW, insert_into
from .transaction import is_joined, storing

# A window is kept in this many parts, each counted as if it all happened at its end: a limit of 100 a minute is one of
# 100 in 61 seconds, and the log of a window stays short.
_PARTS = 60
# A name that nothing was counted under for this many seconds is dropped.
_IDLE_SECONDS = 3600
# A pause that starts this far ahead of the clock, in milliseconds, was made before the clock was set back.
_CLOCK_SET_BACK = 2000


class WindowPart(NamedTuple):
    """So many in one part of a window, by its number since 1970; `event` names the one event that was counted."""

    part: int
    amount: int
    event: str = ""


@dataclass(frozen=True)
class WindowLimit:
    """So many in so many seconds. `maximum` is ours to set, `usual` holds until a total was reported; whoever asks may
    have a share of the smaller one of the two, and never less than `least`. `exact`: to the millisecond."""

    name: str
    usual: int
    seconds: int = 60
    maximum: int | None = None
    share: float = 1.0
    least: int = 1
    exact: bool = False

    def allowed(self, reported: int | None = None) -> int:
        total = reported or (self.usual if self.maximum is None else self.maximum)
        return max(self.least, int(min(total, total if self.maximum is None else self.maximum) * self.share))

    @property
    def part_ms(self) -> int:
        return 1 if self.exact else self.seconds * 1000 // _PARTS


@dataclass(frozen=True)
class Wait:
    """The limit that has no room, and after how many seconds it will."""

    name: str
    seconds: float


class WindowCounter:
    """For any number of threads, processes and (PostgreSQL) machines. Raises `SQLAlchemyError`.

    `clock`: Unix time; without it PostgreSQL's own, which all machines share.
    """

    def __init__(self, engine: sa.Engine, account: str, *, clock: Callable[[], float] | None = None) -> None:
        self._engine = engine
        self._account = account
        self._clock = clock or time.time
        # Built once: that takes several times as long as the database does.
        self._rows = _rows(database_clock=clock is None and engine.dialect.name != "sqlite")
        # In the order of their names: two that want the same two rows must not each wait for the other's.
        self._rows_locked = self._rows.order_by(WINDOW.c.name).with_for_update()
        here = (WINDOW.c.account == account) & (WINDOW.c.name == sa.bindparam("of"))
        self._store = sa.update(WINDOW).where(here).values(log=sa.bindparam("new"), at=sa.bindparam("second"))

    def acquire(self, *limits: WindowLimit, event: str = "") -> Wait | None:
        """Count one under each of these names, or under none: then how long to wait. An event counts once a window."""
        with self._transaction() as connection:
            now, rows = self._locked(connection, [limit.name for limit in limits])
            logs = {limit.name: recent(_log(rows[limit.name]), limit, now) for limit in limits}
            if event and any(counted.event == event for log in logs.values() for counted in log):
                self._leave_as_it_was(connection)
                return None
            waits = [
                max(_paused(rows[limit.name], now), room(logs[limit.name], limit, rows[limit.name]["told"], now))
                for limit in limits
            ]
            longest = max(waits)
            if longest > 0:
                self._leave_as_it_was(connection)
                return Wait(limits[waits.index(longest)].name, longest)
            connection.execute(
                self._store,
                [
                    {
                        "of": limit.name,
                        "new": _dumped(added(logs[limit.name], limit, now, event)),
                        "second": now // 1000,
                    }
                    for limit in limits
                ],
            )
        return None

    def usage(self, limit: WindowLimit) -> tuple[int, int | None]:
        """How many went out in the window, and the total that was reported. Changes nothing."""
        with self._engine.connect() as connection:
            row = connection.execute(self._rows, {"account": self._account, "names": [limit.name]}).mappings().first()
        if row is None:
            return 0, None
        return sum(counted.amount for counted in recent(_log(row), limit, self._now(row))), row["told"]

    def pause(self, name: str, seconds: float) -> None:
        """Nobody may count under this name for so long; a longer pause stays."""
        with self._transaction() as connection:
            now, rows = self._locked(connection, [name])
            if seconds > _paused(rows[name], now):
                self._change(connection, name, held_from=now, held_until=now + int(seconds * 1000))

    def report(self, name: str, total: int) -> None:
        """Keep what the vendor says that the limit is, for all processes."""
        with self._transaction() as connection:
            self._locked(connection, [name])
            self._change(connection, name, told=total)

    def prune(self) -> None:
        """Drop the names that nothing was counted under lately; a total that was reported stays."""
        old = WINDOW.c.told.is_(None) & (WINDOW.c.at < int(self._clock()) - _IDLE_SECONDS)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(WINDOW).where(WINDOW.c.account == self._account, old))

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        """One in which what is read cannot change before its end."""
        if is_joined(self._engine):
            with storing(self._engine) as connection:
                yield connection
            return
        with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # The driver begins a transaction by itself only before a change: two could read the same log.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def _leave_as_it_was(self, connection: sa.Connection) -> None:
        """Take back the row that was made for a name without one; a transaction of others keeps it."""
        if not is_joined(self._engine):
            connection.rollback()

    def _locked(self, connection: sa.Connection, names: Sequence[str]) -> tuple[int, Mapping[str, sa.RowMapping]]:
        """The clock in milliseconds, and the rows, which are ours until the end of the transaction."""
        which = {"account": self._account, "names": names}
        rows = {row["name"]: row for row in connection.execute(self._rows_locked, which).mappings()}
        if missing := [name for name in names if name not in rows]:
            made = [{"account": self._account, "name": name, "log": "[]", "at": 0} for name in sorted(missing)]
            connection.execute(insert_into(connection, WINDOW).values(made).on_conflict_do_nothing())
            rows = {row["name"]: row for row in connection.execute(self._rows_locked, which).mappings()}
        return max(self._now(row) for row in rows.values()), rows

    def _now(self, row: sa.RowMapping) -> int:
        return int(row["clock"]) if "clock" in row else round(self._clock() * 1000)

    def _change(self, connection: sa.Connection, name: str, **values: int) -> None:
        here = (WINDOW.c.account == self._account) & (WINDOW.c.name == name)
        connection.execute(sa.update(WINDOW).where(here).values(**values))


def _rows(*, database_clock: bool) -> sa.Select[Any]:
    columns = [WINDOW.c[key] for key in ("name", "log", "told", "held_from", "held_until")]
    clock = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger).label("clock")
    names = WINDOW.c.name.in_(sa.bindparam("names", expanding=True))
    return sa.select(*columns, *([clock] if database_clock else [])).where(
        WINDOW.c.account == sa.bindparam("account"), names
    )


def recent(log: Iterable[WindowPart], limit: WindowLimit, now: int) -> list[WindowPart]:
    """What counts at `now` (milliseconds), oldest first. An entry further ahead than a window was made by a clock that
    has been set back since: it would count until that time comes. Pure."""
    window, part = limit.seconds * 1000, limit.part_ms
    return sorted(c for c in log if _end(c, part) + window > now and c.part * part < now + window)


def room(log: Sequence[WindowPart], limit: WindowLimit, reported: int | None, now: int) -> float:
    """Seconds until one more fits into the window of a `recent` log; 0 where it does now. Pure."""
    excess = sum(counted.amount for counted in log) - limit.allowed(reported) + 1
    if excess <= 0:
        return 0.0
    for counted in log:
        excess -= counted.amount
        if excess <= 0:
            return max((_end(counted, limit.part_ms) + limit.seconds * 1000 - now) / 1000, 0.001)
    return float(limit.seconds)


def added(log: Sequence[WindowPart], limit: WindowLimit, now: int, event: str = "") -> list[WindowPart]:
    """The log with one more. Pure."""
    current = now // limit.part_ms
    if not event:
        for place, counted in enumerate(log):
            if counted.part == current and not counted.event:
                return [*log[:place], WindowPart(current, counted.amount + 1), *log[place + 1 :]]
    return sorted([*log, WindowPart(current, 1, event)])


def _end(counted: WindowPart, part_ms: int) -> int:
    return (counted.part + 1) * part_ms - 1


def _log(row: sa.RowMapping) -> list[WindowPart]:
    return [WindowPart(*counted) for counted in json.loads(row["log"])]


def _dumped(log: Iterable[WindowPart]) -> str:
    return json.dumps([counted if counted.event else counted[:2] for counted in log])


def _paused(row: sa.RowMapping, now: int) -> float:
    """Seconds for which nothing may be counted. A clock that was set back ends a pause: it would last as long."""
    if row["held_until"] is None or now < row["held_from"] - _CLOCK_SET_BACK:
        return 0.0
    return max(0.0, (int(row["held_until"]) - now) / 1000)
