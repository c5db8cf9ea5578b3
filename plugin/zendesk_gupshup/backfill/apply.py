"""The second half of a run: what is planned is written, tags in bulk jobs, replies and notes singly.

Whatever happens, a ticket's plan stays in the ledger until its outcome takes its place, so a run that was killed goes
on with exactly what is left. What a killed process wrote and could not say, the ticket's audits say.
"""

from __future__ import annotations

from dataclasses import replace

from zendesk_gupshup.decide.prior_writes import metadata_of
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.ledger.recorder import Recorder
from zendesk_gupshup.ledger.write_gate import gate_of
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import Update, Write
from zendesk_gupshup.pipeline import Outcome, WriteGate, handle
from zendesk_gupshup.storage.send_quota import QuotaExceeded
from zendesk_gupshup.zendesk.errors import TicketGone, ZendeskError
from zendesk_gupshup.zendesk.payloads import parsed, payload

from .audits import writes_in_audits
from .bulk import MOST_ROWS
from .jobs import JobRow, Jobs, settle
from .run import Ended, ReprocessContext
from .ticket_pages import rows_now


def write_all(work: ReprocessContext) -> Ended:
    """Write what is planned, a hundred tickets at a time."""
    replies, put_off = 0, False
    gate = gate_of(work.book.ledger, work.brain.policy.replies_per_hour, stop_at_quota=True)

    def redo(number: int | None, entry: LedgerEntry, doubtful: bool) -> None:
        _singly(work, gate, number, entry, doubtful=doubtful)

    jobs = Jobs(work, redo)
    after, top = 0, work.book.top()
    while not work.stopped() and (due := work.book.due(after, top, MOST_ROWS)):
        after = due[-1][0]
        rows, singly = _parted(work, due)
        if rows:
            jobs.add(rows)
        for number, entry in singly:
            if work.stopped():
                break
            planned = any(step.kind == "reply" for step in entry.planned)
            if planned and work.asked.max_replies is not None and replies >= work.asked.max_replies:
                put_off = True
                continue
            try:
                written = _singly(work, gate, number, entry, doubtful=entry.did == "writing")
            except QuotaExceeded:
                # Its plan stays as it is, and what needs no reply goes on.
                put_off = True
                continue
            replies += any(write.kind == "reply" for write in written)
    jobs.finish()
    return "stopped" if work.stopped() else "limit" if put_off else "done"


def _parted(
    work: ReprocessContext, due: list[tuple[int, LedgerEntry]]
) -> tuple[list[JobRow], list[tuple[int, LedgerEntry]]]:
    """Those that can go into a bulk job, their tickets standing as they were read; and the others."""
    tags = [(n, e) for n, e in due if e.did == "dry_run" and all(step.kind == "tags" for step in e.planned)]
    together = {number for number, _ in tags}
    singly = [(number, entry) for number, entry in due if number not in together]
    if not tags:
        return [], singly
    before = work.zendesk.requests_here
    found = work.pace.retry(lambda: rows_now(work.zendesk, [entry.ticket_id for _, entry in tags]))
    rows = []
    for number, entry in tags:
        raw = found.tickets.get(entry.ticket_id)
        if raw is None or raw.get("updated_at") != entry.stamp or raw.get("status") == "closed":
            singly.append((number, entry))
            continue
        ticket, step = parsed(Ticket, raw), entry.planned[0]
        group_id = work.zendesk.group_id(step.group) if step.group else None
        body = payload(ticket, Update(step=step), None, group_id, metadata_of(step, work.run))
        rows.append(JobRow(number, entry, ticket, step, body, raw.get("comment_count")))
    work.book.overhead(work.zendesk.requests_here - before)
    return rows, singly


def _singly(
    work: ReprocessContext, gate: WriteGate, number: int | None, entry: LedgerEntry, *, doubtful: bool
) -> tuple[Write, ...]:
    """One ticket through the one path; what it wrote. `doubtful`: this run may have written to it before."""
    zendesk = work.zendesk
    recording = Recorder(work.book.ledger, work.run, lambda: zendesk.requests_here, instead_of=number)

    def look() -> Outcome:
        return handle(zendesk, entry.ticket_id, work.brain, run=work.run, gate=gate, journal=recording)

    try:
        ended = work.pace.retry(look)
    except QuotaExceeded:
        raise
    except ZendeskError as error:
        if error.account_wide:
            raise
        did = "gone" if isinstance(error, TicketGone) else "later"
        ended = Outcome(entry.ticket_id, did, None, tuple(recording.writes), reason=str(error))  # type: ignore[arg-type]
    if doubtful and ended.did not in ("gone", "later"):
        ticket = zendesk.ticket(entry.ticket_id, comments=False)
        ended = replace(ended, writes=writes_in_audits(zendesk, ticket, work.run) or ended.writes)
        ended = replace(ended, did="done" if ended.writes and ended.did == "nothing" else ended.did)
    recording.close(ended)
    work.book.overhead(entry.requests)
    settle(work, ended.ticket_id, ended.writes)
    kept = work.book.newest([entry.ticket_id]).get(entry.ticket_id)
    if kept:
        work.tally.now(entry, kept[1])
    work.tell(work.tally)
    return ended.writes
