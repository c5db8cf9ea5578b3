"""Each row of the table of states has a folder of tests/scenarios, whose updates move the ticket as the row says.

`transition.json` in the folder names the row by its event and the state before, and where the table asks for them by
the condition (`when`) and the state after (`to`). What an agent did stands on the ticket already.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.scenarios import FOLDER, look
from zendesk_gupshup.decide.states import TRANSITIONS, Transition, state_of
from zendesk_gupshup.decide.steps import TAG_CLIENT_ANSWERED
from zendesk_gupshup.model.follow_up import Event, State
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.pipeline import Look

FOLDERS = sorted(path.parent for path in FOLDER.glob("*/transition.json"))


def named(folder: Path) -> tuple[Event, State, str | None, State | None]:
    """Event, state before, condition and state after, as the folder says."""
    told = json.loads((folder / "transition.json").read_text(encoding="utf-8"))
    target = State[told["to"].upper()] if "to" in told else None
    return Event(told["event"]), State[told["from"].upper()], told.get("when"), target


def row_of(folder: Path) -> Transition:
    event, before, when, target = named(folder)
    return next(
        row
        for row in TRANSITIONS
        if (row.event, row.when) == (event, when) and before in row.sources and target in (None, row.target)
    )


def after(seen: Look) -> Ticket:
    tags = set(seen.ticket.tags)
    for update in seen.updates:
        tags = (tags | update.step.add_tags) - update.step.remove_tags
    return seen.ticket.model_copy(update={"tags": tuple(sorted(tags))})


def test_every_row_of_the_table_has_a_scenario() -> None:
    assert {row_of(folder) for folder in FOLDERS} == set(TRANSITIONS)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_scenario_moves_the_ticket_as_its_row_says(folder: Path) -> None:
    row, seen = row_of(folder), look(folder)
    moved, before = after(seen), state_of(seen.ticket)
    # An agent has made the change already where he chooses the state.
    assert row.event is Event.CHOSEN or before is named(folder)[1]
    assert state_of(moved) is (row.target if row.target is not None else before)
    assert (TAG_CLIENT_ANSWERED in moved.tags) is row.review
    told = seen.decision.plan.follow_up if seen.decision.plan else None
    assert told is None or (told.event, told.after) == (row.event, state_of(moved))
