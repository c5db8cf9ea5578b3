"""`demo`: the main job on an embedded sandbox, to watch."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import console

if TYPE_CHECKING:
    from zendesk_gupshup.demo.stage import WorkerProcess


@click.command()
@click.option(
    "--once", is_flag=True, help="Exit when all tickets are handled; exit code 0 only if every outcome is as expected."
)
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Port of the sandbox (default: a free one).")
@click.pass_context
def demo(ctx: click.Context, once: bool, port: int) -> None:
    """Write demo tickets into a sandbox Zendesk and let a real worker handle them."""
    from rich.table import Table

    from zendesk_gupshup.demo.run import run_tickets
    from zendesk_gupshup.demo.stage import StageError, stage

    out, talk = console(), console(err=True)
    talk.print("Starting a sandbox Zendesk and the worker …")
    wrong = 0
    try:
        with stage(port) as (sandbox, api, worker):
            table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
            for name in ("ticket", "the client wrote", "found", "why", "done"):
                table.add_column(name, overflow="fold")
            table.add_column("seconds", justify="right")
            table.add_column("outcome", overflow="fold")
            first = 0
            for result in run_tickets(sandbox, api, worker):
                first = first or result.ticket_id
                wrong += bool(result.wrong)
                outcome = "right" if not result.wrong else "WRONG: " + "; ".join(result.wrong)
                table.add_row(
                    str(result.ticket_id),
                    result.name,
                    result.found,
                    result.why,
                    result.done,
                    f"{result.seconds:.1f}",
                    outcome,
                )
            out.print(table)
            if once:
                talk.print("`zendesk-gupshup demo` (`make demo ARGS=`) keeps it running, with commands to try.")
            else:
                out.print(f"Inbox: {sandbox.base_url}/")
                talk.print("Write as the client or apply a macro, and watch. Ctrl-C stops it.")
                _show_commands(worker, first)
                _wait_for_signal()
    except (StageError, OSError) as error:
        raise Fail(str(error)) from None
    ctx.exit(1 if wrong else 0)


def _show_commands(worker: WorkerProcess, ticket: int) -> None:
    from zendesk_gupshup.demo.try_it import exports

    click.echo("\nFor a second terminal:\n", err=True)
    for line in exports(worker.environment):
        click.echo(line)
    click.echo(
        f"\nThen try:\n\nzendesk-gupshup explain {ticket}\nzendesk-gupshup runs show live\nzendesk-gupshup report\n",
        err=True,
    )


def _wait_for_signal() -> None:
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    stop.wait()
