"""The writing half of the path: each update as one guarded request, and whether an unclear one was applied."""

from __future__ import annotations

import secrets

from zendesk_gupshup.decide.prior_writes import (
    TAG_DRAFT,
    TAG_SEND,
    has_update,
    metadata_of,
    proofs_of_step,
    proofs_of_tags,
)
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import TicketState, Update, Write
from zendesk_gupshup.zendesk.errors import Conflict, NotKept, ZendeskError

from .look import Look
from .ports import Journal, TicketGateway, UnclearUpdate


def write_all(zendesk: TicketGateway, look: Look, run: str, journal: Journal) -> None:
    """Send each update as one guarded PUT; before the second, check that nobody changed the ticket since the first."""
    ticket = look.ticket
    for number, update in enumerate(look.updates):
        # Before the first update a marker can only come from a copied ticket, and is set again.
        if number and update.step.marker and update.step.marker in ticket.tags:
            continue
        # Before the wait for the first update's second to be over, so that both run at once.
        token = zendesk.upload(update.files) if update.files else None
        group_id = zendesk.group_id(update.step.group) if update.step.group else None
        if number:
            _check_unchanged(zendesk, ticket)
        update_id = secrets.token_hex(8)
        metadata = metadata_of(update.step, run, update_id)
        try:
            after = zendesk.update(ticket, update, upload_token=token, group_id=group_id, metadata=metadata)
        except ZendeskError as error:
            journal.unclear = UnclearUpdate(update, ticket, update_id) if error.unclear else None
            raise
        _wrote(journal, update, ticket, after)
        if lacking := _not_kept(update.step, after):
            raise NotKept(f"ticket {ticket.id}: {lacking}")
        ticket = after


def _wrote(journal: Journal, update: Update, before: Ticket, after: Ticket) -> None:
    journal.wrote(write_of(update, before, after), proofs_of_step(update.step), before.id)


def _not_kept(step: Step, after: Ticket) -> str | None:
    """Which marker tag the answer to an update lacks; without it we would write once more.

    Tags may be disabled, the field may be full (about 5,096 characters), or a trigger may set tags on our own update.
    """
    here = set(after.tags)
    markers = {t for t in step.add_tags if proofs_of_tags((t,)) or t == step.marker}
    needed = step.add_tags if step.kind == "tags" else markers
    requests = {t for t in step.remove_tags if t.startswith((TAG_DRAFT, TAG_SEND))}
    unwanted = step.remove_tags if step.kind == "tags" else requests
    lost, back = sorted(needed - here), sorted(unwanted & here)
    if not lost and not back:
        return None
    problems = [f"Zendesk did not keep the tag {lost[0]}"] if lost else []
    problems += [f"the tag {back[0]} came back in the same update"] if back else []
    return (
        f"{' and '.join(problems)}, so the ticket gets no further update. Check that tags on tickets are enabled, that "
        "there is room for one more (about 5,096 characters in all), and that no trigger sets or removes tags on our "
        "updates; then run `zendesk-gupshup failures retry`"
    )


def _check_unchanged(zendesk: TicketGateway, ticket: Ticket) -> None:
    """Raises `Conflict` where the ticket has changed since our update, also within the second of its stamp: the next
    update's guard does not see that, and its `tags` would take away what somebody else has just added."""
    zendesk.wait_until_past(ticket.updated_at)
    now = zendesk.ticket(ticket.id, comments=False)
    if now.updated_at != ticket.updated_at or set(now.tags) != set(ticket.tags):
        raise Conflict(f"ticket {ticket.id} changed between our two updates")


def settle_unclear_update(journal: Journal, now: Ticket) -> None:
    """Record the update whose answer was lost if it was applied: its comment on the ticket tells, else its tags."""
    if journal.unclear is None:
        return
    update, before = journal.unclear.update, journal.unclear.before
    applied = has_update(now, journal.unclear.id) if update.html_body is not None else None
    journal.unclear = None
    step, tags = update.step, set(now.tags)
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
        type=ticket.type,
        problem_id=ticket.problem_id,
        custom_fields=tuple(field for field in ticket.custom_fields if field.id in ours),
    )
