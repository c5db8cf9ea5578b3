"""Webhooks that were answered, until the queue has them: one small SQLite file, with one connection that writes.

The queue's database is shared with the work on tickets, and may be locked or unreachable. The spool survives a kill as
well as the queue does, and the queue takes each key once, so forwarding one twice does no harm.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

# Key, ticket, and when the ticket was last known to change.
SpooledWebhook = tuple[str, int, str]

# Forwarded with one commit. Few at a time: whoever works on tickets writes to the same database.
_BATCH = 32
# Between two attempts, in seconds; also webhooks that another process of this machine has left behind are forwarded.
_POLL = 2.0
# So many webhooks within so many seconds are a burst, which holds forwarding for at most so long.
_BURST, _WINDOW, _LONGEST_HOLD = 50, 0.5, 5.0


class Burst:
    """Many webhooks at once: they are answered first and forwarded later, though not much later.

    Work on tickets takes the processor from whoever answers webhooks, and Zendesk gives up after seconds: without this
    the slowest of 2,000 signed ones beside 4,000 forged ones took twice as long.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._arrivals: deque[tuple[float, int]] = deque(maxlen=1000)
        self._since: float | None = None

    def add(self, count: int) -> None:
        self._arrivals.append((self._monotonic(), count))

    def holds(self) -> bool:
        """Whether forwarding has to wait."""
        now = self._monotonic()
        if sum(count for at, count in tuple(self._arrivals) if at > now - _WINDOW) < _BURST:
            self._since = None
            return False
        self._since = now if self._since is None else self._since
        return now - self._since <= _LONGEST_HOLD


class SpoolUnusable(RuntimeError):
    """The spool's file is damaged, or cannot be written."""


class WebhookSpool:
    """`with WebhookSpool(file, enqueue):` forwards in a thread of its own; `enqueue` takes a batch with one commit.

    Raises `SpoolUnusable`.
    """

    def __init__(self, file: Path, enqueue: Callable[[Sequence[SpooledWebhook]], None]) -> None:
        self._enqueue = enqueue
        self._lock = threading.Lock()
        self._arrived = threading.Event()
        self._stopping = threading.Event()
        self._burst = Burst()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)
        try:
            self._file = _opened(file)
        except (sqlite3.Error, OSError) as error:
            raise SpoolUnusable(
                f"{file}: the webhook spool cannot be used: {error}; if the file is damaged, move it away: the sweep "
                "finds the tickets of the webhooks in it"
            ) from None

    def __enter__(self) -> WebhookSpool:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._arrived.set()
        self._thread.join()
        self._file.close()

    def put(self, webhooks: Sequence[SpooledWebhook]) -> None:
        """Keep these, with one commit. Raises `sqlite3.Error`."""
        with self._lock:
            self._change("INSERT OR IGNORE INTO webhook VALUES (?, ?, ?)", webhooks)
        self._burst.add(len(webhooks))
        self._arrived.set()

    def count(self) -> int:
        """How many the queue does not have yet."""
        with self._lock:
            return int(self._file.execute("SELECT count(*) FROM webhook").fetchone()[0])

    def drain(self) -> None:
        """Forward all of them. Raises what `enqueue` raises."""
        while self._forward():
            pass

    def _forward(self) -> int:
        """Enqueue the oldest ones, and delete them once the queue has them; how many."""
        with self._lock:
            webhooks: list[SpooledWebhook] = self._file.execute(
                "SELECT key, ticket_id, seen_at FROM webhook ORDER BY rowid LIMIT ?", (_BATCH,)
            ).fetchall()
        if webhooks:
            self._enqueue(webhooks)
            with self._lock:
                self._change("DELETE FROM webhook WHERE key = ?", [webhook[:1] for webhook in webhooks])
        return len(webhooks)

    def _change(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        self._file.execute("BEGIN IMMEDIATE")
        try:
            self._file.executemany(statement, rows)
            self._file.execute("COMMIT")
        except sqlite3.Error:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise

    def _run(self) -> None:
        failing = False
        while not self._stopping.is_set():
            while self._burst.holds() and not self._stopping.wait(_WINDOW / 5):
                pass
            try:
                more = self._forward() == _BATCH
                failing = False
            except Exception as error:  # noqa: BLE001 - whatever ails the queue, they are forwarded later
                if not failing:
                    log.error("webhooks stay in the spool: the queue cannot be written (%s)", type(error).__name__)
                failing = True
            if failing:
                self._stopping.wait(_POLL)
            elif not more:
                self._arrived.wait(_POLL)
                self._arrived.clear()


def _opened(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    connection = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS webhook (key TEXT PRIMARY KEY, ticket_id INTEGER NOT NULL, seen_at TEXT NOT NULL)"
    )
    return connection
