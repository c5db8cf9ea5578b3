"""Webhooks that were answered, until the queue has them: a small file beside it, written once for all that wait.

The queue takes a millisecond for each entry and is shared with the work on tickets, and it may be locked or gone. What
is here survives a kill as well as what is there; the queue takes each key once, so handing over twice does no harm.
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
Row = tuple[str, int, str]

# Few at a time: whoever works on tickets writes to the same queue.
_AT_A_TIME = 32
# Also what another process of this machine has left behind is looked for.
_EVERY = 2.0
# While so many come in a moment, they are answered first and worked on later, though not much later.
_CROWD = 50
_MOMENT = 0.5
_HOLD = 5.0


class WebhookSpool:
    """`with Inbox(file, queue) as inbox:` hands over in a thread of its own; `queue` takes rows with one commit."""

    def __init__(self, file: Path, queue: Callable[[Sequence[Row]], None]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        self._queue = queue
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._failed = False
        self._came: deque[tuple[float, int]] = deque(maxlen=1000)
        # Since when there is a crowd.
        self._since: float | None = None
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._file = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._file.execute(f"PRAGMA {pragma}")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS webhook"
            " (key TEXT PRIMARY KEY, ticket_id INTEGER NOT NULL, seen_at TEXT NOT NULL)"
        )

    def __enter__(self) -> WebhookSpool:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._news.set()
        self._thread.join()
        self._file.close()

    def put(self, rows: Sequence[Row]) -> None:
        """Keep these, with one commit. Raises `sqlite3.Error`."""
        with self._lock:
            self._file.execute("BEGIN IMMEDIATE")
            try:
                self._file.executemany("INSERT OR IGNORE INTO webhook VALUES (?, ?, ?)", rows)
                self._file.execute("COMMIT")
            except sqlite3.Error:
                if self._file.in_transaction:
                    self._file.execute("ROLLBACK")
                raise
        self._came.append((time.monotonic(), len(rows)))
        self._news.set()

    def waiting(self) -> int:
        """How many the queue does not have yet."""
        with self._lock:
            return int(self._file.execute("SELECT count(*) FROM webhook").fetchone()[0])

    def hand_over(self) -> int:
        """Give the oldest ones to the queue, and forget them once it has them; how many."""
        with self._lock:
            rows: list[Row] = self._file.execute(
                "SELECT key, ticket_id, seen_at FROM webhook ORDER BY rowid LIMIT ?", (_AT_A_TIME,)
            ).fetchall()
        if rows:
            self._queue(rows)
            with self._lock:
                self._file.execute("BEGIN IMMEDIATE")
                self._file.executemany("DELETE FROM webhook WHERE key = ?", [row[:1] for row in rows])
                self._file.execute("COMMIT")
        return len(rows)

    def _crowded(self) -> bool:
        since = time.monotonic() - _MOMENT
        return sum(count for at, count in tuple(self._came) if at > since) >= _CROWD

    def _let_them_in(self) -> None:
        """Work on tickets takes the processor from whoever answers webhooks, and Zendesk gives up after seconds."""
        while self._crowded():
            self._since = self._since or time.monotonic()
            if time.monotonic() - self._since > _HOLD or self._stopping.wait(_MOMENT / 5):
                return
        self._since = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._let_them_in()
            try:
                more = self.hand_over() == _AT_A_TIME
                self._failed = False
            except Exception as error:  # noqa: BLE001 - whatever ails the queue, they are tried again
                if not self._failed:
                    log.error("webhooks wait beside the queue, which does not take them: %s", type(error).__name__)
                self._failed, more = True, False
                self._rollback()
            if self._failed:
                self._stopping.wait(_EVERY)
            elif not more:
                self._news.wait(_EVERY)
                self._news.clear()

    def _rollback(self) -> None:
        with self._lock:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
