"""The console's failures: the dead-letter list by pages, and its retry and drop."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import TypeAdapter

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.storage.dead_letters import DeadLetter, DeadLetters

from .console_paging import PAGE_ROWS, ConsolePage, key_of_cursor, paged

# When it first failed, and the ticket: neither changes while it is on the list, as `last` does.
_KEY = TypeAdapter(tuple[int, int])


def failures_page(ledger: Ledger, cursor: str | None, *, dropped: bool = False) -> ConsolePage[DeadLetter]:
    """Those that came last onto the list first. Raises `BadCursor`, `SQLAlchemyError`."""
    key = key_of_cursor(cursor, _KEY)
    letters = DeadLetters(ledger.engine, ledger.account)
    rows = letters.page(before=key, limit=PAGE_ROWS + 1, dropped=dropped)
    return paged(rows, lambda row: (row.first, row.ticket_id))


def retry_failure(ledger: Ledger, ticket_id: int, queue: Callable[[int], None]) -> bool:
    """Requeue the ticket by `queue`; whether it was on the list. Raises `SQLAlchemyError` and what `queue` does."""
    return bool(DeadLetters(ledger.engine, ledger.account).retry([ticket_id], queue))


def drop_failure(ledger: Ledger, ticket_id: int, because: str) -> bool:
    """Leave the ticket as it is; whether it was on the list. Raises `SQLAlchemyError`."""
    return bool(DeadLetters(ledger.engine, ledger.account).drop([ticket_id], because))
