"""What a user may see and do: his role, and his restriction to some tickets. The token says only who he is.

What is not known is refused: of the user, of his restriction, and of the ticket.
https://developer.zendesk.com/api-reference/ticketing/users/users/#json-format-for-agent-or-admin-requests
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from zendesk_gupshup.model.base import StrictModel

from .token import Location

# `unknown`: a restriction that we do not know, which admits to no ticket.
Restriction = Literal["none", "groups", "assigned", "organization", "unknown"]

_RESTRICTIONS: Mapping[Any, Restriction] = {
    None: "none",
    "groups": "groups",
    "assigned": "assigned",
    "organization": "organization",
}
# Of a custom role. The public groups are not known to us: such an agent sees here what his own groups have.
_TICKET_ACCESS: Mapping[Any, Restriction] = {
    "all": "none",
    "assigned-only": "assigned",
    "within-groups": "groups",
    "within-groups-and-public-groups": "groups",
    "within-organization": "organization",
}
# `role_type` of a light agent, a chat agent, and a contributor: they may read and not write.
_READ_ONLY = frozenset({1, 2, 3})


class AppUser(StrictModel):
    """An agent or admin, as far as it matters here."""

    id: int
    role: Literal["agent", "admin"]
    may_write: bool = False
    restriction: Restriction = "unknown"
    group_ids: frozenset[int] = frozenset()
    organization_id: int | None = None


class TicketPlace(StrictModel):
    """Who has a ticket and whose it is: what a restriction is about."""

    group_id: int | None = None
    assignee_id: int | None = None
    organization_id: int | None = None


def user_of(
    user: Mapping[str, Any], *, group_ids: frozenset[int] = frozenset(), custom_role: Mapping[str, Any] | None = None
) -> AppUser | None:
    """The user of an answer of Zendesk's; `None` for whoever is no active agent or admin.

    `custom_role`: its `configuration`, or `{}` where it could not be read; `None` for a user without one.
    """
    role = user.get("role")
    active = user.get("active") is True and user.get("suspended") is not True
    if role not in ("agent", "admin") or not active or not isinstance(user.get("id"), int):
        return None
    light = user.get("role_type") in _READ_ONLY or user.get("only_private_comments") is True
    edits = custom_role is None or custom_role.get("ticket_editing") is True
    return AppUser(
        id=user["id"],
        role=role,
        may_write=not light and edits,
        restriction=_restriction(user, custom_role),
        group_ids=group_ids,
        organization_id=user.get("organization_id"),
    )


def may_open(user: AppUser, location: Location) -> bool:
    """Whether the user may have this page: the console is for admins."""
    return location == "ticket_sidebar" or user.role == "admin"


def may_see(user: AppUser, ticket: TicketPlace) -> bool:
    """Whether the user may see this ticket in Zendesk."""
    if user.role == "admin" or user.restriction == "none":
        return True
    if user.restriction == "groups":
        return ticket.group_id is not None and ticket.group_id in user.group_ids
    if user.restriction == "assigned":
        return ticket.assignee_id == user.id
    if user.restriction == "organization":
        return ticket.organization_id is not None and ticket.organization_id == user.organization_id
    return False


def _restriction(user: Mapping[str, Any], custom_role: Mapping[str, Any] | None) -> Restriction:
    own = _RESTRICTIONS.get(user.get("ticket_restriction"), "unknown")
    if user.get("role") == "admin":
        return "none"
    if own != "none" or custom_role is None:
        return own
    return _TICKET_ACCESS.get(custom_role.get("ticket_access"), "unknown")
