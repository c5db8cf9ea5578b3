"""Zendesk's clock, read from the `Date` of its answers."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

# It is set by so many answers of the last so many seconds: two clocks drift apart.
_SAMPLES, _LONGEST_AGE = 15, 900.0
# Fewer are too few to tell a wrong date by the others.
_FEW = 5
# A date that was rounded down is less than a second behind, half of it in the middle: one much further ahead of the
# middle is wrong.
_AHEAD_OF_MIDDLE = 0.75


class ZendeskClock:
    """For any number of threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        # When an answer came by our clock, and how far its date was ahead of that.
        self._samples: deque[tuple[float, float]] = deque(maxlen=_SAMPLES)

    def observe(self, date: float) -> None:
        """An answer with this date, as Unix time, has just come."""
        now = self._monotonic()
        with self._lock:
            self._samples.append((now, date - now))

    def time(self) -> float | None:
        """Unix time, no later than what Zendesk's clock shows now; `None` before the first answer.

        Each date was rounded down and took a while to reach us, so the one furthest ahead is the closest; but one
        answer with a wrong date must not make us believe that a second is over.
        """
        now = self._monotonic()
        with self._lock:
            ahead = sorted(ahead for at, ahead in self._samples if now - at <= _LONGEST_AGE)
        if not ahead:
            return None
        middle = ahead[(len(ahead) - 1) // 2]
        if len(ahead) < _FEW:
            return middle + now
        return max(one for one in ahead if one <= middle + _AHEAD_OF_MIDDLE) + now
