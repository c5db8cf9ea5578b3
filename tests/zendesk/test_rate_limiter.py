"""The rate limiter: what it lets go, over threads, processes and kinds of work, and what it makes of answers.

On PostgreSQL, too.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from support.databases import ACCOUNT
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.zendesk.config import RateLimitSettings
from zendesk_gupshup.zendesk.errors import Busy
from zendesk_gupshup.zendesk.rate_limit_headers import RateLimitHeaders, ReportedLimit
from zendesk_gupshup.zendesk.rate_limit_store import rate_limit_counter
from zendesk_gupshup.zendesk.rate_limiter import RateLimiter, counts_against

TICKET, EXPORT = "/api/v2/tickets/7.json", "/api/v2/incremental/tickets/cursor.json"


class Clock:
    """Time that passes only where somebody waits."""

    def __init__(self) -> None:
        self.now, self.waits = 1_000_000.0, list[float]()

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def limiter(
    engine: sa.Engine,
    clock: Clock,
    *,
    stopping: threading.Event | None = None,
    backfill: bool = False,
    per_minute: int | None = None,
    said: list[float] | None = None,
    **settings: float | int | None,
) -> RateLimiter:
    return RateLimiter(
        rate_limit_counter(engine, ACCOUNT, clock=lambda: clock.now),
        RateLimitSettings.model_validate(settings),
        stopping=stopping or threading.Event(),
        backfill=backfill,
        per_minute=per_minute,
        on_wait=said.append if said is not None else None,
        wait=clock.wait,
        monotonic=lambda: clock.now,
    )


def stopped() -> threading.Event:
    """With it a limiter raises at once instead of waiting."""
    event = threading.Event()
    event.set()
    return event


def ask(made: RateLimiter, times: int, method: str = "GET", path: str = TICKET) -> None:
    for _ in range(times):
        made.acquire(method, path)


def observe(made: RateLimiter, method: str, path: str, headers: Mapping[str, str], status: int = 200) -> None:
    made.observe(method, path, status, RateLimitHeaders.parse(headers))


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
    assert RateLimitHeaders.parse(
        {
            "X-Rate-Limit": "700",
            "x-rate-limit": "700",
            "x-rate-limit-remaining": "12",
            "ratelimit-reset": "34",
            "retry-after": "5",
            "Zendesk-RateLimit-tickets-update": "total=100; remaining=0; resets=9",
            "zendesk-rate-limit-per-ticket-updates": "total=30; remaining=29",
            "zendesk-ratelimit-nonsense": "soon",
        }
    ) == RateLimitHeaders(
        limits={
            "account": ReportedLimit(700, 12, 34.0),
            "tickets-update": ReportedLimit(100, 0, 9.0),
            "per-ticket-updates": ReportedLimit(30, 29, 60.0),
        },
        retry_after=5.0,
        account_resets=34,
    )


# --- A backfill ------------------------------------------------------------------------------------------------


def test_a_backfill_leaves_two_fifths_to_live_work(engine: sa.Engine) -> None:
    clock, stopping = Clock(), threading.Event()
    old = limiter(engine, clock, backfill=True, requests_per_minute=100)
    live = limiter(engine, clock, stopping=stopping, requests_per_minute=100)
    ask(old, 60)
    ask(live, 30)
    assert clock.waits == []
    # Live work has used half of what the backfill had. The rest is for the desk's other apps.
    assert live.left() == (0, 90)
    stopping.set()
    with pytest.raises(Busy, match="account"):
        live.acquire("GET", TICKET)
    old.acquire("GET", TICKET)
    assert 60 <= sum(clock.waits) <= 61


def test_a_backfill_leaves_two_fifths_of_what_zendesk_reports(engine: sa.Engine) -> None:
    clock, said = Clock(), list[float]()
    old = limiter(engine, clock, backfill=True, said=said)
    observe(old, "GET", TICKET, headers(281, reset=20))
    ask(old, 1)
    assert (clock.waits, old.account, old.per_minute("account")) == ([], ReportedLimit(700, 281, 20), 420)
    observe(old, "GET", TICKET, headers(280, reset=20))
    ask(old, 1)
    assert (sum(clock.waits), said) == (20, [20])
    # A limit of its own holds back its own kind of request only; one about a single ticket, none.
    told = {
        "Zendesk-RateLimit-tickets-index": "total=100; remaining=40; resets=9",
        "zendesk-ratelimit-per-ticket-updates": "total=30; remaining=0; resets=500",
    }
    observe(old, "GET", "/api/v2/tickets.json", told)
    ask(old, 1)
    assert sum(clock.waits) == 20
    ask(old, 1, path="/api/v2/tickets.json")
    assert sum(clock.waits) == 29


def test_live_work_waits_for_no_limit_that_only_a_backfill_leaves_alone(engine: sa.Engine) -> None:
    clock = Clock()
    live = limiter(engine, clock)
    observe(
        live, "GET", TICKET, {**headers(280), "zendesk-ratelimit-tickets-index": "total=100; remaining=0; resets=9"}
    )
    ask(live, 1)
    assert clock.waits == []


def test_a_backfill_exports_six_times_a_minute_where_nothing_is_reported(engine: sa.Engine) -> None:
    clock = Clock()
    ask(limiter(engine, clock, backfill=True), 6, path=EXPORT)
    assert clock.waits == []
    ask(limiter(engine, clock, backfill=True), 1, path=EXPORT)
    assert 60 <= sum(clock.waits) <= 61


def test_a_limit_of_this_run_alone_is_kept(engine: sa.Engine) -> None:
    clock = Clock()
    made, other = (limiter(engine, clock, backfill=True, per_minute=rate) for rate in (3, None))
    for _ in range(4):
        ask(made, 1)
        clock.now += 1
    assert (sum(clock.waits), made.per_minute("account"), made.per_minute("updates")) == (57, 3, 3)
    ask(other, 10)
    assert (sum(clock.waits), other.per_minute("account"), other.per_minute("updates")) == (57, 120, 60)


def test_a_backfill_that_is_to_stop_finishes_what_is_in_hand_as_live_work(engine: sa.Engine) -> None:
    clock, stopping = Clock(), threading.Event()
    made = limiter(engine, clock, stopping=stopping, backfill=True, per_minute=3, requests_per_minute=10, reserve=0)
    ask(made, 3)
    stopping.set()
    ask(made, 7)
    assert clock.waits == []
    ask(made, 1)
    assert 60 <= sum(clock.waits) <= 61


def test_whoever_waits_proceeds_as_soon_as_there_is_room(engine: sa.Engine) -> None:
    clock = Clock()
    ask(limiter(engine, clock, requests_per_minute=10, reserve=0), 25)
    # Ten at once, ten a minute later, and five more.
    assert 120 <= sum(clock.waits) <= 123


# --- What Zendesk reports --------------------------------------------------------------------------------------


def headers(remaining: int, total: int = 700, reset: int = 40) -> Mapping[str, str]:
    return {"x-rate-limit": f"{total}", "x-rate-limit-remaining": f"{remaining}", "ratelimit-reset": f"{reset}"}


def test_what_zendesk_states_is_adopted_by_every_process(engine: sa.Engine) -> None:
    clock = Clock()
    one, other = limiter(engine, clock), limiter(engine, clock, stopping=stopped())
    assert other.left() == (180, 180)
    ask(one, 1, "PUT")
    observe(one, "PUT", TICKET, {**headers(699), "zendesk-ratelimit-tickets-update": "total=3; remaining=2"})
    assert other.left() == (629, 630)
    ask(other, 2, "PUT", "/api/v2/tickets/8.json")
    with pytest.raises(Busy, match="updates"):
        ask(other, 1, "PUT", "/api/v2/tickets/8.json")
    assert (other.left(), clock.waits) == ((627, 630), [])


def test_a_limit_of_ones_own_is_kept_where_zendesks_is_higher(engine: sa.Engine) -> None:
    made = limiter(engine, Clock(), requests_per_minute=100)
    ask(made, 1)
    observe(made, "GET", TICKET, headers(699))
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
    one, other = limiter(engine, clock), limiter(engine, clock, stopping=stopped())
    ask(one, 1, "PUT")
    observe(one, "PUT", TICKET, answer, status)
    with pytest.raises(Busy) as found:
        other.acquire(*asked)
    assert longest - 1 < (found.value.retry_after or 0) <= max(longest, 1)


def test_a_refused_update_holds_back_no_reading(engine: sa.Engine) -> None:
    one, other = limiter(engine, Clock()), limiter(engine, Clock(), stopping=stopped())
    ask(one, 1, "PUT")
    told = {**headers(500), "zendesk-ratelimit-per-ticket-updates": "total=30; remaining=0; resets=400"}
    observe(one, "PUT", TICKET, {**told, "retry-after": "400"}, 429)
    other.acquire("GET", TICKET)
    other.acquire("PUT", "/api/v2/tickets/8.json")
    with pytest.raises(Busy, match="ticket:7") as found:
        other.acquire("PUT", TICKET)
    assert 390 < (found.value.retry_after or 0) <= 400


def test_one_tickets_own_limit_lets_nobody_else_wait(engine: sa.Engine) -> None:
    clock = Clock()
    made = limiter(engine, clock, updates_per_ticket=3)
    ask(made, 3, "PUT")
    with pytest.raises(Busy, match="ticket:7"):
        made.acquire("PUT", TICKET)
    ask(made, 1, "PUT", "/api/v2/tickets/8.json")
    assert clock.waits == []


@pytest.mark.parametrize(("ours", "zendesks", "allowed"), [(None, 3, 3), (5, 3, 3), (3, 5, 3), (None, None, 30)])
def test_of_our_limit_for_one_ticket_and_zendesks_the_smaller_one_holds(
    engine: sa.Engine, ours: int | None, zendesks: int | None, allowed: int
) -> None:
    made = limiter(engine, Clock(), updates_per_ticket=ours)
    if zendesks:
        told = {"zendesk-ratelimit-per-ticket-updates": f"total={zendesks}; remaining=2; resets=400"}
        observe(made, "PUT", "/api/v2/tickets/8.json", told)
    ask(made, allowed, "PUT")
    with pytest.raises(Busy, match="ticket:7"):
        made.acquire("PUT", TICKET)


def test_without_the_store_reading_goes_on_and_writing_waits_for_a_while(tmp_path: Path) -> None:
    clock = Clock()
    first = open_engine(None, tmp_path)
    made = limiter(first, clock)
    counts = sa.create_engine(f"sqlite:///{tmp_path}/zendesk-gupshup-budget.sqlite")
    with counts.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE zg_budget RENAME TO elsewhere")
    ask(made, 3)
    assert clock.waits == []
    with pytest.raises(Busy, match="the store"):
        made.acquire("PUT", TICKET)
    assert 29 <= sum(clock.waits) <= 31
    with counts.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO zg_budget")
    made.acquire("PUT", TICKET)
    counts.dispose()
    first.dispose()


def test_threads_of_one_process_take_turns_and_none_is_left_behind(engine: sa.Engine) -> None:
    settings = RateLimitSettings(requests_per_minute=1000, reserve=0)
    made = RateLimiter(rate_limit_counter(engine, ACCOUNT), settings, stopping=threading.Event())
    threads = [threading.Thread(target=ask, args=(made, 10)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert made.left() == (920, 1000)


def test_a_backfills_thread_has_its_patience_from_its_turn_on(engine: sa.Engine) -> None:
    """The fourth of four that want one a minute waits for three minutes, and no longer than one for its own room."""
    clock, here, all_here, start = Clock(), set[int](), threading.Event(), threading.Barrier(4)

    def monotonic() -> float:
        here.add(threading.get_ident())
        if len(here) == 4:
            all_here.set()
        return clock.now

    def wait(seconds: float) -> None:
        assert all_here.wait(30)
        clock.wait(seconds)

    def ask_once(_: int) -> None:
        start.wait(30)
        ask(made, 1)

    made = RateLimiter(
        rate_limit_counter(engine, ACCOUNT, clock=lambda: clock.now), RateLimitSettings(), stopping=threading.Event(),
        backfill=True, per_minute=1, wait=wait, monotonic=monotonic,
    )  # fmt: skip
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask_once, range(4)))
    assert 180 <= sum(clock.waits) <= 183


def test_what_nobody_writes_to_any_more_is_dropped(tmp_path: Path) -> None:
    clock = Clock()
    engine = open_engine(None, tmp_path)
    made = limiter(engine, clock)
    ask(made, 1, "PUT")
    clock.now += 3700
    ask(made, 1, "PUT", "/api/v2/tickets/8.json")
    made.prune()
    counts = sa.create_engine(f"sqlite:///{tmp_path}/zendesk-gupshup-budget.sqlite")
    with counts.connect() as connection:
        names = connection.exec_driver_sql("SELECT name FROM zg_budget ORDER BY name").scalars().all()
    assert names == ["account", "ticket:8", "updates"]
    counts.dispose()
    engine.dispose()
