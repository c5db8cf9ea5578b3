"""`init`: a starter file for the settings, in which each key stands as a comment."""

from __future__ import annotations

from pathlib import Path

import click

from zendesk_gupshup.cli import Fail


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File to write (default: --config, else zendesk-gupshup.toml in the working directory).",
)
@click.pass_context
def init(ctx: click.Context, output: Path | None) -> None:
    """Write a settings file to start with: nothing is written to tickets yet, and each key stands as a comment.

    An existing file is never overwritten.
    """
    from zendesk_gupshup.settings import FILE_NAME
    from zendesk_gupshup.settings.reference import starter_file

    file = output or Path((ctx.obj or {}).get("config") or FILE_NAME)
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(starter_file())
    except FileExistsError:
        raise Fail(f"{file}: exists already, and was left as it is; name another with --output") from None
    except OSError as error:
        raise Fail(f"{file}: cannot be written: {error.strerror}") from None
    click.echo(f"Written: {file}. Next: set the account's environment, then `zendesk-gupshup doctor`.", err=True)
