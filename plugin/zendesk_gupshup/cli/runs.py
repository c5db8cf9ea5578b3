"""`runs`, `runs show` and `forget`: what the ledger holds, and deleting a client's data from it."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import ledger_of, settings_of, store_problem
from zendesk_gupshup.cli.tables import print_table, utc
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.ledger.entry import LedgerEntry
    from zendesk_gupshup.ledger.runs import Run

_COLUMNS = ("time", "ticket", "did", "codes", "mode", "written", "planned", "guards", "reason", "requests", "seconds")
_AUDITS = ("audits", "comments")


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def runs(ctx: click.Context, as_json: bool) -> None:
    """List the recorded runs, newest first; `runs show RUN` lists the decisions of one run.

    `live` is the worker. A run that never ended and whose process is gone is `interrupted`.
    """
    if ctx.invoked_subcommand:
        return
    found = ledger_of(settings_of(ctx)).runs()
    if as_json:
        click.echo(json.dumps([_times(run) for run in found], indent=2))
        return
    if not found:
        click.echo("No runs yet: `process`, `reprocess` and `serve` make them.", err=True)
        return
    head = ("Run", "Started", "Took", "Asked", "Status", "Looks", "Found", "Written", "Failed", "Requests")
    print_table(head, (_run_row(run) for run in found), narrow=("Run", "Status", "Looks", "Found", "Written", "Failed"))


@runs.command()
@click.argument("run")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print everything, with the state before and after, as a JSON line per decision.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV, with the ids of audits and comments.")
@click.pass_context
def show(ctx: click.Context, run: str, as_json: bool, as_csv: bool) -> None:
    """Show the decisions of RUN (`live` is the worker), oldest first.

    Visits of a ticket that found nothing, or nothing new, are only counted: `runs` shows the number.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv are mutually exclusive")
    ledger = ledger_of(settings_of(ctx))
    found = ledger.run(run)
    if found is None:
        raise Fail(f"{run}: no such run; `zendesk-gupshup runs` lists them")
    if not found.entries:
        click.echo(f"Nothing was found: {counted(found.looks, 'visit')} of tickets, which are only counted.", err=True)
    entries = ledger.entries(run)
    if as_json:
        for entry in entries:
            click.echo(entry.model_dump_json())
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow((*_COLUMNS, *_AUDITS))
        for entry in entries:
            row = _row(entry)
            writer.writerow([row[name] for name in (*_COLUMNS, *_AUDITS)])
    else:
        rows = ([_row(entry)[name] for name in _COLUMNS] for entry in entries)
        print_table([name.capitalize() for name in _COLUMNS], rows, narrow=("Time", "Ticket", "Did"))


@click.command()
@click.option("--ticket", type=click.IntRange(min=1), help="Delete the data of this ticket.")
@click.option("--requester", type=click.IntRange(min=1), help="Delete the data of all tickets of this user (id).")
@click.option(
    "--organization", type=click.IntRange(min=1), help="Delete the data of all tickets of this organization (id)."
)
@click.option("--yes", is_flag=True, help="Delete without confirmation.")
@click.pass_context
def forget(ctx: click.Context, ticket: int | None, requester: int | None, organization: int | None, yes: bool) -> None:
    """Delete all data about a ticket, a requester or an organization from the ledger.

    The ledger holds ids, tags and codes, but no text, names or addresses. Zendesk is not changed. Ticket ids stay in
    the worker's queue for up to a week after the ticket's last visit.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from zendesk_gupshup.report.live import forget_names

    if ticket is None and requester is None and organization is None:
        raise click.UsageError("give --ticket, --requester or --organization")
    settings = settings_of(ctx)
    ledger = ledger_of(settings)
    if not yes:
        click.confirm("Delete this from the ledger? It cannot be restored, and `undo` no longer covers it.", abort=True)
    try:
        gone = ledger.forget(ticket=ticket, requester=requester, organization=organization)
    except SQLAlchemyError as error:
        problem = store_problem(error, settings, otherwise="the database cannot be written")
        raise Fail(f"nothing was removed: {problem}") from None
    # Drops the whole cache of `report --names`, so that no name has to be looked up.
    forget_names(settings.worker.state)
    if not gone:
        click.echo("Nothing was removed: the ledger has no ticket of this.", err=True)
        return
    click.echo(f"Forgotten: {counted(len(gone), 'ticket')}.")


def _run_row(run: Run) -> list[str]:
    counts = (run.looks, run.found, run.written, run.failed, run.requests)
    return [run.id, utc(run.started), _took(run), run.asked, run.status, *map(str, counts)]


def _row(entry: LedgerEntry) -> dict[str, str]:
    found = (f"{f.error} ({f.confidence})" for f in entry.findings)
    return {
        "time": utc(entry.at),
        "ticket": str(entry.ticket_id),
        "did": "interrupted" if entry.did == "writing" else entry.did,
        "codes": ", ".join([*found, *(f"?{code}" for code in entry.unknown)]),
        "mode": entry.mode or "",
        "written": ", ".join(write.kind for write in entry.writes),
        "planned": ", ".join(step.kind for step in entry.planned if step.kind not in {w.kind for w in entry.writes}),
        "guards": ", ".join(entry.guards),
        "reason": entry.reason or "",
        "requests": str(entry.requests),
        "seconds": f"{entry.seconds:.2f}",
        "audits": " ".join(str(write.audit_id or "") for write in entry.writes),
        "comments": " ".join(str(write.comment_id or "") for write in entry.writes),
    }


def _times(run: Run) -> dict[str, Any]:
    values = asdict(run)
    return values | {"started": utc(run.started), "ended": utc(run.ended) if run.ended else None}


def _took(run: Run) -> str:
    return f"{run.ended - run.started} s" if run.ended is not None else ""
