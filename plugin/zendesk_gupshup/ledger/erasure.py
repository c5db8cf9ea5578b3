"""Removing what the ledger keeps: about a person or an organization who asks for it, and what is too old."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from zendesk_gupshup.storage.app_tables import APP_TICKET, OF_TICKETS
from zendesk_gupshup.storage.incident_tables import INCIDENT_TICKET, SIGHTING
from zendesk_gupshup.storage.schema import COUNTED, DEAD_LETTER, DECISION, RUN, SETTLED, VISIT, WRITTEN

from .runs import LIVE
from .written_markers import of_tickets

log = logging.getLogger(__name__)

_AT_A_TIME = 500


def erase(engine: sa.Engine, account: str, asked: Mapping[str, int]) -> tuple[int, ...]:
    """Remove all that is kept about the tickets with one of these values; which tickets these were.

    `asked`: `ticket_id`, `requester_id` or `organization_id`.
    """
    if not asked:
        raise ValueError("forget needs a ticket, a requester or an organization")
    with engine.begin() as connection:
        tickets = {t for table in (DECISION, APP_TICKET) for t in _named(connection, table, account, asked)}
        # A failed visit knows neither requester nor organization: the ticket's number leads to it.
        for some in _in_parts(sorted(tickets)):
            _erase_tickets(connection, account, some)
        named = asked.get("ticket_id")
        if named is not None and named not in tickets and _erase_tickets(connection, account, [named]):
            tickets.add(named)
    if tickets:
        _scrub(engine)
    return tuple(sorted(tickets))


def _named(connection: sa.Connection, table: sa.Table, account: str, asked: Mapping[str, int]) -> set[int]:
    where = (table.c.account == account) & sa.or_(*(table.c[name] == value for name, value in asked.items()))
    return {int(t) for (t,) in connection.execute(sa.select(table.c.ticket_id).where(where).distinct())}


def _erase_tickets(connection: sa.Connection, account: str, tickets: list[int]) -> int:
    """The number of rows that were there."""
    gone = 0
    for table in (DECISION, SETTLED, VISIT, DEAD_LETTER, SIGHTING, INCIDENT_TICKET, *OF_TICKETS):
        here = (table.c.account == account) & table.c.ticket_id.in_(tickets)
        gone += connection.execute(sa.delete(table).where(here)).rowcount
    written = (WRITTEN.c.account == account) & of_tickets(tickets)
    return gone + connection.execute(sa.delete(WRITTEN).where(written)).rowcount


def erase_before(engine: sa.Engine, account: str, seconds: int) -> None:
    """Drop what was done before this Unix time, and the runs of which nothing is left."""
    day = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"
    with engine.begin() as connection:
        connection.execute(sa.delete(DECISION).where(DECISION.c.account == account, DECISION.c.at < seconds))
        connection.execute(sa.delete(COUNTED).where(COUNTED.c.account == account, COUNTED.c.day < day))
        left = sa.select(DECISION.c.id).where(DECISION.c.account == account, DECISION.c.run == RUN.c.id)
        old = (RUN.c.account == account) & (RUN.c.kind != LIVE) & (RUN.c.started < seconds) & ~sa.exists(left)
        connection.execute(sa.delete(RUN).where(old))


def _scrub(engine: sa.Engine) -> None:
    """Rewrite SQLite's file: a deleted row lives on in free pages, and `secure_delete` was seen to leave keys of an
    index behind. PostgreSQL's own vacuum does it by the clock."""
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
    except OperationalError:
        busy = True
    if busy:
        log.warning("the database is in use: deleted rows stay in its free pages until `forget` runs again")


def _in_parts(ids: list[int]) -> Iterable[list[int]]:
    return (ids[n : n + _AT_A_TIME] for n in range(0, len(ids), _AT_A_TIME))
