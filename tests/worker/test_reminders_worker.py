"""Reminders by real workers: two on one store, killed as Zendesk applies an update or right before it does, and without
their store. On PostgreSQL, too."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from support.databases import queue_database
from support.escalated import NOTED, age, escalated, reminders
from support.fault_runs import QUICK, Keeper, wait_for
from support.workers import SECONDS
from zendesk_gupshup.demo.stage import Api, environment, free_port, install
from zendesk_sandbox.faults import Fault, Met
from zendesk_sandbox.server import SandboxServer

LONG = "each"

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
FIRST, SECOND, OVER = "gupshup_replied__reminder_1", "gupshup_replied__reminder_2", "gupshup_noted__reminder_over"


@dataclass
class Pair:
    """Two workers that are started again whenever they end; a kill takes both."""

    sandbox: SandboxServer
    start: Callable[[], list[Keeper]]
    keepers: list[Keeper] = field(default_factory=list)
    kills: int = 0
    tickets: list[int] = field(default_factory=list)

    def begin(self) -> None:
        self.keepers = self.start()
        assert wait_for(lambda: all(keeper.is_up() for keeper in self.keepers), SECONDS), self.lines()

    def end(self) -> None:
        for keeper in self.keepers:
            keeper.stop()

    def kill(self, met: Met) -> None:
        self.kills += 1
        for keeper in self.keepers:
            keeper.kill(met)

    def age(self, hours: int) -> None:
        age(self.sandbox, self.tickets, hours)

    def written(self) -> Counter[tuple[int, str]]:
        return reminders(self.sandbox, self.tickets)

    def noted(self) -> bool:
        return all(NOTED in self.sandbox.store.tickets[t]["tags"] for t in self.tickets)

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
def pair(engine: sa.Engine, folder: Path) -> Iterator[Pair]:
    """On PostgreSQL each has a folder of its own, as on a machine of its own."""
    with SandboxServer(**QUICK) as sandbox:
        secret = install(Api(sandbox.base_url), f"http://127.0.0.1:{free_port()}/nobody")

        def start() -> list[Keeper]:
            keepers = []
            for name in ("one", "other"):
                (folder / name).mkdir(exist_ok=True)
                (folder / name / "zendesk-gupshup.toml").write_text(CONFIG, encoding="utf-8")
                given = environment(sandbox.base_url, secret, folder / name)
                if engine.dialect.name == "sqlite":
                    given["ZENDESK_GUPSHUP_STATE"] = str(folder / "shared")
                else:
                    given["DATABASE_URL"] = engine.url.render_as_string(hide_password=False)
                keepers.append(Keeper(given, folder / name, free_port()))
            return keepers

        made = Pair(sandbox, start)
        sandbox.plan.on_kill = made.kill
        try:
            made.begin()
            yield made
        finally:
            sandbox.plan.replace()
            made.end()


def lose(engine: sa.Engine, folder: Path) -> None:
    """The store is gone, and an empty one in its place."""
    engine.dispose()
    if engine.dialect.name == "sqlite":
        shutil.rmtree(folder / "shared")
    queue_database(engine.dialect.name, folder / "shared").dispose()


@pytest.mark.parametrize(
    "shared_engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.kills)], indirect=True
)
@pytest.mark.no_cover
def test_each_reminder_is_written_once_by_two_workers_that_are_killed_and_lose_their_store(
    shared_engine: sa.Engine, tmp_path: Path
) -> None:
    with pair(shared_engine, tmp_path) as two:
        tickets = two.tickets = [escalated(two.sandbox) for _ in range(3)]
        assert wait_for(two.noted, SECONDS), two.lines()
        expected: Counter[tuple[int, str]] = Counter()
        for hours, marker, kind in ((49, FIRST, "kill_applied"), (73, SECOND, "kill"), (49, OVER, "kill_applied")):
            before = two.kills
            two.sandbox.plan.replace([Fault(kind=kind, method="PUT", path="tickets/*", nth=n) for n in (1, 2)])
            two.age(hours)
            expected.update((ticket_id, marker) for ticket_id in tickets)
            assert wait_for(lambda: set(two.written()) == set(expected), SECONDS * 2), two.lines()
            two.let_be(1)
            assert two.written() == expected
            assert two.kills > before
            two.end()
            lose(shared_engine, tmp_path)
            two.begin()
            two.let_be(1)
            assert two.written() == expected
        public = [sum(c["public"] for c in two.sandbox.store.comments(t)) for t in tickets]
        # The client's words, the agent's escalation, two reminders.
        assert public == [4, 4, 4]
        assert all("gupshup_owner_reminder" in two.sandbox.store.tickets[t]["tags"] for t in tickets)
