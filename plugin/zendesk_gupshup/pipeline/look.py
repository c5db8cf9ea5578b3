"""The pure half of the path: what a ticket reports, what should change, and every byte that would be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from zendesk_gupshup.attachments.reader import FileReader, less_certain_in_pictures
from zendesk_gupshup.decide.account import app_facts
from zendesk_gupshup.decide.backfill_policy import BackfillPolicy, apply_backfill_policy
from zendesk_gupshup.decide.decision import decide, shadow_plan
from zendesk_gupshup.decide.follow_up import with_follow_up
from zendesk_gupshup.decide.guards import SILENCING
from zendesk_gupshup.decide.incidents import with_incident
from zendesk_gupshup.decide.language import language_of
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.decide.prior_writes import (
    as_own,
    draft_requested,
)
from zendesk_gupshup.decide.reminders import with_reminder
from zendesk_gupshup.decide.send_request import with_send
from zendesk_gupshup.decide.unread_files import with_unread
from zendesk_gupshup.detect import detect
from zendesk_gupshup.detect.provenance import less_certain_at_second_hand
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Detection
from zendesk_gupshup.model.plan import AppFacts, Decision, Mode, Plan, Step
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.prefilled_link import GupshupDesk
from zendesk_gupshup.render.updates import render


@dataclass(frozen=True)
class BrandRules:
    """What differs on the tickets of one brand: how far it goes, its texts, its signature and its link."""

    cap: Mode
    templates: Templates
    desk: GupshupDesk


@dataclass(frozen=True)
class Brain:
    """All that deciding and wording need, loaded and checked once."""

    dictionary: Dictionary
    templates: Templates
    policy: Policy = field(default_factory=Policy)
    desk: GupshupDesk = field(default_factory=GupshupDesk)
    files: FileReader = field(default_factory=FileReader)
    # How gently old tickets are treated; none for tickets as they come in.
    backfill: BackfillPolicy | None = None
    # By the brand's id.
    brands: Mapping[int, BrandRules] = field(default_factory=dict)

    def of(self, ticket: Ticket) -> Brain:
        """The brain for this ticket's brand. A brand only ever narrows the cap."""
        rules = self.brands.get(ticket.brand_id or 0)
        if rules is None:
            return self
        cap = min(self.policy.cap, rules.cap, key=lambda mode: mode.rank)
        policy = self.policy.model_copy(update={"cap": cap})
        return replace(self, policy=policy, templates=rules.templates, desk=rules.desk, brands={})


@dataclass(frozen=True)
class Assessment:
    """What a ticket reports, and what should change under a policy. Detection is made once for each look; what becomes
    known later (an owner, a full quota) changes the decision alone."""

    ticket: Ticket
    detection: Detection
    policy: Policy
    app: AppFacts
    # The client's, whether or not anything is written.
    language: Language
    # By the codes alone, and with unread files and the care for old tickets.
    by_codes: Decision
    decision: Decision

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.decision.plan.steps if self.decision.plan else ()


@dataclass(frozen=True)
class Look:
    """What one look at a ticket gives: nothing is written yet."""

    ticket: Ticket
    detection: Detection
    decision: Decision
    updates: tuple[Update, ...]
    # What would have been planned with every code on `auto`.
    shadow: Plan | None
    language: Language
    app: AppFacts

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


def assess(ticket: Ticket, brain: Brain) -> Assessment:
    """What this ticket, with the texts of its files, reports and should become."""
    brain = brain.of(ticket)
    own = as_own(ticket, inherit_off=brain.policy.inherit_off)
    detection = detect(own, brain.dictionary, draft_requested=draft_requested(own))
    detection = less_certain_in_pictures(detection, own)
    detection = less_certain_at_second_hand(detection, own)
    return _decided(ticket, own, detection, brain, brain.policy)


def reassess(
    assessment: Assessment, brain: Brain, *, ticket: Ticket | None = None, policy: Policy | None = None
) -> Assessment:
    """The same findings, decided once more: with more known of the ticket, or under a narrower policy."""
    ticket, policy = ticket or assessment.ticket, policy or assessment.policy
    own = as_own(ticket, inherit_off=policy.inherit_off)
    return _decided(ticket, own, assessment.detection, brain, policy)


def _decided(ticket: Ticket, own: Ticket, detection: Detection, brain: Brain, policy: Policy) -> Assessment:
    app = app_facts(own, detection.facts, policy.fields, policy.directory)
    by_codes = decide(own, detection, app, brain.dictionary, policy)
    language = language_of(own, detection, brain.dictionary, policy).language
    decision = by_codes
    if brain.backfill is None:
        # Runs over old tickets know of incidents only what pauses.
        decision = with_incident(decision, own, detection, app, brain.dictionary, policy)
    decision = with_send(decision, own, detection, app, brain.dictionary, policy)
    decision = with_unread(decision, own, detection, policy, language)
    if brain.backfill is None:
        # Nobody waits for what is made of an old answer.
        decision = with_follow_up(decision, own, detection, app, brain.dictionary, policy)
        decision = with_reminder(decision, own, detection, app, brain.dictionary, policy)
    else:
        decision = apply_backfill_policy(decision, own, brain.backfill)
    return Assessment(ticket, detection, policy, app, language, by_codes, _without_idle_steps(decision, ticket))


def look_of(assessment: Assessment, brain: Brain) -> Look:
    """The assessment in words: every byte that would be written, and what would be planned on `auto`."""
    ticket, detection, decision = assessment.ticket, assessment.detection, assessment.decision
    brain = brain.of(ticket)
    own = as_own(ticket, inherit_off=brain.policy.inherit_off)
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
    return Look(
        ticket=ticket,
        detection=detection,
        decision=decision,
        updates=updates,
        shadow=shadow_plan(assessment.by_codes, own, detection, assessment.app, brain.dictionary, assessment.policy),
        language=decision.plan.language if decision.plan else assessment.language,
        app=assessment.app,
    )


def look_at(ticket: Ticket, brain: Brain) -> Look:
    """The pure half as a whole, for a ticket of which no more is asked."""
    return look_of(assess(ticket, brain), brain)


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
