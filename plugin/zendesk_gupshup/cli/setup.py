"""`setup`: the objects that we need in Zendesk, managed as code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli.common import brain_of, console, settings_of, zendesk_of
from zendesk_gupshup.cli.setup_app import app
from zendesk_gupshup.cli.setup_common import confirm, exit_on_failure
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.provision.apply import SetupPlan
    from zendesk_gupshup.provision.diff import Change
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.zendesk.client import Zendesk

_MAX_WIDTH = 110
_SIGN = {"create": "+", "update": "~", "delete": "-", "same": " ", "foreign": "=", "copy": "!"}

_address = click.option("--address", help="URL at which Zendesk reaches `serve`: https://<your host>/webhooks/zendesk.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON.")
_yes = click.option("--yes", is_flag=True, help="Apply without confirmation.")


@click.group()
def setup() -> None:
    """Manage our fields, webhook, triggers, macros, views and app in Zendesk as code."""


setup.add_command(app)


@setup.command()
@_address
@_json
@click.pass_context
def plan(ctx: click.Context, address: str | None, as_json: bool) -> None:
    """Show what `apply` would change. Exit code 5 if there are changes."""
    settings, zendesk = _begin(ctx, address)
    planned = _plan(settings, zendesk)
    _show(planned, as_json=as_json, scopes=_scopes("setup apply"), requests=zendesk.requests_made.total())
    ctx.exit(5 if planned.writes else 0)


@setup.command()
@_address
@_yes
@click.option("--print-secret", is_flag=True, help="Print the signing secret instead of writing it to a file.")
@click.pass_context
def apply(ctx: click.Context, address: str | None, yes: bool, print_secret: bool) -> None:
    """Carry out the plan. A second run changes nothing; after a failure, a new run continues."""
    from zendesk_gupshup.provision.apply import carry_out
    from zendesk_gupshup.provision.objects import WEBHOOK

    settings, zendesk = _begin(ctx, address)
    planned = _plan(settings, zendesk)
    talk = console(err=True)
    if planned.writes:
        _show(
            planned,
            as_json=False,
            scopes=_scopes("setup apply"),
            requests=zendesk.requests_made.total(),
            err=True,
        )
        confirm(yes, f"Apply these {len(planned.writes)} changes to {settings.zendesk.origin}?")
    with exit_on_failure(settings):
        ids = carry_out(zendesk, planned.changes, lambda change: talk.print(f"{_past_tense(change)} {change.key}"))
        if WEBHOOK in ids:
            _secret(settings, zendesk, ids[WEBHOOK], print_secret=print_secret)
    done = len(planned.writes)
    talk.print(f"{counted(done, 'change')} made, {counted(zendesk.requests_made.total(), 'request')}.")


@setup.command()
@_address
@_json
@click.pass_context
def drift(ctx: click.Context, address: str | None, as_json: bool) -> None:
    """Show what was changed in Zendesk since `apply`. Exit code 5 if there are changes."""
    from zendesk_gupshup.provision.apply import SetupPlan

    settings, zendesk = _begin(ctx, address)
    planned = _plan(settings, zendesk)
    off = SetupPlan(
        tuple(c for c in planned.changes if c.writes or c.action == "copy" or c.note.startswith("[fields]"))
    )
    off = SetupPlan(tuple(c for c in off.changes if c.action != "foreign" or c.present is None))
    if not any(c.present for c in planned.changes if c.action in ("same", "update", "delete")):
        console(err=True).print("This account has none of our objects; run `zendesk-gupshup setup apply`.")
    _show(off, as_json=as_json, scopes=_scopes("setup drift"), drift=True)
    ctx.exit(5 if off.changes else 0)


@setup.command()
@_yes
@click.option("--with-data", is_flag=True, help="Also remove the fields, and with them their values on tickets.")
@click.pass_context
def destroy(ctx: click.Context, yes: bool, with_data: bool) -> None:
    """Remove our objects and nothing else. Fields stay unless --with-data is given."""
    from zendesk_gupshup.provision.apply import SetupPlan, carry_out, read
    from zendesk_gupshup.provision.diff import removal
    from zendesk_gupshup.provision.secret import forget_secret

    settings = settings_of(ctx)
    zendesk = zendesk_of(settings)
    talk = console(err=True)
    with exit_on_failure(settings):
        changes = removal(read(zendesk), with_data=with_data)
        if changes:
            requests = zendesk.requests_made.total()
            _show(
                SetupPlan(changes),
                as_json=False,
                scopes=_scopes("setup destroy"),
                requests=requests,
                err=True,
            )
            confirm(yes, f"Remove these {len(changes)} objects from {settings.zendesk.origin}?")
        carry_out(zendesk, changes, lambda change: talk.print(f"{_past_tense(change)} {change.key}"))
    if forget_secret(settings.worker.state):
        talk.print(f"Removed the signing secret from {settings.worker.state}.")
    talk.print(f"{counted(len(changes), 'object')} removed.")
    if not with_data:
        talk.print("Ticket and organization fields were kept; --with-data removes them and their values.")


@setup.command()
@click.argument("key")
@click.argument("object_id", metavar="ID")
@click.pass_context
def adopt(ctx: click.Context, key: str, object_id: str) -> None:
    """Mark the existing object ID as our KEY, so that `apply` changes it instead of creating another."""
    from zendesk_gupshup.provision.apply import adopt as mark_as_ours

    settings = settings_of(ctx)
    zendesk = zendesk_of(settings)
    with exit_on_failure(settings):
        title = mark_as_ours(zendesk, key, object_id)
    console(err=True).print(f'"{title}" ({object_id}) is now {key}; `setup plan` shows what `apply` would change.')


@setup.command()
def scopes() -> None:
    """Print the minimal OAuth scopes and the role that each command needs."""
    from zendesk_gupshup.provision.scopes import NEEDS

    out = console()
    for command, (needed, admin) in NEEDS.items():
        out.print(f"{command:20} {' '.join(needed):22} {'an admin' if admin else 'an agent'}")


def _begin(ctx: click.Context, address: str | None) -> tuple[Settings, Zendesk]:
    settings = settings_of(ctx, {("setup", "endpoint"): address})
    return settings, zendesk_of(settings)


def _plan(settings: Settings, zendesk: Zendesk) -> SetupPlan:
    from zendesk_gupshup.provision.apply import plan as planned

    brain = brain_of(settings)
    with exit_on_failure(settings):
        return planned(zendesk, settings.setup, brain)


def _secret(settings: Settings, zendesk: Zendesk, webhook_id: str, *, print_secret: bool) -> None:
    from zendesk_gupshup.provision.apply import signing_secret
    from zendesk_gupshup.provision.secret import FILE, keep_secret

    talk = console(err=True)
    secret = signing_secret(zendesk, webhook_id)
    if print_secret:
        click.echo(secret)
        return
    given = settings.worker.webhook_secret
    if given is not None:
        if secret not in [part.strip() for part in given.get_secret_value().split(",")]:
            talk.print(
                "ZENDESK_WEBHOOK_SECRET is not the secret of this webhook: set what `apply --print-secret` prints."
            )
        return
    if keep_secret(settings.worker.state, secret):
        talk.print(f"The signing secret is in {settings.worker.state / FILE}; `serve` reads it from there.")


def _scopes(command: str) -> tuple[str, ...]:
    from zendesk_gupshup.provision.scopes import NEEDS

    return NEEDS[command][0]


def _past_tense(change: Change) -> str:
    return {"create": "created", "update": "changed", "delete": "removed"}[change.action]


def _show(
    planned: SetupPlan,
    *,
    as_json: bool,
    scopes: tuple[str, ...],
    requests: int = 0,
    drift: bool = False,
    err: bool = False,
) -> None:
    if as_json:
        record = {
            "changes": [_record(change) for change in planned.changes],
            "writes": len(planned.writes),
            "requests": requests + planned.requests,
            "scopes": list(scopes),
        }
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    out = console(err=err)
    for change in planned.changes:
        if change.action == "same" and not change.note:
            continue
        missing = drift and change.action == "create"
        where = f" ({change.id})" if change.id else ""
        out.print(f"{'-' if missing else _SIGN[change.action]} {change.key}{where}  {change.title}")
        if missing:
            out.print("      missing")
        for one in change.differences:
            out.print(f"      {one.field}: {_short(one.now) or 'nothing'} -> {_short(one.wanted) or 'nothing'}")
        if drift and change.present and change.present.get("updated_at"):
            out.print(f"      last changed {change.present['updated_at']}")
        if change.note:
            out.print(f"      {change.note}")
    count = {action: sum(c.action == action for c in planned.changes) for action in _SIGN}
    if drift:
        drifted = counted(len(planned.changes), "object has", "objects have")
        out.print(f"{drifted} drifted." if planned.changes else "No drift.")
        return
    sent = counted(requests + planned.requests, "request")
    out.print(
        f"{count['create']} to create, {count['update']} to change, {count['delete']} to remove, "
        f"{count['same']} unchanged; {sent}; OAuth scopes: {' '.join(scopes)}"
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MAX_WIDTH else f"{line[: _MAX_WIDTH - 1]}…"


def _record(change: Change) -> dict[str, Any]:
    return {
        "key": change.key,
        "action": change.action,
        "id": change.id,
        "title": change.title,
        "differences": [{"field": d.field, "now": d.now, "wanted": d.wanted} for d in change.differences],
        "note": change.note,
        "updated_at": change.present.get("updated_at") if change.present else None,
    }
