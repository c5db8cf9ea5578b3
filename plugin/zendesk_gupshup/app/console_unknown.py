"""The console's unknown codes: code-like strings that the dictionary lacks, those on the most tickets first."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa
from pydantic import TypeAdapter

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.storage.schema import DECISION, UNKNOWN

from .console_held import newest_decision
from .console_paging import PAGE_ROWS, ConsolePage, key_of_cursor, paged

# The snapshot, and tickets, sightings and text of the last row shown.
_KEY = TypeAdapter(tuple[int, int, int, str])
_TICKETS_SHOWN = 12


@dataclass(frozen=True)
class UnknownSum:
    """One string; `first` and `last` are Unix seconds, `shown` the newest of its tickets."""

    code: str
    tickets: int
    times: int
    first: int
    last: int
    shown: tuple[int, ...] = ()


def unknown_codes_page(ledger: Ledger, cursor: str | None) -> ConsolePage[UnknownSum]:
    """All pages count up to the same decision. Raises `BadCursor`, `SQLAlchemyError`."""
    key = key_of_cursor(cursor, _KEY)
    with ledger.engine.connect() as connection:
        snapshot = key[0] if key else newest_decision(connection, ledger.account)
        here = (DECISION.c.account == ledger.account) & (DECISION.c.id <= snapshot)
        sums = sorted(_sums(connection, here), key=_place)
        if key:
            last = (-key[1], -key[2], key[3])
            sums = [one for one in sums if _place(one) > last]
        rows = [replace(one, shown=_tickets(connection, here, one.code)) for one in sums[: PAGE_ROWS + 1]]
    return paged(rows, lambda row: (snapshot, row.tickets, row.times, row.code))


def _place(one: UnknownSum) -> tuple[int, int, str]:
    return (-one.tickets, -one.times, one.code)


def _sums(connection: sa.Connection, here: sa.ColumnElement[bool]) -> list[UnknownSum]:
    query = (
        sa.select(
            UNKNOWN.c.text.label("code"),
            sa.func.count(sa.distinct(DECISION.c.ticket_id)).label("tickets"),
            sa.func.count().label("times"),
            sa.func.min(DECISION.c.at).label("first"),
            sa.func.max(DECISION.c.at).label("last"),
        )
        .join(DECISION, DECISION.c.id == UNKNOWN.c.decision_id)
        .where(here)
        .group_by(UNKNOWN.c.text)
    )
    return [UnknownSum(**row) for row in connection.execute(query).mappings()]


def _tickets(connection: sa.Connection, here: sa.ColumnElement[bool], code: str) -> tuple[int, ...]:
    newest = sa.func.max(DECISION.c.id)
    query = (
        sa.select(DECISION.c.ticket_id)
        .join(UNKNOWN, DECISION.c.id == UNKNOWN.c.decision_id)
        .where(here, UNKNOWN.c.text == code)
        .group_by(DECISION.c.ticket_id)
        .order_by(newest.desc())
        .limit(_TICKETS_SHOWN)
    )
    return tuple(int(ticket_id) for ticket_id in connection.scalars(query))
