"""The budget of requests: no window ever holds more than the limit, over threads, processes and kinds of work.

On PostgreSQL, too, where TEST_DATABASE_URL names a database that may be emptied.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from support.databases import ACCOUNT
from zendesk_gupshup.settings import RateLimitSettings
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.zendesk.errors import Busy
from zendesk_gupshup.zendesk.rate_limit_store import Log, RateLimit, RateLimitStore, Wait, added, recent, room
from zendesk_gupshup.zendesk.rate_limiter import RateLimiter, ReportedLimit, counts_against, limits_told

TICKET, EXPORT = "/api/v2/tickets/7.json", "/api/v2/incremental/tickets/cursor.json"

# Spends as fast as it can, with four threads, and prints how often it could.
OTHER = """
import sys
import threading
from pathlib import Path
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.zendesk.rate_limit_store import RateLimit, RateLimitStore
url, folder, account = sys.argv[1:]
spent, taken = RateLimitStore(open_engine(url or None, Path(folder)), account), []
print("ready", flush=True)
sys.stdin.readline()
def spend():
    taken.extend(n for n in range(30) if spent.take([RateLimit("account", 50), RateLimit("updates", 40)]) is None)
threads = [threading.Thread(target=spend) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(taken))
"""


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.now, self.waits = 1_000_000.0, list[float]()

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def budget(engine: sa.Engine, clock: Clock, **rules: float | int | None) -> RateLimiter:
    spent = RateLimitStore(engine, ACCOUNT, clock=lambda: clock.now)
    return RateLimiter(spent, RateLimitSettings.model_validate(rules), wait=clock.wait, monotonic=lambda: clock.now)


def ask(made: RateLimiter, times: int, method: str = "GET", path: str = TICKET) -> None:
    for _ in range(times):
        made.before(method, path)


@given(st.integers(1, 40), st.lists(st.integers(0, 20_000), max_size=120))
def test_no_minute_holds_more_than_the_limit(most: int, pauses: list[int]) -> None:
    limit, now, log, sent = RateLimit("account", most), 1_700_000_000_000, Log(), list[int]()
    for pause in pauses:
        now += pause
        log = recent(log, 60, now)
        wait = room(log, limit, None, now)
        # Whoever waits as long as he is told finds room.
        now += round(wait * 1000)
        log = recent(log, 60, now)
        assert room(log, limit, None, now) == 0
        log = added(log, 60, now)
        sent.append(now)
        assert sum(at > now - 60_000 for at in sent) <= most
    assert len(log) <= 61


@given(st.integers(1, 50))
def test_what_fits_into_a_minute_goes_out_at_once(most: int) -> None:
    limit, now, log = RateLimit("account", most), 1_700_000_000_000, Log()
    for _ in range(most):
        assert room(log, limit, None, now) == 0
        log = added(log, 60, now)
    # A minute, and the second that a request may take to reach Zendesk.
    assert 60 <= room(log, limit, None, now) <= 61.1


def test_a_clock_that_was_set_back_stops_nobody_for_longer_than_a_window() -> None:
    later, now = 1_700_003_600_000, 1_700_000_000_000
    log = recent(added(Log(), 60, later), 60, now)
    assert 60 <= room(log, RateLimit("account", 1), None, now) <= 61.1


@pytest.mark.parametrize(
    ("method", "path", "names"),
    [
        ("GET", TICKET, ("account",)),
        ("PUT", TICKET, ("account", "ticket:7", "updates")),
        ("PUT", "/api/v2/tickets/7/tags", ("account", "ticket:7", "updates")),
        ("PUT", "/api/v2/tickets/update_many.json", ("account", "updates")),
        ("POST", "/api/v2/uploads.json", ("account",)),
        ("GET", EXPORT, ("account", "exports")),
        ("POST", "/oauth/tokens", ("account",)),
    ],
)
def test_what_a_request_counts_against(method: str, path: str, names: tuple[str, ...]) -> None:
    assert counts_against(method, path) == names


def test_the_headers_are_read_in_both_spellings() -> None:
    assert limits_told(
        {
            "X-Rate-Limit": "700",
            "x-rate-limit": "700",
            "x-rate-limit-remaining": "12",
            "ratelimit-reset": "34",
            "Zendesk-RateLimit-tickets-update": "total=100; remaining=0; resets=9",
            "zendesk-rate-limit-per-ticket-updates": "total=30; remaining=29",
            "zendesk-ratelimit-nonsense": "soon",
        }
    ) == {
        "account": ReportedLimit(700, 12, 34.0),
        "tickets-update": ReportedLimit(100, 0, 9.0),
        "per-ticket-updates": ReportedLimit(30, 29, 60.0),
    }


def test_two_processes_with_four_threads_each_never_go_over_it(engine: sa.Engine, tmp_path: Path) -> None:
    url = "" if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=False)
    RateLimitStore(engine, ACCOUNT)
    words = [sys.executable, "-c", OTHER, url, str(tmp_path), ACCOUNT]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    others = [subprocess.Popen(words, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    assert [other.stdout.readline() for other in others] == ["ready\n", "ready\n"]
    for other in others:
        other.stdin.write("go\n")
        other.stdin.flush()
    assert sum(int(other.communicate(timeout=60)[0]) for other in others) == 40
    # What was refused for one limit was not spent of the other one.
    assert RateLimitStore(engine, ACCOUNT).used("account")[0] == 40


def test_old_tickets_leave_two_fifths_to_live_work(engine: sa.Engine) -> None:
    clock = Clock()
    old, live = (budget(engine, clock, requests_per_minute=100) for _ in range(2))
    old.backlog = lambda: True
    ask(old, 60)
    assert clock.waits == []
    ask(live, 30)
    assert clock.waits == []
    # Live work has used half of what old tickets had: they wait until that is over.
    give_up(old)
    with pytest.raises(Busy, match="account"):
        old.before("GET", TICKET)
    # The rest is for the desk's other apps.
    assert live.left() == (0, 90)
    give_up(live)
    with pytest.raises(Busy, match="account"):
        live.before("GET", TICKET)


def give_up(made: RateLimiter) -> None:
    """From now on it says at once what it would wait for."""
    made.stopping = lambda: True


def test_whoever_waits_goes_on_as_soon_as_there_is_room(engine: sa.Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("the clock is PostgreSQL's own")
    clock = Clock()
    made = budget(engine, clock, requests_per_minute=10, reserve=0)
    ask(made, 25)
    # Ten at once, ten a minute later, and five more.
    assert 120 <= sum(clock.waits) <= 123


def headers(remaining: int, total: int = 700, reset: int = 40) -> Mapping[str, str]:
    return {"x-rate-limit": f"{total}", "x-rate-limit-remaining": f"{remaining}", "ratelimit-reset": f"{reset}"}


def test_what_zendesk_states_is_adopted_by_every_process(engine: sa.Engine) -> None:
    clock = Clock()
    one, other = budget(engine, clock), budget(engine, clock)
    assert other.left() == (180, 180)
    ask(one, 1, "PUT")
    one.heard("PUT", TICKET, {**headers(699), "zendesk-ratelimit-tickets-update": "total=3; remaining=2"}, 200)
    assert other.left() == (629, 630)
    give_up(other)
    ask(other, 2, "PUT", "/api/v2/tickets/8.json")
    with pytest.raises(Busy, match="updates"):
        ask(other, 1, "PUT", "/api/v2/tickets/8.json")
    assert (other.left(), clock.waits) == ((627, 630), [])


def test_a_limit_of_ones_own_is_kept_where_zendesks_is_higher(engine: sa.Engine) -> None:
    made = budget(engine, Clock(), requests_per_minute=100)
    ask(made, 1)
    made.heard("GET", TICKET, headers(699), 200)
    assert made.left() == (89, 90)


@pytest.mark.parametrize(
    ("answer", "status", "asked", "longest"),
    [
        # Of the account: everybody waits until it starts anew.
        ({**headers(0), "retry-after": "17"}, 429, ("GET", TICKET), 17),
        # Others have used it up, and we leave them their tenth.
        (headers(70, reset=23), 200, ("GET", TICKET), 23),
        # Of updates alone: nobody updates.
        ({**headers(500), "zendesk-ratelimit-tickets-update": "total=100; remaining=0; resets=12", "retry-after": "12"},
         429, ("PUT", "/api/v2/tickets/8.json"), 12),
        # Without a word on which one, or with a nonsensical one: a short while, and the next request tells.
        ({"retry-after": "86400000"}, 429, ("GET", TICKET), 5),
        ({"retry-after": "3"}, 503, ("GET", TICKET), 3),
    ],
)  # fmt: skip
def test_where_one_is_told_to_wait_all_do(
    engine: sa.Engine, answer: Mapping[str, str], status: int, asked: tuple[str, str], longest: float
) -> None:
    clock = Clock()
    one, other = budget(engine, clock), budget(engine, clock)
    ask(one, 1, "PUT")
    one.heard("PUT", TICKET, answer, status)
    give_up(other)
    with pytest.raises(Busy) as found:
        other.before(*asked)
    assert longest - 1 < (found.value.retry_after or 0) <= max(longest, 1)


def test_a_refused_update_holds_back_no_reading(engine: sa.Engine) -> None:
    one, other = budget(engine, Clock()), budget(engine, Clock())
    ask(one, 1, "PUT")
    told = {**headers(500), "zendesk-ratelimit-per-ticket-updates": "total=30; remaining=0; resets=400"}
    one.heard("PUT", TICKET, {**told, "retry-after": "400"}, 429)
    give_up(other)
    other.before("GET", TICKET)
    other.before("PUT", "/api/v2/tickets/8.json")
    with pytest.raises(Busy, match="ticket:7") as found:
        other.before("PUT", TICKET)
    assert 390 < (found.value.retry_after or 0) <= 400


def test_one_tickets_own_limit_lets_nobody_else_wait(engine: sa.Engine) -> None:
    clock = Clock()
    made = budget(engine, clock, updates_per_ticket=3)
    ask(made, 3, "PUT")
    with pytest.raises(Busy, match="ticket:7"):
        made.before("PUT", TICKET)
    ask(made, 1, "PUT", "/api/v2/tickets/8.json")
    assert clock.waits == []


@pytest.mark.parametrize(("ours", "zendesks", "allowed"), [(None, 3, 3), (5, 3, 3), (3, 5, 3), (None, None, 30)])
def test_of_our_limit_for_one_ticket_and_zendesks_the_smaller_one_holds(
    engine: sa.Engine, ours: int | None, zendesks: int | None, allowed: int
) -> None:
    made = budget(engine, Clock(), updates_per_ticket=ours)
    if zendesks:
        told = {"zendesk-ratelimit-per-ticket-updates": f"total={zendesks}; remaining=2; resets=400"}
        made.heard("PUT", "/api/v2/tickets/8.json", told, 200)
    ask(made, allowed, "PUT")
    with pytest.raises(Busy, match="ticket:7"):
        made.before("PUT", TICKET)


def test_a_longer_hold_stays_and_a_clock_that_was_set_back_ends_it(tmp_path: Path) -> None:
    clock = Clock()
    engine = open_engine(None, tmp_path)
    made = RateLimitStore(engine, ACCOUNT, clock=lambda: clock.now)
    made.hold("account", 40)
    made.hold("account", 3)
    assert made.take([RateLimit("account", 5)]) == Wait("account", 40.0)
    clock.now -= 3600
    assert made.take([RateLimit("account", 5)]) is None
    engine.dispose()


def test_without_the_store_reading_goes_on_and_writing_waits_for_a_while(tmp_path: Path) -> None:
    clock = Clock()
    first = open_engine(None, tmp_path)
    made = budget(first, clock)
    counts = sa.create_engine(f"sqlite:///{tmp_path}/zendesk-gupshup-budget.sqlite")
    with counts.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE zg_budget RENAME TO elsewhere")
    ask(made, 3)
    assert clock.waits == []
    with pytest.raises(Busy, match="the store"):
        made.before("PUT", TICKET)
    assert 29 <= sum(clock.waits) <= 31
    with counts.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO zg_budget")
    made.before("PUT", TICKET)
    counts.dispose()
    first.dispose()


def test_threads_of_one_process_take_turns_and_none_is_left_behind(engine: sa.Engine) -> None:
    made = RateLimiter(RateLimitStore(engine, ACCOUNT), RateLimitSettings(requests_per_minute=1000, reserve=0))
    threads = [threading.Thread(target=ask, args=(made, 10)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert made.left() == (920, 1000)


def test_what_nobody_writes_to_any_more_is_dropped(tmp_path: Path) -> None:
    clock = Clock()
    engine = open_engine(None, tmp_path)
    made = budget(engine, clock)
    ask(made, 1, "PUT")
    clock.now += 3700
    ask(made, 1, "PUT", "/api/v2/tickets/8.json")
    made.tidy()
    counts = sa.create_engine(f"sqlite:///{tmp_path}/zendesk-gupshup-budget.sqlite")
    with counts.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM zg_budget ORDER BY name").scalars().all()
    assert names == ["account", "ticket:8", "updates"]
    counts.dispose()
    engine.dispose()
