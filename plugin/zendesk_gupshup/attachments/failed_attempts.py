"""How often reading a file failed for the moment, in this process.

A restart loses the counts and costs a few more attempts; the worker's own count of a ticket's attempts limits them.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from zendesk_gupshup.model.retryable import RetryableReason

_MOST_FILES = 10_000
# Two visits of a ticket within so many seconds are one attempt: a conflict or a second webhook is no reason to give up.
_ONE_ATTEMPT = 5.0
# After so many seconds without an attempt the count starts again: the ticket was requeued.
_FORGET = 3600.0

# The file itself or its host is the cause, and not the queue of other files.
_OWN_FAULT = frozenset((RetryableReason.NOT_FETCHED, RetryableReason.READER_ENDED, RetryableReason.TOO_SLOW))


@dataclass(frozen=True)
class _Failures:
    """`attempts` in all, `own_fault` those that the file caused, `at` the time of the last one."""

    attempts: int = 0
    own_fault: int = 0
    at: float = 0.0


class FailedAttempts:
    """For any number of threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures: OrderedDict[int, _Failures] = OrderedDict()

    def own_fault(self, file_id: int) -> int:
        """How often the file itself was the cause."""
        with self._lock:
            return self._failures.get(file_id, _Failures()).own_fault

    def count(self, file_id: int, reason: RetryableReason) -> int:
        """Count one more attempt; the number so far."""
        now = self._monotonic()
        with self._lock:
            failures = self._failures.get(file_id, _Failures())
            if now - failures.at > _FORGET:
                failures = _Failures()
            if not failures.attempts or now - failures.at >= _ONE_ATTEMPT:
                failures = _Failures(failures.attempts + 1, failures.own_fault + (reason in _OWN_FAULT), now)
            self._failures[file_id] = failures
            self._failures.move_to_end(file_id)
            while len(self._failures) > _MOST_FILES:
                self._failures.popitem(last=False)
            return failures.attempts

    def forget(self, file_id: int) -> None:
        with self._lock:
            self._failures.pop(file_id, None)
