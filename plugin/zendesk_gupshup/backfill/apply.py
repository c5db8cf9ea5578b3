"""The second half of a run: write what is planned, tags in bulk jobs, replies and notes one by one.

A ticket's plan stays in the ledger until its outcome replaces it, so a run that was killed resumes with exactly what is
left. What a killed process wrote without recording it is read from the ticket's audits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from zendesk_gupshup.decide.prior_writes import metadata_of
from zendesk_gupshup.incidents.paused import paused_incidents
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.ledger.recorder import Recorder
from zendesk_gupshup.ledger.write_gate import QuotaExceeded, gate_of
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import Update, Write
from zendesk_gupshup.pipeline import Outcome, WriteGate, handle
from zendesk_gupshup.zendesk.errors import TicketGone, ZendeskError
from zendesk_gupshup.zendesk.payloads import parsed, payload

from .audits import writes_in_audits
from .bulk import MOST_ROWS
from .jobs import JobRow, Jobs, settle
from .run import Ended, ReprocessContext
from .ticket_pages import rows_now


def write_all(context: ReprocessContext) -> Ended:
    """Write what is planned, a hundred tickets at a time."""
    replies, put_off = 0, False
    gate = gate_of(context.store.ledger, context.brain.policy.replies_per_hour, stop_at_quota=True)

    def redo(number: int | None, entry: LedgerEntry, doubtful: bool) -> None:
        _singly(context, gate, number, entry, doubtful=doubtful)

    jobs = Jobs(context, redo)
    after, top = 0, context.store.top()
    while not context.stopped() and (due := context.store.due(after, top, MOST_ROWS)):
        after = due[-1][0]
        rows, singly = _parted(context, due)
        if rows:
            jobs.add(rows)
        for number, entry in singly:
            if context.stopped():
                break
            planned = any(step.kind == "reply" for step in entry.planned)
            if planned and context.request.max_replies is not None and replies >= context.request.max_replies:
                put_off = True
                continue
            try:
                written = _singly(context, gate, number, entry, doubtful=entry.did == "writing")
            except QuotaExceeded:
                # The plan is kept; tickets that need no reply go on.
                put_off = True
                continue
            replies += any(write.kind == "reply" for write in written)
    jobs.finish()
    return "stopped" if context.stopped() else "limit" if put_off else "done"


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


def _singly(
    context: ReprocessContext, gate: WriteGate, number: int | None, entry: LedgerEntry, *, doubtful: bool
) -> tuple[Write, ...]:
    """Send one ticket through the path; what was written. `doubtful`: this run may have written to it before."""
    zendesk = context.zendesk
    recording = Recorder(context.store.ledger, context.run, lambda: zendesk.requests_here, instead_of=number)

    def look() -> Outcome:
        paused = paused_incidents(context.store.ledger, context.brain)
        return handle(
            zendesk,
            entry.ticket_id,
            context.brain,
            run=context.run,
            gate=gate,
            journal=recording,
            incidents=paused,
        )

    try:
        ended = context.pace.retry(look)
    except QuotaExceeded:
        raise
    except ZendeskError as error:
        if error.account_wide:
            raise
        did: Literal["gone", "later"] = "gone" if isinstance(error, TicketGone) else "later"
        ended = Outcome(entry.ticket_id, did, None, tuple(recording.writes), reason=str(error))
    if doubtful and ended.did not in ("gone", "later"):
        ticket = zendesk.ticket(entry.ticket_id, comments=False)
        ended = replace(ended, writes=writes_in_audits(zendesk, ticket, context.run) or ended.writes)
        ended = replace(ended, did="done" if ended.writes and ended.did == "nothing" else ended.did)
    recording.close(ended)
    context.store.count_requests(entry.requests)
    settle(context, ended.ticket_id, ended.writes)
    kept = context.store.newest([entry.ticket_id]).get(entry.ticket_id)
    if kept:
        context.tally.now(entry, kept[1])
    context.report(context.tally)
    return ended.writes
