"""The views: every state of a ticket stands in one of them."""

from __future__ import annotations

from collections.abc import Iterator

from zendesk_gupshup.decide.guards import TAG_OFF
from zendesk_gupshup.decide.incidents import TAG_INCIDENT, TAG_KNOWN_INCIDENT
from zendesk_gupshup.decide.steps import (
    TAG_AT_GUPSHUP,
    TAG_AWAITING_OWNER,
    TAG_CLIENT_ANSWERED,
    TAG_FOUND,
    TAG_SETTLED,
    TAG_UNKNOWN,
)
from zendesk_gupshup.provision.markers import marker

from .kinds import Json

STATES = (
    (TAG_AWAITING_OWNER, "Awaiting the account owner"),
    (TAG_AT_GUPSHUP, "Reported to Gupshup by the owner"),
    (TAG_SETTLED, "Settled"),
)


def views(prefix: str) -> Iterator[tuple[str, str, Json]]:
    """Key, title and body of each."""
    live = {"field": "status", "operator": "less_than", "value": "solved"}
    for name, title, every, some in (
        ("awaiting-owner", "waiting for the owner", [_has(TAG_AWAITING_OWNER)], []),
        ("at-gupshup", "reported to Gupshup", [_has(TAG_AT_GUPSHUP)], []),
        ("settled", "settled, to be solved", [_has(TAG_SETTLED)], []),
        # In no state, or the client has answered and nobody him.
        (
            "needs-review",
            "needs review",
            [_has(TAG_FOUND), _lacks(TAG_OFF)],
            [_lacks(*(tag for tag, _ in STATES)), _has(TAG_CLIENT_ANSWERED)],
        ),
        ("unknown-codes", "unknown codes", [_has(TAG_UNKNOWN)], []),
        ("incidents", "known incidents", [_has(TAG_INCIDENT, TAG_KNOWN_INCIDENT)], []),
    ):
        key = f"view/{name}"
        body = {"description": marker(key), "active": True, "all": [live, *every], "any": some}
        yield key, f"{prefix}: {title}", body


def _has(*tags: str) -> Json:
    """At least one of them."""
    return {"field": "current_tags", "operator": "includes", "value": " ".join(tags)}


def _lacks(*tags: str) -> Json:
    return {"field": "current_tags", "operator": "not_includes", "value": " ".join(tags)}
