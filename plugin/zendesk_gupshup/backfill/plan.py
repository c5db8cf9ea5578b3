"""The first half of a run: read page by page, decide, and keep what is planned. Nothing is written to Zendesk.

Comments of several tickets are read at once; what is kept is kept in the order of the pages.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from zendesk_gupshup.detect import reported
from zendesk_gupshup.ledger.entry import LedgerEntry, entry_of
from zendesk_gupshup.pipeline import Outcome, assess, complete, look_of, unread_because, with_files, with_origin
from zendesk_gupshup.zendesk.errors import TicketGone, ZendeskError
from zendesk_gupshup.zendesk.payloads import Json

from .bulk import MOST_ROWS
from .in_flight import InFlight
from .prefilter import is_silenced, needs_comments
from .request import Position
from .run import Ended, ReprocessContext, now
from .ticket_pages import TicketPage, read_page, rows_now

_CLOSED = ("closed", "deleted")
# Entries that are kept in one go, which takes a few milliseconds.
_KEEP_AT_ONCE = 10
# Tickets whose comments are read at the same time. The rate limiter says how fast; these only share the wait for
# Zendesk's answers. A kill costs as many reads more.
READERS = 16


def read_all(context: ReprocessContext) -> Ended:
    """Read from the run's position until all tickets are planned, the limit is reached, or the run is stopped.

    Entries are saved a few at a time, the last of a page together with the next page's position: after a kill, at most
    a few tickets' comments are read again.
    """
    stored = context.store.load()
    assert stored is not None  # noqa: S101 - the run was begun
    if stored.planned:
        return "done"
    with InFlight[_Found](READERS) as readers, _loaded_for_good():
        return _read_pages(context, readers, Position.model_validate(stored.position))


@contextmanager
def _loaded_for_good() -> Iterator[None]:
    """Keep the collector of garbage from what is loaded by now: it would go through all of it once for each page."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _read_pages(context: ReprocessContext, readers: InFlight[_Found], position: Position) -> Ended:
    left = context.request.limit
    while left is None or left > 0:
        if context.stopped():
            return "stopped"
        before = context.zendesk.requests_here
        page = context.pace.retry(lambda at=position, most=left: read_page(context.zendesk, context.request, at, most))  # type: ignore[misc]  # mypy does not infer a lambda with defaults
        done = _Done()
        _read(context, page, done, readers)
        position = page.position if done.through else position
        context.store.save_page(
            position.model_dump(),
            done.entries,
            looks=done.looks if done.through else 0,
            requests=context.zendesk.requests_here - before + done.requests,
            planned=page.last and done.through,
        )
        if not done.through:
            return "stopped"
        left = left - done.kept - len(done.entries) - done.looks if left is not None else None
        context.report(context.tally)
        if page.last:
            return "done"
    return "limit"


@dataclass(frozen=True)
class _Found:
    """What one ticket came to: nothing where there is nothing to say about it. `requests`: made for it."""

    entry: LedgerEntry | None
    requests: int


@dataclass
class _Done:
    """Of a page: entries that are still to be kept, how many are, tickets without an entry, what those cost, and
    whether the page was read to its end."""

    entries: list[LedgerEntry] = field(default_factory=list)
    kept: int = 0
    requests: int = 0
    looks: int = 0
    through: bool = True

    def add(self, context: ReprocessContext, entry: LedgerEntry) -> None:
        self.entries.append(entry)
        context.tally.add(entry)
        if len(self.entries) >= _KEEP_AT_ONCE:
            context.store.save_page(None, self.entries)
            self.kept += len(self.entries)
            self.entries = []

    def passed(self, context: ReprocessContext, tickets: int = 1) -> None:
        self.looks += tickets
        context.tally.passed(tickets)


def _read(context: ReprocessContext, page: TicketPage, done: _Done, readers: InFlight[_Found]) -> None:
    """Asked to stop, it reads what it has begun to read and begins no more."""
    rows = [raw for raw in page.tickets if raw.get("id") is not None and context.request.selects(raw)]
    # What was changed meanwhile comes again, and so does the part of a page that was kept.
    seen = context.store.seen([int(raw["id"]) for raw in rows] + list(page.missing))
    for ticket_id in page.missing:
        if ticket_id not in seen:
            done.add(context, _gone(context, ticket_id))
    suspicious = _suspicious(context, [raw for raw in rows if int(raw["id"]) not in seen], done)
    answers = _answers_now(context, suspicious, done) if page.side_loads is None else map(page.answer, suspicious)
    for found in readers.in_order(_looks(context, answers, done)):
        if found.entry is None:
            done.passed(context)
            done.requests += found.requests
        else:
            done.add(context, found.entry)
        context.report(context.tally)


def _suspicious(context: ReprocessContext, rows: list[Json], done: _Done) -> Iterator[Json]:
    """The tickets whose comments are to be read, one by one: others are read while the next one is looked for."""
    for raw in rows:
        if context.request.all_comments or needs_comments(raw, context.brain.dictionary):
            yield raw
        else:
            done.passed(context)


def _answers_now(context: ReprocessContext, found: Iterator[Json], done: _Done) -> Iterator[Json]:
    """Tickets of a search, whose index is some minutes behind and names no people, as they are now."""
    while ids := [int(raw["id"]) for raw in islice(found, MOST_ROWS)]:
        rows = context.pace.retry(lambda ids=ids: rows_now(context.zendesk, ids))  # type: ignore[misc]  # mypy does not infer a lambda with defaults
        selected = [raw for raw in rows.tickets.values() if context.request.selects(raw)]
        done.passed(context, len(ids) - len(selected))
        yield from map(rows.answer, selected)


def _looks(context: ReprocessContext, answers: Iterator[Json], done: _Done) -> Iterator[Callable[[], _Found]]:
    for answer in answers:
        if context.stopped():
            done.through = False
            return
        yield partial(_found, context, answer)


def _found(context: ReprocessContext, answer: Json) -> _Found:
    """One ticket's look, in any thread."""
    ticket_id, started, before = int(answer["ticket"]["id"]), time.monotonic(), context.zendesk.requests_here
    try:
        outcome = context.pace.retry(lambda: _look(context, answer, ticket_id))
    except ZendeskError as error:
        if error.account_wide:
            raise
        did = "gone" if isinstance(error, TicketGone) else "failed" if error.permanent else "later"
        outcome = Outcome(ticket_id, did, reason=str(error))  # type: ignore[arg-type]  # one of its three words
    requests = context.zendesk.requests_here - before
    codes = {str(f.error) for f in reported(outcome.look.detection)} if outcome.look else set()
    known = outcome.look and outcome.did != "later"
    if context.request.codes and known and codes.isdisjoint(context.request.codes):
        return _Found(None, requests)
    seconds = time.monotonic() - started
    entry = entry_of(context.run, outcome, at=now(), requests=requests, seconds=seconds)
    return _Found(entry if entry.says_something else None, requests)


def _look(context: ReprocessContext, answer: Json, ticket_id: int) -> Outcome:
    """The pure half of the one path, on a ticket out of a page. One that is closed, or on which nothing is written
    whatever its comments say, is told by its first text alone."""
    zendesk, raw = context.zendesk, answer["ticket"]
    closed = raw.get("status") in _CLOSED
    ticket = zendesk.completed(answer, ticket_id, comments=False)
    silenced = closed or is_silenced(ticket, context.brain.of(ticket).policy)
    if context.request.all_comments or not silenced:
        waited = not closed and zendesk.wait_until_past(str(raw.get("updated_at") or ""))
        ticket = zendesk.ticket(ticket_id) if waited else zendesk.with_comments(ticket)
    if not closed:
        ticket = with_origin(zendesk, ticket)
    assessment = assess(with_files(zendesk, ticket, context.brain), context.brain)
    look = look_of(complete(zendesk, assessment, context.brain), context.brain)
    if look.waits_for and not look.updates:
        return Outcome(ticket_id, "later", look, reason=unread_because(ticket_id, look.waits_for))
    return Outcome(ticket_id, "dry_run" if look.updates else "nothing", look)


def _gone(context: ReprocessContext, ticket_id: int) -> LedgerEntry:
    outcome = Outcome(ticket_id, "gone", reason=f"ticket {ticket_id}: not found")
    return entry_of(context.run, outcome, at=now())
