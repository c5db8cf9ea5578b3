"""When reports are an incident: cases as data, and what holds of any reports."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zendesk_gupshup.incidents.decision import (
    Beginning,
    CodeSighting,
    IncidentRules,
    beginning,
    is_shared_mail,
    sources,
)

MINUTE, HOUR = 60, 3600
NOW = 1_000_000
RULES = IncidentRules(organizations=3, window=HOUR, silence=2 * HOUR)


def by(organization: int | None, ago: int = 0, **more: Any) -> CodeSighting:
    """A report of an organization so many seconds ago, by its own person, from its own ticket."""
    number = organization or 0
    made = CodeSighting(ticket_id=number * 1000 + ago, at=NOW - ago, organization_id=organization, requester_id=number)
    return replace(made, **more)


def stranger(domain: str, ticket_id: int = 9, **more: Any) -> CodeSighting:
    return by(None, ticket_id=ticket_id, requester_id=900 + ticket_id, domain=domain, **more)


APP = frozenset({"northalerts"})

SOURCES: dict[str, tuple[list[CodeSighting], int]] = {
    "none": ([], 0),
    "three organizations": ([by(1), by(2), by(3)], 3),
    "one organization, three tickets": ([by(1), by(1, 60), by(1, 120)], 1),
    "three organizations, one app": ([by(1, accounts=APP), by(2, accounts=APP), by(3, accounts=APP)], 1),
    "two of three share an app": ([by(1, accounts=APP), by(2), by(3, accounts=APP)], 2),
    "one person writes for three": ([by(n, requester_id=77) for n in (1, 2, 3)], 1),
    "a chain of what is shared": (
        [by(1, accounts=frozenset("ab")), by(2, accounts=frozenset("bc")), by(3, accounts=frozenset("cd"))],
        1,
    ),
    "tickets without organization are one at most": ([stranger(f"{n}.example", n) for n in range(5)], 1),
    "two organizations and a stranger": ([by(1), by(2), stranger("other.example")], 3),
    "a stranger of a counted organization's domain": (
        [by(1, own_domains=frozenset({"one.example"})), by(2), stranger("one.example")],
        2,
    ),
    "a stranger whose domain a counted person has": ([by(1, domain="one.example"), by(2), stranger("one.example")], 2),
    "a stranger with a counted app": ([by(1, accounts=APP), by(2), stranger("other.example", accounts=APP)], 2),
    "a stranger who also writes for an organization": (
        [by(1, requester_id=909), by(2), stranger("other.example")],
        2,
    ),
    "a stranger with shared mail has no domain": ([by(1), by(2), stranger("")], 2),
}


@pytest.mark.parametrize(("sightings", "count"), SOURCES.values(), ids=SOURCES.keys())
def test_what_counts_as_a_source(sightings: list[CodeSighting], count: int) -> None:
    assert sources(sightings) == count


BEGINNINGS: dict[str, tuple[list[CodeSighting], Beginning | None]] = {
    "three within the window": (
        [by(1, 3000), by(2, 1500), by(3)],
        Beginning(NOW - 3000, NOW, 3, (3000, 3500, 4000)),
    ),
    "two are none": ([by(1), by(2)], None),
    "three that are too far apart": ([by(1, HOUR + 1), by(2, 1500), by(3)], None),
    "the edge of the window": ([by(1, HOUR), by(2, 1500), by(3)], Beginning(NOW - HOUR, NOW, 3, (3000, 3500, 4600))),
    "an earlier one does not belong": (
        [by(9, 3 * HOUR), by(1, 600), by(2, 300), by(3)],
        Beginning(NOW - 600, NOW, 3, (1600, 2300, 3000)),
    ),
    "later reports belong": (
        [by(1, 7000), by(2, 6900), by(3, 6800), by(1, 60)],
        Beginning(NOW - 7000, NOW - 60, 3, (1060, 8000, 8900, 9800)),
    ),
    "a backlog that is over": ([by(n, 3 * HOUR + n) for n in (1, 2, 3)], None),
    "one app": ([by(n, accounts=APP) for n in (1, 2, 3, 4)], None),
}


@pytest.mark.parametrize(("sightings", "begins"), BEGINNINGS.values(), ids=BEGINNINGS.keys())
def test_when_an_incident_begins(sightings: list[CodeSighting], begins: Beginning | None) -> None:
    for order in permutations(sightings):
        assert beginning(order, NOW, RULES) == begins


reports = st.lists(
    st.builds(
        CodeSighting,
        ticket_id=st.integers(1, 40),
        at=st.integers(NOW - 4 * HOUR, NOW),
        organization_id=st.none() | st.integers(1, 6),
        requester_id=st.none() | st.integers(1, 8),
        domain=st.sampled_from(["", "one.example", "two.example", "three.example"]),
        own_domains=st.frozensets(st.sampled_from(["one.example", "two.example"])),
        accounts=st.frozensets(st.sampled_from("abc")),
    ),
    max_size=12,
)


@given(reports)
def test_sources_are_never_more_than_the_organizations_and_one(found: list[CodeSighting]) -> None:
    organizations = {s.organization_id for s in found if s.organization_id is not None}
    assert sources(found) <= len(organizations) + 1
    assert sources(found) == sources([*found, *found]) == sources(found[::-1])


@given(reports)
def test_one_app_alone_is_never_an_incident(found: list[CodeSighting]) -> None:
    same = [replace(s, accounts=frozenset({"app"}), organization_id=s.organization_id or 1) for s in found]
    assert beginning(same, NOW, RULES) is None


@given(reports)
def test_an_incident_holds_enough_recent_sources_within_a_window(found: list[CodeSighting]) -> None:
    begins = beginning(found, NOW, RULES)
    if begins is not None:
        inside = [s for s in found if begins.begun <= s.at <= begins.begun + RULES.window]
        assert sources(inside) == begins.organizations >= RULES.organizations
        assert NOW - begins.seen <= RULES.silence
        assert {s.ticket_id for s in inside} <= set(begins.ticket_ids)


def test_shared_mail_is_told_in_any_case() -> None:
    assert (is_shared_mail("GMail.com"), is_shared_mail("gmail.com.example")) == (True, False)
