"""A ticket that has just changed: what can be done before its second is over is done before, and is right after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.fake_zendesk import TEXT, FakeZendesk, broken, stamp
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.ticket import Comment, Ticket, User
from zendesk_gupshup.pipeline import Brain, handle
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.zendesk.errors import Conflict

NOW = 100


class Desk(FakeZendesk):
    """One whose answers say how many comments there are; `meanwhile` happens while somebody waits for a second."""

    def __init__(self, text: str = TEXT) -> None:
        super().__init__(text)
        self.ticket_now = self.ticket_now.model_copy(update={"updated_at": stamp(NOW)})
        self.meanwhile: Callable[[], None] | None = None

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket:
        now = super().ticket(ticket_id, comments=comments)
        counted = now.model_copy(update={"comment_count": len(now.comments)})
        return counted if comments else counted.model_copy(update={"comments": (), "users": {}})

    def wait_until_past(self, stamp_: str) -> bool:
        if happens := self.meanwhile:
            self.meanwhile = None
            happens()
        waited = super().wait_until_past(stamp_)
        if waited:
            self.calls.append("wait")
        return waited

    def change(self, **values: Any) -> None:
        self.ticket_now = self.ticket_now.model_copy(update=values)


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


def test_files_are_uploaded_before_and_one_request_tells_that_nothing_changed(brain: Brain) -> None:
    desk = Desk()
    assert handle(desk, 7, brain).written == ("reply", "note")
    assert desk.calls == ["read", "upload", "upload", "wait", "check", "reply", "wait", "check", "note"]


def test_the_second_of_the_webhook_is_waited_for_too(brain: Brain) -> None:
    desk = Desk()
    desk.change(updated_at=stamp(NOW - 10))
    assert handle(desk, 7, brain, seen_at=stamp(NOW)).did == "done"
    assert desk.calls[:6] == ["read", "upload", "upload", "wait", "check", "reply"]


def test_a_ticket_with_nothing_to_do_is_looked_at_again_all_the_same(brain: Brain) -> None:
    desk = Desk("Thank you!")
    assert handle(desk, 7, brain).did == "nothing"
    assert desk.calls == ["read", "wait", "check"]


def agent_answers(desk: Desk) -> None:
    said = Comment(id=50, author_id=3, public=True, body="Hello, I am on it.")
    users = {**desk.ticket_now.users, 3: User(id=3, role="agent")}
    desk.change(comments=(*desk.ticket_now.comments, said), users=users)


def agent_adds_a_tag(desk: Desk) -> None:
    desk.change(tags=("vip",))


def agent_turns_us_off(desk: Desk) -> None:
    desk.change(tags=("gupshup_off",))


def agent_writes_a_second_later(desk: Desk) -> None:
    agent_answers(desk)
    desk.now += 1
    desk.change(updated_at=stamp(desk.now))


@pytest.mark.parametrize(
    ("changes", "public", "internal"),
    [(agent_answers, 0, 1), (agent_adds_a_tag, 1, 1), (agent_turns_us_off, 0, 0), (agent_writes_a_second_later, 0, 1)],
)
def test_what_changes_meanwhile_is_read_and_decided_again(
    brain: Brain, changes: Callable[[Desk], None], public: int, internal: int
) -> None:
    desk = Desk()
    desk.meanwhile = lambda: changes(desk)
    handle(desk, 7, brain)
    assert (desk.written(public=True), desk.written(public=False)) == (public, internal)
    assert "vip" in desk.ticket_now.tags or changes is not agent_adds_a_tag


def test_a_message_of_a_conversation_is_no_comment_and_is_read(brain: Brain) -> None:
    desk = Desk("Thank you!")
    desk.change(from_messaging_channel=True)
    handle(desk, 7, brain)
    assert desk.calls == ["read", "wait", "read"]


def test_a_dry_run_uploads_nothing(brain: Brain) -> None:
    desk = Desk()
    assert handle(desk, 7, brain, apply=False).did == "dry_run"
    assert desk.calls == ["read", "wait", "check"]


def test_after_a_conflict_the_files_are_uploaded_anew(brain: Brain) -> None:
    desk = Desk()
    desk.faults[1] = broken(Conflict("ticket 7: changed since it was read"), applied=False)
    assert handle(desk, 7, brain).did == "done"
    assert (desk.written(public=True), desk.written(public=False), desk.calls.count("upload")) == (1, 1, 4)
