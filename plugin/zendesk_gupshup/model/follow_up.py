"""What comes after the first answer: what the client answers, and what is made of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from .base import StrictModel
from .finding import Evidence

# An agent was told that the owner stays silent. Before there were reminders, an automation of `setup` set it.
TAG_OWNER_SILENT = "gupshup_owner_reminder"


class State(StrEnum):
    """Where a ticket with a finding stands; the value is its tag, and `found` has none of its own."""

    FOUND = ""
    AWAITING_OWNER = "gupshup_state__awaiting_owner"
    AT_GUPSHUP = "gupshup_state__at_gupshup"
    SETTLED = "gupshup_state__settled"


class Event(StrEnum):
    """What moves a ticket from state to state."""

    OWNER_ASKED = "owner_asked"
    DATA = "data"
    PERSISTS = "persists"
    REPORTED = "reported"
    WORKS = "works"
    UNCLEAR = "unclear"
    ANSWERED = "answered"
    CHOSEN = "chosen"


class FollowUp(StrictModel):
    """What a plan makes of the client's answer, for its note."""

    event: Event
    before: State
    after: State
    # The state that the note proposes, where the worker does not set it.
    proposed: State | None = None
    # The ticket stands in the view of what needs a review.
    review: bool
    # The client has the completed draft, or gets it with this plan.
    sent: bool = False
    evidence: tuple[Evidence, ...] = ()


class Reminder(StrictModel):
    """A reminder of the owner that a plan sends, proposes, or gives up on."""

    # Which one it is; of the last note, that of the reminder that would have come next.
    number: int
    # Public reminders so far.
    sent: int = 0
    # No further one is due, and an agent is told.
    over: bool = False
    # An agent asked to send it, and what it waited for has come, or it waits no more.
    past: bool = False
    # When the owner was asked.
    since: datetime | None
