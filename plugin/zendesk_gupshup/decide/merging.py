"""What comes on top of a decision, put into its plan: tags into its first update, or an update of their own. Pure."""

from __future__ import annotations

from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import Decision, Mode, Plan, Step
from zendesk_gupshup.model.ticket import Ticket

from .agent_replies import language_of_replies
from .policy import Policy, language_of

# These no longer hold for a decision that writes something after all.
_NO_LONGER = frozenset({GuardName.NOTHING_LEFT, GuardName.OBSERVE})


def merged(decision: Decision, ticket: Ticket, change: Step, policy: Policy) -> Decision:
    """The decision with these tags in its first update, or in one of their own."""
    if decision.plan is None:
        if not (change.add_tags - set(ticket.tags) or change.remove_tags):
            return decision
        language = language_of_replies(ticket) or language_of(ticket, policy)
        plan = Plan(ticket_id=ticket.id, kind="remedy", language=language, lead=None, steps=(change,))
        return decided(decision, plan)
    first, *others = decision.plan.steps
    return decided(decision, decision.plan.model_copy(update={"steps": (joined(first, change), *others)}))


def joined(step: Step, other: Step) -> Step:
    add = step.add_tags | (other.add_tags - step.remove_tags)
    changes = {
        "add_tags": add,
        "remove_tags": (step.remove_tags | other.remove_tags) - add,
        "covers": step.covers | other.covers,
    }
    return step.model_copy(update=changes)


def decided(decision: Decision, plan: Plan) -> Decision:
    """A decision that does something after all."""
    mode = max(decision.mode, Mode.ASSIST, key=lambda mode: mode.rank)
    guards = tuple(guard for guard in decision.guards if guard.name not in _NO_LONGER)
    return decision.model_copy(update={"mode": mode, "plan": plan, "guards": guards})
