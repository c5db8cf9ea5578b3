"""The first half of a run: read page by page, decide, and keep what is planned. Nothing is written to Zendesk."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from zendesk_gupshup.detect import reported
from zendesk_gupshup.ledger.entry import LedgerEntry, entry_of
from zendesk_gupshup.pipeline import Outcome, assess, complete, look_of, unread_because, with_files, with_origin
from zendesk_gupshup.zendesk.errors import TicketGone, ZendeskError
from zendesk_gupshup.zendesk.payloads import Json

from .bulk import MOST_ROWS
from .prefilter import needs_comments
from .request import Position
from .run import Ended, ReprocessContext, now
from .ticket_pages import TicketPage, TicketRows, read_page, rows_now

_CLOSED = ("closed", "deleted")
# Entries that are kept in one go, which takes a few milliseconds.
_KEEP_AT_ONCE = 10


def read_all(context: ReprocessContext) -> Ended:
    """Read from the run's position until all tickets are planned, the limit is reached, or the run is stopped.

    Entries are saved a few at a time, the last of a page together with the next page's position: after a kill, at most
    a few tickets' comments are read again.
    """
    stored = context.store.load()
    assert stored is not None  # noqa: S101 - the run was begun
    if stored.planned:
        return "done"
    position, left = Position.model_validate(stored.position), context.request.limit
    while left is None or left > 0:
        if context.stopped():
            return "stopped"
        before = context.zendesk.requests_here
        page = context.pace.retry(lambda at=position, most=left: read_page(context.zendesk, context.request, at, most))  # type: ignore[misc]  # mypy does not infer a lambda with defaults
        done = _Done()
        through = _read(context, page, done)
        requests = context.zendesk.requests_here - before - done.requests
        position = page.position if through else position
        context.store.save_page(
            position.model_dump(),
            done.entries,
            looks=done.looks if through else 0,
            requests=requests,
            planned=page.last and through,
        )
        if not through:
            return "stopped"
        left = left - done.kept - len(done.entries) - done.looks if left is not None else None
        context.report(context.tally)
        if page.last:
            return "done"
    return "limit"


@dataclass
class _Done:
    """Of a page: entries that are still to be kept, how many are, what those cost, and tickets without an entry."""

    entries: list[LedgerEntry] = field(default_factory=list)
    kept: int = 0
    requests: int = 0
    looks: int = 0

    def add(self, context: ReprocessContext, entry: LedgerEntry) -> None:
        self.entries.append(entry)
        self.requests += entry.requests
        context.tally.add(entry)
        if len(self.entries) >= _KEEP_AT_ONCE:
            context.store.save_page(None, self.entries)
            self.kept += len(self.entries)
            self.entries = []


def _read(context: ReprocessContext, page: TicketPage, done: _Done) -> bool:
    """Whether the page was read to its end."""
    rows = [raw for raw in page.tickets if raw.get("id") is not None and context.request.selects(raw)]
    # What was changed meanwhile comes again, and so does the part of a page that was kept.
    seen = context.store.seen([int(raw["id"]) for raw in rows] + list(page.missing))
    selected: list[Json] = []
    for raw in rows:
        if context.stopped():
            return False
        if int(raw["id"]) in seen:
            continue
        if context.request.all_comments or needs_comments(raw, context.brain.dictionary):
            selected.append(raw)
        else:
            done.looks += 1
    context.tally.passed(done.looks)
    for ticket_id in page.missing:
        if ticket_id not in seen:
            done.add(context, _gone(context, ticket_id))
    for start in range(0, len(selected), MOST_ROWS):
        part = selected[start : start + MOST_ROWS]
        rows_of: TicketPage | TicketRows = page
        if page.side_loads is None:
            ids = [int(raw["id"]) for raw in part]
            rows_of = context.pace.retry(lambda ids=ids: rows_now(context.zendesk, ids))  # type: ignore[misc]  # mypy does not infer a lambda with defaults
            part = [raw for raw in rows_of.tickets.values() if context.request.selects(raw)]
            done.looks += len(ids) - len(part)
            context.tally.passed(len(ids) - len(part))
        for raw in part:
            if context.stopped():
                return False
            found = _entry(context, rows_of.answer(raw))
            if found is None:
                done.looks += 1
                context.tally.passed()
            else:
                done.add(context, found)
            context.report(context.tally)
    return True


def _entry(context: ReprocessContext, answer: Json) -> LedgerEntry | None:
    """What one ticket came to; `None` where there is nothing to say about it."""
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
        return None
    seconds = time.monotonic() - started
    entry = entry_of(context.run, outcome, at=now(), requests=requests, seconds=seconds)
    return entry if entry.says_something else None


def _look(context: ReprocessContext, answer: Json, ticket_id: int) -> Outcome:
    """The pure half of the one path, on a ticket out of a page. A closed one is told by its first text alone."""
    zendesk, raw = context.zendesk, answer["ticket"]
    closed = raw.get("status") in _CLOSED
    if not closed and zendesk.wait_until_past(str(raw.get("updated_at") or "")):
        ticket = zendesk.ticket(ticket_id)
    else:
        ticket = zendesk.completed(answer, ticket_id, comments=context.request.all_comments or not closed)
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
