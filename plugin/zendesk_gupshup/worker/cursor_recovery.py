"""The sweep's reading of what changed, and what it does where Zendesk refuses the cursor that it goes on by.

A cursor is Zendesk's, and Zendesk does not say how long it stays good. Beside it we keep up to when we have read, and
start again there: https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from zendesk_gupshup.ops import metrics
from zendesk_gupshup.zendesk.errors import ZendeskError

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import ChangedTickets

log = logging.getLogger(__name__)

# What says that the cursor or the time is not accepted. The others are about the credentials, a limit, or an outage.
_REFUSED = frozenset({400, 404, 410, 422})
# The last minute is never in the export, and a time within it is refused.
NEWEST = 120
# Read once more before the time kept: a page's last change is not the last one of its second.
_OVERLAP = 600
# Where nothing tells up to when was read.
_LEAST = 3 * 3600
# A refused time is either too recent or too old: then one of these many seconds ago is tried.
_RECENT = 3600
_EARLIER = (2 * 3600, 86_400)
_LATER = (30 * 86_400, 7 * 86_400, 86_400, 2 * 3600)
# Before the next try where the cursor is refused again and again: doubled each time, up to the longest.
_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0
# So long somebody is told that it happened.
_TOLD = 86_400.0

# Reads one page, by cursor or from a time on. Raises `ZendeskError`.
Read = Callable[[str | None, int | None], "ChangedTickets"]


def is_refused(error: ZendeskError) -> bool:
    """Whether the same cursor, or the same time, would be refused again."""
    return error.status in _REFUSED


def read_until(tickets: Sequence[Mapping[str, Any]], *, end_of_stream: bool, now: float) -> int | None:
    """Up to which second all changes are read by a page that was asked for at `now`; `None` where it does not tell."""
    newest = int(now) - NEWEST
    if end_of_stream:
        return newest
    latest = max(_changed_at(tickets), default=None)
    return None if latest is None else min(latest, newest)


def _changed_at(tickets: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """By Zendesk's own order; where it does not tell it, a time that is no later."""
    for ticket in tickets:
        generated = ticket.get("generated_timestamp")
        if isinstance(generated, int):
            yield generated
        else:
            with suppress(ValueError):
                yield int(datetime.fromisoformat(str(ticket.get("updated_at"))).timestamp())


def start_times(until: int | None, now: float, hours: float) -> tuple[int, ...]:
    """The times to start at, to be tried in this order: a little before `until`, else so many hours ago."""
    newest = int(now) - NEWEST
    first = min(until - _OVERLAP, newest) if until is not None else min(int(now - hours * 3600), newest)
    if later := tuple(int(now) - ago for ago in _LATER if now - ago > first and now - first > _RECENT):
        return first, *later
    return first, *(int(now) - ago for ago in _EARLIER if now - ago < first)


class CursorRecovery:
    """Starts the sweep again where its cursor is refused, and does not do so over and over; for one process."""

    def __init__(self, first_hours: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._first_hours, self._monotonic = first_hours, monotonic
        # The sweep reads, and `/readyz` asks.
        self._lock = threading.Lock()
        # In a row, without a page read by a cursor in between.
        self._refusals = 0
        self._rest_until = self._told_until = -1.0
        self._trouble: str | None = None
        self._remark: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why nothing is read just now, or not for long."""
        return self._trouble

    @property
    def remark(self) -> str | None:
        """That the sweep had to start again, for a day."""
        with self._lock:
            return self._remark if self._monotonic() < self._told_until else None

    @property
    def resting(self) -> bool:
        return self._monotonic() < self._rest_until

    def read(self, place: tuple[str | None, int | None], now: float, read: Read) -> ChangedTickets:
        """The next page: by the cursor, else from the time beside it. Raises `ZendeskError`."""
        cursor, until = place
        if cursor is not None:
            try:
                page = read(cursor, None)
            except ZendeskError as error:
                if not is_refused(error):
                    raise
                self._count(error)
            else:
                self._refusals, self._trouble = 0, None
                return page
        return self._start(cursor, until, now, read)

    def _start(self, cursor: str | None, until: int | None, now: float, read: Read) -> ChangedTickets:
        # On a row of before the time was kept, no less than what the sweep looks back anyway.
        hours = self._first_hours if cursor is None else max(self._first_hours, _LEAST / 3600)
        times = start_times(until, now, hours)
        for start in times:
            try:
                page = read(None, start)
            except ZendeskError as error:
                if not is_refused(error):
                    raise
                refusal = error
                log.warning("sweep: the time %s is refused, too: %s", _stamp(start), error)
                continue
            if cursor is None and start == times[0]:
                self._refusals, self._trouble = 0, None
            else:
                self._tell(times[0], start)
            return page
        self._refusals = max(self._refusals, 1)
        self._rest(
            f"the sweep: Zendesk refuses to say what changed since any time ({refusal.status})", 2**self._refusals
        )
        raise refusal

    def _count(self, error: ZendeskError) -> None:
        self._refusals += 1
        metrics.CURSOR_REFUSED.inc()
        log.error("sweep: Zendesk refuses the cursor: %s; starting again at the time kept beside it", error)
        if self._refusals > 1:
            often = f"{error.status}, {self._refusals} times in a row"
            self._rest(f"the sweep: Zendesk refuses each cursor that it gives ({often})", 2 ** (self._refusals - 2))

    def _rest(self, trouble: str, factor: int) -> None:
        seconds = min(_PAUSE * min(factor, 1000), _LONGEST_PAUSE)
        self._rest_until = self._monotonic() + seconds
        self._trouble = (
            f"{trouble}; the next try is in {seconds:.0f} seconds. Tickets that webhooks announce are handled"
        )

    def _tell(self, wanted: int, start: int) -> None:
        """Say where the sweep goes on, and what it does not read."""
        text = f"Zendesk refused where the sweep was to go on: it started again with what changed since {_stamp(start)}"
        if start > wanted:
            text += f"; changes between {_stamp(wanted)} and then were not read, see `reprocess`"
        log.warning("%s", text)
        with self._lock:
            self._remark, self._told_until = text, self._monotonic() + _TOLD


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(max(seconds, 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
