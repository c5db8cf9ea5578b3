"""`sandbox`: the sandbox Zendesk alone, for trying things out."""

from __future__ import annotations

from pathlib import Path

import click

from zendesk_gupshup.cli import Fail


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8090,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on, 0 for a free one.",
)
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Fault plan (TOML or JSON).",
)
def sandbox(host: str, port: int, faults: Path | None) -> None:
    """Run a sandbox Zendesk with an inbox page. It keeps everything in memory."""
    from zendesk_sandbox.faults import PlanError, read_plan
    from zendesk_sandbox.server import OtherMachine, run

    try:
        run(host, port, faults=read_plan(faults) if faults else (), started=_announce)
    except (PlanError, OtherMachine) as error:
        raise Fail(str(error)) from None
    except OSError as error:
        raise Fail(
            f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}; choose another --port"
        ) from None


def _announce(address: str) -> None:
    click.echo(f"Inbox: {address}/ (press Ctrl-C to stop)", err=True)
