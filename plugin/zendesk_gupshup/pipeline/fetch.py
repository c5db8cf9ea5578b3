"""What is read for one look: the ticket, its files, its origin, and what deciding turns out to need beside it."""

from __future__ import annotations

import logging
from dataclasses import replace
from http import HTTPStatus

from zendesk_gupshup.decide.prior_writes import (
    as_own,
    draft_requested,
    origin_matters,
)
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.zendesk.errors import NotFound, Refused, ZendeskError

from .look import Brain, Look, look_at
from .ports import TicketGateway

log = logging.getLogger(__name__)


def read_ticket(zendesk: TicketGateway, ticket_id: int, seen_at: str | None) -> Ticket:
    """The ticket in a state that no further change can share its `updated_at` with."""
    if seen_at:
        zendesk.wait_until_past(seen_at)
    ticket = zendesk.ticket(ticket_id)
    if zendesk.wait_until_past(ticket.updated_at):
        ticket = zendesk.ticket(ticket_id)
    return ticket


def with_files(zendesk: TicketGateway, ticket: Ticket, brain: Brain, *, last: bool = False) -> Ticket:
    """The ticket with what its attachments say; an agent who asks for a draft wants the team's files read, too."""
    own = as_own(ticket, inherit_off=brain.policy.inherit_off)
    return brain.files.read(zendesk, ticket, everyones=draft_requested(own), last=last)


def with_origin(zendesk: TicketGateway, ticket: Ticket) -> Ticket:
    """The ticket with the tags that it was made with, where they could be another ticket's; one request then."""
    if not origin_matters(ticket):
        return ticket
    return ticket.model_copy(update={"since_creation": zendesk.tags_since_creation(ticket.id)})


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
