"""What runs by the clock: exactly once a period over all workers, however long the period, and never queued."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from alembic import command
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.databases import ACCOUNT, database
from support.fleet import Fleet
from support.workers import SECONDS, ours, write
from zendesk_gupshup.demo.stage import Api, free_port, install
from zendesk_gupshup.storage.schema import CURSOR, HEAD, alembic_config, upgrade, version
from zendesk_gupshup.storage.sweep_state import SweepState
from zendesk_gupshup.worker.cursor_recovery import is_refused
from zendesk_gupshup.worker.schedule import Periodic, Turns, begun_at, cron_every, seconds_left
from zendesk_gupshup.zendesk.errors import ZendeskError
from zendesk_sandbox.server import SandboxServer

LONG = "each"

NOW = 1_790_000_003.25
PERIODS = (7, 10, 45, 50, 59, 60, 61, 90, 100, 1800, 2700, 3600, 7200, 100_000)


@pytest.mark.parametrize(
    ("last", "left"),
    [
        (None, 0),
        (NOW, 45),
        (NOW - 44, 1),
        (NOW - 45, 0),
        (NOW - 46, 0),
        (NOW - 1e6, 0),
        (NOW + 5, 50),
        (NOW + 59, 104),
        (NOW + 61, 0),
        (NOW + 1e6, 0),
    ],
)
def test_a_turn_is_due_a_period_after_the_last_one_or_where_a_wrong_clock_began_it(
    last: float | None, left: float
) -> None:
    assert seconds_left(last, NOW, 45) == left


@pytest.mark.parametrize(
    ("last", "kept"),
    [(None, NOW), (NOW - 45, NOW), (NOW - 45.5, NOW - 0.5), (NOW - 46, NOW - 1), (NOW - 46.1, NOW), (NOW - 1e6, NOW)],
)
def test_a_turn_in_time_keeps_its_time_so_that_lateness_does_not_add_up(last: float | None, kept: float) -> None:
    assert begun_at(last, NOW, 45) == kept


class Desk:
    """A store and a clock for several workers; each turn takes no time, each look comes a little late."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now
        self.kept: dict[str, float] = {}
        self.begun: list[tuple[float, str]] = []

    def take(self, name: str, last: float | None, now: float) -> bool:
        if self.kept.get(name) != last:
            return False
        self.kept[name] = now
        return True

    def worker(self, name: str, period: float, *, skew: float = 0.0, at_once: bool = True) -> Periodic:
        turns = Turns(self.kept.get, self.take)
        note = lambda _at: self.begun.append((self.now, name))  # noqa: E731
        return Periodic("sweep", period, turns, note, at_once=at_once, clock=lambda: self.now + skew)


def run(desk: Desk, *workers: Periodic, turns: int = 40, late: float = 0.01) -> list[float]:
    """The gaps between turns: whoever wanted to be woken next is, a little late."""
    due = {id(worker): desk.now for worker in workers}
    by_id = {id(worker): worker for worker in workers}
    while len(desk.begun) < turns:
        which = min(due, key=lambda key: due[key])
        desk.now = max(desk.now, due[which]) + late
        due[which] = desk.now + max(by_id[which].step(), 0.05)
    return [b[0] - a[0] for a, b in pairwise(desk.begun)]


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("late", [0.01, 0.4])
def test_every_period_is_kept_exactly(period: int, late: float) -> None:
    desk = Desk()
    gaps = run(desk, desk.worker("one", period), late=late)
    # The lateness of each, and none of it carried on.
    assert all(abs(gap - period) <= late + 1e-6 for gap in gaps)
    assert abs(desk.begun[-1][0] - desk.begun[0][0] - period * len(gaps)) <= late + 1e-6


@pytest.mark.parametrize("period", PERIODS)
def test_several_workers_have_one_turn_a_period_between_them(period: int) -> None:
    desk = Desk()
    fleet = [desk.worker(str(n), period, skew=skew) for n, skew in enumerate((0.0, 0.3, -0.7, 0.0))]
    gaps = run(desk, *fleet)
    assert all(abs(gap - period) <= 1.5 for gap in gaps)


def test_after_a_stop_the_next_turn_is_at_once_and_the_one_after_it_a_period_later() -> None:
    desk = Desk()
    first = desk.worker("first", 7200)
    first.step()
    desk.now += 100
    again = desk.worker("again", 7200)
    assert again.step() == 7100
    desk.now += 50_000
    assert (again.step(), [at - NOW for at, _ in desk.begun]) == (7200, [0, 50_100])


def test_a_new_store_has_nothing_to_look_back_at() -> None:
    desk = Desk()
    back = desk.worker("back", 1800, at_once=False)
    assert (back.step(), desk.begun) == (1800, [])
    desk.now += 1800
    assert (back.step(), desk.begun) == (1800, [(NOW + 1800, "back")])


def test_a_turn_that_fails_is_followed_by_the_next_one() -> None:
    done = threading.Event()
    calls: list[float] = []

    def fail(begun: float) -> None:
        calls.append(begun)
        if len(calls) > 1:
            done.set()
        raise OSError

    desk = Desk()
    periodic = Periodic("sweep", 0.01, Turns(desk.kept.get, desk.take), fail)
    periodic._stopping.wait = lambda nap: done.is_set() or bool(nap > 100)  # type: ignore[assignment, misc]
    periodic.start()
    assert done.wait(20)
    periodic.stop(20)
    assert not periodic._thread.is_alive()


@pytest.mark.parametrize(("most", "cron"), [
    (3, "*/3"), (7, "*/6"), (29, "*/20"), (30, "*/30"), (45, "*/30"), (59, "*/30"), (60, "0"), (3600, "0"),
])  # fmt: skip
def test_the_look_for_dead_workers_is_as_often_as_they_may_be_gone(most: int, cron: str) -> None:
    assert cron_every(most) == f"{cron} * * * * *"


# --- The store -----------------------------------------------------------------------------------------------


def test_a_turn_is_taken_once(engine: sa.Engine) -> None:
    state, other = SweepState(engine, ACCOUNT), SweepState(engine, "https://other.zendesk.com")
    assert [state.last_started("sweep"), state.claim("sweep", None, NOW)] == [None, True]
    assert [state.claim("sweep", None, NOW + 1), state.last_started("sweep")] == [False, NOW]
    assert [state.claim("sweep", NOW, NOW + 45), state.claim("sweep", NOW, NOW + 46)] == [True, False]
    assert [state.last_started("sweep"), state.last_started("look back"), other.last_started("sweep")] == [
        NOW + 45,
        None,
        None,
    ]


def test_of_many_workers_one_takes_the_turn(engine: sa.Engine) -> None:
    states = [SweepState(engine, ACCOUNT) for _ in range(6)]
    assert states[0].claim("sweep", None, NOW)
    taken: list[int] = []

    def take(number: int) -> None:
        taken.extend(turn for turn in range(5) if states[number].claim("sweep", NOW + turn, NOW + turn + 1))

    threads = [threading.Thread(target=take, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (sorted(taken), states[0].last_started("sweep")) == (list(range(5)), NOW + 5)


def test_the_time_beside_the_cursor_moves_with_it_and_only_with_it(engine: sa.Engine) -> None:
    state = SweepState(engine, ACCOUNT)
    assert [state.position, state.save_cursor("a", None, 100), state.position] == [(None, None), True, ("a", 100)]
    assert [state.save_cursor("b", None, 900), state.save_cursor("b", "old", 900), state.position] == [
        False, False, ("a", 100),
    ]  # fmt: skip
    # A page that does not tell leaves the time that is known.
    assert [state.save_cursor("b", "a"), state.position] == [True, ("b", 100)]
    # Of two workers that start again from the same refused cursor one does, and goes on where it read.
    assert [state.save_cursor("c", "b", 50), state.save_cursor("d", "b", 40), state.position] == [
        True,
        False,
        ("c", 50),
    ]


@pytest.mark.parametrize(
    ("cursor", "until"),
    [
        ("MTc5MDAwMDAwMC4wfHw0NzExfA==", 1_790_000_000),
        ("MTc5MDAwMDAwMHx8fA==", 1_790_000_000),
        ("not base64!", None),
        ("aGVsbG8=", None),
        ("", None),
        ("/////w==", None),
    ],
)
def test_an_old_store_learns_the_time_from_its_cursor_where_that_tells_it(
    tmp_path: Path, cursor: str, until: int | None
) -> None:
    made = sa.create_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with made.begin() as connection:
        command.upgrade(alembic_config(connection), "0005")
        connection.execute(sa.insert(CURSOR).values(account=ACCOUNT, cursor=cursor))
    upgrade(made)
    with made.connect() as connection:
        assert version(connection) == HEAD
    assert SweepState(made, ACCOUNT).position == (cursor, until)
    made.dispose()


# --- Real workers --------------------------------------------------------------------------------------------

SWEEPS = "SELECT workflow_uuid, status FROM {flows} WHERE name IN ('sweep', 'look back')"
OLD = (
    "INSERT INTO {flows} (workflow_uuid, status, name, queue_name, created_at, updated_at, application_version,"
    " priority, recovery_attempts) VALUES ('sched-sweep-{number}', 'ENQUEUED', 'sweep', 'sweeps', 1, 1, '1', 0, 0)"
)


@pytest.fixture
def fleet_config() -> str:
    """Periods that divide no minute."""
    return "[worker]\nsweep_seconds = 8\nlook_back_seconds = 11\ntakeover_seconds = 3\nconcurrency = 4\n"


@pytest.mark.no_cover
def test_a_store_that_once_swept_queues_nothing_where_nobody_sweeps(fleet: Fleet) -> None:
    worker = fleet.start("one")
    assert worker.wait_for(lambda: worker.address and fleet.rows(SWEEPS), SECONDS), worker.lines
    assert worker.stop() == 0
    state = SweepState(fleet.engine, fleet.sandbox.base_url)
    began = state.last_started("sweep")
    # As an older version leaves its store: a schedule that each worker queues by, and what nobody took.
    with fleet.engine.begin() as connection:
        schema = "" if fleet.engine.dialect.name == "sqlite" else "dbos."
        for number in range(7):
            connection.execute(sa.text(OLD.format(flows=f"{schema}workflow_status", number=number)))
    idle = fleet.start("one", "--no-sweep")
    ended = "SELECT count(*) FROM {flows} WHERE name = 'reap' AND status = 'SUCCESS'"
    assert idle.wait_for(lambda: idle.address, SECONDS), idle.lines
    before = fleet.rows(ended)[0][0]
    assert idle.wait_for(lambda: fleet.rows(ended)[0][0] >= before + 3, SECONDS), idle.lines
    waiting = [row for row in fleet.rows(SWEEPS) if row[1] in ("ENQUEUED", "PENDING", "DELAYED")]
    assert (waiting, state.last_started("sweep")) == ([], began)
    # Beside one that sweeps, sweeps go on, and none waits for the other one.
    other = fleet.start("two")
    done = "SELECT count(*) FROM {flows} WHERE name = 'sweep' AND status = 'SUCCESS'"
    before = fleet.rows(done)[0][0]
    assert other.wait_for(lambda: fleet.rows(done)[0][0] >= before + 2, SECONDS), other.lines
    assert [row for row in fleet.rows(SWEEPS) if row[1] in ("ENQUEUED", "DELAYED")] == []
    assert [idle.stop(), other.stop()] == [0, 0]


@pytest.mark.no_cover
def test_a_period_that_divides_no_minute_is_kept_by_two_workers(fleet: Fleet) -> None:
    one, _ = fleet.both()
    turns: set[float] = set()
    state = SweepState(fleet.engine, fleet.sandbox.base_url)

    def noted() -> bool:
        if last := state.last_started("sweep"):
            turns.add(last)
        return len(turns) >= 3

    assert one.wait_for(noted, SECONDS), one.lines
    gaps = [round(b - a, 3) for a, b in pairwise(sorted(turns))]
    # A busy machine may be late; no turn ever comes early.
    assert all(gap >= 8 for gap in gaps), gaps
    # A turn is taken before its sweep is started.
    begun = "SELECT workflow_uuid FROM {flows} WHERE name = 'sweep'"
    assert one.wait_for(lambda: len(fleet.rows(begun)) >= len(turns), SECONDS), one.lines
    assert len(fleet.rows(begun)) <= len(turns) + 1


class Refuser:
    """Refuses cursors of the export with a status: the next so many, or all."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self.status, self.left = 404, 0
        self.refused: list[str] = []
        sandbox.faults.before.append(self.before)

    async def before(self, request: Request) -> Response | None:
        cursor = request.query_params.get("cursor")
        if not request.url.path.startswith("/api/v2/incremental/") or cursor is None or self.left <= 0:
            return None
        self.left -= 1
        self.refused.append(cursor)
        return JSONResponse({"error": "InvalidValue"}, self.status)


def ready(worker: Any) -> tuple[int, dict[str, Any]]:
    answer = requests.get(f"{worker.address}/readyz", timeout=30)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("status", "refused"),
    [(400, True), (404, True), (410, True), (422, True), (401, False), (403, False), (429, False), (503, False)],
)
def test_which_statuses_refuse_a_cursor(status: int, refused: bool) -> None:
    assert is_refused(ZendeskError("GET incremental/tickets/cursor", status=status)) is refused


@pytest.mark.no_cover
def test_a_refused_cursor_costs_no_ticket_and_is_told(tmp_path: Path) -> None:
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        api, refuser = Api(sandbox.base_url), Refuser(sandbox)
        secret = install(api, f"http://127.0.0.1:{free_port()}/nobody")
        fleet = Fleet(sandbox, api, database("sqlite", tmp_path / "shared"), tmp_path, secret)
        first = write(sandbox)
        worker = fleet.start("one")
        try:
            assert worker.wait_for(lambda: worker.settled(first), SECONDS), worker.lines
            refuser.left = 1
            second = write(sandbox)
            assert worker.wait_for(lambda: worker.settled(second), SECONDS), worker.lines
            code, answer = ready(worker)
            third = write(sandbox)
            assert worker.wait_for(lambda: worker.settled(third), SECONDS), worker.lines
            metrics = requests.get(f"{worker.address}/metrics", timeout=30).text
            done = [ours(api, t) for t in (first, second, third)]
            assert worker.stop() == 0
        finally:
            worker.kill()
    assert (code, answer["ready"], len(refuser.refused)) == (200, True, 1)
    assert [text.partition(" at ")[0] for text in answer["remarks"]] == ["the sweep started again"]
    assert "zendesk_gupshup_sweep_cursor_refused_total 1.0" in metrics
    assert any("sweep: cursor refused" in line for line in worker.lines)
    assert done == [(1, 1)] * 3


@pytest.mark.no_cover
def test_cursors_that_are_all_refused_are_no_loop_and_no_readiness(tmp_path: Path) -> None:
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        api, refuser = Api(sandbox.base_url), Refuser(sandbox)
        secret = install(api, f"http://127.0.0.1:{free_port()}/nobody")
        fleet = Fleet(sandbox, api, database("sqlite", tmp_path / "shared"), tmp_path, secret)
        refuser.left = 1000
        worker = fleet.start("one")
        try:
            assert worker.wait_for(lambda: worker.address and ready(worker)[0] == 503, SECONDS), worker.lines
            state = SweepState(fleet.engine, sandbox.base_url)
            turns = set()

            def two_more() -> bool:
                turns.add(state.last_started("sweep"))
                return len(turns) >= 3

            assert worker.wait_for(two_more, SECONDS), worker.lines
            code, answer = ready(worker)
            asked = len(refuser.refused)
        finally:
            worker.kill()
    assert (code, asked) == (503, 2)
    assert answer["reason"].startswith("the sweep: Zendesk refuses each of its own cursors (404, 2 times in a row);")
