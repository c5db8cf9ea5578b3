"""Entries of the ledger, with the values that a test leaves open."""

from __future__ import annotations

from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.ledger.runs import LIVE


def entry(ticket_id: int = 7, **more: object) -> LedgerEntry:
    values: dict[str, object] = {"run": LIVE, "ticket_id": ticket_id, "at": 1_795_252_000, "did": "nothing"}
    return LedgerEntry.model_validate(values | more)
