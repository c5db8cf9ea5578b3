"""An agent's one click: the tag `gupshup_send` sends the reply that our note proposes, as it would now be worded. Pure.

The agent's eye takes the place of what makes a reply wait for one: mode, certainty, age, second-hand words, an earlier
answer. All else keeps it back, and so does whatever has changed since the note; then a note says so and proposes anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_gupshup.detect.answers import client_wrote
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.finding import Confidence, Detection, Finding
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import AppFacts, Decision, Mode, Plan, ReplyKind, Step
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Comment, Ticket

from .agent_replies import sent_by_hand
from .guards import SILENCING, STOPPING, TAG_HELD_BACK, guards_of, notes_in_a_day
from .language import language_of
from .merging import decided, joined
from .policy import Policy, kind_of, may_write, mode_of
from .prior_writes import TAG_SEND, in_comments, is_ours, is_proposal, is_requested_note, standing
from .reminder_request import with_reminder_request
from .steps import TAG_CLIENT_ANSWERED, TAG_FOUND, for_owner, noted_tag, replied_tag

# The proof of a reply on a ticket without a code.
_NO_CODE = "draft"
_KINDS: tuple[ReplyKind, ...] = ("owner_escalation", "owner_ticket", "remedy")


def with_send(
    decision: Decision, ticket: Ticket, detection: Detection, app: AppFacts, dictionary: Dictionary, policy: Policy
) -> Decision:
    """The decision with the reply that an agent asks to send, or with the note that refuses it."""
    silenced = any(guard.name in SILENCING for guard in decision.guards)
    if TAG_SEND not in ticket.tags or silenced or not may_write(policy):
        return decision
    content = [step for step in decision.plan.steps if step.kind != "tags"] if decision.plan else []
    if any(step.kind == "reply" for step in content):
        # It goes out by itself.
        return _without_request(decision)
    reminder = with_reminder_request(decision, ticket, detection, app, dictionary, policy)
    return reminder or _Request(ticket, detection, app, dictionary, policy).on(decision, noted=bool(content))


class _Request:
    """One click, the note that it is about, and the codes of that note."""

    def __init__(
        self, ticket: Ticket, detection: Detection, app: AppFacts, dictionary: Dictionary, policy: Policy
    ) -> None:
        self._ticket, self._detection, self._app, self._policy = ticket, detection, app, policy
        self._place = max((n for n, c in enumerate(ticket.comments) if n and _proposes(c, ticket)), default=0)
        self._note = ticket.comments[self._place] if self._place else None
        self._proposed = self._codes_of_note(dictionary)
        reported = [
            f
            for f in detection.reported
            if _is_failure(f, dictionary)
            # A code that an admin only observes is no news.
            and (f.error.slug in self._proposed or mode_of(f, dictionary, policy) is not Mode.OBSERVE)
        ]
        self._findings = self._found(reported, dictionary)
        self._lead = min(self._findings, key=lambda f: _KINDS.index(kind_of(f, dictionary)), default=None)
        self._kind: ReplyKind = kind_of(self._lead, dictionary) if self._lead else "draft"
        self._spoken = language_of(ticket, detection, dictionary, policy, self._findings)
        self._reported = {finding.error.slug for finding in reported}

    def on(self, decision: Decision, *, noted: bool) -> Decision:
        reasons = tuple(dict.fromkeys(self._reasons()))
        if not reasons and noted:
            # What is new on the ticket asks for a note first.
            reasons = (GuardName.CODES_CHANGED(),)
        if not reasons:
            return self._planned(decision, self._reply(), refused=False, guards=decision.guards)
        if noted:
            refused = _without_request(decision)
            assert refused.plan is not None  # noqa: S101 - it has a note
            plan = refused.plan.model_copy(update={"send_refused": True})
            return refused.model_copy(update={"plan": plan, "guards": reasons})
        if notes_in_a_day(self._ticket, requested=True) >= self._policy.notes_per_day:
            cap = GuardName.NOTES_CAP(limit=self._policy.notes_per_day, what=Detail.REQUESTED_DRAFTS())
            return decision.model_copy(update={"guards": (*decision.guards, cap)})
        return self._planned(decision, self._refusal(), refused=True, guards=reasons)

    def _codes_of_note(self, dictionary: Dictionary) -> frozenset[str]:
        if self._note is None:
            return frozenset()
        slugs = [entry.error.slug for entry in dictionary.entries if not entry.success]
        alone = self._ticket.model_copy(update={"comments": (self._ticket.comments[0], self._note)})
        # A note about a code that the dictionary lacks proposes a reply about none.
        return frozenset(slug for deed, slug in in_comments(alone, slugs) if deed == "note").intersection(slugs)

    def _found(self, reported: list[Finding], dictionary: Dictionary) -> tuple[Finding, ...]:
        """The findings that the note is about; a code that an agent named for it has no words on the ticket."""
        if self._note is None:
            return tuple(reported)
        found = [f for f in reported if f.error.slug in self._proposed]
        lacking = self._proposed - {f.error.slug for f in found} if is_requested_note(self._note) else frozenset()
        named = [
            Finding(error=entry.error, confidence=Confidence.LIKELY, evidence=())
            for entry in dictionary.entries
            if entry.error.slug in lacking
        ]
        return (*named, *found)

    def _reasons(self) -> Iterator[Reason]:
        policy = self._policy
        for guard in guards_of(self._ticket, replies_per_day=policy.replies_per_day, messaging=policy.messaging):
            if guard.name in STOPPING:
                yield guard
        if not policy.room_for_reply:
            yield GuardName.HOURLY_CAP()
        slug = self._lead.error.slug if self._lead else _NO_CODE
        if ("reply", slug) in standing(self._ticket, (slug,)):
            yield GuardName.ALREADY_REPLIED(error=str(self._lead.error) if self._lead else slug, proof=())
        if self._note is None:
            yield GuardName.NOTHING_PROPOSED()
            return
        later = [c for c in self._ticket.comments[self._place + 1 :] if c.public]
        if any(client_wrote(self._ticket, comment) for comment in later):
            yield GuardName.CLIENT_WROTE()
        # A refusal proposes the reply anew: an agent who sent it by hand before must not send it twice.
        if any(not client_wrote(self._ticket, comment) for comment in later) or sent_by_hand(self._ticket, self._note):
            yield GuardName.AGENT_ANSWERED()
        if {finding.error.slug for finding in self._findings} != self._proposed or self._reported - self._proposed:
            yield GuardName.CODES_CHANGED()

    def _reply(self) -> Step:
        pending = self._policy.pending_after_reply and self._ticket.status in ("new", "open")
        marker = replied_tag(self._lead.error) if self._lead else f"gupshup_replied__{_NO_CODE}"
        done = {f.error.tag for f in self._findings} | {replied_tag(f.error) for f in self._findings}
        gone = frozenset((TAG_HELD_BACK, TAG_CLIENT_ANSWERED)).intersection(self._ticket.tags)
        step = Step(
            kind="reply",
            marker=marker,
            add_tags=frozenset({TAG_FOUND, marker, *done}),
            remove_tags=gone | {TAG_SEND},
            status="pending" if pending else None,
            custom_status_id=self._policy.pending_status if pending else None,
        )
        if self._kind not in ("owner_escalation", "owner_ticket"):
            return step
        return for_owner(step, self._ticket, self._app, self._policy)

    def _refusal(self) -> Step:
        noted = {noted_tag(f.error) for f in self._findings} | {f.error.tag for f in self._findings}
        return Step(kind="note", add_tags=frozenset({TAG_FOUND, *noted}), remove_tags=frozenset((TAG_SEND,)))

    def _planned(self, decision: Decision, step: Step, *, refused: bool, guards: tuple[Reason, ...]) -> Decision:
        step = joined(step, decision.plan.steps[0]) if decision.plan else step
        plan = Plan(
            ticket_id=self._ticket.id,
            kind=self._kind,
            language=self._spoken.language,
            language_reasons=self._spoken.reasons,
            lead=self._lead,
            others=tuple(f for f in self._findings if f is not self._lead),
            answered=() if refused else self._findings,
            app=self._app,
            send_refused=refused,
            steps=(step,),
        )
        return decided(decision.model_copy(update={"guards": guards}), plan)


def _proposes(comment: Comment, ticket: Ticket) -> bool:
    return not comment.public and is_ours(comment, ticket) and is_proposal(comment)


def _is_failure(finding: Finding, dictionary: Dictionary) -> bool:
    entry = dictionary.get(finding.error)
    return entry is not None and not entry.success


def _without_request(decision: Decision) -> Decision:
    assert decision.plan is not None  # noqa: S101 - it has content
    first, *others = decision.plan.steps
    first = first.model_copy(update={"remove_tags": first.remove_tags | {TAG_SEND}})
    return decision.model_copy(update={"plan": decision.plan.model_copy(update={"steps": (first, *others)})})
