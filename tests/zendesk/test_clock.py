"""Zendesk's clock by the dates of its answers: close to what it shows, and never ahead of it."""

from __future__ import annotations

import random

import pytest

from support.clock import Clock
from zendesk_gupshup.zendesk.clock import ZendeskClock

# How far Zendesk's clock is ahead of our monotonic one.
OFFSET = 1_700_000_000.0


def told(clock: ZendeskClock, ours: Clock, answers: int, *, seed: int = 7, wrong: float = 0.0) -> None:
    """Answers with dates in whole seconds, each of which took 0.05 s to reach us."""
    chance = random.Random(seed)
    for _ in range(answers):
        ours.now += chance.random() * 3
        date = float(int(ours.now + OFFSET + wrong))
        ours.now += 0.05
        clock.observe(date, ours.now - 0.05)


@pytest.fixture
def ours() -> Clock:
    clock = Clock()
    clock.now = 5000.0
    return clock


def test_before_the_first_answer_it_is_not_known(ours: Clock) -> None:
    assert ZendeskClock(lambda: ours.now).time() is None


@pytest.mark.parametrize("seed", range(20))
def test_by_many_answers_it_is_known_to_a_fraction_of_a_second(ours: Clock, seed: int) -> None:
    clock = ZendeskClock(lambda: ours.now)
    told(clock, ours, 40, seed=seed)
    behind = ours.now + OFFSET - (clock.time() or 0.0)
    assert 0.1 <= behind < 0.45


@pytest.mark.parametrize("answers", [1, 2, 4, 15])
def test_one_answer_with_a_date_ahead_makes_no_second_over(ours: Clock, answers: int) -> None:
    clock = ZendeskClock(lambda: ours.now)
    told(clock, ours, answers)
    if answers > 1:
        told(clock, ours, 1, wrong=30.0)
        assert (clock.time() or 0.0) <= ours.now + OFFSET


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("share", "ahead"), [(0.05, 1.0), (0.3, 1.0), (0.5, 1.0), (0.5, 0.5), (0.5, 30.0)])
def test_servers_whose_clocks_are_ahead_make_no_second_over_for_the_others(
    ours: Clock, share: float, ahead: float, seed: int
) -> None:
    clock, chance = ZendeskClock(lambda: ours.now), random.Random(seed)
    for _ in range(100):
        told(clock, ours, 1, seed=chance.randrange(1000), wrong=ahead if chance.random() < share else 0.0)
    assert (clock.time() or 0.0) <= ours.now + OFFSET + 0.2


def test_a_few_dates_that_are_too_early_hold_nobody_up(ours: Clock) -> None:
    clock = ZendeskClock(lambda: ours.now)
    told(clock, ours, 98)
    told(clock, ours, 2, wrong=-30.0)
    assert 0.0 <= ours.now + OFFSET - (clock.time() or 0.0) < 0.2


def test_answers_of_long_ago_are_forgotten(ours: Clock) -> None:
    clock = ZendeskClock(lambda: ours.now)
    told(clock, ours, 15)
    ours.now += 901
    assert clock.time() is None


def asked(clock: ZendeskClock, ours: Clock, offset: float) -> None:
    """One answer now, which takes 0.05 s to be made and none to come back."""
    sent = ours.now
    ours.now += 0.05
    clock.observe(float(int(ours.now + offset)), sent)


@pytest.mark.parametrize("offset", [OFFSET + part / 10 for part in range(10)])
def test_a_few_answers_halfway_tell_when_a_second_comes(ours: Clock, offset: float) -> None:
    """Where all others come at the same part of a second, since whoever waits for one sends them at its begin."""
    clock = ZendeskClock(lambda: ours.now)
    for _ in range(5):
        asked(clock, ours, offset)
        ours.now += 0.95
    asks = 0
    for _ in range(5):
        ours.now += 1.3
        end = float(int(ours.now + offset)) + 2
        if (asks_in := clock.asks_in(end)) is not None:
            asks += 1
            ours.now += asks_in
            asked(clock, ours, offset)
    assert asks <= 3
    assert 0.0 <= ours.now + offset - (clock.time() or 0.0) <= 0.35


def test_nobody_asks_before_the_first_answers_nor_where_the_way_is_as_long(ours: Clock) -> None:
    clock = ZendeskClock(lambda: ours.now)
    assert clock.asks_in(OFFSET + 5002) is None
    for _ in range(5):
        sent = ours.now
        ours.now += 0.8
        clock.observe(float(int(ours.now + OFFSET)), sent)
    assert clock.asks_in(OFFSET + ours.now + 2) is None
