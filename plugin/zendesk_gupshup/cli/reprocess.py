"""`reprocess`: old tickets through the one path."""

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
from zendesk_gupshup.cli.interruptible_run import agreed, cost_in_words, exit_code, interruptible, recorded
from zendesk_gupshup.cli.progress import Progress, rebuild_progress

if TYPE_CHECKING:
    from zendesk_gupshup.backfill.request import BackfillRequest
    from zendesk_gupshup.backfill.run import Ended, ReprocessContext
    from zendesk_gupshup.backfill.tally import Cost, RunTally
    from zendesk_gupshup.dictionary import Dictionary
    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.zendesk.client import Zendesk
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter

_SELECTING = ("since", "until", "query", "view", "ids", "code", "status", "all_comments", "notes", "reply")
_STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
_TIMES = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S")


@click.command()
@click.option("--since", type=click.DateTime(_TIMES), help="Tickets made at or after this time (UTC).")
@click.option("--until", type=click.DateTime(_TIMES), help="Tickets made before this time (UTC).")
@click.option("--query", help="Tickets that Zendesk's search finds; no limit of 1,000.")
@click.option("--view", type=click.IntRange(min=1), help="Tickets of the view with this id.")
@click.option("--ids", type=click.Path(dir_okay=False, exists=True), help="A file of ticket numbers, one a line.")
@click.option("--code", multiple=True, help='Only tickets that report this code, such as 401 or "meta 131049".')
@click.option("--status", multiple=True, type=click.Choice(_STATUSES), help="Only tickets of this status.")
@click.option("--all-comments", is_flag=True, help="Read the comments of every ticket: a request each.")
@click.option("--notes", is_flag=True, help="Write internal notes, too.")
@click.option("--reply", is_flag=True, help="Send public replies, too, where the modes allow it.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many tickets.")
@click.option("--max-replies", type=click.IntRange(min=0), help="Send so many public replies at most.")
@click.option("--rate", type=click.IntRange(min=1), metavar="PER_MINUTE", help="Requests a minute at most.")
@click.option("--apply", "write", is_flag=True, help="Write to Zendesk; without it nothing is written.")
@click.option("--yes", is_flag=True, help="Do not ask before writing.")
@click.option("--resume", metavar="RUN", help="Go on with a run; with --apply also a dry run, which is then written.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
@click.pass_context
def reprocess(ctx: click.Context, /, write: bool, yes: bool, resume: str | None, as_json: bool, **given: Any) -> None:
    """Work through old tickets: find, decide, and with --apply tag and route.

    A run reads first, says what writing costs and what it would write by code, and asks. Old tickets are treated with
    care: no public reply without --reply, no note without --notes, solved tickets are not re-opened or routed, closed
    ones are only reported. Tags go out in bulk jobs.

    Tickets come a thousand a request. Comments are a request a ticket, and are read where subject or description
    report an error, look like it, or name Gupshup or WhatsApp. So a code that only a later comment or an attachment
    tells, on a ticket whose first text has none of that, is passed over, and closed tickets are told by their first
    text; --all-comments reads everything.

    A live worker keeps its share: this run uses at most 60 % of each limit that Zendesk reports. Ctrl-C ends after
    the ticket in hand; --resume goes on exactly there, after a kill as well.
    """
    from zendesk_gupshup.backfill.pace import Pace
    from zendesk_gupshup.backfill.run import ReprocessContext, backfill_brain
    from zendesk_gupshup.backfill.run_store import RunStore
    from zendesk_gupshup.backfill.tally import RunTally
    from zendesk_gupshup.brain import with_ticket_fields

    settings = settings_of(ctx)
    brain = brain_of(settings)
    chosen = [f"--{name.replace('_', '-')}" for name in _SELECTING if given[name]]
    if resume and chosen:
        raise click.UsageError(f"--resume goes on as the run was asked: leave out {', '.join(chosen)}")
    asked = None if resume else _asked(given, brain.dictionary)
    ledger = ledger_of(settings)
    if asked is None:
        assert resume is not None  # noqa: S101 - one of the two
        asked = _resumed(ledger, resume, given)
    stop, progress = threading.Event(), Progress()
    limiter = limiter_of(settings, stop, backfill=True, per_minute=asked.rate, on_wait=progress.waiting)
    zendesk = zendesk_of(settings, limiter)
    if resume:
        run, store = resume, RunStore(ledger, resume)
        write = _take_up(ledger, run, asked, write=write)
    else:
        run = ledger.start_run("reprocess", asked.command_line(applied=write), applied=write)
        store = RunStore(ledger, run)
        store.begin(asked.model_dump(mode="json"))
    again = f"zendesk-gupshup reprocess --resume {run}{' --yes' if yes else ''}"
    with interruptible(stop), recorded(settings, ledger, run, again) as status:
        brain = backfill_brain(with_ticket_fields(brain, zendesk), asked)
        context = ReprocessContext(
            zendesk,
            store,
            Pace(stop, on_wait=progress.waiting),
            RunTally(total=_total(zendesk, asked)),
            report=lambda tally: progress.show(tally, limiter.account),
            brain=brain,
            request=asked,
        )
        rebuild_progress(store, context.tally)
        with progress:
            ended = _done(context, progress, limiter, write=write, yes=yes)
            progress.pause()
        code, status[0] = exit_code(context.tally, ended, again)
    requests = zendesk.requests_made.total()
    if as_json:
        click.echo(json.dumps(_summary(context, limiter, run, ended, applied=write, requests=requests), indent=2))
    else:
        _show(context.tally, applied=write)
        click.echo(f"Run {run}: {context.tally.done:,} tickets, {requests:,} requests.")
    if not write and ended == "done":
        told = f"To write it: zendesk-gupshup reprocess --resume {run} --apply"
        click.echo(f"Dry run: nothing was written. {told}", err=True)
    ctx.exit(code)


def _done(context: ReprocessContext, progress: Progress, limiter: RateLimiter, *, write: bool, yes: bool) -> Ended:
    from zendesk_gupshup.backfill.apply import write_all
    from zendesk_gupshup.backfill.plan import read_all

    context.store.count_requests(context.zendesk.requests_here)
    read = read_all(context)
    if read == "stopped" or not write:
        return read
    progress.pause()
    if context.tally.due:
        _show_cost(context, limiter)
        if not agreed("Write this?", yes=yes):
            return "stopped"
    progress.doing("write")
    written = write_all(context)
    return read if written == "done" else written


def _total(zendesk: Zendesk, asked: BackfillRequest) -> int | None:
    """How many tickets there are to read; only the estimate of the time that is left needs it."""
    from zendesk_gupshup.backfill.ticket_pages import count_tickets
    from zendesk_gupshup.zendesk.errors import Unauthorized, ZendeskError

    try:
        return count_tickets(zendesk, asked)
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


def _asked(given: dict[str, Any], dictionary: Dictionary) -> BackfillRequest:
    from zendesk_gupshup.backfill.request import BackfillRequest
    from zendesk_gupshup.backfill.ticket_pages import digest

    sources = [name for name in ("query", "view", "ids") if given[name]]
    if len(sources) > 1:
        raise click.UsageError(f"--{' and --'.join(sources)} exclude each other")
    if not any(given[name] for name in (*sources, "since", "until", "code", "status")):
        raise click.UsageError("say which tickets: --since, --until, --query, --view, --ids, --code or --status")
    codes = tuple(str(error) for text in given["code"] for error in _errors(text, dictionary))
    since, until = (moment.replace(tzinfo=UTC) if (moment := given[n]) else None for n in ("since", "until"))
    if since and until and since >= until:
        raise click.UsageError("--since is not before --until")
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
    """What the run was asked to do; limits given now are those that count."""
    from zendesk_gupshup.backfill.request import BackfillRequest
    from zendesk_gupshup.backfill.run_store import RunStore
    from zendesk_gupshup.backfill.ticket_pages import digest

    known, store = ledger.run(run), RunStore(ledger, run)
    kept = store.load()
    if known is None or kept is None or known.kind != "reprocess":
        raise Fail(f"{run}: no run of reprocess; `zendesk-gupshup runs` lists them")
    limits = {name: given[name] for name in ("limit", "max_replies", "rate") if given[name] is not None}
    asked = BackfillRequest.model_validate({**kept.asked, **limits})
    try:
        same = not asked.ids or digest(Path(asked.ids)) == asked.ids_digest
    except (OSError, ValueError):
        same = False
    if not same:
        raise Fail(f"{asked.ids}: not the file that the run began with, so it cannot go on")
    return asked


def _take_up(ledger: Ledger, run: str, asked: BackfillRequest, *, write: bool) -> bool:
    """Resume the run; whether it writes."""
    from zendesk_gupshup.backfill.run_store import RunStore

    known = ledger.run(run)
    if known is None or not ledger.take_up(run):
        raise Fail(f"{run}: another process is at it")
    applied = write or known.applied
    RunStore(ledger, run).update_request(asked.model_dump(mode="json"), applied=applied)
    return applied


def _show(tally: RunTally, *, applied: bool, err: bool = False) -> None:
    """By code: tickets, and what is written or would be."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    verb = "" if applied else "Would be: "
    for name in ("Code", "Tickets", f"{verb}Tagged alone", "Noted", "Replied to"):
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
        out.print(f"{tally.retried:,} rows of bulk jobs failed and were done singly")
    said = f"{tally.found:,} of {tally.done:,} tickets report an error"
    out.print(f"{said}; {tally.written:,} written, {tally.failed:,} failed." if applied else f"{said}.")


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
