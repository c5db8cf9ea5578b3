"""The mark by which an object in Zendesk is known as ours: a stable key in square brackets, in its description. Pure.

Titles are the admin's to change and ids differ from account to account; the mark stays, also over a restart half-way.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"\[zendesk-gupshup:([a-z0-9]+(?:[/._-][a-z0-9]+)*)\]")


def mark(key: str) -> str:
    """`[zendesk-gupshup:trigger/new-ticket]`."""
    return f"[zendesk-gupshup:{key}]"


def key_of(text: object) -> str | None:
    """The key of the first mark in a text."""
    found = _MARK.search(text) if isinstance(text, str) else None
    return found[1] if found else None


def marked(text: object, key: str) -> str:
    """The text with this mark at its end, in place of any that it had."""
    plain = _MARK.sub("", text).strip() if isinstance(text, str) else ""
    return f"{plain} {mark(key)}".strip()
