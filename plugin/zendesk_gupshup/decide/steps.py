"""What is due on a ticket as steps: one guarded request each, with its tags, its routing and the owner in CC. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zendesk_gupshup.model.finding import Detection, ErrorCode, Finding
from zendesk_gupshup.model.plan import AppFacts, Mode, Plan, Step
from zendesk_gupshup.model.ticket import CustomField, Ticket

from .guards import TAG_HELD_BACK
from .policy import Policy, language_of, may_write

TAG_FOUND = "gupshup"
TAG_UNKNOWN = "gupshup_unknown_code"
TAG_SECRET = "gupshup_secret"  # noqa: S105 - a tag, and no secret
TAG_AWAITING_OWNER = "gupshup_state__awaiting_owner"
TAG_AT_GUPSHUP = "gupshup_state__at_gupshup"
TAG_SETTLED = "gupshup_state__settled"
TAG_CLIENT_ANSWERED = "gupshup_client_answered"

_PRIORITIES = ("low", "normal", "high", "urgent")


@dataclass(frozen=True)
class DueSteps:
    """What the steps are made of: findings to answer and to note, marker tags to put back, requests to take away."""

    lead: Finding | None
    answered: tuple[Finding, ...]
    noted: tuple[Finding, ...]
    lost: frozenset[str]
    requests: frozenset[str]
    draft: bool
    held_back: bool


def steps_of(
    ticket: Ticket, detection: Detection, policy: Policy, modes: Mapping[ErrorCode, Mode], due: DueSteps
) -> tuple[Step, ...]:
    tags = {f.error.tag for f in detection.findings if modes.get(f.error, Mode.OBSERVE) is not Mode.OBSERVE}
    tags |= {f.error.tag for f in due.noted}
    if detection.unknown and may_write(policy):
        tags.add(TAG_UNKNOWN)
    if tags:
        tags.add(TAG_FOUND)
    if tags and detection.secrets:
        tags.add(TAG_SECRET)
    if tags and due.held_back:
        tags.add(TAG_HELD_BACK)
    tags |= due.lost

    shared = _routing(ticket, policy, due.lead) if tags else {}
    steps: list[Step] = []
    if due.answered:
        assert due.lead is not None  # noqa: S101 - a reply has a lead, by `_lead`
        pending = policy.pending_after_reply and ticket.status in ("new", "open")
        steps.append(
            Step(
                kind="reply",
                marker=replied_tag(due.lead.error),
                add_tags=frozenset(tags | {replied_tag(f.error) for f in due.answered}),
                status="pending" if pending else None,
                **shared,
            )
        )
    if due.noted or due.draft:
        steps.append(
            Step(
                kind="note",
                # A requested draft is proven by its request being gone; a note of our own by its marker.
                marker=None if due.draft or due.lead is None else noted_tag(due.lead.error),
                add_tags=frozenset(tags | {noted_tag(f.error) for f in due.noted}),
                remove_tags=due.requests,
                **({} if due.answered else shared),
            )
        )
    missing = tags - set(ticket.tags) - ticket.inherited
    if not steps and (due.requests or missing or ticket.inherited - tags):
        steps.append(Step(kind="tags", add_tags=frozenset(tags), remove_tags=due.requests, **shared))
    return tuple(steps)


def without_inherited(steps: tuple[Step, ...], ticket: Ticket) -> tuple[Step, ...]:
    """Tags that came with a copied ticket go in the first update, all but those that it renews."""
    if not steps or not ticket.inherited:
        return steps
    gone = steps[0].remove_tags | (ticket.inherited - steps[0].add_tags)
    return (steps[0].model_copy(update={"remove_tags": gone}), *steps[1:])


def clearing_plan(ticket: Ticket, policy: Policy) -> Plan | None:
    """Where nothing else is due: a copied ticket without the tags that say what was done on another one."""
    if not ticket.inherited or not may_write(policy):
        return None
    step = Step(kind="tags", remove_tags=ticket.inherited)
    return Plan(ticket_id=ticket.id, kind="remedy", language=language_of(ticket, policy), lead=None, steps=(step,))


def _routing(ticket: Ticket, policy: Policy, lead: Finding | None) -> dict[str, object]:
    """Group, priority and fields: only where no person has set them, and a priority is only raised."""
    changes: dict[str, object] = {}
    group = ticket.group.name if ticket.group else None
    free = ticket.assignee_id is None and (ticket.group_id is None or group in policy.from_groups)
    if free and policy.group and policy.group != group:
        changes["group"] = policy.group
    if policy.priority:
        current = _PRIORITIES.index(ticket.priority) if ticket.priority in _PRIORITIES else -1
        if _PRIORITIES.index(policy.priority) > current:
            changes["priority"] = policy.priority
    chosen = ticket.field(policy.fields.error_code)
    if lead and policy.fields.error_code and (not chosen or chosen in ticket.inherited):
        changes["custom_fields"] = (CustomField(id=policy.fields.error_code, value=lead.error.tag),)
    return changes


def for_owner(step: Step, ticket: Ticket, app: AppFacts, policy: Policy) -> Step:
    """The reply that asks the owner to act: with the state tag, and the owner in CC where that is allowed."""
    if step.kind != "reply":
        return step
    # With a partner account it is the integrator who writes to Gupshup, not the owner.
    state = frozenset() if app.partner else frozenset((TAG_AWAITING_OWNER,))
    # The field has one state at a time.
    other = frozenset((TAG_AT_GUPSHUP, TAG_SETTLED)).intersection(ticket.tags) if state else frozenset()
    changes = {"add_tags": step.add_tags | state, "remove_tags": step.remove_tags | other}
    return step.model_copy(update={**changes, "cc": _cc(ticket, app, policy)})


def _cc(ticket: Ticket, app: AppFacts, policy: Policy) -> str | None:
    """The owner's address if CC is wished and it is of the organization's own domains or a listed one."""
    address = (app.owner_email or "").lower()
    requester = (ticket.requester.email or "").lower() if ticket.requester else ""
    own = ticket.organization.domain_names if ticket.organization else ()
    allowed = {domain.lower() for domain in (*own, *policy.cc_domains)}
    wished = policy.cc_owner and address and address != requester
    return address if wished and address.partition("@")[2] in allowed else None


def replied_tag(error: ErrorCode) -> str:
    return f"gupshup_replied__{error.slug}"


def noted_tag(error: ErrorCode) -> str:
    return f"gupshup_noted__{error.slug}"
