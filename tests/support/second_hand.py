"""Tickets with words at second hand: written by staff, quoted by a merge, or out of a transcript."""

from __future__ import annotations

from typing import Any

from zendesk_gupshup.decide.policy import Policy
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.ticket import Ticket
from zendesk_gupshup.pipeline import Brain, Look, look_at
from zendesk_gupshup.render.catalogue import Templates

CLIENT, AGENT, US = 1, 3, 900
REPORT = "Gupshup answers 401 Authentication Failed to every call."
MERGE = {"channel": "web", "source": {"rel": "merge", "from": {"ticket_ids": [5]}}}


def ticket(*comments: dict[str, Any], **more: Any) -> Ticket:
    """A client's ticket; each comment public and by the client where it says nothing else."""
    numbered = [{"id": 11 + n, "author_id": CLIENT, **given} for n, given in enumerate(comments)]
    people = {
        CLIENT: {"id": CLIENT, "name": "Ada Obi", "email": "ada@example.com", "locale": more.pop("locale", "en-US")},
        AGENT: {"id": AGENT, "name": "Grace", "role": "agent"},
        US: {"id": US, "name": "Gupshup assistant", "role": "admin"},
    }
    raw = {"id": 7, "subject": "Help", "requester_id": CLIENT, "our_user_id": US, "comments": numbered, "users": people}
    return Ticket.model_validate(raw | more)


def look(of: Ticket, **policy: Any) -> Look:
    dictionary = load()
    return look_at(of, Brain(dictionary, Templates.load(dictionary=dictionary), Policy(**policy)))
