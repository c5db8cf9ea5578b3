"""One log line for many events: a flood of requests must not become a flood of lines."""

from __future__ import annotations

import time
from collections import Counter


class LogSampler:
    """At most one line of each kind every so many seconds."""

    def __init__(self, every: float = 10.0) -> None:
        self._every = every
        self._last: dict[str, float] = {}
        self._pending: Counter[str] = Counter()

    def due(self, kind: str) -> int:
        """Count an event; how many a line now stands for, or 0 where no line is due."""
        now = time.monotonic()
        self._pending[kind] += 1
        if now - self._last.get(kind, -self._every) < self._every:
            return 0
        self._last[kind] = now
        return self._pending.pop(kind)
