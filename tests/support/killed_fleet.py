"""Two `serve` processes on one SQLite store, of which a fault kills the one that asks; another takes its place."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa

from support.databases import database
from support.fleet import Fleet
from zendesk_gupshup.demo.stage import WorkerProcess
from zendesk_gupshup.worker.queue_client import enqueue
from zendesk_sandbox.faults import Met

_HOLDER = sa.text(
    "SELECT executor_id FROM workflow_status"
    " WHERE name = 'ticket' AND status = 'PENDING' AND queue_partition_key = :ticket_id"
)


@dataclass
class KilledFleet:
    """`loses_store`: both workers are killed and their folder is gone, as a machine without a volume loses it."""

    fleet: Fleet
    loses_store: bool = False
    kills: list[Met] = field(default_factory=list)
    announced: int = 0

    def start(self) -> None:
        self.fleet.both()
        self.fleet.sandbox.plan.on_kill = self._kill

    def announce(self, *tickets: int) -> None:
        """What webhooks about these tickets do."""
        self.announced += 1
        engine = database("sqlite", self._store)
        for ticket_id in tickets:
            enqueue(engine, f"webhook:{ticket_id}:{self.announced}", ticket_id)
        engine.dispose()

    def last_look(self, seconds: float) -> int | None:
        """A worker alone that sweeps, does what is left and ends; its exit code."""
        for worker in self.fleet.workers:
            worker.kill()
        return self.fleet.start("last", "--once").wait(seconds)

    def _kill(self, met: Met) -> None:
        """Runs in the sandbox while the request waits for its answer: nobody else gets one meanwhile."""
        self.kills.append(met)
        running = [worker for worker in self.fleet.workers if worker.wait(0) is None]
        # It may have been killed for another of its tickets, and have asked for this before.
        dead = running if self.loses_store else self._holder(running, met)
        for worker in dead:
            worker.kill()
        if self.loses_store:
            shutil.rmtree(self._store, ignore_errors=True)
        for _ in dead:
            self.fleet.start(f"start{len(self.fleet.workers)}")

    def _holder(self, running: list[WorkerProcess], met: Met) -> list[WorkerProcess]:
        """The worker that has the ticket of this request in hand."""
        engine = database("sqlite", self._store)
        with engine.connect() as connection:
            found = connection.execute(_HOLDER, {"ticket_id": met.path.rpartition("/")[2].removesuffix(".json")})
            holders = set(found.scalars())
        engine.dispose()
        return [worker for worker in running if worker.executor in holders]

    @property
    def _store(self) -> Path:
        return self.fleet.folder / "shared"
