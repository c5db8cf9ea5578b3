"""Sliding windows: none ever holds more than its limit, over threads, processes and clocks that jump.

On PostgreSQL, too.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from support.databases import ACCOUNT
from zendesk_gupshup.storage.schema import upgrade
from zendesk_gupshup.storage.window_counter import Wait, WindowCounter, WindowLimit, WindowPart, added, recent, room
from zendesk_gupshup.storage.window_table import SqliteWindowTable

NOW = 1_700_000_000_000

# Counts as fast as it can, with four threads, and prints how often it could.
OTHER = """
import sys
import threading
import time
from pathlib import Path
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.window_counter import WindowCounter, WindowLimit
from zendesk_gupshup.storage.window_table import SqliteWindowTable
url, folder, account, file = sys.argv[1:]
table = SqliteWindowTable(Path(file), account, time.time) if file else None
counter, taken = WindowCounter(open_engine(url or None, Path(folder)), account, table=table), []
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


@pytest.fixture(params=["in the database", "in a file of its own"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "windows.sqlite" if request.param == "in a file of its own" else None


@pytest.fixture
def counter(engine: sa.Engine, clock: Clock, file: Path | None) -> Iterator[WindowCounter]:
    upgrade(engine)
    table = SqliteWindowTable(file, ACCOUNT, lambda: clock.now) if file else None
    yield WindowCounter(engine, ACCOUNT, clock=lambda: clock.now, table=table)
    if table:
        table.close()


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
    assert [name for name in ("a", "b", "c") if counter._table.read(name)] == ["a", "c"]


def test_a_name_under_which_nothing_was_counted_leaves_no_row(counter: WindowCounter) -> None:
    none = WindowLimit("a", 0, least=0)
    assert isinstance(counter.acquire(none, WindowLimit("b", 5)), Wait)
    assert [counter._table.read(name) for name in ("a", "b")] == [None, None]


def test_after_a_failure_the_file_is_opened_anew(tmp_path: Path) -> None:
    table = SqliteWindowTable(tmp_path / "windows.sqlite", ACCOUNT, lambda: 1_000_000.0)
    limit = WindowLimit("a", 5)
    counter = WindowCounter(sa.create_engine("sqlite://"), ACCOUNT, table=table)

    def fail() -> None:
        with table.locked(["a"]) as held:
            held.store({"a": "[[1, 5]]"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert counter.acquire(limit) is None
    with sqlite3.connect(tmp_path / "windows.sqlite", isolation_level=None) as other:
        other.execute("ALTER TABLE zg_budget RENAME TO elsewhere")
        with pytest.raises(sa.exc.OperationalError, match="no such table"):
            counter.acquire(limit)
        other.execute("ALTER TABLE elsewhere RENAME TO zg_budget")
    other.close()
    assert counter.acquire(limit) is None
    assert counter.usage(limit) == (2, None)
    table.close()


def test_two_processes_with_four_threads_each_never_go_over_it(
    engine: sa.Engine, tmp_path: Path, file: Path | None
) -> None:
    url = "" if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=False)
    upgrade(engine)
    words = [sys.executable, "-c", OTHER, url, str(tmp_path), ACCOUNT, str(file or "")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    others = [subprocess.Popen(words, **pipes) for _ in range(2)]  # type: ignore[call-overload] # a dict of its options
    assert [other.stdout.readline() for other in others] == ["ready\n", "ready\n"]
    for other in others:
        other.stdin.write("go\n")
        other.stdin.flush()
    assert sum(int(other.communicate(timeout=60)[0]) for other in others) == 40
    # What was refused for one limit was not counted for the other one.
    table = SqliteWindowTable(file, ACCOUNT, time.time) if file else None
    assert WindowCounter(engine, ACCOUNT, table=table).usage(WindowLimit("a", 50))[0] == 40
    if table:
        table.close()
