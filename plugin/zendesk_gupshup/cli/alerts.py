"""`alerts`: send a test, list the events, acknowledge a kind for a while."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import console, ledger_of, settings_of
from zendesk_gupshup.cli.tables import print_table, utc

if TYPE_CHECKING:
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.storage.alert_state import AlertState

# Written out, because importing `alerts` would slow `--help` down; a test compares them.
KINDS = ("credential", "ceiling", "failures", "queue", "sweep", "incident", "unknown_code")
_HOUR = 3600


@click.group()
def alerts() -> None:
    """Alerts to Slack, Teams, e-mail or any other service of Apprise, one message for each event.

    [alerts] urls_file names a file with an Apprise URL per line. `serve` sends the alerts.
    """


@alerts.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def test(ctx: click.Context, as_json: bool) -> None:
    """Send a test message to each service of the URLs file. Zendesk and the database are not needed.

    Exit code 0 if every service accepted it, 1 otherwise.
    """
    from zendesk_gupshup.alerts.delivery import AlertUrlsError, read_services
    from zendesk_gupshup.alerts.message import trial_message

    settings = settings_of(ctx)
    try:
        services = read_services(_urls_file(settings))
    except AlertUrlsError as error:
        raise Fail(str(error)) from None
    message = trial_message(settings.zendesk.origin, settings.alerts.language)
    results = [service.send(message) for service in services]
    if as_json:
        rows = [
            {"line": one.line, "service": one.service, "sent": not one.reason, "reason": one.reason} for one in results
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        out = console()
        for one in results:
            out.print(f"line {one.line}: {one.service}: {f'not sent: {one.reason}' if one.reason else 'sent'}")
    ctx.exit(1 if any(one.reason for one in results) else 0)


@alerts.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """List events, newest first, and acknowledged kinds."""
    state = _state(settings_of(ctx))
    now = int(time.time())
    rows = state.listed()[::-1]
    silent = {kind: until for kind, until in state.acknowledged().items() if until > now}
    if as_json:
        shown = [
            {"alert": row.key, **row.details, "since": utc(row.begun), "last": utc(row.seen), "sent": _moment(row.sent)}
            for row in rows
        ]
        until = {kind: utc(until) for kind, until in silent.items()}
        click.echo(json.dumps({"alerts": shown, "acknowledged_until": until}, indent=2))
        return
    head = ("Alert", "Since", "Last seen", "Sent", "Acknowledged until")
    print_table(
        head,
        (
            [row.key, utc(row.begun), utc(row.seen), _moment(row.sent) or "", _moment(silent.get(row.kind)) or ""]
            for row in rows
        ),
    )
    quiet = sorted(silent.keys() - {row.kind for row in rows})
    for kind in quiet:
        console().print(f"{kind}: acknowledged until {utc(silent[kind])}")
    if not rows:
        console(err=True).print("No alert so far.")


@alerts.command()
@click.argument("kind", metavar="KIND", type=click.Choice(KINDS))
@click.option("--hours", type=click.IntRange(0, 720), default=8, show_default=True, help="For how long; 0 ends it.")
@click.pass_context
def acknowledge(ctx: click.Context, kind: str, hours: int) -> None:
    """Send no alert of KIND for some hours.

    What still lasts then is sent once more, and so is what was not sent before. KIND is credential, ceiling,
    failures, queue, sweep, incident or unknown_code.
    """
    # Ended early, it leaves no moment that an alert could have outlasted.
    until = int(time.time()) + hours * _HOUR if hours else 0
    _state(settings_of(ctx)).acknowledge(kind, until)
    text = f"no alert until {utc(until)}" if hours else "alerts are sent again"
    console().print(f"{kind}: {text}")


def _urls_file(settings: Settings) -> Path:
    if settings.alerts.urls_file is None:
        raise Fail("[alerts] urls_file is not set: write a file with an Apprise URL per line, and name it there")
    return settings.alerts.urls_file


def _state(settings: Settings) -> AlertState:
    from zendesk_gupshup.storage.alert_state import AlertState

    ledger = ledger_of(settings)
    return AlertState(ledger.engine, ledger.account)


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else utc(seconds)
