"""A real worker in the hands of whoever runs it: refused credentials, a stop, a long queue, what it tells of itself."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import requests
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from support.cli import listed
from support.databases import ACCOUNT
from support.paths import ROOT
from support.workers import ERROR, SECONDS, ours, post
from zendesk_gupshup.demo.stage import Api, WorkerProcess, environment
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.incidents import IncidentStore
from zendesk_gupshup.storage.schema import DEAD_LETTER
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_gupshup.worker.gauges import Gauges
from zendesk_gupshup.worker.queue_client import enqueue
from zendesk_gupshup.worker.queue_status import QueueStatus, queue_status
from zendesk_sandbox.server import SandboxServer

LONG = "each"

SECRET = "a secret of this test"
Account = tuple[SandboxServer, Api, dict[str, str]]


@pytest.fixture
def account(tmp_path: Path, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> Account:
    env = environment(sandbox.base_url, SECRET, tmp_path)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "zendesk-gupshup.toml").write_text("[worker]\nsweep_seconds = 7\n", encoding="utf-8")
    return sandbox, Api(sandbox.base_url), env


def write(sandbox: SandboxServer, number: int = 0) -> int:
    client = f"client{number}@client.example"
    return int(sandbox.store.write_as_client(client, "Olivia", ERROR, subject="WhatsApp")["id"])


def token(sandbox: SandboxServer, value: str) -> None:
    """Let this token in as the worker's, and no other."""
    with sandbox.store.lock:
        user = sandbox.store.user_by_email("worker@example.com")["id"]
        ends = sandbox.store.now() + 100_000
        sandbox.store.oauth_tokens = {value: (user, frozenset(("read", "write")), ends)}


def ready(worker: WorkerProcess) -> tuple[int, dict[str, Any]]:
    answer = requests.get(f"{worker.address}/readyz", timeout=30)
    return answer.status_code, answer.json()


def told(worker: WorkerProcess, name: str) -> float:
    """A metric's value."""
    text = requests.get(f"{worker.address}/metrics", timeout=30).text
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"zendesk_gupshup_{name}"))


def test_a_revoked_token_stops_everything_and_a_changed_file_sets_it_going_again(
    account: Account, tmp_path: Path
) -> None:
    sandbox, api, env = account
    file = tmp_path / "token"
    file.write_text("first-token\n")
    token(sandbox, "first-token")
    own = {**env, "ZENDESK_OAUTH_CLIENT_ID": "", "ZENDESK_OAUTH_CLIENT_SECRET": ""}
    worker = WorkerProcess({**own, "ZENDESK_OAUTH_TOKEN_FILE": str(file)}, tmp_path, 0)
    try:
        assert worker.wait_for(lambda: worker.address, SECONDS), worker.lines
        first = write(sandbox)
        assert worker.wait_for(lambda: ours(api, first) == (1, 1), SECONDS), worker.lines
        assert told(worker, "credential_accepted") == 1

        token(sandbox, "second-token")
        waiting = [write(sandbox, n) for n in range(1, 4)]
        assert worker.wait_for(lambda: ready(worker)[0] == 503, SECONDS), worker.lines
        # Received and queued all the same.
        for ticket_id in waiting:
            assert post(worker, SECRET, {"ticket_id": ticket_id}).status_code == 200
        status, answer = ready(worker)
        assert (status, answer["ready"]) == (503, False)
        assert "Put the right secret into the file of ZENDESK_OAUTH_TOKEN_FILE" in answer["reason"]
        assert told(worker, "credential_accepted") == 0
        assert worker.wait_for(lambda: ready(worker)[1]["waiting"] >= len(waiting), SECONDS)
        assert [ours(api, t) for t in waiting] == [(0, 0)] * 3

        file.write_text("second-token\n")
        assert worker.wait_for(lambda: all(ours(api, t) == (1, 1) for t in waiting), SECONDS), worker.lines
        assert worker.wait_for(lambda: ready(worker)[0] == 200, SECONDS)
        assert (told(worker, "credential_accepted"), listed()) == (1, [])
        assert all(d["attempt"] == 1 for d in worker.decisions)
    finally:
        worker.stop()
    text = "\n".join(worker.lines)
    assert "first-token" not in text
    assert "second-token" not in text


# --- Stopping ------------------------------------------------------------------------------------------------


@pytest.fixture
def gate(sandbox: SandboxServer) -> Iterator[threading.Event]:
    """While it is shut, Zendesk answers no update."""
    opened, arrived = threading.Event(), threading.Event()

    async def hold(request: Request) -> Response | None:
        if request.method == "PUT":
            arrived.set()
            while not opened.is_set():
                await asyncio.sleep(0.01)
        return None

    sandbox.faults.before.append(hold)
    opened.arrived = arrived  # type: ignore[attr-defined]
    yield opened
    opened.set()


@pytest.mark.no_cover
def test_a_stop_lets_what_is_in_hand_be_finished(account: Account, gate: threading.Event, tmp_path: Path) -> None:
    sandbox, api, env = account
    ticket_id = write(sandbox)
    worker = WorkerProcess(env, tmp_path, 0)
    assert worker.wait_for(cast("Any", gate).arrived.is_set, SECONDS), worker.lines
    stopped = threading.Thread(target=worker.stop)
    stopped.start()
    gate.set()
    stopped.join(60)
    assert (stopped.is_alive(), worker.wait(1)) == (False, 0)
    assert ours(api, ticket_id) == (1, 1)


@pytest.mark.no_cover
def test_a_stop_does_not_wait_for_a_zendesk_that_never_answers(
    account: Account, gate: threading.Event, tmp_path: Path
) -> None:
    sandbox, api, env = account
    with (tmp_path / "zendesk-gupshup.toml").open("a") as config:
        config.write("stop_seconds = 6\n[zendesk]\ntimeout = 1.0\nlongest_wait = 2.0\n")
    tickets = [write(sandbox, n) for n in range(4)]
    worker = WorkerProcess(env, tmp_path, 0)
    assert worker.wait_for(cast("Any", gate).arrived.is_set, SECONDS), worker.lines
    # `stop` kills after 45 seconds, and a kill is no 0.
    assert worker.stop() == 0, worker.lines
    gate.set()
    again = WorkerProcess(env, tmp_path, 0)
    try:
        assert again.wait_for(lambda: all(ours(api, t) == (1, 1) for t in tickets), SECONDS), again.lines
    finally:
        again.stop()
    assert ([ours(api, t) for t in tickets], listed()) == ([(1, 1)] * 4, [])


@pytest.mark.no_cover
def test_what_the_queue_itself_broke_off_is_queued_again(account: Account, tmp_path: Path) -> None:
    sandbox, api, env = account
    (tmp_path / "zendesk-gupshup.toml").write_text("[worker]\nsweep_seconds = 7\ntakeover_seconds = 3\n")
    ticket_id = write(sandbox)
    worker = WorkerProcess(env, tmp_path, 0, "--no-sweep")
    try:
        assert worker.wait_for(lambda: worker.address, SECONDS), worker.lines
        queue = open_engine(None, Path(env["ZENDESK_GUPSHUP_STATE"]))
        enqueue(queue, f"webhook:{ticket_id}:1", ticket_id)
        assert worker.wait_for(lambda: worker.settled(ticket_id) and queue_status(queue) == QueueStatus(), SECONDS), (
            worker.lines
        )
        # As if the store had been gone when the engine wanted to keep how it went.
        with queue.begin() as connection:
            connection.exec_driver_sql("UPDATE workflow_status SET status = 'ERROR' WHERE name = 'ticket'")
        assert worker.wait_for(lambda: len(worker.settled(ticket_id)) == 2, SECONDS), worker.lines
        assert any("aborted by the queue; requeued" in line for line in worker.lines)
        assert ours(api, ticket_id) == (1, 1)
    finally:
        worker.stop()
    with queue.connect() as connection:
        broken = connection.exec_driver_sql("SELECT count(*) FROM workflow_status WHERE status = 'ERROR'").scalar()
    assert broken == 0


# --- A long queue --------------------------------------------------------------------------------------------


class _Zendesk:
    requests_made: dict[str, int] = {}  # noqa: RUF012 - nobody writes to it
    credential = (0.0, None)


class _Budget:
    def left(self) -> tuple[int, int]:
        return 5, 7


def gauges_of(engine: sa.Engine, failures: DeadLetters | None = None, quota: SendQuota | None = None) -> Gauges:
    zendesk, limiter = cast("Any", _Zendesk()), cast("Any", _Budget())
    incidents = IncidentStore(engine, ACCOUNT) if failures else cast("Any", None)
    return Gauges(zendesk, limiter, engine, cast("Any", failures), cast("Any", quota), lambda: 0, 100, incidents)


def test_the_metrics_of_a_long_queue_cost_as_few_statements_as_those_of_a_short_one(engine: sa.Engine) -> None:
    gauges = gauges_of(engine, DeadLetters(engine, ACCOUNT), SendQuota(engine, ACCOUNT))
    flows = _queue_of(engine)
    asked: list[str] = []
    sa.event.listen(engine, "before_cursor_execute", lambda *told: asked.append(str(told[2])))

    def measured(entries: int) -> tuple[float, float, int, int]:
        with engine.begin() as connection:
            connection.execute(sa.delete(flows))
            rows = [{"workflow_uuid": f"w{n}", "status": "ENQUEUED", "name": "ticket", "created_at": n + 1}
                    for n in range(entries)]  # fmt: skip
            connection.execute(sa.insert(flows), rows)
            failed = [{"account": ACCOUNT, "ticket_id": n, "kind": "tries", "reason": "x", "attempts": 1, "first": 1,
                       "last": 1, "state": "open"} for n in range(entries)]  # fmt: skip
            connection.execute(sa.delete(DEAD_LETTER))
            connection.execute(sa.insert(DEAD_LETTER), failed)
        asked.clear()
        gauges.update()
        waiting, failures = metrics.WAITING._value.get(), metrics.FAILURES.labels("open")._value.get()
        return waiting, failures, len(asked), int(metrics.STORE_REACHABLE._value.get())

    try:
        short, long = measured(10), measured(10_000)
        assert (short[:2], long[:2]) == ((10, 10), (10_000, 10_000))
        assert (short[2:], short[2] < 20) == (long[2:], True)
        assert queue_status(engine) is not None
    finally:
        flows.drop(engine)
        with engine.begin() as connection:
            if flows.schema:
                connection.exec_driver_sql("DROP SCHEMA dbos CASCADE")
            connection.execute(sa.delete(DEAD_LETTER))


def _queue_of(engine: sa.Engine) -> sa.Table:
    """The part of the queue's own table that is counted."""
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    with engine.begin() as connection:
        if schema:
            connection.exec_driver_sql("DROP SCHEMA IF EXISTS dbos CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA dbos")
    flows = sa.Table(
        "workflow_status",
        sa.MetaData(),
        sa.Column("workflow_uuid", sa.Text, primary_key=True),
        sa.Column("status", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("created_at", sa.BigInteger),
        schema=schema,
    )
    flows.create(engine)
    return flows


def test_the_counters_are_told_also_while_the_store_is_gone() -> None:
    broken = sa.create_engine("sqlite:////nowhere/at/all.sqlite")
    gauges_of(broken).update()
    assert metrics.STORE_REACHABLE._value.get() == 0


def test_the_page_about_metrics_lists_each_of_them_and_no_other() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    listed_ = {name for row in rows for name in re.findall(r"`(zendesk_gupshup_\w+)", row)}
    known = {f"{m.name}_total" if m.type == "counter" else m.name for m in metrics.REGISTRY.collect()}
    assert listed_ == known
