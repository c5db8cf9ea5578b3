"""All that we use of DBOS below its documented interface: its table of workflows, the errors that it retries, and the
loop that takes up what is queued.

`DBOSClient.list_workflows` returns rows and has no count, and a scrape of `/metrics` must not cost more for a long
queue than for a short one. `tests/worker/test_dbos_internals.py` fails when a release of DBOS changes what is here.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa
from dbos import DBOS, Queue
from dbos._core import ActiveWorkflowById
from dbos._queue import queue_worker_thread

_TABLE = "workflow_status"
_COLUMNS = ("workflow_uuid", "status", "name", "queue_partition_key", "created_at")
# Messages of SQLite for a full disk and for a file that it cannot reach: both pass.
_TRANSIENT = ("disk I/O error", "database or disk is full", "unable to open database file")


# Between two polls that were asked for, in seconds: many arrivals and free places are taken up with one. Each looks at
# all that waits, which costs 2 ms and more; a wake-up after a rest is not held up.
_SHORTEST_GAP = 0.2
# After a loop that ended by itself, before the next one.
_RESTART_WAIT = 1.0


class QueuePoller:
    """Takes up what is queued: at once where `wake` says so, else when the queue's polling interval is over.

    DBOS only polls, and a short interval costs an idle worker more than all else that it does. Call
    `DBOS.listen_queues([])` before the launch, so that DBOS starts no loop of its own.
    """

    def __init__(self, dbos: DBOS) -> None:
        self._dbos, self._stop = dbos, _WakeableStop()
        self._thread: threading.Thread | None = None
        # A place is free once DBOS has stored the outcome, not when the function returns. Before the launch, which
        # resumes what was in hand: that counts, too.
        dbos._active_workflows_set = _WakingOnRelease(self.wake)

    def start(self, queue: Queue) -> None:
        self._thread = threading.Thread(target=self._run, args=(queue,), name=f"queue {queue.name}", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something was queued, or a place is free."""
        self._stop.wake()

    def stop(self) -> None:
        """Take up nothing more."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _run(self, queue: Queue) -> None:
        while not self._stop.is_set():
            queue_worker_thread(self._stop, self._dbos, queue)
            self._stop.wait(_RESTART_WAIT)


class _WakeableStop(threading.Event):
    """The stop event that the loop waits for between two polls. `wake` ends such a wait early."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._changed, self._awake = threading.Condition(), False
        self._monotonic, self._last = monotonic, float("-inf")

    def wake(self) -> None:
        with self._changed:
            self._awake = True
            self._changed.notify_all()

    def set(self) -> None:
        super().set()
        self.wake()

    def wait(self, timeout: float | None = None) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._awake or self.is_set(), timeout)
            gap = self._last + _SHORTEST_GAP - self._monotonic()
            self._changed.wait_for(self.is_set, max(gap, 0.0))
            self._awake, self._last = False, self._monotonic()
        return self.is_set()


class _WakingOnRelease(ActiveWorkflowById):
    """What runs in this process; calls `released` whenever one has ended and its place is free."""

    def __init__(self, released: Callable[[], None]) -> None:
        super().__init__()
        self._released = released

    def _remove(self, key: str, bucket: tuple[str, str | None] | None) -> None:
        super()._remove(key, bucket)
        self._released()


def workflow_table(engine: sa.Engine) -> sa.TableClause:
    """The table of workflows; `created_at` is in milliseconds."""
    return sa.table(_TABLE, *map(sa.column, _COLUMNS), schema=_schema(engine))


def has_workflow_table(engine: sa.Engine) -> bool:
    """Whether a worker has run on this database. Raises `SQLAlchemyError`."""
    return sa.inspect(engine).has_table(_TABLE, schema=_schema(engine))


def retry_full_disk(engine: sa.Engine) -> None:
    """Have DBOS retry a write that a full disk refused, as it retries one that meets a lock.

    It recognises a lock by its message. After any other error it drops the workflow and leaves its row PENDING, which
    blocks the ticket until a restart.
    """
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "handle_error", _as_locked, retval=True)


def _as_locked(context: sa.engine.ExceptionContext) -> BaseException | None:
    message = str(context.original_exception)
    if not any(text in message for text in _TRANSIENT):
        return None
    original = sqlite3.OperationalError(f"database is locked: {message}")
    return sa.exc.OperationalError(context.statement, None, original)


def _schema(engine: sa.Engine) -> str | None:
    return None if engine.dialect.name == "sqlite" else "dbos"
