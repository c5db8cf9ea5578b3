"""The texts about an incident: the reply that asks nobody to act, and the note that says why."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.model.finding import Detection
from zendesk_gupshup.model.plan import Plan
from zendesk_gupshup.model.reason import Reason
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.model.write import Update

from .catalogue import Templates
from .context import view
from .context_types import Reply
from .markdown import to_html
from .prefilled_link import GupshupDesk

KIND = "incident"
# Stands in for the proposed reply while the note is Markdown.
_PROPOSED = Markup("zendesk-gupshup:proposed-reply")


def incident_updates(
    plan: Plan,
    ticket: Ticket,
    detection: Detection,
    dictionary: Dictionary,
    templates: Templates,
    desk: GupshupDesk,
    note_language: Language,
    guards: tuple[Reason, ...],
) -> tuple[Update, ...]:
    """Each step with its words. A reply that does not go out by itself stands in the note, ready to copy or to send."""
    told = view(plan, ticket, detection, dictionary, desk, plan.language, for_client=True)
    reply = to_html(templates.text("reply", replace(told, kind=KIND)), plan.language)
    seen = view(plan, ticket, detection, dictionary, desk, note_language, for_client=False, guards=guards)
    sent = plan.incident is not None and plan.incident.sent
    proposed = Markup("") if sent else _PROPOSED
    note = templates.text("note", replace(seen, kind=KIND, reply=Reply(sent=sent, proposed=proposed)))
    blocks = ((str(_PROPOSED), f"<blockquote>{reply}</blockquote>"),)
    html = {"reply": reply, "note": to_html(note, note_language, blocks)}
    return tuple(Update(step=step, html_body=html.get(step.kind), public=step.kind == "reply") for step in plan.steps)
