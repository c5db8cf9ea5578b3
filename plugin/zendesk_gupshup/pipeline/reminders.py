"""When reminders of owners may be written at all, and what a visit has done about them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from zendesk_gupshup.decide.office_time import is_open
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.decide.prior_writes import marks_reminder
from zendesk_gupshup.decide.reminders import OVER
from zendesk_gupshup.decide.states import state_of
from zendesk_gupshup.model.follow_up import TAG_OWNER_SILENT, State

from .handling import Outcome

# `noted`: a note in place of one; `over`: the note after the last one; `stopped`: the client has answered.
Reminded = Literal["sent", "noted", "over", "stopped"]


def may_remind(policy: Policy, at: datetime) -> bool:
    """Whether there are reminders, and the hours are those in which they are written."""
    return bool(policy.remind_after) and is_open(policy.office, at)


def reminded(outcome: Outcome, policy: Policy) -> Iterator[Reminded]:
    """What a visit has done: by the markers of what it wrote, and by the answer that it dealt with."""
    for write in outcome.writes:
        if marks_reminder(write.marker):
            over = (write.marker or "").endswith(OVER)
            yield "over" if over else "sent" if write.kind == "reply" else "noted"
    if policy.remind_after and _is_answered(outcome):
        yield "stopped"


def _is_answered(outcome: Outcome) -> bool:
    """Whether this visit dealt with words of a client whose owner was waited for."""
    plan = outcome.look.decision.plan if outcome.look else None
    if outcome.look is None or plan is None or not outcome.writes:
        return False
    waited = state_of(outcome.look.ticket) is State.AWAITING_OWNER and TAG_OWNER_SILENT not in outcome.look.ticket.tags
    return waited and any(slug.startswith("answer_") for step in plan.steps for slug in step.covers)
