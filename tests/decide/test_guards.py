"""The guards at their edges: where a day ends, and which mailboxes are a machine's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from zendesk_gupshup.decide.guards import agent_has_answered, guards_of, notes_in_a_day, replies_in_a_day
from zendesk_gupshup.model.outcome_reasons import GuardName
from zendesk_gupshup.model.reason import Detail, Reason
from zendesk_gupshup.model.ticket import Comment, Metadata, Organization, Ticket, User, Via
from zendesk_gupshup.model.unread_reasons import UnreadReason

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


def guards(ticket_: Ticket, replies_per_day: int = 2) -> list[Reason]:
    return list(guards_of(ticket_, replies_per_day=replies_per_day))


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


CAP = [GuardName.DAILY_CAP(limit=2)]


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
    ages: tuple[timedelta, ...], expected: list[Reason]
) -> None:
    assert guards(ticket(*ages)) == expected


@pytest.mark.parametrize("cap", [0, 1, 2, 3])
def test_the_cap_is_the_setting_s(cap: int) -> None:
    said = [guards(ticket(*[SECOND] * replies), cap) for replies in (cap - 1, cap, cap + 1) if replies >= 0]
    reached = [GuardName.DAILY_CAP(limit=cap)]
    assert said == [[], reached, reached][-len(said) :]


def test_only_our_own_public_comments_count() -> None:
    ours = ticket(SECOND, SECOND)
    notes, clients = ticket(SECOND, SECOND, public=False), ticket(SECOND, SECOND, author=CLIENT)
    unknown = ours.model_copy(update={"our_user_id": None})
    undated = ours.model_copy(update={"comments": tuple(Comment(id=n, author_id=US) for n in (1, 2))})
    assert [replies_in_a_day(t) for t in (ours, notes, clients, unknown, undated)] == [2, 0, 0, 0, 0]


NOBODY_READS = ("noreply", "no-reply", "no_reply", "donotreply", "do-not-reply")
WORDS = ("mailer-daemon", "postmaster", "bounce")
MACHINE = [GuardName.MACHINE(who=Detail.MACHINE_ADDRESS())]

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


@pytest.mark.parametrize(
    ("brand", "form", "brands", "forms", "spoken"),
    [
        (7, 8, (), (), []),
        (7, 8, (7,), (), []),
        (7, 8, (7, 9), (8,), []),
        (7, 8, (9,), (8,), [GuardName.OUTSIDE(what=Detail.BRAND())]),
        (7, 8, (7,), (9,), [GuardName.OUTSIDE(what=Detail.FORM())]),
        (7, 8, (), (9,), [GuardName.OUTSIDE(what=Detail.FORM())]),
        # What is not known is not ours.
        (None, 8, (7,), (), [GuardName.OUTSIDE(what=Detail.BRAND())]),
        (7, None, (), (8,), [GuardName.OUTSIDE(what=Detail.FORM())]),
    ],
)
def test_only_tickets_of_the_listed_brands_and_forms_are_ours(
    brand: int | None, form: int | None, brands: tuple[int, ...], forms: tuple[int, ...], spoken: list[Reason]
) -> None:
    of = ticket().model_copy(update={"brand_id": brand, "ticket_form_id": form})
    assert list(guards_of(of, replies_per_day=2, brands=frozenset(brands), forms=frozenset(forms))) == spoken


OFF = ("gupshup_off",)


def person(id_: int, role: str = "end-user", **more: Any) -> dict[int, User]:
    return {**ticket().users, id_: User(id=id_, role=role, **more)}


def with_comment(**more: Any) -> dict[str, Any]:
    """One more comment, on a ticket that an agent and another client write on."""
    users = {**person(AGENT, "agent"), 6: User(id=6)}
    return {"users": users, "comments": (*ticket().comments, Comment(id=100, created_at=NEWEST, **more))}


SAID: list[tuple[dict[str, Any], list[Reason]]] = [
    ({}, []),
    *(({"status": status}, []) for status in ("new", "open", "pending", "hold")),
    ({"status": "closed"}, [GuardName.CLOSED(status="closed")]),
    ({"status": "deleted"}, [GuardName.CLOSED(status="deleted")]),
    ({"status": "solved"}, [GuardName.SOLVED()]),
    ({"tags": OFF}, [GuardName.OFF(tag="gupshup_off", where=Detail.TICKET())]),
    ({"organization": Organization(id=3, tags=OFF)}, [GuardName.OFF(tag="gupshup_off", where=Detail.ORGANIZATION())]),
    ({"organization": Organization(id=3, tags=("vip",))}, []),
    ({"users": person(CLIENT, tags=OFF)}, [GuardName.OFF(tag="gupshup_off", where=Detail.REQUESTER())]),
    ({"users": person(CLIENT, tags=("vip",))}, []),
    ({"users": person(AGENT, tags=OFF)}, []),
    ({"is_public": False}, [GuardName.PRIVATE()]),
    *(
        (more, [GuardName.MESSAGING()])
        for more in ({"from_messaging_channel": True}, {"via": Via(channel="whatsapp")})
    ),
    (
        {"conversation_unread": UnreadReason.CONVERSATION_LONG(pages=2)},
        [GuardName.CONVERSATION_UNREAD()],
    ),
    ({"requester_id": US}, [GuardName.MACHINE(who=Detail.MACHINE_OUR_USER())]),
    ({"requester_id": None}, []),
    ({"requester_id": None, "our_user_id": None}, []),
    ({"requester_id": 77}, []),
    ({"users": person(CLIENT, email=None)}, []),
    *(
        ({"subject": subject}, [GuardName.MACHINE(who=Detail.MACHINE_SUBJECT())])
        for subject in (
            "Automatic reply: 401",
            "  AUTO: away",
            "Fuera de la oficina",
            "Ausência temporária",
            "Undeliverable: Gupshup",
            "Delivery Status Notification (Failure)",
        )
    ),
    *(
        ({"subject": subject}, [])
        for subject in ("Undeliverable messages since today", "Mail delivery failed for all our clients")
    ),
    *(({"subject": subject}, []) for subject in (None, "", "Re: automatic reply", "Our office is out of order")),
    *(
        (with_comment(author_id=author, public=public, written_by=by), expected)
        for author, public, by, expected in (
            (AGENT, True, None, [GuardName.AGENT_ANSWERED()]),
            (AGENT, False, None, []),
            (CLIENT, True, None, []),
            (6, True, None, []),
            (78, True, None, []),
            (None, True, None, []),
            (None, True, "agent", [GuardName.AGENT_ANSWERED()]),
            (None, True, "client", []),
            (AGENT, True, "bot", []),
        )
    ),
    (
        {"requester_id": AGENT, **with_comment(author_id=AGENT)},
        [GuardName.AGENT_ANSWERED()],
    ),
    (
        {
            "requester_id": AGENT,
            "users": person(AGENT, "agent"),
            "comments": tuple(Comment(id=n, author_id=AGENT, created_at=NEWEST) for n in (1, 2)),
        },
        [],
    ),
    ({"tags": ("gupshup_held_back",)}, [GuardName.HOURLY_CAP()]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "expected"), SAID)
def test_each_reason_to_stay_silent_speaks_for_itself(changed: dict[str, Any], expected: list[Reason]) -> None:
    assert guards(ticket().model_copy(update=changed)) == expected


def test_a_setting_may_let_replies_go_out_by_messaging() -> None:
    by_messaging = ticket().model_copy(update={"from_messaging_channel": True})
    assert list(guards_of(by_messaging, replies_per_day=2, messaging="reply")) == []


def test_the_first_comment_is_no_answer_whoever_wrote_it() -> None:
    first = Comment(id=9, author_id=AGENT, created_at=NEWEST)
    assert guards(ticket().model_copy(update={"users": person(AGENT, "agent"), "comments": (first,)})) == []
    ours = first.model_copy(update={"author_id": US})
    assert replies_in_a_day(ticket().model_copy(update={"comments": (ours,)})) == 0


def note(age: timedelta, *, marker: str = "gupshup_noted__http_401", public: bool = False, author: int = US) -> Comment:
    custom = {"zendesk_gupshup": "live", "step": "note", "marker": marker}
    at = NEWEST - age
    return Comment(id=50, author_id=author, public=public, created_at=at, metadata=Metadata(custom=custom))


@pytest.mark.parametrize(
    ("comments", "updated_at", "expected"),
    [
        ((), "", (0, 0)),
        ((note(timedelta(0)),), "", (1, 0)),
        ((note(timedelta(0), marker=""),), "", (0, 1)),
        ((note(SECOND), note(timedelta(0)), note(SECOND, marker="")), "", (2, 1)),
        ((note(DAY - SECOND), note(timedelta(0))), "", (2, 0)),
        ((note(DAY), note(timedelta(0))), "", (1, 0)),
        ((note(timedelta(0)),), "2026-11-22T09:29:59Z", (1, 0)),
        ((note(timedelta(0)),), "2026-11-22T09:30:00Z", (0, 0)),
        ((note(timedelta(0)),), "2026-11-22T09:29:59", (1, 0)),
        ((note(timedelta(0)),), "2026-11-22T11:29:59+02:00", (1, 0)),
        ((note(timedelta(0)),), "2026-11-22T08:30:00-01:00", (0, 0)),
        ((note(timedelta(0)),), "some day", (1, 0)),
        ((note(timedelta(0), public=True),), "", (0, 0)),
        ((Comment(id=51, author_id=AGENT, public=False, created_at=NEWEST),), "", (0, 0)),
        # By the metadata and not by the author: the credentials may have been another user's.
        ((note(timedelta(0), author=AGENT),), "", (1, 0)),
        ((note(timedelta(0)).model_copy(update={"created_at": None}), note(timedelta(0))), "", (1, 0)),
        ((note(timedelta(0)).model_copy(update={"created_at": NEWEST.replace(tzinfo=None)}),), "", (1, 0)),
    ],
)
def test_notes_of_ours_count_for_24_hours_by_the_ticket_s_clock_and_requested_ones_apart(
    comments: tuple[Comment, ...], updated_at: str, expected: tuple[int, int]
) -> None:
    noted = ticket().model_copy(update={"comments": comments, "updated_at": updated_at})
    assert (notes_in_a_day(noted, requested=False), notes_in_a_day(noted, requested=True)) == expected


def test_an_agent_who_answered_and_was_made_the_requester_has_answered() -> None:
    people = {1: User(id=1), 3: User(id=3, role="agent")}
    report, answer = Comment(id=1, author_id=1, body="HTTP 401"), Comment(id=2, author_id=3, body="We look at it.")
    changed = Ticket(id=7, requester_id=3, users=people, comments=(report, answer))
    assert agent_has_answered(changed)
    # A colleague who asks for himself does not answer himself.
    asked = changed.model_copy(update={"comments": (report.model_copy(update={"author_id": 3}), answer)})
    assert not agent_has_answered(asked)


def test_a_ticket_that_an_agent_has_judged_gets_no_reply() -> None:
    judged = ticket(DAY).model_copy(update={"judged": True})
    assert [guard.name for guard in guards(judged)] == [GuardName.FEEDBACK]
    assert guards(ticket(DAY)) == []
