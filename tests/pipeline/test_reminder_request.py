"""One click on a reminder that a note proposes: it is sent once, and refused where something has changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from support.answered_ticket import AGENT, FIRST, NOTED, REPLY, desk, note, reply, said, write
from support.fake_zendesk import FakeZendesk
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.model.ticket import Organization
from zendesk_gupshup.pipeline import Brain, OpenGate, handle
from zendesk_gupshup.render.catalogue import Templates

ASKED = datetime(2026, 11, 21, 9, tzinfo=UTC)
SEND, AWAITING = "gupshup_send", "gupshup_state__awaiting_owner"
FIRST_SENT = "gupshup_replied__reminder_1"


@pytest.fixture(scope="module")
def brain() -> Brain:
    policy = Policy(cap=Mode.ASSIST, remind_after=("2d", "5d"))
    return Brain(dictionary=load(), templates=Templates.load(), policy=policy)


def look(zendesk: FakeZendesk, brain: Brain, hours: float = 50, **more: Any) -> list[str]:
    before = len(zendesk.calls)
    handle(zendesk, 7, brain, clock=(ASKED + timedelta(hours=hours)).timestamp, **more)
    return [call for call in zendesk.calls[before:] if call in ("reply", "note", "tags")]


def change(zendesk: FakeZendesk, *, add: tuple[str, ...] = (), remove: tuple[str, ...] = (), **more: Any) -> None:
    now = zendesk.ticket_now
    tags = (*(tag for tag in now.tags if tag not in remove), *add)
    zendesk.ticket_now = now.model_copy(update={"tags": tags, **more})


def proposed(brain: Brain, *comments: Any, hours: float = 50, **more: Any) -> FakeZendesk:
    """A ticket whose newest note is about a reminder."""
    zendesk = desk(*(comments or (reply(), note())), **more)
    assert look(zendesk, brain, hours) == ["note"]
    return zendesk


def last(zendesk: FakeZendesk) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", zendesk.ticket_now.comments[-1].body)).split())


def test_the_click_sends_the_reminder_once(brain: Brain) -> None:
    zendesk = proposed(brain)
    assert "with the macro" in last(zendesk)
    change(zendesk, add=(SEND,))
    assert look(zendesk, brain) == ["reply"]
    assert last(zendesk).startswith("Hello Ada, We wrote to you on 2026-11-21 about the error HTTP 401")
    assert set(zendesk.ticket_now.tags) == {*FIRST, "gupshup_noted__reminder_1", FIRST_SENT}
    assert look(zendesk, brain) == []


def test_after_an_agents_own_escalation_it_sends_no_second_one(brain: Brain) -> None:
    tags = ("gupshup", "gupshup__http_401", NOTED, AWAITING)
    zendesk = proposed(brain, note(), said(REPLY["en"], AGENT), tags=tags)
    change(zendesk, add=(SEND,))
    assert look(zendesk, brain) == ["reply"]
    assert "We wrote to you on 2026-11-21" in last(zendesk)
    assert "gupshup_replied__http_401" not in zendesk.ticket_now.tags


AT_GUPSHUP = {"add": ("gupshup_state__at_gupshup",), "remove": (AWAITING,)}
REFUSED: list[tuple[str, Any, dict[str, Any], str, bool]] = [
    ("the client wrote", said("We are on it.", day=23), {}, "the client has written since the note", False),
    ("an agent wrote", said("We look into it.", AGENT, day=23), {}, "an agent has already answered publicly", True),
    ("another state", None, AT_GUPSHUP, "the ticket does not wait for the account owner any more", False),
    ("solved", None, {"status": "solved"}, "the ticket is solved", False),
    ("private", None, {"is_public": False}, "the ticket has no public conversation", True),
    ("sent before", None, {"add": (FIRST_SENT,)}, "reminder_1", False),
]


@pytest.mark.parametrize(("later", "changes", "why", "anew"), [row[1:] for row in REFUSED], ids=[r[0] for r in REFUSED])
def test_it_is_refused_with_a_note_where_something_has_changed(
    brain: Brain, later: Any, changes: dict[str, Any], why: str, anew: bool
) -> None:
    zendesk = proposed(brain)
    public = zendesk.written(public=True)
    if later:
        write(zendesk, later)
    change(zendesk, **{**changes, "add": (SEND, *changes.get("add", ()))})
    assert look(zendesk, brain) == ["note"]
    assert (why in last(zendesk), "although you asked" in last(zendesk)) == (True, True)
    assert ("We wrote to you" in last(zendesk)) == anew
    assert SEND not in zendesk.ticket_now.tags
    change(zendesk, add=(SEND,))
    assert "reply" not in look(zendesk, brain)
    assert zendesk.written(public=True) == public


def test_a_full_hour_refuses_it(brain: Brain) -> None:
    class Full(OpenGate):
        def reserve_reply(self, ticket_id: int, marker: str) -> bool:
            return False

    zendesk = proposed(brain)
    change(zendesk, add=(SEND,))
    assert look(zendesk, brain, gate=Full()) == ["note"]
    change(zendesk, add=(SEND,))
    assert look(zendesk, brain) == ["reply"]


def test_the_note_after_the_last_reminder_proposes_none(brain: Brain) -> None:
    zendesk = proposed(brain, hours=48 + 73)
    change(zendesk, add=(SEND,))
    assert look(zendesk, brain) == ["note"]
    assert "the reminder was not sent" in last(zendesk)


def test_a_partners_account_has_none_to_send(brain: Brain) -> None:
    fields = {"gupshup_account_type": "partner"}
    organization = Organization(id=9, organization_fields=fields)
    zendesk = proposed(brain, organization_id=9, organization=organization)
    assert "with the macro" not in last(zendesk)
    change(zendesk, add=(SEND,))
    assert look(zendesk, brain) == ["note"]


def test_a_days_notes_are_a_limit(brain: Brain) -> None:
    zendesk = proposed(brain)
    write(zendesk, said("We look into it.", AGENT, day=23))
    change(zendesk, add=(SEND,))
    few = Brain(
        dictionary=brain.dictionary,
        templates=brain.templates,
        policy=brain.policy.model_copy(update={"notes_per_day": 0}),
    )
    assert look(zendesk, few) == []
