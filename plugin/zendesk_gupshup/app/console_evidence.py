"""The last looks at tickets, as the app keeps them: the only place that has quotes, masked ones.

The ledger itself keeps no word of a client's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.storage.app_store import StoredTicket
from zendesk_gupshup.storage.app_tables import APP_TICKET

from .keeper import seen_in
from .seen import SeenTicket


@dataclass(frozen=True)
class LastLook:
    """When it was (Unix seconds), the ticket's `updated_at` then, and what was seen."""

    at: int
    stamp: str | None
    seen: SeenTicket


def last_looks(ledger: Ledger, ticket_ids: Iterable[int]) -> dict[int, LastLook]:
    """Of those of the tickets that one is kept of, in a form that we know. Raises `SQLAlchemyError`."""
    ids = list(dict.fromkeys(ticket_ids))
    here = (APP_TICKET.c.account == ledger.account) & APP_TICKET.c.ticket_id.in_(ids)
    columns = [column for column in APP_TICKET.c if column.name != "account"]
    with ledger.engine.connect() as connection:
        rows = connection.execute(sa.select(*columns).where(here)).mappings().all()
    looks = {}
    for row in rows:
        stored = StoredTicket(**row)
        if seen := seen_in(stored):
            looks[stored.ticket_id] = LastLook(stored.at, stored.stamp, seen)
    return looks
