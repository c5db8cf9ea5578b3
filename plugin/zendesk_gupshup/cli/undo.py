"""`undo`: undo a run."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import ledger_of, limiter_of, settings_of, zendesk_of
from zendesk_gupshup.cli.interruptible_run import confirmed, cost_in_words, exit_code, interruptible, recorded
from zendesk_gupshup.cli.progress import Progress, rebuild_progress
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.backfill.run import Ended
    from zendesk_gupshup.backfill.undo import Undo
    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter


@click.command()
@click.argument("run", required=False)
@click.option(
    "--correct",
    metavar="FILE|TEXT",
    help="Write this comment (Markdown) once on tickets where a comment of ours must stay.",
)
@click.option(
    "--correct-public", is_flag=True, help="Write the correction as a public reply instead of an internal note."
)
@click.option("--rate", type=click.IntRange(min=1), metavar="PER_MINUTE", help="Maximum number of requests per minute.")
@click.option("--apply", "write", is_flag=True, help="Write to Zendesk; without this flag nothing is written.")
@click.option("--yes", is_flag=True, help="Write without confirmation.")
@click.option("--resume", metavar="UNDO_RUN", help="Continue an undo run that was stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def undo(
    ctx: click.Context,
    run: str | None,
    correct: str | None,
    correct_public: bool,
    rate: int | None,
    write: bool,
    yes: bool,
    resume: str | None,
    as_json: bool,
) -> None:
    """Undo RUN: restore tags, group, status, priority and fields where nobody has changed them since.

    Replies and notes stay, with the tags that mark them as written: without these they would be written again. Such
    tickets are listed, and --correct writes one comment on each. Closed tickets are not changed. An undo is a run of
    its own and can be undone.
    """
    from zendesk_gupshup.backfill.pace import Pace
    from zendesk_gupshup.backfill.run_store import RunStore
    from zendesk_gupshup.backfill.undo import Correction, Undo, correction_tag
    from zendesk_gupshup.render.markdown import to_html

    if bool(run) == bool(resume):
        raise click.UsageError("give the RUN to undo, or --resume UNDO_RUN")
    if correct_public and not correct:
        raise click.UsageError("--correct-public needs --correct")
    settings = settings_of(ctx)
    ledger = ledger_of(settings)
    request = {"source": run, "correct": _text(correct) if correct else None, "public": correct_public}
    if run:
        _check_can_be_undone(ledger, run)
    stop, progress = threading.Event(), Progress()
    limiter = limiter_of(settings, stop, backfill=True, per_minute=rate, on_wait=progress.waiting)
    zendesk = zendesk_of(settings, limiter)
    if resume:
        if correct:
            raise click.UsageError("--resume keeps the correction of the run: leave out --correct")
        request, write = _resumed(ledger, resume, write=write)
        own = resume
    else:
        words = f"undo {run}{' --correct' if correct else ''}{' --apply' if write else ''}"
        own = ledger.start_run("undo", words, applied=write)
        RunStore(ledger, own).begin(request, words=words)
    source = str(request["source"])
    correction = None
    if request["correct"]:
        html = to_html(str(request["correct"]), settings.reply.language)
        correction = Correction(html, bool(request["public"]), correction_tag(source))
    resume_command = f"zendesk-gupshup undo --resume {own}{' --yes' if yes else ''}"
    with interruptible(stop), recorded(settings, ledger, own, resume_command) as status:
        context = Undo(
            zendesk,
            RunStore(ledger, own),
            Pace(stop, on_wait=progress.waiting),
            report=lambda tally: progress.show(tally, limiter.account),
            source=RunStore(ledger, source),
            correction=correction,
        )
        with progress:
            ended = _run(context, progress, limiter, write=write, yes=yes)
        code, status[0] = exit_code(context.tally, ended, resume_command)
    _show(context, own, ended, applied=write, as_json=as_json)
    if not write:
        click.echo(f"Dry run: nothing was written. To write it: zendesk-gupshup undo {source} --apply", err=True)
    ctx.exit(code)


def _run(context: Undo, progress: Progress, limiter: RateLimiter, *, write: bool, yes: bool) -> Ended:
    from zendesk_gupshup.backfill.undo import dry_run, survey, undo_all

    if not write:
        context.store.count_requests(context.zendesk.requests_here)
        rebuild_progress(context.store, context.tally)
        return dry_run(context)
    planned = survey(context)
    context.store.count_requests(context.zendesk.requests_here)
    progress.pause()
    if planned.due:
        cost = planned.cost(a_minute=limiter.per_minute("account"), updates_a_minute=limiter.per_minute("updates"))
        for line in cost_in_words(cost, limiter):
            click.echo(line, err=True)
        if not confirmed("Undo this?", yes=yes):
            return "stopped"
    rebuild_progress(context.store, context.tally)
    progress.start_writing()
    return undo_all(context)


def _text(given: str) -> str:
    """The content of the file of this name, else the text itself."""
    try:
        path = Path(given)
        text = path.read_text(encoding="utf-8") if path.is_file() else given
    except (OSError, UnicodeDecodeError) as error:
        raise Fail(f"--correct {given}: cannot be read: {error}") from None
    if not text.strip():
        raise click.UsageError("--correct: the text is empty")
    return text


def _check_can_be_undone(ledger: Ledger, run: str) -> None:
    from zendesk_gupshup.ledger.runs import LIVE

    known = ledger.run(run)
    if run == LIVE:
        raise Fail(
            "`live` is the worker, whose writes cannot be undone; name a run of `process`, `reprocess` or `undo`"
        )
    if known is None:
        raise Fail(f"{run}: no such run; `zendesk-gupshup runs` lists them")
    if known.status == "running":
        raise Fail(f"{run}: still running; stop it first")


def _resumed(ledger: Ledger, run: str, *, write: bool) -> tuple[dict[str, Any], bool]:
    from zendesk_gupshup.backfill.run_store import RunStore

    known, store = ledger.run(run), RunStore(ledger, run)
    kept = store.load()
    if known is None or kept is None or known.kind != "undo":
        raise Fail(f"{run}: not a run of undo; `zendesk-gupshup runs` lists them")
    if not ledger.take_up(run):
        raise Fail(f"{run}: another process is working on it")
    store.update_request(kept.request, applied=write or known.applied)
    return dict(kept.request), write or known.applied


def _show(context: Undo, own: str, ended: str, *, applied: bool, as_json: bool) -> None:
    """A line for each ticket that was not fully restored, then the totals."""
    tally, requests = context.tally, context.zendesk.requests_made.total()
    if as_json:
        stays = [{"ticket_id": e.ticket_id, "did": e.did, "why": e.reason} for e in context.store.all() if e.reason]
        done = {"run": own, "applied": applied, "ended": ended, "tickets": tally.done, "written": tally.written}
        more = {"due": tally.due, "failed": tally.failed, "retried": tally.retried, "requests": requests}
        click.echo(json.dumps({**done, **more, "stays": stays}, indent=2))
        return
    for entry in context.store.all():
        if entry.reason:
            click.echo(f"{entry.ticket_id}\t{entry.reason}")
    what = f"{tally.written:,} undone" if applied else f"{tally.due:,} would be undone"
    click.echo(
        f"Run {own}: {counted(tally.done, 'ticket')}, {what}, {tally.failed:,} failed, {counted(requests, 'request')}."
    )
