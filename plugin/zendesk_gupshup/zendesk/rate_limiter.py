"""The one rate limiter: every process of ours asks it before each request and shows it each answer.

It keeps Zendesk's limits over all processes, leaves some of the account's requests to the desk's other apps, lets live
work go before a backfill, and makes every process wait where Zendesk asks one of them to.
https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.storage.window_counter import Wait, WindowCounter, WindowLimit, WindowPart, added, recent, room

from .config import RateLimitSettings
from .errors import Busy
from .rate_limit_headers import RateLimitHeaders, ReportedLimit

log = logging.getLogger(__name__)

# Until Zendesk reports others: the requests of its smallest plan, and the updates of all but its largest.
USUAL_REQUESTS, USUAL_UPDATES, USUAL_EXPORTS, USUAL_UPDATES_PER_TICKET = 200, 100, 10, 30
# A ticket's own updates are counted in ten minutes, all else in one.
_TICKET_WINDOW = 600
# Nobody waits longer than this for a request: the ticket goes back into the queue.
_PATIENCE = 120.0
# The same where the limit is one ticket's own: others need not wait for that one.
_TICKET_PATIENCE = 2.0
# How long a write waits for a store that cannot be reached: without it nobody knows what the others have sent.
_STORE_PATIENCE = 30.0
# A wait is cut into pieces of this length, so that a limit that rises meanwhile is noticed.
_PIECE = 5.0
# A 429 that does not say which limit was reached: everybody pauses for so long, and the next request tells more.
_UNKNOWN_LIMIT_PAUSE = 5.0
# Windows are a minute long, so that no limit but a ticket's own is exhausted for longer.
LONGEST_PAUSE = 60.0
# A shorter wait is not reported to `on_wait`, in seconds.
_REPORTED_WAIT = 2.0


class RateLimiter:
    """For any number of threads.

    `stopping`: live work gives up its waits with `Busy`; a backfill finishes what is in hand, as live work.
    `backfill`: leave `live_share` of each limit to live work. `per_minute`: a limit of this process alone.
    `on_wait` is called with the seconds of each wait that is long enough to wonder about.
    """

    def __init__(
        self,
        counter: WindowCounter,
        settings: RateLimitSettings,
        *,
        stopping: threading.Event,
        backfill: bool = False,
        per_minute: int | None = None,
        longest_pause: float = LONGEST_PAUSE,
        on_wait: Callable[[float], object] | None = None,
        wait: Callable[[float], object] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._counter, self._settings = counter, settings
        self._stopping, self._backfill = stopping, backfill
        self._own = WindowLimit("this run", per_minute, exact=True) if per_minute else None
        self._longest = min(longest_pause, LONGEST_PAUSE)
        self._on_wait = on_wait
        self._wait = wait or self._wait_or_stop
        self._monotonic = monotonic
        self._own_log: list[WindowPart] = []
        # What answers reported last, until when, and which limits an answer of each kind of request reports.
        self._reported: dict[str, tuple[ReportedLimit, float]] = {}
        self._reported_by: dict[str, frozenset[str]] = {}
        # What was written down for all processes, so that only news is.
        self._known: dict[str, int] = {}
        # One of our threads asks for each limit at a time, the others wait for it without asking.
        self._turns = {name: threading.Lock() for name in ("account", "updates", "exports")}
        self._store_unreachable = False

    def acquire(self, method: str, path: str) -> None:
        """Returns when the request may go out. Raises `Busy` where that would take too long."""
        names = counts_against(method, path)
        end = self._monotonic() + _PATIENCE
        scarcest = next(name for name in ("exports", "updates", "account") if name in names)
        with self._turns[scarcest]:
            if self._is_backfill:
                # Nobody waits for its tickets: the turns of its other threads are none of this one's patience.
                end = self._monotonic() + _PATIENCE
            store_end = self._monotonic() + _STORE_PATIENCE
            waited = False
            while True:
                try:
                    found = self._acquire(names, _kind(method, path))
                except SQLAlchemyError as error:
                    self._log_unreachable(error)
                    # A read harms nobody, and the queue itself goes on as soon as the store is back.
                    if method == "GET":
                        return
                    found, patience = Wait("the store", 1.0), store_end - self._monotonic()
                else:
                    self._store_unreachable = False
                    if found is None:
                        return
                    patience = _TICKET_PATIENCE if found.name.startswith("ticket:") else end - self._monotonic()
                if found.seconds > patience or (self._stopping.is_set() and not self._backfill):
                    raise Busy(f"our own rate limit has no room ({found.name})", retry_after=max(found.seconds, 1.0))
                if self._on_wait and not waited and found.seconds > _REPORTED_WAIT:
                    self._on_wait(found.seconds)
                waited = True
                self._wait(min(found.seconds, _PIECE))

    def observe(self, method: str, path: str, status: int, reported: RateLimitHeaders) -> None:
        """Keep what an answer reports of the limits, and pause everybody where it asks for that."""
        end = self._monotonic()
        # A limit of one ticket says nothing about the next one.
        limits = {name: limit for name, limit in reported.limits.items() if not name.startswith("per-")}
        for name, limit in limits.items():
            self._reported[name] = limit, end + min(limit.resets, self._longest)
        self._reported_by[_kind(method, path)] = frozenset(limits)
        try:
            self._share(counts_against(method, path), status, reported)
        except SQLAlchemyError as error:
            self._log_unreachable(error)

    def left(self) -> tuple[int, int]:
        """Requests of this minute that our processes have left, and how many they have in all."""
        limit = self._limit("account")
        used, reported = self._counter.usage(limit)
        total = limit.allowed(reported)
        return max(0, total - used), total

    @property
    def account(self) -> ReportedLimit | None:
        """What Zendesk last reported of the account's requests."""
        found = self._reported.get("account")
        return found[0] if found else None

    def per_minute(self, name: str) -> int:
        """How many requests (`account`) or updates (`updates`) this process may make in a minute."""
        limit = self._limit(name)
        allowed = limit.allowed(self._counter.usage(limit)[1])
        return min(allowed, self._own.usual) if self._own else allowed

    def prune(self) -> None:
        """Drop what counts no more."""
        self._counter.prune()

    def _acquire(self, names: tuple[str, ...], kind: str) -> Wait | None:
        if self._is_backfill and self._own:
            self._own_log = recent(self._own_log, self._own, self._now())
            if seconds := room(self._own_log, self._own, None, self._now()):
                return Wait(self._own.name, seconds)
        if (found := self._exhausted(kind)) or (found := self._counter.acquire(*map(self._limit, names))):
            return found
        if self._own:
            self._own_log = added(recent(self._own_log, self._own, self._now()), self._own, self._now())
        return None

    def _exhausted(self, kind: str) -> Wait | None:
        """Whether answers to a backfill's kind of request report that a limit has nothing left for it. Others send
        requests, too, and only Zendesk knows how many; it has more limits than those that we count."""
        if not self._is_backfill:
            return None
        for name in ("account", *self._reported_by.get(kind, ())):
            limit, until = self._reported.get(name, (None, 0.0))
            seconds = until - self._monotonic()
            if limit and seconds > 0 and limit.remaining <= limit.total * (1 - self._share_of(name)):
                return Wait(name, seconds)
        return None

    def _share(self, names: tuple[str, ...], status: int, reported: RateLimitHeaders) -> None:
        """Tell the other processes."""
        ours = {name: limit for name in names if (limit := _about(name, reported))}
        for name, limit in ours.items():
            # What one ticket's limit is holds for all, of which there are too many to write it down for each.
            kind = name.partition(":")[0]
            if limit.total > 0 and self._known.get(kind) != limit.total:
                if kind != "ticket":
                    self._counter.report(name, limit.total)
                self._known[kind] = limit.total
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            seconds = reported.bounded_wait()
            exhausted = [name for name, limit in ours.items() if limit.remaining <= 0]
            for name in exhausted:
                longest = _TICKET_WINDOW if name.startswith("ticket:") else self._longest
                self._counter.pause(name, min(seconds, longest))
            if not exhausted and all(limit.remaining > 0 for limit in reported.limits.values()):
                self._counter.pause("account", min(seconds, _UNKNOWN_LIMIT_PAUSE, self._longest))
            return
        if status == HTTPStatus.SERVICE_UNAVAILABLE and reported.retry_after is not None:
            self._counter.pause("account", min(reported.bounded_wait(), _UNKNOWN_LIMIT_PAUSE, self._longest))
            return
        for name, limit in ours.items():
            reserved = limit.total * self._settings.reserve if name == "account" else 0
            if limit.remaining <= reserved and not name.startswith("ticket:"):
                self._counter.pause(name, min(limit.resets, self._longest))

    @property
    def _is_backfill(self) -> bool:
        return self._backfill and not self._stopping.is_set()

    def _share_of(self, name: str) -> float:
        share = 1 - self._settings.reserve if name == "account" else 1.0
        return min(share, 1 - self._settings.live_share) if self._is_backfill else share

    def _limit(self, name: str) -> WindowLimit:
        settings, share = self._settings, self._share_of(name)
        match name.partition(":")[0]:
            case "account":
                return WindowLimit(name, USUAL_REQUESTS, maximum=settings.requests_per_minute, share=share)
            case "updates":
                return WindowLimit(name, USUAL_UPDATES, maximum=settings.updates_per_minute, share=share)
            case "exports":
                return WindowLimit(name, USUAL_EXPORTS, maximum=settings.exports_per_minute, share=share)
            case _:
                smaller = min(filter(None, (self._known.get("ticket"), settings.updates_per_ticket)), default=None)
                return WindowLimit(name, USUAL_UPDATES_PER_TICKET, seconds=_TICKET_WINDOW, maximum=smaller)

    def _now(self) -> int:
        return round(self._monotonic() * 1000)

    def _wait_or_stop(self, seconds: float) -> None:
        """Ends early when the process is to stop; a backfill that finishes what is in hand waits all the same."""
        if self._stopping.is_set():
            time.sleep(seconds)
        else:
            self._stopping.wait(seconds)

    def _log_unreachable(self, error: Exception) -> None:
        if not self._store_unreachable:
            log.warning("the rate limiter cannot reach its database (%s): writes wait", type(error).__name__)
        self._store_unreachable = True


def counts_against(method: str, path: str) -> tuple[str, ...]:
    """The limits that a request counts against: `account` always, and those of its kind. Pure."""
    parts = path.removeprefix("/api/v2/").removesuffix(".json").split("/")
    if method != "GET" and parts[0] == "tickets" and len(parts) >= 2:
        own = (f"ticket:{parts[1]}",) if parts[1].isdigit() else ()
        return ("account", *own, "updates")
    if parts[0] == "incremental":
        return ("account", "exports")
    return ("account",)


def _about(name: str, reported: RateLimitHeaders) -> ReportedLimit | None:
    """What was reported of a limit of ours; Zendesk has several names for the export's."""
    limits = reported.limits
    if name.startswith("ticket:"):
        return limits.get("per-ticket-updates")
    if name == "exports":
        return next((limit for key, limit in limits.items() if "incremental" in key), None)
    return limits.get("tickets-update" if name == "updates" else name)


def _kind(method: str, path: str) -> str:
    return f"{method} {re.sub(r'(?<=/)[0-9]+(?=[/.]|$)', '{id}', path)}"
