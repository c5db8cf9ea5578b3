"""`serve`: the worker as a process, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import brain_of, exit_on_error, ledger_of, limiter_of, settings_of, zendesk_of

if TYPE_CHECKING:
    from zendesk_gupshup.settings import Settings, WorkerSettings
    from zendesk_gupshup.worker.connection_limits import ConnectionLimits
    from zendesk_gupshup.worker.worker import Worker

# How long `--once` waits for its tickets.
_ONCE_SECONDS = 3600
# The exit code of refused credentials.
_REFUSED = 6


@click.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default 8080, 0 for a free one).")
@click.option("--no-webhook", is_flag=True, help="Do not receive webhooks; the sweep alone finds tickets.")
@click.option("--no-sweep", is_flag=True, help="Do not sweep for changed tickets; webhooks only.")
@click.option("--once", is_flag=True, help="Run one sweep, handle what it found, and exit.")
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None, no_webhook: bool, no_sweep: bool, once: bool) -> None:
    """Run the worker: webhook receiver, sweep and queue."""
    # What a start loads stays: to look for garbage in it again and again is a tenth of the start.
    gc.disable()
    ctx.call_on_close(gc.enable)
    from zendesk_gupshup.ops import logs
    from zendesk_gupshup.provision.secret import FILE, kept_secret
    from zendesk_gupshup.worker.webhook import SecretsInFile, signing_secrets

    settings = settings_of(ctx, {("worker", "host"): host, ("worker", "port"): port})
    setting = settings.worker.webhook_secret
    try:
        secrets = signing_secrets(setting.get_secret_value() if setting else kept_secret(settings.worker.state))
    except (ValueError, OSError) as error:
        raise Fail(str(error)) from None
    # A secret that was given in the environment itself cannot change.
    file = settings.worker.webhook_secret_file if setting else settings.worker.state / FILE
    if not secrets and not no_webhook and not once:
        raise Fail(
            "ZENDESK_WEBHOOK_SECRET is missing: run `zendesk-gupshup setup apply`, set the webhook's signing secret, "
            "or start with --no-webhook"
        )
    _check_alert_urls(settings)
    if no_webhook and no_sweep:
        raise click.UsageError("--no-webhook and --no-sweep leave nothing to do")
    brain = brain_of(settings)
    logs.set_up(settings.worker.log_level)
    limits = _limits(settings.worker)
    stopping = threading.Event()
    limiter = limiter_of(settings, stopping)
    with _alert_if_refused(settings):
        zendesk = zendesk_of(settings, limiter)

    from zendesk_gupshup.brain import with_schedule, with_ticket_fields
    from zendesk_gupshup.settings import SettingsError
    from zendesk_gupshup.storage.schema import NewerDatabase
    from zendesk_gupshup.worker.leases import NoFreeLease
    from zendesk_gupshup.worker.webhook_spool import SpoolUnusable
    from zendesk_gupshup.worker.worker import Worker

    with exit_on_error(settings):
        try:
            brain = with_schedule(with_ticket_fields(brain, zendesk), zendesk, settings)
        except SettingsError as error:
            raise Fail(str(error)) from None

    try:
        worker = Worker(settings, zendesk, brain, limiter, stopping, sweep=not no_sweep and not once)
        # Nor is it looked through later.
        gc.freeze()
        gc.enable()
        if not no_sweep:
            worker.log_first_sweep()
        # Ended as by `systemctl stop`, and restarted by whatever supervises us.
        worker.start(lost=lambda: os.kill(os.getpid(), signal.SIGTERM))
    except (NoFreeLease, NewerDatabase, SpoolUnusable) as error:
        raise Fail(str(error)) from None
    try:
        if once:
            with exit_on_error(settings):
                in_time = worker.sweep_once(_ONCE_SECONDS)
            worker.alert_once()
            ctx.exit(4 if not in_time else 3 if worker.has_failures else 0)
        given = () if no_webhook else SecretsInFile(file, secrets) if file else secrets
        _receive(settings.worker, worker, given, limits)
    finally:
        worker.stop(settings.worker.stop_seconds)
    if worker.lease_lost:
        raise Fail(f"{worker.executor}: lease lost: another worker has taken over its tickets; safe to restart")


def _check_alert_urls(settings: Settings) -> None:
    """A mistake in the file ends the start: later nobody could be told of it."""
    if settings.alerts.urls_file is not None:
        from zendesk_gupshup.alerts.delivery import AlertUrlsError, read_services

        try:
            read_services(settings.alerts.urls_file)
        except AlertUrlsError as error:
            raise Fail(str(error)) from None


@contextmanager
def _alert_if_refused(settings: Settings) -> Iterator[None]:
    """Credentials that are refused at the start end `serve` before it watches itself."""
    try:
        yield
    except Fail as fail:
        if fail.exit_code == _REFUSED and settings.alerts.urls_file is not None:
            from zendesk_gupshup.alerts.alert import AlertReadings
            from zendesk_gupshup.worker.alerting import alert_watch

            refused = AlertReadings(credential_refused=True)
            if watch := alert_watch(settings, ledger_of(settings).engine, lambda: refused):
                watch.try_check()
        raise


def _receive(
    config: WorkerSettings,
    worker: Worker,
    secrets: Sequence[str] | Callable[[], Sequence[str]],
    limits: ConnectionLimits,
) -> None:
    """The web server, until SIGTERM or SIGINT."""
    from zendesk_gupshup.worker.http_app import create_app
    from zendesk_gupshup.worker.http_server import run

    app = create_app(
        worker,
        spool=worker.spool.put,
        secrets=secrets,
        max_age=config.max_age,
        max_body=config.max_body,
        more=worker.app.routes if worker.app else (),
    )
    try:
        with worker.spool:
            run(
                app,
                config.host,
                config.port,
                started=lambda address: _announce(address, worker.executor),
                grace=config.stop_seconds,
                limits=limits,
            )
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Fail(f"cannot listen on {config.host}:{config.port}: {reason}; choose another --port") from None


def _announce(address: str, executor: str) -> None:
    import structlog

    structlog.get_logger("serve").info("listening", address=address, worker=executor)


def _limits(worker: WorkerSettings) -> ConnectionLimits:
    """The web server's limits, by the available file descriptors; called before anything of ours takes some."""
    import structlog

    from zendesk_gupshup.ops import file_descriptors
    from zendesk_gupshup.worker.connection_limits import ConnectionLimits

    log = structlog.get_logger("serve")
    limit = file_descriptors.raise_limit()
    most = file_descriptors.connections(limit, worker.concurrency, worker.connections)
    if few := file_descriptors.too_few(limit, worker.concurrency):
        log.warning(few)
    log.info("descriptors", limit=limit, connections=most)
    return ConnectionLimits(most, worker.head_seconds, worker.body_seconds, worker.idle_seconds)
