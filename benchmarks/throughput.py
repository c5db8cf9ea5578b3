"""Tickets a minute of `serve` and of a plain zenpy script on the same tickets, in one run; requests per ticket of both.

The sandbox answers each request after --latency milliseconds. Every ticket reports an error, so each gets the whole
treatment: by us reply, note, draft, guide, tags and routing; by the plain script a reply with a draft, and tags.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from stand import CONFIG, PLENTY, Serve, account, announce, fill, finished, replies, requests_of, set_up, stopped, wait
from zendesk_gupshup.demo.stage import free_port
from zendesk_sandbox.server import SandboxServer


@dataclass(frozen=True)
class Run:
    who: str
    tickets: int
    seconds: float
    requests: int
    cpu: float = 0.0
    sandbox_cpu: float = 0.0
    kinds: Counter[str] | None = None

    @property
    def a_minute(self) -> float:
        return 60 * self.tickets / self.seconds

    def __str__(self) -> str:
        each = ", ".join(f"{kind} x{n / self.tickets:.2f}" for kind, n in sorted((self.kinds or {}).items()))
        return (
            f"{self.who}: {self.tickets} tickets in {self.seconds:.1f} s, {self.a_minute:.0f} a minute, "
            f"{self.requests / self.tickets:.2f} requests per ticket, "
            f"{1000 * self.cpu / self.tickets:.0f} ms of CPU "
            f"({1000 * self.sandbox_cpu / self.tickets:.0f} the sandbox's)"
            f"\n  {each}"
        )


def ours(sandbox: SandboxServer, folder: Path, tickets: list[int], given: dict[str, str], workers: int) -> Run:
    """From the first webhook until the last ticket has its reply and its note."""
    # A sweep would handle part of the tickets before the clock starts.
    serves = [Serve(folder, given, "--no-sweep") for _ in range(workers)]
    with stopped(serves):
        for serve in serves:
            serve.wait_ready()
        # Sign-in, the account's groups and all that is loaded at a first ticket.
        warm = list(fill(sandbox.store, 4 * workers, name="warm"))
        announce(serves[0].hook, given["ZENDESK_WEBHOOK_SECRET"], warm)
        wait(lambda: finished(sandbox.store, warm) == len(warm), 60)
        since, cpu, began = len(sandbox.requests), sum(s.cpu for s in serves), time.monotonic()
        sandbox_cpu = time.process_time()
        for number, serve in enumerate(serves):
            announce(serve.hook, given["ZENDESK_WEBHOOK_SECRET"], tickets[number::workers])
        if not wait(lambda: finished(sandbox.store, tickets) == len(tickets), 600 + len(tickets), every=0.1):
            left = len(tickets) - finished(sandbox.store, tickets)
            print(f"  {left} tickets were not finished")
        seconds = time.monotonic() - began
        cpu, sandbox_cpu = sum(s.cpu for s in serves) - cpu, time.process_time() - sandbox_cpu
    rows = requests_of(sandbox, since)
    print(f"  replies per ticket: {dict(Counter(replies(sandbox.store, t) for t in tickets))} (public, internal)")
    return Run(f"serve x{workers}", len(tickets), seconds, len(rows), cpu, sandbox_cpu, kinds(rows))


def plain(sandbox: SandboxServer, folder: Path, tickets: list[int]) -> Run:
    ids = folder / "ids.txt"
    ids.write_text("\n".join(map(str, tickets)))
    since, script = len(sandbox.requests), Path(__file__).parent / "plain_zenpy.py"
    command = [sys.executable, str(script), sandbox.base_url, str(ids)]
    sandbox_cpu, cpu = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    sandbox_cpu, after = time.process_time() - sandbox_cpu, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
    result, rows = json.loads(out.stdout), requests_of(sandbox, since)
    if result["replied"] != len(tickets):
        print(f"  the plain script replied to {result['replied']} of {len(tickets)}")
    return Run("plain zenpy", len(tickets), result["seconds"], len(rows), spent, sandbox_cpu, kinds(rows))


def limited(asked: argparse.Namespace) -> None:
    """What is written within limits that the sandbox enforces, against what these allow."""
    minutes, updates = asked.limited, asked.updates
    told = {"limits": True, "ticket_updates_per_minute": updates, "requests_per_minute": asked.requests}
    with account(CONFIG, latency_ms=asked.latency, **told) as (sandbox, folder):
        given = set_up(sandbox, folder, free_port())
        tickets = list(fill(sandbox.store, int(updates / 2 * (minutes + 1.5))))
        serves = [Serve(folder, given).wait_ready() for _ in range(asked.workers)]
        with stopped(serves):
            for number, serve in enumerate(serves):
                announce(serve.hook, given["ZENDESK_WEBHOOK_SECRET"], tickets[number :: asked.workers])

            def puts() -> list[float]:
                return [row["time"] for row in requests_of(sandbox) if row["method"] == "PUT" and row["status"] == 200]

            wait(lambda: len(puts()) > 0, 120, every=0.2)
            time.sleep(60 * minutes + 1)
        times = puts()
    done = sum(t < times[0] + 60 * minutes for t in times)
    refused = sum(row["status"] == 429 for row in requests_of(sandbox))
    allowed = updates * minutes
    print(
        f"allowed a minute: {updates} updates, {asked.requests} requests; {minutes:g} minutes, {asked.workers} workers"
    )
    print(f"  {done} updates of {allowed:.0f}, {100 * done / allowed:.1f} %; refused with 429: {refused}")


def kinds(rows: list[dict[str, object]]) -> Counter[str]:
    paths = (re.sub(r"(?<=/)\d+", "N", str(row["path"]).partition("?")[0].removeprefix("/api/v2/")) for row in rows)
    return Counter(f"{row['method']} {path}" for row, path in zip(rows, paths, strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=600)
    parser.add_argument("--plain-tickets", type=int, default=100, help="for the plain script, which is slow")
    parser.add_argument("--latency", type=int, default=50, help="milliseconds before each answer")
    parser.add_argument("--workers", type=int, default=1, help="serve processes")
    parser.add_argument("--concurrency", type=int, help="tickets in hand at a time; the product's default if not given")
    parser.add_argument("--database-url", help="a store for all workers; one SQLite file if not given")
    parser.add_argument("--rounds", type=int, default=2, help="of both, one after the other")
    parser.add_argument("--limited", type=float, metavar="MINUTES", help="with limits on, for so long; nothing else")
    parser.add_argument("--updates", type=int, default=100, help="that the sandbox allows in a minute, with --limited")
    parser.add_argument("--requests", type=int, default=700, help="the same for requests")
    asked = parser.parse_args()
    if asked.limited:
        limited(asked)
        return
    more = f"[worker]\nconcurrency = {asked.concurrency}\n" if asked.concurrency else ""
    for number in range(asked.rounds):
        # An account each, or a sweep would find the plain script's tickets, too.
        with account(CONFIG, latency_ms=asked.latency, **PLENTY) as (sandbox, folder):
            theirs = plain(sandbox, folder, list(fill(sandbox.store, asked.plain_tickets, name="plain")))
        with account(CONFIG + more, latency_ms=asked.latency, **PLENTY) as (sandbox, folder):
            given = set_up(sandbox, folder, free_port())
            if asked.database_url:
                given["DATABASE_URL"] = asked.database_url
            mine = ours(sandbox, folder, list(fill(sandbox.store, asked.tickets)), given, asked.workers)
            print(f"round {number + 1}, a sandbox that answers after {asked.latency} ms, limits off\n{theirs}\n{mine}")
            print(f"  ratio: {mine.a_minute / theirs.a_minute:.2f} times the tickets a minute", flush=True)


if __name__ == "__main__":
    main()
