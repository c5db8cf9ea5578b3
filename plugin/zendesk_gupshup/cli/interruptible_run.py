"""A run that can be stopped and resumed, for `reprocess` and `undo`: signals, ledger, confirmation, exit code."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import exit_on_error

if TYPE_CHECKING:
    from zendesk_gupshup.backfill.tally import Cost, RunTally
    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter


@contextmanager
def interruptible(stop: threading.Event) -> Iterator[None]:
    """`stop` is set by Ctrl-C or SIGTERM: what is in hand is finished. Another Ctrl-C ends at once. Both resume."""

    def asked(_signal: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        click.echo("Finishing what is in hand; Ctrl-C again ends at once.", err=True)

    kept = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


@contextmanager
def recorded(settings: Settings, ledger: Ledger, run: str, resume: str) -> Iterator[list[str]]:
    """Ends the run with the status that the block puts into the list; a fault leaves it to be resumed."""
    from sqlalchemy.exc import SQLAlchemyError

    status = ["stopped"]
    try:
        with exit_on_error(settings):
            yield status
    except SQLAlchemyError as error:
        raise Fail(f"the ledger cannot be used ({type(error).__name__}); go on with: {resume}") from None
    except Fail as error:
        raise Fail(f"{error.message} Go on with: {resume}", error.exit_code) from None
    except KeyboardInterrupt:
        raise Fail(f"ended at once; go on with: {resume}", 4) from None
    finally:
        ledger.end_run(run, status[0])


def agreed(question: str, *, yes: bool) -> bool:
    """Whether to write; a question that nobody answers is answered with no."""
    if yes:
        return True
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:
        click.echo(err=True)
        return False


def cost_in_words(cost: Cost, limiter: RateLimiter) -> list[str]:
    account, per_minute = limiter.account, limiter.per_minute("account")
    limit = f"at {per_minute:,} requests a minute" + (f" of the account's {account.total:,}" if account else "")
    alone = cost.writes - cost.replies - cost.notes
    what = f"{cost.replies:,} public replies, {cost.notes:,} internal notes, {alone:,} of tags and routing alone"
    minutes = max(1, round(cost.minutes))
    return [
        f"{cost.writes:,} updates of {cost.tickets:,} tickets: {what}",
        f"about {cost.requests:,} requests ({cost.one_by_one:,} one by one), about {minutes:,} min {limit}",
    ]


def exit_code(tally: RunTally, ended: str, resume: str) -> tuple[int, str]:
    """The exit code and the run's status."""
    if ended != "done":
        why = "stopped" if ended == "stopped" else "stopped by a limit"
        click.echo(f"The run is {why}. Go on with: {resume}", err=True)
        return 4, "stopped"
    if tally.failed:
        click.echo(f"{tally.failed:,} failed; try those again with: {resume}", err=True)
        return 3, "failed"
    return 0, "done"
