"""The text of the escalation macro: our reply to a refused API key, with Zendesk's placeholders."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.base import Language
from zendesk_gupshup.render.catalogue import Templates
from zendesk_gupshup.render.context import view
from zendesk_gupshup.render.context_types import Files, Link, View
from zendesk_gupshup.render.lint_samples import sample
from zendesk_gupshup.render.markdown import to_html
from zendesk_gupshup.render.prefilled_link import GupshupDesk, prefilled_link
from zendesk_gupshup.render.request_text import request_text

# Stand-ins for placeholders while the text is rendered: rendering breaks `{{` up, so that a customer's text is never
# filled in by Zendesk, but these two must be. No dictionary and no customer contains these strings.
_FIRST_NAME = "zgqrequesterfirstname"
_TICKET_ID = 990_017_990_017


def escalation_html(templates: Templates, dictionary: Dictionary, desk: GupshupDesk, language: Language) -> str:
    """The public reply about a refused API key (401) for any ticket: only the client's name is known.

    The facts of the ticket follow in the note that the macro's tag requests.
    """
    seen = _about_any_ticket(dictionary, desk, language)
    requested = desk.request_language or language
    request = request_text(templates, _about_any_ticket(dictionary, desk, requested))
    link = prefilled_link(desk, request.subject, "\n".join(request.lines), "", {}, language=requested)
    seen = replace(
        seen,
        request=request,
        link=Link(url=Markup(link.url), shortened=False),  # noqa: S704 - percent-encoded by `prefilled_link`
    )
    html = to_html(templates.text("reply", seen), language)
    return html.replace(_FIRST_NAME, "{{ticket.requester.first_name}}").replace(str(_TICKET_ID), "{{ticket.id}}")


def _about_any_ticket(dictionary: Dictionary, desk: GupshupDesk, language: Language) -> View:
    one = sample("owner_escalation", language, dictionary, knowing="nothing")
    seen = view(one.plan, one.ticket, one.detection, dictionary, desk, language, for_client=True)
    error = replace(seen.error, quotes=(), more_quotes=0, against=()) if seen.error else None
    return replace(
        seen, client=_FIRST_NAME, ticket_id=_TICKET_ID, error=error, others=(), missing=(), times=(), message_ids=(),
        quotes=(), secrets=(), unread=(), guards=(), reported_at="", files=Files(),
    )  # fmt: skip
