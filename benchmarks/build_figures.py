"""Figures of the build that Python finds on its path, as one JSON line; `side_by_side.py` calls it for two builds.

usage: python benchmarks/build_figures.py GROUP... [--tickets 150] [--backlog 3000] [--latency 50]
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import backlog
import sql_count
from stand import CONFIG, PLENTY, Serve, account, announce, cpu_seconds, fill, finished, marked, set_up, stopped, wait
from support.old_tickets import Cli
from throughput import ours, plain
from zendesk_gupshup.demo.stage import free_port
from zendesk_sandbox.server import SandboxServer

# Start of the command and first pages of its database are not the price of a ticket.
_FEW_TICKETS = 50
_IDLE_SECONDS = 20
# What `serve` has loaded before it does anything.
_LOADED = ("zendesk_gupshup.worker.worker", "zendesk_gupshup.worker.http_app", "zendesk_gupshup.worker.http_server")

Figures = Mapping[str, float]


@contextmanager
def _worker(
    asked: Namespace, *flags: str, launch: tuple[str, ...] = ("-m", "zendesk_gupshup")
) -> Iterator[tuple[SandboxServer, Serve, str]]:
    """A worker that has had no ticket, and the secret of its webhooks."""
    with account(CONFIG, latency_ms=asked.latency, **PLENTY) as (sandbox, folder):
        # As deploy/ starts it.
        given = {**set_up(sandbox, folder, free_port()), "MALLOC_ARENA_MAX": "2"}
        with stopped([Serve(folder, given, *flags, launch=launch)]) as (serve,):
            yield sandbox, serve.wait_ready(), given["ZENDESK_WEBHOOK_SECRET"]


def _warm_up(sandbox: SandboxServer, serve: Serve, secret: str) -> None:
    """The first tickets, at which everything is loaded."""
    first = list(fill(sandbox.store, 8, name="warm"))
    announce(serve.hook, secret, first)
    if not wait(lambda: finished(sandbox.store, first) == len(first), 120):
        raise SystemExit("the first tickets were not handled")


def tickets(asked: Namespace) -> Figures:
    with account(CONFIG, latency_ms=asked.latency, **PLENTY) as (sandbox, folder):
        run = ours(sandbox, folder, list(fill(sandbox.store, asked.tickets)), set_up(sandbox, folder, free_port()), 1)
    return {
        "CPU a ticket, ms": 1000 * run.cpu / run.tickets,
        "tickets a minute": run.a_minute,
        "requests a ticket": run.requests / run.tickets,
    }


def script(asked: Namespace) -> Figures:
    """The plain zenpy script, which is the same beside both builds: how even the machine was."""
    count = max(20, asked.tickets // 3)
    with account(CONFIG, latency_ms=asked.latency, **PLENTY) as (sandbox, folder):
        run = plain(sandbox, folder, list(fill(sandbox.store, count, name="plain")))
    return {"plain script: CPU a ticket, ms": 1000 * run.cpu / run.tickets, "plain script: a minute": run.a_minute}


def sql(asked: Namespace) -> Figures:
    with TemporaryDirectory() as folder:
        file = sql_count.empty(Path(folder) / "counts")
        with _worker(asked, "--no-sweep", launch=(sql_count.__file__, str(file))) as (sandbox, serve, secret):
            _warm_up(sandbox, serve, secret)
            time.sleep(5)
            idle = sql_count.counts(file)
            time.sleep(5)
            before = sql_count.counts(file)
            told = list(fill(sandbox.store, asked.tickets))
            handled = serve.metric("zendesk_gupshup_tickets_handled_total") + len(told)
            announce(serve.hook, secret, told)
            wait(lambda: serve.metric("zendesk_gupshup_tickets_handled_total") >= handled, 600, every=0.1)
            after = sql_count.counts(file)
    each = {f"SQL {name} a ticket": (after[name] - before[name]) / len(told) for name in after}
    return {**each, "SQL statements a second, idle": (before["statements"] - idle["statements"]) / 5}


def idle(asked: Namespace) -> Figures:
    with _worker(asked) as (sandbox, serve, secret):
        time.sleep(8)
        before, memory = serve.cpu, serve.megabytes
        time.sleep(_IDLE_SECONDS)
        cpu = 1000 * (serve.cpu - before) / _IDLE_SECONDS
        _warm_up(sandbox, serve, secret)
        return {
            "idle: CPU a second, ms": cpu,
            "idle: memory, MB": memory,
            "memory after 8 tickets, MB": serve.megabytes,
        }


def start(_: Namespace) -> Figures:
    load = f"import {', '.join(_LOADED)}"
    help_ = [sys.executable, "-m", "zendesk_gupshup", "--help"]
    commands = {"python -c pass": [sys.executable, "-c", "pass"], "--help": help_}
    commands["import of worker and server"] = [sys.executable, "-c", load]
    cpu_seconds(commands["import of worker and server"])  # compiles what was not yet
    return {
        f"{name}: CPU, ms": 1000 * statistics.median(cpu_seconds(command) for _ in range(7))
        for name, command in commands.items()
    }


def latency(asked: Namespace) -> Figures:
    """From the webhook about a ticket that was just written, one at a time, to the tag that comes with the comment."""
    chance, replied, noted = random.Random(7), list[float](), list[float]()
    with _worker(asked) as (sandbox, serve, secret):
        _warm_up(sandbox, serve, secret)

        def seconds(ticket: int, tag: str, began: float) -> float:
            if not wait(lambda: marked(sandbox.store, ticket, tag), 60, every=0.005):
                raise SystemExit(f"ticket {ticket} was not answered")
            return time.monotonic() - began

        for number in range(asked.answers):
            # Stamps have whole seconds: each ticket comes at another part of one.
            time.sleep(1 + chance.random())
            (ticket,) = fill(sandbox.store, 1, age=0, name=f"now{number}x")
            began = time.monotonic()
            announce(serve.hook, secret, [ticket])
            replied.append(seconds(ticket, "gupshup_replied__", began))
            noted.append(seconds(ticket, "gupshup_noted__", began))
    return {"webhook to reply, s": statistics.median(replied), "webhook to note, s": statistics.median(noted)}


def old_tickets(asked: Namespace) -> Figures:
    def dry(count: int) -> backlog.Measured:
        with backlog.account(count) as (sandbox, folder, _):
            cli = Cli(sandbox, folder)
            return backlog.measured(cli, "reprocess", "--since", "2020-01-01", "--json")

    few, many = dry(_FEW_TICKETS), dry(asked.backlog)
    each = 1000 * (many.cpu - few.cpu) / (asked.backlog - _FEW_TICKETS)
    return {"backlog, dry: CPU a ticket, ms": each, "backlog, dry: memory, MB": many.megabytes}


GROUPS: Mapping[str, Callable[[Namespace], Figures]] = {
    "tickets": tickets,
    "plain": script,
    "sql": sql,
    "idle": idle,
    "start": start,
    "latency": latency,
    "backlog": old_tickets,
}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tickets", type=int, default=150, help="in each measuring of tickets")
    parser.add_argument("--backlog", type=int, default=3000, help="old tickets of the dry run")
    parser.add_argument("--answers", type=int, default=15, help="tickets of the measuring of latency")
    parser.add_argument("--latency", type=int, default=50, help="milliseconds before each answer of the sandbox")


def end_on_sigterm() -> None:
    """As if by an exception, so that workers, sandboxes and worktrees go as well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def main() -> None:
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="+", choices=GROUPS)
    options(parser)
    asked = parser.parse_args()
    with redirect_stdout(sys.stderr):
        found = {name: value for group in asked.groups for name, value in GROUPS[group](asked).items()}
    print(json.dumps(found))


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        raise SystemExit((error.stderr or b"").decode(errors="replace")[-2000:] or str(error)) from None
