"""The console's incidents: one code that several organizations report at once, those that began last first."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from pydantic import TypeAdapter

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.storage.incident_tables import INCIDENT, INCIDENT_TICKET

from .console_paging import PAGE_ROWS, ConsolePage, key_of_cursor, paged

# The number of the last row shown.
_KEY = TypeAdapter(tuple[int])


@dataclass(frozen=True)
class ShownIncident:
    """`begun` and `ended` are Unix seconds; `problem_id` is the ticket that the others are linked to."""

    id: int
    error: ErrorCode
    begun: int
    ended: int | None
    organizations: int
    tickets: int
    problem_id: int | None


def incidents_page(ledger: Ledger, cursor: str | None) -> ConsolePage[ShownIncident]:
    """The newest first. Raises `BadCursor`, `SQLAlchemyError`."""
    where = INCIDENT.c.account == ledger.account
    if key := key_of_cursor(cursor, _KEY):
        where &= INCIDENT.c.id < key[0]
    tickets = (
        sa.select(sa.func.count())
        .where(INCIDENT_TICKET.c.account == INCIDENT.c.account, INCIDENT_TICKET.c.incident_id == INCIDENT.c.id)
        .scalar_subquery()
        .label("tickets")
    )
    columns = [INCIDENT.c[name] for name in ("id", "code", "begun", "ended", "organizations", "problem_id")]
    query = sa.select(*columns, tickets).where(where).order_by(INCIDENT.c.id.desc()).limit(PAGE_ROWS + 1)
    with ledger.engine.connect() as connection:
        rows = [_shown(row) for row in connection.execute(query).mappings()]
    return paged(rows, lambda row: (row.id,))


def _shown(row: sa.RowMapping) -> ShownIncident:
    namespace, _, code = str(row["code"]).partition(" ")
    told = {name: value for name, value in row.items() if name != "code"}
    return ShownIncident(error=ErrorCode.model_validate({"namespace": namespace, "code": code}), **told)
