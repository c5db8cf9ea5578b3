"""A run that can be stopped and resumed, for `reprocess` and `undo`: signals, ledger, confirmation, exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import exit_on_error, store_problem
from zendesk_gupshup.text.plural import counted

if TYPE_CHECKING:
    from zendesk_gupshup.backfill.tally import Cost, RunTally
    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter


@contextmanager
def interruptible(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C or SIGTERM sets `stop`: the tickets in hand are finished. A second Ctrl-C aborts. Both can be resumed."""

    def on_signal(_signal: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        click.echo("Finishing the tickets in hand; press Ctrl-C again to abort.", err=True)

    previous = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def recorded(settings: Settings, ledger: Ledger, run: str, resume: str) -> Iterator[list[str]]:
    """Ends the run with the status that the block puts into the list; after an error it can be resumed."""
    from sqlalchemy.exc import SQLAlchemyError

    status = ["stopped"]
    try:
        with exit_on_error(settings):
            yield status
    except SQLAlchemyError as error:
        problem = store_problem(error, settings, otherwise="the ledger cannot be used")
        raise Fail(f"{problem}; continue with: {resume}") from None
    except Fail as error:
        raise Fail(f"{error.message} Continue with: {resume}", error.exit_code) from None
    except KeyboardInterrupt:
        raise Fail(f"aborted; continue with: {resume}", 4) from None
    finally:
        ledger.end_run(run, status[0])


def confirmed(question: str, *, yes: bool) -> bool:
    """Whether to write. No answer is a no."""
    if yes:
        return True
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:
        click.echo(err=True)
        return False


def cost_in_words(cost: Cost, limiter: RateLimiter) -> list[str]:
    account, per_minute = limiter.account, limiter.per_minute("account")
    limit = f"at {counted(per_minute, 'request')} a minute" + (
        f" of the account's {account.total:,}" if account else ""
    )
    tags_only = cost.writes - cost.replies - cost.notes
    replies, notes = counted(cost.replies, "public reply", "public replies"), counted(cost.notes, "internal note")
    what = f"{replies}, {notes}, {tags_only:,} with tags and routing only"
    minutes = max(1, round(cost.minutes))
    return [
        f"{counted(cost.writes, 'update')} of {counted(cost.tickets, 'ticket')}: {what}",
        f"about {counted(cost.requests, 'request')} ({cost.one_by_one:,} one by one), about {minutes:,} min {limit}",
    ]


def exit_code(tally: RunTally, ended: str, resume: str) -> tuple[int, str]:
    """The exit code and the run's status."""
    if ended != "done":
        why = "stopped" if ended == "stopped" else "stopped by a limit"
        click.echo(f"The run is {why}. Continue with: {resume}", err=True)
        return 4, "stopped"
    if tally.failed:
        click.echo(f"{tally.failed:,} failed; retry them with: {resume}", err=True)
        return 3, "failed"
    return 0, "done"
