"""The first half of a run: read page by page, decide, and keep what is planned. Nothing is written to Zendesk."""

from __future__ import annotations

import logging
import time

from zendesk_gupshup.detect import reported
from zendesk_gupshup.errors import NotFound, ZendeskError
from zendesk_gupshup.ledger_entry import Entry, entry_of
from zendesk_gupshup.records import Json
from zendesk_gupshup.triage import Outcome, look_at, with_files, with_owner

from .asked import Position
from .bulk import MOST_ROWS
from .pages import Page, Rows, read_page, rows_now
from .work import Ended, Reprocess, now
from .worth import worth_reading

log = logging.getLogger(__name__)

_CLOSED = ("closed", "deleted")


def read_all(work: Reprocess) -> Ended:
    """Read on from where the run stands until all tickets are planned, or the limit, or the end.

    A page's entries and the next page's place are kept together, so a kill costs at most a page's reading.
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
        page = work.pace.patiently(lambda at=position, most=left: read_page(work.zendesk, work.asked, at, most))  # type: ignore[misc]
        entries, looks, through = _read(work, page)
        spent = work.zendesk.requests_here - before - sum(entry.requests for entry in entries)
        if not through:
            work.book.turn_page(None, entries, requests=spent)
            return "stopped"
        position = page.position
        work.book.turn_page(position.model_dump(), entries, looks=looks, requests=spent, planned=page.last)
        left = left - len(entries) - looks if left is not None else None
        work.tell(work.tally)
        if page.last:
            return "done"
    return "limit"


def _read(work: Reprocess, page: Page) -> tuple[list[Entry], int, bool]:
    """The page's entries, how many tickets of it have none, and whether it was read to its end."""
    rows = [raw for raw in page.tickets if raw.get("id") is not None and work.asked.selects(raw)]
    # What was changed meanwhile comes again, and so does the part of a page that was kept.
    seen = work.book.seen([int(raw["id"]) for raw in rows] + list(page.missing))
    rows = [raw for raw in rows if int(raw["id"]) not in seen]
    looks = 0
    worth: list[Json] = []
    for raw in rows:
        if work.stopped():
            return [], 0, False
        if work.asked.all_comments or worth_reading(raw, work.brain.dictionary):
            worth.append(raw)
        else:
            looks += 1
    entries = [_gone(work, ticket_id) for ticket_id in page.missing if ticket_id not in seen]
    for entry in entries:
        work.tally.add(entry)
    work.tally.passed(looks)
    for start in range(0, len(worth), MOST_ROWS):
        part = worth[start : start + MOST_ROWS]
        rows_of: Page | Rows = page
        if page.beside is None:
            ids = [int(raw["id"]) for raw in part]
            rows_of = work.pace.patiently(lambda ids=ids: rows_now(work.zendesk, ids))  # type: ignore[misc]
            part = [raw for raw in rows_of.tickets.values() if work.asked.selects(raw)]
            looks += len(ids) - len(part)
        for raw in part:
            if work.stopped():
                return entries, 0, False
            found = _entry(work, rows_of.answer(raw))
            if found is None:
                looks += 1
                work.tally.passed()
            else:
                entries.append(found)
                work.tally.add(found)
            work.tell(work.tally)
    return entries, looks, True


def _entry(work: Reprocess, answer: Json) -> Entry | None:
    """What one ticket came to; `None` where there is nothing to say about it."""
    ticket_id, started, before = int(answer["ticket"]["id"]), time.monotonic(), work.zendesk.requests_here
    try:
        outcome = work.pace.patiently(lambda: _look(work, answer, ticket_id))
    except ZendeskError as error:
        if error.account_wide:
            raise
        did = "gone" if isinstance(error, NotFound) else "failed" if error.permanent else "later"
        outcome = Outcome(ticket_id, did, reason=str(error))  # type: ignore[arg-type] # one of its three words
    requests = work.zendesk.requests_here - before
    codes = {str(f.error) for f in reported(outcome.look.detection)} if outcome.look else set()
    if work.asked.codes and outcome.look and codes.isdisjoint(work.asked.codes):
        return None
    seconds = time.monotonic() - started
    entry = entry_of(work.run, outcome, work.brain, at=now(), requests=requests, seconds=seconds)
    return entry if entry.says_something else None


def _look(work: Reprocess, answer: Json, ticket_id: int) -> Outcome:
    """The pure half of the one path, on a ticket out of a page. A closed one is told by its first text alone."""
    zendesk, raw = work.zendesk, answer["ticket"]
    closed = raw.get("status") in _CLOSED
    if not closed and zendesk.wait_until_past(str(raw.get("updated_at") or "")):
        ticket = zendesk.ticket(ticket_id)
    else:
        ticket = zendesk.completed(answer, ticket_id, comments=work.asked.all_comments or not closed)
    look = look_at(with_files(zendesk, ticket, work.brain), work.brain)
    if any(update.html_body for update in look.updates):
        look = with_owner(zendesk, look, work.brain)
    return Outcome(ticket_id, "dry_run" if look.updates else "nothing", look)


def _gone(work: Reprocess, ticket_id: int) -> Entry:
    outcome = Outcome(ticket_id, "gone", reason=f"ticket {ticket_id}: not found")
    return entry_of(work.run, outcome, work.brain, at=now())
