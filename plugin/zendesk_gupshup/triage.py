"""The one path of every ticket: fetch, detect, decide, render, apply; and after an unclear outcome, look again.

Whatever woke us, we read the ticket and look. What was done stands on it as a tag, so starting over is always safe:
a conflict, a broken connection or a second worker only makes us read and decide once more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Literal, Protocol

from .care import Care, careful
from .decide import Policy, decide, draft_requested
from .detect import detect, reported
from .detect.provenance import less_certain_at_second_hand
from .dictionary import Dictionary
from .errors import Closed, Conflict, NotFound, Refused, TicketGone, ZendeskError
from .evidence_files import EvidenceFiles, less_certain_in_pictures
from .guards import SILENCING
from .models import Attachment, Decision, Detection, File, Step, Ticket, TicketState, Update, User, Write
from .passing import Passing
from .render import GupshupDesk, render
from .templates import Templates
from .unread import with_unread

log = logging.getLogger(__name__)

# Reads of one ticket in one go. Four conflicts in a row mean that somebody else is busy on it: come back later.
_LOOKS = 4
_COME_BACK = 30.0

Did = Literal["done", "nothing", "dry_run", "writing", "gone", "failed", "later"]


class Desk(Protocol):
    """What triage asks of Zendesk; `zendesk.Zendesk` is the real one."""

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket: ...
    def attachment(self, attachment: Attachment, limit: int) -> bytes: ...
    def owners(self, organization_id: int) -> tuple[User, ...]: ...
    def wait_until_past(self, stamp: str) -> bool: ...
    def group_id(self, name: str) -> int | None: ...
    def upload(self, files: tuple[File, ...]) -> str: ...
    def update(
        self,
        ticket: Ticket,
        update: Update,
        *,
        upload_token: str | None,
        group_id: int | None,
        metadata: Mapping[str, str],
    ) -> Ticket: ...


@dataclass(frozen=True)
class Brain:
    """All that deciding and wording need, loaded and checked once."""

    dictionary: Dictionary
    templates: Templates
    policy: Policy = field(default_factory=Policy)
    desk: GupshupDesk = field(default_factory=GupshupDesk)
    files: EvidenceFiles = field(default_factory=EvidenceFiles)
    # How gently old tickets are treated; none for tickets as they come in.
    care: Care | None = None


@dataclass(frozen=True)
class Look:
    """What one look at a ticket gives: nothing is written yet."""

    ticket: Ticket
    detection: Detection
    decision: Decision
    updates: tuple[Update, ...]

    @property
    def waits_for(self) -> Mapping[int, Passing]:
        """The files that are to be tried again, unless nothing is done on this ticket whatever they say."""
        return {} if self._is_silenced else self.ticket.attachments_waiting

    @property
    def gave_up(self) -> Mapping[int, Passing]:
        """The files that were tried for the last time."""
        return {} if self._is_silenced else self.ticket.attachments_given_up

    @property
    def _is_silenced(self) -> bool:
        return any(guard.name in SILENCING for guard in self.decision.guards)


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


class Journal:
    """What handling a ticket has done so far, at hand also when it ends in an exception."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        # An update that may have been applied, and the ticket before it: the next look tells.
        self.unclear: tuple[Update, Ticket] | None = None

    def intends(self, look: Look) -> None:
        """Called before the first write of a look; what must outlive a kill is kept here."""

    def may_reply(self, look: Look) -> bool:  # noqa: ARG002
        """Whether a public reply may go out now, asked right before it would; yes is for this one reply."""
        return True

    def sending(self, update: Update, ticket: Ticket) -> None:
        """Called before each update; may raise a `ZendeskError` to put it off."""


def look_at(ticket: Ticket, brain: Brain) -> Look:
    """The pure half: what this ticket reports, what should change, and every byte that would be written."""
    detection = detect(ticket, brain.dictionary, draft_requested=draft_requested(ticket))
    detection = less_certain_in_pictures(detection, ticket)
    detection = less_certain_at_second_hand(detection, ticket)
    decision = decide(ticket, detection, brain.dictionary, brain.policy)
    decision = with_unread(decision, ticket, detection, brain.policy)
    if brain.care:
        decision = careful(decision, ticket, brain.care)
    updates: tuple[Update, ...] = ()
    if decision.plan:
        updates = render(
            decision.plan,
            ticket,
            detection,
            brain.dictionary,
            brain.templates,
            brain.desk,
            guards=decision.guards,
        )
    return Look(ticket=ticket, detection=detection, decision=decision, updates=updates)


def handle(
    zendesk: Desk,
    ticket_id: int,
    brain: Brain,
    *,
    apply: bool = True,
    run: str = "live",
    seen_at: str | None = None,
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
    journal = journal or Journal()
    missing: NotFound | None = None
    for looks in range(1, _LOOKS + 1):
        try:
            ticket = _read(zendesk, ticket_id, seen_at if looks == 1 else None)
            ticket = with_files(zendesk, ticket, brain, last=last)
            _clear_up(journal, ticket)
            look = whole_look(zendesk, ticket, brain)
            if apply and any(update.public for update in look.updates) and not journal.may_reply(look):
                look = whole_look(zendesk, ticket, _without_room(brain))
            if not look.updates:
                return _ended("done" if journal.writes else "nothing", look, journal, looks)
            if not apply:
                return Outcome(ticket_id, "dry_run", look, (), looks)
            journal.intends(look)
            _write_all(zendesk, look, run, journal)
            return _ended("done", look, journal, looks)
        except (TicketGone, Closed) as error:
            return Outcome(
                ticket_id, "gone", None, tuple(journal.writes), looks, reason=str(error), status=error.status
            )
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


def _ended(did: Did, look: Look, journal: Journal, looks: int) -> Outcome:
    """A look that came to its end; a file that is to be tried again keeps it from being the last one."""
    writes = tuple(journal.writes)
    if look.waits_for:
        reason = unread_because(look.ticket.id, look.waits_for)
        return Outcome(look.ticket.id, "later", look, writes, looks, reason, _COME_BACK)
    return Outcome(look.ticket.id, did, look, writes, looks)


def unread_because(ticket_id: int, files: Mapping[int, Passing]) -> str:
    """`ticket 7: attachment 31 could not be read (not_fetched)`, without a name that a customer gave."""
    told = ", ".join(f"attachment {number} could not be read ({why})" for number, why in list(files.items())[:5])
    return f"ticket {ticket_id}: {told}" + (f", and {len(files) - 5} more" if len(files) > 5 else "")


def with_files(zendesk: Desk, ticket: Ticket, brain: Brain, *, last: bool = False) -> Ticket:
    """The ticket with what its attachments say; an agent who asks for a draft wants the team's files read, too."""
    return brain.files.read(zendesk, ticket, everyones=draft_requested(ticket), last=last)


def whole_look(zendesk: Desk, ticket: Ticket, brain: Brain) -> Look:
    """`look_at` with all that it turns out to need from beside the ticket. What cannot be had is unknown, and the note
    says so: only the ticket's own absence ends it."""
    return _with_group(zendesk, _with_owner(zendesk, look_at(ticket, brain), brain), brain)


def _with_owner(zendesk: Desk, look: Look, brain: Brain) -> Look:
    """Made again with the organization's tagged owners where an owner is wanted and no field names one."""
    plan, organization_id = look.decision.plan, look.ticket.organization_id
    wanted = plan is not None and plan.kind not in ("remedy", "unread") and not plan.app.owner_email
    if organization_id is None or not wanted or not any(update.html_body for update in look.updates):
        return look
    try:
        owners = zendesk.owners(organization_id)
    except ZendeskError as error:
        return look_at(_without(look.ticket, "the organization's users", error), brain)
    return look_at(look.ticket.model_copy(update={"owners": owners}), brain) if owners else look


def _with_group(zendesk: Desk, look: Look, brain: Brain) -> Look:
    """Made again without routing where the groups cannot be read."""
    plan = look.decision.plan
    try:
        for name in {step.group for step in plan.steps if step.group} if plan else ():
            zendesk.group_id(name)
    except ZendeskError as error:
        ticket = _without(look.ticket, "the list of groups, so the group stays as it is", error)
        return look_at(ticket, replace(brain, policy=brain.policy.model_copy(update={"group": None})))
    return look


def _without(ticket: Ticket, what: str, error: ZendeskError) -> Ticket:
    """The ticket with this on the list of what is unknown; raises again what is about more than the one list."""
    refused = isinstance(error, (NotFound, Refused)) or error.status == HTTPStatus.FORBIDDEN
    if not refused or error.status is None or HTTPStatus.MULTIPLE_CHOICES <= error.status < HTTPStatus.BAD_REQUEST:
        raise error
    log.warning("ticket %s: cannot read %s: %s", ticket.id, what, error)
    return ticket.model_copy(update={"unavailable": (*ticket.unavailable, f"{what} (status {error.status})")})


def _without_room(brain: Brain) -> Brain:
    """The brain for a ticket whose public reply is one too many this hour."""
    return replace(brain, policy=brain.policy.model_copy(update={"room_for_reply": False}))


def _read(zendesk: Desk, ticket_id: int, seen_at: str | None) -> Ticket:
    """The ticket in a state that no further change can share its `updated_at` with."""
    if seen_at:
        zendesk.wait_until_past(seen_at)
    ticket = zendesk.ticket(ticket_id)
    if zendesk.wait_until_past(ticket.updated_at):
        ticket = zendesk.ticket(ticket_id)
    return ticket


def _write_all(zendesk: Desk, look: Look, run: str, journal: Journal) -> None:
    """Each update as one guarded PUT; before a second one, the ticket must be as the first one left it."""
    ticket = look.ticket
    for number, update in enumerate(look.updates):
        if update.step.marker and update.step.marker in ticket.tags:
            continue
        journal.sending(update, ticket)
        # Ahead of the wait for the first update's second to be over.
        token = zendesk.upload(update.files) if update.files else None
        group_id = zendesk.group_id(update.step.group) if update.step.group else None
        if number:
            _as_we_left_it(zendesk, ticket)
        metadata = {"zendesk_gupshup": run, "step": update.step.kind, "marker": update.step.marker or ""}
        try:
            after = zendesk.update(ticket, update, upload_token=token, group_id=group_id, metadata=metadata)
        except ZendeskError as error:
            journal.unclear = (update, ticket) if error.unclear else None
            raise
        journal.writes.append(write_of(update, ticket, after))
        ticket = after


def _as_we_left_it(zendesk: Desk, ticket: Ticket) -> None:
    """Raises `Conflict` where the ticket has changed since our update, also within the second of its stamp: the next
    update's guard does not see that, and its `tags` would take away what somebody else has just added."""
    zendesk.wait_until_past(ticket.updated_at)
    now = zendesk.ticket(ticket.id, comments=False)
    if now.updated_at != ticket.updated_at or set(now.tags) != set(ticket.tags):
        raise Conflict(f"ticket {ticket.id} changed between our two updates")


def _clear_up(journal: Journal, now: Ticket) -> None:
    """Whether the update whose answer was lost was applied, told by its tags on the ticket."""
    if journal.unclear is None:
        return
    update, before = journal.unclear
    journal.unclear = None
    step, tags = update.step, set(now.tags)
    if tags != set(before.tags) and tags >= step.add_tags and not tags & step.remove_tags:
        journal.writes.append(write_of(update, before, now))


def write_of(update: Update, before: Ticket, after: Ticket) -> Write:
    step = update.step
    return Write(
        kind=step.kind,
        marker=step.marker,
        public=update.public if update.html_body is not None else None,
        files=tuple(file.name for file in update.files),
        before=state_of(before, step),
        after=state_of(after, step),
        audit_id=after.audit_id,
        comment_id=after.comment_id,
    )


def state_of(ticket: Ticket, step: Step) -> TicketState:
    ours = {field.id for field in step.custom_fields}
    return TicketState(
        updated_at=ticket.updated_at,
        tags=ticket.tags,
        group_id=ticket.group_id,
        priority=ticket.priority,
        status=ticket.status,
        custom_fields=tuple(field for field in ticket.custom_fields if field.id in ours),
    )
