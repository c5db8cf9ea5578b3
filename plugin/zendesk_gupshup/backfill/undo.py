"""Undo of a run: for each ticket that it wrote to the inverse update, and on request one correcting comment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from zendesk_gupshup.decide.prior_writes import metadata_of
from zendesk_gupshup.ledger.entry import LedgerEntry
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import Update, Write
from zendesk_gupshup.pipeline import in_its_second, read_past_its_second, write_of
from zendesk_gupshup.zendesk.errors import Conflict, TicketGone, ZendeskError
from zendesk_gupshup.zendesk.payloads import Json, after_update, parsed

from .audits import writes_in_audits
from .bulk import MOST_ROWS
from .inverse import Inverse, inverse, net
from .jobs import JobRow, Jobs, settle
from .run import Ended, RunContext, now
from .run_store import DUE, RunStore
from .tally import RunTally
from .ticket_pages import rows_now

_ATTEMPTS = 4


@dataclass(frozen=True)
class Correction:
    """A comment for tickets with a comment of ours that cannot be taken back. Its tag says that it was written."""

    html_body: str
    public: bool
    tag: str


@dataclass(frozen=True)
class Undo(RunContext):
    """`store` holds the undo run, `source` the run that is undone."""

    source: RunStore = field(kw_only=True)
    correction: Correction | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class _Case:
    """One ticket: all that the run wrote on it, and its entry in the undo run."""

    ticket_id: int
    entries: Sequence[LedgerEntry]
    number: int | None
    doubtful: bool


def correction_tag(run: str) -> str:
    """One a run, so that a ticket is corrected once however often the run is undone."""
    return f"gupshup_corrected__{run.partition('-')[2] or run}"


def survey(context: Undo) -> RunTally:
    """What would be done; nothing is written or kept."""
    tally = RunTally()
    for cases in _cases(context):
        for _, entry, _, _ in _planned(context, cases):
            tally.add(entry)
        context.report(tally)
    return tally


def dry_run(context: Undo) -> Ended:
    """The same, kept in the ledger."""
    for cases in _cases(context):
        if context.stopped():
            return "stopped"
        before = context.zendesk.requests_here
        entries = [entry for _, entry, _, _ in _planned(context, cases)]
        requests = context.zendesk.requests_here - before
        context.store.save_page(None, entries, requests=requests)
        for entry in entries:
            context.tally.add(entry)
        context.report(context.tally)
    return "done"


def undo_all(context: Undo) -> Ended:
    """Take the run back, tags in bulk jobs; ticket by ticket where a comment is due or somebody came in between."""

    def redo(_number: int | None, entry: LedgerEntry, doubtful: bool) -> None:
        for cases in _cases(context, [entry.ticket_id]):
            for case in cases:
                _singly(context, case, doubtful=doubtful, planned=entry)

    jobs = Jobs(context, redo)
    for cases in _cases(context):
        if context.stopped():
            break
        rows, nothing, singly = [], [], []
        for case, entry, ticket, row in _planned(context, cases):
            if case.number is None:
                context.tally.add(entry)
            if case.doubtful or (ticket is not None and _comments(entry, ticket)):
                singly.append((case, entry))
            elif row is not None:
                rows.append(row)
            elif entry.did == "dry_run":
                singly.append((case, entry))
            else:
                nothing.append((case.number, entry))
        context.store.replace(nothing)
        if rows:
            jobs.add(rows)
        for case, entry in singly:
            if context.stopped():
                break
            _singly(context, case, doubtful=case.doubtful, planned=entry)
    jobs.finish()
    return "stopped" if context.stopped() else "done"


def _cases(context: Undo, only: Sequence[int] | None = None) -> Iterator[list[_Case]]:
    """The tickets that are still to be done, a hundred at a time."""
    after = 0
    while ids := (list(only) if only else context.source.written(after, MOST_ROWS)):
        after = ids[-1]
        entries, known = context.source.entries_of(ids), context.store.newest(ids)
        cases = []
        for ticket_id in ids:
            number, entry = known.get(ticket_id, (None, None))
            if entry is None or entry.did in DUE:
                doubtful = entry is not None and entry.did == "writing"
                cases.append(_Case(ticket_id, entries.get(ticket_id, []), number, doubtful))
        if cases:
            yield cases
        if only:
            return


def _planned(
    context: Undo, cases: Sequence[_Case]
) -> Iterator[tuple[_Case, LedgerEntry, Ticket | None, JobRow | None]]:
    """Without a row where there is nothing to do, and where the ticket may have been read in the second of its stamp:
    the guard of a bulk job would not see a further change in it."""
    began = context.zendesk.second()
    rows = context.pace.retry(lambda: rows_now(context.zendesk, [case.ticket_id for case in cases]))
    for case in cases:
        raw = rows.tickets.get(case.ticket_id)
        if raw is None:
            reason = f"ticket {case.ticket_id}: not found"
            yield case, _entry(context, case, "gone", None, Inverse()).model_copy(update={"reason": reason}), None, None
            continue
        ticket = parsed(Ticket, raw)
        found = inverse(net(write for entry in case.entries for write in entry.writes), ticket)
        correcting = _corrects(context, found, ticket)
        entry = _entry(context, case, "dry_run" if found.step or correcting else "nothing", ticket, found)
        if correcting and context.correction:
            entry = entry.model_copy(update={"planned": (_step(found, context.correction),)})
        row = None
        if found.step is not None and not in_its_second(ticket, began):
            body = _guarded(context, ticket, found.body, found.step)
            row = JobRow(case.number, entry, ticket, found.step, body, raw.get("comment_count"))
        yield case, entry, ticket, row


def _entry(context: Undo, case: _Case, did: str, ticket: Ticket | None, found: Inverse) -> LedgerEntry:
    last = case.entries[-1]
    return LedgerEntry(
        run=context.run,
        ticket_id=case.ticket_id,
        organization_id=last.organization_id,
        requester_id=last.requester_id,
        at=now(),
        created=last.created,
        stamp=ticket.updated_at if ticket else None,
        did=did,
        reason="; ".join((*found.left, *found.lost)) or None,
        findings=last.findings,
        planned=(found.step,) if found.step else (),
    )


def _corrects(context: Undo, found: Inverse, ticket: Ticket) -> bool:
    due = context.correction is not None and bool(found.lost) and ticket.status not in ("closed", "deleted")
    return due and context.correction is not None and context.correction.tag not in ticket.tags


def _comments(entry: LedgerEntry, ticket: Ticket) -> bool:
    return any(step.kind != "tags" for step in entry.planned) and ticket.status != "closed"


def _step(found: Inverse, correction: Correction) -> Step:
    step = found.step or Step(kind="tags")
    kind = "reply" if correction.public else "note"
    return step.model_copy(
        update={"kind": kind, "marker": correction.tag, "add_tags": step.add_tags | {correction.tag}}
    )


def _now(context: Undo, ticket_id: int) -> Ticket:
    raw = context.pace.retry(lambda: rows_now(context.zendesk, [ticket_id])).tickets.get(ticket_id)
    if raw is None:
        raise TicketGone(f"ticket {ticket_id}: not found")
    return parsed(Ticket, raw)


def _guarded(context: Undo, ticket: Ticket, body: Json, step: Step) -> Json:
    metadata = metadata_of(step, context.run)
    return {"safe_update": True, "updated_stamp": ticket.updated_at, "metadata": metadata, **body}


def _singly(context: Undo, case: _Case, *, doubtful: bool, planned: LedgerEntry) -> None:
    """One ticket, read anew until an update of ours went through or nothing is left to do."""
    zendesk, before = context.zendesk, context.zendesk.requests_here
    number, entry = case.number, planned
    kept: tuple[Write, ...] = ()
    for _ in range(_ATTEMPTS):
        try:
            ticket = read_past_its_second(zendesk, lambda: _now(context, case.ticket_id))
            if doubtful:
                kept, doubtful = writes_in_audits(zendesk, ticket, context.run), False
            found = inverse(net(write for one in case.entries for write in one.writes), ticket)
            correction = context.correction if _corrects(context, found, ticket) else None
            step = _step(found, correction) if correction else found.step
            entry = _entry(context, case, "done" if kept else "nothing", ticket, found)
            if step is None or kept:
                break
            body = dict(found.body)
            if correction:
                body["comment"] = {"html_body": correction.html_body, "public": correction.public}
                body["tags"] = [*body.get("tags", ticket.tags), correction.tag]
            writing = entry.model_copy(update={"did": "writing", "planned": (step,)})
            number = context.store.replace([(number, writing)])[0]
            answer = zendesk.write(
                "PUT", f"tickets/{ticket.id}.json", {"ticket": _guarded(context, ticket, body, step)}
            )  # fmt: skip
            update = Update(
                step=step,
                html_body=correction.html_body if correction else None,
                public=bool(correction and correction.public),
            )
            kept = (write_of(update, ticket, after_update(ticket, answer)),)
            entry = writing.model_copy(update={"did": "done"})
            break
        except ZendeskError as error:
            if error.account_wide:
                raise
            if error.permanent:
                did = "gone" if isinstance(error, TicketGone) else "failed"
                entry = entry.model_copy(update={"did": did, "reason": str(error)})
                break
            doubtful = error.unclear
            if not isinstance(error, Conflict):
                context.pace.pause(error.retry_after or 2.0)
            entry = entry.model_copy(update={"did": "later", "reason": str(error)})
    ended = entry.model_copy(update={"writes": kept, "requests": zendesk.requests_here - before})
    context.store.replace([(number, ended)])
    settle(context, case.ticket_id, kept)
    context.tally.now(planned, ended)
    context.report(context.tally)
