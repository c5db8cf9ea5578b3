"""The ceiling of public replies an hour: counted where they are sent, over all threads and processes."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from support.cli import listed
from support.clock import Clock
from support.databases import ACCOUNT
from support.fake_zendesk import FakeZendesk
from support.old_tickets import call, one
from support.workers import ERROR, SECONDS, ours
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.demo.stage import Api, WorkerProcess
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.ledger.ledger import Ledger
from zendesk_gupshup.ledger.recorder import Recorder
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.ledger.write_gate import QuotaExceeded, gate_of
from zendesk_gupshup.ops import metrics
from zendesk_gupshup.pipeline import Brain, Outcome, handle
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.storage import send_quota
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.send_quota import SendQuota
from zendesk_sandbox.server import SandboxServer

# Asks for a hundred replies as fast as it can and prints how many it was granted.
OTHER = """
import sys
from pathlib import Path
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.send_quota import SendQuota
url, folder, account = sys.argv[1:]
sent = SendQuota(open_engine(url or None, Path(folder)), account)
print("ready", flush=True)
sys.stdin.readline()
print(sum(sent.acquire_reply(10_000 + n, "gupshup_replied__http_401", 100) for n in range(100)))
"""


@pytest.fixture(autouse=True)
def _quiet_alarm() -> Iterator[None]:
    send_quota._alarms.clear()
    yield
    send_quota._alarms.clear()


def test_eight_threads_and_another_process_share_one_ceiling(engine: sa.Engine, tmp_path: Path) -> None:
    url = "" if engine.dialect.name == "sqlite" else engine.url.render_as_string(hide_password=False)
    shared = SendQuota(engine, ACCOUNT)
    other = subprocess.Popen(
        [sys.executable, "-c", OTHER, url, str(tmp_path), ACCOUNT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdin
    assert other.stdout
    assert other.stdout.readline() == "ready\n"
    granted: list[int] = []

    def ask(thread: int) -> None:
        granted.extend(
            t for t in range(thread * 40, thread * 40 + 40) if shared.acquire_reply(t, "gupshup_replied__1003", 100)
        )

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    other.stdin.write("go\n")
    other.stdin.flush()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    theirs = int(other.communicate(timeout=60)[0])
    assert (len(granted) + theirs, shared.replies()) == (100, 100)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(st.tuples(st.integers(0, 12), st.integers(-20_000, 900_000)), max_size=60),
    limit=st.integers(0, 6),
)
def test_no_hour_has_more_replies_than_the_ceiling(tmp_path: Path, moves: list[tuple[int, int]], limit: int) -> None:
    clock = Clock()
    counted = SendQuota(_scratch(tmp_path), ACCOUNT, now=clock)
    now = 1_000_000_000
    out: list[tuple[int, int]] = []
    for ticket_id, milliseconds in moves:
        now += milliseconds
        clock.now = now / 1000
        lately = {t for at, t in out if abs(now - at) < 3_600_000}
        if counted.acquire_reply(ticket_id, "gupshup_replied__1003", limit):
            # The same reply once more is no other one.
            assert ticket_id in lately or len(lately) < limit
            if ticket_id not in lately:
                out.append((now, ticket_id))
        else:
            assert len(lately) >= limit


def _scratch(folder: Path) -> sa.Engine:
    made = open_engine(None, folder)
    with made.begin() as connection:
        if sa.inspect(connection).has_table("zg_budget"):
            connection.exec_driver_sql("DELETE FROM zg_budget")
    return made


def test_a_clock_that_was_wrong_blocks_nothing_for_longer_than_an_hour(engine: sa.Engine) -> None:
    clock = Clock()
    counted = SendQuota(engine, ACCOUNT, now=clock)
    clock.now = 1_000_000.0 + 86_400 * 365
    assert counted.acquire_reply(7, "gupshup_replied__1003", 1)
    clock.now = 1_000_000.0
    assert counted.acquire_reply(8, "gupshup_replied__1003", 1)
    assert not counted.acquire_reply(9, "gupshup_replied__1003", 1)
    counted.prune()
    clock.now += 3601
    assert counted.acquire_reply(9, "gupshup_replied__1003", 1)


def test_an_organization_has_its_share_of_a_minute(engine: sa.Engine) -> None:
    clock = Clock()
    counted = SendQuota(engine, ACCOUNT, now=clock)
    assert [counted.acquire_update(5, 2) for _ in range(3)] == [True, True, False]
    assert (counted.acquire_update(6, 2), counted.updates(5), counted.updates(6)) == (True, 2, 1)
    clock.now += 61
    assert counted.acquire_update(5, 2)


# --- On a ticket ---------------------------------------------------------------------------------------------


@pytest.fixture
def gated(engine: sa.Engine) -> tuple[Brain, Ledger]:
    ledger = Ledger(engine, ACCOUNT)
    brain = Brain(dictionary=load(), templates=Templates.load(), policy=Policy(replies_per_hour=1))
    return brain, ledger


def answered(
    zendesk: FakeZendesk, ticket_id: int, brain: Brain, ledger: Ledger, *, stop_at_quota: bool = False
) -> Outcome:
    gate = gate_of(ledger, brain.policy.replies_per_hour, stop_at_quota=stop_at_quota)
    return handle(zendesk, ticket_id, brain, gate=gate, journal=Recorder(ledger, LIVE, lambda: 0))


def test_one_too_many_goes_to_the_agent_as_a_note_and_stays_there(
    gated: tuple[Brain, Ledger], caplog: pytest.LogCaptureFixture
) -> None:
    brain, ledger = gated
    before = metrics.HELD_BACK._value.get()
    first, second = FakeZendesk(), FakeZendesk()
    second.ticket_now = second.ticket_now.model_copy(update={"id": 8})
    second.ticket = lambda ticket_id, *, comments=True: second.ticket_now  # type: ignore[method-assign] # noqa: ARG005
    with caplog.at_level(logging.ERROR, "zendesk_gupshup.storage.send_quota"):
        assert answered(first, 7, brain, ledger).written == ("reply", "note")
        held = answered(second, 8, brain, ledger)
        again = answered(second, 8, brain, ledger)
    assert held.look
    assert [guard.name for guard in held.look.decision.guards] == ["hourly_cap"]
    assert (held.written, second.written(public=True), second.written(public=False)) == (("note",), 0, 1)
    assert "gupshup_held_back" in second.ticket_now.tags
    note = next(c for c in second.ticket_now.comments if not c.public)
    assert "An authentication error has been detected (401)" in note.body
    assert "the limit of public replies an hour is reached" in note.body
    # The hour's end alone does not send it: the agent may be at it.
    assert (again.did, again.written) == ("nothing", ())
    assert metrics.HELD_BACK._value.get() == before + 1
    assert [r.levelname for r in caplog.records] == ["ERROR"]

    second.ticket_now = second.ticket_now.model_copy(
        update={"tags": tuple(t for t in second.ticket_now.tags if t != "gupshup_held_back")}
    )
    larger = Brain(brain.dictionary, brain.templates, Policy(replies_per_hour=2))
    outcome = answered(second, 8, larger, ledger)
    assert (outcome.written, second.written(public=True)) == (("reply",), 1)


def test_the_alarm_is_alarms_once_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "zendesk_gupshup.storage.send_quota"):
        for _ in range(5):
            send_quota.alarm(100)
    assert len(caplog.records) == 1
    assert "raise [reply] per_hour" in caplog.text


def test_a_run_over_old_tickets_stops_instead(gated: tuple[Brain, Ledger]) -> None:
    brain, ledger = gated
    zendesk = FakeZendesk()
    assert SendQuota(ledger.engine, ACCOUNT).acquire_reply(1, "gupshup_replied__1003", 1)
    with pytest.raises(QuotaExceeded, match="1 public replies an hour are the ceiling"):
        answered(zendesk, 7, brain, ledger, stop_at_quota=True)
    assert zendesk.updates == 0


@pytest.mark.no_cover
def test_a_real_worker_stops_at_the_ceiling_and_says_so(
    account: tuple[SandboxServer, Api, dict[str, str]], tmp_path: Path
) -> None:
    sandbox, api, env = account
    (tmp_path / "zendesk-gupshup.toml").write_text(
        "[worker]\nsweep_seconds = 7\n[reply]\nper_hour = 3\n", encoding="utf-8"
    )
    replies: list[str] = []

    async def count(request: Request, response: Response) -> Response:
        if request.method == "PUT" and b'"public": true' in await request.body():
            replies.append(request.url.path)
        return response

    sandbox.faults.after.append(count)
    tickets = [_write(sandbox, n) for n in range(9)]
    worker = WorkerProcess(env, tmp_path, 0)
    try:
        assert worker.wait_for(lambda: all(ours(api, t)[1] for t in tickets), SECONDS), worker.lines
        assert worker.wait_for(lambda: worker.address, SECONDS)
        found = [ours(api, t) for t in tickets]
        assert (sorted(found), len(replies)) == ([(0, 1)] * 6 + [(1, 1)] * 3, 3)
        ready = requests.get(f"{worker.address}/readyz", timeout=10)
        assert (ready.status_code, ready.json()["ready"]) == (200, True)
        assert "3 public replies in the last hour" in ready.json()["remarks"][0]
        told = requests.get(f"{worker.address}/metrics", timeout=10).text
        assert "zendesk_gupshup_replies_last_hour 3.0" in told
        assert "zendesk_gupshup_replies_ceiling 3.0" in told
    finally:
        worker.stop()
    assert sum("is reached: further replies go to the agents" in line for line in worker.lines) == 1
    assert listed() == []


def _write(sandbox: SandboxServer, number: int) -> int:
    return int(
        sandbox.store.write_as_client(f"client{number}@client.example", "Olivia", ERROR, subject="WhatsApp")["id"]
    )


def test_reprocess_ends_at_the_ceiling_and_goes_on_when_there_is_room(sandbox: SandboxServer, tmp_path: Path) -> None:
    tickets = [one(sandbox) for _ in range(3)]

    def replied() -> int:
        return sum("gupshup_replied__http_401" in sandbox.store.tickets[t]["tags"] for t in tickets)

    flags = ("--since", "2020-01-01", "--reply", "--apply", "--yes", "--json")
    ended = call(sandbox, tmp_path, "reprocess", *flags, config="[reply]\nper_hour = 2\n")
    assert (ended.code, replied()) == (4, 2)
    assert not any("gupshup_held_back" in sandbox.store.tickets[t]["tags"] for t in tickets)
    again = ("reprocess", "--resume", ended.json["run"], "--yes", "--json")
    assert (call(sandbox, tmp_path, *again, config="[reply]\nper_hour = 2\n").code, replied()) == (4, 2)
    assert (call(sandbox, tmp_path, *again, config="[reply]\nper_hour = 3\n").code, replied()) == (0, 3)
