"""What the store lets be written to a ticket: nothing twice, no more replies than an hour has, no more updates than an
organization's share of a minute.

Counting and allowing are one transaction of the store, right before the write, over all threads and processes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.decide.prior_writes import KnownWrites
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import OpenGate, WriteGate
from zendesk_gupshup.storage.send_quota import SendQuota, alarm
from zendesk_gupshup.storage.transaction import together
from zendesk_gupshup.zendesk.errors import Busy, ZendeskError

from .ledger import Ledger
from .written_markers import WrittenMarkers

_NO_LIMIT = 10**9


class Postponed(Busy):
    """The organization has had its share of this minute, and others wait."""


class QuotaExceeded(ZendeskError):
    """The hour has no room for another public reply, and whoever wanted to send it would rather stop."""

    permanent = True

    def __init__(self, message: str) -> None:
        super().__init__(message, account_wide=True)


@dataclass(frozen=True)
class OrganizationShare:
    """Updates a minute for one organization as long as tickets of others wait."""

    updates: int
    others_wait: Callable[[], bool]


class StoreGate:
    """For any number of threads. A store that cannot be used puts the ticket off: it might know more."""

    def __init__(
        self,
        markers: WrittenMarkers,
        quota: SendQuota,
        *,
        replies_per_hour: int,
        share: OrganizationShare | None = None,
        stop_at_quota: bool = False,
    ) -> None:
        """`stop_at_quota`: raise `QuotaExceeded` instead of leaving the hour's surplus to the agents."""
        self._markers, self._quota, self._share = markers, quota, share
        self._replies_per_hour, self._stop_at_quota = replies_per_hour, stop_at_quota

    @contextmanager
    def together(self) -> Iterator[None]:
        """Reservations and the ledger's entry wait for the disk once."""
        try:
            with together(self._markers.engine):
                yield
        except SQLAlchemyError as error:
            raise Busy(f"the database cannot be used ({type(error).__name__})", retry_after=30.0) from None

    def known(self, ticket_id: int) -> KnownWrites:
        try:
            return self._markers.of(ticket_id)
        except SQLAlchemyError as error:
            raise _store_is_away(ticket_id, error) from None

    def reserve_reply(self, ticket_id: int, marker: str) -> bool:
        limit = self._replies_per_hour
        try:
            room = self._quota.acquire_reply(ticket_id, marker, limit)
        except SQLAlchemyError as error:
            # One that nobody counts could be one of a thousand.
            raise _store_is_away(ticket_id, error) from None
        if room:
            return True
        alarm(limit)
        if self._stop_at_quota:
            raise QuotaExceeded(f"{limit} public replies an hour are the ceiling ([reply] per_hour)")
        return False

    def reserve_updates(self, ticket: Ticket, count: int, *, begun: bool) -> None:
        """Only the first update of a look can be put off: a note follows its reply."""
        if self._share is None or ticket.organization_id is None:
            return
        crowded = not begun and self._share.others_wait()
        limits = [self._share.updates if crowded else _NO_LIMIT, *[_NO_LIMIT] * (count - 1)]
        if not all(self._quota.acquire_update(ticket.organization_id, limit) for limit in limits):
            metrics.PUT_OFF.labels("organization").inc()
            raise Postponed(
                f"ticket {ticket.id}: its organization has had its share of this minute",
                retry_after=random.uniform(5, 20),  # noqa: S311 - jitter, nothing secret
            )


def gate_of(ledger: Ledger | None, replies_per_hour: int, *, stop_at_quota: bool = False) -> WriteGate:
    """The gate of a command; without a ledger nothing is known and nobody counts."""
    if ledger is None:
        return OpenGate()
    quota = SendQuota(ledger.engine, ledger.account)
    return StoreGate(ledger.markers, quota, replies_per_hour=replies_per_hour, stop_at_quota=stop_at_quota)


def _store_is_away(ticket_id: int, error: SQLAlchemyError) -> Busy:
    return Busy(f"ticket {ticket_id}: the database cannot be used ({type(error).__name__})", retry_after=30.0)
