"""`doctor`: what is wrong with this installation, and how to fix it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli.common import console

if TYPE_CHECKING:
    from zendesk_gupshup.doctor.lines import Line

_LABEL = {"ok": "ok      ", "note": "note    ", "warning": "warning ", "fault": "FAULT   "}
_STYLE = {"ok": "green", "note": "dim", "warning": "yellow", "fault": "bold red"}


@click.command()
@click.option("--address", help="URL at which Zendesk reaches `serve`: https://<your host>/webhooks/zendesk.")
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
@click.pass_context
def doctor(ctx: click.Context, address: str | None, as_json: bool) -> None:
    """Check settings, credentials, scopes, webhook, objects in Zendesk, texts and queue. Nothing is changed.

    Exit code 0 without a fault, 1 with a fault, 6 with a fault of credentials, permissions or scopes.
    """
    from zendesk_gupshup.doctor.lines import exit_code

    lines: list[Line] = []
    out = console()
    for line in _lines(ctx, address):
        lines.append(line)
        if not as_json:
            out.print(f"{_LABEL[line.status]}{line.name}: {line.text}", style=_STYLE[line.status])
            if line.remedy and line.status != "ok":
                out.print(f"        -> {line.remedy}")
    code = exit_code(lines)
    if as_json:
        click.echo(json.dumps({"checks": [asdict(line) for line in lines], "exit_code": code}, ensure_ascii=False))
    ctx.exit(code)


def _lines(ctx: click.Context, address: str | None) -> Iterator[Line]:
    from zendesk_gupshup.doctor.examine import examine
    from zendesk_gupshup.doctor.lines import Line
    from zendesk_gupshup.settings import SettingsError, load_settings, settings_file

    named = (ctx.obj or {}).get("config")
    config = Path(named) if named else None
    try:
        settings = load_settings(config, {("setup", "endpoint"): address})
    except SettingsError as error:
        for mistake in str(error).splitlines():
            yield Line("settings", "fault", mistake, "correct the file or the variable that the line names")
        return
    yield from examine(settings, where=settings_file(config))
