"""The second half of a run: write what is planned, tags in bulk jobs, replies and notes ticket by ticket.

A ticket's plan stays in the ledger until its outcome replaces it, so a run that was killed resumes with exactly what is
left. What a killed process wrote without recording it is read from the ticket's audits.
"""

from __future__ import annotations

from zendesk_gupshup.decide.prior_writes import metadata_of
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.zendesk.payloads import parsed, payload

from .bulk import MOST_ROWS
from .jobs import JobRow, Jobs
from .run import Ended, ReprocessContext
from .singly import Singly
from .ticket_pages import rows_now


def write_all(context: ReprocessContext) -> Ended:
    """Write what is planned, a hundred tickets at a time, in the order in which they were read."""
    with Singly(context) as singly:
        jobs = Jobs(context, singly.start)
        after, top = 0, context.store.top()
        while not context.stopped() and (due := context.store.due(after, top, MOST_ROWS)):
            after = due[-1][0]
            rows, others = _parted(context, due)
            if rows:
                jobs.add(rows)
            for number, entry in others:
                if context.stopped():
                    break
                singly.start(number, entry, entry.did == "writing")
        jobs.finish()
        singly.finish()
    return "stopped" if context.stopped() else "limit" if singly.put_off else "done"


def _parted(
    context: ReprocessContext, due: list[tuple[int, LedgerEntry]]
) -> tuple[list[JobRow], list[tuple[int, LedgerEntry]]]:
    """The entries for a bulk job, whose tickets are unchanged since they were read; and the others."""
    tags = [(n, e) for n, e in due if e.did == "dry_run" and all(step.kind == "tags" for step in e.planned)]
    together = {number for number, _ in tags}
    singly = [(number, entry) for number, entry in due if number not in together]
    if not tags:
        return [], singly
    before = context.zendesk.requests_here
    found = context.pace.retry(lambda: rows_now(context.zendesk, [entry.ticket_id for _, entry in tags]))
    rows = []
    for number, entry in tags:
        raw = found.tickets.get(entry.ticket_id)
        if raw is None or raw.get("updated_at") != entry.stamp or raw.get("status") == "closed":
            singly.append((number, entry))
            continue
        ticket, step = parsed(Ticket, raw), entry.planned[0]
        group_id = context.zendesk.group_id(step.group) if step.group else None
        body = payload(ticket, Update(step=step), None, group_id, metadata_of(step, context.run))
        rows.append(JobRow(number, entry, ticket, step, body, raw.get("comment_count")))
    context.store.count_requests(context.zendesk.requests_here - before)
    return rows, singly
