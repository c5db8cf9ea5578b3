"""How fast a run may go: it leaves requests to a live worker, waits when told to, and ends when asked to."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from zendesk_gupshup.zendesk.errors import ZendeskError

log = logging.getLogger(__name__)

# Of each limit that Zendesk tells us of; the rest is for the worker and for everybody else.
SHARE = 0.6
# What Zendesk documents where an answer tells nothing: updates and pages of the export, a minute.
UPDATES_A_MINUTE, EXPORTS_A_MINUTE = 100, 10
_TRIES = 6

T = TypeVar("T")


@dataclass(frozen=True)
class PaceLimit:
    total: int
    remaining: int
    until: float


class Throttle:
    """Asked before each request; `stop` ends every wait at once, so that what is in hand can be finished."""

    def __init__(
        self,
        stop: threading.Event,
        rate: int | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.stop = stop
        self._rate = rate
        self._monotonic = monotonic
        self._wait = wait or stop.wait
        self._limits: dict[str, PaceLimit] = {}
        # Which limits an answer of this kind of request told of.
        self._of: dict[str, frozenset[str]] = {}
        self._exports: deque[float] = deque(maxlen=int(EXPORTS_A_MINUTE * SHARE))
        self._last: deque[float] = deque(maxlen=rate or 1)
        # Called with the seconds of each wait that is long enough to wonder about.
        self.waiting: Callable[[float], None] = lambda _: None

    def before(self, method: str, path: str) -> None:
        kind = _kind(method, path)
        while not self.stop.is_set() and (seconds := self._due(kind) - self._monotonic()) > 0:
            self.pause(seconds)
        self._last.append(self._monotonic())
        if "incremental" in kind:
            self._exports.append(self._monotonic())

    def heard(self, method: str, path: str, headers: Mapping[str, str], _status: int = 200) -> None:
        now, names = self._monotonic(), set()
        account = _number(headers.get("x-rate-limit")), _number(headers.get("x-rate-limit-remaining"))
        if account[0] and account[1] is not None:
            reset = _number(headers.get("ratelimit-reset") or headers.get("rate-limit-reset"))
            self._limits["account"] = PaceLimit(account[0], account[1], now + (60 if reset is None else reset))
        for name, value in headers.items():
            # A limit of one ticket says nothing about the next one.
            if not re.match(r"zendesk-rate-?limit-(?!per-)", name, re.IGNORECASE):
                continue
            told = re.search(r"total=(\d+).*?remaining=(\d+)(?:.*?resets=(\d+))?", value)
            if told:
                names.add(name.lower())
                until = now + float(told[3] or 60)
                self._limits[name.lower()] = PaceLimit(int(told[1]), int(told[2]), until)
        self._of[_kind(method, path)] = frozenset(names)

    def pause(self, seconds: float) -> None:
        """Wait, or until the run is to stop."""
        if seconds > 2:
            self.waiting(seconds)
        self._wait(seconds)

    def hold(self, seconds: float) -> None:
        """Wait, also when the run is to stop: what is in hand is finished within the budget, too."""
        if self.stop.is_set():
            time.sleep(seconds)
        else:
            self.pause(seconds)

    def patiently(self, do: Callable[[], T]) -> T:
        """What `do` gives, tried again for as long as Zendesk only asks for patience. Never a write: it looks first."""
        for attempt in range(1, _TRIES):
            try:
                return do()
            except ZendeskError as error:
                if error.permanent or error.account_wide or self.stop.is_set():
                    raise
                log.info("%s; trying again", error)
                self.pause(error.retry_after or min(30.0, 2.0**attempt))
        return do()

    @property
    def left(self) -> tuple[int, int] | None:
        """Requests left in this minute, and how many a minute has."""
        limit = self._limits.get("account")
        return (limit.remaining, limit.total) if limit else None

    @property
    def a_minute(self) -> int:
        """Requests that this run may make in a minute."""
        limit = self._limits.get("account")
        allowed = int(limit.total * SHARE) if limit else 120
        return max(1, min(allowed, self._rate or allowed))

    @property
    def updates_a_minute(self) -> int:
        return max(1, min(int(UPDATES_A_MINUTE * SHARE), self._rate or UPDATES_A_MINUTE))

    def _due(self, kind: str) -> float:
        """When the next request of this kind may go out."""
        due = 0.0
        for name in ("account", *self._of.get(kind, ())):
            limit = self._limits.get(name)
            if limit and limit.remaining <= limit.total * (1 - SHARE):
                due = max(due, limit.until)
        if self._rate and len(self._last) == self._rate:
            due = max(due, self._last[0] + 60)
        # Only where Zendesk does not say how many are left.
        if "incremental" in kind and not self._of.get(kind) and len(self._exports) == self._exports.maxlen:
            due = max(due, self._exports[0] + 60)
        return due


def _kind(method: str, path: str) -> str:
    return f"{method} {re.sub(r'(?<=/)[0-9]+(?=[/.]|$)', '{id}', path)}"


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdigit() else None
