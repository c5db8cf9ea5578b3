"""Old tickets with more care: fewer notes, no routing of what is solved, and no request of an agent used up. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import Decision, Step
from zendesk_gupshup.model.ticket import Ticket

# Tags that say what a step did besides tagging; without the step they would be untrue.
_DEEDS = ("gupshup_replied__", "gupshup_noted__", "gupshup_state__")


@dataclass(frozen=True)
class BackfillPolicy:
    """`notes`: whether notes are written. Whether replies are is the policy's `cap`."""

    notes: bool = False


def apply_backfill_policy(decision: Decision, ticket: Ticket, care: BackfillPolicy) -> Decision:
    """The decision for an old ticket. A note that is not wished leaves its tags and its routing behind."""
    plan = decision.plan
    if plan is None:
        return decision
    steps = plan.steps if care.notes else _without_notes(plan.steps, ticket)
    if ticket.status == "solved":
        # Whoever solved it is done with it: it is found by its tags, and moved to nobody's list.
        steps = tuple(step.model_copy(update={"group": None, "priority": None, "status": None}) for step in steps)
    if not steps:
        guard = GuardName.NOTHING_LEFT()
        return decision.model_copy(update={"plan": None, "guards": (*decision.guards, guard)})
    return decision.model_copy(update={"plan": plan.model_copy(update={"steps": steps})})


def _without_notes(steps: tuple[Step, ...], ticket: Ticket) -> tuple[Step, ...]:
    kept = tuple(step for step in steps if step.kind == "reply")
    if kept:
        return kept
    tags = frozenset(tag for step in steps for tag in step.add_tags if not tag.startswith(_DEEDS))
    if not tags - set(ticket.tags) - ticket.inherited:
        return ()
    # An agent's request for a draft stays for the worker, which answers it with a note.
    gone = ticket.inherited - tags
    changes = {"kind": "tags", "marker": None, "add_tags": tags, "remove_tags": gone, "cc": None}
    return (steps[0].model_copy(update=changes),)
