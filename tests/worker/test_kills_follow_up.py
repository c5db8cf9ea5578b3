"""Kills of two real workers at each update that follows a client's answer or an agent's click: all once, none lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import queue_database
from support.fault_runs import wait_for
from support.fleet import CONFIG, Fleet
from support.killed_fleet import KilledFleet
from support.workers import ERROR, SECONDS, ours, write
from zendesk_sandbox.faults import Fault

LONG = "each"

ANSWERS = {
    "data, at the reply": "App Name: NorthAlerts\nApp ID: 5b1f0a77-3c2e-4d11-9a55-0e6b7d8c9f10\n"
    "The owner's e-mail: marta@north.example",
    "data, at the note": "The owner's e-mail: paul@south.example\nApp Name: SouthAlerts\n"
    "App ID: 8c1f0a77-3c2e-4d11-9a55-0e6b7d8c9f10",
    "it persists": "It still doesn't work.",
    "it works": "It works now, thank you!",
    "anything else": "Who is the owner?",
}
CLICKED = "Gupshup answers error code 4004 to our Flow: Message type is only supported on Meta hosted cloud API."
SENT = "one click"
# Replies and notes of ours at the end, and a tag that has to be there; two of each are what the first answer left.
DUE = {
    "data, at the reply": ((2, 2), "gupshup_replied__completed"),
    "data, at the note": ((2, 2), "gupshup_replied__completed"),
    "it persists": ((1, 2), "gupshup_client_answered"),
    "it works": ((1, 2), "gupshup_client_answered"),
    "anything else": ((1, 1), "gupshup_client_answered"),
    SENT: ((1, 1), "gupshup_replied__4004"),
}


@pytest.fixture
def shared_engine(tmp_path: Path) -> Iterator[sa.Engine]:
    made = queue_database("sqlite", tmp_path / "shared")
    yield made
    made.dispose()


@pytest.fixture
def fleet_config() -> str:
    return CONFIG + '[modes]\n"gupshup 4004" = "assist"\n'


# Six kills, each with a start of a worker: half a minute alone, and more than one beside other tests.
PATIENCE = 4 * SECONDS


@pytest.mark.no_cover
@pytest.mark.parametrize("phase", ["kill", "kill_applied"])
@pytest.mark.parametrize("loses_store", [False, True], ids=["started again", "store lost"])
def test_what_follows_the_first_answer_is_written_once_whoever_is_killed(
    fleet: Fleet, loses_store: bool, phase: str
) -> None:
    killed = KilledFleet(fleet, loses_store)
    killed.start()
    store, agent = fleet.sandbox.store, fleet.sandbox.store.user_by_email("ada@example.com")["id"]
    tickets = {write(fleet.sandbox, CLICKED if name == SENT else ERROR): name for name in DUE}

    def stands() -> dict[str, tuple[int, int]]:
        return {name: ours(fleet.api, ticket_id) for ticket_id, name in tickets.items()}

    killed.announce(*tickets)
    first = {name: (0 if name == SENT else 1, 1) for name in DUE}
    assert wait_for(lambda: stands() == first, SECONDS), stands()

    nth = {"data, at the note": 2}
    fleet.sandbox.plan.replace(
        [
            Fault(kind=phase, method="PUT", path=f"tickets/{ticket_id}", nth=nth.get(n, 1))
            for ticket_id, n in tickets.items()
        ]
    )
    click = next(int(m["id"]) for m in store.macros.values() if m["title"] == "Gupshup::Send the proposed reply")
    for ticket_id, name in tickets.items():
        if name == SENT:
            store.apply_macro_as_agent(ticket_id, click, agent)
        else:
            store.write_as_client("olivia@client.example", "Olivia", ANSWERS[name], ticket_id=ticket_id)
    killed.announce(*tickets)
    assert wait_for(lambda: not fleet.sandbox.plan.left(), PATIENCE), fleet.sandbox.plan.left()

    def reached() -> dict[str, tuple[tuple[int, int], bool]]:
        return {
            name: (ours(fleet.api, ticket_id), DUE[name][1] in store.tickets[ticket_id]["tags"])
            for ticket_id, name in tickets.items()
        }

    due = {name: (counts, True) for name, (counts, _) in DUE.items()}
    assert wait_for(lambda: reached() == due, PATIENCE), reached()
    # Whoever looks again finds nothing left to do.
    assert killed.last_look(SECONDS) == 0
    assert (reached(), len(killed.kills)) == (due, len(DUE))
