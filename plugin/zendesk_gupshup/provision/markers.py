"""The marker of our objects in Zendesk: a stable key in square brackets in the description. Pure.

Admins may change titles, and ids differ between accounts. The marker stays, even if a run is killed half-way.
"""

from __future__ import annotations

import re

_MARKER = re.compile(r"\[zendesk-gupshup:([a-z0-9]+(?:[/._-][a-z0-9]+)*)\]")


def marker(key: str) -> str:
    """`[zendesk-gupshup:trigger/new-ticket]`."""
    return f"[zendesk-gupshup:{key}]"


def key_of(text: object) -> str | None:
    """The key of the first marker in the text."""
    found = _MARKER.search(text) if isinstance(text, str) else None
    return found[1] if found else None


def marked(text: object, key: str) -> str:
    """The text with this marker at its end, in place of any earlier one."""
    plain = _MARKER.sub("", text).strip() if isinstance(text, str) else ""
    return f"{plain} {marker(key)}".strip()
