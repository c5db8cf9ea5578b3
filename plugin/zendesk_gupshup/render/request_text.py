"""The request to Gupshup, in the client's language or in the one that the settings name."""

from __future__ import annotations

from .catalogue import Templates
from .context_types import Request, View
from .markdown import to_text


def request_text(templates: Templates, seen: View) -> Request:
    """`seen`: the values in the language of the request."""
    subject, _, description = to_text(templates.text("request", seen)).strip().partition("\n")
    name = "_message_401" if seen.kind == "owner_escalation" else "_message"
    return Request(
        subject=subject,
        lines=tuple(description.strip().split("\n")),
        message=" ".join(to_text(templates.block("request", name, seen)).split()),
    )
