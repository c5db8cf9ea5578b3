"""The console's incidents: outages that several tickets tell of at once. None are kept yet."""

from __future__ import annotations

from typing import Any

from zendesk_gupshup.ledger.ledger import Ledger

from .console_paging import ConsolePage


def incidents_page(ledger: Ledger, cursor: str | None) -> ConsolePage[dict[str, Any]]:  # noqa: ARG001 - no table yet
    """The newest first: none, until there is a table of them."""
    return ConsolePage((), None)
