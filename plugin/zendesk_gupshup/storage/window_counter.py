"""Sliding windows that all processes share: what went out lately under a name, and whether one more may.

A name is one row, locked while it is read and changed: however many threads and processes ask at once, no window ever
holds more than its limit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from .window_table import SqlWindowTable, WindowRow, WindowTable

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

    `clock`: Unix time; without it PostgreSQL's own, which all machines share. `table`: where the windows stand, if not
    in the engine's database.
    """

    def __init__(
        self,
        engine: sa.Engine,
        account: str,
        *,
        clock: Callable[[], float] | None = None,
        table: WindowTable | None = None,
    ) -> None:
        self._clock = clock or time.time
        self._table = table or SqlWindowTable(engine, account, clock, self._clock)

    def acquire(self, *limits: WindowLimit, event: str = "") -> Wait | None:
        """Count one under each of these names, or under none: then how long to wait. An event counts once a window."""
        with self._table.locked([limit.name for limit in limits]) as held:
            rows, now = held.rows, held.now
            logs = {limit.name: recent(_log(rows[limit.name]), limit, now) for limit in limits}
            if event and any(counted.event == event for log in logs.values() for counted in log):
                return None
            waits = [
                max(_paused(rows[limit.name], now), room(logs[limit.name], limit, rows[limit.name]["told"], now))
                for limit in limits
            ]
            longest = max(waits)
            if longest > 0:
                return Wait(limits[waits.index(longest)].name, longest)
            held.store({limit.name: _dumped(added(logs[limit.name], limit, now, event)) for limit in limits})
        return None

    def usage(self, limit: WindowLimit) -> tuple[int, int | None]:
        """How many went out in the window, and the total that was reported. Changes nothing."""
        found = self._table.read(limit.name)
        if found is None:
            return 0, None
        row, now = found
        return sum(counted.amount for counted in recent(_log(row), limit, now)), row["told"]

    def pause(self, name: str, seconds: float) -> None:
        """Nobody may count under this name for so long; a longer pause stays."""
        with self._table.locked([name]) as held:
            if seconds > _paused(held.rows[name], held.now):
                held.change(name, held_from=held.now, held_until=held.now + int(seconds * 1000))

    def report(self, name: str, total: int) -> None:
        """Keep what the vendor says that the limit is, for all processes."""
        with self._table.locked([name]) as held:
            held.change(name, told=total)

    def prune(self) -> None:
        """Drop the names that nothing was counted under lately; a total that was reported stays."""
        self._table.prune(int(self._clock()) - _IDLE_SECONDS)


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


def _log(row: WindowRow) -> list[WindowPart]:
    return [WindowPart(*counted) for counted in json.loads(row["log"])]


def _dumped(log: Iterable[WindowPart]) -> str:
    return json.dumps([counted if counted.event else counted[:2] for counted in log])


def _paused(row: WindowRow, now: int) -> float:
    """Seconds for which nothing may be counted. A clock that was set back ends a pause: it would last as long."""
    if row["held_until"] is None or now < row["held_from"] - _CLOCK_SET_BACK:
        return 0.0
    return max(0.0, (int(row["held_until"]) - now) / 1000)
