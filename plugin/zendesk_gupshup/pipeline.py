"""The one path of every ticket: fetch, detect, decide, render, apply; and after an unclear outcome, look again.

Whatever woke us, we read the ticket and look. What was done stands on it as a tag and as a comment of ours, and the
store has it besides, so starting over is always safe: a conflict, a broken connection or a second worker only makes us
read and decide once more.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Literal, Protocol

from zendesk_gupshup.attachments.reader import FileReader, less_certain_in_pictures
from zendesk_gupshup.decide.backfill_policy import BackfillPolicy, apply_backfill_policy
from zendesk_gupshup.decide.decision import decide
from zendesk_gupshup.decide.guards import SILENCING
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.decide.prior_writes import (
    TAG_DRAFT,
    KnownWrites,
    Proof,
    as_own,
    draft_requested,
    has_update,
    metadata_of,
    origin_matters,
    proofs_of_tags,
)
from zendesk_gupshup.decide.unread_files import with_unread
from zendesk_gupshup.detect import detect, reported
from zendesk_gupshup.detect.provenance import less_certain_at_second_hand
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.finding import Detection
from zendesk_gupshup.model.plan import Decision, Step
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.ticket import Attachment, Ticket, User
from zendesk_gupshup.model.write import File, TicketState, Update, Write
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.updates import GupshupDesk, render
from zendesk_gupshup.zendesk.errors import Conflict, NotFound, NotKept, Refused, TicketClosed, TicketGone, ZendeskError

log = logging.getLogger(__name__)

# Reads of one ticket in one go. Four conflicts in a row mean that somebody else is busy on it: come back later.
_LOOKS = 4
_COME_BACK = 30.0

Did = Literal["done", "nothing", "dry_run", "writing", "gone", "failed", "later"]


class TicketGateway(Protocol):
    """What triage asks of Zendesk; `zendesk.Zendesk` is the real one."""

    def ticket(self, ticket_id: int, *, comments: bool = True) -> Ticket: ...
    def attachment(self, attachment: Attachment, limit: int) -> bytes: ...
    def owners(self, organization_id: int) -> tuple[User, ...]: ...
    def tags_since_creation(self, ticket_id: int) -> frozenset[str] | None: ...
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
    files: FileReader = field(default_factory=FileReader)
    # How gently old tickets are treated; none for tickets as they come in.
    care: BackfillPolicy | None = None


@dataclass(frozen=True)
class Look:
    """What one look at a ticket gives: nothing is written yet."""

    ticket: Ticket
    detection: Detection
    decision: Decision
    updates: tuple[Update, ...]

    @property
    def waits_for(self) -> Mapping[int, RetryableReason]:
        """The files that are to be tried again, unless nothing is done on this ticket whatever they say."""
        return {} if self._is_silenced else self.ticket.attachments_waiting

    @property
    def gave_up(self) -> Mapping[int, RetryableReason]:
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


class Journal:
    """What handling a ticket has done so far, at hand also when it ends in an exception."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        # An update that may have been applied, the ticket before it, and its id: the next look tells.
        self.unclear: tuple[Update, Ticket, str] | None = None

    def known(self, ticket_id: int) -> KnownWrites:  # noqa: ARG002
        """What the store knows of the ticket, asked where a reply, a note or a marker is due; may raise `Busy`."""
        return KnownWrites()

    def wrote(self, write: Write, proofs: frozenset[Proof], ticket_id: int) -> None:  # noqa: ARG002
        """Called once an update is known to have been applied."""
        self.writes.append(write)

    def intends(self, look: Look) -> None:
        """Called before the first write of a look; what must outlive a kill is kept here."""

    def may_reply(self, look: Look) -> bool:  # noqa: ARG002
        """Whether a public reply may go out now, asked right before it would; yes is for this one reply."""
        return True

    def sending(self, update: Update, ticket: Ticket) -> None:
        """Called before each update; may raise a `ZendeskError` to put it off."""


def look_at(ticket: Ticket, brain: Brain) -> Look:
    """The pure half: what this ticket reports, what should change, and every byte that would be written."""
    own = as_own(ticket, inherit_off=brain.policy.inherit_off)
    detection = detect(own, brain.dictionary, draft_requested=draft_requested(own))
    detection = less_certain_in_pictures(detection, own)
    detection = less_certain_at_second_hand(detection, own)
    decision = decide(own, detection, brain.dictionary, brain.policy)
    decision = with_unread(decision, own, detection, brain.policy)
    if brain.care:
        decision = apply_backfill_policy(decision, own, brain.care)
    decision = _without_idle_steps(decision, ticket)
    updates: tuple[Update, ...] = ()
    if decision.plan:
        updates = render(
            decision.plan,
            own,
            detection,
            brain.dictionary,
            brain.templates,
            brain.desk,
            guards=decision.guards,
        )
    return Look(ticket=ticket, detection=detection, decision=decision, updates=updates)


def _without_idle_steps(decision: Decision, ticket: Ticket) -> Decision:
    """Tags that came with a copied ticket are renewed and not taken away; where they stand, that alone is no update: it
    would go out at every look."""
    plan, here = decision.plan, set(ticket.tags)
    if plan is None:
        return decision
    renewed = (step.model_copy(update={"remove_tags": step.remove_tags - step.add_tags}) for step in plan.steps)
    steps = tuple(
        step
        for step in renewed
        if step.kind != "tags"
        or step.add_tags - here
        or step.remove_tags & here
        or step.model_dump(exclude={"kind", "marker", "add_tags", "remove_tags"}, exclude_defaults=True)
    )
    return decision.model_copy(update={"plan": plan.model_copy(update={"steps": steps}) if steps else None})


def handle(
    zendesk: TicketGateway,
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
            _clear_up(journal, ticket)
            ticket = with_files(zendesk, with_origin(zendesk, ticket), brain, last=last)
            look = whole_look(zendesk, ticket, brain)
            if _proves_something(look):
                known = journal.known(ticket_id)
                if apply and known.closed:
                    again: Literal["now", "before"] = "before" if known.listed else "now"
                    return Outcome(ticket_id, "failed", look, (), looks, known.closed, not_kept=again)
                if known.proofs:
                    ticket = ticket.model_copy(update={"stored": known.proofs})
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


def with_files(zendesk: TicketGateway, ticket: Ticket, brain: Brain, *, last: bool = False) -> Ticket:
    """The ticket with what its attachments say; an agent who asks for a draft wants the team's files read, too."""
    own = as_own(ticket, inherit_off=brain.policy.inherit_off)
    return brain.files.read(zendesk, ticket, everyones=draft_requested(own), last=last)


def with_origin(zendesk: TicketGateway, ticket: Ticket) -> Ticket:
    """The ticket with the tags that it was made with, where they could be another ticket's; one request then."""
    if not origin_matters(ticket):
        return ticket
    return ticket.model_copy(update={"since_creation": zendesk.tags_since_creation(ticket.id)})


def _proves_something(look: Look) -> bool:
    """Whether a reply, a note or a marker is about to be written."""
    return any(u.step.kind != "tags" or proofs_of_tags(u.step.add_tags) for u in look.updates)


def whole_look(zendesk: TicketGateway, ticket: Ticket, brain: Brain) -> Look:
    """`look_at` with all that it turns out to need from beside the ticket. What cannot be had is unknown, and the note
    says so: only the ticket's own absence ends it."""
    return _with_group(zendesk, _with_owner(zendesk, look_at(ticket, brain), brain), brain)


def _with_owner(zendesk: TicketGateway, look: Look, brain: Brain) -> Look:
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


def _with_group(zendesk: TicketGateway, look: Look, brain: Brain) -> Look:
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


def _read(zendesk: TicketGateway, ticket_id: int, seen_at: str | None) -> Ticket:
    """The ticket in a state that no further change can share its `updated_at` with."""
    if seen_at:
        zendesk.wait_until_past(seen_at)
    ticket = zendesk.ticket(ticket_id)
    if zendesk.wait_until_past(ticket.updated_at):
        ticket = zendesk.ticket(ticket_id)
    return ticket


def _write_all(zendesk: TicketGateway, look: Look, run: str, journal: Journal) -> None:
    """Each update as one guarded PUT; before a second one, the ticket must be as the first one left it."""
    ticket = look.ticket
    for number, update in enumerate(look.updates):
        # Before the first one a marker can only have come with a copied ticket, and is renewed.
        if number and update.step.marker and update.step.marker in ticket.tags:
            continue
        journal.sending(update, ticket)
        # Ahead of the wait for the first update's second to be over.
        token = zendesk.upload(update.files) if update.files else None
        group_id = zendesk.group_id(update.step.group) if update.step.group else None
        if number:
            _as_we_left_it(zendesk, ticket)
        update_id = secrets.token_hex(8)
        metadata = metadata_of(update.step, run, update_id)
        try:
            after = zendesk.update(ticket, update, upload_token=token, group_id=group_id, metadata=metadata)
        except ZendeskError as error:
            journal.unclear = (update, ticket, update_id) if error.unclear else None
            raise
        _wrote(journal, update, ticket, after)
        if lacking := _not_kept(update.step, after):
            raise NotKept(f"ticket {ticket.id}: {lacking}")
        ticket = after


def _wrote(journal: Journal, update: Update, before: Ticket, after: Ticket) -> None:
    step = update.step
    proofs = frozenset(proof for proof in proofs_of_tags(step.add_tags) if proof[0] == step.kind)
    journal.wrote(write_of(update, before, after), proofs, before.id)


def _not_kept(step: Step, after: Ticket) -> str | None:
    """What of an update's tags does not stand in the answer to it, if that would have us write once more.

    Tags can be switched off, the field be full (about 5,096 characters), or a trigger set other tags on our own update.
    """
    here = set(after.tags)
    marks = {t for t in step.add_tags if proofs_of_tags((t,)) or t == step.marker}
    needed = step.add_tags if step.kind == "tags" else marks
    unwanted = step.remove_tags if step.kind == "tags" else {t for t in step.remove_tags if t.startswith(TAG_DRAFT)}
    lost, back = sorted(needed - here), sorted(unwanted & here)
    if not lost and not back:
        return None
    what = [f"Zendesk did not keep the tag {lost[0]}"] if lost else []
    what += [f"the tag {back[0]} came back in the same update"] if back else []
    return (
        f"{' and '.join(what)}, so it is not written to again. Are tags on tickets switched on, is there room for "
        "another one (about 5,096 characters in all), does a trigger set or remove tags on our updates? Mend it, then "
        "`zendesk-gupshup failures retry`"
    )


def _as_we_left_it(zendesk: TicketGateway, ticket: Ticket) -> None:
    """Raises `Conflict` where the ticket has changed since our update, also within the second of its stamp: the next
    update's guard does not see that, and its `tags` would take away what somebody else has just added."""
    zendesk.wait_until_past(ticket.updated_at)
    now = zendesk.ticket(ticket.id, comments=False)
    if now.updated_at != ticket.updated_at or set(now.tags) != set(ticket.tags):
        raise Conflict(f"ticket {ticket.id} changed between our two updates")


def _clear_up(journal: Journal, now: Ticket) -> None:
    """Whether the update whose answer was lost was applied: told by its comment, else by its tags on the ticket."""
    if journal.unclear is None:
        return
    update, before, update_id = journal.unclear
    journal.unclear = None
    step, tags = update.step, set(now.tags)
    applied = has_update(now, update_id) if update.html_body is not None else None
    if applied is None:
        applied = tags != set(before.tags) and tags >= step.add_tags and not tags & step.remove_tags
    if applied:
        _wrote(journal, update, before, now)


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
