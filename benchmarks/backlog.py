"""What `reprocess` and `undo` cost: time, requests and memory of a dry run, bulk jobs against single updates, kills.

usage: python benchmarks/backlog.py [--tickets 10000] [--kills 20] [--no-plain]

The sandbox runs in this process and the commands are processes of their own, whose memory the system tells. Request
limits are off: they would only measure the waiting. `--kills` are random kill -9 of one run over tickets of its own.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.old_tickets import Cli, fill, ledger, state, states, updates
from zendesk_sandbox.server import SandboxServer

_ERRORS = 0.05
# Between us and the command: Linux counts the memory of the process that a command was forked from as its own.
_WATCH = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


@dataclass
class Measured:
    seconds: float
    cpu: float
    megabytes: float
    code: int
    result: dict[str, Any]


def measured(cli: Cli, *words: str) -> Measured:
    """One command with its wall time, its processor time and the most memory it had."""
    started = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", _WATCH, sys.executable, "-m", "zendesk_gupshup", *words],
        env=dict(cli.environment), cwd=cli.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    cpu, kilobytes = ended.stderr.split()[-2:]
    result = json.loads(ended.stdout) if ended.stdout.startswith("{") else {}
    return Measured(seconds, float(cpu), int(kilobytes) / 1024, ended.returncode, result)


@contextmanager
def account(tickets: int, errors: float = _ERRORS) -> Iterator[tuple[SandboxServer, Path, list[int]]]:
    with SandboxServer(limits=False, incremental_lag=0) as sandbox, tempfile.TemporaryDirectory() as folder:
        yield sandbox, Path(folder), fill(sandbox.store, tickets, errors=errors, days=400)


def by_kind(sandbox: SandboxServer, since: int) -> Counter[str]:
    kinds: Counter[str] = Counter()
    for row in sandbox.requests[since:]:
        path = row["path"].partition("?")[0]
        for name in ("incremental", "comments", "show_many", "update_many", "job_statuses"):
            if name in path:
                break
        else:
            name = "other"
        kinds[name] += 1
    return kinds


def dry_and_live(tickets: int) -> None:
    with account(tickets) as (sandbox, folder, told):
        cli, pages = Cli(sandbox, folder), math.ceil(tickets / 1000)
        before = states(sandbox.store)
        dry = measured(cli, "reprocess", "--since", "2020-01-01", "--json")
        assert (dry.code, dry.result["found"]) == (0, len(told)), dry
        kinds, floor = by_kind(sandbox, 0), pages + len(told)
        reading = kinds["incremental"] + kinds["comments"]
        print(f"dry run of {tickets:,} tickets, {len(told):,} with errors: {dry.seconds:.1f} s, {dry.megabytes:.0f} MB")
        print(f"  {dry.result['requests']:,} requests: {dict(kinds)}")
        print(
            f"  floor of {pages:,} pages and {len(told):,} tickets' comments: {reading / floor:.3f} times for reading"
        )
        print(f"  {dry.result['requests'] / floor:.3f} times with everything else")

        since = len(sandbox.requests)
        live = measured(cli, "reprocess", "--resume", dry.result["run"], "--apply", "--yes", "--json")
        assert (live.code, live.result["written"]) == (0, len(told)), live
        bulk = by_kind(sandbox, since)
        print(f"tags on {len(told):,}: {live.seconds:.1f} s, {live.megabytes:.0f} MB, {bulk.total():,} requests")
        print(f"  {dict(bulk)}; one by one it is a read and an update each: {2 * len(told):,}, at least")
        print(f"  updates that reached a ticket: {dict(Counter(updates(sandbox.store, t) for t in told))}")

        agent = sandbox.store.user_by_email("ada@example.com")["id"]
        altered = told[: min(200, len(told) // 5)]
        for ticket_id in altered:
            sandbox.store.update_ticket(ticket_id, {"additional_tags": ["by_ada"], "priority": "urgent"}, agent)
        between, since = {t: state(sandbox.store, t) for t in altered}, len(sandbox.requests)
        back = measured(cli, "undo", live.result["run"], "--apply", "--yes", "--json")
        after = states(sandbox.store)
        same = sum(after[t] == before[t] for t in before)
        kept = sum("by_ada" in after[t][0] and after[t][2] == between[t][2] for t in altered)
        print(
            f"undo: {back.seconds:.1f} s, {len(sandbox.requests) - since:,} requests, {back.result['written']:,} back"
        )
        print(
            f"  {same:,} of {tickets:,} tickets as before the run; of {len(altered)} that an agent altered in between"
        )
        print(f"  {kept} keep what the agent did")


def kills(times: int) -> None:
    """A run killed again and again after a random number of requests, each time resumed, against one that was not."""
    tickets = 15 * times
    with account(tickets, errors=0.6) as (sandbox, folder, _):
        cli = Cli(sandbox, folder / "unbroken")
        assert cli("reprocess", "--since", "2020-01-01", "--apply", "--yes", seconds=3000).code == 0
        unbroken = [s[0] for s in states(sandbox.store).values()]
    with account(tickets, errors=0.6) as (sandbox, folder, told):
        # Short jobs would all end between two kills.
        sandbox.change(job_delay=0.3)
        cli, chance, codes = Cli(sandbox, folder / "broken"), random.Random(7), list[int]()
        words: tuple[str, ...] = ("reprocess", "--since", "2020-01-01", "--apply", "--yes")
        moments: Counter[str] = Counter()
        runs: Any = ()
        while len(codes) < times:
            # Signing in and so on are four requests; about half of the kills should come while it writes.
            left = len(told) - (runs[0].found if runs else 0)
            after = len(sandbox.requests) + chance.randint(5, min(60, left + 12))
            ended = cli.killed(partial(_reached, sandbox, after), *words, seconds=3000)
            codes.append(ended.code)
            last = sandbox.requests[-1]["path"].partition("?")[0]
            moments[re.sub(r"[0-9]+|V3-.*", "N", last.removeprefix("/api/v2/"))] += ended.code == -9
            runs = ledger(folder / "broken", sandbox).runs()
            words = ("reprocess", "--resume", runs[0].id, "--yes") if runs else words
            if ended.code == 0:
                break
        ended = cli(*words, "--json", seconds=3000)
        now = [s[0] for s in states(sandbox.store).values()]
        often = Counter(updates(sandbox.store, t) for t in told)
        print(f"killed {codes.count(-9)} times, last asked for {dict(moments)}: exit {ended.code}")
        print(f"  state equal to an unbroken run's: {now == unbroken}; updates that reached each of {len(told):,} "
              f"tickets: {dict(often)}")  # fmt: skip
        print(f"  in the ledger: {ended.json['written']:,} written of {ended.json['done']:,}")


def plain(tickets: int) -> None:
    """The same dry run by a plain script, in one run with ours."""
    with account(tickets) as (sandbox, folder, told):
        ours = measured(Cli(sandbox, folder), "reprocess", "--since", "2020-01-01", "--json")
        asked = len(sandbox.requests)
        script = Path(__file__).parent / "plain_zenpy_backlog.py"
        out = subprocess.run(
            [sys.executable, str(script), sandbox.base_url], capture_output=True, text=True, check=True
        )
        theirs, requests = json.loads(out.stdout), len(sandbox.requests) - asked
        print(f"{tickets:,} tickets, {len(told):,} with errors: ours {ours.seconds:.1f} s, {asked:,} requests; "
              f"plain zenpy {theirs['seconds']:.1f} s, {requests:,} requests")  # fmt: skip
        print(f"  found: ours {ours.result['found']:,}, plain zenpy {theirs['found']:,}")


def _reached(sandbox: SandboxServer, requests: int) -> bool:
    return len(sandbox.requests) >= requests


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--no-plain", action="store_true")
    given = parser.parse_args()
    dry_and_live(given.tickets)
    if given.kills:
        kills(given.kills)
    if not given.no_plain:
        plain(given.tickets)


if __name__ == "__main__":
    main()
