"""What the queue holds: for readiness, metrics, `doctor` and the organizations' shares. No worker need be running."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from dbos import DBOS

from zendesk_gupshup.storage.transaction import reading

from .dbos_internals import has_workflow_table, workflow_table

_IN_QUEUE = ("ENQUEUED", "PENDING")
# Seconds for which `BacklogProbe` repeats its answer.
_FRESH = 1.0


@dataclass(frozen=True)
class QueueStatus:
    """Tickets that wait or are in hand, and the age of the oldest one in seconds."""

    tickets: int = 0
    oldest_seconds: float = 0.0


def queue_status(engine: sa.Engine, *, delayed: bool = False) -> QueueStatus | None:
    """`None` before the first worker has run. `delayed` counts tickets in backoff, too. Raises `SQLAlchemyError`."""
    if not has_workflow_table(engine):
        return None
    rows = workflow_table(engine)
    statuses = (*_IN_QUEUE, "DELAYED") if delayed else _IN_QUEUE
    tickets = (rows.c.name == "ticket") & rows.c.status.in_(statuses)
    query = sa.select(sa.func.count(), sa.func.min(rows.c.created_at)).select_from(rows).where(tickets)
    with engine.connect() as connection:
        count, oldest = connection.execute(query).one()
    age = datetime.now(UTC).timestamp() - oldest / 1000 if oldest else 0.0
    return QueueStatus(int(count), max(age, 0.0))


def has_backlog(engine: sa.Engine) -> bool:
    """Whether a ticket is due that no worker has in hand. Raises `SQLAlchemyError`."""
    rows = workflow_table(engine)
    due = (rows.c.name == "ticket") & (rows.c.status == "ENQUEUED")
    with reading(engine) as connection:
        return connection.execute(sa.select(sa.literal(1)).select_from(rows).where(due).limit(1)).first() is not None


def enqueued_at(engine: sa.Engine) -> float | None:
    """Unix time at which this thread's queue entry was made; `None` outside of the queue. Raises `SQLAlchemyError`.

    Whole seconds at the latest: before Python 3.12 DBOS's clock on SQLite has no others.
    """
    rows, entry = workflow_table(engine), DBOS.workflow_id
    if entry is None:
        return None
    with engine.connect() as connection:
        made = connection.execute(sa.select(rows.c.created_at).where(rows.c.workflow_uuid == entry)).scalar()
    return made / 1000 if made is not None else None


class BacklogProbe:
    """`has_backlog`, asked at most once a second however many threads want to know.

    While one asks, the others get the last answer: whoever holds a lock of the database must not wait for somebody who
    waits for a connection.
    """

    def __init__(self, engine: sa.Engine, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._engine, self._monotonic = engine, monotonic
        self._lock = threading.Lock()
        self._at, self._answer = -_FRESH, False

    def __call__(self) -> bool:
        if self._monotonic() - self._at >= _FRESH and self._lock.acquire(blocking=False):
            try:
                self._answer, self._at = has_backlog(self._engine), self._monotonic()
            finally:
                self._lock.release()
        return self._answer
