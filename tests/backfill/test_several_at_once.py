"""`reprocess` with several tickets under way: what it keeps in order, how far it goes, and what a kill leaves."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from support.old_tickets import ALL, ForkedCli, call, ledger, one
from zendesk_gupshup.backfill.plan import READERS
from zendesk_gupshup.backfill.run_store import RunStore
from zendesk_gupshup.backfill.singly import MOST
from zendesk_sandbox.server import SandboxServer

WRITE = ("--reply", "--notes", "--apply", "--yes")


@pytest.fixture
def old() -> Iterator[SandboxServer]:
    with SandboxServer(limits=False, incremental_lag=0, job_delay=0.0) as sandbox:
        yield sandbox


def tickets(sandbox: SandboxServer, count: int) -> list[int]:
    return [one(sandbox, days=count - n) for n in range(count)]


def ours(sandbox: SandboxServer, ticket_id: int) -> tuple[int, int]:
    """Our public replies and our internal notes on a ticket."""
    us = sandbox.store.user_by_email("worker@example.com")["id"]
    with sandbox.store.lock:
        public = [c["public"] for c in sandbox.store.comments(ticket_id) if c["author_id"] == us]
    return public.count(True), public.count(False)


class Held:
    """Requests of a kind that are kept waiting: until `wanted` of them are under way, or for ever."""

    def __init__(self, sandbox: SandboxServer, method: str, part: str, wanted: int, *, release: bool) -> None:
        self._method, self._part, self._wanted, self._release = method, part, wanted, release
        self.here, self.most, self.reached = 0, 0, threading.Event()
        self.open = False
        sandbox.faults.after.append(self)

    async def __call__(self, request: Request, response: Response) -> Response:
        if self.open or request.method != self._method or self._part not in request.url.path:
            return response
        self.here += 1
        self.most = max(self.most, self.here)
        if self.most >= self._wanted:
            self.reached.set()
        while not self.open and not (self._release and self.reached.is_set()):
            await asyncio.sleep(0.005)
        self.here -= 1
        return response


def test_comments_of_several_tickets_are_read_at_once_and_kept_in_the_order_of_the_page(
    old: SandboxServer, tmp_path: Path
) -> None:
    told = tickets(old, READERS + 9)
    held = Held(old, "GET", "/comments", READERS, release=True)
    ended = call(old, tmp_path, "reprocess", *ALL, "--json")
    assert (ended.code, held.most) == (0, READERS)
    assert [entry.ticket_id for entry in RunStore(ledger(tmp_path, old), ended.json["run"]).all()] == told
    comments = [r["path"] for r in old.requests if "/comments" in r["path"]]
    assert len(comments) == len(set(comments)) == len(told)


def test_replies_to_several_tickets_are_under_way_at_once(old: SandboxServer, tmp_path: Path) -> None:
    told = tickets(old, MOST + 3)
    held = Held(old, "PUT", "/tickets/", MOST, release=True)
    ended = call(old, tmp_path, "reprocess", *ALL, *WRITE, "--json")
    assert (ended.code, ended.json["written"], ended.json["failed"]) == (0, len(told), 0)
    assert held.most == MOST
    assert [ours(old, t) for t in told] == [(1, 1)] * len(told)


@pytest.mark.parametrize(
    ("config", "flags"), [("", ("--max-replies", "5")), ("[reply]\nper_hour = 5\n", ())], ids=["a run's", "an hour's"]
)
def test_a_limit_of_replies_is_one_of_all_threads_together(
    old: SandboxServer, tmp_path: Path, config: str, flags: tuple[str, ...]
) -> None:
    told = tickets(old, 12)
    old.change(latency_ms=10)
    ended = call(old, tmp_path, "reprocess", *ALL, *flags, "--reply", "--apply", "--yes", "--json", config=config)
    assert (ended.code, ended.json["written"]) == (4, 5)
    assert sorted(ours(old, t) for t in told) == [(0, 0)] * 7 + [(1, 0)] * 5


def test_credentials_that_are_refused_meanwhile_end_the_run_with_what_is_in_hand_recorded(
    old: SandboxServer, tmp_path: Path
) -> None:
    told = tickets(old, 2 * MOST)

    async def revoke(request: Request, response: Response) -> Response:
        if request.method == "PUT" and old.store.oauth_clients:
            old.store.oauth_clients.clear()
            old.store.oauth_tokens.clear()
        return response

    old.faults.after.append(revoke)
    ended = call(old, tmp_path, "reprocess", *ALL, *WRITE)
    (run,) = ledger(tmp_path, old).runs()
    assert (ended.code, run.status) == (6, "stopped")
    assert all(ours(old, t) <= (1, 1) for t in told)


# --- Ended from outside --------------------------------------------------------------------------------------


def _resumed(sandbox: SandboxServer, folder: Path, told: list[int]) -> dict[str, Any]:
    """The run gone on with: each ticket has one reply and one note, and the ledger knows of both."""
    (run,) = ledger(folder, sandbox).runs()
    ended = call(sandbox, folder, "reprocess", "--resume", run.id, "--yes", "--json")
    assert ended.code == 0, ended.err
    assert [ours(sandbox, t) for t in told] == [(1, 1)] * len(told)
    entries = {entry.ticket_id: entry for entry in ledger(folder, sandbox).entries(run.id)}
    assert {t: tuple(w.kind for w in e.writes) for t, e in entries.items()} == dict.fromkeys(told, ("reply", "note"))
    return ended.json


@pytest.mark.no_cover
@pytest.mark.parametrize("answered", [0, 3, MOST + 3])
def test_killed_with_updates_applied_and_unanswered_it_goes_on_without_a_second_one(
    old: SandboxServer, tmp_path: Path, answered: int
) -> None:
    told = tickets(old, MOST + 4)
    let = [answered]
    held = Held(old, "PUT", "/tickets/", MOST, release=False)

    async def let_through(request: Request, response: Response) -> Response:
        if request.method == "PUT" and "/tickets/" in request.url.path and let[0]:
            let[0] -= 1
            return response
        return await held(request, response)

    old.faults.after[:] = [let_through]
    killed = ForkedCli(old, tmp_path).killed(held.reached.is_set, "reprocess", *ALL, *WRITE)
    held.open = True
    assert killed.code == -signal.SIGKILL
    assert sum(sum(ours(old, t)) for t in told) == answered + MOST
    assert _resumed(old, tmp_path, told)["written"] == len(told)


@pytest.mark.no_cover
def test_killed_again_and_again_no_ticket_gets_a_second_reply(old: SandboxServer, tmp_path: Path) -> None:
    told = tickets(old, 24)
    old.change(latency_ms=15)
    cli = ForkedCli(old, tmp_path)
    words: tuple[str, ...] = ("reprocess", *ALL, *WRITE)
    for updates in (1, 5, 11, 19):
        killed = cli.killed(lambda wanted=updates: _updates(old) >= wanted, *words)  # type: ignore[misc]  # mypy does not infer a lambda with defaults
        assert killed.code == -signal.SIGKILL
        (run,) = ledger(tmp_path, old).runs()
        words = ("reprocess", "--resume", run.id, "--yes")
    old.change(latency_ms=0)
    assert _resumed(old, tmp_path, told)["done"] == len(told)


def _updates(sandbox: SandboxServer) -> int:
    return sum(r["method"] == "PUT" and "/tickets/" in r["path"] for r in sandbox.requests)


@pytest.mark.no_cover
def test_ctrl_c_finishes_the_tickets_in_hand_and_begins_no_more(old: SandboxServer, tmp_path: Path) -> None:
    told = tickets(old, 3 * MOST)
    held = Held(old, "PUT", "/tickets/", MOST, release=False)
    with ForkedCli(old, tmp_path).start("reprocess", *ALL, *WRITE) as process:
        assert held.reached.wait(60)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "Finishing" not in process.stderr.readline():
            assert process.poll() is None
        held.open = True
        process.communicate(timeout=120)
    assert process.returncode == 4
    assert sorted(ours(old, t) for t in told) == [(0, 0)] * 2 * MOST + [(1, 1)] * MOST
    _resumed(old, tmp_path, told)


@pytest.mark.no_cover
def test_a_second_ctrl_c_waits_for_no_ticket(old: SandboxServer, tmp_path: Path) -> None:
    told = tickets(old, MOST)
    held = Held(old, "PUT", "/tickets/", MOST, release=False)
    with ForkedCli(old, tmp_path).start("reprocess", *ALL, *WRITE) as process:
        assert held.reached.wait(60)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        while "Finishing" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    held.open = True
    assert process.returncode == 4
    _resumed(old, tmp_path, told)
