"""The one budget of requests: every process of ours asks it before each request, and tells it each answer.

It holds Zendesk's limits over all processes, leaves some of the account's requests to the desk's other apps, lets live
work go before old tickets, and makes everybody wait where Zendesk has told one of us to.
https://developer.zendesk.com/api-reference/introduction/rate-limits/
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from .errors import Busy
from .rate_limit_store import RateLimit, RateLimitStore
from .responses import bounded_wait

if TYPE_CHECKING:
    from zendesk_gupshup.settings import RateLimitSettings

log = logging.getLogger(__name__)

# Before Zendesk has told: the requests of its smallest plan, and the updates of all but its largest.
USUAL_REQUESTS, USUAL_UPDATES, USUAL_EXPORTS, USUAL_UPDATES_OF_ONE = 200, 100, 10, 30
# A ticket's own updates are counted in ten minutes, all else in one.
_TICKETS_WINDOW = 600
# Longer than this nobody waits in his place: the ticket goes back into the queue.
_PATIENCE = 120.0
# The same where the limit is one ticket's own: others need not wait for that one.
_TICKETS_PATIENCE = 2.0
# How long a write waits for a store that cannot be reached; without an answer nobody knows what others have spent.
_STORE_PATIENCE = 30.0
# A 429 without a word on which limit was reached: everybody stops for so long, and the next request tells more.
_PROBE = 5.0
# Windows are a minute long, so that no limit but a ticket's own is exhausted for longer.
_LONGEST_HOLD = 60.0


@dataclass(frozen=True)
class ReportedLimit:
    """A limit as an answer's headers state it; `resets` in seconds."""

    total: int
    remaining: int
    resets: float


class RateLimiter:
    """`before` and `heard` are made for `Zendesk.pace`. For any number of threads."""

    def __init__(
        self,
        spent: RateLimitStore,
        rules: RateLimitSettings,
        *,
        longest_hold: float = _LONGEST_HOLD,
        wait: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spent, self._rules = spent, rules
        self._longest = min(longest_hold, _LONGEST_HOLD)
        self._monotonic = monotonic
        # May end early.
        self.wait = wait
        # Whether it is old tickets just now, which come after live work.
        self.backlog: Callable[[], bool] = lambda: False
        # Whether whoever waits is to give up with `Busy`.
        self.stopping: Callable[[], bool] = lambda: False
        # What Zendesk was last heard to say, so that only news is written down.
        self._known: dict[str, int] = {}
        # One of our threads asks for each limit at a time, the others wait their turn without asking.
        self._turns = {name: threading.Lock() for name in ("account", "updates", "exports")}
        self._unreachable = False

    def before(self, method: str, path: str) -> None:
        """Returns when the request may go out. Raises `Busy` where that would take too long."""
        names = counts_against(method, path)
        end = self._monotonic() + _PATIENCE
        scarcest = next(name for name in ("exports", "updates", "account") if name in names)
        with self._turns[scarcest]:
            store_end = self._monotonic() + _STORE_PATIENCE
            while True:
                try:
                    found = self._spent.take([self._limit(name) for name in names])
                except SQLAlchemyError as error:
                    self._report(error)
                    # A read harms nobody, and the queue itself goes on as soon as the store is back.
                    if method == "GET":
                        return
                    name, seconds, patience = "the store", 1.0, store_end - self._monotonic()
                else:
                    self._unreachable = False
                    if found is None:
                        return
                    name, seconds = found.name, found.seconds
                    patience = _TICKETS_PATIENCE if name.startswith("ticket:") else end - self._monotonic()
                if seconds > patience or self.stopping():
                    raise Busy(f"our own budget of requests has no room ({name})", retry_after=max(seconds, 1.0))
                self.wait(min(seconds, 5.0))

    def heard(self, method: str, path: str, headers: Mapping[str, str], status: int) -> None:
        """Keep what an answer tells of the limits, and hold everybody back where it asks for that."""
        try:
            self._heard(counts_against(method, path), limits_told(headers), status, headers)
        except SQLAlchemyError as error:
            self._report(error)

    def left(self) -> tuple[int, int]:
        """Requests of this minute that our processes have left, and how many they have in all."""
        used, told = self._spent.used("account")
        total = self._limit("account").now(told)
        return max(0, total - used), total

    def tidy(self) -> None:
        self._spent.tidy()

    def _heard(
        self, names: tuple[str, ...], found: Mapping[str, ReportedLimit], status: int, headers: Mapping[str, str]
    ) -> None:
        ours = {name: told for name in names if (told := _about(name, found))}
        for name, told in ours.items():
            # What one ticket is told holds for all, of which there are too many to write it down for each.
            kind = name.partition(":")[0]
            if told.total > 0 and self._known.get(kind) != told.total:
                if kind != "ticket":
                    self._spent.tell(name, told.total)
                self._known[kind] = told.total
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            seconds, _ = bounded_wait(headers)
            exhausted = [name for name, told in ours.items() if told.remaining <= 0]
            for name in exhausted:
                longest = _TICKETS_WINDOW if name.startswith("ticket:") else self._longest
                self._spent.hold(name, min(seconds, longest))
            if not exhausted and all(told.remaining > 0 for told in found.values()):
                self._spent.hold("account", min(seconds, _PROBE, self._longest))
            return
        if status == HTTPStatus.SERVICE_UNAVAILABLE and "retry-after" in headers:
            self._spent.hold("account", min(bounded_wait(headers)[0], _PROBE, self._longest))
            return
        # Others spend, too, and only Zendesk knows how much: what is left to them is theirs.
        for name, told in ours.items():
            kept = told.total * self._rules.reserve if name == "account" else 0
            if told.remaining <= kept and not name.startswith("ticket:"):
                self._spent.hold(name, min(told.resets, self._longest))

    def _limit(self, name: str) -> RateLimit:
        rules = self._rules
        share = 1 - rules.reserve if name == "account" else 1.0
        if self.backlog():
            share = min(share, 1 - rules.live_share)
        match name.partition(":")[0]:
            case "account":
                return RateLimit(name, USUAL_REQUESTS, most=rules.requests_per_minute, share=share)
            case "updates":
                return RateLimit(name, USUAL_UPDATES, most=rules.updates_per_minute, share=share)
            case "exports":
                return RateLimit(name, USUAL_EXPORTS, most=rules.exports_per_minute, share=share)
            case _:
                least = min(filter(None, (self._known.get("ticket"), rules.updates_per_ticket)), default=None)
                return RateLimit(name, USUAL_UPDATES_OF_ONE, seconds=_TICKETS_WINDOW, most=least)

    def _report(self, error: Exception) -> None:
        if not self._unreachable:
            log.warning("the budget of requests cannot be kept (%s): writes wait", type(error).__name__)
        self._unreachable = True


def counts_against(method: str, path: str) -> tuple[str, ...]:
    """The limits that a request counts against: `account` always, and those of its kind. Pure."""
    parts = path.removeprefix("/api/v2/").removesuffix(".json").split("/")
    if method != "GET" and parts[0] == "tickets" and len(parts) >= 2:
        own = (f"ticket:{parts[1]}",) if parts[1].isdigit() else ()
        return ("account", *own, "updates")
    if parts[0] == "incremental":
        return ("account", "exports")
    return ("account",)


def limits_told(headers: Mapping[str, str]) -> dict[str, ReportedLimit]:
    """What an answer says of limits: the account's as `account`, the others by the name that their header has. Pure."""
    found: dict[str, ReportedLimit] = {}
    total, remaining = (_number(headers.get(name)) for name in ("x-rate-limit", "x-rate-limit-remaining"))
    if total and remaining is not None:
        reset = _number(headers.get("ratelimit-reset") or headers.get("rate-limit-reset"))
        found["account"] = ReportedLimit(total, remaining, 60.0 if reset is None else float(reset))
    for header, value in headers.items():
        name = re.match(r"zendesk-rate-?limit-(.+)", header.lower())
        told = re.search(r"total=(\d{1,9})\b.*?remaining=(\d{1,9})\b(?:.*?resets=(\d{1,9})\b)?", value)
        if name and told:
            found[name[1]] = ReportedLimit(int(told[1]), int(told[2]), float(told[3] or 60))
    return found


def _about(name: str, found: Mapping[str, ReportedLimit]) -> ReportedLimit | None:
    """What was told of a limit of ours; Zendesk has several names for the export's."""
    if name.startswith("ticket:"):
        return found.get("per-ticket-updates")
    if name == "exports":
        return next((told for key, told in found.items() if "incremental" in key), None)
    return found.get("tickets-update" if name == "updates" else name)


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\s*\d{1,9}\s*", text) else None
