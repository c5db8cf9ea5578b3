"""A ticket is read after the second of its stamp, by Zendesk's clock before the request."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.fake_zendesk import FakeZendesk, stamp
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.pipeline import Brain, handle
from zendesk_gupshup.render.catalogue import Templates

NOW = 100


class SlowDesk(FakeZendesk):
    """Its first answer is read in one second and comes in the next; `meanwhile` happens in between."""

    def __init__(self, changed: int, meanwhile: Callable[[SlowDesk], None]) -> None:
        super().__init__()
        self.now, self.meanwhile = NOW, [meanwhile]
        self.ticket_now = self.ticket_now.model_copy(update={"updated_at": stamp(changed)})

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket:
        read = super().ticket(ticket_id, comments=comments)
        if self.meanwhile:
            self.meanwhile.pop()(self)
            self.now += 1
        return read


def written_anew(desk: SlowDesk) -> None:
    """In the next second, before it is read again: that second may bring one more change."""
    desk.ticket_now = desk.ticket_now.model_copy(update={"updated_at": stamp(desk.now + 1)})


def redacted(desk: SlowDesk) -> None:
    """In the second of the last change: the stamp stays."""
    comments = tuple(
        comment.model_copy(update={"body": "▇▇▇", "html_body": None, "plain_body": "▇▇▇"})
        for comment in desk.ticket_now.comments
    )
    desk.ticket_now = desk.ticket_now.model_copy(update={"comments": comments})


def turned_off(desk: SlowDesk) -> None:
    desk.ticket_now = desk.ticket_now.model_copy(update={"tags": ("gupshup_off",)})


@pytest.fixture(scope="module")
def brain() -> Brain:
    return Brain(dictionary=load(), templates=Templates.load())


@pytest.mark.parametrize("change", [redacted, turned_off])
def test_what_changes_after_the_read_in_the_same_second_is_read(
    brain: Brain, change: Callable[[SlowDesk], None]
) -> None:
    desk = SlowDesk(NOW, change)
    assert handle(desk, 7, brain).did == "nothing"
    assert (desk.calls, desk.written(public=True)) == (["read", "read"], 0)


@pytest.mark.parametrize("change", [redacted, turned_off])
def test_so_is_what_changes_in_the_second_of_the_second_read(brain: Brain, change: Callable[[SlowDesk], None]) -> None:
    desk = SlowDesk(NOW, change)
    desk.meanwhile.append(written_anew)
    assert handle(desk, 7, brain).did == "nothing"
    assert (desk.calls, desk.written(public=True)) == (["read"] * 3, 0)


def test_a_ticket_that_changes_whenever_it_is_read_is_due_later(brain: Brain) -> None:
    desk = SlowDesk(NOW, written_anew)
    desk.meanwhile *= 20
    outcome = handle(desk, 7, brain)
    assert (outcome.did, outcome.reason, outcome.retry_after) == ("later", "it kept changing", 30.0)
    assert desk.updates == 0


def test_a_ticket_that_changed_before_is_read_once(brain: Brain) -> None:
    desk = SlowDesk(NOW - 1, lambda _: None)
    assert handle(desk, 7, brain).written == ("reply", "note")
    assert desk.calls.count("read") == 1
