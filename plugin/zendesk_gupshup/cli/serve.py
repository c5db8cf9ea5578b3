"""`serve`: the worker as a process, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import brain_of, budget_of, exit_on_error, settings_of, zendesk_of

if TYPE_CHECKING:
    from zendesk_gupshup.settings import WorkerSettings as WorkerSettings
    from zendesk_gupshup.worker.connection_limits import ConnectionLimits


@click.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default 8080, 0 for a free one).")
@click.option("--no-webhook", is_flag=True, help="Do not receive webhooks: the sweep finds every ticket.")
@click.option("--no-sweep", is_flag=True, help="Do not look for changed tickets: webhooks only.")
@click.option("--once", is_flag=True, help="One sweep, handle what it found, and end.")
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None, no_webhook: bool, no_sweep: bool, once: bool) -> None:
    """Run the worker."""
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
    if no_webhook and no_sweep:
        raise click.UsageError("--no-webhook and --no-sweep together leave nothing to do")
    brain = brain_of(settings)
    logs.set_up(settings.worker.log_level)
    _few_heaps()
    limits = _limits(settings.worker)
    budget = budget_of(settings)
    zendesk = zendesk_of(settings, budget)

    from zendesk_gupshup.storage.schema import NewerDatabase
    from zendesk_gupshup.worker.leases import NoFreeLease
    from zendesk_gupshup.worker.worker import Worker, with_ticket_fields

    with exit_on_error(settings):
        brain = with_ticket_fields(brain, zendesk)

    try:
        worker = Worker(settings, zendesk, brain, budget, sweep=not no_sweep and not once)
        if not no_sweep:
            worker.announce_first_sweep()
        # Ended as by `systemctl stop`, and started anew by whatever watches over us.
        worker.queue.start(lost=lambda: os.kill(os.getpid(), signal.SIGTERM))
    except (NoFreeLease, NewerDatabase) as error:
        raise Fail(str(error)) from None
    try:
        from zendesk_gupshup.worker.webhook_spool import WebhookSpool

        inbox = WebhookSpool(settings.worker.state / "inbox.sqlite", worker.queue.enqueue_all)
        worker.on_the_way = inbox.waiting
        if once:
            # What a worker that was killed had answered.
            while inbox.hand_over():
                pass
            with exit_on_error(settings):
                worker.queue.sweep(worker.read_page)
            if not worker.drain(3600):
                ctx.exit(4)
            ctx.exit(3 if worker.failures.listed() else 0)
        from zendesk_gupshup.worker.http_app import create_app, run

        app = create_app(
            worker,
            keep=inbox.put,
            secrets=() if no_webhook else SecretsInFile(file, secrets) if file else secrets,
            max_age=settings.worker.max_age,
            max_body=settings.worker.max_body,
        )
        try:
            with inbox:
                run(
                    app,
                    settings.worker.host,
                    settings.worker.port,
                    started=lambda address: _announce(address, worker.queue.executor),
                    grace=settings.worker.stop_seconds,
                    limits=limits,
                )
        except OSError as error:
            raise Fail(
                f"cannot listen on {settings.worker.host}:{settings.worker.port}: "
                f"{(error.strerror or str(error)).lower()}; choose another --port"
            ) from None
    finally:
        worker.stop(settings.worker.stop_seconds)
    if worker.queue.lost.is_set():
        raise Fail(f"{worker.queue.executor}: the store took it for dead and gave its work to others; start it anew")


def _announce(address: str, executor: str) -> None:
    import structlog

    structlog.get_logger("serve").info("listening", address=address, worker=executor)


def _limits(worker: WorkerSettings) -> ConnectionLimits:
    """What the web server may hold, by the descriptors that there are; before anything of ours takes some."""
    import structlog

    from zendesk_gupshup.ops import file_descriptors
    from zendesk_gupshup.worker.connection_limits import ConnectionLimits

    log = structlog.get_logger("serve")
    there = file_descriptors.raise_limit()
    most = file_descriptors.connections(there, worker.concurrency, worker.connections)
    if few := file_descriptors.too_few(there, worker.concurrency):
        log.warning(few)
    log.info("descriptors", there=there, connections=most)
    return ConnectionLimits(most, worker.head_seconds, worker.body_seconds, worker.idle_seconds)


def _few_heaps() -> None:
    """glibc gives eight heaps a core to threads, none of which gives back what another could use; two will do.

    Measured after 1,100 tickets: 20 MB of 210 less. https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    import ctypes
    from contextlib import suppress

    arena_max = -8
    # Other C libraries have no such thing.
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(arena_max, 2)
