"""`setup app`: the Zendesk app in the account. `app build` writes the same package for uploading it by hand."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.app import package_of
from zendesk_gupshup.cli.common import app_store_of, console, settings_of, zendesk_of
from zendesk_gupshup.cli.setup_common import confirm, exit_on_failure
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.app.install import AppStep
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.storage.app_store import AppStore

_SIGN = {"create": "+", "update": "~", "delete": "-", "same": " "}
_DONE = {"create": "created", "update": "updated", "delete": "removed"}
_LOCK = "setup-app"
_ADMIN = (
    "Only an admin may upload and install apps, and Zendesk does not say which OAuth scope that takes: sign in as one"
    " with `read write`, or upload what `zendesk-gupshup app build` writes in Admin Center"
)

_url = click.option("--url", help="Scheme and host under which browsers reach `serve`; unset: as in the settings.")
_yes = click.option("--yes", is_flag=True, help="Apply without confirmation.")


@click.group()
def app() -> None:
    """Upload, install, update and remove the app that shows the findings beside the ticket."""


@app.command()
@_url
@click.option("--json", "as_json", is_flag=True, help="Print the steps as JSON.")
@click.pass_context
def plan(ctx: click.Context, url: str | None, as_json: bool) -> None:
    """Show what `apply` would change. Exit code 5 if there are changes."""
    from zendesk_gupshup.app.install import look, planned
    from zendesk_gupshup.app.registration import kept_registration

    package, settings = package_of(ctx, url), settings_of(ctx)
    zendesk = zendesk_of(settings)
    with _exit_on_failure(settings):
        kept = kept_registration(app_store_of(settings))
        steps = planned(package, kept, look(zendesk, package.author, kept, settings.app.app_id))
    changes = sum(step.action != "same" for step in steps)
    if as_json:
        rows = [{"action": one.action, "what": one.what, "id": one.id, "note": one.note} for one in steps]
        click.echo(json.dumps({"steps": rows, "changes": changes, "unfinished": kept.pending is not None}))
    else:
        _show(steps)
        if kept.pending:
            console().print("A build of an earlier run was not seen to its end; `apply` continues it.")
        console().print(f"{counted(changes, 'change')}; {counted(zendesk.requests_made.total(), 'request')}.")
    ctx.exit(5 if changes or kept.pending else 0)


@app.command()
@_url
@_yes
@click.pass_context
def apply(ctx: click.Context, url: str | None, yes: bool) -> None:
    """Carry out the plan, and store what `serve` needs. A second run changes nothing; a killed one is continued."""
    from zendesk_gupshup.app.apply import AppInstaller
    from zendesk_gupshup.app.install import look, planned
    from zendesk_gupshup.app.registration import kept_registration

    package, settings = package_of(ctx, url), settings_of(ctx)
    zendesk, talk = zendesk_of(settings), console(err=True)
    done: list[AppStep] = []

    def tell(step: AppStep) -> None:
        done.append(step)
        talk.print(f"{_DONE[step.action]} {step}")

    with _exit_on_failure(settings):
        store = app_store_of(settings)
        with _alone(settings, store):
            kept = kept_registration(store)
            steps = planned(package, kept, look(zendesk, package.author, kept, settings.app.app_id))
            changes = sum(step.action != "same" for step in steps)
            if changes:
                _show(steps, err=True)
                confirm(yes, f"Apply these {counted(changes, 'change')} to {settings.zendesk.origin}?")
            AppInstaller(zendesk, store, package, time.sleep, settings.app.app_id, tell).apply()
    talk.print(f"{counted(len(done), 'change')} made, {counted(zendesk.requests_made.total(), 'request')}.")
    if done and not settings.app.enabled:
        talk.print("Now write enabled = true under [app] in the settings, and restart `serve`.")
    elif done:
        talk.print("Restart `serve`, which reads numbers and key when it starts.")


@app.command()
@_yes
@click.pass_context
def remove(ctx: click.Context, yes: bool) -> None:
    """Remove the app and its installation from the account. Apps of other authors are never touched."""
    from zendesk_gupshup.app.apply import AppInstaller
    from zendesk_gupshup.app.install import carry_out_removal, installations_of, look, removal
    from zendesk_gupshup.app.package import PLACEHOLDER, app_package
    from zendesk_gupshup.app.registration import kept_registration

    settings = settings_of(ctx)
    zendesk, talk = zendesk_of(settings), console(err=True)
    package = app_package(PLACEHOLDER)
    with _exit_on_failure(settings):
        store = app_store_of(settings)
        with _alone(settings, store):
            AppInstaller(zendesk, store, package, time.sleep, settings.app.app_id).resume()
            present = look(zendesk, package.author, kept_registration(store), settings.app.app_id)
            found = installations_of(zendesk, int(present.app["id"])) if present.app else []
            steps = removal(present, found)
            if steps:
                _show(steps, err=True)
                confirm(yes, f"Remove these from {settings.zendesk.origin}?")
            forgotten = carry_out_removal(
                zendesk, store, steps, lambda step: talk.print(f"{_DONE[step.action]} {step}")
            )
    if forgotten:
        talk.print("Removed what was stored for `serve`.")
    talk.print(f"{counted(len(steps), 'object')} removed.")
    if settings.app.enabled:
        talk.print("Take enabled = true from [app] in the settings, and restart `serve`.")


@contextmanager
def _exit_on_failure(settings: Settings) -> Iterator[None]:
    """As in `setup`; a refused permission says what may be missing."""
    from zendesk_gupshup.app.install import AppSetupError
    from zendesk_gupshup.zendesk.errors import Unauthorized

    try:
        with exit_on_failure(settings):
            try:
                yield
            except AppSetupError as error:
                raise Fail(str(error)) from None
            except Unauthorized as error:
                if error.status == 403:
                    raise Fail(f"{error}. {_ADMIN}", 6) from None
                raise
    except KeyboardInterrupt:
        raise Fail("interrupted; run it again to continue") from None


@contextmanager
def _alone(settings: Settings, store: AppStore) -> Iterator[None]:
    """Two runs at once could make two apps."""
    from zendesk_gupshup.storage.run_lock import RunLocks

    locks = RunLocks(store.engine, settings.zendesk.origin)
    if not locks.acquire(_LOCK):
        raise Fail("another `setup app` is running on this database; wait for it to end")
    try:
        yield
    finally:
        locks.release(_LOCK)


def _show(steps: Iterable[AppStep], *, err: bool = False) -> None:
    out = console(err=err)
    for step in steps:
        out.print(f"{_SIGN[step.action]} {step}")
