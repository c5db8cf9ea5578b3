"""What one entry of the ledger comes to in a report: a code on a ticket, an outcome, a failure. Pure."""

from __future__ import annotations

import re

from zendesk_gupshup.ledger.entry import Found, LedgerEntry
from zendesk_gupshup.ledger.runs import LIVE
from zendesk_gupshup.report.spikes import CountedTicket
from zendesk_gupshup.report.sums import ReportedCode

OUTCOMES = ("replied", "noted", "tagged", "planned", "recorded")
_A_TICKET = re.compile(r"\bticket [0-9]+\b")


def reported_code(entry: LedgerEntry, found: Found, at: int) -> ReportedCode:
    ticket = CountedTicket(entry.ticket_id, str(found.error), at, entry.organization_id, entry.app)
    return ReportedCode(ticket, found.error, found.variant, found.confidence, entry.language)


def outcome_of(entry: LedgerEntry) -> str:
    """One of `OUTCOMES`."""
    kinds = {write.kind for write in entry.writes}
    for kind, done in (("reply", "replied"), ("note", "noted"), ("tags", "tagged")):
        if kind in kinds:
            return done
    return "planned" if entry.did == "dry_run" and entry.planned else "recorded"


def failure_of(entry: LedgerEntry) -> tuple[str, str] | None:
    """State and reason. The worker comes back to what is for later; any other run has ended by then."""
    if entry.did in ("later", "writing"):
        state = "waiting" if entry.run == LIVE else "failed"
    elif entry.did in ("failed", "gone"):
        state = entry.did
    else:
        return None
    reason = entry.reason or ("interrupted" if entry.did == "writing" else "?")
    return state, _A_TICKET.sub("the ticket", reason)
