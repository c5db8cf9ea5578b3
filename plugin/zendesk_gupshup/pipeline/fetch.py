"""What is read for one look: the ticket, its files, its origin, and then the owners and groups that the plan needs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from zendesk_gupshup.decide.prior_writes import (
    as_own,
    draft_requested,
    origin_matters,
)
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.render.reasons import in_words
from zendesk_gupshup.zendesk.errors import Conflict, NotFound, Refused, ZendeskError

from .look import Assessment, Brain, reassess
from .ports import TicketGateway

log = logging.getLogger(__name__)


def read_ticket(zendesk: TicketGateway, ticket_id: int, seen_at: str | None) -> Ticket:
    """The ticket, read after the second of its `updated_at` is over. Raises `Conflict` as `read_past_its_second`."""
    if seen_at:
        zendesk.wait_until_past(seen_at)
    return read_past_its_second(zendesk, lambda: zendesk.ticket(ticket_id))


def read_past_its_second(zendesk: TicketGateway, read: Callable[[], Ticket]) -> Ticket:
    """What `read` gives after the second of the ticket's `updated_at`: no later change can have the same stamp.

    Raises `Conflict` where it changes again whenever it is read."""
    # Before the request: the answer may come in the next second, when the ticket was read in this one.
    began = zendesk.second()
    ticket = read()
    if in_its_second(ticket, began):
        zendesk.wait_until_past(ticket.updated_at)
        began, before = zendesk.second(), ticket.updated_at
        ticket = read()
        if ticket.updated_at != before and in_its_second(ticket, began):
            raise Conflict(f"ticket {ticket.id}: changed in the second in which it was read")
    return ticket


def in_its_second(ticket: Ticket, began: int) -> bool:
    """Whether the ticket may have been read in the second of its stamp; `began`: Zendesk's before the request."""
    stamp = ticket.updated_at
    return bool(began <= (int(datetime.fromisoformat(stamp).timestamp()) if stamp else 0))


def with_files(zendesk: TicketGateway, ticket: Ticket, brain: Brain, *, last: bool = False) -> Ticket:
    """The ticket with the text of its attachments; a requested draft includes the team's files."""
    own = as_own(ticket, inherit_off=brain.policy.inherit_off)
    return brain.files.read(zendesk, ticket, everyones=draft_requested(own), last=last)


def with_origin(zendesk: TicketGateway, ticket: Ticket) -> Ticket:
    """The ticket with the tags it was created with, read from its audits if they may come from another ticket."""
    if not origin_matters(ticket):
        return ticket
    return ticket.model_copy(update={"since_creation": zendesk.tags_since_creation(ticket.id)})


def complete(zendesk: TicketGateway, assessment: Assessment, brain: Brain) -> Assessment:
    """The assessment with the owners and groups that its plan needs. What Zendesk refuses is unknown, and the note
    says so."""
    return _with_groups(zendesk, _with_owners(zendesk, assessment, brain), brain)


def _with_owners(zendesk: TicketGateway, assessment: Assessment, brain: Brain) -> Assessment:
    """With the organization's tagged owners where an owner is wanted and no field names one."""
    ticket, plan = assessment.ticket, assessment.decision.plan
    wanted = plan is not None and plan.kind not in ("remedy", "unread") and not plan.app.owner_email
    if ticket.organization_id is None or not wanted or all(step.kind == "tags" for step in assessment.steps):
        return assessment
    try:
        owners = zendesk.owners(ticket.organization_id)
    except ZendeskError as error:
        return reassess(assessment, brain, ticket=_without(ticket, UnreadReason.OWNERS_REFUSED, error))
    return reassess(assessment, brain, ticket=ticket.model_copy(update={"owners": owners})) if owners else assessment


def _with_groups(zendesk: TicketGateway, assessment: Assessment, brain: Brain) -> Assessment:
    """Without routing where the groups cannot be read."""
    try:
        for name in {step.group for step in assessment.steps if step.group}:
            zendesk.group_id(name)
    except ZendeskError as error:
        ticket = _without(assessment.ticket, UnreadReason.GROUPS_REFUSED, error)
        policy = assessment.policy.model_copy(update={"group": None})
        return reassess(assessment, brain, ticket=ticket, policy=policy)
    return assessment


def _without(ticket: Ticket, what: UnreadReason, error: ZendeskError) -> Ticket:
    """The ticket with this on the list of what is unknown; raises again what is about more than the one list."""
    refused = isinstance(error, (NotFound, Refused)) or error.status == HTTPStatus.FORBIDDEN
    if not refused or error.status is None or HTTPStatus.MULTIPLE_CHOICES <= error.status < HTTPStatus.BAD_REQUEST:
        raise error
    reason = what(status=error.status)
    log.warning("ticket %s: cannot read %s: %s", ticket.id, in_words(reason), error)
    return ticket.model_copy(update={"unavailable": (*ticket.unavailable, reason)})
