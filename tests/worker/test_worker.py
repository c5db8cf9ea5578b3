"""The worker as a real process beside a sandbox Zendesk: webhooks, sweep, restarts, refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from support.workers import ERROR, SECONDS, ours, post, write
from zendesk_gupshup.demo.stage import Api, WorkerProcess, environment, free_port, install, stage
from zendesk_gupshup.worker.webhook import SIGNATURE, TIMESTAMP, sign
from zendesk_gupshup.worker.webhook_spool import WebhookSpool
from zendesk_sandbox.server import SandboxServer

LONG = "whole"

TRACED = True

Stage = tuple[SandboxServer, Api, WorkerProcess]


@pytest.fixture(scope="module")
def live() -> Iterator[Stage]:
    with stage() as (sandbox, api, worker):
        sandbox.change(limits=False)
        yield sandbox, api, worker


def test_a_new_ticket_is_answered_and_noted_once(live: Stage) -> None:
    sandbox, api, worker = live
    ticket_id = write(sandbox)
    assert worker.wait_for(lambda: worker.settled(ticket_id), SECONDS)
    assert ours(api, ticket_id) == (1, 1)
    tags = api.call("GET", f"/api/v2/tickets/{ticket_id}")["ticket"]["tags"]
    assert {"gupshup", "gupshup__http_401", "gupshup_replied__http_401", "gupshup_noted__http_401"} <= set(tags)


def test_a_webhook_said_five_times_gives_one_reply(live: Stage) -> None:
    sandbox, api, worker = live
    hook = api.call("GET", "/api/v2/webhooks")["webhooks"][0]
    secret = api.call("GET", f"/api/v2/webhooks/{hook['id']}/signing_secret")["signing_secret"]["secret"]
    ticket_id = write(sandbox)
    for _ in range(5):
        assert post(worker, secret, {"ticket_id": str(ticket_id)}).json() == {"queued": ticket_id}
    # The webhook of the trigger, and five looks more: the same signed second and no invocation id is one call.
    assert worker.wait_for(lambda: len(worker.settled(ticket_id)) >= 2, SECONDS)
    assert ours(api, ticket_id) == (1, 1)


def test_what_is_wrong_with_a_webhook_is_said_by_its_status(live: Stage) -> None:
    _, api, worker = live
    hook = api.call("GET", "/api/v2/webhooks")["webhooks"][0]
    secret = api.call("GET", f"/api/v2/webhooks/{hook['id']}/signing_secret")["signing_secret"]["secret"]
    old = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    raw = json.dumps({"ticket_id": 7}).encode()
    answers = [
        post(worker, "forged", {"ticket_id": 7}),
        post(worker, secret, {"ticket_id": 7}, **{TIMESTAMP: old, SIGNATURE: sign(secret, old, raw)}),
        post(worker, secret, {"ticket": 7}),
        post(worker, secret, {"ticket_id": 7, "x": "y" * 70_000}),
        requests.get(f"{worker.address}/webhooks/zendesk", timeout=10),
    ]
    assert [(a.status_code, a.json()["error"] if a.status_code != 405 else None) for a in answers] == [
        (401, "bad_signature"),
        (401, "stale"),
        (400, "bad_body"),
        (413, "too_large"),
        (405, None),
    ]


def test_health_readiness_and_metrics_answer(live: Stage) -> None:
    _, _, worker = live
    assert requests.get(f"{worker.address}/healthz", timeout=10).json() == {"status": "ok"}
    assert requests.get(f"{worker.address}/readyz", timeout=10).json()["ready"] is True
    metrics = requests.get(f"{worker.address}/metrics", timeout=10).text
    assert "zendesk_gupshup_tickets_handled_total" in metrics
    assert "zendesk_gupshup_queue_tickets" in metrics


def test_the_log_has_one_json_line_a_decision_and_no_word_of_the_customer(live: Stage) -> None:
    sandbox, _, worker = live
    key = "8f3kq0z7w2m5x9c1v4b6n8a0s2d4f6g7"
    ticket_id = write(sandbox, f"{ERROR} The header was apikey: {key}. Zanzibar.")
    assert worker.wait_for(lambda: worker.settled(ticket_id), SECONDS)
    assert all(isinstance(json.loads(line), dict) for line in worker.lines)
    text = "\n".join(worker.lines)
    assert all(word not in text for word in (key, "Zanzibar", "olivia@client.example", "sandbox-secret"))


@pytest.fixture
def quiet(tmp_path: Path) -> Iterator[tuple[SandboxServer, Api, dict[str, str]]]:
    """A sandbox whose webhook leads nowhere, and the environment of a worker for it."""
    with SandboxServer(limits=False, incremental_lag=0) as sandbox:
        api = Api(sandbox.base_url)
        secret = install(api, f"http://127.0.0.1:{free_port()}/nobody")
        (tmp_path / "zendesk-gupshup.toml").write_text("[worker]\nsweep_seconds = 7\n", encoding="utf-8")
        yield sandbox, api, environment(sandbox.base_url, secret, tmp_path)


def test_the_sweep_finds_a_ticket_that_no_webhook_announced(
    quiet: tuple[SandboxServer, Api, dict[str, str]], tmp_path: Path
) -> None:
    sandbox, api, env = quiet
    before = write(sandbox)
    worker = WorkerProcess(env, tmp_path, 0)
    try:
        assert worker.wait_for(lambda: worker.settled(before), SECONDS), worker.lines
        first = [line for line in worker.lines if "first sweep" in line]
        assert len(first) == 1
        assert "changed in the last 24 hours (about 1);" in first[0]
        while_running = write(sandbox)
        assert worker.wait_for(lambda: worker.settled(while_running), SECONDS), worker.lines
        assert worker.stop() == 0
    finally:
        worker.kill()
    assert (ours(api, before), ours(api, while_running)) == ((1, 1), (1, 1))


@pytest.mark.no_cover
def test_once_sweeps_drains_the_queue_and_ends(
    quiet: tuple[SandboxServer, Api, dict[str, str]], worker_as_program: None, tmp_path: Path
) -> None:
    sandbox, api, env = quiet
    tickets = [write(sandbox) for _ in range(5)]
    first = WorkerProcess(env, tmp_path, 0, "--once")
    assert first.wait(SECONDS) == 0, first.lines
    assert [ours(api, t) for t in tickets] == [(1, 1)] * 5
    # No sweep tells of this one: only the webhook that a worker had answered before it was killed.
    sandbox.change(incremental_lag=86_400)
    announced = write(sandbox)
    seen_at = str(sandbox.store.tickets[announced]["updated_at"])
    left = WebhookSpool(Path(env["ZENDESK_GUPSHUP_STATE"]) / "inbox.sqlite", lambda _: None)
    left.put([(f"webhook:{announced}:01J", announced, seen_at)])
    second = WorkerProcess(env, tmp_path, 0, "--once")
    assert second.wait(SECONDS) == 0
    assert ([ours(api, t) for t in (*tickets, announced)], left.count()) == ([(1, 1)] * 6, 0)


@pytest.mark.no_cover
def test_what_the_cursor_has_gone_past_is_found_by_looking_back(
    quiet: tuple[SandboxServer, Api, dict[str, str]], tmp_path: Path
) -> None:
    sandbox, api, env = quiet
    config = "[worker]\nsweep_seconds = 7\nlook_back_seconds = 10\n"
    (tmp_path / "zendesk-gupshup.toml").write_text(config, encoding="utf-8")
    sandbox.change(clock_offset=3600)
    early = write(sandbox)
    worker = WorkerProcess(env, tmp_path, 0)
    try:
        assert worker.wait_for(lambda: ours(api, early) == (1, 1), SECONDS), worker.lines
        # The clock is right again; the cursor stays where it was, an hour ahead.
        sandbox.change(clock_offset=0)
        late = write(sandbox)
        assert worker.wait_for(lambda: ours(api, late) == (1, 1), SECONDS), worker.lines
    finally:
        worker.kill()
    assert (ours(api, early), ours(api, late)) == ((1, 1), (1, 1))


@pytest.mark.no_cover
def test_killed_in_the_middle_it_finishes_after_a_restart(
    quiet: tuple[SandboxServer, Api, dict[str, str]], tmp_path: Path
) -> None:
    sandbox, api, env = quiet
    tickets = [write(sandbox) for _ in range(6)]
    worker = WorkerProcess(env, tmp_path, 0)
    assert worker.wait_for(lambda: any(ours(api, t) != (0, 0) for t in tickets), SECONDS)
    worker.kill()
    again = WorkerProcess(env, tmp_path, 0)
    try:
        done = [t for t in tickets if ours(api, t) == (1, 1)]
        assert again.wait_for(lambda: all(ours(api, t) == (1, 1) for t in tickets), SECONDS), (done, again.lines)
    finally:
        again.stop()
    assert [ours(api, t) for t in tickets] == [(1, 1)] * 6


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"ZENDESK_OAUTH_CLIENT_SECRET": "wrong"}, 6, "Check the OAuth client and its scopes"),
        ({"ZENDESK_OAUTH_CLIENT_SECRET": ""}, 1, "ZENDESK_OAUTH_CLIENT_SECRET is missing"),
        ({"ZENDESK_WEBHOOK_SECRET": ""}, 1, "ZENDESK_WEBHOOK_SECRET is missing"),
        ({"ZENDESK_WEBHOOK_SECRET": "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="}, 1, "public test secret"),
        ({"ZENDESK_BASE_URL": "http://127.0.0.1:9"}, 1, "a proxy, ZENDESK_SUBDOMAIN or ZENDESK_BASE_URL (tried"),
        ({"ZENDESK_BASE_URL": "", "ZENDESK_SUBDOMAIN": ""}, 1, "ZENDESK_SUBDOMAIN is missing"),
    ],
)
def test_a_wrong_start_is_one_line_and_its_exit_code(
    quiet: tuple[SandboxServer, Api, dict[str, str]], tmp_path: Path, change: dict[str, str], code: int, says: str
) -> None:
    _, _, env = quiet
    worker = WorkerProcess({**env, **change}, tmp_path, 0)
    assert worker.wait(SECONDS) == code
    last = worker.lines[-1]
    assert last.startswith("zendesk-gupshup: ")
    assert says in last
    assert "Traceback" not in "\n".join(worker.lines)


def test_a_port_in_use_is_one_line(quiet: tuple[SandboxServer, Api, dict[str, str]], tmp_path: Path) -> None:
    sandbox, _, env = quiet
    taken = int(sandbox.base_url.rpartition(":")[2])
    worker = WorkerProcess(env, tmp_path, taken)
    assert (worker.wait(SECONDS), worker.lines[-1]) == (
        1,
        f"zendesk-gupshup: cannot listen on 127.0.0.1:{taken}: address already in use; choose another --port",
    )
