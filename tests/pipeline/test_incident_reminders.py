"""Reminders while an incident lasts: none is sent or clicked through, and what is due afterwards comes once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from support.answered_ticket import FIRST, US, desk, note, reply, said
from support.fake_zendesk import FakeZendesk
from support.known_incidents import Known
from zendesk_gupshup.decide.policy import REFUSED_KEY, Policy
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.model.incident import KnownIncident
from zendesk_gupshup.model.plan import Mode, Step
from zendesk_gupshup.model.ticket import Comment
from zendesk_gupshup.pipeline import Brain, Outcome, handle
from zendesk_gupshup.render.catalogue import Templates

ASKED = datetime(2026, 11, 21, 9, tzinfo=UTC)
KNOWN, SEND, TOLD = "gupshup_known_incident", "gupshup_send", "gupshup_replied__incident_http_401"
# Begun after the escalation, so that the ticket itself is no part of it.
LASTING = KnownIncident(error=REFUSED_KEY, mode="auto", problem_id=31, since=int(ASKED.timestamp()) + 3600)
OTHER = LASTING.model_copy(update={"error": ErrorCode(namespace="gupshup", code="1003")})
NOBODY_TOLD = KnownIncident(error=REFUSED_KEY, mode="pause")


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load(), policy=Policy(remind_after=("2d", "5d")))


def visit(zendesk: FakeZendesk, brain: Brain, hours: float, *incidents: KnownIncident) -> Outcome:
    """A visit so many hours after the escalation; what it writes is stamped with that time."""
    now = ASKED + timedelta(hours=hours)
    outcome = handle(zendesk, 7, brain, clock=now.timestamp, incidents=Known(incidents))
    if outcome.writes:
        *before, newest = zendesk.ticket_now.comments
        stamped = newest.model_copy(update={"created_at": now})
        zendesk.ticket_now = zendesk.ticket_now.model_copy(update={"comments": (*before, stamped)})
    return outcome


def guards(outcome: Outcome) -> list[str]:
    assert outcome.look is not None
    return [guard.name for guard in outcome.look.decision.guards]


def last(zendesk: FakeZendesk) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", zendesk.ticket_now.comments[-1].body)).split())


@pytest.mark.parametrize("incident", [LASTING, NOBODY_TOLD], ids=["mode auto", "mode pause"])
@pytest.mark.parametrize(
    ("due_at", "sent_before"), [(50, 0), (122, 1), (170, 2)], ids=["first", "second", "note after the last"]
)
def test_nothing_reminds_while_it_lasts_and_once_when_it_is_over(
    brain: Brain, incident: KnownIncident, due_at: int, sent_before: int
) -> None:
    zendesk = desk(reply(), note())
    for hours in (49, 121)[:sent_before]:
        assert visit(zendesk, brain, hours).written == ("reply",)
    paused = visit(zendesk, brain, due_at, incident)
    assert (paused.written, guards(paused).count("incident")) == ((), 1)
    assert len(visit(zendesk, brain, due_at + 1).written) == 1
    assert visit(zendesk, brain, due_at + 2).written == ()


def test_an_incident_of_another_code_pauses_nothing(brain: Brain) -> None:
    assert visit(desk(reply(), note()), brain, 50, OTHER).written == ("reply",)


def test_it_pauses_where_later_words_took_the_code_back(brain: Brain) -> None:
    zendesk = desk(reply(), note(), text="Please help us with WhatsApp.")
    assert (visit(zendesk, brain, 50, LASTING).written, visit(zendesk, brain, 50).written) == ((), ("reply",))


def test_without_a_store_the_tickets_own_tag_pauses(brain: Brain) -> None:
    zendesk = desk(reply(), note(), tags=(*FIRST, KNOWN))
    outcome = handle(zendesk, 7, brain, clock=(ASKED + timedelta(hours=50)).timestamp)
    assert (outcome.written, guards(outcome).count("incident")) == ((), 1)


def told_of_it(hours: int) -> Comment:
    step = Step(kind="reply", marker=TOLD, add_tags=frozenset((TOLD,)))
    comment = said("A known incident at Gupshup.", US, step=step)
    return comment.model_copy(update={"created_at": ASKED + timedelta(hours=hours)})


def test_the_reply_about_it_starts_the_wait_anew_and_is_no_escalation(brain: Brain) -> None:
    zendesk = desk(reply(), note(), told_of_it(24), tags=(*FIRST, TOLD))
    assert [hours for hours in range(100) if visit(zendesk, brain, hours).written] == [24 + 48]
    assert "We wrote to you on 2026-11-21 about the error HTTP 401" in last(zendesk)


def test_a_click_on_a_reminder_is_refused_while_it_lasts_and_sends_it_afterwards(brain: Brain) -> None:
    assisting = replace(brain, policy=Policy(cap=Mode.ASSIST, remind_after=("2d", "5d")))
    zendesk = desk(reply(), note())

    def clicked(hours: float, *incidents: KnownIncident) -> tuple[str, ...]:
        ticket = zendesk.ticket_now
        zendesk.ticket_now = ticket.model_copy(update={"tags": (*ticket.tags, SEND)})
        return visit(zendesk, assisting, hours, *incidents).written

    assert visit(zendesk, assisting, 50).written == ("note",)
    assert clicked(51, LASTING) == ("note",)
    assert "a known incident with gupshup_http 401 lasts; replies about the code wait for its end" in last(zendesk)
    assert SEND not in zendesk.ticket_now.tags
    assert clicked(52) == ("reply",)
    assert last(zendesk).startswith("Hello Ada, We wrote to you on 2026-11-21 about the error HTTP 401")
    assert visit(zendesk, assisting, 53).written == ()
