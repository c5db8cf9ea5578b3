"""The note for a code that no dictionary has: written once, and not where somebody has seen to the ticket."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from zendesk_gupshup.decide.decision import decide
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.detect import detect
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.plan import AppFacts, Mode, Step
from zendesk_gupshup.model.ticket import Comment, Ticket, User

NOTED = "gupshup_noted__unknown_code"
CLIENT, AGENT = User(id=1, name="Ada", role="end-user"), User(id=3, name="Grace", role="agent")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ALONE = "Since this morning Gupshup returns error code 3001 for every WhatsApp message."
BESIDE = f"Gupshup error 1003 Wallet Balance Low, messages fail. {ALONE}"
ANSWER = Comment(id=12, author_id=3, public=True, body="We look at it.", plain_body="We look at it.", created_at=NOON)


def steps(body: str = ALONE, *more: Comment, policy: Policy | None = None, **changes: Any) -> tuple[Step, ...]:
    first = Comment(id=11, author_id=1, public=True, body=body, plain_body=body, created_at=NOON)
    values: dict[str, Any] = {"id": 7, "subject": "WhatsApp", "requester_id": 1, "users": {1: CLIENT, 3: AGENT}}
    ticket = Ticket(**{**values, "comments": (first, *more), "created_at": NOON, "status": "open", **changes})
    made = decide(ticket, detect(ticket, load()), AppFacts(), load(), policy or Policy())
    return made.plan.steps if made.plan else ()


def test_an_unknown_code_gets_one_note_with_its_marker() -> None:
    [step] = steps()
    assert (step.kind, step.marker) == ("note", NOTED)
    assert step.add_tags == {"gupshup", "gupshup_unknown_code", NOTED}
    assert steps(tags=tuple(sorted(step.add_tags))) == ()


def test_a_lost_tag_is_put_back_and_brings_no_second_note() -> None:
    [step] = steps(tags=("gupshup",), stored=frozenset({("note", "unknown_code")}))
    assert (step.kind, NOTED in step.add_tags) == ("tags", True)


NO_NOTE: dict[str, dict[str, Any]] = {
    "solved": {"status": "solved"},
    "observe": {"policy": Policy(cap=Mode.OBSERVE)},
    "full": {"policy": Policy(notes_per_day=0)},
}


@pytest.mark.parametrize("case", NO_NOTE)
def test_no_note_where_none_is_due(case: str) -> None:
    assert [step.kind for step in steps(**NO_NOTE[case]) if step.kind == "note"] == []


def test_no_note_after_an_agent_has_answered() -> None:
    assert [step.kind for step in steps(ALONE, ANSWER)] == ["tags"]


def test_beside_a_known_code_the_note_about_that_one_tells_of_it() -> None:
    markers = [step.marker for step in steps(BESIDE) if step.kind == "note"]
    assert markers == ["gupshup_noted__1003"]
