"""The states after a finding, and which event moves a ticket from one to another: the one table. Pure.

`benchmarks/states.py` writes it and its picture into docs/tags.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from zendesk_gupshup.model.follow_up import Event, State
from zendesk_gupshup.model.ticket import Ticket

# `sent`: the completed draft goes out in a public reply; `auto`: the mode of the ticket's codes; `settle`: the setting
# `[follow_up] settle` is `auto` or `solve`.
Condition = Literal["sent", "auto", "settle"]
Who = Literal["worker", "agent", "worker or agent"]

_ANY = tuple(State)


@dataclass(frozen=True)
class Transition:
    """`target`: no change where `None`. `review`: the ticket gets `gupshup_client_answered`, and with it stands in the
    view of what needs a review."""

    event: Event
    sources: tuple[State, ...]
    target: State | None
    who: Who
    when: Condition | None = None
    review: bool = False


# Of an event the first row that fits counts.
TRANSITIONS = (
    Transition(Event.OWNER_ASKED, _ANY, State.AWAITING_OWNER, "worker or agent"),
    Transition(Event.DATA, _ANY, None, "worker", when="sent"),
    Transition(Event.DATA, _ANY, None, "worker", review=True),
    Transition(Event.PERSISTS, (State.SETTLED,), State.FOUND, "worker", review=True),
    Transition(Event.PERSISTS, _ANY, None, "worker", review=True),
    Transition(Event.REPORTED, (State.FOUND, State.AWAITING_OWNER), State.AT_GUPSHUP, "worker", when="auto"),
    Transition(Event.REPORTED, _ANY, None, "worker", review=True),
    Transition(Event.WORKS, (State.SETTLED,), None, "worker"),
    Transition(Event.WORKS, _ANY, State.SETTLED, "worker", when="settle"),
    Transition(Event.WORKS, _ANY, None, "worker", review=True),
    Transition(Event.UNCLEAR, _ANY, None, "worker", review=True),
    Transition(Event.ANSWERED, _ANY, None, "agent"),
    Transition(Event.CHOSEN, _ANY, State.AT_GUPSHUP, "agent"),
    Transition(Event.CHOSEN, _ANY, State.SETTLED, "agent"),
)
# What the note proposes where the worker does not set it.
_PROPOSED = {Event.REPORTED: State.AT_GUPSHUP, Event.WORKS: State.SETTLED}


def state_of(ticket: Ticket) -> State:
    """By its tag; of several, which only a person can have set, the one that is furthest."""
    return next((state for state in reversed(_ANY) if state.value in ticket.tags), State.FOUND)


def transition(event: Event, state: State, conditions: Collection[Condition]) -> Transition:
    """The row of the table for this event in this state."""
    return next(
        row
        for row in TRANSITIONS
        if row.event is event and state in row.sources and (row.when is None or row.when in conditions)
    )


def proposed(row: Transition, state: State) -> State | None:
    """The state that a person should set, where this row sets none."""
    wanted = _PROPOSED.get(row.event)
    return wanted if row.target is None and wanted is not state else None


def state_tags(before: State, after: State) -> tuple[frozenset[str], frozenset[str]]:
    """The tags to add and to take away."""
    if before is after:
        return frozenset(), frozenset()
    return frozenset({after.value} - {""}), frozenset({before.value} - {""})
