"""The console's incidents: one code that several organizations report at once. None are kept yet."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.model.finding import ErrorCode

from .console_paging import ConsolePage, key_of_cursor

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


def incidents_page(ledger: Ledger, cursor: str | None) -> ConsolePage[ShownIncident]:  # noqa: ARG001 - no table yet
    """The newest first: none, until there is a table of them. Raises `BadCursor`."""
    key_of_cursor(cursor, _KEY)
    return ConsolePage((), None)
