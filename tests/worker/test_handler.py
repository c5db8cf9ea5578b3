"""A ticket out of the queue: what it costs, when it waits, and when it is given up; on a Zendesk that remembers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from support.clock import Clock
from support.fake_zendesk import stamp
from support.handler_bench import Bench, Desk
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.storage.visits import IDLE_VISITS, IDLE_WINDOW, MAX_CRASHES, VisitHistory, seconds_of
from zendesk_gupshup.worker.handler import ATTEMPTS
from zendesk_gupshup.zendesk.credential_breaker import CredentialBreaker
from zendesk_gupshup.zendesk.errors import (
    Busy,
    OutcomeUnknown,
    Refused,
    TicketGone,
    Unauthorized,
    Unreachable,
    ZendeskError,
)


@pytest.fixture
def bench(engine: sa.Engine) -> Bench:
    return Bench(engine, Desk())


# --- What counts as one of a ticket's tries ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "probes", "counts"),
    [
        (Busy("rate limit", retry_after=9), [], False),
        (Unreachable("cannot reach Zendesk"), [Unreachable("neither")] * 50, False),
        (Unreachable("cannot reach Zendesk"), [None], True),
        (Unreachable("502", status=502), [Unreachable("502", status=502)] * 50, False),
        (Unreachable("500", status=500), [], True),
        (OutcomeUnknown("it timed out"), [], True),
        (RuntimeError("a fault of ours: Zanzibar"), [], True),
        (sa.exc.OperationalError("insert", {}, Exception("database is locked")), [], False),
    ],
    ids=["429", "outage", "only this one", "502 everywhere", "500", "unclear", "bug", "store gone"],
)
def test_only_what_is_the_tickets_own_fault_costs_a_try(
    bench: Bench, error: Exception, probes: list[ZendeskError | None], counts: bool
) -> None:
    bench.desk.error, bench.desk.probes = error, probes
    again = bench.once(attempt=ATTEMPTS - 1)
    assert again
    assert (again.counts, again.seconds > 0, bench.failures.listed()) == (counts, True, ())
    last = bench.once(attempt=ATTEMPTS)
    assert (last is None, [one.kind for one in bench.failures.listed()]) == (counts, ["tries"] if counts else [])


def test_a_ticket_that_is_not_found_is_looked_for_a_little_longer(bench: Bench) -> None:
    bench.desk.error = TicketGone("ticket 7: not found (404)", status=404)
    assert [bench.once(attempt=n) is not None for n in (1, 2, 3)] == [True, True, False]
    assert bench.failures.listed() == ()


def test_what_zendesk_refuses_is_listed_at_once_and_gone_when_it_is_taken(bench: Bench) -> None:
    bench.desk.error = Refused("ticket 7: refused (422)", status=422)
    assert bench.once() is None
    assert [(one.kind, one.attempts) for one in bench.failures.listed()] == [("refused", 1)]
    bench.desk.error = None
    assert bench.once() is None
    assert (bench.failures.listed(), bench.desk.written(public=True)) == ((), 1)


# --- Refused credentials -------------------------------------------------------------------------------------


def _wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    assert condition()


@pytest.mark.parametrize(
    "error",
    [
        Unauthorized("401", status=401, account_wide=True),
        Unauthorized("403", status=403, account_wide=True),
        Unauthorized("403 on this ticket", status=403),
    ],
    ids=["401", "403 everywhere", "403 of a suspended user"],
)
def test_refused_credentials_stop_everything_cost_no_try_and_come_right_by_themselves(
    bench: Bench, error: Unauthorized
) -> None:
    wide = Unauthorized("Zendesk does not accept the credentials", status=error.status, account_wide=True)
    bench.desk.error = error
    bench.desk.probes = [wide] * 20
    again = bench.once(attempt=ATTEMPTS)
    assert again
    assert (again.counts, bench.failures.listed()) == (False, ())
    assert bench.credential.reason
    assert "Nothing is lost: tickets wait in the queue." in bench.credential.reason
    assert bench.desk.paused == bench.credential.reason
    assert metrics.CREDENTIAL_ACCEPTED._value.get() == 0
    # Whoever comes now waits in his place, and goes on at once when it is right.
    bench.desk.error = None
    bench.desk.calls.clear()
    bench.desk.probes = bench.desk.probes[:2]
    assert bench.once() is None
    assert [bench.credential.reason, bench.desk.paused, bench.desk.written(public=True)] == [None, None, 1]
    assert metrics.CREDENTIAL_ACCEPTED._value.get() == 1


def test_a_403_on_one_ticket_alone_is_a_failure_of_that_ticket(bench: Bench) -> None:
    bench.desk.error = Unauthorized("ticket 7: the user's rights do not allow this (403)", status=403)
    assert bench.once() is None
    assert (bench.credential.reason, [one.kind for one in bench.failures.listed()]) == (None, ["refused"])


def test_a_worker_that_stops_while_credentials_are_refused_gives_its_tickets_back(bench: Bench) -> None:
    bench.desk.probes = [Unauthorized("401", status=401)] * 10_000
    bench.credential.trip(Unauthorized("401", status=401, account_wide=True))
    bench.stopping.set()
    again = bench.once()
    assert again
    assert (again.counts, bench.desk.calls) == (False, [])


def test_a_changed_file_is_tried_without_waiting_out_the_pause(engine: sa.Engine, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    desk, stopping = Desk(), threading.Event()
    credential = CredentialBreaker(desk, stopping, {"oauth_token": file}, first=3600, longest=3600)
    credential.trip(Unauthorized("401", status=401, account_wide=True))
    assert credential.reason
    assert "Put the right secret into the file of ZENDESK_OAUTH_TOKEN_FILE" in credential.reason
    assert not credential.wait(0.01)
    file.write_text("a newer one")
    assert credential.wait(60)
    assert [credential.reason, desk.probed] == [None, 1]


# --- Looks that need not be made -----------------------------------------------------------------------------


def test_what_was_queued_before_the_ticket_was_read_needs_no_request(bench: Bench) -> None:
    assert bench.once(stamp(80)) is None
    assert bench.once(stamp(200)) is None
    before = metrics.NOT_NEEDED._value.get()
    bench.desk.calls.clear()
    read = bench.looks.history(7).read_at
    older = [stamp(n) for n in range(60, 100) if _seconds(stamp(n)) < (read or 0)]
    assert older
    assert [bench.once(seen) for seen in older] == [None] * len(older)
    assert (bench.desk.calls, metrics.NOT_NEEDED._value.get() - before) == ([], len(older))
    # The same second may hold a change that came after the reading.
    bench.once(bench.desk.ticket_now.updated_at)
    assert bench.desk.calls


def _seconds(text: str) -> float:
    found = seconds_of(text)
    assert found is not None
    return found


@given(
    changes=st.lists(st.integers(0, 40), min_size=1, max_size=12).map(sorted),
    reads=st.lists(st.integers(0, 60), max_size=8).map(sorted),
    delays=st.lists(st.integers(0, 20), min_size=12, max_size=12),
    jumps=st.lists(st.sampled_from((0, 0, 0, -30, 3600)), min_size=12, max_size=12),
    ours=st.booleans(),
)
def test_no_change_is_left_unread_because_its_look_was_skipped(
    changes: list[int], reads: list[int], delays: list[int], jumps: list[int], ours: bool
) -> None:
    """Changes at whole seconds, their looks queued at once and worked off late and in any order: after the last one
    has been skipped or made, the newest reading has seen every change. One clock may jump, Zendesk's or ours."""
    past, newest_read = VisitHistory(), -1
    wrong = dict(zip(changes, jumps, strict=False))

    def zendesks(second: int) -> int:
        return second + (0 if ours else wrong.get(second, 0))

    def look(now: int) -> None:
        nonlocal past, newest_read
        # It waits until the second of the stamp that it reads is over.
        seen = [c for c in changes if c <= now]
        if seen:
            past = VisitHistory(read_at=zendesks(seen[-1]), at=now + 1 + (wrong.get(seen[-1], 0) if ours else 0))
            newest_read = max(newest_read, seen[-1])

    events = sorted([(change + 1 + delay, change) for change, delay in zip(changes, delays, strict=False)])
    events += [(read + 1, -1) for read in reads]
    for now, change in sorted(events):
        asked = change + (wrong.get(change, 0) if ours else 0)
        if change < 0 or not past.covers(float(zendesks(change)), float(asked)):
            look(now - 1)
    assert newest_read == changes[-1]


def test_a_ticket_that_keeps_changing_for_nothing_is_looked_at_less_and_less(bench: Bench) -> None:
    assert bench.once(stamp(90)) is None
    looks = 0
    for _ in range(100):
        bench.desk.now += 5
        bench.desk.ticket_now = bench.desk.ticket_now.model_copy(update={"updated_at": stamp(bench.desk.now)})
        before = len(bench.desk.calls)
        again = bench.once(stamp(bench.desk.now))
        made = len(bench.desk.calls) > before
        looks += made
        assert made is (again is None)
        assert again is None or (not again.counts and again.seconds <= 240)
    assert looks == IDLE_VISITS
    # Whoever asks for it by hand does not wait.
    before = len(bench.desk.calls)
    assert bench.once() is None
    assert len(bench.desk.calls) > before


@given(idle=st.integers(0, 50), since=st.integers(-100, 2000), at=st.integers(-100, 2000))
def test_a_pause_has_an_end_whatever_the_clock_does(idle: int, since: int, at: int) -> None:
    now = 1000.0
    pause = VisitHistory(at=at, idle=idle, idle_since=since).idle_backoff(now)
    assert 0 <= pause <= 240
    if idle < IDLE_VISITS or not 0 <= now - since < IDLE_WINDOW:
        assert pause == 0


# --- Tickets that kill ---------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for a process that is gone: nothing of ours catches it."""


def test_a_ticket_that_kills_workers_is_listed_and_stops_killing(
    bench: Bench, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    clock.now = 5_000_000.0
    bench.looks._now = clock
    monkeypatch.setattr("zendesk_gupshup.worker.handler.time.time", clock)
    bench.desk.error = Killed()  # type: ignore[assignment]
    kills = waits = 0
    for _ in range(100):
        try:
            again = bench.once()
        except Killed:
            kills += 1
            continue
        if again is None:
            break
        waits += 1
        clock.now += again.seconds
    assert (kills, waits) == (MAX_CRASHES, MAX_CRASHES - 2)
    (one,) = bench.failures.listed()
    assert (one.kind, one.reason) == ("kills", "the worker died 5 times while handling it")
    # `retry` gives it as many chances again.
    bench.desk.error = None
    assert bench.once() is None
    assert (bench.failures.listed(), bench.desk.written(public=True)) == ((), 1)


# --- A noisy organization ------------------------------------------------------------------------------------


def test_an_organization_beyond_its_share_comes_back_later_while_others_wait(bench: Bench) -> None:
    bench.desk.ticket_now = bench.desk.ticket_now.model_copy(update={"organization_id": 5})
    for _ in range(2):
        assert bench.sent.acquire_update(5, 2)
    bench.crowd = True
    again = bench.once()
    assert again
    assert (again.counts, bench.desk.updates, bench.failures.listed()) == (False, 0, ())
    # Now its organization is known, or nobody else waits: the first is put off unread, the second goes out.
    bench.looks.end(7, VisitHistory(), read_at=None, idle=False, organization_id=5)
    bench.desk.calls.clear()
    assert bench.once()
    assert bench.desk.calls == []
    bench.crowd = False
    assert bench.once() is None
    assert (bench.desk.written(public=True), bench.desk.written(public=False)) == (1, 1)


def test_a_note_follows_its_reply_however_crowded_it_is(bench: Bench) -> None:
    bench.desk.ticket_now = bench.desk.ticket_now.model_copy(update={"organization_id": 5})
    assert bench.sent.acquire_update(5, 2)
    bench.crowd = True
    assert bench.once() is None
    assert (bench.desk.written(public=True), bench.desk.written(public=False)) == (1, 1)
