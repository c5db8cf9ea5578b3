"""Which tickets changed in Zendesk since the sweep last read: one page of the incremental cursor export at a time.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.zendesk.conversation_log import is_messaging_ticket
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker
from zendesk_gupshup.zendesk.errors import Unauthorized, ZendeskError

from .cursor_recovery import CursorRecovery, read_until

if TYPE_CHECKING:
    from zendesk_gupshup.zendesk.client import ChangedTickets, Zendesk

log = logging.getLogger(__name__)

_PER_PAGE = 1000
# How far the look back reads.
_LOOK_BACK_SECONDS = 3 * 3600


@dataclass(frozen=True)
class SweepPage:
    """Ticket ids with their `updated_at`, and the cursor to go on from; without a cursor there is nothing to keep.

    `after` is the cursor that the page was read by, `until` the Unix time up to which all changes were read by then.
    """

    tickets: tuple[tuple[int, str], ...]
    cursor: str | None
    more: bool
    after: str | None = None
    until: int | None = None

    def as_json(self) -> dict[str, Any]:
        tickets = [list(pair) for pair in self.tickets]
        kept = {"cursor": self.cursor, "after": self.after, "until": self.until}
        return {"tickets": tickets, "more": self.more, **kept}

    @classmethod
    def of(cls, value: dict[str, Any]) -> SweepPage:
        tickets = tuple((int(t), str(s)) for t, s in value["tickets"])
        return cls(tickets, value["cursor"], bool(value["more"]), value.get("after"), value.get("until"))


_EMPTY = SweepPage(tickets=(), cursor=None, more=False)


class SweepReader:
    """Reads pages and leaves out tickets that have not changed since they were settled."""

    def __init__(
        self,
        zendesk: Zendesk,
        state: SweepState,
        ledger: Ledger,
        credential: CredentialBreaker,
        *,
        first_sweep_hours: float,
        stopping: threading.Event,
    ) -> None:
        self._zendesk, self._state, self._ledger, self._credential = zendesk, state, ledger, credential
        self._first_sweep_hours, self._stopping = first_sweep_hours, stopping
        self._recovery = CursorRecovery(first_sweep_hours)
        self._refused: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why nothing is read at the moment; `/readyz` reports it."""
        return self._refused or self._recovery.trouble

    @property
    def remark(self) -> str | None:
        """What an operator should know although the sweep works."""
        return self._recovery.remark

    def log_first_sweep(self, fresh_hours: int) -> None:
        """Before the very first sweep: how many tickets it will read, and that old words get no public reply."""
        if self._state.cursor is not None:
            return
        since = datetime.fromtimestamp(int(self._now()) - self._first_sweep_hours * 3600, UTC)
        try:
            query = f"type:ticket updated>={since:%Y-%m-%dT%H:%M:%SZ}"
            count = self._zendesk.get("search/count.json", query=query).get("count")
        except ZendeskError as error:
            log.warning("first sweep: the number of tickets is not known (%s)", error)
            return
        log.info(
            "first sweep: reading the tickets changed in the last %d hours (about %s); a report that was older than %d "
            "hours at the ticket's last change gets a note and no public reply",
            self._first_sweep_hours,
            count,
            fresh_hours,
        )

    def read_next(self) -> SweepPage:
        """The page after the stored cursor."""
        if self._recovery.paused:
            return _EMPTY
        place = self._state.position
        now = self._now()
        return self._read(lambda: self._recovery.read(place, now, self._export), place[0])

    def read_back(self, cursor: str | None) -> SweepPage:
        """A page of the last hours' changes; the stored cursor plays no part."""
        start = None if cursor else int(self._now()) - _LOOK_BACK_SECONDS
        return self._read(lambda: self._export(cursor, start), cursor, count_skipped=False)

    def _export(self, cursor: str | None, start: int | None) -> ChangedTickets:
        return self._zendesk.changed(start_time=start, cursor=cursor, per_page=_PER_PAGE)

    def _read(
        self, export: Callable[[], ChangedTickets], after: str | None, *, count_skipped: bool = True
    ) -> SweepPage:
        began = time.monotonic()
        try:
            page = export()
        except ZendeskError as error:
            self._report(error)
            return _EMPTY
        self._refused = None
        requested_at = self._now() - (time.monotonic() - began)
        changed = _still_open(page.tickets)
        settled = self._state.settled(changed) if changed else frozenset()
        due = tuple((ticket_id, stamp) for ticket_id, stamp in changed.items() if ticket_id not in settled)
        metrics.SWEPT.inc(len(due))
        if settled and count_skipped:
            self._count_skipped(len(settled))
        return SweepPage(
            tickets=due,
            cursor=page.cursor,
            more=not page.end_of_stream and not self._stopping.is_set(),
            after=after,
            until=read_until(page.tickets, end_of_stream=page.end_of_stream, now=requested_at),
        )

    def _report(self, error: ZendeskError) -> None:
        if isinstance(error, Unauthorized) and self._credential.reason is None:
            if wider := self._credential.account_wide(error):
                self._credential.trip(wider)
            else:
                self._refused = f"the sweep: {error}. It needs an admin's credentials"
        log.warning("sweep: %s; the next one goes on from here", error)

    def _count_skipped(self, tickets: int) -> None:
        try:
            self._ledger.count_skipped(LIVE, tickets)
        except SQLAlchemyError as error:
            # A statistic: the page's tickets come first.
            log.error("the skipped tickets are not in the ledger: %s", type(error).__name__)
            metrics.LEDGER_FAULTS.inc()

    def _now(self) -> float:
        """Zendesk's clock, which decides which times are too recent for the export; ours until it has answered."""
        return self._zendesk.time() or time.time()


def _still_open(tickets: tuple[Mapping[str, Any], ...]) -> dict[int, str]:
    """Ticket id -> the second of its last change, of those that can still be updated."""
    return {
        int(t["id"]): _changed_at(t)
        for t in tickets
        if t.get("status") not in ("closed", "deleted") and isinstance(t.get("updated_at"), str)
    }


def _changed_at(ticket: Mapping[str, Any]) -> str:
    """`updated_at`; of a messaging ticket the later second in which the export listed it, if the export gives one:
    Zendesk does not document whether a message counts as an update of its ticket."""
    stamp, generated = str(ticket["updated_at"]), ticket.get("generated_timestamp")
    if not is_messaging_ticket(ticket) or not isinstance(generated, int):
        return stamp
    return max(stamp, f"{datetime.fromtimestamp(generated, UTC):%Y-%m-%dT%H:%M:%SZ}")
