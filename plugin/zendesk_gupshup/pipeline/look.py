"""The pure half of the path: what a ticket reports, what should change, and every byte that would be written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zendesk_gupshup.attachments.reader import FileReader, less_certain_in_pictures
from zendesk_gupshup.decide.backfill_policy import BackfillPolicy, apply_backfill_policy
from zendesk_gupshup.decide.decision import decide
from zendesk_gupshup.decide.guards import SILENCING
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.decide.prior_writes import (
    as_own,
    draft_requested,
)
from zendesk_gupshup.decide.unread_files import with_unread
from zendesk_gupshup.detect import detect
from zendesk_gupshup.detect.provenance import less_certain_at_second_hand
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.finding import Detection
from zendesk_gupshup.model.plan import Decision
from zendesk_gupshup.model.retryable import RetryableReason
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import Update
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.updates import GupshupDesk, render


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
