"""Reminders of an owner who is waited for: when the next is due, and whether it is sent or an agent is told. Pure.

The clock is the ticket's own: the stamps of the escalation and of the reminders on it, and when it was read. Each
reminder is proven as a reply is, by its tag, its comment and the store, and is made once a ticket.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from zendesk_gupshup.detect.provenance import provenance
from zendesk_gupshup.detect.quotes import is_automatic
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.finding import Detection, Finding
from zendesk_gupshup.model.follow_up import TAG_OWNER_SILENT, Reminder, State
from zendesk_gupshup.model.office_hours import wait_of
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AppFacts, Decision, Mode, Plan, Step
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Comment, Ticket

from .agent_replies import escalation_by_agent
from .follow_up import OWNERS, as_certain, on_ticket
from .guards import SILENCING, guards_of
from .incidents import is_paused
from .language import language_of
from .merging import decided
from .office_time import Unit, is_open, passed
from .policy import Policy, kind_of, may_write, mode_of
from .prior_writes import DEED_TAGS, REMINDER, is_about_incident, is_ours, is_reminder, standing
from .states import state_of
from .steps import TAG_FOUND, for_owner

# The note after the last reminder.
OVER = f"{REMINDER}over"
# After so long nobody is told any more: the worker was set up, or set to remind, long after the escalation.
_TOO_LATE = timedelta(days=30)
# These are asked of the ticket as it is now, and not as of its newest comment; of agents only what came later counts.
_ASKED_OTHERWISE = frozenset({GuardName.AGENT_ANSWERED, GuardName.DAILY_CAP})


@dataclass(frozen=True)
class _Due:
    """The escalation that nobody has answered, the code that it is about, and what is due on it now."""

    asked: Comment
    lead: Finding
    reminder: Reminder
    agent_wrote: bool

    @property
    def slug(self) -> str:
        return OVER if self.reminder.over else f"{REMINDER}{self.reminder.number}"


def with_reminder(
    decision: Decision, ticket: Ticket, detection: Detection, app: AppFacts, dictionary: Dictionary, policy: Policy
) -> Decision:
    """The decision with the reminder that is due now, or with the note in place of it; where nothing else is due."""
    if decision.plan or not _may_be_waiting(decision, ticket, policy):
        return decision
    due = _due(ticket, detection, dictionary, policy)
    if due is None:
        return decision
    if is_paused(due.lead.error, ticket, policy):
        # What the client would be reminded of is what an incident asks them to leave alone.
        waits = GuardName.INCIDENT(error=str(due.lead.error))
        return decision.model_copy(update={"guards": tuple(dict.fromkeys((*decision.guards, waits)))})
    reasons = tuple(_against_sending(due, ticket, policy))
    send = not due.reminder.over and not reasons and mode_of(as_certain(due.lead), dictionary, policy) is Mode.AUTO
    send = send and not app.partner and policy.replies_per_day > 0
    if guard := _not_now(ticket, policy, send=send):
        return decision.model_copy(update={"guards": (*decision.guards, guard)})
    step = reminder_reply(due.slug, ticket, app, policy) if send else _note(due)
    spoken = language_of(ticket, detection, dictionary, policy, (due.lead,))
    plan = Plan(
        ticket_id=ticket.id,
        kind=kind_of(due.lead, dictionary),
        language=spoken.language,
        language_reasons=spoken.reasons,
        lead=due.lead,
        app=app,
        reminder=due.reminder,
        steps=(step,),
    )
    return decided(decision.model_copy(update={"guards": reasons}), plan)


def _may_be_waiting(decision: Decision, ticket: Ticket, policy: Policy) -> bool:
    silenced = any(guard.name in SILENCING for guard in decision.guards)
    waits = state_of(ticket) is State.AWAITING_OWNER and ticket.status != "solved" and ticket.read_at is not None
    return waits and bool(policy.remind_after) and not silenced and may_write(policy)


# --- What is due ---------------------------------------------------------------------------------------------


def _due(ticket: Ticket, detection: Detection, dictionary: Dictionary, policy: Policy) -> _Due | None:
    lead = awaited(ticket, detection, dictionary)
    asked = asked_for(ticket, lead) if lead else None
    if lead is None or asked is None or asked.created_at is None or ticket.read_at is None:
        return None
    later = [c for c in ticket.comments[ticket.comments.index(asked) + 1 :] if not is_ours(c, ticket)]
    if any(_is_word_of_client(ticket, c) for c in later) or not is_open(policy.office, ticket.read_at):
        return None
    done = standing(ticket, [OVER, *(f"{REMINDER}{n + 1}" for n in range(len(policy.remind_after)))])
    slugs = {slug for _, slug in done}
    number = max((n for n in range(1, len(policy.remind_after) + 1) if f"{REMINDER}{n}" in slugs), default=0) + 1
    left = None if OVER in slugs else _left(ticket, asked, number, policy)
    if left is None or left > timedelta() or -left > _TOO_LATE:
        return None
    # So late that the words would not be understood: then an agent sees to it.
    late = -left > timedelta(hours=policy.fresh_hours)
    reminder = Reminder(
        number=number,
        sent=sum(deed == "reply" for deed, _ in done),
        over=late or number > len(policy.remind_after),
        since=_aware(asked.created_at),
    )
    return _Due(asked, lead, reminder, any(c.public and provenance(ticket, c) is None for c in later))


def awaited(ticket: Ticket, detection: Detection, dictionary: Dictionary) -> Finding | None:
    """The code that the owner is waited for."""
    return next((f for f in on_ticket(ticket, detection, dictionary) if kind_of(f, dictionary) in OWNERS), None)


def asked_for(ticket: Ticket, lead: Finding) -> Comment | None:
    """The newest public comment that asks the owner to act: ours, or the one by which an agent has sent our text."""
    ours = [c for c in _our_replies(ticket) if not is_reminder(c) and not is_about_incident(c)]
    agents = escalation_by_agent(ticket, (lead.error.slug,))
    found = [*ours[-1:], *((agents,) if agents else ())]
    return max(found, key=ticket.comments.index, default=None)


def _our_replies(ticket: Ticket) -> list[Comment]:
    return [c for c in ticket.comments[1:] if c.public and is_ours(c, ticket)]


def _is_word_of_client(ticket: Ticket, comment: Comment) -> bool:
    """Whoever is not of the team; of a merged ticket nobody knows. A machine that says that nobody is there does not
    count."""
    said_by = provenance(ticket, comment)
    return said_by is not None and not (said_by == "client" and is_automatic("", comment.plain_body or comment.body))


def _left(ticket: Ticket, asked: Comment, number: int, policy: Policy) -> timedelta | None:
    """How long it is until this reminder is due: after the escalation, and the wait between two after the one before.

    After the last one an agent is told, once the first wait has passed again. What we said of an incident starts the
    wait anew.
    """
    waits, unit = _waits(policy.remind_after)
    last = next((c for c in reversed(ticket.comments) if is_ours(c, ticket) and is_reminder(c)), None)
    since, wait = asked.created_at, [*waits, waits[-1] + waits[0]][number - 1]
    if number > 1 and last is not None and last.created_at and since and _aware(last.created_at) > _aware(since):
        since, wait = last.created_at, wait - waits[number - 2]
    if since is None or ticket.read_at is None:
        return None
    told = [_aware(c.created_at) for c in _our_replies(ticket) if is_about_incident(c) and c.created_at]
    return wait - passed(policy.office, max([_aware(since), *told]), ticket.read_at, unit)


def _waits(remind_after: tuple[str, ...]) -> tuple[list[timedelta], Unit]:
    unit: Unit = "h" if remind_after[0].endswith("h") else "d"
    return [wait_of(wait) for wait in remind_after], unit


# --- What is made of it --------------------------------------------------------------------------------------


def _against_sending(due: _Due, ticket: Ticket, policy: Policy) -> Iterable[Reason]:
    for guard in guards_of(ticket, replies_per_day=policy.replies_per_day, messaging=policy.messaging):
        if guard.name not in _ASKED_OTHERWISE:
            yield guard
    if due.agent_wrote:
        yield GuardName.AGENT_ANSWERED()


def _not_now(ticket: Ticket, policy: Policy, *, send: bool) -> Reason | None:
    """What makes it wait for the next visit: a quota that is used up."""
    if send and not policy.room_for_reply:
        return GuardName.HOURLY_CAP()
    if send and _lately(ticket, public=True) >= policy.replies_per_day:
        return GuardName.DAILY_CAP(limit=policy.replies_per_day)
    if not send and _lately(ticket, public=False) >= policy.notes_per_day:
        return GuardName.NOTES_CAP(limit=policy.notes_per_day, what=Detail.NOTES())
    return None


def _lately(ticket: Ticket, *, public: bool) -> int:
    """Our comments in the 24 hours before the ticket was read."""
    ours = [c for c in ticket.comments[1:] if c.public is public and is_ours(c, ticket)]
    read = ticket.read_at
    return sum(1 for c in ours if read and c.created_at and read - _aware(c.created_at) < timedelta(hours=24))


def reminder_reply(slug: str, ticket: Ticket, app: AppFacts, policy: Policy) -> Step:
    """The update that sends the reminder of this short name, with the owner in CC where that is allowed."""
    pending = policy.pending_after_reply and ticket.status in ("new", "open")
    step = _step("reply", slug)
    waits = {"status": "pending", "custom_status_id": policy.pending_status} if pending else {}
    return for_owner(step.model_copy(update=waits), ticket, app, policy)


def _note(due: _Due) -> Step:
    step = _step("note", due.slug)
    silent = {TAG_OWNER_SILENT} if due.reminder.over else set()
    return step.model_copy(update={"add_tags": step.add_tags | silent})


def _step(deed: Literal["reply", "note"], slug: str) -> Step:
    marker = f"{DEED_TAGS[deed]}{slug}"
    return Step(kind=deed, marker=marker, add_tags=frozenset((TAG_FOUND, marker)))


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
