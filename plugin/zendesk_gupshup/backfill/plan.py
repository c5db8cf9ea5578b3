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
from .prefilter import worth_reading
from .request import Position
from .run import Ended, ReprocessContext, now
from .ticket_pages import TicketPage, TicketRows, read_page, rows_now

_CLOSED = ("closed", "deleted")
# Entries that are kept in one go, which takes a few milliseconds.
_KEEP_AT_ONCE = 10


def read_all(work: ReprocessContext) -> Ended:
    """Read on from where the run stands until all tickets are planned, or the limit, or the end.

    Entries are kept a few at a time, the last of a page together with where the next one begins: a kill costs some
    tickets' comments at most.
    """
    kept = work.book.kept()
    assert kept is not None  # noqa: S101 - the run was begun
    if kept.planned:
        return "done"
    position, left = Position.model_validate(kept.position), work.asked.limit
    while left is None or left > 0:
        if work.stopped():
            return "stopped"
        before = work.zendesk.requests_here
        page = work.pace.retry(lambda at=position, most=left: read_page(work.zendesk, work.asked, at, most))  # type: ignore[misc]
        done = _Done()
        through = _read(work, page, done)
        spent = work.zendesk.requests_here - before - done.requests
        position = page.position if through else position
        work.book.turn_page(
            position.model_dump(),
            done.entries,
            looks=done.looks if through else 0,
            requests=spent,
            planned=page.last and through,
        )
        if not through:
            return "stopped"
        left = left - done.kept - len(done.entries) - done.looks if left is not None else None
        work.tell(work.tally)
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

    def add(self, work: ReprocessContext, entry: LedgerEntry) -> None:
        self.entries.append(entry)
        self.requests += entry.requests
        work.tally.add(entry)
        if len(self.entries) >= _KEEP_AT_ONCE:
            work.book.turn_page(None, self.entries)
            self.kept += len(self.entries)
            self.entries = []


def _read(work: ReprocessContext, page: TicketPage, done: _Done) -> bool:
    """Whether the page was read to its end."""
    rows = [raw for raw in page.tickets if raw.get("id") is not None and work.asked.selects(raw)]
    # What was changed meanwhile comes again, and so does the part of a page that was kept.
    seen = work.book.seen([int(raw["id"]) for raw in rows] + list(page.missing))
    worth: list[Json] = []
    for raw in rows:
        if work.stopped():
            return False
        if int(raw["id"]) in seen:
            continue
        if work.asked.all_comments or worth_reading(raw, work.brain.dictionary):
            worth.append(raw)
        else:
            done.looks += 1
    work.tally.passed(done.looks)
    for ticket_id in page.missing:
        if ticket_id not in seen:
            done.add(work, _gone(work, ticket_id))
    for start in range(0, len(worth), MOST_ROWS):
        part = worth[start : start + MOST_ROWS]
        rows_of: TicketPage | TicketRows = page
        if page.side_loads is None:
            ids = [int(raw["id"]) for raw in part]
            rows_of = work.pace.retry(lambda ids=ids: rows_now(work.zendesk, ids))  # type: ignore[misc]
            part = [raw for raw in rows_of.tickets.values() if work.asked.selects(raw)]
            done.looks += len(ids) - len(part)
            work.tally.passed(len(ids) - len(part))
        for raw in part:
            if work.stopped():
                return False
            found = _entry(work, rows_of.answer(raw))
            if found is None:
                done.looks += 1
                work.tally.passed()
            else:
                done.add(work, found)
            work.tell(work.tally)
    return True


def _entry(work: ReprocessContext, answer: Json) -> LedgerEntry | None:
    """What one ticket came to; `None` where there is nothing to say about it."""
    ticket_id, started, before = int(answer["ticket"]["id"]), time.monotonic(), work.zendesk.requests_here
    try:
        outcome = work.pace.retry(lambda: _look(work, answer, ticket_id))
    except ZendeskError as error:
        if error.account_wide:
            raise
        did = "gone" if isinstance(error, TicketGone) else "failed" if error.permanent else "later"
        outcome = Outcome(ticket_id, did, reason=str(error))  # type: ignore[arg-type] # one of its three words
    requests = work.zendesk.requests_here - before
    codes = {str(f.error) for f in reported(outcome.look.detection)} if outcome.look else set()
    known = outcome.look and outcome.did != "later"
    if work.asked.codes and known and codes.isdisjoint(work.asked.codes):
        return None
    seconds = time.monotonic() - started
    entry = entry_of(work.run, outcome, at=now(), requests=requests, seconds=seconds)
    return entry if entry.says_something else None


def _look(work: ReprocessContext, answer: Json, ticket_id: int) -> Outcome:
    """The pure half of the one path, on a ticket out of a page. A closed one is told by its first text alone."""
    zendesk, raw = work.zendesk, answer["ticket"]
    closed = raw.get("status") in _CLOSED
    if not closed and zendesk.wait_until_past(str(raw.get("updated_at") or "")):
        ticket = zendesk.ticket(ticket_id)
    else:
        ticket = zendesk.completed(answer, ticket_id, comments=work.asked.all_comments or not closed)
    if not closed:
        ticket = with_origin(zendesk, ticket)
    assessment = assess(with_files(zendesk, ticket, work.brain), work.brain)
    look = look_of(complete(zendesk, assessment, work.brain), work.brain)
    if look.waits_for and not look.updates:
        return Outcome(ticket_id, "later", look, reason=unread_because(ticket_id, look.waits_for))
    return Outcome(ticket_id, "dry_run" if look.updates else "nothing", look)


def _gone(work: ReprocessContext, ticket_id: int) -> LedgerEntry:
    outcome = Outcome(ticket_id, "gone", reason=f"ticket {ticket_id}: not found")
    return entry_of(work.run, outcome, at=now())
