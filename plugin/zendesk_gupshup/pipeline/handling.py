"""The one path of every ticket: fetch, detect, decide, render, apply; and after an unclear outcome, look again.

Starting over is always safe. Each update sets a marker tag and adds a comment with our metadata, and the database
records it: after a conflict, a lost connection or a second worker we read the ticket and decide again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from zendesk_gupshup.decide.incidents import TAG_KNOWN_INCIDENT
from zendesk_gupshup.decide.prior_writes import KnownWrites, proofs_of_tags
from zendesk_gupshup.detect import reported
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.write import Write
from zendesk_gupshup.zendesk.errors import Conflict, NotFound, NotKept, TicketClosed, TicketGone, ZendeskError

from .apply import settle_unclear_update, write_all
from .fetch import complete, read_ticket, with_files, with_origin
from .look import Assessment, Brain, Look, assess, look_of, reassess
from .ports import Incidents, Journal, OpenGate, TicketGateway, WriteGate

log = logging.getLogger(__name__)

# Looks at one ticket in one visit. After four conflicts in a row somebody else is editing it: retry later.
_LOOKS = 4
_RETRY_AFTER = 30.0

Did = Literal["done", "nothing", "dry_run", "writing", "gone", "failed", "later"]


@dataclass(frozen=True)
class Outcome:
    """How one visit to a ticket ended. `retry_after`: seconds until the next visit, if one is needed."""

    ticket_id: int
    did: Did
    look: Look | None = None
    writes: tuple[Write, ...] = ()
    looks: int = 1
    reason: str | None = None
    retry_after: float | None = None
    # The HTTP status that made it fail.
    status: int | None = None
    # Zendesk did not keep our marker tag: in this visit, or in an earlier one, and then nothing was written now.
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
    incidents: Incidents | None = None,
    last: bool = False,
    clock: Callable[[], float | None] = lambda: None,
) -> Outcome:
    """Read one ticket, decide, and write what is due.

    A file that cannot be read at the moment holds nothing up: the rest of the ticket is acted on, and the outcome is
    `later`, so that the file is retried. With `last` there is no retry.

    `seen_at`: the second of the ticket's last known change (a webhook's timestamp). Reading waits until it is over,
    because `updated_at` cannot tell two changes in one second apart. Raises errors that concern the account and not
    the ticket: a refused credential, an unreachable Zendesk, a rate limit.

    `clock`: Zendesk's, for whoever looks after tickets on which something becomes due by time alone.
    """
    gate, journal = gate or OpenGate(), journal or Journal()
    missing: NotFound | None = None
    for looks in range(1, _LOOKS + 1):
        try:
            ticket = read_ticket(zendesk, ticket_id, seen_at if looks == 1 else None)
            if (now := clock()) is not None:
                ticket = ticket.model_copy(update={"read_at": datetime.fromtimestamp(now, UTC)})
            settle_unclear_update(journal, ticket)
            ticket = with_files(zendesk, with_origin(zendesk, ticket), brain, last=last)
            assessment = complete(zendesk, _with_incidents(assess(ticket, brain), brain, incidents), brain)
            look, known = _checked_in(assessment, look_of(assessment, brain), brain, gate, journal, apply=apply)
            if apply and known.closed:
                return _closed(look, known, known.closed, looks)
            if not look.updates:
                return _ended("done" if journal.writes else "nothing", look, journal, looks)
            if not apply:
                return Outcome(ticket_id, "dry_run", look, (), looks)
            write_all(zendesk, look, run, journal)
            return _ended("done", look, journal, looks)
        except (TicketGone, TicketClosed) as error:
            return Outcome(
                ticket_id, "gone", None, tuple(journal.writes), looks, reason=str(error), status=error.status
            )
        except NotKept as error:
            return Outcome(ticket_id, "failed", look, tuple(journal.writes), looks, reason=str(error), not_kept="now")
        except NotFound as error:
            # The comments or an upload were not found. If the ticket itself is gone, the next look raises `TicketGone`.
            log.info("%s; reading the ticket again", _named(ticket_id, error))
            missing = error
        except ZendeskError as error:
            if isinstance(error, Conflict) or (error.unclear and error.retry_after is None):
                log.info("%s; reading the ticket again", _named(ticket_id, error))
            elif error.permanent and not error.account_wide:
                return Outcome(
                    ticket_id, "failed", None, tuple(journal.writes), looks, reason=str(error), status=error.status
                )
            else:
                raise
    writes = tuple(journal.writes)
    if missing:
        return Outcome(ticket_id, "failed", None, writes, _LOOKS, reason=str(missing), status=missing.status)
    return Outcome(ticket_id, "later", None, writes, _LOOKS, "it kept changing", _RETRY_AFTER)


def _with_incidents(assessment: Assessment, brain: Brain, incidents: Incidents | None) -> Assessment:
    """Decided once more where an incident lasts, or the ticket belonged to one."""
    lasting = incidents.lasting(assessment) if incidents else None
    if lasting is None or not (lasting or TAG_KNOWN_INCIDENT in assessment.ticket.tags):
        return assessment
    policy = assessment.policy.model_copy(update={"incidents": lasting})
    return reassess(assessment, brain, policy=policy)


def _checked_in(
    assessment: Assessment, look: Look, brain: Brain, gate: WriteGate, journal: Journal, *, apply: bool
) -> tuple[Look, KnownWrites]:
    """The look as far as it may be written now, reserved and in the journal; and what is known of earlier writes.

    The look is made before, since others wait for the transaction; what the gate changes is rare."""
    if not assessment.steps:
        return look, KnownWrites()
    with gate.together():
        known = _known(assessment, gate, journal)
        if apply and known.closed:
            return look, known
        permitted = _permitted(assessment, known, brain, gate if apply else OpenGate(), begun=bool(journal.writes))
        if permitted is not assessment:
            look = look_of(permitted, brain)
        if apply and look.updates:
            journal.intends(look)
    return look, known


def _known(assessment: Assessment, gate: WriteGate, journal: Journal) -> KnownWrites:
    """What the store knows of earlier writes, and those of this visit, of which it may learn only at the end."""
    if not _proves_something(assessment.steps):
        return KnownWrites()
    known = gate.known(assessment.ticket.id)
    return replace(known, proofs=known.proofs | journal.proofs)


def _permitted(assessment: Assessment, known: KnownWrites, brain: Brain, gate: WriteGate, *, begun: bool) -> Assessment:
    """What may be written now; the only place that asks. Raises `Busy` if the ticket has to wait; a reply beyond the
    hourly quota becomes a note."""
    if known.proofs or known.judged:
        ticket = assessment.ticket.model_copy(update={"stored": known.proofs, "judged": known.judged})
        assessment = reassess(assessment, brain, ticket=ticket)
    reply = next((step for step in assessment.steps if step.kind == "reply"), None)
    if reply and not gate.reserve_reply(assessment.ticket.id, reply.marker or ""):
        policy = assessment.policy.model_copy(update={"room_for_reply": False})
        assessment = reassess(assessment, brain, policy=policy)
    if assessment.steps:
        gate.reserve_updates(assessment.ticket, len(assessment.steps), begun=begun)
    return assessment


def _proves_something(steps: tuple[Step, ...]) -> bool:
    """Whether a reply, a note or a marker is about to be written, or a comment dealt with."""
    return any(step.kind != "tags" or step.covers or proofs_of_tags(step.add_tags) for step in steps)


def _closed(look: Look, known: KnownWrites, reason: str, looks: int) -> Outcome:
    """A ticket that gets no further update: its marker tags were lost too often, or never kept."""
    return Outcome(look.ticket.id, "failed", look, (), looks, reason, not_kept="before" if known.listed else "now")


def _ended(did: Did, look: Look, journal: Journal, looks: int) -> Outcome:
    """The outcome of a look; `later` if a file has to be retried."""
    writes = tuple(journal.writes)
    if look.waits_for:
        reason = unread_because(look.ticket.id, look.waits_for)
        return Outcome(look.ticket.id, "later", look, writes, looks, reason, _RETRY_AFTER)
    return Outcome(look.ticket.id, did, look, writes, looks)


def unread_because(ticket_id: int, files: Mapping[int, RetryableReason]) -> str:
    """`ticket 7: attachment 31 could not be read (not_fetched)`, without file names, which are the customer's words."""
    listed = ", ".join(f"attachment {number} could not be read ({why})" for number, why in list(files.items())[:5])
    return f"ticket {ticket_id}: {listed}" + (f", and {len(files) - 5} more" if len(files) > 5 else "")


def _named(ticket_id: int, error: ZendeskError) -> str:
    """The error with the ticket's number, which most errors name themselves."""
    text = str(error)
    return text if text.startswith(f"ticket {ticket_id}") else f"ticket {ticket_id}: {text}"
