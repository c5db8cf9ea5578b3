"""`setup`: the Zendesk objects that we need, as code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import brain_of, console, exit_on_error, settings_of, zendesk_of

if TYPE_CHECKING:
    from zendesk_gupshup.provision.apply import SetupPlan
    from zendesk_gupshup.provision.diff import Change
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.zendesk.client import Zendesk

_MOST = 110
_SIGN = {"create": "+", "update": "~", "delete": "-", "same": " ", "foreign": "=", "copy": "!"}

_address = click.option("--address", help="Where Zendesk reaches `serve`: https://<your host>/webhooks/zendesk.")
_json = click.option("--json", "as_json", is_flag=True, help="The changes as JSON.")
_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.group()
def setup() -> None:
    """Zendesk's fields, webhook, triggers, macros and views, as code."""


@setup.command()
@_address
@_json
@click.pass_context
def plan(ctx: click.Context, address: str | None, as_json: bool) -> None:
    """Show what `apply` would do; exit code 5 when there is something to do."""
    settings, zendesk = _begin(ctx, address)
    made = _plan(settings, zendesk)
    _show(made, as_json=as_json, scopes=_scopes("setup apply"), asked=zendesk.requests_made.total())
    ctx.exit(5 if made.writes else 0)


@setup.command()
@_address
@_yes
@click.option("--print-secret", is_flag=True, help="Print the signing secret instead of keeping it in a file.")
@click.pass_context
def apply(ctx: click.Context, address: str | None, yes: bool, print_secret: bool) -> None:
    """Make and change what the plan says. Doing it again changes nothing; after a failure, it goes on."""
    from zendesk_gupshup.provision.apply import carry_out
    from zendesk_gupshup.provision.objects import WEBHOOK

    settings, zendesk = _begin(ctx, address)
    made = _plan(settings, zendesk)
    talk = console(err=True)
    if made.writes:
        _show(made, as_json=False, scopes=_scopes("setup apply"), asked=zendesk.requests_made.total(), err=True)
        _ask(yes, f"Make these {len(made.writes)} changes in {settings.zendesk.origin}?")
    with _one_line(settings):
        ids = carry_out(zendesk, made.changes, lambda change: talk.print(f"{_did(change)} {change.key}"))
        if WEBHOOK in ids:
            _secret(settings, zendesk, ids[WEBHOOK], print_secret=print_secret)
    done = len(made.writes)
    talk.print(f"{done} change{'s' if done != 1 else ''} made, {zendesk.requests_made.total()} requests.")


@setup.command()
@_address
@_json
@click.pass_context
def drift(ctx: click.Context, address: str | None, as_json: bool) -> None:
    """Show what was changed in Zendesk since `apply`; exit code 5 when something was."""
    from zendesk_gupshup.provision.apply import SetupPlan

    settings, zendesk = _begin(ctx, address)
    made = _plan(settings, zendesk)
    off = SetupPlan(tuple(c for c in made.changes if c.writes or c.action == "copy" or c.note.startswith("[fields]")))
    off = SetupPlan(tuple(c for c in off.changes if c.action != "foreign" or c.present is None))
    if not any(c.present for c in made.changes if c.action in ("same", "update", "delete")):
        console(err=True).print("Nothing of ours is in this account; run `zendesk-gupshup setup apply`.")
    _show(off, as_json=as_json, scopes=_scopes("setup drift"), drift=True)
    ctx.exit(5 if off.changes else 0)


@setup.command()
@_yes
@click.option("--with-data", is_flag=True, help="Remove the fields, too, and with them their values on tickets.")
@click.pass_context
def destroy(ctx: click.Context, yes: bool, with_data: bool) -> None:
    """Remove what is ours, and nothing else; fields stay unless --with-data."""
    from zendesk_gupshup.provision.apply import SetupPlan, carry_out, read
    from zendesk_gupshup.provision.diff import removal
    from zendesk_gupshup.provision.secret import forget_secret

    settings = settings_of(ctx)
    zendesk = zendesk_of(settings)
    talk = console(err=True)
    with _one_line(settings):
        changes = removal(read(zendesk), with_data=with_data)
        if changes:
            asked = zendesk.requests_made.total()
            _show(SetupPlan(changes), as_json=False, scopes=_scopes("setup destroy"), asked=asked, err=True)
            _ask(yes, f"Remove these {len(changes)} objects from {settings.zendesk.origin}?")
        carry_out(zendesk, changes, lambda change: talk.print(f"{_did(change)} {change.key}"))
    if forget_secret(settings.worker.state):
        talk.print(f"Removed the signing secret from {settings.worker.state}.")
    talk.print(f"{len(changes)} object{'s' if len(changes) != 1 else ''} removed.")
    if not with_data:
        talk.print("Ticket and organization fields were kept; --with-data removes them and their values.")


@setup.command()
@click.argument("key")
@click.argument("object_id", metavar="ID")
@click.pass_context
def adopt(ctx: click.Context, key: str, object_id: str) -> None:
    """Mark the existing object ID as our KEY, so that `apply` brings it in line instead of making another."""
    from zendesk_gupshup.provision.apply import adopt as mark_as_ours

    settings = settings_of(ctx)
    zendesk = zendesk_of(settings)
    with _one_line(settings):
        title = mark_as_ours(zendesk, key, object_id)
    console(err=True).print(
        f'"{title}" ({object_id}) is {key} now; `setup plan` shows what `apply` would change on it.'
    )


@setup.command()
def scopes() -> None:
    """Print the OAuth scopes that each command needs, the least of them."""
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
    with _one_line(settings):
        return planned(zendesk, settings.setup, brain)


@contextmanager
def _one_line(settings: Settings) -> Iterator[None]:
    """Every way to fail as one line; a rate limit is a stop from which another `apply` goes on."""
    from zendesk_gupshup.provision.objects import SetupError
    from zendesk_gupshup.zendesk.errors import Busy

    try:
        with exit_on_error(settings):
            try:
                yield
            except Busy as error:
                raise Fail(
                    f"{error}; run it again in {error.retry_after or 60:.0f} s: it goes on from here", 4
                ) from None
    except (SetupError, OSError) as error:
        raise Fail(str(error)) from None


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
            talk.print("ZENDESK_WEBHOOK_SECRET is not this webhook's secret: set the one of `apply --print-secret`.")
        return
    if keep_secret(settings.worker.state, secret):
        talk.print(f"The signing secret is in {settings.worker.state / FILE}; `serve` reads it from there.")


def _ask(yes: bool, question: str) -> None:
    if yes:
        return
    try:
        sure = click.confirm(question, err=True)
    except click.Abort:
        raise Fail("nothing was changed; answer the question, or add --yes") from None
    if not sure:
        raise Fail("nothing was changed")


def _scopes(command: str) -> tuple[str, ...]:
    from zendesk_gupshup.provision.scopes import NEEDS

    return NEEDS[command][0]


def _did(change: Change) -> str:
    return {"create": "made", "update": "changed", "delete": "removed"}[change.action]


def _show(
    made: SetupPlan, *, as_json: bool, scopes: tuple[str, ...], asked: int = 0, drift: bool = False, err: bool = False
) -> None:
    if as_json:
        record = {
            "changes": [_record(change) for change in made.changes],
            "writes": len(made.writes),
            "requests": asked + made.requests,
            "scopes": list(scopes),
        }
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    out = console(err=err)
    for change in made.changes:
        if change.action == "same" and not change.note:
            continue
        lost = drift and change.action == "create"
        where = f" ({change.id})" if change.id else ""
        out.print(f"{'-' if lost else _SIGN[change.action]} {change.key}{where}  {change.title}")
        if lost:
            out.print("      is not there")
        for one in change.differences:
            out.print(f"      {one.field}: {_short(one.now) or 'nothing'} -> {_short(one.wanted) or 'nothing'}")
        if drift and change.present and change.present.get("updated_at"):
            out.print(f"      last changed {change.present['updated_at']}")
        if change.note:
            out.print(f"      {change.note}")
    count = {action: sum(c.action == action for c in made.changes) for action in _SIGN}
    if drift:
        out.print(
            "Nothing was changed." if not made.changes else f"{len(made.changes)} objects are not as they should be."
        )
        return
    out.print(
        f"{count['create']} to make, {count['update']} to change, {count['delete']} to remove, "
        f"{count['same']} as they should be; {asked + made.requests} requests; OAuth scopes: {' '.join(scopes)}"
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"


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
