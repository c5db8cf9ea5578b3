"""What an incident makes of one ticket: who is told what, what waits, and what is due when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from support.fake_zendesk import FakeZendesk, broken
from support.known_incidents import Known
from zendesk_gupshup.decide.policy import REFUSED_KEY, Policy
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.incident import KnownIncident
from zendesk_gupshup.model.plan import Mode
from zendesk_gupshup.model.ticket import Comment, Metadata, User
from zendesk_gupshup.pipeline import Brain, handle
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.zendesk.errors import OutcomeUnknown

KNOWN = "gupshup_known_incident"
TOLD, NOTED = "gupshup_replied__incident_http_401", "gupshup_noted__incident_http_401"
REPLIED, OWN_NOTE = "gupshup_replied__http_401", "gupshup_noted__http_401"
ASSIST = KnownIncident(error=REFUSED_KEY, mode="assist", problem_id=31)
AUTO = KnownIncident(error=REFUSED_KEY, mode="auto", problem_id=31, link=True)
PAUSE = KnownIncident(error=REFUSED_KEY, mode="pause")


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


def visit(zendesk: FakeZendesk, brain: Brain, *incidents: KnownIncident) -> tuple[list[str], set[str]]:
    """The updates of two visits in a row, and how the tags have changed: `-` is gone."""
    before, calls = set(zendesk.ticket_now.tags), len(zendesk.calls)
    for _ in range(2):
        handle(zendesk, 7, brain, incidents=Known(incidents))
    after = set(zendesk.ticket_now.tags)
    kinds = [call for call in zendesk.calls[calls:] if call in ("reply", "note", "tags")]
    return kinds, (after - before) | {f"-{tag}" for tag in before - after}


def words(zendesk: FakeZendesk, *, public: bool) -> str:
    return unescape(next(c.body for c in reversed(zendesk.ticket_now.comments) if c.public is public))


def test_assist_proposes_the_reply_in_a_note_and_links_nothing(brain: Brain) -> None:
    zendesk = FakeZendesk()
    assert visit(zendesk, brain, ASSIST) == (["note"], {"gupshup", "gupshup__http_401", KNOWN, NOTED})
    assert (zendesk.ticket_now.type, zendesk.ticket_now.problem_id) == (None, None)
    note = words(zendesk, public=False)
    assert "#31" in note
    assert "most likely a known incident at Gupshup" in note
    assert "Account Owner" not in note


def test_auto_tells_the_client_and_links_the_ticket_in_the_same_update(brain: Brain) -> None:
    zendesk = FakeZendesk()
    kinds, tags = visit(zendesk, brain, AUTO)
    assert (kinds, tags) == (["reply", "note"], {"gupshup", "gupshup__http_401", KNOWN, TOLD, NOTED})
    assert (zendesk.ticket_now.type, zendesk.ticket_now.problem_id) == ("incident", 31)
    reply = words(zendesk, public=True)
    assert "do not generate new API keys" in reply
    assert "Account Owner" not in reply


def test_when_it_is_over_the_ticket_gets_what_is_due_once(brain: Brain) -> None:
    zendesk = FakeZendesk()
    visit(zendesk, brain, AUTO)
    kinds, tags = visit(zendesk, brain)
    assert kinds == ["reply", "note"]
    assert tags == {f"-{KNOWN}", REPLIED, OWN_NOTE, "gupshup_state__awaiting_owner"}
    assert "Gupshup Account Owner" in words(zendesk, public=True)
    assert visit(zendesk, brain) == ([], set())


CASES: Mapping[str, tuple[dict[str, Any], tuple[KnownIncident, ...], list[str]]] = {
    "a code in assist is proposed by a note alone": ({"default_mode": Mode.ASSIST}, (AUTO,), ["note"]),
    "a code in observe is left alone": ({"default_mode": Mode.OBSERVE}, (AUTO,), []),
    "a ceiling of replies leaves it to the agent": ({"room_for_reply": False}, (AUTO,), ["note"]),
    "a full day of replies leaves it to the agent": ({"replies_per_day": 0}, (AUTO,), ["note"]),
    "what only pauses holds the reply and not the note": ({}, (PAUSE,), ["note"]),
}


@pytest.mark.parametrize(("policy", "incidents", "kinds"), CASES.values(), ids=CASES.keys())
def test_what_goes_out_under_which_policy(
    brain: Brain, policy: dict[str, Any], incidents: tuple[KnownIncident, ...], kinds: list[str]
) -> None:
    zendesk = FakeZendesk()
    assert visit(zendesk, replace(brain, policy=Policy(**policy)), *incidents)[0] == kinds
    assert zendesk.written(public=True) == kinds.count("reply")


def test_another_code_is_answered_as_ever(brain: Brain) -> None:
    zendesk = FakeZendesk("Gupshup answers 1003: we sent a template and the wallet balance is insufficient.")
    assert NOTED not in visit(zendesk, brain, AUTO)[1]


def test_old_words_are_no_part_of_it_and_their_reply_waits_all_the_same(brain: Brain) -> None:
    zendesk = FakeZendesk()
    told = zendesk.ticket_now.comments[0].created_at
    assert told is not None
    later = AUTO.model_copy(update={"since": int(told.timestamp()) + 1})
    assert visit(zendesk, brain, later) == (["note"], {"gupshup", "gupshup__http_401", OWN_NOTE})
    assert visit(zendesk, brain)[0] == ["reply"]


def test_a_problem_ticket_belongs_to_no_incident(brain: Brain) -> None:
    zendesk = FakeZendesk(tags=("gupshup_incident",))
    assert KNOWN not in visit(zendesk, brain, AUTO)[1]
    assert zendesk.written(public=True) == 0


@pytest.mark.parametrize(
    "set_by_a_person",
    [
        pytest.param({"type": "task"}, id="another type"),
        pytest.param({"type": "incident", "problem_id": 5}, id="another problem"),
    ],
)
def test_what_a_person_set_is_not_linked_over(brain: Brain, set_by_a_person: dict[str, Any]) -> None:
    zendesk = FakeZendesk()
    zendesk.ticket_now = zendesk.ticket_now.model_copy(update=set_by_a_person)
    visit(zendesk, brain, AUTO)
    kept = zendesk.ticket_now.model_dump(include={"type", "problem_id"}, exclude_none=True)
    assert kept == set_by_a_person


def test_an_agents_click_sends_the_reply_about_the_incident(brain: Brain) -> None:
    zendesk = FakeZendesk()
    visit(zendesk, brain, ASSIST)
    zendesk.ticket_now = zendesk.ticket_now.model_copy(
        update={"tags": (*zendesk.ticket_now.tags, "gupshup_send"), "updated_at": "2026-11-21T09:05:00Z"}
    )
    zendesk.now = 400
    assert visit(zendesk, brain, ASSIST) == (["reply"], {"-gupshup_send", TOLD})
    assert "known incident at Gupshup" in words(zendesk, public=True)


def test_an_agent_who_has_answered_is_not_answered_over(brain: Brain) -> None:
    zendesk = FakeZendesk()
    agent = User(id=50, name="Ada", role="agent")
    said = Comment(id=11, author_id=50, public=True, body="We look into it.", metadata=Metadata())
    zendesk.ticket_now = zendesk.ticket_now.model_copy(
        update={"comments": (*zendesk.ticket_now.comments, said), "users": {**zendesk.ticket_now.users, 50: agent}}
    )
    assert visit(zendesk, brain, AUTO)[0] == ["note"]
    assert "an agent" in words(zendesk, public=False)


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("number", [1, 2])
def test_a_lost_answer_sends_nothing_twice(brain: Brain, number: int, applied: bool) -> None:
    zendesk = FakeZendesk()
    zendesk.faults[number] = broken(OutcomeUnknown("ticket 7: lost"), applied=applied)
    visit(zendesk, brain, AUTO)
    assert (zendesk.written(public=True), zendesk.written(public=False)) == (1, 1)
    visit(zendesk, brain)
    assert (zendesk.written(public=True), zendesk.written(public=False)) == (2, 2)


def test_without_a_store_the_tickets_own_tag_keeps_the_reply_back(brain: Brain) -> None:
    zendesk = FakeZendesk(tags=(KNOWN, NOTED))
    handle(zendesk, 7, brain)
    handle(zendesk, 7, brain, incidents=Known(None))
    assert (zendesk.written(public=True), KNOWN in zendesk.ticket_now.tags) == (0, True)


def test_a_reply_that_went_out_before_the_incident_is_not_repeated_after_it(brain: Brain) -> None:
    zendesk = FakeZendesk()
    assert visit(zendesk, brain)[0] == ["reply", "note"]
    assert visit(zendesk, brain, AUTO) == (["reply", "note"], {KNOWN, TOLD, NOTED})
    assert visit(zendesk, brain) == (["tags"], {f"-{KNOWN}"})
