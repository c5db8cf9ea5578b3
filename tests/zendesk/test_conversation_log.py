"""The conversation of a messaging ticket: read page by page where there is one, each message with its author."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from support.stub_zendesk import Reply, Stub
from zendesk_gupshup.decide.guards import agent_has_answered
from zendesk_gupshup.model.ticket import Attachment, Comment, Ticket
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.worker.sweep import _still_open
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_gupshup.zendesk.conversation_log import is_messaging_ticket, outcomes, with_conversation
from zendesk_gupshup.zendesk.errors import Busy, Unreachable

ME = {"user": {"id": 10, "name": "Worker", "role": "admin"}}
RAW: dict[str, Any] = {
    "id": 7,
    "status": "open",
    "requester_id": 20,
    "updated_at": "2026-11-21T09:00:00Z",
    "from_messaging_channel": True,
    "via": {"channel": "native_messaging"},
}
PEOPLE = [{"id": 20, "name": "Ada"}, {"id": 30, "name": "Grace", "role": "agent"}]
START = {"id": 1, "author_id": 20, "body": "Conversation with Ada", "created_at": "2026-11-21T08:00:00Z"}
LOG = "GET tickets/7/conversation_log.json"


def event(number: int, text: str = "", kind: str = "user", **more: Any) -> dict[str, Any]:
    return {
        "id": f"01J{number}",
        "type": "Messaging::ConversationMessage",
        "reference": f"zen:sunco:conversation_message:{number}",
        "created_at": f"2026-11-21T08:00:{number:02d}Z",
        "attachments": [],
        "author": {"type": kind, "zen:support:user_id": {"user": 20, "agent": 30}.get(kind, -1)},
        "content": {"type": "text", "text": text},
        "metadata": {},
    } | more


def page_of(*events: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    return {"events": list(events), "meta": {"has_more": bool(after), "after_cursor": after}, "links": {}}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as server:
        server.on("GET users/me.json", ME)
        server.on("GET tickets/7.json", {"ticket": RAW, "users": PEOPLE})
        server.on("GET tickets/7/comments.json", {"comments": [START], "users": PEOPLE, "meta": {"has_more": False}})
        yield server


@pytest.fixture
def zendesk(stub: Stub) -> Iterator[Zendesk]:
    access = ZendeskConfig(base_url=stub.base_url, oauth_token=SecretStr("token"))
    with Zendesk(access, sleep=lambda _: None) as gateway:
        yield gateway


def told(ticket: Ticket) -> list[tuple[str, str | None, int | None]]:
    return [(c.body, c.written_by, c.author_id) for c in ticket.comments]


def test_a_conversation_is_read_page_by_page_with_its_authors(
    stub: Stub, zendesk: Zendesk, caplog: pytest.LogCaptureFixture
) -> None:
    novelty = event(4, "secret words", type="Messaging::Novelty")
    stub.on(
        LOG,
        page_of(event(1, "Hi", "bot"), event(2, "It fails"), after="a+b=="),
        page_of(event(3, "Yes?", "agent"), novelty),
    )
    ticket = zendesk.ticket(7)
    assert told(ticket) == [
        ("Conversation with Ada", None, 20),
        ("Hi", "bot", None),
        ("It fails", "client", 20),
        ("Yes?", "agent", 30),
    ]
    assert (ticket.conversation_unread, agent_has_answered(ticket)) == (None, True)
    assert [seen.query for seen in stub.seen if "conversation_log" in seen.path] == [
        {"page[size]": "100"},
        {"page[size]": "100", "page[after]": "a+b=="},
    ]
    assert "ticket 7: events of unknown types in its conversation: Messaging::Novelty" in caplog.text
    assert "secret words" not in caplog.text


def test_no_other_ticket_costs_a_request_more(stub: Stub, zendesk: Zendesk) -> None:
    plain = {**RAW, "from_messaging_channel": False, "via": {"channel": "email"}}
    stub.on("GET tickets/7.json", {"ticket": plain, "users": PEOPLE})
    zendesk.ticket(7)
    assert [call for call in stub.calls if "conversation" in call] == []


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422])
def test_a_log_that_is_not_given_out_is_not_the_end_of_the_ticket(stub: Stub, zendesk: Zendesk, status: int) -> None:
    stub.on(LOG, Reply({"error": "RecordNotFound"}, status))
    ticket = zendesk.ticket(7)
    assert told(ticket) == [("Conversation with Ada", None, 20)]
    assert ticket.conversation_unread == UnreadReason.CONVERSATION_REFUSED(status=status)


def test_a_log_whose_end_is_not_read_is_said_to_be_unread(
    stub: Stub, zendesk: Zendesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever answered last stands at its end, so that nothing public goes out."""
    for module in ("api", "client"):
        monkeypatch.setattr(f"zendesk_gupshup.zendesk.{module}.MOST_PAGES", 2)
    stub.on(LOG, page_of(event(1, "It fails"), after="a"), page_of(event(2, "Still"), after="b"), page_of(event(3)))
    ticket = zendesk.ticket(7)
    assert [body for body, _, _ in told(ticket)] == ["Conversation with Ada", "It fails", "Still"]
    assert ticket.conversation_unread == UnreadReason.CONVERSATION_LONG(pages=2)


@pytest.mark.parametrize(("reply", "error"), [(Reply("", 429), Busy), (Reply("", 500), Unreachable)])
def test_a_log_that_passes_soon_is_no_answer_yet(
    stub: Stub, zendesk: Zendesk, reply: Reply, error: type[Exception]
) -> None:
    stub.on(LOG, reply)
    with pytest.raises(error):
        zendesk.ticket(7)


def test_the_comments_of_a_known_ticket_come_with_its_conversation(stub: Stub, zendesk: Zendesk) -> None:
    stub.on(LOG, page_of(event(2, "It fails")))
    assert told(zendesk.with_comments(Ticket.model_validate(RAW))) == [
        ("Conversation with Ada", None, 20),
        ("It fails", "client", 20),
    ]


FIRST = Comment.model_validate(START)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"type": "text", "text": "It fails"}, "It fails"),
        ({"type": "image", "text": "See", "altText": "a screen"}, "See\na screen"),
        ({"type": "file", "caption": "The log"}, "The log"),
        ({"type": "novelty", "body": "It fails"}, "It fails"),
        ({"type": "formResponse", "fields": [{"label": "Code", "text": "401"}]}, "Code: 401"),
        ({"type": "formResponse", "fields": [{"name": "kind", "select": [{"label": "API"}]}]}, "kind: API"),
    ],
)  # fmt: skip
def test_what_a_message_says(content: dict[str, Any], words: str) -> None:
    (_, message) = with_conversation([FIRST], [event(2, content=content)])
    assert (message.body, message.plain_body, message.created_at) == (
        words,
        words,
        datetime(2026, 11, 21, 8, 0, 2, tzinfo=UTC),
    )


def test_a_message_keeps_its_files_and_a_broken_one_does_not_lose_it() -> None:
    files = [{"id": 5, "file_name": "a.log", "size": None}, {"file_name": "without an id"}, "nothing"]
    (_, message) = with_conversation([FIRST], [event(2, attachments=files)])
    assert message.attachments == (Attachment(id=5, file_name="a.log"),)


def test_comments_in_the_log_come_once_and_the_first_stays_first() -> None:
    late = event(3, "late")
    early = event(1, "early", created_at="2026-11-20T08:00:00Z")
    again = event(
        2, type="Comment", reference="zen:ticket_event:1", content={"type": "html", "body": "<p>Conversation</p>"}
    )
    other = event(
        4,
        "agent",
        type="Comment",
        reference="zen:ticket_event:9",
        content={"type": "html", "body": "<p>Note</p>"},
        metadata={"public": False},
    )
    found = with_conversation([FIRST], [late, again, other, early, late])
    assert [(c.body or c.html_body, c.id > 0, c.public) for c in found] == [
        ("Conversation with Ada", True, True),
        ("early", False, True),
        ("late", False, True),
        ("<p>Note</p>", True, False),
    ]


@pytest.mark.parametrize("kind", ["bot", "agent", "business", "", None])
def test_nobody_but_a_user_is_the_client(kind: str | None) -> None:
    (_, message) = with_conversation([FIRST], [event(2, "It fails", author={"type": kind})])
    assert message.written_by == ("agent" if kind == "agent" else "bot")


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"type": 7},
        event(2),
        event(2, "x", content=None),
        event(2, "x", content=["x"]),
        event(2, "x", type="Comment", content={}),
    ],
)
def test_what_holds_no_word_is_passed_over(broken: dict[str, Any]) -> None:
    assert with_conversation([FIRST], [broken]) == (FIRST,)


def test_a_message_without_a_time_or_an_author_is_still_read() -> None:
    (_, message) = with_conversation([FIRST], [event(2, "It fails", created_at="soon", author=None, metadata=None)])
    assert (message.body, message.created_at, message.written_by) == ("It fails", None, "bot")


def test_known_ignored_and_unknown_events_are_told_apart() -> None:
    events = [event(1, "x"), event(2), event(3, type="Comment"), event(4, type="Novelty"), event(5, type="a b"), {}]
    assert outcomes(events) == Counter({"read": 1, "ignored": 2, "unknown Novelty": 1, "unknown without a name": 2})


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"from_messaging_channel": True, "via": {"channel": "web"}}, True),
        ({"via": {"channel": "whatsapp"}}, True),
        ({"via": {"channel": 75}}, True),
        ({"via": {"channel": "Instagram_DM"}}, True),
        ({"via": {"channel": "email"}}, False),
        ({"via": {"channel": "chat"}}, False),
        ({"via": None}, False),
        ({"from_messaging_channel": "yes"}, False),
        ({}, False),
    ],
)
def test_which_tickets_have_a_conversation(raw: dict[str, Any], expected: bool) -> None:
    assert is_messaging_ticket(raw) is expected


@pytest.mark.parametrize(
    ("more", "stamp"),
    [
        ({"generated_timestamp": 1795251660}, "2026-11-21T09:01:00Z"),
        ({"generated_timestamp": 1795251540}, "2026-11-21T09:00:00Z"),
        ({"generated_timestamp": None}, "2026-11-21T09:00:00Z"),
        ({}, "2026-11-21T09:00:00Z"),
        ({"generated_timestamp": 1795251660, "from_messaging_channel": False, "via": None}, "2026-11-21T09:00:00Z"),
    ],
)
def test_a_messaging_ticket_changed_when_the_export_took_it_up(more: dict[str, Any], stamp: str) -> None:
    assert _still_open(({**RAW, **more},)) == {7: stamp}
