"""Who may see which ticket, and who may write: role x restriction x ticket."""

from __future__ import annotations

from typing import Any

import pytest

from zendesk_gupshup.app.access import AppUser, Restriction, TicketPlace, may_open, may_see, user_of

ME = 42
TICKETS = {
    "all mine": TicketPlace(group_id=5, assignee_id=ME, organization_id=7),
    "my group's": TicketPlace(group_id=6, assignee_id=1, organization_id=8),
    "my organization's": TicketPlace(group_id=9, assignee_id=1, organization_id=7),
    "a stranger's": TicketPlace(group_id=9, assignee_id=1, organization_id=8),
    "nobody's": TicketPlace(),
}
# Each word is a ticket that may be seen; the admin's restriction does not count.
MATRIX: dict[tuple[str, Restriction], set[str]] = {
    ("admin", "none"): set(TICKETS),
    ("admin", "unknown"): set(TICKETS),
    ("admin", "assigned"): set(TICKETS),
    ("agent", "none"): set(TICKETS),
    ("agent", "groups"): {"all mine", "my group's"},
    ("agent", "assigned"): {"all mine"},
    ("agent", "organization"): {"all mine", "my organization's"},
    ("agent", "unknown"): set(),
}


@pytest.mark.parametrize("name", TICKETS)
@pytest.mark.parametrize(("role", "restriction"), MATRIX)
def test_the_matrix(role: Any, restriction: Restriction, name: str) -> None:
    user = AppUser(id=ME, role=role, restriction=restriction, group_ids=frozenset({5, 6}), organization_id=7)
    assert may_see(user, TICKETS[name]) == (name in MATRIX[role, restriction])


def test_an_agent_without_an_organization_does_not_have_the_tickets_without_one() -> None:
    assert not may_see(AppUser(id=ME, role="agent", restriction="organization"), TicketPlace())


def answer(**changed: Any) -> dict[str, Any]:
    return {"id": ME, "role": "agent", "active": True, "suspended": False, "ticket_restriction": None} | changed


ALL = {"ticket_access": "all", "ticket_editing": True}


@pytest.mark.parametrize(
    ("changed", "custom_role", "expected"),
    [
        ({}, None, ("none", True)),
        ({"role": "admin"}, None, ("none", True)),
        ({"role": "admin", "ticket_restriction": "assigned"}, None, ("none", True)),
        ({"ticket_restriction": "groups"}, None, ("groups", True)),
        ({"ticket_restriction": "assigned"}, None, ("assigned", True)),
        ({"ticket_restriction": "organization"}, None, ("organization", True)),
        ({"ticket_restriction": "requested"}, None, ("unknown", True)),
        ({"ticket_restriction": "something new"}, None, ("unknown", True)),
        # A light agent reads, and so does whoever may only write notes.
        ({"role_type": 1}, None, ("none", False)),
        ({"role_type": 3}, None, ("none", False)),
        ({"only_private_comments": True}, None, ("none", False)),
        ({}, ALL, ("none", True)),
        ({}, ALL | {"ticket_editing": False}, ("none", False)),
        ({}, ALL | {"ticket_access": "assigned-only"}, ("assigned", True)),
        ({}, ALL | {"ticket_access": "within-groups"}, ("groups", True)),
        ({}, ALL | {"ticket_access": "within-groups-and-public-groups"}, ("groups", True)),
        ({}, ALL | {"ticket_access": "within-organization"}, ("organization", True)),
        ({}, ALL | {"ticket_access": "something new"}, ("unknown", True)),
        # The narrower of the two.
        ({"ticket_restriction": "assigned"}, ALL, ("assigned", True)),
        # The role could not be read.
        ({}, {}, ("unknown", False)),
    ],
)  # fmt: skip
def test_a_user_of_zendesks(changed: dict[str, Any], custom_role: dict[str, Any] | None, expected: Any) -> None:
    user = user_of(answer(**changed), custom_role=custom_role)
    assert user is not None
    assert (user.restriction, user.may_write) == expected


@pytest.mark.parametrize(
    "changed",
    [{"role": "end-user"}, {"role": None}, {"active": False}, {"active": None}, {"suspended": True}, {"id": None}],
)
def test_who_is_no_active_agent_gets_nothing(changed: dict[str, Any]) -> None:
    assert user_of(answer(**changed)) is None


def test_the_console_is_for_admins() -> None:
    agent, admin = AppUser(id=1, role="agent"), AppUser(id=2, role="admin")
    opened = [may_open(user, place) for user in (agent, admin) for place in ("ticket_sidebar", "nav_bar")]
    assert opened == [True, False, True, True]
