"""What `reprocess` and `undo` share: ending cleanly on Ctrl-C, progress, and a run of the ledger around the work."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from zendesk_gupshup.cli import Fail
from zendesk_gupshup.cli.common import console, exit_on_error

if TYPE_CHECKING:
    from zendesk_gupshup.backfill.run_store import RunStore
    from zendesk_gupshup.backfill.tally import Cost, RunTally
    from zendesk_gupshup.ledger.ledger import Ledger
    from zendesk_gupshup.settings import Settings
    from zendesk_gupshup.zendesk.rate_limit_headers import ReportedLimit
    from zendesk_gupshup.zendesk.rate_limiter import RateLimiter

# Between two lines of progress where there is no terminal, in seconds.
_LINE_EVERY = 10.0


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


def rebuild_progress(store: RunStore, tally: RunTally) -> None:
    """What the run came to before this process."""
    for entry in store.all():
        tally.add(entry, here=False)
    tally.done += store.looks()


class Progress:
    """`show` is called after each ticket: a line that changes in a terminal, elsewhere a line now and then."""

    def __init__(self) -> None:
        self._console = console(err=True)
        self._started = self._shown = time.monotonic()
        self._status = self._console.status("") if self._console.is_terminal else None
        self._doing, self._base = "read", 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.pause()

    def pause(self) -> None:
        """Leave the terminal to a question."""
        if self._status:
            self._status.stop()

    def doing(self, what: str) -> None:
        self._doing, self._started = what, time.monotonic()
        self._base = -1

    def show(self, tally: RunTally, account: ReportedLimit | None) -> None:
        """`account`: what Zendesk last reported of the account's requests."""
        now = time.monotonic()
        if now - self._shown < (0.1 if self._status else _LINE_EVERY):
            return
        self._shown = now
        if self._status:
            self._status.start()
            self._status.update(self.line(tally, account))
        else:
            click.echo(self.line(tally, account), err=True)

    def line(self, tally: RunTally, account: ReportedLimit | None) -> str:
        if self._base == -1:
            self._base = tally.due + 1
        minutes = max(time.monotonic() - self._started, 0.001) / 60
        if self._doing == "read":
            here, left = tally.here, (tally.total - tally.done) if tally.total else None
            size = f" of about {tally.total:,}" if tally.total else ""
            said = f"{tally.done:,}{size} read, {tally.found:,} found"
        else:
            here, left = max(self._base - 1 - tally.due, 0), tally.due
            said = f"{tally.done:,} read, {tally.found:,} found, {tally.written:,} written, {tally.due:,} to go"
        rate = here / minutes
        parts = [said, f"{tally.failed:,} failed", f"{rate:,.0f}/min"]
        if account:
            parts.append(f"{account.remaining:,} of {account.total:,} requests left this minute")
        if left is not None and rate:
            parts.append(f"{_clock(max(left, 0) / rate * 60)} left")
        return ", ".join(parts)

    def waiting(self, seconds: float) -> None:
        text = f"waiting {seconds:.0f} s: the other requests of this minute are left to the worker and to others"
        if self._status:
            self._status.update(text)
        elif seconds >= _LINE_EVERY:
            click.echo(text, err=True)


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


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
