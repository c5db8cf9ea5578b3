"""Whether a ticket's comments have to be read: whether what a page of tickets holds of it leaves a doubt. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zendesk_gupshup.decide.guards import SILENCING, guards_of
from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.decide.prior_writes import TAG_DRAFT, TAG_SEND, as_own, origin_matters
from zendesk_gupshup.detect import tells_anything
from zendesk_gupshup.dictionary import Dictionary
from zendesk_gupshup.model.ticket import Ticket
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


def is_silenced(ticket: Ticket, policy: Policy) -> bool:
    """Whether nothing is written to a ticket, whatever its comments say: it is closed, it or its client is switched
    off, or its brand or form is none of ours. `ticket` is without comments.

    Never true where an agent asks for something, or where the tags may be another ticket's: comments and audits tell.
    """
    if any(tag.startswith((TAG_DRAFT, TAG_SEND)) for tag in ticket.tags) or origin_matters(ticket):
        return False
    guards = guards_of(
        as_own(ticket, inherit_off=policy.inherit_off),
        replies_per_day=policy.replies_per_day,
        messaging=policy.messaging,
        brands=policy.brands,
        forms=policy.forms,
    )
    return any(guard.name in SILENCING for guard in guards)
