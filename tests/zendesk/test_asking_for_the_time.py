"""Whoever waits for a second to pass may ask Zendesk meanwhile, so that the next one need not wait for so long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import formatdate

import pytest

from support.clock import Clock
from support.stub_zendesk import Reply, Seen, Stub
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig

# What Zendesk's clock shows when ours shows 0.
OFFSET = 1_700_000_000.3
ASKS = "GET users/me.json"


def stamp(second: float) -> str:
    return datetime.fromtimestamp(int(second), UTC).isoformat()


@contextmanager
def known_by(answers: int, status: int = 200) -> Iterator[tuple[Zendesk, Stub, Clock]]:
    """A client that has had so many answers, each late in a second; what asks for the time gets this status."""
    ours = Clock()
    ours.now = 0.5

    def answer(seen: Seen) -> Reply:
        date = {"Date": formatdate(int(ours.now + OFFSET), usegmt=True)}
        return Reply({"count": {}, "user": {}}, status if seen.call == ASKS else 200, date)

    def sleep(seconds: float) -> None:
        ours.now += seconds

    with Stub() as stub:
        stub.answer = answer
        access = ZendeskConfig(base_url=stub.base_url, oauth_token="t")
        with Zendesk(access, sleep=sleep, monotonic=lambda: ours.now) as zendesk:
            for _ in range(answers):
                zendesk.check()
                ours.now += 1.0
            stub.seen.clear()
            yield zendesk, stub, ours


def waited_for(zendesk: Zendesk, ours: Clock) -> float:
    """How long after the end of the second we stopped waiting for it."""
    second = int(ours.now + OFFSET)
    assert zendesk.wait_until_past(stamp(second))
    return ours.now + OFFSET - second - 1


@pytest.mark.parametrize("status", [200, 403])
def test_a_few_waits_ask_and_none_ends_too_early(status: int) -> None:
    with known_by(5, status) as (zendesk, stub, ours):
        assert ours.now + OFFSET - (zendesk.time() or 0.0) > 0.7
        late = []
        for _ in range(6):
            late.append(waited_for(zendesk, ours))
            ours.now = int(ours.now) + 1.9
        assert all(0.1 <= one <= 0.35 for one in late[-3:])
        assert 1 <= stub.calls.count(ASKS) <= 3


def test_with_few_answers_nobody_asks() -> None:
    with known_by(4) as (zendesk, stub, ours):
        waited_for(zendesk, ours)
        assert stub.calls == []


def test_one_thread_asks_at_a_time() -> None:
    with known_by(5) as (zendesk, stub, ours):
        with zendesk._transport.clock.asking:
            waited_for(zendesk, ours)
        assert stub.calls == []
