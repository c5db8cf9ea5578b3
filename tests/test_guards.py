"""The guards at their edges: where a day ends, and which mailboxes are a machine's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from zendesk_gupshup.guards import guards_of, replies_in_a_day
from zendesk_gupshup.models import Comment, Ticket, User

NEWEST = datetime(2026, 11, 21, 9, 30, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)
US, CLIENT, AGENT = 900, 1, 5


def ticket(*ages: timedelta, email: str = "ada@example.com", author: int = US, public: bool = True) -> Ticket:
    """A ticket whose first and newest comments are the client's, with comments of `author` so long before it."""
    earlier = tuple(
        Comment(id=n, author_id=author, public=public, created_at=NEWEST - age) for n, age in enumerate(ages, 10)
    )
    first = Comment(id=9, author_id=CLIENT, created_at=NEWEST - timedelta(days=60))
    newest = Comment(id=99, author_id=CLIENT, created_at=NEWEST)
    users = {CLIENT: User(id=CLIENT, email=email), US: User(id=US, role="admin")}
    return Ticket(id=7, requester_id=CLIENT, our_user_id=US, users=users, comments=(first, *earlier, newest))


def guards(ticket_: Ticket, replies_per_day: int = 2) -> list[tuple[str, str]]:
    return [(guard.name, guard.text) for guard in guards_of(ticket_, replies_per_day=replies_per_day)]


@pytest.mark.parametrize(
    ("age", "counts"),
    [
        (timedelta(0), 1),
        (SECOND, 1),
        (timedelta(hours=12), 1),
        (timedelta(hours=23), 1),
        (DAY - SECOND, 1),
        (DAY, 0),
        (DAY + SECOND, 0),
        (timedelta(hours=25), 0),
        (timedelta(days=30), 0),
    ],
    ids=str,
)
def test_a_reply_counts_for_24_hours_and_no_second_longer(age: timedelta, counts: int) -> None:
    assert replies_in_a_day(ticket(age)) == counts


CAP = [("daily_cap", "2 public replies of ours in 24 hours are the limit")]


@pytest.mark.parametrize(
    ("ages", "expected"),
    [
        ((), []),
        ((DAY - SECOND,), []),
        ((DAY - SECOND, SECOND), CAP),
        ((DAY - SECOND, DAY - 2 * SECOND), CAP),
        ((DAY, SECOND), []),
        ((DAY + SECOND, SECOND), []),
        ((DAY, DAY - SECOND, SECOND), CAP),
        ((SECOND, 2 * SECOND, 3 * SECOND), CAP),
    ],
    ids=str,
)
def test_the_cap_speaks_at_the_second_reply_within_24_hours(
    ages: tuple[timedelta, ...], expected: list[tuple[str, str]]
) -> None:
    assert guards(ticket(*ages)) == expected


@pytest.mark.parametrize("cap", [0, 1, 2, 3])
def test_the_cap_is_the_setting_s(cap: int) -> None:
    said = [guards(ticket(*[SECOND] * replies), cap) for replies in (cap - 1, cap, cap + 1) if replies >= 0]
    text = f"{cap} public replies of ours in 24 hours are the limit"
    assert said == [[], [("daily_cap", text)], [("daily_cap", text)]][-len(said) :]


def test_only_our_own_public_comments_count() -> None:
    ours = ticket(SECOND, SECOND)
    notes, clients = ticket(SECOND, SECOND, public=False), ticket(SECOND, SECOND, author=CLIENT)
    unknown = ours.model_copy(update={"our_user_id": None})
    undated = ours.model_copy(update={"comments": tuple(Comment(id=n, author_id=US) for n in (1, 2))})
    assert [replies_in_a_day(t) for t in (ours, notes, clients, unknown, undated)] == [2, 0, 0, 0, 0]


NOBODY_READS = ("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply")
WORDS = ("mailer-daemon", "postmaster", "bounce")
MACHINE = [("machine", "a machine wrote it: the requester's address is a machine's")]

MACHINES = [
    *NOBODY_READS,
    *(word.upper() for word in NOBODY_READS),
    *(f"{word}{rest}" for word in NOBODY_READS for rest in ("2", "-support", "_ar", "+7", ".shop", "s", "banco", "é")),
    *WORDS,
    *(word.title() for word in WORDS),
    *(f"{word}{rest}" for word in WORDS for rest in ("2", "-support", "_ar", "+ada=example.com", ".shop", "s", "s+7")),
]
PEOPLE = [
    "ada", "", "reply", "support", "ana.noreply", "x-noreply", "nor", "norep", "no.reply.ana", "noel-reply", "donot",
    "do-not", "mailer", "daemon", "mailer-daemonic", "master", "postmasterclass", "posta", "bouncer", "bouncehouse",
    "bouncesoft", "boun", "the-bounce", "bounceé",
]  # fmt: skip


@pytest.mark.parametrize("mailbox", MACHINES)
def test_a_machine_s_mailbox_gets_no_reply(mailbox: str) -> None:
    assert guards(ticket(email=f"{mailbox}@example.com")) == MACHINE


@pytest.mark.parametrize("mailbox", PEOPLE)
def test_a_person_s_mailbox_does(mailbox: str) -> None:
    assert guards(ticket(email=f"{mailbox}@noreply.example.com")) == []
