"""The one path of every ticket: fetch, detect, decide, render, apply; and after an unclear outcome, look again.

Whatever woke us, we read the ticket and look. What was done stands on it as a tag and as a comment of ours, and the
store has it besides, so starting over is always safe: a conflict, a broken connection or a second worker only makes us
read and decide once more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from zendesk_gupshup.decide.prior_writes import KnownWrites, proofs_of_tags
from zendesk_gupshup.detect import reported
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.write import Write
from zendesk_gupshup.zendesk.errors import Conflict, NotFound, NotKept, TicketClosed, TicketGone, ZendeskError

from .apply import clear_up, write_all
from .fetch import complete, read_ticket, with_files, with_origin
from .look import Assessment, Brain, Look, assess, look_of, reassess
from .ports import Journal, OpenGate, TicketGateway, WriteGate

log = logging.getLogger(__name__)

# Reads of one ticket in one go. Four conflicts in a row mean that somebody else is busy on it: come back later.
_LOOKS = 4
_COME_BACK = 30.0

Did = Literal["done", "nothing", "dry_run", "writing", "gone", "failed", "later"]


@dataclass(frozen=True)
class Outcome:
    """How the handling of one ticket ended; `retry_after` in seconds when it should be tried again."""

    ticket_id: int
    did: Did
    look: Look | None = None
    writes: tuple[Write, ...] = ()
    looks: int = 1
    reason: str | None = None
    retry_after: float | None = None
    # Of the answer that made it fail.
    status: int | None = None
    # A tag that proves an update was not kept: now, or before, and then nothing more was written.
    not_kept: Literal["now", "before"] | None = None

    @property
    def written(self) -> tuple[str, ...]:
        return tuple(write.kind for write in self.writes)

    def record(self) -> dict[str, Any]:
        """The decision record: what was found and done and why, without a word of the customer's."""
        decision = self.look.decision if self.look else None
        plan = decision.plan if decision else None
        findings = reported(self.look.detection) if self.look else ()
        return {
            "ticket_id": self.ticket_id,
            "did": self.did,
            "codes": [str(f.error) for f in findings],
            "confidence": [f.confidence.value for f in findings],
            "mode": decision.mode.value if decision else None,
            "kind": plan.kind if plan else None,
            "language": plan.language if plan else None,
            "missing": list(plan.app.missing) if plan else [],
            "guards": [guard.name for guard in decision.guards] if decision else [],
            "written": list(self.written),
            "looks": self.looks,
            "reason": self.reason,
            "retry_after": self.retry_after,
        }


def handle(
    zendesk: TicketGateway,
    ticket_id: int,
    brain: Brain,
    *,
    apply: bool = True,
    run: str = "live",
    seen_at: str | None = None,
    gate: WriteGate | None = None,
    journal: Journal | None = None,
    last: bool = False,
) -> Outcome:
    """Bring one ticket to where it should be.

    What the ticket says without a file that cannot be read for the moment is acted on at once; the outcome is `later`
    all the same, so that somebody tries the file again, unless `last` says that nobody will.

    `seen_at` is the second in which the ticket was last known to change (a webhook's timestamp): reading waits until
    it is over, because `updated_at` cannot tell two changes of one second apart. Raises what concerns the account and
    not the ticket: a refused credential, an unreachable Zendesk, a rate limit.
    """
    gate, journal = gate or OpenGate(), journal or Journal()
    missing: NotFound | None = None
    for looks in range(1, _LOOKS + 1):
        try:
            ticket = read_ticket(zendesk, ticket_id, seen_at if looks == 1 else None)
            clear_up(journal, ticket)
            ticket = with_files(zendesk, with_origin(zendesk, ticket), brain, last=last)
            assessment = complete(zendesk, assess(ticket, brain), brain)
            known = gate.known(ticket_id) if _proves_something(assessment.steps) else KnownWrites()
            if apply and known.closed:
                return _closed(look_of(assessment, brain), known, known.closed, looks)
            assessment = _permitted(assessment, known, brain, gate if apply else OpenGate(), begun=bool(journal.writes))
            look = look_of(assessment, brain)
            if not look.updates:
                return _ended("done" if journal.writes else "nothing", look, journal, looks)
            if not apply:
                return Outcome(ticket_id, "dry_run", look, (), looks)
            journal.intends(look)
            write_all(zendesk, look, run, journal)
            return _ended("done", look, journal, looks)
        except (TicketGone, TicketClosed) as error:
            return Outcome(
                ticket_id, "gone", None, tuple(journal.writes), looks, reason=str(error), status=error.status
            )
        except NotKept as error:
            return Outcome(ticket_id, "failed", look, tuple(journal.writes), looks, reason=str(error), not_kept="now")
        except NotFound as error:
            # Its comments or an upload: where the ticket itself has gone meanwhile, the next look tells.
            log.info("ticket %s: %s; looking again", ticket_id, error)
            missing = error
        except ZendeskError as error:
            if isinstance(error, Conflict) or (error.unclear and error.retry_after is None):
                log.info("ticket %s: %s; looking again", ticket_id, error)
            elif error.permanent and not error.account_wide:
                return Outcome(
                    ticket_id, "failed", None, tuple(journal.writes), looks, reason=str(error), status=error.status
                )
            else:
                raise
    writes = tuple(journal.writes)
    if missing:
        return Outcome(ticket_id, "failed", None, writes, _LOOKS, reason=str(missing), status=missing.status)
    return Outcome(ticket_id, "later", None, writes, _LOOKS, "it kept changing", _COME_BACK)


def _permitted(assessment: Assessment, known: KnownWrites, brain: Brain, gate: WriteGate, *, begun: bool) -> Assessment:
    """As much of it as may be written now. What has to wait raises `Busy`; a reply beyond the quota becomes a note."""
    if known.proofs:
        ticket = assessment.ticket.model_copy(update={"stored": known.proofs})
        assessment = reassess(assessment, brain, ticket=ticket)
    reply = next((step for step in assessment.steps if step.kind == "reply"), None)
    if reply and not gate.reserve_reply(assessment.ticket.id, reply.marker or ""):
        policy = assessment.policy.model_copy(update={"room_for_reply": False})
        assessment = reassess(assessment, brain, policy=policy)
    if assessment.steps:
        gate.reserve_updates(assessment.ticket, len(assessment.steps), begun=begun)
    return assessment


def _proves_something(steps: tuple[Step, ...]) -> bool:
    """Whether a reply, a note or a marker is about to be written."""
    return any(step.kind != "tags" or proofs_of_tags(step.add_tags) for step in steps)


def _closed(look: Look, known: KnownWrites, reason: str, looks: int) -> Outcome:
    """A ticket that is not to be written to: its markers were lost too often, or never kept."""
    return Outcome(look.ticket.id, "failed", look, (), looks, reason, not_kept="before" if known.listed else "now")


def _ended(did: Did, look: Look, journal: Journal, looks: int) -> Outcome:
    """A look that came to its end; a file that is to be tried again keeps it from being the last one."""
    writes = tuple(journal.writes)
    if look.waits_for:
        reason = unread_because(look.ticket.id, look.waits_for)
        return Outcome(look.ticket.id, "later", look, writes, looks, reason, _COME_BACK)
    return Outcome(look.ticket.id, did, look, writes, looks)


def unread_because(ticket_id: int, files: Mapping[int, RetryableReason]) -> str:
    """`ticket 7: attachment 31 could not be read (not_fetched)`, without a name that a customer gave."""
    told = ", ".join(f"attachment {number} could not be read ({why})" for number, why in list(files.items())[:5])
    return f"ticket {ticket_id}: {told}" + (f", and {len(files) - 5} more" if len(files) > 5 else "")
