"""An agent's click on a reminder that our note proposes: it is sent, or a note says why not. Pure.

The click is the tag `gupshup_send`, as for a first reply; the newest note with a proposal says what it is about.
"""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_gupshup.detect.answers import client_wrote
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.finding import Detection, Finding
from zendesk_gupshup.model.follow_up import Reminder, State
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AppFacts, Decision, Plan, Step
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Comment, Ticket

from .guards import STOPPING, guards_of, notes_in_a_day
from .incidents import is_paused
from .language import language_of
from .merging import decided, joined
from .policy import Policy, kind_of
from .prior_writes import REMINDER, TAG_SEND, is_ours, is_proposal, is_reminder, number_of_reminder, standing
from .reminders import asked_for, awaited, reminder_reply
from .states import state_of
from .steps import TAG_FOUND

# After these the reminder makes no sense any more, and the note proposes it no longer.
_PAST = frozenset({
    GuardName.ALREADY_REPLIED, GuardName.CLIENT_WROTE, GuardName.NOTHING_PROPOSED, GuardName.NOT_WAITING,
    GuardName.SOLVED,
})  # fmt: skip


def with_reminder_request(
    decision: Decision, ticket: Ticket, detection: Detection, app: AppFacts, dictionary: Dictionary, policy: Policy
) -> Decision | None:
    """The decision with the reminder that an agent asks to send, or with the note that refuses it; `None` where the
    newest proposal is none, or a reply or note is due anyway."""
    note = next((c for c in reversed(ticket.comments[1:]) if _may_propose(c, ticket)), None)
    content = decision.plan is not None and any(step.kind != "tags" for step in decision.plan.steps)
    lead = awaited(ticket, detection, dictionary)
    if note is None or not is_reminder(note) or content or lead is None:
        return None
    number = number_of_reminder(note)
    reasons = tuple(dict.fromkeys(_reasons(ticket, lead, note, number, app, policy)))
    if reasons and notes_in_a_day(ticket, requested=False) >= policy.notes_per_day:
        cap = GuardName.NOTES_CAP(limit=policy.notes_per_day, what=Detail.NOTES())
        return decision.model_copy(update={"guards": (*decision.guards, cap)})
    step = _refusal(ticket) if reasons else reminder_reply(f"{REMINDER}{number}", ticket, app, policy)
    step = step.model_copy(update={"remove_tags": step.remove_tags | {TAG_SEND}})
    return _planned(decision, step, ticket, detection, app, dictionary, policy, lead, note, reasons)


def _may_propose(comment: Comment, ticket: Ticket) -> bool:
    return not comment.public and is_ours(comment, ticket) and (is_reminder(comment) or is_proposal(comment))


def _reasons(
    ticket: Ticket, lead: Finding, note: Comment, number: int, app: AppFacts, policy: Policy
) -> Iterator[Reason]:
    for guard in guards_of(ticket, replies_per_day=policy.replies_per_day, messaging=policy.messaging):
        if guard.name in STOPPING:
            yield guard
    if not policy.room_for_reply:
        yield GuardName.HOURLY_CAP()
    if is_paused(lead.error, ticket, policy):
        yield GuardName.INCIDENT(error=str(lead.error))
    slug = f"{REMINDER}{number}"
    if ("reply", slug) in standing(ticket, (slug,)):
        yield GuardName.ALREADY_REPLIED(error=slug, proof=())
    if not number or app.partner:
        yield GuardName.NOTHING_PROPOSED()
    if state_of(ticket) is not State.AWAITING_OWNER:
        yield GuardName.NOT_WAITING()
    for comment in ticket.comments[ticket.comments.index(note) + 1 :]:
        if comment.public:
            yield GuardName.CLIENT_WROTE() if client_wrote(ticket, comment) else GuardName.AGENT_ANSWERED()


def _refusal(ticket: Ticket) -> Step:
    """Not a note that proposes: a further click is about the same reminder."""
    return Step(kind="note", add_tags=frozenset((TAG_FOUND,)), covers=frozenset((f"refused_{ticket.comments[-1].id}",)))


def _planned(
    decision: Decision,
    step: Step,
    ticket: Ticket,
    detection: Detection,
    app: AppFacts,
    dictionary: Dictionary,
    policy: Policy,
    lead: Finding,
    note: Comment,
    reasons: tuple[Reason, ...],
) -> Decision:
    asked = asked_for(ticket, lead)
    spoken = language_of(ticket, detection, dictionary, policy, (lead,))
    plan = Plan(
        ticket_id=ticket.id,
        kind=kind_of(lead, dictionary),
        language=spoken.language,
        language_reasons=spoken.reasons,
        lead=lead,
        app=app,
        reminder=Reminder(
            number=number_of_reminder(note),
            since=(asked.created_at if asked else None) or note.created_at or ticket.created_at,
            past=any(reason.name in _PAST for reason in reasons),
        ),
        send_refused=bool(reasons),
        steps=(joined(step, decision.plan.steps[0]) if decision.plan else step,),
    )
    return decided(decision.model_copy(update={"guards": reasons or decision.guards}), plan)
