"""The API of the sidebar: one line for each thing that its page may ask."""

from __future__ import annotations

from .live import LivePages
from .routes import Endpoint
from .tickets import TicketPages
from .token import Location

_SIDEBAR: Location = "ticket_sidebar"


def ticket_endpoints(pages: TicketPages, live: LivePages) -> tuple[Endpoint, ...]:
    """Light agents read, look and render; nothing else."""
    return (
        Endpoint("GET", "tickets/{ticket}", _SIDEBAR, pages.get),
        Endpoint("POST", "tickets/{ticket}/look", _SIDEBAR, pages.look, costly=True),
        Endpoint("POST", "tickets/{ticket}/render", _SIDEBAR, live.render, costly=True),
        Endpoint("POST", "tickets/{ticket}/facts", _SIDEBAR, live.facts, writes=True),
        Endpoint("POST", "tickets/{ticket}/send", _SIDEBAR, live.send, writes=True),
        Endpoint("POST", "tickets/{ticket}/draft", _SIDEBAR, live.draft, writes=True),
        Endpoint("POST", "tickets/{ticket}/inserted", _SIDEBAR, pages.inserted, writes=True),
        Endpoint("POST", "tickets/{ticket}/feedback", _SIDEBAR, pages.feedback, writes=True),
    )
