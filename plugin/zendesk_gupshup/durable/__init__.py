"""The durable queue and what runs by the clock, by DBOS, which nothing outside of this package knows.

Every engine is at-least-once around an outside effect; that a ticket is answered once rests on the guarded update
with its marker, not on this. What DBOS gives: nothing queued is lost, one ticket is handled by one worker at a time,
the sweep runs once a period in the whole fleet, and what a worker had in hand when it was killed is started again.
"""

from zendesk_gupshup.storage.engine import anybody_waits, asked_at, backlog, store

from .periods import Turns
from .queue import Again, Durable, NoQueue, Page, ask
from .slots import NoSlot, SlotLost

__all__ = [
    "Again",
    "Durable",
    "NoQueue",
    "NoSlot",
    "Page",
    "SlotLost",
    "Turns",
    "anybody_waits",
    "ask",
    "asked_at",
    "backlog",
    "store",
]
