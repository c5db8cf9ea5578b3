"""The circuit breaker of our credentials: while Zendesk refuses them, nothing is sent but a probe from time to time.

Receiving and queueing go on meanwhile. A secret whose file changes is tried within a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import tenacity

from zendesk_gupshup.ops import metrics

from .errors import Unauthorized, ZendeskError

log = logging.getLogger(__name__)

# Between two probes: doubled from the first to the last of these, in seconds.
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 300.0
# How often the files of the secrets are checked meanwhile, in seconds.
_FILE_CHECK = 0.5


class CredentialProbe(Protocol):
    def pause(self, reason: str) -> None: ...
    def resume_if_accepted(self) -> None: ...
    def check(self) -> int: ...


class CredentialBreaker:
    """`reason`: why nothing is sent, and what to do about it; `None` while the circuit is closed."""

    def __init__(
        self,
        zendesk: CredentialProbe,
        stopping: threading.Event,
        files: Mapping[str, Path],
        *,
        first: float = FIRST_BACKOFF,
        longest: float = LONGEST_BACKOFF,
    ) -> None:
        self._zendesk = zendesk
        self._stopping = stopping
        self._files = files
        self._first = first
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._closed.set()
        self._retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(ZendeskError),
            wait=tenacity.wait_exponential(multiplier=2 * first, max=longest),
            sleep=self._wait_or_changed,
            before_sleep=_log_refusal,
        )
        self.reason: str | None = None
        metrics.CREDENTIAL_ACCEPTED.set(1)

    def trip(self, error: Unauthorized) -> None:
        """Zendesk does not accept the credentials: stop at once, and probe until it does."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = f"{error}. Nothing is lost: tickets wait in the queue. {_remedy(self._files)}"
            self._closed.clear()
            self._zendesk.pause(self.reason)
            metrics.CREDENTIAL_ACCEPTED.set(0)
            log.error("no more requests: %s", self.reason)
            threading.Thread(target=self._probe_until_accepted, name="credential", daemon=True).start()

    def account_wide(self, error: Unauthorized) -> Unauthorized | None:
        """The error, where it is about every call and not about one: a suspended user gets a 403 on each."""
        if error.status == 401:
            return error
        try:
            self._zendesk.check()
        except Unauthorized as wider:
            return wider
        except ZendeskError:
            return None
        return None

    def wait(self, seconds: float) -> bool:
        """Wait until the credentials are accepted, the worker is to stop, or the time is over; whether they are."""
        deadline = time.monotonic() + seconds
        while not self._closed.wait(min(_FILE_CHECK, max(deadline - time.monotonic(), 0.0))):
            if self._stopping.is_set() or time.monotonic() >= deadline:
                return False
        return True

    def _probe_until_accepted(self) -> None:
        self._wait_or_changed(self._first)
        self._retrying(self._probe)

    def _probe(self) -> None:
        if self._stopping.is_set():
            return
        self._zendesk.resume_if_accepted()
        with self._lock:
            self.reason = None
            self._closed.set()
        metrics.CREDENTIAL_ACCEPTED.set(1)
        log.warning("Zendesk accepts the credentials again: resuming")

    def _wait_or_changed(self, seconds: float) -> None:
        """Wait, but not once a file has changed or the worker is to stop."""
        before, deadline = self._stamps(), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self._stamps() == before:
            if self._stopping.wait(min(_FILE_CHECK, left)):
                return

    def _stamps(self) -> list[tuple[int, int] | None]:
        stamps: list[tuple[int, int] | None] = []
        for path in self._files.values():
            try:
                stat = path.stat()
            except OSError:
                stamps.append(None)
            else:
                stamps.append((stat.st_mtime_ns, stat.st_size))
        return stamps


def _log_refusal(state: tenacity.RetryCallState) -> None:
    log.warning("still no requests: %s", state.outcome.exception() if state.outcome else None)


def _remedy(files: Mapping[str, Path]) -> str:
    """A secret's file can be corrected while we run; the environment cannot."""
    if files:
        names = " or ".join(f"ZENDESK_{name.upper()}_FILE" for name in files)
        return f"Put the right secret into the file of {names}, which is reloaded, or let the user in at Zendesk."
    return "Let the user or the OAuth client in at Zendesk, or set the right secret and restart `serve`."
