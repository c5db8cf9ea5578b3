"""The one table of states: complete, without ambiguity, and what docs/tags.md and its picture show."""

from __future__ import annotations

import subprocess
import sys

import pytest

from support.paths import ROOT
from zendesk_gupshup.decide.states import TRANSITIONS, proposed, state_of, state_tags, transition
from zendesk_gupshup.model.follow_up import Event, State
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.provision.views import STATES


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", [event for event in Event if event is not Event.CHOSEN])
def test_every_event_has_a_row_in_every_state(event: Event, state: State) -> None:
    assert transition(event, state, ()) in TRANSITIONS


def test_no_row_is_hidden_by_one_before_it() -> None:
    used = {
        transition(row.event, state, {row.when} if row.when else ())
        for row in TRANSITIONS
        if row.event is not Event.CHOSEN
        for state in row.sources
    }
    assert {row for row in TRANSITIONS if row.event is not Event.CHOSEN} == used


def test_the_options_of_the_field_are_the_states_with_a_tag() -> None:
    assert [tag for tag, _ in STATES] == [state.value for state in State if state is not State.FOUND]


def test_an_unsettled_state_is_only_proposed_where_no_row_sets_it() -> None:
    works = transition(Event.WORKS, State.AWAITING_OWNER, ())
    settled = transition(Event.WORKS, State.AWAITING_OWNER, {"settle"})
    told = transition(Event.REPORTED, State.AT_GUPSHUP, {"auto"})
    assert [proposed(works, State.AWAITING_OWNER), proposed(settled, State.AWAITING_OWNER)] == [State.SETTLED, None]
    assert proposed(told, State.AT_GUPSHUP) is None


def test_of_two_states_the_furthest_counts_and_the_tags_change_with_it() -> None:
    both = Ticket(id=7, tags=("gupshup_state__awaiting_owner", "gupshup_state__settled"))
    assert (state_of(both), state_of(Ticket(id=7))) == (State.SETTLED, State.FOUND)
    assert state_tags(State.SETTLED, State.FOUND) == (frozenset[str](), frozenset(("gupshup_state__settled",)))
    assert state_tags(State.FOUND, State.AWAITING_OWNER) == (
        frozenset(("gupshup_state__awaiting_owner",)),
        frozenset[str](),
    )


def test_the_page_and_its_picture_are_those_of_the_table() -> None:
    made = subprocess.run([sys.executable, "benchmarks/states.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert (made.returncode, made.stdout) == (0, "")
