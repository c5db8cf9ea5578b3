"""Webhook to finished ticket on the sandbox, and what each ticket costs in requests to Zendesk.

Tickets are written at an even pace by clients; the worker is a real process, the webhooks are real. A ticket is
finished when the worker has logged its decision after the note. Every second ticket has nothing to do.
"""

from __future__ import annotations

import argparse
import re
import statistics
import time
from collections import Counter

from zendesk_gupshup.demo.stage import WorkerProcess, stage
from zendesk_sandbox.server import SandboxServer

_ERROR = 'Since today the Gupshup API answers HTTP 401 {"status":"error","message":"Authentication Failed"} to us.'
_NOTHING = "Hello, where can I see my invoice of October?"


def measure(latency_ms: int, tickets: int, pace: float) -> None:
    with stage() as (sandbox, _, worker):
        sandbox.change(latency_ms=latency_ms, limits=False)
        started = _write(sandbox, worker, tickets, pace)
        worker.wait_for(lambda: all(worker.settled(t) for t in started), 300)
        took: list[float] = []
        idle: list[float] = []
        for ticket_id, (began, error) in started.items():
            (took if error else idle).append(worker.settled(ticket_id)[0]["heard"] - began)
        replied = sum(1 for t, (_, error) in started.items() if error and worker.settled(t)[0]["did"] == "done")
        print(
            f"sandbox answers after {latency_ms} ms, {pace:g} tickets/s, {len(took)} answered, {len(idle)} left alone"
        )
        print(f"  handled: {replied}; webhook to finished: {_spread(took)}; nothing to do: {_spread(idle)}")
        _requests(sandbox, {t: error for t, (_, error) in started.items()})


def _write(sandbox: SandboxServer, worker: WorkerProcess, tickets: int, pace: float) -> dict[int, tuple[float, bool]]:
    started: dict[int, tuple[float, bool]] = {}
    begin = time.monotonic()
    for number in range(2 * tickets):
        # An even pace: late ones do not make the next ones late.
        wait = begin + number / pace / 2 - time.monotonic()
        worker.wait_for(lambda: False, max(wait, 0.0))
        error = number % 2 == 0
        ticket = sandbox.store.write_as_client(
            f"client{number}@example.com", f"Client {number}", _ERROR if error else _NOTHING, subject="WhatsApp"
        )
        started[int(ticket["id"])] = (time.monotonic(), error)
    return started


def _requests(sandbox: SandboxServer, tickets: dict[int, bool]) -> None:
    """Requests by kind, per answered ticket; uploads carry no ticket's number, so they are shared out evenly."""
    kinds: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    for request in sandbox.requests:
        found = re.match(r"/api/v2/tickets/(\d+)", request["path"])
        if found and int(found[1]) in tickets and request["user"] == "worker@example.com":
            path = re.sub(r"\d+", "{id}", request["path"].split("?")[0])
            kinds[tickets[int(found[1])]][f"{request['method']} {path}"] += 1
        elif request["path"].startswith("/api/v2/uploads"):
            kinds[True]["POST /api/v2/uploads"] += 1
    for error, name in ((True, "answered"), (False, "nothing to do")):
        count = sum(1 for e in tickets.values() if e is error)
        each = ", ".join(f"{kind} x{n / count:.2f}" for kind, n in sorted(kinds[error].items()))
        print(f"  requests per ticket, {name}: {sum(kinds[error].values()) / count:.2f} ({each})")


def _spread(values: list[float]) -> str:
    if not values:
        return "none"
    ordered = sorted(values)
    return f"median {statistics.median(ordered):.2f} s, p95 {ordered[int(0.95 * (len(ordered) - 1))]:.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=200)
    parser.add_argument(
        "--pace", type=float, default=0.8, help="tickets to answer a second (0.8 is what 100 updates a minute allow)"
    )
    parser.add_argument("--latency", type=int, nargs="*", default=[0, 50], help="milliseconds, one run each")
    arguments = parser.parse_args()
    for latency in arguments.latency:
        measure(latency, arguments.tickets, arguments.pace)


if __name__ == "__main__":
    main()
