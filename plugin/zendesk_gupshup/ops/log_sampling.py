"""Log lines that stand for many: a flood of strangers must not become one of lines."""

from __future__ import annotations

import time
from collections import Counter


class LogSampler:
    """Says a line of each kind at most once in some seconds, and how many it stands for."""

    def __init__(self, every: float = 10.0) -> None:
        self._every = every
        self._last: dict[str, float] = {}
        self._left_out: Counter[str] = Counter()

    def due(self, kind: str) -> int:
        """How many the line stands for; 0 where none is due."""
        now = time.monotonic()
        self._left_out[kind] += 1
        if now - self._last.get(kind, -self._every) < self._every:
            return 0
        self._last[kind] = now
        return self._left_out.pop(kind)
