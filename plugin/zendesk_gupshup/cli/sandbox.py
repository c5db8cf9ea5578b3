"""`sandbox`: the sandbox Zendesk alone, to try things on."""

from __future__ import annotations

import click

from zendesk_gupshup.cli import Fail


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, show_default=True, type=click.IntRange(0, 65535), help="Port, 0 for a free one.")
def sandbox(host: str, port: int) -> None:
    """Run a sandbox Zendesk with an inbox page. It forgets everything when it ends."""
    from zendesk_gupshup.sandbox.server import run

    try:
        run(host, port)
    except OSError as error:
        raise Fail(
            f"cannot listen on {host}:{port}: {(error.strerror or str(error)).lower()}; choose another --port"
        ) from None
