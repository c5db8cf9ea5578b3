"""Two workers on one PostgreSQL, one of them killed every few seconds and started anew, until every ticket is answered.

TEST_DATABASE_URL names a database that may be emptied. Each worker has a folder of its own, as on a machine of its own.
The limits of requests and updates are set higher than Zendesk's, in the sandbox and therefore for the workers: with 100
updates a minute 2,000 tickets alone would take 40 minutes. They still bind, so that keeping them is seen.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import sqlalchemy as sa

from stand import CONFIG, WORKER, Serve, account, decisions, fill, finished, replies, set_up
from zendesk_gupshup.demo.stage import free_port, when
from zendesk_gupshup.storage.dead_letters import DeadLetters
from zendesk_gupshup.storage.engine import open_engine
from zendesk_gupshup.storage.metadata import METADATA
from zendesk_gupshup.storage.schema import VERSION_TABLE
from zendesk_sandbox.limits import budgets
from zendesk_sandbox.server import SandboxServer

# Few at a time, so that a slow machine gets some done between two kills.
_FLEET = "[worker]\nsweep_seconds = {sweep}\ntakeover_seconds = 20\nconcurrency = {concurrency}\n"


def emptied(url: str, folder: Path) -> sa.Engine:
    engine = open_engine(url, folder)
    with engine.begin() as connection:
        METADATA.drop_all(connection)
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {VERSION_TABLE}")
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS dbos CASCADE")
    return engine


class Fleet:
    def __init__(self, folder: Path, given: Mapping[str, str], count: int, config: str) -> None:
        self.folders = [folder / f"machine{n}" for n in range(count)]
        self.given = [{**given, "ZENDESK_GUPSHUP_STATE": str(one / "state")} for one in self.folders]
        for one in self.folders:
            one.mkdir()
            (one / "zendesk-gupshup.toml").write_text(config, encoding="utf-8")
        # Killed ones, too.
        self.all: list[Serve] = []
        self.serves = [self._start(n) for n in range(count)]
        self.kills = 0

    def _start(self, number: int) -> Serve:
        # At a port of its own each time: the last one may be somebody else's by now.
        self.all.append(Serve(self.folders[number], self.given[number]))
        return self.all[-1]

    def kill_one(self) -> bool:
        """kill -9, and a new start as systemd would give it; each of them in turn, and none before it is at work."""
        number = self.kills % len(self.serves)
        if not self._at_work(number):
            return False
        self.serves[number].kill()
        self.serves[number] = self._start(number)
        self.kills += 1
        return True

    def _at_work(self, number: int) -> bool:
        try:
            return self.serves[number].get("/healthz")[0] == 200
        except OSError:
            return False

    def stop(self) -> list[int]:
        for one in self.serves:
            one.wait_ready()
        return [one.stop() for one in self.serves]


def most_in_a_minute(times: Sequence[float], *, aligned: bool) -> int:
    """In the sandbox's own windows, or in whichever 60 seconds hold the most."""
    if aligned:
        return max(Counter(int(at // 60) for at in times).values(), default=0)
    times, most, first = sorted(times), 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - 60:
            first += 1
        most = max(most, last - first + 1)
    return most


def sweeps(engine: sa.Engine) -> tuple[int, int, int]:
    """Periods that had a sweep, sweeps that were begun, and periods that had more than one."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT workflow_uuid, count(*) FROM dbos.workflow_status WHERE name = 'sweep' AND status <> 'ENQUEUED'"
            " GROUP BY 1"
        ).all()
    # `sched-sweep-<when>`: one name a period.
    periods = Counter(str(name).removeprefix("sched-sweep-") for name, _ in rows)
    return len(periods), sum(count for _, count in rows), sum(count > 1 for count in periods.values())


def overlapping(serves: Sequence[Serve]) -> int:
    """Pairs of looks at one ticket at the same time that were both seen through, by the lines that tell their end."""
    looks = sorted(
        (decision["ticket_id"], *when(decision))
        for log in {serve.log for serve in serves}
        for decision in decisions(log)
    )
    return sum(a[0] == b[0] and b[1] < a[2] for a, b in pairwise(looks))


def spent(sandbox: SandboxServer, name: str) -> list[float]:
    """When the requests that count against a limit of the sandbox's were made, refused ones included."""
    user = int(sandbox.store.user_by_email(WORKER)["id"])
    options = sandbox.store.options
    return [
        row["time"]
        for row in sandbox.requests
        if row["user"] == WORKER
        and name in {b.name for b in budgets(row["method"], row["path"].partition("?")[0], user, options)}
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill-every", type=float, default=5.0, help="seconds; 0 for never")
    parser.add_argument("--requests", type=int, default=6000, help="the account's limit of requests a minute")
    parser.add_argument("--updates", type=int, default=1000, help="the limit of updates a minute")
    parser.add_argument("--latency", type=int, default=20, help="of each answer, in milliseconds")
    parser.add_argument("--sweep", type=int, default=20, help="seconds between two sweeps")
    parser.add_argument("--concurrency", type=int, default=4, help="tickets in hand of each worker")
    parser.add_argument("--minutes", type=float, default=30.0, help="give up after so long")
    chosen = parser.parse_args()
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        print("TEST_DATABASE_URL must name a PostgreSQL database that may be emptied", file=sys.stderr)
        return 2
    options = {"requests_per_minute": chosen.requests, "ticket_updates_per_minute": chosen.updates}
    with account(CONFIG, latency_ms=chosen.latency, incremental_lag=0, **options) as (sandbox, folder):
        engine = emptied(url, folder)
        given = {**set_up(sandbox, folder, free_port()), "DATABASE_URL": url}
        tickets = fill(sandbox.store, chosen.tickets)
        began = time.monotonic()
        fleet = Fleet(
            folder, given, chosen.workers, CONFIG + _FLEET.format(sweep=chosen.sweep, concurrency=chosen.concurrency)
        )
        try:
            told, due = began, began + chosen.kill_every
            while (done := finished(sandbox.store, tickets)) < len(tickets):
                now = time.monotonic()
                if now - began > chosen.minutes * 60:
                    break
                if chosen.kill_every and now >= due and fleet.kill_one():
                    due = max(due + chosen.kill_every, now)
                if now - told > 20:
                    told = now
                    print(
                        f"{now - began:4.0f} s: {done:,} of {len(tickets):,} tickets, {fleet.kills} kills", flush=True
                    )
                time.sleep(0.1)
            seconds = time.monotonic() - began
            ended = fleet.stop()
        finally:
            for one in fleet.serves:
                one.stop()
        return report(sandbox, engine, fleet, list(tickets), seconds, ended, chosen)


def report(
    sandbox: SandboxServer,
    engine: sa.Engine,
    fleet: Fleet,
    tickets: Sequence[int],
    seconds: float,
    ended: Sequence[int],
    chosen: argparse.Namespace,
) -> int:
    counted = Counter(replies(sandbox.store, ticket_id) for ticket_id in tickets)
    failures = DeadLetters(engine, sandbox.base_url).listed()
    workers = len(fleet.serves)
    print(f"{len(tickets):,} tickets, {workers} workers on PostgreSQL, {fleet.kills} kills in {seconds:,.0f} s")
    print(f"(replies, notes) of a ticket: {dict(counted)}; failures: {len(failures)}")
    print(f"looks at one ticket that overlapped: {overlapping(fleet.all)}")
    periods, begun, twice = sweeps(engine)
    print(f"sweeps: {begun} in {periods} periods of {chosen.sweep} s, periods with more than one: {twice}")
    kept = True
    for name, limit in (("account", chosen.requests), ("tickets-update", chosen.updates)):
        times = spent(sandbox, name)
        windows, rolling = (most_in_a_minute(times, aligned=aligned) for aligned in (True, False))
        kept &= windows <= limit
        print(f"{name}: {len(times):,} in all; most in a minute {windows:,}, in any 60 s {rolling:,}, limit {limit:,}")
    refused = sum(row["status"] == 429 for row in sandbox.requests)
    print(f"answers 429: {refused}; exit codes at the end: {list(ended)}")
    good = set(counted) == {(1, 1)} and not twice and kept and not refused and not overlapping(fleet.all)
    print("all as promised" if good else "NOT as promised")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
