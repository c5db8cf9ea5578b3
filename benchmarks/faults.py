"""Exactly once, whatever breaks: real workers, real sockets, real kills, against the sandbox's faults.

usage: python benchmarks/faults.py [--seeds 3] [--batches 3] [--quick] [--only PART] [--at-once 4]

Parts: `worker` kills a worker at each request of a ticket's handling, before it is carried out and after, the agent's
macro included; `reprocess` and `undo` do so with these commands; `mixture` throws faults and mishaps of every kind
(`tests/support/fault_plans.py`), and kills, at a population of tickets, once for each seed. A mishap that never struck
fails the run. The truth is read off the sandbox: what stands on a ticket must be what stands on one of its kind where
nothing went wrong. Exit code 1 when it is not.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle, islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.fault_plans import THEIRS, Mishaps, but_for_mishaps, described, expected_with_mishaps
from support.fault_runs import CASES, CONFIG, QUICK, Case, Scene, Seen, scene, seen, unbroken, wait_for
from support.old_tickets import Cli, ledger
from support.worker_faults import DATABASE, database_of_its_own, disk_full, gone_away, locked
from zendesk_sandbox.faults import Fault, Met, kinds
from zendesk_sandbox.server import SandboxServer

PHASES = ("kill", "kill_applied")
# The two moments that a careless program fails at.
QUICKLY = tuple(Fault(kind=kind, method="PUT", path="tickets/*") for kind in PHASES)
BY_NAME = {case.name: case for case in CASES}
# Whose handling is killed request by request.
KILLED = ("macro and report", "401", "two codes", "macro")
PATIENCE = 180.0


@dataclass
class Tally:
    """What a part came to."""

    part: str
    runs: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    points: set[tuple[str, str, str]] = field(default_factory=set)
    tickets: int = 0
    replies: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)
    # Why tickets stood on the list of failures before somebody asked for them again.
    reasons: Counter[str] = field(default_factory=Counter)
    listed: int = 0
    forgotten: int = 0
    seconds: float = 0.0

    def add(self, met: Sequence[Met]) -> None:
        for one in met:
            what = re.sub(r"\d+", "*", one.path) if one.method != "WEBHOOK" else "webhook"
            self.points.add((one.kind, one.method, what))
            self.met[one.kind] += 1
            if one.how.kill:
                self.kills[f"{one.method} {what} {'after' if one.how.applied else 'before'}"] += 1

    def judge(self, name: str, ticket_id: int, now: Seen, wanted: Seen) -> None:
        """Count what stands on a ticket, and keep what is not as it has to be."""
        self.tickets += 1
        for marker, times in now.writes:
            if "replied" in marker:
                self.replies[times] += 1
        for marker in {m for m, _ in wanted.writes if "replied" in m} - {m for m, _ in now.writes}:
            self.replies[0] += 1
            self.wrong.append(f"ticket {ticket_id} ({name}): no {marker}")
        if now != wanted:
            self.wrong.append(f"ticket {ticket_id} ({name}): {_difference(now, wanted)}")


def _forgotten(now: Seen, wanted: Seen) -> bool:
    """Whether something that had to be written was not."""
    return bool({marker for marker, _ in wanted.writes} - {marker for marker, _ in now.writes})


def _difference(now: Seen, wanted: Seen) -> str:
    parts = []
    for name in ("writes", "comments", "tags", "group"):
        got, due = getattr(now, name), getattr(wanted, name)
        if got != due:
            parts.append(f"{name} {sorted(got) if name == 'tags' else got} in place of {due}")
    return "; ".join(parts)


# --- The worker, kill by kill --------------------------------------------------------------------------------


def worker_kills(folder: Path, case: Case, only: str = "") -> Tally:
    """One ticket at a time; the worker is killed at one of its requests and started again. `only`: at these alone."""
    tally, started = Tally(f"worker: {case.name}", runs=1), time.monotonic()
    with scene(folder) as stage:
        since = len(stage.sandbox.requests)
        stage.expected = stage.learnt([case])
        places = [(*place, kind) for place in _places(stage.sandbox.requests[since:]) for kind in PHASES]
        for method, path, nth, kind in places:
            if not f"{method} {kind}".startswith(only):
                continue
            stage.sandbox.plan.replace([Fault(kind=kind, method=method, path=path, nth=nth)])
            ticket_id = stage.write(case)
            wait_for(lambda: stage.is_done(ticket_id) and stage.sandbox.plan.met, PATIENCE)  # noqa: B023
            wait_for(stage.keeper.is_up, PATIENCE)
            tally.add(stage.sandbox.plan.met)
        _close(stage, tally)
    tally.seconds = time.monotonic() - started
    return tally


def _places(asked: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """Each request of a worker's first ticket: method, path, and which of its kind it is."""
    times: Counter[tuple[str, str]] = Counter()
    found = []
    for row in asked:
        path = re.sub(r"\d+", "*", row["path"].partition("?")[0].removeprefix("/api/v2/"))
        if "incremental" not in path:
            times[row["method"], path] += 1
            found.append((row["method"], path, times[row["method"], path]))
    return found


def _close(stage: Scene, tally: Tally) -> None:
    """Wait until nothing is left to do, then compare each ticket with what has to stand on it."""
    stage.sandbox.plan.replace()
    wait_for(lambda: stage.keeper.is_up() and not stage.undone(), PATIENCE)
    # Whatever is still queued must find nothing left to do.
    wait_for(lambda: stage.waiting() == 0, PATIENCE)
    listed = stage.listed()
    for ticket_id, case in stage.written.items():
        now, wanted = stage.stands(ticket_id)
        if ticket_id in listed:
            tally.listed += 1
        elif _forgotten(now, wanted):
            tally.forgotten += 1
        tally.judge(case.name, ticket_id, now, wanted)


# --- The commands --------------------------------------------------------------------------------------------


@contextmanager
def old_account() -> Iterator[tuple[SandboxServer, dict[int, Case]]]:
    """Tickets that no worker has seen, without webhooks."""
    with SandboxServer(**{**QUICK, "job_delay": 0.05}) as sandbox:
        cases = [BY_NAME[name] for name in OLD]
        yield sandbox, {case.write(sandbox.store, n): case for n, case in enumerate(cases)}


REPROCESS = ("reprocess", "--since", "2020-01-01", "--apply", "--yes", "--reply", "--notes")
# Each of these takes seconds: a run waits until the second of a ticket's stamp is over.
OLD = ("401", "two codes", "wallet")
CORRECT = ("--correct", "Please ignore our last message.", "--correct-public")


def _truth(sandbox: SandboxServer, cases: Mapping[int, Case]) -> dict[str, Seen]:
    return {case.name: seen(sandbox.store, ticket_id) for ticket_id, case in cases.items()}


def command_kills(folder: Path, part: str, moments: int | Sequence[Fault]) -> Tally:
    """A command killed at one moment after the other, taken up again each time until it is through; then anew.

    So many moments are before and after its first request, its second, and so on, and from the first on again.
    """
    tally, started = Tally(part), time.monotonic()
    with old_account() as (sandbox, cases):
        cli = Cli(sandbox, folder / "unbroken", CONFIG)
        _must(cli(*REPROCESS, seconds=PATIENCE))
        if part == "undo":
            run = ledger(folder / "unbroken", sandbox).runs()[0].id
            sandbox.app.state.log.clear()
            _must(cli("undo", run, "--apply", "--yes", *CORRECT, seconds=PATIENCE))
        asked = len(sandbox.requests)
        wanted = _truth(sandbox, cases)
    left = list(reversed(each_request(asked, moments) if isinstance(moments, int) else moments))
    for number in count():
        if not left:
            break
        with old_account() as (sandbox, cases):
            cli = Cli(sandbox, folder / f"broken{number}", CONFIG)
            words: Sequence[str] = REPROCESS
            if part == "undo":
                _must(cli(*REPROCESS, seconds=PATIENCE))
                run = ledger(cli.folder, sandbox).runs()[0].id
                words = ("undo", run, "--apply", "--yes", *CORRECT)
            code = -1
            while left and code != 0:
                sandbox.plan.replace([left.pop()])
                code = _killed(cli, sandbox, words)
                tally.add(sandbox.plan.met)
                runs = [r for r in ledger(cli.folder, sandbox).runs() if r.kind == part]
                words = (part, "--resume", runs[0].id, "--yes") if runs else words
            sandbox.plan.replace()
            _must(cli(*words, seconds=PATIENCE))
            tally.runs += 1
            for ticket_id, case in cases.items():
                now = seen(sandbox.store, ticket_id)
                tally.forgotten += _forgotten(now, wanted[case.name])
                tally.judge(case.name, ticket_id, now, wanted[case.name])
    tally.seconds = time.monotonic() - started
    return tally


def each_request(asked: int, most: int) -> list[Fault]:
    places = [(nth, kind) for nth in range(1, asked + 1) for kind in PHASES]
    return [Fault(kind=kind, nth=nth) for nth, kind in islice(cycle(places), most)]


def _must(ended: Any) -> None:
    if ended.code != 0:
        raise RuntimeError(f"exit {ended.code}: {ended.err[-2000:]}")


def _killed(cli: Cli, sandbox: SandboxServer, words: Sequence[str]) -> int:
    with cli.start(*words) as process:
        sandbox.plan.on_kill = lambda _: os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE)
    return process.returncode


# --- Faults of every kind, and kills -------------------------------------------------------------------------

# Where a kind can strike; the others do so anywhere.
PLACES: tuple[tuple[str, str], ...] = (
    ("GET", "tickets/*"), ("GET", "tickets/*/comments"), ("PUT", "tickets/*"), ("PUT", "tickets/*"),
    ("POST", "uploads"), ("GET", "incremental/**"), ("GET", "users/me"), ("GET", "groups"), ("POST", "oauth/tokens"),
    ("GET", "ticket_fields"),
)  # fmt: skip
# Where a file lies; what spoils an answer there spoils the file, and nobody can tell.
FILES = ("GET", "attachments/**")
KILL_PLACES = PLACES[:5]
ONLY: Mapping[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(("update_conflict", "database_conflict", "conflict_applied"), (("PUT", "tickets/*"),)),
    **dict.fromkeys(("client_writes_meanwhile", "agent_tags_meanwhile"), (("PUT", "tickets/*"),)),
    **dict.fromkeys(("sign_in_refused", "sign_in_down"), (("POST", "oauth/tokens"),)),
    **dict.fromkeys(("export_lags", "export_repeats", "export_empty"), (("GET", "incremental/**"),)),
    **dict.fromkeys(("not_found", "forbidden"), (("GET", "tickets/**"), ("PUT", "tickets/*"))),
}
OURS = ("disk_full", "database_locked")


@dataclass(frozen=True)
class Size:
    """So many batches, and in each of them so many ordinary tickets, mishaps and kills."""

    batches: int
    tickets: int = 1
    mishaps: int = 8
    kills: int = 4


def mixture(
    folder: Path, expected: Mapping[str, Seen], seed: int, size: Size, database: str | None, *, complete: bool
) -> Tally:
    """Batches of tickets, each with faults, mishaps and kills; every kind comes at least once if it can.

    `complete`: every mishap has to strike; batches are added until it has, up to twice as many.
    """
    where = "PostgreSQL" if database else "SQLite"
    tally, started, chance = Tally(f"mixture, seed {seed}, {where}"), time.monotonic(), random.Random(seed)
    deck: list[str] = []
    with scene(folder, expected_with_mishaps(expected), database=database) as stage:
        stage.but_for = but_for_mishaps
        mishaps = Mishaps(stage, chance)
        for number in range(2 * size.batches if complete else size.batches):
            if number >= size.batches and not mishaps.missing:
                break
            rows = []
            for _ in range(6):
                deck = deck or chance.sample(sorted(kinds().keys() - THEIRS), len(kinds()) - len(THEIRS))
                rows.append(_row(deck.pop(), chance))
            rows += [_row(chance.choice(PHASES), chance, KILL_PLACES) for _ in range(size.kills)]
            stage.sandbox.plan.replace([*mishaps.lasting, *rows])
            with _own(stage, chance, database) as name:
                mishaps.befall(size.mishaps)
                for case in chance.sample(CASES, size.tickets):
                    stage.write(case)
                    time.sleep(chance.random() * 0.2)
                if name:
                    tally.met[name] += 1
            mishaps.people(PATIENCE / 3)
            stage.go_on()
            # What is not through by then goes on while the next ones come.
            wait_for(lambda: not set(stage.undone()) - stage.listed(), PATIENCE / 3)
            tally.add(stage.sandbox.plan.met)
            struck = mishaps.count()
            told = f"batch {number + 1}, {time.monotonic() - started:.0f} s, not through: {stage.described_undone()}"
            print(f"{tally.part}: {told}; struck: {', '.join(struck)}", file=sys.stderr, flush=True)
            stage.sandbox.plan.replace(mishaps.lasting)
        tally.runs += 1
        tally.struck += mishaps.struck
        for failure in stage.failures():
            tally.reasons[f"{failure.kind} ({re.sub(r'[0-9…]+', '*', failure.reason)[:70]})"] += 1
            if not failure.reason:
                tally.wrong.append(f"ticket {failure.ticket_id} is on the list without a reason")
        mishaps.mend()
        stage.sandbox.plan.replace()
        stage.retry()
        _close(stage, tally)
    if complete:
        tally.wrong += [f"{tally.part}: never struck: {name}" for name in mishaps.missing]
    tally.seconds = time.monotonic() - started
    return tally


def _row(kind: str, chance: random.Random, places: Sequence[tuple[str, str]] = PLACES) -> Fault:
    if kinds()[kind].on == "webhook":
        return Fault(kind=kind, method="WEBHOOK", nth=chance.randint(1, 4))
    spoils = kinds()[kind].spoil or kinds()[kind].status in (200, 202, 302)
    method, path = chance.choice(ONLY.get(kind, places if spoils or places is not PLACES else (*places, FILES, FILES)))
    busy = path.startswith("tickets") or path == "uploads"
    return Fault(kind=kind, method=method, path=path, nth=chance.randint(1, 5) if busy else 1)


@contextmanager
def _own(stage: Scene, chance: random.Random, database: str | None) -> Iterator[str]:
    """Now and then a fault on our own side while the tickets come in."""
    name = chance.choice((*((DATABASE,) if database else OURS), "", ""))
    if name == "disk_full":
        with disk_full(lambda: stage.keeper.worker.pid, 3.0):
            yield name
    elif name == "database_locked":
        with locked(stage.folder / "state" / "zendesk-gupshup.sqlite", 3.0):
            yield name
    elif name == DATABASE and database:
        with gone_away(database, 3.0):
            yield name
    else:
        yield ""


# --- The whole -----------------------------------------------------------------------------------------------


def table(tallies: Sequence[Tally]) -> str:
    head = (
        "part",
        "runs",
        "points",
        "kinds",
        "kills",
        "tickets",
        "replies per (ticket, code, report)",
        "listed",
        "forgotten",
    )
    rows: list[tuple[str, ...]] = [head]
    for t in tallies:
        replies = ", ".join(f"{n}: {times}" for n, times in sorted(t.replies.items()))
        figures = (t.runs, len(t.points), len(t.met), t.kills.total(), t.tickets)
        rows.append((f"{t.part} ({t.seconds:.0f} s)", *map(str, figures), replies, str(t.listed), str(t.forgotten)))
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def _told(run: Callable[[], Tally]) -> Tally:
    tally = run()
    print(f"{tally.part}: {tally.kills.total()} kills, {len(tally.wrong)} wrong", file=sys.stderr, flush=True)
    return tally


def together(tallies: Sequence[Tally]) -> Tally:
    total = Tally("together")
    for t in tallies:
        total.runs += t.runs
        total.tickets += t.tickets
        total.listed += t.listed
        total.forgotten += t.forgotten
        total.kills += t.kills
        total.met += t.met
        total.replies += t.replies
        total.struck += t.struck
        total.reasons += t.reasons
        total.points |= t.points
        total.wrong += t.wrong
    return total


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--batches", type=int, default=3, help="Of each seed, at least.")
    parser.add_argument("--at-once", type=int, default=4, help="So many parts at the same time.")
    parser.add_argument("--quick", action="store_true", help="A few of each, in well under a minute.")
    parser.add_argument("--only", help="One part: worker, reprocess, undo, mixture.")
    given = parser.parse_args()
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as name,
        database_of_its_own(None if given.quick else os.environ.get("TEST_DATABASE_URL")) as database,
    ):
        folder = Path(name)
        expected = unbroken(folder / "unbroken")
        parts: dict[str, Callable[[], Tally]] = {
            f"worker {n}": lambda n=n, c=BY_NAME[name]: worker_kills(  # type: ignore[misc]
                folder / f"worker{n}", c, "PUT" if given.quick else ""
            )
            for n, name in enumerate(KILLED[:1] if given.quick else KILLED)
        }
        for part, kills in (("reprocess", 50), ("undo", 30)):
            moments = QUICKLY if given.quick else kills
            parts[part] = lambda p=part, m=moments: command_kills(folder / p, p, m)  # type: ignore[misc]
        size = Size(1, kills=2) if given.quick else Size(given.batches)
        for seed in range(1, (1 if given.quick else given.seeds) + 1):
            # The last of several seeds runs on PostgreSQL where there is one.
            url = database if seed == given.seeds > 1 else None
            parts[f"mixture {seed}"] = lambda s=seed, u=url: mixture(  # type: ignore[misc]
                folder / f"mixture{s}", expected, s, size, u, complete=not given.quick
            )
        # The longest first.
        order = sorted(parts, key=lambda part: not part.startswith("mixture"))
        chosen = [parts[part] for part in order if not given.only or part.startswith(given.only)]
        # Most of the time is waiting: for a worker to start, for a second to be over.
        with ThreadPoolExecutor(given.at_once) as pool:
            tallies = list(pool.map(_told, chosen))
    total = together(tallies)
    total.seconds = time.monotonic() - started
    print(table([*tallies, total]))
    print("kinds that were met: " + ", ".join(f"{k} {n}" for k, n in sorted(total.met.items())))
    for tally in tallies:
        if tally.struck:
            listed = "; ".join(f"{why} {n}" for why, n in sorted(tally.reasons.items())) or "none"
            print(f"{tally.part}, on the list before the retry: {listed}")
            print(f"{tally.part}, what befell tickets:")
            print("\n".join(f"  {line}" for line in described(tally.struck)))
    print("killed at: " + ", ".join(f"{k} {n}" for k, n in sorted(total.kills.items())))
    for line in total.wrong[:40]:
        print("WRONG", line)
    return 1 if total.wrong or total.forgotten else 0


if __name__ == "__main__":
    sys.exit(main())
