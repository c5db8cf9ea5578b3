"""What the texts after the first reply see of a plan, beside what all texts see."""

from __future__ import annotations

from zendesk_gupshup.model.plan import Plan

from .context_types import IncidentView, ReminderView


def reminder_view(plan: Plan) -> ReminderView | None:
    told = plan.reminder
    if told is None:
        return None
    since = f"{told.since:%Y-%m-%d}" if told.since else ""
    return ReminderView(number=told.number, sent=told.sent, over=told.over, past=told.past, since=since)


def incident_view(plan: Plan) -> IncidentView | None:
    return IncidentView(plan.incident.problem_id or 0, plan.incident.linked) if plan.incident else None
