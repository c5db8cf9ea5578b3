"""How a backfill waits: it retries while Zendesk asks for patience, and `stop` ends every wait of it at once.

How fast it may go is the rate limiter's affair.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

import tenacity

from zendesk_gupshup.zendesk.errors import ZendeskError

log = logging.getLogger(__name__)

ATTEMPTS = 6
# Where Zendesk does not say how long, in seconds: doubled from the first to the last of these.
FIRST_WAIT, LONGEST_WAIT = 2.0, 30.0
# A shorter wait is not reported to `on_wait`, in seconds.
_REPORTED_WAIT = 2.0

T = TypeVar("T")


class Pace:
    """`on_wait` is called with the seconds of each wait that is long enough to wonder about."""

    def __init__(
        self,
        stop: threading.Event,
        *,
        on_wait: Callable[[float], object] | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.stop = stop
        self._on_wait = on_wait
        self._wait = wait or stop.wait
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(self._is_retryable),
            wait=_retry_after,
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            sleep=self.pause,
            before_sleep=_log_retry,
            reraise=True,
        )

    def retry(self, call: Callable[[], T]) -> T:
        """What `call` returns, retried for as long as Zendesk only asks for patience.

        Never a bare write: a read, or a call that reads the ticket again before it decides whether to write.
        """
        return self._retrying(call)

    def pause(self, seconds: float) -> None:
        """Wait, or until the run is to stop."""
        if self._on_wait and seconds > _REPORTED_WAIT:
            self._on_wait(seconds)
        self._wait(seconds)

    def _is_retryable(self, error: BaseException) -> bool:
        if not isinstance(error, ZendeskError):
            return False
        return not (error.permanent or error.account_wide or self.stop.is_set())


_backoff = tenacity.wait_exponential(multiplier=FIRST_WAIT, max=LONGEST_WAIT)


def _retry_after(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    seconds = error.retry_after if isinstance(error, ZendeskError) else None
    return seconds or float(_backoff(state))


def _log_retry(state: tenacity.RetryCallState) -> None:
    log.info("%s; retrying", state.outcome.exception() if state.outcome else None)
