"""What is made of the client's answer to a first reply, and of escalations that agents send by hand. Pure.

`states` has the table. What is decided here comes on top of what the codes ask for: where they ask for a reply or a
note of their own, that one deals with the client's words as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from zendesk_gupshup.detect.answers import client_waits
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import CODE_TAG, ClientAnswer, Confidence, Detection, Finding
from zendesk_gupshup.model.follow_up import Event, FollowUp, State
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AppFacts, Decision, Mode, Plan, ReplyKind, Step
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Comment, Ticket

from .agent_replies import escalation_by_agent, sent_by_agent
from .freshness import last_change
from .guards import SILENCING, guards_of, notes_in_a_day
from .incidents import incident_slug, is_paused
from .language import language_of
from .merging import decided, joined, merged
from .policy import Policy, kind_of, may_write, mode_of
from .prior_writes import covered, is_ours, standing
from .states import Condition, proposed, state_of, state_tags, transition
from .steps import TAG_AWAITING_OWNER, TAG_CLIENT_ANSWERED, TAG_FOUND, for_owner

# The short reply with the completed draft goes out once a ticket; its proof is that of a code's reply.
COMPLETED = "completed"
_REPLIED_COMPLETED = f"gupshup_replied__{COMPLETED}"
OWNERS: tuple[ReplyKind, ...] = ("owner_escalation", "owner_ticket")
_ASKED = ("app_name", "app_id", "account_id", "owner_email")
_EVENTS = {"works": Event.WORKS, "persists": Event.PERSISTS, "reported": Event.REPORTED}


def with_follow_up(
    decision: Decision, ticket: Ticket, detection: Detection, app: AppFacts, dictionary: Dictionary, policy: Policy
) -> Decision:
    """The decision with what the client's answer, or an agent's own escalation, asks for."""
    guards = {guard.name for guard in decision.guards}
    if guards & SILENCING or ticket.status == "solved" or not may_write(policy):
        return decision
    findings = on_ticket(ticket, detection, dictionary)
    mode = max(
        (mode_of(as_certain(f), dictionary, policy) for f in findings), key=lambda m: m.rank, default=Mode.ASSIST
    )
    if mode is Mode.OBSERVE:
        return decision
    language = language_of(ticket, detection, dictionary, policy).language
    decision, ticket = _with_agents_escalation(decision, ticket, findings, dictionary, language)
    answer = detection.answer
    if answer is None or not _is_first_answered(ticket, findings):
        return _without_review(decision, ticket, language)
    if f"answer_{answer.comment_ids[-1]}" in covered(ticket):
        return decision
    return _Answered(ticket, detection, app, dictionary, policy, findings, mode, answer).on(decision)


def on_ticket(ticket: Ticket, detection: Detection, dictionary: Dictionary) -> tuple[Finding, ...]:
    """The codes that the ticket's tags name, as detected now or, where later words took that back, by their tags."""
    found = {finding.error: finding for finding in detection.findings}
    # Most tickets have none, and nobody need go through the dictionary for them.
    tags = frozenset(tag for tag in ticket.tags if tag.startswith(CODE_TAG))
    return tuple(
        found.get(entry.error) or Finding(error=entry.error, confidence=Confidence.LIKELY, evidence=())
        for entry in (dictionary.entries if tags else ())
        if not entry.success and entry.error.tag in tags
    )


def as_certain(finding: Finding) -> Finding:
    """What was answered or noted was certain enough then."""
    return finding.model_copy(update={"confidence": Confidence.CERTAIN})


def _is_first_answered(ticket: Ticket, findings: Iterable[Finding]) -> bool:
    if state_of(ticket) is not State.FOUND or sent_by_agent(ticket):
        return True
    slugs = [slug for f in findings for slug in (f.error.slug, incident_slug(f.error))]
    return any(deed == "reply" for deed, _ in standing(ticket, slugs))


# --- Escalations that agents send ----------------------------------------------------------------------------


def _with_agents_escalation(
    decision: Decision, ticket: Ticket, findings: tuple[Finding, ...], dictionary: Dictionary, language: Language
) -> tuple[Decision, Ticket]:
    """With the state `awaiting_owner`, once for each such comment: an agent may take the state away again."""
    codes = [f.error.slug for f in findings if kind_of(f, dictionary) in OWNERS]
    comment = escalation_by_agent(ticket, codes) if codes and state_of(ticket) is State.FOUND else None
    if comment is None or f"escalated_{comment.id}" in covered(ticket):
        return decision, ticket
    change = Step(
        kind="tags",
        add_tags=frozenset((TAG_FOUND, TAG_AWAITING_OWNER)),
        covers=frozenset((f"escalated_{comment.id}",)),
    )
    changed = ticket.model_copy(update={"tags": (*ticket.tags, TAG_AWAITING_OWNER)})
    return merged(decision, ticket, change, language), changed


def _without_review(decision: Decision, ticket: Ticket, language: Language) -> Decision:
    """Once somebody has answered the client in public, the ticket leaves the view."""
    if TAG_CLIENT_ANSWERED not in ticket.tags or client_waits(ticket):
        return decision
    return merged(decision, ticket, Step(kind="tags", remove_tags=frozenset((TAG_CLIENT_ANSWERED,))), language)


# --- The client's answer -------------------------------------------------------------------------------------


class _Answered:
    """One answer of the client, and all that deciding about it needs."""

    def __init__(
        self,
        ticket: Ticket,
        detection: Detection,
        app: AppFacts,
        dictionary: Dictionary,
        policy: Policy,
        findings: tuple[Finding, ...],
        mode: Mode,
        answer: ClientAnswer,
    ) -> None:
        self._ticket, self._detection, self._app, self._policy = ticket, detection, app, policy
        self._mode, self._answer = mode, answer
        self._lead = min(findings, key=lambda f: _rank(kind_of(f, dictionary)), default=None)
        self._kind: ReplyKind = kind_of(self._lead, dictionary) if self._lead else "draft"
        told = (self._lead,) if self._lead else ()
        self._spoken = language_of(ticket, detection, dictionary, policy, told)
        self._state = state_of(ticket)
        self._covers = frozenset((f"answer_{answer.comment_ids[-1]}",))
        self._news = _news(ticket, app, answer)

    def on(self, decision: Decision) -> Decision:
        content = [step for step in decision.plan.steps if step.kind != "tags"] if decision.plan else []
        if content:
            return self._beside(decision, content)
        event = self._event()
        full = event is not Event.UNCLEAR and self._notes_are_full()
        # No state changes without a note that says why.
        event = Event.UNCLEAR if full else event
        # Sent before: the worker ended between the reply and its note.
        before = event is Event.DATA and self._was_sent()
        sent = event is Event.DATA and not before and self._may_send()
        conditions: set[Condition] = {"sent"} if sent or before else set()
        conditions |= {"auto"} if self._mode is Mode.AUTO else set()
        conditions |= {"settle"} if self._policy.settle != "propose" else set()
        row = transition(event, self._state, conditions)
        if event is Event.WORKS and not row.review and row.target is None:
            # A word of thanks on a settled ticket.
            return decision
        after = row.target if row.target is not None else self._state
        review = row.review or self._answer.asks
        add, remove = state_tags(self._state, after)
        add |= {TAG_FOUND, TAG_CLIENT_ANSWERED} if review else {TAG_FOUND}
        solve = event is Event.WORKS and after is State.SETTLED and self._policy.settle == "solve" and not review
        if event is Event.UNCLEAR:
            change = Step(kind="tags", add_tags=add, remove_tags=remove, covers=self._covers)
            made = merged(decision, self._ticket, change, self._spoken.language)
            cap = (GuardName.NOTES_CAP(limit=self._policy.notes_per_day, what=Detail.NOTES()),) if full else ()
            return made.model_copy(update={"guards": (*made.guards, *cap)})
        step = Step(
            kind="note", add_tags=add, remove_tags=remove, covers=self._covers, status="solved" if solve else None
        )
        follow_up = FollowUp(
            event=event,
            before=self._state,
            after=after,
            proposed=proposed(row, self._state),
            review=review,
            sent=sent or before,
            evidence=self._answer.evidence,
        )
        return self._planned(decision, (*((self._reply(),) if sent else ()), step), follow_up)

    def _beside(self, decision: Decision, content: list[Step]) -> Decision:
        """A reply or a note is due anyway, and deals with these words; where nobody answers them, a person does."""
        assert decision.plan is not None  # noqa: S101 - it has content
        answered = any(step.kind == "reply" for step in content)
        tags = frozenset() if answered else frozenset((TAG_CLIENT_ANSWERED,))
        last = content[-1]
        changed = last.model_copy(update={"add_tags": last.add_tags | tags, "covers": last.covers | self._covers})
        steps = tuple(changed if step is last else step for step in decision.plan.steps)
        return decision.model_copy(update={"plan": decision.plan.model_copy(update={"steps": steps})})

    def _event(self) -> Event:
        answer = self._answer
        machine = any(g.name is GuardName.MACHINE for g in self._guards())
        if machine or _is_old(self._ticket, answer, self._policy.fresh_hours):
            return Event.UNCLEAR
        if answer.says == "works" and self._reports_an_error():
            return Event.UNCLEAR
        if answer.says != "unclear":
            return _EVENTS[answer.says]
        return Event.DATA if self._news else Event.UNCLEAR

    def _reports_an_error(self) -> bool:
        ids = set(self._answer.comment_ids)
        told = [e for finding in self._detection.reported for e in finding.evidence]
        return any(evidence.place.comment_id in ids for evidence in (*told, *self._detection.unknown))

    def _notes_are_full(self) -> bool:
        return notes_in_a_day(self._ticket, requested=False) >= self._policy.notes_per_day

    def _guards(self) -> tuple[Reason, ...]:
        return tuple(
            guards_of(self._ticket, replies_per_day=self._policy.replies_per_day, messaging=self._policy.messaging)
        )

    def _may_send(self) -> bool:
        """Whether the completed draft goes out by itself: after a reply of ours, once, where nothing is left open."""
        slug = self._lead.error.slug if self._lead else ""
        done = standing(self._ticket, (slug, COMPLETED))
        return (
            self._mode is Mode.AUTO
            and self._kind in OWNERS
            and self._state is State.AWAITING_OWNER
            and not self._app.partner
            and not self._app.missing
            and self._answer.plain
            and ("reply", slug) in done
            and ("reply", COMPLETED) not in done
            and self._policy.room_for_reply
            and not (self._lead and is_paused(self._lead.error, self._ticket, self._policy))
            and not self._guards()
        )

    def _was_sent(self) -> bool:
        return ("reply", COMPLETED) in standing(self._ticket, (COMPLETED,)) and not client_waits(self._ticket)

    def _reply(self) -> Step:
        pending = self._policy.pending_after_reply and self._ticket.status in ("new", "open")
        step = Step(
            kind="reply",
            marker=_REPLIED_COMPLETED,
            add_tags=frozenset((TAG_FOUND, _REPLIED_COMPLETED)),
            status="pending" if pending else None,
            custom_status_id=self._policy.pending_status if pending else None,
        )
        return for_owner(step, self._ticket, self._app, self._policy)

    def _planned(self, decision: Decision, steps: tuple[Step, ...], follow_up: FollowUp) -> Decision:
        if decision.plan:
            # Tags and routing that are due anyway go with the first update.
            first, *others = steps
            kept = first.model_dump(include={"kind", "marker", "status", "custom_status_id", "cc"})
            steps = (joined(decision.plan.steps[0].model_copy(update=kept), first), *others)
        plan = Plan(
            ticket_id=self._ticket.id,
            kind=self._kind,
            language=self._spoken.language,
            language_reasons=self._spoken.reasons,
            lead=self._lead,
            app=self._app,
            news=self._news,
            follow_up=follow_up,
            steps=steps,
        )
        return decided(decision, plan)


def _rank(kind: ReplyKind) -> int:
    return ("owner_escalation", "owner_ticket", "remedy", "draft", "unread").index(kind)


def _news(ticket: Ticket, app: AppFacts, answer: ClientAnswer) -> tuple[str, ...]:
    """The values that the answer brings: in the client's words now, and in none of ours before."""
    first = next(place for place, c in enumerate(ticket.comments) if c.id == answer.comment_ids[0])
    ours = "\n".join(_text(c) for c in ticket.comments[1:first] if is_ours(c, ticket))
    return tuple(
        name
        for name in _ASKED
        if (value := getattr(app, name)) and value in answer.values and app.sources[name] == "ticket text"
        if value not in ours
    )


def _is_old(ticket: Ticket, answer: ClientAnswer, hours: int) -> bool:
    written = [_aware(c.created_at) for c in ticket.comments if c.id in answer.comment_ids and c.created_at]
    changed = last_change(ticket)
    return bool(written) and changed is not None and changed - max(written) > timedelta(hours=hours)


def _aware(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _text(comment: Comment) -> str:
    return comment.plain_body or comment.body
