"""What commands know of incidents: replies about a code that has one wait, and nothing else is done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.incident import KnownIncident
from zendesk_gupshup.pipeline import Assessment, Brain
from zendesk_gupshup.storage.incidents import IncidentStore
from zendesk_gupshup.zendesk.errors import Busy

T = TypeVar("T")


class PausedIncidents:
    """Reads the store alone; takes in no ticket, and ends no incident."""

    def __init__(self, store: IncidentStore, dictionary: Dictionary) -> None:
        self._store, self._dictionary = store, dictionary

    def lasting(self, assessment: Assessment) -> tuple[KnownIncident, ...] | None:
        """Nothing where none lasts: then a ticket's own tag still counts, and the worker takes it away."""
        codes = {row.code for row in asked(self._store.open, assessment.ticket.id)}
        known = (entry.error for entry in self._dictionary.entries if str(entry.error) in codes)
        return tuple(KnownIncident(error=error, mode="pause") for error in known) or None


def paused_incidents(ledger: Ledger | None, brain: Brain) -> PausedIncidents | None:
    """Raises `SQLAlchemyError`."""
    return PausedIncidents(IncidentStore(ledger.engine, ledger.account), brain.dictionary) if ledger else None


def asked(ask: Callable[[], T], ticket_id: int) -> T:
    """The answer of the store. Raises `Busy` where it cannot be used: it might know of an incident."""
    try:
        return ask()
    except SQLAlchemyError as error:
        what = f"ticket {ticket_id}: " if ticket_id else ""
        raise Busy(f"{what}the database cannot be used ({type(error).__name__})", retry_after=30.0) from None
