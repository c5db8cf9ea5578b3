"""`process`: find, decide and write for the given tickets."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import (
    brain_of,
    console,
    exit_on_error,
    ledger_of,
    limiter_of,
    settings_of,
    store_problem,
    zendesk_of,
)
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.ledger.recorder import RecordedRun
    from zendesk_gupshup.pipeline import Outcome
    from zendesk_gupshup.settings import Settings


@click.command()
@click.argument("tickets", nargs=-1, required=True, type=click.IntRange(min=1))
@click.option("--apply", "write", is_flag=True, help="Write to Zendesk; without this flag nothing is written.")
@click.option(
    "--without-ledger",
    is_flag=True,
    help="Write although the database is unavailable; undo, runs and the hourly quota will not know of it.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON line per ticket.")
@click.pass_context
def process(ctx: click.Context, tickets: tuple[int, ...], write: bool, without_ledger: bool, as_json: bool) -> None:
    """Find and decide for TICKETS, as the worker does, and with --apply tag, route, note and reply."""
    from zendesk_gupshup.brain import with_ticket_fields
    from zendesk_gupshup.incidents.paused import paused_incidents
    from zendesk_gupshup.ledger.recorder import Recorder
    from zendesk_gupshup.ledger.write_gate import gate_of
    from zendesk_gupshup.pipeline import Outcome, handle
    from zendesk_gupshup.zendesk.errors import ZendeskError

    settings = settings_of(ctx)
    brain = brain_of(settings)
    # Without a database the run warns that it is not recorded, and only Zendesk's own limits apply.
    limiter = None
    with suppress(Fail):
        limiter = limiter_of(settings, threading.Event())
    zendesk = zendesk_of(settings, limiter)
    with exit_on_error(settings):
        brain = with_ticket_fields(brain, zendesk)
    out = console()
    failed = False
    distinct = tuple(dict.fromkeys(tickets))
    words = f"process {counted(len(distinct), 'ticket')}{' --apply' if write else ''}"
    required = write and not without_ledger
    with _run(settings, words, write=write, required=required) as run:
        gate = gate_of(run.ledger, brain.policy.replies_per_hour)
        paused = paused_incidents(run.ledger, brain)
        for ticket_id in distinct:
            recording = Recorder(run.ledger, run.id, lambda: zendesk.requests_here, required=required)
            try:
                outcome = handle(
                    zendesk,
                    ticket_id,
                    brain,
                    apply=write,
                    run=run.id,
                    gate=gate,
                    journal=recording,
                    incidents=paused,
                )
            except ZendeskError as error:
                outcome = Outcome(ticket_id, "failed", None, tuple(recording.writes), reason=str(error))
                if error.account_wide:
                    recording.close(outcome)
                    with exit_on_error(settings):
                        raise
            recording.close(outcome)
            if write and run.ledger and outcome.did in ("done", "nothing"):
                _clear_dead_letter(run.ledger, ticket_id)
            failed = failed or outcome.did in ("failed", "later", "gone")
            record = outcome.record()
            if as_json:
                click.echo(json.dumps(record, ensure_ascii=False))
            else:
                out.print(_line(record, outcome))
        run.status = "failed" if failed else "done"
    if not write and not as_json:
        console(err=True).print("Dry run: nothing was written. Add --apply to write.")
    ctx.exit(3 if failed else 0)


def _run(settings: Settings, words: str, *, write: bool, required: bool) -> RecordedRun:
    """The run in the ledger. Where the ledger is `required` and cannot be written, nothing goes out: `undo`, `runs` and
    the hourly quota would not know of it. Raises `Fail`."""
    from sqlalchemy.exc import SQLAlchemyError

    from zendesk_gupshup.ledger.recorder import RecordedRun

    ledger: Ledger | None = None
    try:
        ledger = ledger_of(settings)
        return RecordedRun(ledger, "process", words, applied=write)
    except (Fail, SQLAlchemyError, OSError) as fault:
        unknown = "the ledger cannot be written"
        problem = fault.message if isinstance(fault, Fail) else store_problem(fault, settings, otherwise=unknown)
        if required:
            raise Fail(
                f"{problem}; nothing was written. Make the database writable, or add --without-ledger: then `undo`, "
                "`runs` and the hourly quota of replies do not know of what is written"
            ) from None
        click.echo(f"zendesk-gupshup: {problem}; this run is not recorded", err=True)
        return RecordedRun(None, "process", words, applied=write)


def _clear_dead_letter(ledger: Ledger, ticket_id: int) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from zendesk_gupshup.storage.dead_letters import DeadLetters

    try:
        DeadLetters(ledger.engine, ledger.account).clear(ticket_id)
    except SQLAlchemyError as error:
        click.echo(f"zendesk-gupshup: the dead-letter list cannot be used ({type(error).__name__})", err=True)


def _line(record: dict[str, Any], outcome: Outcome) -> str:
    from zendesk_gupshup.render.reasons import in_words

    codes = ", ".join(map(str, record["codes"])) or "no code"
    steps = outcome.written or tuple(u.step.kind for u in (outcome.look.updates if outcome.look else ()))
    what = {"done": "wrote", "dry_run": "would write"}.get(outcome.did, outcome.did.replace("_", " "))
    reasons = [in_words(guard) for guard in outcome.look.decision.guards] if outcome.look else []
    guards = "; ".join([*reasons, outcome.reason] if outcome.reason else reasons)
    return f"{outcome.ticket_id}: {codes}: {what} {' and '.join(steps)}{f' ({guards})' if guards else ''}".rstrip()
