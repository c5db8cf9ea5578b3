"""Reminders by real workers: two on one store, killed as Zendesk applies an update, or right before it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests

from support.answered_ticket import REPLY
from support.fault_runs import QUICK, WORKER, Keeper, wait_for
from support.workers import ERROR, SECONDS, write
from zendesk_gupshup.demo.stage import Api, environment, free_port, install
from zendesk_sandbox.faults import Fault, Met
from zendesk_sandbox.server import SandboxServer

CONFIG = """
[zendesk]
timeout = 2.0
longest_wait = 2.0
[worker]
sweep_seconds = 7
remind_seconds = 7
takeover_seconds = 3
[follow_up]
remind_after = ["2d", "5d"]
quiet_hours = []
"""
AWAITING = "gupshup_state__awaiting_owner"
FIRST, SECOND, OVER = "gupshup_replied__reminder_1", "gupshup_replied__reminder_2", "gupshup_noted__reminder_over"


@dataclass
class Pair:
    """Two workers that are started again whenever they end; a kill takes both."""

    sandbox: SandboxServer
    keepers: list[Keeper]
    kills: int = 0
    tickets: list[int] = field(default_factory=list)

    def kill(self, met: Met) -> None:
        self.kills += 1
        for keeper in self.keepers:
            keeper.kill(met)

    def escalated(self) -> int:
        """A ticket that an agent has escalated; the worker has to write its note yet."""
        store = self.sandbox.store
        with store.lock:
            ticket_id = write(self.sandbox, ERROR)
            agent = int(store.user_by_email("ada@example.com")["id"])
            asked = {"comment": {"body": REPLY["en"], "public": True}, "tags": ["gupshup", AWAITING]}
            store.update_ticket(ticket_id, asked, agent)
        self.tickets.append(ticket_id)
        return ticket_id

    def age(self, hours: int) -> None:
        """So many hours pass: all comments are older by them."""
        store = self.sandbox.store
        with store.lock:
            for ticket_id in self.tickets:
                ticket = store.tickets[ticket_id]
                for record in (ticket, *store._comments[ticket_id]):
                    made = datetime.fromisoformat(record["created_at"]) - timedelta(hours=hours)
                    record["created_at"] = f"{made:%Y-%m-%dT%H:%M:%SZ}"

    def written(self) -> Counter[tuple[int, str]]:
        """How often each reminder was written, by ticket and marker; of public ones and notes alike."""
        store = self.sandbox.store
        with store.lock:
            ours = store.user_by_email(WORKER)["id"]
            told = [
                (t, a["metadata"]["custom"]) for t in self.tickets for a in store.audits(t) if a["author_id"] == ours
            ]
        return Counter((t, str(custom["marker"])) for t, custom in told if "reminder" in str(custom.get("marker")))

    def noted(self) -> bool:
        return all("gupshup_noted__http_401" in self.sandbox.store.tickets[t]["tags"] for t in self.tickets)

    def settled(self) -> bool:
        """Whether both are up, and nothing waits in the queue."""
        try:
            return all(
                int(requests.get(f"{keeper.worker.address}/readyz", timeout=5).json()["waiting"]) == 0
                for keeper in self.keepers
            )
        except (requests.RequestException, ValueError, KeyError):
            return False

    def turns(self) -> int:
        """How often somebody has looked which tickets wait."""
        return sum("search/export" in request["path"] for request in self.sandbox.requests)

    def let_be(self, turns: int) -> None:
        """Until so many further turns have been taken, and all that they queued was handled."""
        due = self.turns() + turns
        assert wait_for(lambda: self.turns() >= due, SECONDS)
        assert wait_for(self.settled, SECONDS)

    def lines(self) -> list[str]:
        return [line for keeper in self.keepers for line in (*keeper.lines, *keeper.worker.lines)][-30:]


@contextmanager
def pair(folder: Path) -> Iterator[Pair]:
    with SandboxServer(**QUICK) as sandbox:
        secret = install(Api(sandbox.base_url), f"http://127.0.0.1:{free_port()}/nobody")
        keepers = []
        for name in ("one", "other"):
            (folder / name).mkdir()
            (folder / name / "zendesk-gupshup.toml").write_text(CONFIG, encoding="utf-8")
            given = environment(sandbox.base_url, secret, folder / name)
            given["ZENDESK_GUPSHUP_STATE"] = str(folder / "shared")
            keepers.append(Keeper(given, folder / name, free_port()))
        made = Pair(sandbox, keepers)
        sandbox.plan.on_kill = made.kill
        try:
            assert wait_for(lambda: all(keeper.is_up() for keeper in keepers), SECONDS), made.lines()
            yield made
        finally:
            sandbox.plan.replace()
            for keeper in keepers:
                keeper.stop()


@pytest.mark.no_cover
def test_each_reminder_is_written_once_by_two_workers_that_are_killed(tmp_path: Path) -> None:
    with pair(tmp_path) as two:
        tickets = [two.escalated() for _ in range(3)]
        assert wait_for(two.noted, SECONDS), two.lines()
        expected: Counter[tuple[int, str]] = Counter()
        for hours, marker, kind in ((49, FIRST, "kill_applied"), (73, SECOND, "kill"), (49, OVER, "kill_applied")):
            before = two.kills
            two.sandbox.plan.replace([Fault(kind=kind, method="PUT", path="tickets/*", nth=n) for n in (1, 2)])
            two.age(hours)
            expected.update((ticket_id, marker) for ticket_id in tickets)
            assert wait_for(lambda: set(two.written()) == set(expected), SECONDS * 2), two.lines()
            two.let_be(2)
            assert two.written() == expected
            assert two.kills > before
        public = [sum(c["public"] for c in two.sandbox.store.comments(t)) for t in tickets]
        # The client's words, the agent's escalation, two reminders.
        assert public == [4, 4, 4]
        assert all("gupshup_owner_reminder" in two.sandbox.store.tickets[t]["tags"] for t in tickets)
