"""`reprocess`: the backfill of old tickets."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import brain_of, console, ledger_of, limiter_of, settings_of, zendesk_of
from zendesk_gupshup.cli.interruptible_run import confirmed, cost_in_words, exit_code, interruptible, recorded
from zendesk_gupshup.cli.progress import Progress, rebuild_progress
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.backfill.request import BackfillRequest
    from zendesk_gupshup.backfill.run import Ended, ReprocessContext
    from zendesk_gupshup.backfill.tally import Cost, RunTally
    from zendesk_gupshup.dictionary import Dictionary
    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.zendesk.client import Zendesk
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter

_SELECTION = ("since", "until", "query", "view", "ids", "code", "status", "all_comments", "notes", "reply")
_STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
_TIMES = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S")


@click.command()
@click.option("--since", type=click.DateTime(_TIMES), help="Tickets created at or after this time (UTC).")
@click.option("--until", type=click.DateTime(_TIMES), help="Tickets created before this time (UTC).")
@click.option("--query", help="Tickets that this Zendesk search finds, without its limit of 1,000.")
@click.option("--view", type=click.IntRange(min=1), help="Tickets in the view with this id.")
@click.option("--ids", type=click.Path(dir_okay=False, exists=True), help="File of ticket numbers, one per line.")
@click.option("--code", multiple=True, help='Only tickets that report this code, such as 401 or "meta 131049".')
@click.option("--status", multiple=True, type=click.Choice(_STATUSES), help="Only tickets with this status.")
@click.option("--all-comments", is_flag=True, help="Read the comments of every ticket, at one request each.")
@click.option("--notes", is_flag=True, help="Also write internal notes.")
@click.option("--reply", is_flag=True, help="Also send public replies, where the modes allow it.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after this many tickets.")
@click.option("--max-replies", type=click.IntRange(min=0), help="Maximum number of public replies.")
@click.option("--rate", type=click.IntRange(min=1), metavar="PER_MINUTE", help="Maximum number of requests per minute.")
@click.option("--apply", "write", is_flag=True, help="Write to Zendesk; without this flag nothing is written.")
@click.option("--yes", is_flag=True, help="Write without confirmation.")
@click.option("--resume", metavar="RUN", help="Continue a run. With --apply, the plan of a dry run is written.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def reprocess(ctx: click.Context, /, write: bool, yes: bool, resume: str | None, as_json: bool, **given: Any) -> None:
    """Backfill old tickets: find, decide, and with --apply tag and route.

    A run first reads. Then it shows the cost and, by code, what it would write, and asks for confirmation. Old tickets
    get a stricter policy: no public reply without --reply and no note without --notes; solved tickets are not reopened
    or routed; closed tickets are only reported. Tags are written in bulk jobs.

    One request reads a thousand tickets. Comments cost one request per ticket. They are read only where subject or
    description report an error, look like one, or name Gupshup or WhatsApp. Without such a first text, a code that is
    only in a later comment or an attachment is missed. Tickets on which nothing may be written (closed, switched off,
    of another brand or form) are judged by their first text. --all-comments reads everything.

    The run uses at most 60 % of each rate limit; the rest is left to the worker. Ctrl-C stops after the tickets in
    hand. --resume continues from there, even after a kill.
    """
    from zendesk_gupshup.backfill.pace import Pace
    from zendesk_gupshup.backfill.run import ReprocessContext, backfill_brain
    from zendesk_gupshup.backfill.run_store import RunStore
    from zendesk_gupshup.backfill.tally import RunTally
    from zendesk_gupshup.brain import with_ticket_fields

    settings = settings_of(ctx)
    brain = brain_of(settings)
    chosen = [f"--{name.replace('_', '-')}" for name in _SELECTION if given[name]]
    if resume and chosen:
        raise click.UsageError(f"--resume keeps the selection of the run: leave out {', '.join(chosen)}")
    request = None if resume else _request(given, brain.dictionary)
    ledger = ledger_of(settings)
    if request is None:
        assert resume is not None  # noqa: S101 - one of the two
        request = _resumed(ledger, resume, given)
    stop, progress = threading.Event(), Progress()
    limiter = limiter_of(settings, stop, backfill=True, per_minute=request.rate, on_wait=progress.waiting)
    zendesk = zendesk_of(settings, limiter)
    if resume:
        run, store = resume, RunStore(ledger, resume)
        write = _take_up(ledger, run, request, write=write)
    else:
        run = ledger.start_run("reprocess", request.command_line(applied=write), applied=write)
        store = RunStore(ledger, run)
        store.begin(request.model_dump(mode="json"))
    resume_command = f"zendesk-gupshup reprocess --resume {run}{' --yes' if yes else ''}"
    with interruptible(stop), recorded(settings, ledger, run, resume_command) as status:
        brain = backfill_brain(with_ticket_fields(brain, zendesk), request)
        context = ReprocessContext(
            zendesk,
            store,
            Pace(stop, on_wait=progress.waiting),
            RunTally(total=_total(zendesk, request)),
            report=lambda tally: progress.show(tally, limiter.account),
            brain=brain,
            request=request,
        )
        rebuild_progress(store, context.tally)
        with progress:
            ended = _run(context, progress, limiter, write=write, yes=yes)
            progress.pause()
        code, status[0] = exit_code(context.tally, ended, resume_command)
    requests = zendesk.requests_made.total()
    if as_json:
        click.echo(json.dumps(_summary(context, limiter, run, ended, applied=write, requests=requests), indent=2))
    else:
        _show(context.tally, applied=write)
        click.echo(f"Run {run}: {counted(context.tally.done, 'ticket')}, {counted(requests, 'request')}.")
    if not context.tally.done and ended == "done":
        # https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
        hint = "Zendesk lists new ones after a minute or more: for those, run it again then."
        click.echo(f"No ticket was found. {hint}", err=True)
    elif not write and ended == "done":
        hint = f"To write it: zendesk-gupshup reprocess --resume {run} --apply"
        click.echo(f"Dry run: nothing was written. {hint}", err=True)
    ctx.exit(code)


def _run(context: ReprocessContext, progress: Progress, limiter: RateLimiter, *, write: bool, yes: bool) -> Ended:
    from zendesk_gupshup.backfill.apply import write_all
    from zendesk_gupshup.backfill.plan import read_all

    context.store.count_requests(context.zendesk.requests_here)
    read = read_all(context)
    if read == "stopped" or not write:
        return read
    progress.pause()
    if context.tally.due:
        _show_cost(context, limiter)
        if not confirmed("Write this?", yes=yes):
            return "stopped"
    progress.start_writing()
    written = write_all(context)
    return read if written == "done" else written


def _total(zendesk: Zendesk, request: BackfillRequest) -> int | None:
    """How many tickets there are to read; only the estimate of the time left needs it."""
    from zendesk_gupshup.backfill.ticket_pages import count_tickets
    from zendesk_gupshup.zendesk.errors import Unauthorized, ZendeskError

    try:
        return count_tickets(zendesk, request)
    except Unauthorized:
        raise
    except ZendeskError:
        return None


def _show_cost(context: ReprocessContext, limiter: RateLimiter) -> None:
    _show(context.tally, applied=False, err=True)
    for line in cost_in_words(_cost(context, limiter), limiter):
        click.echo(line, err=True)


def _cost(context: ReprocessContext, limiter: RateLimiter) -> Cost:
    return context.tally.cost(
        a_minute=limiter.per_minute("account"),
        updates_a_minute=limiter.per_minute("updates"),
        max_replies=context.request.max_replies,
    )


def _request(given: dict[str, Any], dictionary: Dictionary) -> BackfillRequest:
    from zendesk_gupshup.backfill.request import BackfillRequest
    from zendesk_gupshup.backfill.ticket_pages import digest

    sources = [name for name in ("query", "view", "ids") if given[name]]
    if len(sources) > 1:
        raise click.UsageError(f"--{' and --'.join(sources)} are mutually exclusive")
    if not any(given[name] for name in (*sources, "since", "until", "code", "status")):
        raise click.UsageError("select tickets with --since, --until, --query, --view, --ids, --code or --status")
    codes = tuple(str(error) for text in given["code"] for error in _errors(text, dictionary))
    since, until = (moment.replace(tzinfo=UTC) if (moment := given[n]) else None for n in ("since", "until"))
    if since and until and since >= until:
        raise click.UsageError("--since must be before --until")
    path = Path(given["ids"]).absolute() if given["ids"] else None
    try:
        ids_digest = digest(path) if path else None
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from None
    same = {n: given[n] for n in ("query", "view", "all_comments", "notes", "reply", "limit", "max_replies", "rate")}
    return BackfillRequest(
        since=since, until=until, ids=str(path) if path else None, ids_digest=ids_digest, codes=codes,
        statuses=given["status"], **same,
    )  # fmt: skip


def _errors(text: str, dictionary: Dictionary) -> Any:
    found = dictionary.find(text)
    if not found:
        raise click.UsageError(f"--code {text}: no code of the dictionary; `zendesk-gupshup codes list` shows them")
    return found


def _resumed(ledger: Ledger, run: str, given: dict[str, Any]) -> BackfillRequest:
    """The request of the run; limits given now replace the earlier ones. Raises `Fail`."""
    from zendesk_gupshup.backfill.request import BackfillRequest
    from zendesk_gupshup.backfill.run_store import RunStore
    from zendesk_gupshup.backfill.ticket_pages import digest

    known, store = ledger.run(run), RunStore(ledger, run)
    kept = store.load()
    if known is None or kept is None or known.kind != "reprocess":
        raise Fail(f"{run}: not a run of reprocess; `zendesk-gupshup runs` lists them")
    limits = {name: given[name] for name in ("limit", "max_replies", "rate") if given[name] is not None}
    request = BackfillRequest.model_validate({**kept.request, **limits})
    try:
        same = not request.ids or digest(Path(request.ids)) == request.ids_digest
    except (OSError, ValueError):
        same = False
    if not same:
        raise Fail(f"{request.ids}: the file has changed since the run started, so the run cannot be resumed")
    return request


def _take_up(ledger: Ledger, run: str, request: BackfillRequest, *, write: bool) -> bool:
    """Resume the run; whether it writes. Raises `Fail`."""
    from zendesk_gupshup.backfill.run_store import RunStore

    known = ledger.run(run)
    if known is None or not ledger.take_up(run):
        raise Fail(f"{run}: another process is working on it")
    applied = write or known.applied
    RunStore(ledger, run).update_request(request.model_dump(mode="json"), applied=applied)
    return applied


def _show(tally: RunTally, *, applied: bool, err: bool = False) -> None:
    """By code: the number of tickets, and what was or would be written."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    verb = "" if applied else "Would be: "
    for name in ("Code", "Tickets", f"{verb}Only tagged", "Noted", "Replied to"):
        table.add_column(name, justify="left" if name == "Code" else "right", no_wrap=True)
    for code, counts in sorted(tally.by_code.items(), key=lambda row: (-row[1]["tickets"], row[0])):
        numbers = [counts["tickets"], counts["tags"], counts["note"], counts["reply"]]
        table.add_row(code, *(f"{n:,}" for n in numbers))
    out = console(err=err)
    if tally.by_code:
        out.print(table)
    for guard, count in sorted(tally.skipped.items(), key=lambda row: (-row[1], row[0])):
        if count:
            out.print(f"{count:,} left alone: {guard.replace('_', ' ')}")
    if tally.retried:
        rows = counted(tally.retried, "row of a bulk job", "rows of bulk jobs")
        out.print(f"{rows} failed and retried one by one")
    found = f"{tally.found:,} of {counted(tally.done, 'ticket')} {'reports' if tally.found == 1 else 'report'} an error"
    out.print(f"{found}; {tally.written:,} written, {tally.failed:,} failed." if applied else f"{found}.")


def _summary(
    context: ReprocessContext, limiter: RateLimiter, run: str, ended: str, *, applied: bool, requests: int
) -> dict[str, Any]:
    tally, cost = context.tally, _cost(context, limiter)
    names = ("total", "done", "found", "written", "failed", "retried")
    return {
        "run": run,
        "applied": applied,
        "ended": ended,
        **{name: getattr(tally, name) for name in names},
        "by_code": {code: {k: n for k, n in counts.items() if n} for code, counts in sorted(tally.by_code.items())},
        "left_alone": {guard: n for guard, n in sorted(tally.skipped.items()) if n},
        "still_due": asdict(cost),
        "requests": requests,
        "by_request": dict(context.zendesk.requests_made),
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
