"""Whether a ticket's comments have to be read, decided by what a page of tickets holds of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zendesk_gupshup.decide.prior_writes import TAG_DRAFT
from zendesk_gupshup.detect import tells_anything
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.zendesk.conversation_log import is_messaging_ticket

# By these names, too, `detect` tells that a ticket is about WhatsApp.
_NAMES = ("gupshup", "gup shup", "whats", "waba")


def needs_comments(raw_ticket: Mapping[str, Any], dictionary: Dictionary) -> bool:
    """Never false where subject and description report an error: they are read by the very rules of a full look.

    Also true where they only name Gupshup or WhatsApp, or hold what looks like a code and is none: a later comment
    may tell. A code that only a later comment of another ticket tells is passed over.
    """
    subject, description = (str(raw_ticket.get(key) or "") for key in ("subject", "description"))
    low = f"{subject}\n{description}".lower()
    if any(name in low for name in _NAMES):
        return True
    if any(str(tag).startswith(TAG_DRAFT) for tag in raw_ticket.get("tags") or ()):
        return True
    if is_messaging_ticket(raw_ticket):
        return True  # Its words stand in its conversation alone.
    return tells_anything(subject, description, dictionary)
