"""Whether the client's words still describe today, at the edges: by the ticket's own stamps, and by no clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zendesk_gupshup.decide.freshness import is_stale, last_change, told_at
from zendesk_gupshup.model.detection_reasons import Rule
from zendesk_gupshup.model.finding import Confidence, ErrorCode, Evidence, Finding, Place
from zendesk_gupshup.model.ticket import Comment, Ticket, User

TOLD = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)
HOURS, SECOND = timedelta(hours=72), timedelta(seconds=1)
CLIENT, AGENT, OTHER = 1, 5, 6


def found_in(*comments: int | None) -> Finding:
    places = (Place(kind="subject" if n is None else "comment", comment_id=n) for n in comments)
    evidence = tuple(Evidence(quote="401", place=place, rule=Rule.NUMBER()) for place in places)
    return Finding(
        error=ErrorCode(namespace="gupshup_http", code="401"), confidence=Confidence.CERTAIN, evidence=evidence
    )


def ticket(*comments: tuple[int | None, datetime | None], **more: Any) -> Ticket:
    """A ticket with comments by so and so at this time, numbered from 1."""
    users = {CLIENT: User(id=CLIENT), AGENT: User(id=AGENT, role="agent"), OTHER: User(id=OTHER)}
    written = tuple(Comment(id=n, author_id=who, created_at=at) for n, (who, at) in enumerate(comments, 1))
    return Ticket(id=7, requester_id=CLIENT, users=users, comments=written, **more)


@pytest.mark.parametrize(
    ("age", "stale"),
    [(timedelta(0), False), (HOURS - SECOND, False), (HOURS, False), (HOURS + SECOND, True), (20 * HOURS, True)],
)
def test_words_are_stale_a_second_after_so_many_hours(age: timedelta, stale: bool) -> None:
    by_comment = ticket((CLIENT, TOLD), (AGENT, TOLD + age))
    by_stamp = ticket((CLIENT, TOLD), updated_at=f"{TOLD + age:%Y-%m-%dT%H:%M:%SZ}")
    assert [is_stale(found_in(1), t, 72) for t in (by_comment, by_stamp)] == [stale, stale]


TIMES: list[tuple[Finding, Ticket, datetime | None]] = [
    (found_in(1), ticket((CLIENT, TOLD)), TOLD),
    (found_in(1), ticket((OTHER, TOLD)), TOLD),
    (found_in(1), ticket((None, TOLD)), TOLD),
    (found_in(1), ticket((77, TOLD)), TOLD),
    (found_in(1), ticket((AGENT, TOLD)), None),
    (found_in(1), ticket((AGENT, TOLD)).model_copy(update={"requester_id": AGENT}), TOLD),
    (found_in(1), ticket((CLIENT, None)), None),
    (found_in(1), ticket((CLIENT, TOLD.replace(tzinfo=None))), TOLD),
    (found_in(1, 2), ticket((CLIENT, TOLD), (CLIENT, TOLD + HOURS)), TOLD + HOURS),
    (found_in(2, 1), ticket((CLIENT, TOLD), (AGENT, TOLD + HOURS)), TOLD),
    (found_in(1), ticket((CLIENT, TOLD), (CLIENT, TOLD + HOURS)), TOLD),
    (found_in(None), ticket((CLIENT, TOLD), created_at=TOLD - HOURS), TOLD - HOURS),
    (found_in(9), ticket((CLIENT, TOLD), created_at=TOLD - HOURS), TOLD - HOURS),
    (found_in(None), ticket((CLIENT, TOLD)), None),
    (found_in(), ticket((CLIENT, TOLD)), None),
]


@pytest.mark.parametrize(("finding", "told", "expected"), TIMES)
def test_the_newest_of_the_clients_words_that_hold_the_evidence_count(
    finding: Finding, told: Ticket, expected: datetime | None
) -> None:
    assert told_at(finding, told) == expected
    assert is_stale(finding, told.model_copy(update={"updated_at": ""}), 10**5) is False


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (ticket(), None),
        (ticket((CLIENT, None)), None),
        (ticket((CLIENT, TOLD + SECOND), (AGENT, TOLD)), TOLD + SECOND),
        (ticket((CLIENT, TOLD), updated_at="2026-11-21T09:00:01Z"), TOLD + SECOND),
        (ticket((CLIENT, TOLD), updated_at="2026-11-21T09:00:01"), TOLD + SECOND),
        (ticket((CLIENT, TOLD), updated_at="2026-11-21T11:00:01+02:00"), TOLD + SECOND),
        (ticket((CLIENT, TOLD), updated_at="2026-11-21T10:00:00+02:00"), TOLD),
        (ticket((CLIENT, TOLD), updated_at="2026-11-21T08:59:59Z"), TOLD),
        (ticket((CLIENT, TOLD), updated_at="some day"), TOLD),
        (ticket((CLIENT, TOLD.replace(tzinfo=None)), updated_at=""), TOLD),
    ],
)
def test_the_last_change_is_the_newest_stamp(told: Ticket, expected: datetime | None) -> None:
    assert last_change(told) == expected


def test_without_stamps_nothing_is_stale() -> None:
    assert is_stale(found_in(1), ticket((CLIENT, None), updated_at="2026-11-21T09:00:00Z"), 1) is False
    assert is_stale(found_in(None), ticket(created_at=TOLD), 1) is False
