"""What comes on top of a decision, put into its plan: tags into its first update, or an update of their own. Pure."""

from __future__ import annotations

from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.plan import Decision, Mode, Plan, Step
from zendesk_gupshup.model.ticket import Ticket

# These no longer hold for a decision that writes something after all.
_NO_LONGER = frozenset({GuardName.NOTHING_LEFT, GuardName.OBSERVE})


def merged(decision: Decision, ticket: Ticket, change: Step, language: Language) -> Decision:
    """The decision with these tags in its first update, or in one of their own, of `language`."""
    if decision.plan is None:
        if not (change.add_tags - set(ticket.tags) or change.remove_tags):
            return decision
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
