"""The progress of `reprocess` and `undo`: a line that changes in a terminal, elsewhere a line now and then."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from zendesk_gupshup.cli.common import console

if TYPE_CHECKING:
    from zendesk_gupshup.backfill.run_store import RunStore
    from zendesk_gupshup.backfill.tally import RunTally
    from zendesk_gupshup.zendesk.rate_limit_headers import ReportedLimit

# Between two lines of progress where there is no terminal, in seconds.
_LINE_EVERY = 10.0


def rebuild_progress(store: RunStore, tally: RunTally) -> None:
    """Adds to the tally what earlier processes of this run did."""
    for entry in store.all():
        tally.add(entry, here=False)
    tally.done += store.looks()


class Progress:
    """Call `show` after each ticket."""

    def __init__(self) -> None:
        self._console = console(err=True)
        self._started = self._shown = time.monotonic()
        self._status = self._console.status("") if self._console.is_terminal else None
        self._writing = False
        # Planned tickets at the first line of this phase.
        self._planned: int | None = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.pause()

    def pause(self) -> None:
        """Hide the line, so that a question can be asked."""
        if self._status:
            self._status.stop()

    def start_writing(self) -> None:
        self._writing, self._started = True, time.monotonic()

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
        minutes = max(time.monotonic() - self._started, 0.001) / 60
        if not self._writing:
            here, left = tally.here, (tally.total - tally.done) if tally.total else None
            size = f" of about {tally.total:,}" if tally.total else ""
            counts = f"{tally.done:,}{size} read, {tally.found:,} found"
        else:
            self._planned = tally.due if self._planned is None else self._planned
            here, left = max(self._planned - tally.due, 0), tally.due
            counts = f"{tally.done:,} read, {tally.found:,} found, {tally.written:,} written, {tally.due:,} to go"
        rate = here / minutes
        parts = [counts, f"{tally.failed:,} failed", f"{rate:,.0f}/min"]
        if account:
            parts.append(f"{account.remaining:,} of {account.total:,} requests left this minute")
        if left is not None and rate:
            parts.append(f"{_clock(max(left, 0) / rate * 60)} left")
        return ", ".join(parts)

    def waiting(self, seconds: float) -> None:
        text = (
            f"waiting {seconds:.0f} s: the remaining requests of this minute are reserved for the worker and other apps"
        )
        if self._status:
            self._status.update(text)
        elif seconds >= _LINE_EVERY:
            click.echo(text, err=True)


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
