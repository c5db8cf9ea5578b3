"""Escalations that agents make: by hand, by the macro, and by one click on the reply that a note proposes."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from support.answered_ticket import AGENT, NOTED, REPLIED, REPLY, desk, note, reply, said, write
from support.fake_zendesk import TEXT, FakeZendesk, broken
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.model.ticket import User
from zendesk_gupshup.pipeline import Brain, OpenGate, handle
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.zendesk.errors import OutcomeUnknown

AWAITING, SEND = "gupshup_state__awaiting_owner", "gupshup_send"
ASSISTED = ("gupshup", "gupshup__http_401", NOTED)
ASK = (*ASSISTED, SEND)


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load(), policy=Policy(cap=Mode.ASSIST))


def visit(zendesk: FakeZendesk, brain: Brain) -> list[str]:
    """The updates of two visits."""
    handle(zendesk, 7, brain)
    handle(zendesk, 7, brain)
    return [call for call in zendesk.calls if call in ("reply", "note", "tags")]


def last(zendesk: FakeZendesk) -> str:
    return unescape(re.sub("<[^>]+>", " ", zendesk.ticket_now.comments[-1].body))


# --- One click -----------------------------------------------------------------------------------------------


def test_the_click_sends_the_proposed_reply_with_its_files_once(brain: Brain) -> None:
    zendesk = desk(note(), tags=ASK)
    outcome = handle(zendesk, 7, brain)
    assert outcome.look is not None
    [update] = outcome.look.updates
    assert (update.public, [file.name for file in update.files]) == (
        True,
        ["gupshup-draft-7.txt", "gupshup-owner-guide.en.pdf"],
    )
    assert set(zendesk.ticket_now.tags) == {*ASSISTED, REPLIED, AWAITING}
    assert "An authentication error has been detected (401)" in last(zendesk)
    assert handle(zendesk, 7, brain).did == "nothing"


def test_what_is_sent_is_worded_as_the_ticket_stands_now(brain: Brain) -> None:
    zendesk = desk(note(), tags=ASK)
    # The organization tells its app since the note was written.
    handle(zendesk, 7, replace(brain, desk=brain.desk.model_copy(update={"team_name": "Team Nine"})))
    assert "Team Nine" in last(zendesk)


@pytest.mark.parametrize("applied", [True, False])
def test_a_click_whose_answer_was_lost_sends_once(brain: Brain, applied: bool) -> None:
    zendesk = desk(note(), tags=ASK)
    zendesk.faults = {1: broken(OutcomeUnknown("lost"), applied=applied)}
    visit(zendesk, brain)
    assert (zendesk.written(public=True), zendesk.written(public=False)) == (1, 1)


def test_a_draft_that_an_agent_asked_for_by_its_code_is_sent_too(brain: Brain) -> None:
    zendesk = desk(note(marker=None), tags=ASK, text="Our WhatsApp does not work.")
    assert visit(zendesk, brain) == ["reply"]
    assert REPLIED in zendesk.ticket_now.tags


def test_a_draft_without_a_code_is_sent_too(brain: Brain) -> None:
    zendesk = desk(note(marker=None, codes=()), tags=("gupshup", SEND), text="Our chats look odd.")
    assert visit(zendesk, brain) == ["reply"]
    assert "gupshup_replied__draft" in zendesk.ticket_now.tags


REFUSED: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    ("client wrote", (note(), said("And what about 1003?")), {}, "the client has written since the note"),
    ("agent answered", (note(), said("We look into it.", AGENT)), {}, "an agent has already answered publicly"),
    ("no note", (), {"tags": ("gupshup", SEND)}, "no note on this ticket proposed a reply yet"),
    ("sent before", (reply(), note()), {"tags": (*ASK, REPLIED)}, "was answered before"),
    ("private", (note(),), {"is_public": False}, "the ticket has no public conversation"),
    ("messaging", (note(),), {"from_messaging_channel": True}, "a public comment may not arrive"),
    ("solved", (note(),), {"status": "solved"}, "the ticket is solved"),
    (
        "other code",
        (note(codes=("gupshup_noted__4004",), marker="gupshup_noted__4004"),),
        {"tags": (*ASK, "gupshup__4004", "gupshup_noted__4004")},
        "the ticket reports other codes now",
    ),
]


@pytest.mark.parametrize(("comments", "more", "why"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_click_is_refused_with_a_note_where_something_changed_or_a_guard_speaks(
    brain: Brain, comments: tuple[Any, ...], more: dict[str, Any], why: str
) -> None:
    zendesk = desk(*comments, **{"tags": ASK, **more})
    before = zendesk.written(public=True)
    handle(zendesk, 7, brain)
    assert (zendesk.written(public=True), SEND in zendesk.ticket_now.tags) == (before, False)
    notes = [c.body for c in zendesk.ticket_now.comments if not c.public]
    assert any(why in unescape(body) for body in notes), last(zendesk)


def test_a_refused_reply_can_be_sent_by_the_next_click(brain: Brain) -> None:
    zendesk = desk(note(), said("Hello? It is urgent."), tags=ASK)
    handle(zendesk, 7, brain)
    zendesk.now += 2
    write(zendesk, said("ok", AGENT, public=False), tags=(*zendesk.ticket_now.tags, SEND))
    zendesk.calls.clear()
    assert visit(zendesk, brain) == ["reply"]


def test_what_an_agent_sent_by_hand_no_later_click_sends_again(brain: Brain) -> None:
    """Each refusal proposes the reply anew, so that the agent's own copy stands before the newest note."""
    zendesk = desk(tags=("gupshup",))
    handle(zendesk, 7, brain)
    proposed = last(zendesk)
    write(zendesk, said(proposed[proposed.index("An authentication error") :], AGENT), tags=zendesk.ticket_now.tags)
    before = zendesk.written(public=True)
    for _ in range(3):
        zendesk.now += 2
        write(zendesk, said("Please send it.", AGENT, public=False), tags=(*zendesk.ticket_now.tags, SEND))
        handle(zendesk, 7, brain)
    assert zendesk.written(public=True) == before
    assert "an agent has already answered publicly" in last(zendesk)


def test_the_hours_quota_refuses_it(brain: Brain) -> None:
    class Full(OpenGate):
        def reserve_reply(self, ticket_id: int, marker: str) -> bool:
            return False

    zendesk = desk(note(), tags=ASK)
    handle(zendesk, 7, brain, gate=Full())
    assert (zendesk.written(public=True), "the limit of public replies an hour" in last(zendesk)) == (0, True)


@pytest.mark.parametrize("more", [{"tags": (*ASK, "gupshup_off")}, {"status": "closed"}])
def test_where_nothing_is_written_the_click_waits(brain: Brain, more: dict[str, Any]) -> None:
    zendesk = desk(note(), **{"tags": ASK, **more})
    assert visit(zendesk, brain) == []
    observing = replace(brain, policy=Policy(cap=Mode.OBSERVE))
    assert visit(desk(note(), tags=ASK), observing) == []


# --- By hand, and by the macro -------------------------------------------------------------------------------


def test_the_protocols_text_sent_by_hand_sets_the_state(brain: Brain) -> None:
    zendesk = desk(note(), said(REPLY["es"], AGENT), tags=ASSISTED)
    assert visit(zendesk, brain) == ["tags"]
    assert AWAITING in zendesk.ticket_now.tags


def test_a_reply_copied_from_our_note_sets_the_state(brain: Brain) -> None:
    words = " ".join(f"word{place} of our proposed reply about the number" for place in range(12))
    ours = note(marker="gupshup_noted__4004", codes=("gupshup_noted__4004",))
    ours = ours.model_copy(update={"body": f"To do. {words}", "plain_body": f"To do. {words}"})
    tags = ("gupshup", "gupshup__4004", "gupshup_noted__4004")
    zendesk = desk(ours, said(f"Hi Ada! {words}", AGENT), tags=tags, text="Gupshup error 4004 since today.")
    visit(zendesk, brain)
    assert AWAITING in zendesk.ticket_now.tags


@pytest.mark.parametrize(
    ("comments", "tags", "text"),
    [
        ((note(), said("We look into it.", AGENT)), ASSISTED, TEXT),
        ((said(REPLY["en"], AGENT),), ("gupshup",), "Our chats look odd."),
        ((note(), said(REPLY["en"], AGENT)), (*ASSISTED, "gupshup_state__at_gupshup"), TEXT),
        ((note(), said(REPLY["en"], AGENT, public=False)), ASSISTED, TEXT),
    ],
    ids=["other words", "no note of ours", "another state", "no public comment"],
)
def test_another_comment_of_an_agent_sets_no_state(
    brain: Brain, comments: tuple[Any, ...], tags: tuple[str, ...], text: str
) -> None:
    zendesk = desk(*comments, tags=tags, text=text)
    visit(zendesk, brain)
    assert AWAITING not in zendesk.ticket_now.tags


def test_after_the_macro_the_note_does_not_quote_it_nor_ask_to_send_it_and_keeps_its_language(brain: Brain) -> None:
    tags = ("gupshup_draft__http_401", AWAITING)
    zendesk = desk(said(REPLY["es"], AGENT), tags=tags, text="Our WhatsApp does not work since today.")
    zendesk.ticket_now = zendesk.ticket_now.model_copy(
        update={"users": {**zendesk.ticket_now.users, 1: User(id=1, name="Ada", email="ada@example.com", locale="en")}}
    )
    outcome = handle(zendesk, 7, brain)
    text = last(zendesk)
    assert outcome.look is not None
    assert outcome.look.detection.findings == ()
    assert "Sin cita" in text or "un agente" in text
    assert "No tiene que enviar nada" in text
    assert "Respuesta propuesta" not in text
    assert [file.name for file in outcome.look.updates[-1].files] == ["gupshup-draft-7.txt"]
    assert handle(zendesk, 7, brain).did == "nothing"


def test_what_the_client_answers_to_an_agents_escalation_is_followed_up(brain: Brain) -> None:
    zendesk = desk(note(), said(REPLY["en"], AGENT), said("It works now, thank you!"), tags=ASSISTED)
    visit(zendesk, brain)
    assert {AWAITING, "gupshup_client_answered"} <= set(zendesk.ticket_now.tags)
    assert "it works again" in last(zendesk)


def test_the_reply_that_a_note_about_an_unknown_code_proposes_is_sent_too(brain: Brain) -> None:
    noted = "gupshup_noted__unknown_code"
    tags = ("gupshup", "gupshup_unknown_code", noted, SEND)
    zendesk = desk(note(marker=noted, codes=(noted,)), tags=tags, text="Gupshup returns error code 3001.")
    assert visit(zendesk, brain) == ["reply"]
    assert "gupshup_replied__draft" in zendesk.ticket_now.tags


def test_the_reply_sets_the_accounts_own_pending_status(brain: Brain) -> None:
    policy = brain.policy.model_copy(update={"pending_after_reply": True, "pending_status": 360030})
    outcome = handle(desk(note(), tags=ASK), 7, replace(brain, policy=policy))
    assert outcome.look is not None
    [update] = outcome.look.updates
    assert (update.step.status, update.step.custom_status_id) == ("pending", 360030)
