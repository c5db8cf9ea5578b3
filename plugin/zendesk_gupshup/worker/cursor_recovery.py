"""Where the sweep starts again when Zendesk refuses its cursor.

Zendesk does not document how long a cursor is valid. With it we keep the time up to which we have read, and start again
there: https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
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

# These mean that the cursor or the time is not accepted; others are about credentials, limits or an outage.
_REFUSED = frozenset({400, 404, 410, 422})
# The last minute is never in the export, and a time within it is refused.
NEWEST = 120
# Overlap with what was read: a page's last change may not be the last one of its second.
_OVERLAP = 600
# Where the time is not known.
_LEAST = 3 * 3600
# A refused time is either too recent or too old: then these many seconds ago are tried.
_RECENT = 3600
_EARLIER = (2 * 3600, 86_400)
_LATER = (30 * 86_400, 7 * 86_400, 86_400, 2 * 3600)
# Backoff where every cursor is refused: doubled each time, up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0
# How long `/readyz` reports a restart.
_REMARK_SECONDS = 86_400.0

# Reads one page, by cursor or from a time on. Raises `ZendeskError`.
Read = Callable[[str | None, int | None], "ChangedTickets"]


def is_refused(error: ZendeskError) -> bool:
    """Whether the same cursor, or the same time, would be refused again."""
    return error.status in _REFUSED


def read_until(tickets: Sequence[Mapping[str, Any]], *, end_of_stream: bool, now: float) -> int | None:
    """Up to which second a page that was requested at `now` has all changes; `None` where that is not known."""
    newest = int(now) - NEWEST
    if end_of_stream:
        return newest
    latest = max(_changed_at(tickets), default=None)
    return None if latest is None else min(latest, newest)


def _changed_at(tickets: Sequence[Mapping[str, Any]]) -> Iterator[int]:
    """The time that the export is ordered by; where it is missing, one that is no later."""
    for ticket in tickets:
        generated = ticket.get("generated_timestamp")
        if isinstance(generated, int):
            yield generated
        else:
            with suppress(ValueError):
                yield int(datetime.fromisoformat(str(ticket.get("updated_at"))).timestamp())


def start_times(until: int | None, now: float, hours: float) -> tuple[int, ...]:
    """The times to start at, in the order in which to try them: a little before `until`, else so many hours ago."""
    newest = int(now) - NEWEST
    first = min(until - _OVERLAP, newest) if until is not None else min(int(now - hours * 3600), newest)
    if later := tuple(int(now) - ago for ago in _LATER if now - ago > first and now - first > _RECENT):
        return first, *later
    return first, *(int(now) - ago for ago in _EARLIER if now - ago < first)


class CursorRecovery:
    """Starts the sweep again where its cursor is refused, with backoff if that happens again; for one process."""

    def __init__(self, first_hours: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._first_hours, self._monotonic = first_hours, monotonic
        # The sweep and `/readyz` are two threads.
        self._lock = threading.Lock()
        # In a row: a page that was read by a cursor ends it.
        self._refusals = 0
        self._paused_until = self._remark_until = -1.0
        self._trouble: str | None = None
        self._remark: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why nothing is read at the moment."""
        return self._trouble

    @property
    def remark(self) -> str | None:
        """That the sweep started again, for a day."""
        with self._lock:
            return self._remark if self._monotonic() < self._remark_until else None

    @property
    def paused(self) -> bool:
        return self._monotonic() < self._paused_until

    def read(self, place: tuple[str | None, int | None], now: float, read: Read) -> ChangedTickets:
        """The next page: by the cursor, else from the time kept with it. Raises `ZendeskError`."""
        cursor, until = place
        if cursor is not None:
            try:
                page = read(cursor, None)
            except ZendeskError as error:
                if not is_refused(error):
                    raise
                self._count_refusal(error)
            else:
                self._refusals, self._trouble = 0, None
                return page
        return self._start(cursor, until, now, read)

    def _start(self, cursor: str | None, until: int | None, now: float, read: Read) -> ChangedTickets:
        # A row from before the time was kept: no less than the look back reads.
        hours = self._first_hours if cursor is None else max(self._first_hours, _LEAST / 3600)
        times = start_times(until, now, hours)
        for start in times:
            try:
                page = read(None, start)
            except ZendeskError as error:
                if not is_refused(error):
                    raise
                refusal = error
                log.warning("sweep: start time %s refused, too: %s", _stamp(start), error)
                continue
            if cursor is None and start == times[0]:
                self._refusals, self._trouble = 0, None
            else:
                self._report_restart(times[0], start)
            return page
        self._refusals = max(self._refusals, 1)
        self._pause(f"the sweep: Zendesk refuses every start time ({refusal.status})", 2**self._refusals)
        raise refusal

    def _count_refusal(self, error: ZendeskError) -> None:
        self._refusals += 1
        metrics.CURSOR_REFUSED.inc()
        log.error("sweep: cursor refused: %s; starting again at the time kept with it", error)
        if self._refusals > 1:
            often = f"{error.status}, {self._refusals} times in a row"
            self._pause(f"the sweep: Zendesk refuses each of its own cursors ({often})", 2 ** (self._refusals - 2))

    def _pause(self, trouble: str, factor: int) -> None:
        seconds = min(_FIRST_PAUSE * min(factor, 1000), _LONGEST_PAUSE)
        self._paused_until = self._monotonic() + seconds
        self._trouble = f"{trouble}; retrying in {seconds:.0f} seconds. Tickets that webhooks announce are handled"

    def _report_restart(self, wanted: int, start: int) -> None:
        """Log where the sweep starts again, and which changes it does not read."""
        text = f"the sweep started again at {_stamp(start)}: Zendesk refused its cursor or start time"
        if start > wanted:
            text += f"; changes between {_stamp(wanted)} and then were not read: run `reprocess` for them"
        log.warning("%s", text)
        with self._lock:
            self._remark, self._remark_until = text, self._monotonic() + _REMARK_SECONDS


def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(max(seconds, 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
