"""Sliding windows: none ever holds more than its limit, over threads, processes and clocks that jump.

On PostgreSQL, too.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from support.databases import ACCOUNT
from zendesk_gupshup.storage.schema import upgrade
from zendesk_gupshup.storage.window_counter import Wait, WindowCounter, WindowLimit, WindowPart, added, recent, room

NOW = 1_700_000_000_000

# Counts as fast as it can, with four threads, and prints how often it could.
OTHER = """
import sys
import threading
from pathlib import Path
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.window_counter import WindowCounter, WindowLimit
url, folder, account = sys.argv[1:]
counter, taken = WindowCounter(open_engine(url or None, Path(folder)), account), []
print("ready", flush=True)
sys.stdin.readline()
def take():
    taken.extend(n for n in range(30) if counter.acquire(WindowLimit("a", 50), WindowLimit("b", 40)) is None)
threads = [threading.Thread(target=take) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(taken))
"""


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counter(engine: sa.Engine, clock: Clock) -> WindowCounter:
    upgrade(engine)
    return WindowCounter(engine, ACCOUNT, clock=lambda: clock.now)


@pytest.mark.parametrize("exact", [False, True])
@given(st.integers(1, 40), st.lists(st.integers(0, 20_000), max_size=120))
def test_no_minute_holds_more_than_the_limit(exact: bool, most: int, pauses: list[int]) -> None:
    limit, now, log, sent = WindowLimit("a", most, exact=exact), NOW, list[WindowPart](), list[int]()
    for pause in pauses:
        now += pause
        log = recent(log, limit, now)
        # Whoever waits as long as told finds room.
        now += round(room(log, limit, None, now) * 1000)
        log = recent(log, limit, now)
        assert room(log, limit, None, now) == 0
        log = added(log, limit, now)
        sent.append(now)
        assert sum(at > now - 60_000 for at in sent) <= most
    assert len(log) <= (most if exact else 61)


@given(st.integers(1, 50))
def test_what_fits_into_a_minute_goes_out_at_once(most: int) -> None:
    limit, log = WindowLimit("a", most), list[WindowPart]()
    for _ in range(most):
        assert room(log, limit, None, NOW) == 0
        log = added(log, limit, NOW)
    # A minute, and the second that a request may take to reach Zendesk.
    assert 60 <= room(log, limit, None, NOW) <= 61.1


@pytest.mark.parametrize(("ahead", "shortest", "longest"), [(0, 60, 61), (30_000, 60, 91), (3_600_000, 0, 0)])
def test_a_clock_that_was_set_back_keeps_nobody_waiting_for_the_jump(
    counter: WindowCounter, clock: Clock, ahead: int, shortest: float, longest: float
) -> None:
    limit = WindowLimit("a", 1)
    assert counter.acquire(limit) is None
    clock.now -= ahead / 1000
    found = counter.acquire(limit)
    assert shortest <= (found.seconds if found else 0) <= longest
    clock.now += longest
    assert counter.acquire(WindowLimit("a", 2)) is None


@pytest.mark.parametrize(
    ("limit", "reported", "allowed"),
    [
        (WindowLimit("a", 200), None, 200),
        (WindowLimit("a", 200), 700, 700),
        (WindowLimit("a", 200, maximum=100), 700, 100),
        (WindowLimit("a", 200, maximum=1000), 700, 700),
        (WindowLimit("a", 200, maximum=1000), None, 1000),
        (WindowLimit("a", 200, share=0.6), 700, 420),
        (WindowLimit("a", 1, share=0.1), None, 1),
        (WindowLimit("a", 0, least=0), None, 0),
    ],
)
def test_how_many_are_allowed(limit: WindowLimit, reported: int | None, allowed: int) -> None:
    assert limit.allowed(reported) == allowed


def test_all_limits_count_or_none_does(counter: WindowCounter) -> None:
    one, two = WindowLimit("a", 1), WindowLimit("b", 5)
    assert counter.acquire(one, two) is None
    assert (counter.acquire(one, two) or Wait("", 0)).name == "a"
    assert (counter.usage(one), counter.usage(two)) == ((1, None), (1, None))


def test_an_event_counts_once_a_window(counter: WindowCounter, clock: Clock) -> None:
    limit = WindowLimit("a", 1, exact=True)
    assert [counter.acquire(limit, event=event) is None for event in ("x", "x", "y", "x")] == [True, True, False, True]
    clock.now += 60
    assert [counter.acquire(limit, event=event) is None for event in ("y", "x")] == [True, False]


def test_a_longer_pause_stays_and_a_clock_that_was_set_back_ends_it(counter: WindowCounter, clock: Clock) -> None:
    counter.pause("a", 40)
    counter.pause("a", 3)
    assert counter.acquire(WindowLimit("a", 5)) == Wait("a", 40.0)
    clock.now -= 3600
    assert counter.acquire(WindowLimit("a", 5)) is None


def test_what_nothing_was_counted_under_for_an_hour_is_dropped(counter: WindowCounter, clock: Clock) -> None:
    for name in ("a", "b"):
        counter.acquire(WindowLimit(name, 5))
    counter.report("a", 700)
    clock.now += 3700
    counter.acquire(WindowLimit("c", 5))
    counter.prune()
    assert [counter.usage(WindowLimit(name, 5)) for name in ("a", "b", "c")] == [(0, 700), (0, None), (1, None)]
    with counter._engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM zg_budget ORDER BY name").scalars().all()
    assert names == ["a", "c"]


def test_two_processes_with_four_threads_each_never_go_over_it(engine: sa.Engine, tmp_path: Path) -> None:
    url = "" if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=False)
    upgrade(engine)
    words = [sys.executable, "-c", OTHER, url, str(tmp_path), ACCOUNT]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    others = [subprocess.Popen(words, **pipes) for _ in range(2)]  # type: ignore[call-overload] # a dict of its options
    assert [other.stdout.readline() for other in others] == ["ready\n", "ready\n"]
    for other in others:
        other.stdin.write("go\n")
        other.stdin.flush()
    assert sum(int(other.communicate(timeout=60)[0]) for other in others) == 40
    # What was refused for one limit was not counted for the other one.
    assert WindowCounter(engine, ACCOUNT).usage(WindowLimit("a", 50))[0] == 40
