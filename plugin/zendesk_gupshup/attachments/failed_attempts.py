"""How often a file could not be read for the moment, as far as this process knows.

Losing it costs some more attempts; the worker counts the ticket's by itself, so these come to an end all the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from zendesk_gupshup.model.retryable import RetryableReason

_MOST_FILES = 10_000
# Two looks at a ticket within so many seconds are one attempt: a conflict or a second webhook is no reason to give up.
_ONE_ATTEMPT = 5.0
# After so long without an attempt it begins anew: somebody asked for the ticket again.
_FORGET = 3600.0


# What tells of the file itself or of where it lies, and not of the others that were in its way.
_TROUBLE = frozenset((RetryableReason.NOT_FETCHED, RetryableReason.READER_ENDED, RetryableReason.TOO_SLOW))


@dataclass(frozen=True)
class _Missed:
    """`attempts` in all, `trouble` those that failed by the file's own doing, `at` the time of the last one."""

    attempts: int = 0
    trouble: int = 0
    at: float = 0.0


class FailedAttempts:
    """For any number of threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._missed: OrderedDict[int, _Missed] = OrderedDict()

    def trouble(self, file_id: int) -> int:
        """How often the file itself made trouble."""
        with self._lock:
            return self._missed.get(file_id, _Missed()).trouble

    def count(self, file_id: int, reason: RetryableReason) -> int:
        """One more attempt; how many these are by now."""
        now = self._monotonic()
        with self._lock:
            missed = self._missed.get(file_id, _Missed())
            if now - missed.at > _FORGET:
                missed = _Missed()
            if not missed.attempts or now - missed.at >= _ONE_ATTEMPT:
                missed = _Missed(missed.attempts + 1, missed.trouble + (reason in _TROUBLE), now)
            self._missed[file_id] = missed
            self._missed.move_to_end(file_id)
            while len(self._missed) > _MOST_FILES:
                self._missed.popitem(last=False)
            return missed.attempts

    def forget(self, file_id: int) -> None:
        with self._lock:
            self._missed.pop(file_id, None)
