"""How often a user may ask: so many requests a minute in this process, so many writes over all processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from zendesk_gupshup.storage.window_counter import WindowCounter, WindowLimit, WindowPart, added, recent, room

REQUESTS, WRITES = 60, 10
# Users whose requests are remembered; beyond that, those who asked longest ago are forgotten first.
_MOST_USERS = 10_000


class UserLimits:
    """For any number of threads. Reading must not cost a write to the database, so requests are counted here."""

    def __init__(self, writes: WindowCounter, *, clock: Callable[[], float] = time.time) -> None:
        self._writes, self._clock = writes, clock
        self._lock = threading.Lock()
        self._logs: dict[int, list[WindowPart]] = {}

    def request(self, user_id: int) -> float:
        """Seconds to wait, 0 where the request may be answered."""
        limit, now = WindowLimit("app", REQUESTS), round(self._clock() * 1000)
        with self._lock:
            counted = recent(self._logs.pop(user_id, ()), limit, now)
            wait = room(counted, limit, None, now)
            self._logs[user_id] = counted if wait else added(counted, limit, now)
            if len(self._logs) > _MOST_USERS:
                del self._logs[next(iter(self._logs))]
        return wait

    def write(self, user_id: int) -> float:
        """Seconds to wait, 0 where the write may be done. Raises `SQLAlchemyError`."""
        wait = self._writes.acquire(WindowLimit(f"app:{user_id}", WRITES))
        return wait.seconds if wait else 0.0
