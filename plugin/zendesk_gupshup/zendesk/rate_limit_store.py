"""How much of each of Zendesk's limits was spent lately, by all processes together, in the store of the queue.

pyrate-limiter decides, by its rolling window. Its own buckets do not fit: that for PostgreSQL locks a table for each
limit, gives up where another one has it, and goes by each machine's clock; that for SQLite counts and adds in two
transactions. Here the log of a limit is one locked row, and the clock that of the database.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pyrate_limiter import Rate, SlidingWindowLog

from zendesk_gupshup.storage.schema import BUDGET, insert_into, upgrade
from zendesk_gupshup.storage.sqlite_writer_lock import one_writer_at_a_time

_POLICY = SlidingWindowLog()
# What was spent is kept in this many parts of the window, each counted as if spent at its end: a limit of 100 a minute
# is therefore one of 100 in 61 seconds, which is what a request may take to reach Zendesk.
_PARTS = 60
# A limit that only one ticket has is of no interest to anybody after this many seconds.
_STALE = 3600

# Pairs of a part's number, counted from 1970, and how many went out in it; the oldest first.
Log = list[tuple[int, int]]


@dataclass(frozen=True)
class RateLimit:
    """So many in so many seconds. `most` is ours to set, `usual` holds until Zendesk has told, and of the smaller one
    of the two only a share is for whoever asks."""

    name: str
    usual: int
    seconds: int = 60
    most: int | None = None
    share: float = 1.0

    def now(self, told: int | None) -> int:
        """How many may go out in a window, Zendesk having told of `told`."""
        stated = told or (self.usual if self.most is None else self.most)
        return max(1, int(min(stated, self.most or stated) * self.share))


@dataclass(frozen=True)
class Wait:
    """The limit that has no room, and after how many seconds it will."""

    name: str
    seconds: float


class RateLimitStore:
    """For any number of threads, processes and (PostgreSQL) machines. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str, *, clock: Callable[[], float] = time.time) -> None:
        upgrade(engine)
        self._engine = _hasty(engine)
        self._account = account
        self._clock = clock
        # Made once: building them takes several times as long as the database does.
        self._rows = _rows(engine.dialect.name != "sqlite")
        # In the order of their names: two that want the same two rows must not each wait for the other's.
        self._rows_locked = self._rows.order_by(BUDGET.c.name).with_for_update()
        here = (BUDGET.c.account == account) & (BUDGET.c.name == sa.bindparam("of"))
        self._spend = sa.update(BUDGET).where(here).values(log=sa.bindparam("new"), at=sa.bindparam("second"))

    def take(self, limits: Sequence[RateLimit]) -> Wait | None:
        """Spend one of each of these, or none: then how long to wait."""
        with self._engine.connect() as connection:
            now, rows = self._locked(connection, [limit.name for limit in limits])
            logs = {limit.name: recent(json.loads(rows[limit.name]["log"]), limit.seconds, now) for limit in limits}
            waits = [
                max(_held(rows[limit.name], now), room(logs[limit.name], limit, rows[limit.name]["told"], now))
                for limit in limits
            ]
            longest = max(waits)
            if longest > 0:
                connection.rollback()
                return Wait(limits[waits.index(longest)].name, longest)
            news = {limit.name: json.dumps(added(logs[limit.name], limit.seconds, now)) for limit in limits}
            connection.execute(self._spend, [{"of": k, "new": new, "second": now // 1000} for k, new in news.items()])
            connection.commit()
        return None

    def hold(self, name: str, seconds: float) -> None:
        """Nobody may spend any of this for so long; a longer hold stays."""
        with self._engine.connect() as connection:
            now, rows = self._locked(connection, [name])
            if seconds > _held(rows[name], now):
                self._change(connection, name, held_from=now, held_until=now + int(seconds * 1000))
            connection.commit()

    def tell(self, name: str, total: int) -> None:
        """What Zendesk says that the limit is."""
        with self._engine.connect() as connection:
            self._locked(connection, [name])
            self._change(connection, name, told=total)
            connection.commit()

    def used(self, name: str, seconds: int = 60) -> tuple[int, int | None]:
        """How many went out in the last window, and what Zendesk says that the limit is. Changes nothing."""
        with self._engine.connect() as connection:
            row = connection.execute(self._rows, {"account": self._account, "names": [name]}).mappings().first()
            if row is None:
                return 0, None
            now = self._now(row)
            return sum(n for _, n in recent(json.loads(row["log"]), seconds, now)), row["told"]

    def tidy(self) -> None:
        """Drop the limits of single tickets that nobody writes to any more."""
        old = BUDGET.c.name.like("ticket:%") & (BUDGET.c.at < int(self._clock()) - _STALE)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(BUDGET).where(BUDGET.c.account == self._account, old))

    def _locked(self, connection: sa.Connection, names: Sequence[str]) -> tuple[int, Mapping[str, sa.RowMapping]]:
        """The database's clock in milliseconds, and the rows, which are ours until the end of the transaction."""
        if connection.dialect.name == "sqlite":
            # The driver begins a transaction by itself only before a change: two could read the same log.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        which = {"account": self._account, "names": names}
        rows = {row["name"]: row for row in connection.execute(self._rows_locked, which).mappings()}
        if missing := [name for name in names if name not in rows]:
            made = [{"account": self._account, "name": name, "log": "[]", "at": 0} for name in sorted(missing)]
            connection.execute(insert_into(connection, BUDGET).values(made).on_conflict_do_nothing())
            rows = {row["name"]: row for row in connection.execute(self._rows_locked, which).mappings()}
        return max(self._now(row) for row in rows.values()), rows

    def _now(self, row: sa.RowMapping) -> int:
        return int(row["clock"]) if "clock" in row else int(self._clock() * 1000)

    def _change(self, connection: sa.Connection, name: str, **values: int) -> None:
        here = (BUDGET.c.account == self._account) & (BUDGET.c.name == name)
        connection.execute(sa.update(BUDGET).where(here).values(**values))


def _rows(has_clock: bool) -> sa.Select[Any]:
    """The rows of `names`, and where the database has a clock for all machines, that."""
    columns = [BUDGET.c[key] for key in ("name", "log", "told", "held_from", "held_until")]
    clock = sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()) * 1000, sa.BigInteger).label("clock")
    names = BUDGET.c.name.in_(sa.bindparam("names", expanding=True))
    return sa.select(*columns, *([clock] if has_clock else [])).where(
        BUDGET.c.account == sa.bindparam("account"), names
    )


def room(log: Log, limit: RateLimit, told: int | None, now: int) -> float:
    """Seconds until one more fits into the window; 0 where it does now. Pure."""
    rate = Rate(limit.now(told), limit.seconds * 1000)
    part = _part(limit.seconds)
    ends = [((number + 1) * part - 1, count) for number, count in log]
    start = _POLICY.window_start(rate, now)
    count = sum(n for end, n in ends if end >= start)

    def newest_but(offset: int) -> int | None:
        for end, n in reversed(ends):
            offset -= n
            if offset < 0:
                return end
        return None

    decision = _POLICY.decide([rate], [count], 1, now, newest_but)
    return 0.0 if decision.allowed else max((decision.retry_after_ms or 0) / 1000, 0.001)


def recent(log: Sequence[Sequence[int]], seconds: int, now: int) -> Log:
    """What still counts. A clock that was set back leaves entries in the future: they count as of now."""
    part = _part(seconds)
    current, oldest = now // part, (now - seconds * 1000) // part
    found: dict[int, int] = {}
    for number, count in log:
        if number >= oldest:
            found[min(number, current)] = found.get(min(number, current), 0) + count
    return sorted(found.items())


def added(log: Log, seconds: int, now: int) -> Log:
    current = now // _part(seconds)
    if log and log[-1][0] == current:
        return [*log[:-1], (current, log[-1][1] + 1)]
    return [*log, (current, 1)]


def _part(seconds: int) -> int:
    return seconds * 1000 // _PARTS


def _held(row: sa.RowMapping, now: int) -> float:
    """Seconds for which nobody may spend. A clock that was set back ends it: it would last as long as the jump."""
    if row["held_until"] is None or now < row["held_from"] - 2000:
        return 0.0
    return max(0.0, (int(row["held_until"]) - now) / 1000)


def _hasty(engine: sa.Engine) -> sa.Engine:
    """The same store without waiting for the disk: what a power cut takes is a minute's counting.

    On SQLite a file beside it: one that writes keeps all others of its file waiting, and every request counts here.
    """
    if engine.dialect.name == "sqlite" and engine.url.database:
        file = Path(engine.url.database)
        file = file.with_name(f"{file.stem}-budget{file.suffix}")
        file.touch(mode=0o600)
        made = sa.create_engine(f"sqlite:///{file}", pool_size=4)
        one_writer_at_a_time(made)

        @sa.event.listens_for(made, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=NORMAL", "cache_size=-256"):
                connection.execute(f"PRAGMA {pragma}")

        # Another process may be making it between our look and our making it.
        with made.begin() as connection:
            connection.execute(sa.schema.CreateTable(BUDGET, if_not_exists=True))
            for index in BUDGET.indexes:
                connection.execute(sa.schema.CreateIndex(index, if_not_exists=True))
    else:
        options = " ".join(filter(None, [str(engine.url.query.get("options", "")), "-c synchronous_commit=off"]))
        made = sa.create_engine(engine.url, pool_size=4, connect_args={"connect_timeout": 5, "options": options})
    sa.event.listen(engine, "engine_disposed", lambda _: made.dispose())
    return made
