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
@click.option("--empty", is_flag=True, help="Start without the demo's tickets.")
@click.option(
    "--faults",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Fault plan (TOML or JSON).",
)
def sandbox(host: str, port: int, empty: bool, faults: Path | None) -> None:
    """Run a sandbox Zendesk with an inbox page and the demo's tickets. It keeps everything in memory.

    It prints its address, the environment for a second terminal, and commands to try there.
    """
    from tempfile import TemporaryDirectory

    from zendesk_gupshup.demo.try_it import write_tickets
    from zendesk_sandbox.faults import PlanError, read_plan
    from zendesk_sandbox.seed import seed
    from zendesk_sandbox.server import OtherMachine, run
    from zendesk_sandbox.store import SandboxStore

    try:
        plan = read_plan(faults) if faults else ()
        store = SandboxStore()
        seed(store)
        tickets = () if empty else write_tickets(store)
        # Another sandbox has the same ticket ids: the database of this one ends with it.
        with TemporaryDirectory(prefix="zendesk-gupshup-sandbox-") as folder:
            run(host, port, store, faults=plan, started=lambda address: _announce(address, Path(folder), tickets))
    except (PlanError, OtherMachine) as error:
        raise Fail(str(error)) from None
    except OSError as error:
        raise Fail(
            f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}; choose another --port"
        ) from None


def _announce(address: str, folder: Path, tickets: tuple[int, ...]) -> None:
    from zendesk_gupshup.demo.stage import environment
    from zendesk_gupshup.demo.try_it import exports
    from zendesk_gupshup.settings import CONFIG_VARIABLE

    click.echo(f"Inbox: {address}/ (press Ctrl-C to stop)", err=True)
    click.echo("For a second terminal:\n", err=True)
    for line in exports(environment(address, "", folder) | {CONFIG_VARIABLE: ""}):
        click.echo(line)
    first = tickets[0] if tickets else 1
    click.echo(
        "\nThen try:\n\n"
        f"zendesk-gupshup explain {first}\n"
        f"zendesk-gupshup process {' '.join(map(str, tickets[:4])) or first} --apply\n"
        "zendesk-gupshup runs\n",
        err=True,
    )
