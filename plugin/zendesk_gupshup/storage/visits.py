"""Each ticket's visits: which ones would bring no news, and which ticket crashes the worker.

All of it only saves requests: losing it costs another visit, never a second reply.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from .schema import VISIT, insert_into, upgrade
from .transaction import reading, storing, storing_soon

# After so many visits without anything to do within so many seconds, a ticket is visited less often.
IDLE_VISITS, IDLE_WINDOW = 6, 600
# The backoff then: doubled from the first to the last of these seconds.
_FIRST_IDLE_BACKOFF, _LONGEST_IDLE_BACKOFF = 15.0, 240.0
# Visits that began and never ended: from the second on a ticket waits alone, after so many it is given up.
MAX_CRASHES = 5
_FIRST_CRASH_BACKOFF = 10.0


_ENDED = ("unfinished", "read_at", "idle", "idle_since", "organization_id")
_NEW: dict[str, int | None] = dict.fromkeys(_ENDED) | {"unfinished": 0, "idle": 0}
_PAST = sa.select(VISIT.c.at, *(VISIT.c[name] for name in _ENDED)).where(
    VISIT.c.account == sa.bindparam("account"), VISIT.c.ticket_id == sa.bindparam("ticket_id")
)


@dataclass(frozen=True)
class VisitHistory:
    """A ticket's visits before this one. `read_at`: the ticket's own stamp, as the last one that succeeded read it.

    `at`: when the last one began, by our clock. `idle`: those since `idle_since` that found nothing to do.
    """

    at: int = 0
    unfinished: int = 0
    read_at: int | None = None
    idle: int = 0
    idle_since: int | None = None
    organization_id: int | None = None

    def covers(self, seen_at: float | None, queued_at: float | None) -> bool:
        """Whether what was seen at this second, and queued at that one, was there when the last visit read the ticket.

        That visit waited until the second of the ticket's stamp was over, so it saw all that came before. Both clocks
        must agree, that of Zendesk's stamps and ours: where one has jumped, a change is read all the same.
        """
        if seen_at is None or queued_at is None or self.read_at is None:
            return False
        return int(seen_at) < self.read_at and int(queued_at) < self.at

    def idle_backoff(self, now: float) -> float:
        """Seconds from now for which a ticket that keeps changing without anything to do is left alone."""
        if self.idle < IDLE_VISITS or self.idle_since is None or not 0 <= now - self.idle_since < IDLE_WINDOW:
            return 0.0
        length = min(_FIRST_IDLE_BACKOFF * 2.0 ** min(self.idle - IDLE_VISITS, 10), _LONGEST_IDLE_BACKOFF)
        return float(min(max(0.0, self.at + length - now), length))

    def crash_backoff(self, now: float) -> float:
        """The same for a ticket whose visits did not end: whatever ran beside it is to be over first."""
        if self.unfinished < 2:
            return 0.0
        length = _FIRST_CRASH_BACKOFF * 2.0 ** (self.unfinished - 2)
        return float(min(max(0.0, self.at + length - now), length))


class Visits:
    """For any number of threads and processes. Raises `SQLAlchemyError`."""

    def __init__(self, engine: sa.Engine, account: str, *, now: Callable[[], float] = time.time) -> None:
        upgrade(engine)
        self._engine = engine
        self._account = account
        self._now = now
        # Made once: making them takes several times as long as the database does.
        new = insert_into(engine, VISIT).values({column.name: sa.bindparam(column.name) for column in VISIT.columns})
        key = ["account", "ticket_id"]
        begun: dict[str, Any] = {"unfinished": VISIT.c.unfinished + 1, "at": sa.bindparam("at")}
        ended: dict[str, Any] = {name: sa.bindparam(name) for name in _ENDED}
        self._begin = new.on_conflict_do_update(index_elements=key, set_=begun)
        self._end = new.on_conflict_do_update(index_elements=key, set_=ended)

    def history(self, ticket_id: int) -> VisitHistory:
        with reading(self._engine) as connection:
            row = connection.execute(_PAST, {"account": self._account, "ticket_id": ticket_id}).mappings().first()
        return VisitHistory(**row) if row else VisitHistory()

    def begin(self, ticket_id: int) -> None:
        """Before the first request: a visit that never ends stays counted."""
        with storing_soon(self._engine) as connection:
            connection.execute(self._begin, self._row(ticket_id, unfinished=1))

    def end(
        self, ticket_id: int, past: VisitHistory, *, read_at: float | None, idle: bool, organization_id: int | None
    ) -> None:
        """The visit succeeded; `idle` where nothing was to be done."""
        now = int(self._now())
        fresh = past.idle_since is not None and 0 <= now - past.idle_since < IDLE_WINDOW
        row = self._row(
            ticket_id,
            read_at=past.read_at if read_at is None else int(read_at),
            idle=(past.idle if fresh else 0) + 1 if idle else 0,
            idle_since=(past.idle_since if fresh and past.idle else now) if idle else None,
            organization_id=organization_id,
        )
        with storing(self._engine) as connection:
            connection.execute(self._end, row)

    def abort(self, ticket_id: int) -> None:
        """The visit failed without a crash."""
        here = (VISIT.c.account == self._account) & (VISIT.c.ticket_id == ticket_id)
        with storing(self._engine) as connection:
            connection.execute(sa.update(VISIT).where(here).values(unfinished=0))

    def forget_before(self, seconds: int) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.delete(VISIT).where(VISIT.c.account == self._account, VISIT.c.at < seconds))

    def _row(self, ticket_id: int, **values: int | None) -> dict[str, Any]:
        return {**_NEW, "account": self._account, "ticket_id": ticket_id, "at": int(self._now()), **values}


def seconds_of(stamp: str | None) -> float | None:
    """A stamp of Zendesk's as Unix time; `None` for one that cannot be read."""
    try:
        return datetime.fromisoformat(stamp).timestamp() if stamp else None
    except ValueError:
        return None
