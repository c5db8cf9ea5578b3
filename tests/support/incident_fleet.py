"""Two workers that are started again whenever they are killed, and clients of several organizations."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from support.fleet import Fleet
from support.workers import SECONDS
from zendesk_gupshup.demo.stage import WorkerProcess
from zendesk_gupshup.worker.queue_client import enqueue

ERROR = "Since this morning the Gupshup API answers HTTP 401 Unauthorized to our API key, and no template loads."
PATIENCE = 240.0


class Outage:
    """An account in which several organizations report one code, with two workers on one database."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet, self._store = fleet, fleet.sandbox.store
        self._names = ("one", "other")
        self.tickets: list[int] = []
        self._running: dict[str, WorkerProcess] = {}
        self._asked: Counter[int] = Counter()
        fleet.sandbox.plan.on_kill = lambda _: self.kill_all()

    def start(self) -> None:
        for name in self._names:
            if name not in self._running or self._running[name].wait(0) is not None:
                self._running[name] = self._fleet.start(name)

    def ready(self) -> None:
        """Start them, and wait until both work."""
        self.start()
        for worker in self._running.values():
            assert worker.wait_for(lambda worker=worker: worker.address, SECONDS), worker.lines  # type: ignore[misc]  # mypy does not infer a lambda with defaults

    def kill_all(self) -> None:
        """The sandbox does not know which of them asks."""
        for worker in tuple(self._running.values()):
            worker.kill()

    def report(self, name: str, **more: Any) -> int:
        """A client of an organization of this name writes; a webhook of it arrives."""
        domain = f"{name.lower()}.example"
        self._store.upsert_organization(name, domain_names=[domain])
        made = self._store.write_as_client(f"ana@{domain}", f"Ana {name}", ERROR, subject="WhatsApp", **more)
        self.tickets.append(int(made["id"]))
        self.visit(self.tickets[-1])
        return self.tickets[-1]

    def visit(self, ticket_id: int) -> None:
        self._asked[ticket_id] += 1
        enqueue(self._fleet.engine, f"webhook:{ticket_id}:{self._asked[ticket_id]}", ticket_id)

    def until(self, condition: Callable[[], Any]) -> None:
        """Wait for it, and start again whoever was killed meanwhile."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, self.state()
            self.start()
            time.sleep(0.2)

    def is_quiet(self) -> bool:
        """Whether nothing waits in the queue but what a backoff delays."""
        waiting = "SELECT count(*) FROM {flows} WHERE status IN ('ENQUEUED', 'PENDING') AND name = 'ticket'"
        return bool(self._fleet.rows(waiting)[0][0] == 0)

    def solve(self, ticket_id: int, **more: Any) -> None:
        """An agent does."""
        agent = self._store.user_by_email("ada@example.com")["id"]
        self._store.update_ticket(ticket_id, {"status": "solved", "assignee_id": agent, **more}, agent)

    def tags(self, ticket_id: int) -> set[str]:
        return set(self._store.tickets[ticket_id]["tags"])

    def have(self, tag: str, tickets: Sequence[int] = ()) -> bool:
        return all(tag in self.tags(ticket_id) for ticket_id in tickets or self.tickets)

    def lack(self, tag: str) -> bool:
        return not any(tag in self.tags(ticket_id) for ticket_id in self.tickets)

    @property
    def problems(self) -> list[int]:
        return [t["id"] for t in self._store.tickets.values() if "gupshup_incident" in t["tags"]]

    def linked(self) -> list[int | None]:
        return [self._store.tickets[ticket_id]["problem_id"] for ticket_id in self.tickets]

    def written(self, ticket_id: int) -> Counter[str]:
        """Our comments on the ticket by what they are."""
        worker = self._store.user_by_email("worker@example.com")["id"]
        ours = [c for c in self._store.comments(ticket_id) if c["author_id"] == worker]
        return Counter(
            f"{'incident' if 'incident at Gupshup' in c['plain_body'] else 'code'} {'reply' if c['public'] else 'note'}"
            for c in ours
        )

    def state(self) -> str:
        """For the message of a failure."""
        rows = [f"{t}: {sorted(self.tags(t))} {dict(self.written(t))}" for t in self.tickets]
        lines = [line for worker in self._running.values() for line in worker.lines[-15:]]
        return "\n".join([f"problems {self.problems}, linked {self.linked()}", *rows, *lines])
