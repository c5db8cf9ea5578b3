"""How people and Gupshup name a code."""

from __future__ import annotations

from zendesk_gupshup.decide.policy import REFUSED_KEY
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.finding import ErrorCode, Finding


def error_name(error: ErrorCode) -> str:
    """`HTTP 401`, `Gupshup 1003`, `Meta 131049`: how people name a code, with whose it is."""
    maker = {
        "gupshup": "Gupshup",
        "gupshup_http": "HTTP",
        "gupshup_enterprise": "Gupshup Enterprise",
        "meta": "Meta",
        "meta_onprem": "WhatsApp On-Premises",
    }[error.namespace]
    return f"{maker} {error.code}"


def error_type(finding: Finding, dictionary: Dictionary) -> str:
    """What stands under `Error Type` in a request to Gupshup, in English as Gupshup's own words are."""
    if finding.error == REFUSED_KEY:
        return "HTTP 401 Unauthorized (Persistent after refreshing API Key)"
    entry = dictionary.get(finding.error)
    name = error_name(finding.error)
    if entry is None:
        return name
    if finding.error.namespace == "gupshup_http":  # as HTTP writes it: `HTTP 403 Forbidden`
        return entry.title if entry.title.startswith("HTTP") else f"{name} {entry.title}"
    return f"{name}: {entry.title}"
