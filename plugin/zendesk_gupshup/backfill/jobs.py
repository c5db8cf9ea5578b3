"""Bulk jobs under way: noted down before they go out, seen through row by row, and what failed done again singly."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import Update, Write
from zendesk_gupshup.pipeline import write_of
from zendesk_gupshup.zendesk.payloads import Json, parsed

from .bulk import IN_FLIGHT, Job, outcome, submit
from .request import stamp
from .run import RunContext, now
from .ticket_pages import rows_now


@dataclass(frozen=True)
class JobRow:
    """One ticket in a bulk job: as it was, what is sent, and its entry with that entry's number."""

    number: int | None
    entry: LedgerEntry
    before: Ticket
    step: Step
    body: Json
    comments: int | None


@dataclass(frozen=True)
class Batch:
    job: Job
    rows: Sequence[JobRow]


class Jobs:
    """A few bulk jobs under way; the oldest is seen through before another one starts."""

    def __init__(self, context: RunContext, redo: Callable[[int | None, LedgerEntry, bool], None]) -> None:
        self._context, self._redo = context, redo
        self._batches: deque[Batch] = deque()

    def add(self, rows: Sequence[JobRow]) -> None:
        """Note down what is about to be written, and send it off."""
        context = self._context
        writing = [row.entry.model_copy(update={"did": "writing", "at": now()}) for row in rows]
        numbers = context.store.replace([(row.number, entry) for row, entry in zip(rows, writing, strict=True)])
        noted = [replace(row, number=n, entry=e) for row, n, e in zip(rows, numbers, writing, strict=True)]
        before = context.zendesk.requests_here
        job = submit(context.zendesk, [{**row.body, "id": row.before.id} for row in noted], context.pace)
        context.store.count_requests(context.zendesk.requests_here - before)
        self._batches.append(Batch(job, noted))
        while len(self._batches) >= IN_FLIGHT:
            self._finish(self._batches.popleft())

    def finish(self) -> None:
        while self._batches:
            self._finish(self._batches.popleft())

    def _finish(self, batch: Batch) -> None:
        context, before = self._context, self._context.zendesk.requests_here
        became = outcome(context.zendesk, batch.job, context.pace, context.wait)
        good = [row for row in batch.rows if became[row.before.id] == "updated"]
        ended: list[tuple[JobRow, LedgerEntry]] = []
        if good:
            # Later than the second of the last update, so that a stamp tells all that happened up to it.
            context.zendesk.wait_until_past(stamp(datetime.fromtimestamp(context.zendesk.time() or now(), UTC)))
            rows = context.pace.retry(lambda: rows_now(context.zendesk, [row.before.id for row in good]))
            settled: dict[int, str] = {}
            for row in good:
                raw = rows.tickets.get(row.before.id)
                after = _after(row, raw)
                if raw is not None and _only_ours(row, raw):
                    settled[row.before.id] = str(raw["updated_at"])
                write = write_of(Update(step=row.step), row.before, after)
                ended.append((row, row.entry.model_copy(update={"did": "done", "writes": (write,), "at": now()})))
            context.store.replace([(row.number, entry) for row, entry in ended])
            context.store.settle(settled)
        context.store.count_requests(context.zendesk.requests_here - before)
        for row, entry in ended:
            context.tally.now(row.entry, entry)
        context.report(context.tally)
        for row in batch.rows:
            # Asked to stop, the run leaves them as they are noted down: begun, and to be looked at when it goes on.
            if became[row.before.id] != "updated" and not context.stopped():
                context.tally.retried += 1
                self._redo(row.number, row.entry, became[row.before.id] == "unknown")


def _after(row: JobRow, raw: Json | None) -> Ticket:
    """The ticket as our update left it; where it was changed again since, as it must have left it."""
    if raw is not None and _only_ours(row, raw):
        return parsed(Ticket, raw)
    changes: Json = {key: row.body[key] for key in ("group_id", "priority", "status", "problem_id") if key in row.body}
    if "tags" in row.body:
        changes["tags"] = tuple(row.body["tags"])
    if "custom_fields" in row.body:
        new = {f["id"]: f["value"] for f in row.body["custom_fields"]}
        changes["custom_fields"] = tuple(
            f.model_copy(update={"value": new.get(f.id, f.value)}) for f in row.before.custom_fields
        )
    return row.before.model_copy(update={**changes, "updated_at": ""})


def _only_ours(row: JobRow, raw: Json) -> bool:
    """Whether nobody else has written to the ticket since we read it: then the sweep need not look at it."""
    same_tags = "tags" not in row.body or set(row.body["tags"]) == set(raw.get("tags") or ())
    same_status = row.body.get("status", row.before.status) == raw.get("status")
    return same_tags and same_status and row.comments is not None and raw.get("comment_count") == row.comments


def settle(context: RunContext, ticket_id: int, writes: Sequence[Write]) -> None:
    """Keep the sweep from answering an old ticket anew because we touched it."""
    if not writes or not writes[-1].after.updated_at:
        return
    stamped = writes[-1].after
    context.zendesk.wait_until_past(stamped.updated_at)
    ticket = context.zendesk.ticket(ticket_id, comments=False)
    if ticket.updated_at == stamped.updated_at:
        context.store.settle({ticket_id: ticket.updated_at})
