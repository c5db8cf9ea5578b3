"""Whether Zendesk takes our credentials; while it does not, nothing is sent but a question now and then.

Receiving and queueing go on meanwhile. What was changed in a secret's file is tried within a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from zendesk_gupshup.ops import metrics

from .errors import Unauthorized, ZendeskError

log = logging.getLogger(__name__)

# Between two questions: doubled from the first to the last of these, in seconds.
FIRST, LONGEST = 1.0, 300.0
# How often the files of the secrets are looked at meanwhile, in seconds.
_GLANCE = 0.5


class CredentialProbe(Protocol):
    def hold(self, reason: str) -> None: ...
    def ask_again(self) -> None: ...
    def check(self) -> int: ...


class CredentialBreaker:
    """`reason`: why nothing is sent, and what to do about it; `None` while all is well."""

    def __init__(
        self,
        zendesk: CredentialProbe,
        stopping: threading.Event,
        files: Mapping[str, Path],
        *,
        first: float = FIRST,
        longest: float = LONGEST,
    ) -> None:
        self._zendesk = zendesk
        self._stopping = stopping
        self._files = files
        self._first, self._longest = first, longest
        self._lock = threading.Lock()
        self._right = threading.Event()
        self._right.set()
        self.reason: str | None = None
        metrics.CREDENTIAL_ACCEPTED.set(1)

    def refused(self, error: Unauthorized) -> None:
        """Zendesk does not take the credentials: stop at once, and ask again by and by."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = f"{error}. Nothing is lost: tickets wait in the queue. {_remedy(self._files)}"
            self._right.clear()
            self._zendesk.hold(self.reason)
            metrics.CREDENTIAL_ACCEPTED.set(0)
            log.error("no more requests: %s", self.reason)
            threading.Thread(target=self._ask_until_right, name="credential", daemon=True).start()

    def confirmed(self, error: Unauthorized) -> Unauthorized | None:
        """Whether a 403 is about us and not about one call: then every call is refused, as for a suspended user."""
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
        """Wait until the credentials are right, the worker is to stop, or the time is over; whether they are right."""
        deadline = time.monotonic() + seconds
        while not self._right.wait(min(_GLANCE, max(deadline - time.monotonic(), 0.0))):
            if self._stopping.is_set() or time.monotonic() >= deadline:
                return False
        return True

    def _ask_until_right(self) -> None:
        pause = self._first
        while not self._pause(pause):
            try:
                self._zendesk.ask_again()
            except ZendeskError as error:
                log.warning("still no requests: %s", error)
                pause = min(pause * 2, self._longest)
                continue
            with self._lock:
                self.reason = None
                self._right.set()
            metrics.CREDENTIAL_ACCEPTED.set(1)
            log.warning("Zendesk takes the credentials again: going on")
            return

    def _pause(self, seconds: float) -> bool:
        """Wait, but not once a file has changed; whether to end for good."""
        seen, deadline = self._stamps(), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self._stamps() == seen:
            if self._stopping.wait(min(_GLANCE, left)):
                return True
        return self._stopping.is_set()

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


def _remedy(files: Mapping[str, Path]) -> str:
    """A secret's file can be put right while we run; the environment cannot."""
    if files:
        names = " or ".join(f"ZENDESK_{name.upper()}_FILE" for name in files)
        return f"Put the right secret into the file of {names}, which is read anew, or let the user in at Zendesk."
    return "Let the user or the OAuth client in at Zendesk, or set the right secret and start `serve` anew."
