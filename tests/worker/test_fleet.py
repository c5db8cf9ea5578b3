"""Several workers on one store, as real processes: leases, takeover, one worker a ticket, one sweep a period.

On PostgreSQL, too.
"""

from __future__ import annotations

import threading
from collections import Counter
from itertools import count, islice, pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from support.databases import queue_database
from support.fleet import Fleet
from support.workers import SECONDS, ours, write
from zendesk_gupshup.demo.stage import Api, free_port, install, when
from zendesk_gupshup.storage.schema import WORKER
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.worker import leases
from zendesk_gupshup.worker.leases import NoFreeLease
from zendesk_gupshup.worker.queue_client import enqueue
from zendesk_gupshup.zendesk.errors import Busy
from zendesk_sandbox.server import SandboxServer

LONG = "each"

GRACE = 30.0


@pytest.mark.no_cover
def test_two_workers_share_the_work_one_takes_over_and_sweeps_are_one_a_period(fleet: Fleet) -> None:
    one, other = fleet.both()
    # So that the first one can be met with a ticket in hand.
    fleet.sandbox.change(latency_ms=100)
    tickets = [write(fleet.sandbox) for _ in range(6)]
    rounds = count()

    def announce() -> None:
        """Three times each, so that both workers would like to have it."""
        for number in islice(rounds, 3):
            for ticket_id in tickets:
                enqueue(fleet.engine, f"webhook:{ticket_id}:{number}", ticket_id)

    waiting = "SELECT count(*) FROM {flows} WHERE status NOT IN ('SUCCESS', 'DELAYED') AND name = 'ticket'"
    here = "SELECT DISTINCT executor_id, status FROM {flows} WHERE name = 'ticket' AND executor_id IS NOT NULL"
    due = {("worker-0", "SUCCESS"), ("worker-1", "SUCCESS"), ("worker-0", "PENDING")}

    def at_work() -> bool:
        """Whether both have had tickets, and the first one has some; if all is done before, there is more to do."""
        if fleet.rows(waiting)[0][0] == 0:
            announce()
        return due <= {tuple(row) for row in fleet.rows(here)}

    assert one.wait_for(at_work, SECONDS)
    first = one if one.executor == "worker-0" else other
    last = other if first is one else one
    first.kill()
    fleet.sandbox.change(latency_ms=0)
    assert last.wait_for(lambda: fleet.rows(waiting)[0][0] == 0, SECONDS), last.lines[-20:]
    assert [ours(fleet.api, ticket_id) for ticket_id in tickets] == [(1, 1)] * 6
    # No two looks at one ticket at the same time, whoever took them; and both had their share.
    looks = sorted(
        (decision["ticket_id"], *when(decision), worker.executor)
        for worker in fleet.workers
        for decision in worker.decisions
    )
    overlaps = [(a, b) for a, b in pairwise(looks) if a[0] == b[0] and b[1] < a[2]]
    assert (len(looks) >= 18, overlaps, {row[3] for row in looks}) == (True, [], {"worker-0", "worker-1"})
    assert any("lease expired: requeued" in line for line in last.lines)
    # One that does not sweep takes no sweep from the others, and each period has one, whoever takes it.
    idle = fleet.start("idle", "--no-sweep")
    assert idle.wait_for(lambda: idle.address, SECONDS), idle.lines
    sweeps = "SELECT workflow_uuid, executor_id FROM {flows} WHERE name = 'sweep' AND status = 'SUCCESS'"
    before = len(fleet.rows(sweeps))
    assert last.wait_for(lambda: len(fleet.rows(sweeps)) >= before + 2, SECONDS), last.lines
    # In this order: a sweep may be in hand meanwhile, and one that a stop interrupts ends without an export.
    done = fleet.rows(sweeps)
    exports = sum("/incremental/" in request["path"] for request in fleet.sandbox.requests)
    begun = fleet.rows("SELECT count(*) FROM {flows} WHERE name = 'sweep' AND executor_id IS NOT NULL")[0][0]
    # On a busy machine a heartbeat may be late: then a sweep reads nothing.
    idle_sweeps = sum("sweep: the database has not confirmed" in line for each in fleet.workers for line in each.lines)
    assert len({row[0] for row in done}) == len(done) <= exports + idle_sweeps <= begun + 1
    assert {row[1] for row in done[before:]} == {last.executor}
    assert [idle.stop(), last.stop()] == [0, 0]


def test_a_lease_is_one_workers_and_free_again_when_it_is_released(shared_engine: sa.Engine, tmp_path: Path) -> None:
    taken: list[leases.Lease] = []
    threads = [
        threading.Thread(
            target=lambda n=n: taken.append(leases.acquire_lease(shared_engine, tmp_path / str(n % 3), GRACE))
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert Counter(lease.number for lease in taken) == Counter(range(8))
    for lease in taken:
        lease.check()
    middle = next(lease for lease in taken if lease.number == 3)
    middle.release()
    again = leases.acquire_lease(shared_engine, tmp_path / "elsewhere", GRACE)
    assert again.executor == "worker-3"
    for lease in (*taken, again):
        lease.release()


def test_no_free_lease_is_an_error(shared_engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "MAX_WORKERS", 1)
    held = leases.acquire_lease(shared_engine, tmp_path, GRACE)
    with pytest.raises(NoFreeLease):
        leases.acquire_lease(shared_engine, tmp_path / "elsewhere", GRACE)
    held.release()


def test_who_may_still_live_is_not_dead(shared_engine: sa.Engine, tmp_path: Path) -> None:
    held = leases.acquire_lease(shared_engine, tmp_path / "one", GRACE)
    with leases.expired_lease(shared_engine, tmp_path / "other", held.number, GRACE) as gone:
        assert not gone
    if shared_engine.dialect.name == "sqlite":
        held.release()
        return
    # Its connection is gone, and with it the lock; the process behind it may be at work for a while.
    terminate(shared_engine, held.number)
    for place in ("other", "one"):
        with leases.expired_lease(shared_engine, tmp_path / place, held.number, GRACE) as gone:
            assert not gone
    with shared_engine.begin() as connection:
        connection.execute(sa.update(WORKER).values(seen=WORKER.c.seen - 100_000))
    with leases.expired_lease(shared_engine, tmp_path / "other", held.number, GRACE) as gone:
        assert gone
        # Meanwhile nobody becomes it.
        third = leases.acquire_lease(shared_engine, tmp_path / "third", GRACE)
        assert third.number != held.number
    third.release()
    held.release()


def test_the_predecessor_of_the_same_folder_need_not_be_waited_for(tmp_path: Path) -> None:
    engine = queue_database("postgresql", tmp_path)
    first = leases.acquire_lease(engine, tmp_path / "one", GRACE)
    second = leases.acquire_lease(engine, tmp_path / "one", GRACE)
    # As kill -9 leaves it: the locks are gone, the row is there.
    terminate(engine, second.number)
    second._file.release()
    other = leases.acquire_lease(engine, tmp_path / "other", GRACE)
    again = leases.acquire_lease(engine, tmp_path / "one", GRACE)
    assert (second.number, other.number, again.number) == (1, 2, 1)
    for lease in (first, other, again):
        lease.release()
    engine.dispose()


def test_a_worker_whose_connection_breaks_renews_its_lease(tmp_path: Path) -> None:
    engine = queue_database("postgresql", tmp_path)
    lost = threading.Event()
    held = leases.acquire_lease(engine, tmp_path / "one", 1.2)
    held.keep_alive(lost.set)
    token = tokens(engine)
    terminate(engine, held.number)
    # With a sign of life from after the break.
    with engine.begin() as connection:
        connection.execute(sa.update(WORKER).values(seen=0))
    wait_until(lambda: seen(engine) > 0)
    assert locked(engine, held.number)
    held.check()
    assert (lost.is_set(), tokens(engine)) == (False, token)
    held.release()
    assert tokens(engine) == []
    engine.dispose()


def test_while_the_database_is_gone_a_worker_waits_and_touches_nothing(tmp_path: Path) -> None:
    engine = queue_database("postgresql", tmp_path)
    lost = threading.Event()
    held = leases.acquire_lease(engine, tmp_path / "one", 1.2)
    held.keep_alive(lost.set)
    assert held._heartbeat
    # Away: nobody can connect, and those that are in are put out.
    there, held._heartbeat._engine = (
        held._heartbeat._engine,
        sa.create_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing"),
    )
    terminate(engine, held.number)
    wait_until(lambda: refused(held))
    assert not lost.is_set()
    held._heartbeat._engine = there
    wait_until(lambda: not refused(held))
    assert (lost.is_set(), locked(engine, held.number)) == (False, True)
    held.release()
    engine.dispose()


def refused(lease: leases.Lease) -> bool:
    try:
        lease.check()
    except Busy:
        return True
    return False


def test_a_worker_that_was_taken_for_dead_touches_nothing_and_ends(tmp_path: Path) -> None:
    engine = queue_database("postgresql", tmp_path)
    lost = threading.Event()
    held = leases.acquire_lease(engine, tmp_path / "one", 1.2)
    held.keep_alive(lost.set)
    with engine.begin() as connection:
        connection.execute(sa.update(WORKER).values(token="another"))
    assert lost.wait(20)
    with pytest.raises(Busy, match="lease"):
        held.check()
    held.release()
    engine.dispose()


def test_serve_says_so_and_ends_where_its_lease_is_lost(tmp_path: Path) -> None:
    engine = queue_database("postgresql", tmp_path)
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        api = Api(sandbox.base_url)
        fleet = Fleet(sandbox, api, engine, tmp_path, install(api, f"http://127.0.0.1:{free_port()}/nobody"))
        worker = fleet.start("one")
        try:
            assert worker.wait_for(lambda: worker.address, SECONDS), worker.lines
            with engine.begin() as connection:
                connection.execute(sa.update(WORKER).values(token="another"))
            assert worker.wait(SECONDS) == 1
            assert worker.lines[-1] == (
                "zendesk-gupshup: worker-0: lease lost: another worker has taken over its tickets; safe to restart"
            )
        finally:
            worker.kill()
    engine.dispose()


def test_a_slow_sweep_never_sets_the_cursor_back(shared_engine: sa.Engine) -> None:
    state = SweepState(shared_engine, "https://example.zendesk.com")
    assert [state.save_cursor("a", None), state.save_cursor("b", None), state.cursor] == [True, False, "a"]
    assert [state.save_cursor("b", "a"), state.save_cursor("old", "a"), state.cursor] == [True, False, "b"]
    # Nothing new is no step back.
    assert [state.save_cursor("b", "b"), state.cursor] == [True, "b"]


def test_two_workers_may_settle_a_ticket_at_the_same_time(shared_engine: sa.Engine) -> None:
    state = SweepState(shared_engine, "https://example.zendesk.com")

    def settle() -> None:
        for number in range(10):
            state.settle(7, f"stamp {number}")

    threads = [threading.Thread(target=settle) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert state.settled({7: "stamp 9"}) == {7}


HELD = (
    "FROM pg_locks WHERE locktype = 'advisory' AND classid = :class AND objid = :number AND database ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def terminate(engine: sa.Engine, number: int) -> None:
    """Break the connection that holds the lease, and wait until the server has noticed."""
    with engine.begin() as connection:
        which = {"class": leases._LOCK_CLASS, "number": number}
        connection.execute(sa.text(f"SELECT pg_terminate_backend(pid, 5000) {HELD}"), which)


def locked(engine: sa.Engine, number: int) -> bool:
    with engine.connect() as connection:
        which = {"class": leases._LOCK_CLASS, "number": number}
        return connection.execute(sa.text(f"SELECT 1 {HELD}"), which).first() is not None


def tokens(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(WORKER.c.token)).scalars())


def seen(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.select(WORKER.c.seen)).scalar_one())


def wait_until(condition: Any) -> None:
    deadline = threading.Event()
    for _ in range(400):
        if condition():
            return
        deadline.wait(0.05)
    raise AssertionError("it did not come to pass")
