"""How fast a backlog is read and written at a latency, this build beside others, all of a part at the same time.

usage: python benchmarks/backlog_pace.py [replies] [notes] [reading] [cpu] [--beside FOLDER ...]
(FOLDER: an unpacked revision, such as from `git archive`)

`replies` and `notes` keep to Zendesk's 700 requests and 100 updates a minute, with nothing left to a live worker; they
count what went out in the second full window of the rate limiter, 61 seconds: the first one starts with a full budget.
`reading` has no limits: a wait for them would be all that it measures. `cpu` compares with a plain zenpy script, too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.old_tickets import ALL, Cli, fill, one
from zendesk_sandbox.server import SandboxServer

HERE = Path(__file__).parents[1]
_CONFIG = "[budget]\nlive_share = 0.0\n[reply]\nper_hour = 1000000\n"
_WINDOW = 61.0
_FEW = 300
# Between us and the command: Linux counts the memory of the process that a command was forked from as its own.
_WATCH = """
import json, resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]), file=sys.stderr)
sys.exit(code)
"""


@contextmanager
def account(build: Path, tickets: int, **options: Any) -> Iterator[tuple[SandboxServer, Cli, Mapping[str, str]]]:
    """A sandbox of so many tickets, each of them to be answered, and the environment of this build's command."""
    with (
        SandboxServer(incremental_lag=0, **options) as sandbox,
        tempfile.TemporaryDirectory(prefix="zendesk-gupshup-bench-") as folder,
    ):
        for n in range(tickets):
            one(sandbox, days=400 - n)
        cli = Cli(sandbox, Path(folder), config=_CONFIG)
        yield sandbox, cli, {**cli.environment, "PYTHONPATH": str(build / "plugin")}


def writing(build: Path, *flags: str) -> str:
    with account(build, 240, latency_ms=50) as (sandbox, cli, given):
        sandbox.change(limits=False, latency_ms=0)
        words = [sys.executable, "-m", "zendesk_gupshup", "reprocess"]
        dry = subprocess.run(
            [*words, *ALL, *flags, "--json"], env=dict(given), cwd=cli.folder, capture_output=True, check=True
        )
        run = json.loads(dry.stdout)["run"]
        sandbox.change(limits=True, latency_ms=50)
        since = len(sandbox.requests)
        with subprocess.Popen(
            [*words, "--resume", run, "--apply", "--yes"],
            env=dict(given), cwd=cli.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            while not updates(sandbox, since):
                time.sleep(0.1)
            first = updates(sandbox, since)[0]
            time.sleep(2 * _WINDOW + 2)
            process.kill()
        times = updates(sandbox, since)
        refused = sum(row["status"] == 429 for row in sandbox.requests[since:])
        window = sum(_WINDOW <= t - first < 2 * _WINDOW for t in times)
        # A ticket with reply and note takes two updates.
        each = 2 if "--notes" in flags else 1
        most = max(sum(t <= other < t + 60 for other in times) for t in times)
        rate = window / each * 60 / _WINDOW
        return f"{rate:.1f} tickets a minute; at most {most} updates in any 60 s, {refused} refused"


def updates(sandbox: SandboxServer, since: int) -> list[float]:
    """When each was answered, Unix time."""
    rows = (row for row in sandbox.requests[since:] if row["method"] == "PUT" and row["status"] == 200)
    return [row["time"] for row in rows if "/tickets/" in row["path"]]


def reading(build: Path) -> str:
    tickets = 400
    with account(build, tickets, latency_ms=50, limits=False) as (sandbox, cli, given):
        words = [sys.executable, "-m", "zendesk_gupshup", "reprocess", *ALL, "--json"]
        subprocess.run(words, env=dict(given), cwd=cli.folder, capture_output=True, check=True)
        times = [row["time"] for row in sandbox.requests if "/comments" in row["path"]]
        assert len(times) == tickets
        return f"{(len(times) - 1) / (times[-1] - times[0]):.1f} tickets' comments a second"


def measured(words: list[str], given: Mapping[str, str], folder: Path) -> tuple[float, float]:
    """Seconds of CPU and megabytes of a command."""
    ended = subprocess.run(
        [sys.executable, "-c", _WATCH, *words], env=dict(given), cwd=folder, capture_output=True, text=True, check=True
    )
    cpu, megabytes = json.loads(ended.stderr.splitlines()[-1])
    return cpu, megabytes


def cpu(builds: list[Path], tickets: int, rounds: int) -> None:
    """A dry run of tickets of which one in twenty reports an error: CPU of a ticket beyond 300 of them, and memory."""
    seen: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        base = dict.fromkeys(("plain", *map(str, builds)), 0.0)
        for count in (_FEW, tickets):
            with (
                SandboxServer(limits=False, incremental_lag=0) as sandbox,
                tempfile.TemporaryDirectory() as folder,
            ):
                fill(sandbox.store, count, errors=0.05, days=400)
                plain = [sys.executable, str(HERE / "benchmarks" / "plain_zenpy_backlog.py"), sandbox.base_url]
                runs: list[tuple[str, list[str], Mapping[str, str]]] = [("plain", plain, os.environ)]
                for n, build in enumerate(builds):
                    cli = Cli(sandbox, Path(folder) / str(n))
                    given = {**cli.environment, "PYTHONPATH": str(build / "plugin")}
                    # A database that is there, as a worker's is.
                    subprocess.run(
                        [sys.executable, "-m", "zendesk_gupshup", "runs"],
                        env=given, cwd=cli.folder, capture_output=True, check=True,
                    )  # fmt: skip
                    runs.append((str(build), [sys.executable, "-m", "zendesk_gupshup", "reprocess", *ALL], given))
                for name, words, environment in runs:
                    used, megabytes = measured(words, environment, Path(folder))
                    if count == _FEW:
                        base[name] = used
                    else:
                        seen.setdefault(name, []).append(((used - base[name]) / (count - _FEW) * 1000, megabytes))
    for name, rows in seen.items():
        a_ticket, megabytes = (sorted(column)[len(rows) // 2] for column in zip(*rows, strict=True))
        print(f"cpu: {name}: {a_ticket:.2f} ms a ticket, {megabytes:.0f} MB", flush=True)


def main() -> None:
    parts: dict[str, Callable[[Path], str]] = {
        "replies": lambda build: writing(build, "--reply"),
        "notes": lambda build: writing(build, "--reply", "--notes"),
        "reading": reading,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART")
    parser.add_argument("--beside", type=Path, action="append", default=[])
    parser.add_argument("--tickets", type=int, default=1800, help="of `cpu`")
    parser.add_argument("--rounds", type=int, default=3, help="of `cpu`; the medians are printed")
    given = parser.parse_args()
    builds = [*given.beside, HERE]
    for part in given.parts or [*parts, "cpu"]:
        if part == "cpu":
            cpu(builds, given.tickets, given.rounds)
        elif part == "reading":
            for build in [*builds, *builds]:
                print(f"{part}: {build}: {reading(build)}", flush=True)
        else:
            with ThreadPoolExecutor(len(builds)) as pool:
                for build, said in zip(builds, pool.map(parts[part], builds), strict=True):
                    print(f"{part}: {build}: {said}", flush=True)


if __name__ == "__main__":
    main()
