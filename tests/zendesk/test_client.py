"""The gateway against a server that misbehaves: what is sent, how often, to whom, and what comes out of it."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from support.stub_zendesk import Reply, Seen, Stub, certificate
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.ticket import Attachment, Comment, CustomField, Group, Organization, Ticket
from zendesk_gupshup.model.write import File, Update
from zendesk_gupshup.zendesk.auth import Authenticator
from zendesk_gupshup.zendesk.client import ChangedTickets, Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_gupshup.zendesk.errors import (
    Busy,
    Conflict,
    InvalidResponse,
    NotFound,
    OutcomeUnknown,
    Refused,
    TicketClosed,
    Unauthorized,
    Unreachable,
    ZendeskError,
)
from zendesk_gupshup.zendesk.payloads import parsed, payload
from zendesk_gupshup.zendesk.rate_limit_headers import RateLimitHeaders
from zendesk_gupshup.zendesk.transport import BACKOFF
from zendesk_sandbox import seed
from zendesk_sandbox.server import SandboxServer

ME = {"user": {"id": 10, "name": "Worker", "role": "admin", "email": None}}
RAW: dict[str, Any] = {
    "id": 7,
    "subject": "Messages fail",
    "status": "open",
    "priority": None,
    "tags": ["vip", "gupshup"],
    "requester_id": 20,
    "organization_id": 30,
    "group_id": 40,
    "custom_fields": [{"id": 1, "value": None}, {"id": 2, "value": "x"}],
    "updated_at": "2026-11-21T09:00:00Z",
    "via": {"channel": "email", "source": {"rel": None, "from": {"address": "ada@example.com"}}},
    "field_of_the_future": 1,
}
SHOW = {
    "ticket": RAW,
    "users": [{"id": 20, "name": "Ada", "role": "end-user", "locale": None, "tags": None}],
    "organizations": [{"id": 30, "name": "Example", "organization_fields": {"gupshup_app_id": "a1"}}],
    "groups": [{"id": 40, "name": "Support"}],
}
READ = Ticket(id=7, tags=("vip", "gupshup"), updated_at="2026-11-21T09:00:00Z", group_id=40)
TAG = Update(step=Step(kind="tags", add_tags=frozenset({"gupshup__http_401"})))
DONE = {"ticket": {**RAW, "updated_at": "2026-11-21T09:00:05Z"}, "audit": {"id": 1}}
NOTE = {"zendesk_gupshup": "live"}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with Stub() as server:
        server.on("GET users/me.json", ME)
        yield server


@pytest.fixture
def slept() -> list[float]:
    return []


Desk = Callable[..., Zendesk]


@pytest.fixture
def desk(stub: Stub, slept: list[float]) -> Iterator[Desk]:
    """A gateway to the stub, by a ready-made token unless told otherwise."""
    made: list[Zendesk] = []

    def make(**access: Any) -> Zendesk:
        if not access.keys() & {"oauth_client_id", "email"}:
            access = {"oauth_token": "ready-made", **access}
        zendesk = Zendesk(ZendeskConfig(**{"base_url": stub.base_url, **access}), sleep=slept.append)
        made.append(zendesk)
        return zendesk

    yield make
    for zendesk in made:
        zendesk.close()


def put(zendesk: Zendesk) -> Ticket:
    return zendesk.update(READ, TAG, metadata=NOTE)


# --- A write goes out once ---------------------------------------------------------------------------------------


def test_a_put_that_is_answered_late_is_sent_once(stub: Stub, desk: Desk, slept: list[float]) -> None:
    stub.on("PUT tickets/7.json", Reply(DONE, late=True))
    with pytest.raises(OutcomeUnknown, match=r"ticket 7: .*may have been applied") as caught:
        put(desk(timeout=0.2))
    assert caught.value.unclear
    assert stub.calls == ["PUT tickets/7.json"]
    assert slept == []


def test_a_put_that_is_answered_late_is_sent_once_over_https_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, trusted = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trusted))
    with Stub(context) as stub, Zendesk(ZendeskConfig(base_url=stub.base_url, oauth_token="t", timeout=0.5)) as zendesk:
        stub.on("PUT tickets/7.json", DONE, Reply(DONE, late=True))
        assert put(zendesk).updated_at == "2026-11-21T09:00:05Z"
        with pytest.raises(OutcomeUnknown):
            put(zendesk)
        assert stub.calls == ["PUT tickets/7.json"] * 2


def test_no_adapter_sends_anything_again(desk: Desk) -> None:
    session = desk().session()
    assert sorted(session.adapters) == ["http://", "https://"]
    for adapter in session.adapters.values():
        assert isinstance(adapter, requests.adapters.HTTPAdapter)
        assert (adapter.max_retries.total, adapter.max_retries.read) == (0, False)


@pytest.mark.parametrize("reply", [Reply(broken=True), Reply(DONE, cut=True), Reply(b"", 500), Reply(b"", 503)])
def test_a_put_whose_answer_breaks_off_is_unclear_and_sent_once(stub: Stub, desk: Desk, reply: Reply) -> None:
    stub.on("PUT tickets/7.json", reply)
    with pytest.raises(OutcomeUnknown, match="ticket 7"):
        put(desk())
    assert stub.calls == ["PUT tickets/7.json"]


@pytest.mark.parametrize("value", [b"<html>proxy</html>", b'{"ticket": ', {"audit": {}}, {"ticket": {"id": "x"}}])
def test_a_put_answered_with_gibberish_is_unclear_and_sent_once(stub: Stub, desk: Desk, value: Any) -> None:
    stub.on("PUT tickets/7.json", value)
    with pytest.raises(InvalidResponse) as caught:
        put(desk())
    assert caught.value.unclear
    assert stub.calls == ["PUT tickets/7.json"]


@pytest.mark.parametrize("kind", ["nobody listens", "no such host", "certificate", "proxy"])
def test_a_put_that_never_left_is_not_unclear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    context, _ = certificate(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    if kind == "proxy":
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Stub(context) as stub:
        url = {
            "certificate": stub.base_url,
            "nobody listens": "http://127.0.0.1:9",
            "no such host": "https://zendesk.invalid",
            "proxy": "http://zendesk.invalid",
        }[kind]
        with Zendesk(ZendeskConfig(base_url=url, oauth_token="t")) as zendesk, pytest.raises(Unreachable) as caught:
            put(zendesk)
        assert not caught.value.unclear
        assert stub.seen == []


def test_conflict_closed_and_missing_are_told_apart(stub: Stub, desk: Desk) -> None:
    closed = {"error": "RecordInvalid", "details": {"base": [{"description": "Status: closed prevents ticket update"}]}}
    stub.on(
        "PUT tickets/7.json",
        Reply({"error": "UpdateConflict"}, 409),
        Reply(closed, 422),
        Reply({"error": "RecordNotFound"}, 404),
        Reply({"error": "RecordInvalid"}, 422),
    )
    zendesk = desk()
    for expected in (Conflict, TicketClosed, NotFound, Refused):
        with pytest.raises(expected, match="ticket 7"):
            put(zendesk)


# --- Reads are tried again, and limits are reported ----------------------------------------------------------------


@pytest.mark.parametrize("bad", [Reply(broken=True), Reply(b"", 502), Reply(b"", 503), Reply(b"", 504)])
def test_a_read_is_tried_three_times(stub: Stub, desk: Desk, slept: list[float], bad: Reply) -> None:
    stub.on("GET tickets/count.json", bad, bad, {"count": {"value": 3}})
    assert desk().check() == 3
    assert stub.calls == ["GET tickets/count.json"] * 3
    assert slept == list(BACKOFF)
    stub.on("GET tickets/count.json", bad)
    with pytest.raises(Unreachable):
        desk().check()
    assert stub.calls == ["GET tickets/count.json"] * 6


def test_a_failure_that_is_about_the_read_itself_is_not_tried_again(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/count.json", Reply(b"", 500))
    with pytest.raises(Unreachable):
        desk().check()
    stub.on("GET tickets/count.json", b"<html>")
    with pytest.raises(InvalidResponse):
        desk().check()
    assert len(stub.seen) == 2


@pytest.mark.parametrize("told", ["3", "0", "soon", "999999", "Sat, 21 Nov 2099 09:00:00 GMT", None])
def test_a_rate_limit_is_raised_at_once_and_not_slept_through(
    stub: Stub, desk: Desk, slept: list[float], monkeypatch: pytest.MonkeyPatch, told: str | None
) -> None:
    monkeypatch.setattr("zenpy.lib.api.sleep", lambda _: pytest.fail("zenpy slept"))
    headers = {} if told is None else {"Retry-After": told}
    stub.on("GET tickets/7.json", Reply(b"slow down", 429, headers))
    stub.on("PUT tickets/7.json", Reply(b"slow down", 429, headers))
    zendesk = desk()
    calls: tuple[Callable[[], Ticket], ...] = (lambda: zendesk.ticket(7), lambda: put(zendesk))
    for call in calls:
        with pytest.raises(Busy) as caught:
            call()
        expected = {"3": 3.0, "0": 1.0, "soon": 60.0, None: 60.0}.get(told, 900.0)
        assert (caught.value.retry_after, caught.value.unclear) == (expected, False)
    assert stub.calls == ["GET tickets/7.json", "PUT tickets/7.json"]
    assert slept == []


# --- Reading a ticket ----------------------------------------------------------------------------------------------


def comment(number: int, author_id: int = 20) -> dict[str, Any]:
    return {"id": number, "author_id": author_id, "body": f"text {number}", "plain_body": None, "attachments": []}


def page_of(*comments: dict[str, Any], after: str | None = None) -> dict[str, Any]:
    # Links that name another host are real: an account can have several names.
    links = {"next": "https://other.zendesk.com/api/v2/steal.json" if after else None}
    users = [{"id": 50, "name": "Grace", "role": "agent"}]
    return {
        "comments": comments,
        "users": users,
        "meta": {"has_more": bool(after), "after_cursor": after},
        "links": links,
    }


def test_a_ticket_comes_with_all_its_comments_and_people(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/7.json", SHOW)
    stub.on("GET tickets/7/comments.json", page_of(comment(1), after="a+b/c=="), page_of(comment(2, 50)))
    zendesk = desk()
    ticket = zendesk.ticket(7)
    assert [(c.id, c.author_id, c.plain_body) for c in ticket.comments] == [(1, 20, ""), (2, 50, "")]
    assert {user.id: user.name for user in ticket.users.values()} == {20: "Ada", 50: "Grace"}
    assert ticket.requester is not None
    assert ticket.requester.tags == ()
    assert ticket.organization == Organization(id=30, name="Example", organization_fields={"gupshup_app_id": "a1"})
    assert ticket.group == Group(id=40, name="Support")
    assert (ticket.our_user_id, ticket.updated_at, ticket.priority) == (10, "2026-11-21T09:00:00Z", None)
    assert [seen.query for seen in stub.seen if "comments" in seen.path] == [
        {"include": "users", "page[size]": "100"},
        {"include": "users", "page[size]": "100", "page[after]": "a+b/c=="},
    ]
    assert stub.seen[0].query == {"include": "users,organizations,groups,comment_count"}
    # The second ticket takes two requests: who we are is known.
    before = len(stub.seen)
    stub.on("GET tickets/7/comments.json", page_of(comment(1)))
    zendesk.ticket(7)
    assert stub.calls[before:] == ["GET tickets/7.json", "GET tickets/7/comments.json"]
    assert zendesk.requests_made == {
        "GET /api/v2/tickets/{id}": 2,
        "GET /api/v2/tickets/{id}/comments": 3,
        "GET /api/v2/users/me": 1,
    }


def test_a_list_without_an_end_is_left_after_fifty_pages(
    stub: Stub, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    stub.on("GET tickets/7.json", SHOW)
    stub.on("GET tickets/7/comments.json", page_of(comment(1), after="again"))
    assert len(desk().ticket(7).comments) == 50
    assert "more than 50 pages" in caplog.text


@pytest.mark.parametrize("status", ["closed", "deleted"])
def test_comments_of_a_closed_ticket_are_not_read(stub: Stub, desk: Desk, status: str) -> None:
    stub.on("GET tickets/7.json", {"ticket": {**RAW, "status": status}})
    ticket = desk().ticket(7)
    assert (ticket.status, ticket.comments, ticket.organization) == (status, (), None)
    assert stub.calls == ["GET tickets/7.json", "GET users/me.json"]


def test_comments_can_be_left_out(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/7.json", SHOW)
    assert desk().ticket(7, comments=False).comments == ()
    assert stub.calls == ["GET tickets/7.json", "GET users/me.json"]


def test_a_ticket_that_is_none_is_gibberish_and_quotes_nothing(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/7.json", {"ticket": {**RAW, "requester_id": "Ada's words", "tags": 5}})
    with pytest.raises(InvalidResponse, match=r"^ticket 7: not as Zendesk documents it: requester_id, tags$") as caught:
        desk().ticket(7, comments=False)
    assert "Ada's words" not in "".join(traceback.format_exception(caught.value))
    stub.on("GET tickets/7.json", {"tickets": []})
    with pytest.raises(InvalidResponse, match="ticket 7: an answer without `ticket`"):
        desk().ticket(7)


def test_an_anonymous_user_is_no_sign_in(stub: Stub, desk: Desk) -> None:
    stub.on("GET users/me.json", {"user": {"id": None, "name": "Anonymous user"}})
    with pytest.raises(Unauthorized) as caught:
        desk().me()
    assert caught.value.account_wide


def test_groups_are_read_once_and_again_after_ten_minutes_when_one_is_missing(stub: Stub) -> None:
    now = 1000.0
    stub.on("GET groups.json", {"groups": [{"id": 40, "name": "Owner Desk"}, {"id": 41, "name": "owner desk"}]})
    with Zendesk(ZendeskConfig(base_url=stub.base_url, oauth_token="t"), monotonic=lambda: now) as zendesk:
        assert zendesk.group_id("OWNER desk") == 40
        assert zendesk.group_id("Tier 2") is None
        assert zendesk.group_id("Tier 2") is None
        assert len(stub.seen) == 1
        stub.on("GET groups.json", {"groups": [{"id": 42, "name": "Tier 2"}]})
        now += 601
        assert zendesk.group_id("Tier 2") == 42
        assert zendesk.group_id("Owner Desk") is None
        assert len(stub.seen) == 2


def test_the_export_is_read_by_time_and_then_by_cursor(stub: Stub, desk: Desk) -> None:
    cursor = "MTc2/MzA+0||7|="
    stub.on(
        "GET incremental/tickets/cursor.json",
        {"tickets": [RAW], "after_cursor": cursor, "end_of_stream": False},
        {"tickets": [], "after_cursor": None, "end_of_stream": True},
    )
    zendesk = desk()
    first = zendesk.changed(start_time=1763700000)
    assert (first.tickets, first.cursor, first.end_of_stream) == ((RAW,), cursor, False)
    second = zendesk.changed(cursor=first.cursor, per_page=2)
    assert (second.tickets, second.cursor, second.end_of_stream) == ((), cursor, True)
    assert [seen.query for seen in stub.seen] == [
        {"start_time": "1763700000", "per_page": "1000"},
        {"cursor": cursor, "per_page": "2"},
    ]


# --- One host ------------------------------------------------------------------------------------------------------


def test_another_host_is_not_asked(stub: Stub, desk: Desk) -> None:
    with Stub() as other, pytest.raises(Refused, match="not followed"):
        desk().session().request("GET", f"{other.base_url}/api/v2/tickets.json")
    assert other.seen == []
    assert stub.seen == []


def test_a_redirect_is_not_followed(stub: Stub, desk: Desk) -> None:
    with Stub() as other:
        for status in (301, 302, 307, 308):
            away = Reply(b"", status, {"Location": f"{other.base_url}/api/v2/tickets/7.json"})
            stub.on("GET tickets/7.json", away)
            stub.on("PUT tickets/7.json", away)
            with pytest.raises(Refused, match="redirected"):
                desk().ticket(7)
            with pytest.raises(Refused, match="redirected"):
                put(desk())
        assert other.seen == []


def test_zenpys_own_address_is_the_base_url(stub: Stub, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.on("GET tickets/count.json", {"count": {"value": 1}})
    assert desk(subdomain="example").check() == 1
    # What would turn zenpy to another host does not carry our credentials there.
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", "elsewhere.example.com")
    with pytest.raises(Refused, match=r"elsewhere\.example\.com"):
        desk(subdomain="example").check()


def attachment(url: str, **more: Any) -> Attachment:
    return Attachment(id=5, file_name="log.txt", content_url=url, **more)


def test_a_file_of_ours_is_fetched_with_credentials_and_to_the_limit(stub: Stub, desk: Desk) -> None:
    stub.answer = lambda seen: Reply(b"x" * 300_000) if seen.path.startswith("/attachments") else None
    url = f"{stub.base_url}/attachments/token/a/"
    assert desk().attachment(attachment(url), 100_000) == b"x" * 100_000
    assert desk().attachment(attachment(url), 999_999) == b"x" * 300_000
    stub.answer = lambda _: Reply(b"x" * 300_000, cut=True)
    assert desk().attachment(attachment(url), 100_000) == b"x" * 100_000, "it read on beyond the limit"
    assert stub.seen[0].headers["authorization"] == "Bearer ready-made"
    assert stub.seen[0].headers["accept-encoding"] == "identity"


def test_a_file_on_another_host_is_fetched_without_credentials(
    stub: Stub, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Stub() as other:
        other.answer = lambda _: Reply(b"theirs")
        stub.answer = lambda _: Reply(b"", 302, {"Location": f"{other.base_url}/file"})
        zendesk = desk()
        assert zendesk.attachment(attachment(f"{stub.base_url}/attachments/a"), 100) == b"theirs"
        assert zendesk.attachment(attachment(f"{other.base_url}/b"), 100) == b"theirs"
        assert [seen.headers.get("authorization") for seen in other.seen] == [None, None]
        assert [seen.headers.get("authorization") for seen in stub.seen] == ["Bearer ready-made"]
    assert zendesk.requests_made["GET attachment on another host"] == 2


def test_a_file_that_cannot_be_had_says_why(stub: Stub, desk: Desk) -> None:
    zendesk = desk()
    replies = {
        "/403": (Reply(b"", 403), Refused),
        "/404": (Reply(b"", 404), Refused),
        "/500": (Reply(b"", 500), Unreachable),
        "/429": (Reply(b"", 429), Unreachable),
        "/cut": (Reply(b"abc", cut=True), Unreachable),
        "/loop": (Reply(b"", 302, {"Location": "/loop"}), Refused),
    }
    stub.answer = lambda seen: replies[seen.path][0]
    for path, (_, expected) in replies.items():
        with pytest.raises(expected, match="attachment 5"):
            zendesk.attachment(attachment(stub.base_url + path), 100)
    for bad in (attachment(""), attachment("x", deleted=True), attachment("x", malware_scan_result="malware_found")):
        with pytest.raises(Refused, match="attachment 5"):
            zendesk.attachment(bad, 100)


def test_a_file_is_not_fetched_from_http_when_zendesk_has_https() -> None:
    with (
        Zendesk(ZendeskConfig(subdomain="example", oauth_token="t")) as zendesk,
        pytest.raises(Refused, match="not https"),
    ):
        zendesk.attachment(attachment("http://files.example.com/a"), 100)


def test_a_file_that_trickles_is_given_up(stub: Stub) -> None:
    times = iter(range(0, 10_000, 20))
    stub.answer = lambda _: Reply(b"x" * 900_000)
    access = ZendeskConfig(base_url=stub.base_url, oauth_token="t")
    slow = pytest.raises(Unreachable, match="too slow")
    with Zendesk(access, monotonic=lambda: next(times)) as zendesk, slow:
        zendesk.attachment(attachment(f"{stub.base_url}/a"), 900_000)
    assert len(stub.seen) == 1


# --- Signing in ------------------------------------------------------------------------------------------------------

CLIENT = {"oauth_client_id": "gupshup", "oauth_client_secret": "s3cr3t-of-client"}


class Tokens:
    """The token endpoint: `accepted` is the one token that other calls are let in with."""

    def __init__(self, stub: Stub, expires_in: int = 7200) -> None:
        self.made = 0
        self.accepted: str | None = None
        self.expires_in = expires_in
        stub.answer = self.answer

    def answer(self, seen: Seen) -> Reply | None:
        if seen.path == "/oauth/tokens":
            self.made += 1
            self.accepted = f"made-{self.made}"
            return Reply({"access_token": self.accepted, "token_type": "bearer", "expires_in": self.expires_in})
        if seen.headers.get("authorization") != f"Bearer {self.accepted}":
            return Reply({"error": "invalid_token"}, 401)
        return None


def test_a_token_is_fetched_by_client_credentials_and_shared_by_all_threads(stub: Stub, desk: Desk) -> None:
    tokens = Tokens(stub)
    stub.on("GET tickets/count.json", {"count": {"value": 3}})
    zendesk, start = desk(**CLIENT), threading.Barrier(8)

    def ask(_: int) -> tuple[int, int]:
        start.wait(10)
        return zendesk.check(), id(zendesk.session())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert [value for value, _ in answers] == [3] * 8
    assert len({session for _, session in answers}) == 8
    assert tokens.made == 1
    assert stub.seen[0].path == "/oauth/tokens"
    assert dict(part.split("=") for part in stub.seen[0].body.decode().split("&")) == {
        "grant_type": "client_credentials",
        "scope": "read+write",
        "client_id": "gupshup",
        "client_secret": "s3cr3t-of-client",
    }


def test_signing_in_sends_nothing_of_a_netrc_file(
    stub: Stub, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    Tokens(stub)
    stub.on("GET tickets/count.json", {"count": {"value": 3}})
    assert desk(**CLIENT).check() == 3
    assert [seen.headers.get("authorization") for seen in stub.seen] == [None, "Bearer made-1"]


def test_a_token_is_renewed_before_it_runs_out(stub: Stub, desk: Desk) -> None:
    tokens = Tokens(stub, expires_in=20)
    stub.on("GET tickets/count.json", {"count": {"value": 3}})
    zendesk = desk(**CLIENT)
    assert (zendesk.check(), zendesk.check()) == (3, 3)
    assert tokens.made == 2
    assert "401" not in str(stub.calls)


def test_after_a_401_a_new_token_is_tried_once_also_for_a_write(stub: Stub, desk: Desk) -> None:
    tokens = Tokens(stub)
    stub.on("GET tickets/count.json", {"count": {"value": 3}})
    stub.on("PUT tickets/7.json", DONE)
    stub.on("POST uploads.json", {"upload": {"token": "up"}})
    zendesk = desk(**CLIENT)
    zendesk.check()
    tokens.accepted = "another"
    put(zendesk)
    tokens.accepted = "another"
    assert zendesk.upload([File(name="a", content_type="text/plain", content=b"abc")]) == "up"
    puts = [seen for seen in stub.seen if seen.method == "PUT"]
    assert [seen.headers["authorization"] for seen in puts] == ["Bearer made-1", "Bearer made-2"]
    assert puts[0].body == puts[1].body
    assert [seen.body for seen in stub.seen if seen.path.endswith("uploads.json")] == [b"abc", b"abc"]
    assert tokens.made == 3


def test_a_401_with_a_new_token_is_final(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/count.json", Reply({"error": "invalid_token"}, 401))
    made = iter(("a", "b", "c"))
    stub.answer = lambda seen: (
        Reply({"access_token": next(made), "token_type": "bearer"}) if "oauth" in seen.path else None
    )
    with pytest.raises(Unauthorized) as caught:
        desk(**CLIENT).check()
    assert caught.value.account_wide
    assert stub.calls == ["POST /oauth/tokens", "GET tickets/count.json"] * 2


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply({"error": "invalid_client", "error_description": "s3cr3t-of-client"}, 401), Unauthorized),
        (Reply({"error": "invalid_scope"}, 400), Unauthorized),
        (Reply(b"", 404), Unauthorized),
        (Reply(b"", 429, {"Retry-After": "4"}), Busy),
        (Reply(b"", 503, {"Retry-After": "4"}), Busy),
        (Reply(b"", 500), Unreachable),
        (Reply(broken=True), Unreachable),
        (Reply({"no": "token"}), InvalidResponse),
        (Reply({"access_token": "two words", "token_type": "bearer"}), InvalidResponse),
        (Reply({"access_token": "made-1", "token_type": "mac"}), InvalidResponse),
        (Reply({"access_token": "made-1", "token_type": "bearer", "expires_in": "soon"}), InvalidResponse),
        (Reply(b"<html>"), InvalidResponse),
    ],
)
def test_a_failed_sign_in_says_what_to_do_and_keeps_the_secret(
    stub: Stub, desk: Desk, caplog: pytest.LogCaptureFixture, reply: Reply, expected: type[ZendeskError]
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.answer = lambda _: reply
    with pytest.raises(expected, match="signing in") as caught:
        put(desk(**CLIENT))
    error = caught.value
    assert not error.unclear
    assert {seen.path for seen in stub.seen} == {"/oauth/tokens"}
    shown = f"{error!r} {error} {error.__cause__} {caplog.text}"
    assert "s3cr3t-of-client" not in shown
    if expected is Unauthorized:
        assert "ZENDESK_OAUTH_CLIENT_ID" in str(error)
        assert error.account_wide


def test_an_api_token_still_works_and_its_end_is_announced_once(
    stub: Stub, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    stub.on("GET tickets/count.json", {"count": {"value": 3}})
    zendesk = desk(email="ada@example.com", api_token="old")
    zendesk.check()
    zendesk.check()
    assert stub.seen[0].headers["authorization"] == "Basic YWRhQGV4YW1wbGUuY29tL3Rva2VuOm9sZA=="
    assert caplog.text.count("2027-04-30") == 1


def test_a_wrong_ready_made_token_is_not_tried_twice(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/count.json", Reply({"error": "invalid_token"}, 401))
    with pytest.raises(Unauthorized):
        desk().check()
    assert len(stub.seen) == 1


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "ZENDESK_SUBDOMAIN is missing"),
        ({"subdomain": "example.zendesk.com"}, "write `example`"),
        ({"subdomain": "https://example.zendesk.com"}, "write `example`"),
        ({"base_url": "ftp://a"}, "ZENDESK_BASE_URL is a scheme and a host"),
        ({"base_url": "127.0.0.1:8080"}, "ZENDESK_BASE_URL is a scheme and a host"),
        ({"base_url": "https://a/api/v2"}, "ZENDESK_BASE_URL is a scheme and a host"),
        ({"base_url": "http://["}, "ZENDESK_BASE_URL is a scheme and a host"),
        ({"base_url": "https://a:99999"}, "ZENDESK_BASE_URL is a scheme and a host"),
        ({"base_url": "https://a?x"}, "ZENDESK_BASE_URL is a scheme and a host"),
        ({"base_url": "https://u:p@a"}, "ZENDESK_BASE_URL is a scheme and a host"),
        ({"subdomain": "example", "oauth_token": "t0ken\nX: y"}, "ZENDESK_OAUTH_TOKEN is not a token"),
        ({"subdomain": "example", "oauth_token": "t0ken\u20ac"}, "ZENDESK_OAUTH_TOKEN is not a token"),
        ({"subdomain": "example"}, "no credentials: set ZENDESK_OAUTH_CLIENT_ID"),
        ({"subdomain": "example", "oauth_client_id": "a"}, "ZENDESK_OAUTH_CLIENT_SECRET is missing"),
        ({"subdomain": "example", "oauth_client_secret": "a"}, "ZENDESK_OAUTH_CLIENT_ID is missing"),
        ({"subdomain": "example", "email": "a"}, "ZENDESK_API_TOKEN is missing"),
        ({"subdomain": "example", "api_token": "a"}, "ZENDESK_EMAIL is missing"),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_named(settings: dict[str, str], problem: str) -> None:
    access = ZendeskConfig(**settings)
    assert problem in (access.problem() or "")
    with pytest.raises(Unauthorized, match="ZENDESK_"):
        Zendesk(access)


def test_a_token_file_that_holds_no_token_changes_nothing(tmp_path: Path) -> None:
    """A header cannot carry two lines; the HTTP library would raise an error that quotes them."""
    file = tmp_path / "token"
    access = ZendeskConfig(subdomain="example", oauth_token=SecretStr("t0ken"), secret_files={"oauth_token": file})
    credentials = Authenticator(access, requests.Session)
    file.write_text("first\nsecond\n")
    assert (credentials.reload_secrets(), credentials.header()) == (False, "Bearer t0ken")
    file.write_text("n3w\n")
    assert (credentials.reload_secrets(), credentials.header()) == (True, "Bearer n3w")


def test_settings_that_are_enough_show_no_secret() -> None:
    access = ZendeskConfig(subdomain="Example", oauth_client_id="a", oauth_client_secret="b0gus", oauth_token="t0ken")
    assert access.problem() is None
    assert access.origin == "https://example.zendesk.com"
    assert "b0gus" not in repr(access)
    assert "t0ken" not in repr(access)
    assert ZendeskConfig(base_url="http://127.0.0.1:8080/", oauth_token="t").origin == "http://127.0.0.1:8080"


# --- Writing -------------------------------------------------------------------------------------------------------


AUDIT = {"id": 71, "events": [{"id": 72, "type": "Change"}, {"id": 73, "type": "Comment"}]}


def test_an_update_is_one_guarded_request_with_all_that_belongs_together(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/7.json", SHOW)
    stub.on("GET tickets/7/comments.json", page_of(comment(1)))
    after = {
        **RAW,
        "tags": ["gupshup", "new"],
        "group_id": 41,
        "updated_at": "2026-11-21T09:00:05Z",
        "status": "pending",
    }
    stub.on("PUT tickets/7.json", {"ticket": after, "audit": AUDIT})
    zendesk = desk()
    before = zendesk.ticket(7)
    step = Step(
        kind="reply",
        add_tags=frozenset({"new", "gupshup", "gupshup__http_401"}),
        remove_tags=frozenset({"vip", "absent"}),
        group="Owner Desk",
        priority="high",
        status="pending",
        custom_fields=(CustomField(id=2, value="gupshup_401"),),
    )
    update = Update(step=step, html_body="<p>é ✓</p>", public=True)
    now = zendesk.update(before, update, upload_token="up", group_id=41, metadata=NOTE)
    assert stub.seen[-1].json == {
        "ticket": {
            "safe_update": True,
            "updated_stamp": "2026-11-21T09:00:00Z",
            "metadata": {"zendesk_gupshup": "live"},
            "tags": ["gupshup", "gupshup__http_401", "new"],
            "comment": {"html_body": "<p>é ✓</p>", "public": True, "uploads": ["up"]},
            "status": "pending",
            "priority": "high",
            "custom_fields": [{"id": 2, "value": "gupshup_401"}],
            "group_id": 41,
        }
    }
    expected = {
        "tags": ("gupshup", "new"),
        "group_id": 41,
        "group": None,
        "status": "pending",
        "updated_at": "2026-11-21T09:00:05Z",
        "audit_id": 71,
        "comment_id": 73,
    }
    assert now == before.model_copy(update=expected)


def test_a_custom_status_goes_without_the_standard_one_beside_it(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/7.json", SHOW)
    stub.on("GET tickets/7/comments.json", page_of(comment(1)))
    stub.on("PUT tickets/7.json", {"ticket": RAW, "audit": AUDIT})
    zendesk = desk()
    step = Step(kind="reply", status="pending", custom_status_id=360001)
    zendesk.update(zendesk.ticket(7), Update(step=step, html_body="<p>x</p>", public=True), metadata=NOTE)
    sent = stub.seen[-1].json["ticket"]
    assert (sent["custom_status_id"], "status" in sent) == (360001, False)


@pytest.mark.parametrize(
    ("audit", "noted"),
    [
        ({"id": 71, "events": [{"id": 72, "type": "Change"}]}, (71, None)),
        ({"id": "none"}, (None, None)),
        ({"id": 71, "events": "none"}, (71, None)),
        (None, (None, None)),
    ],
)
def test_an_update_is_applied_whatever_is_said_of_its_audit(
    stub: Stub, desk: Desk, audit: object, noted: tuple[int | None, int | None]
) -> None:
    stub.on("PUT tickets/7.json", {"ticket": RAW, "audit": audit})
    now = desk().update(READ, TAG, metadata=NOTE)
    assert (now.audit_id, now.comment_id) == noted


def test_what_a_thread_asked_is_counted_apart(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/7.json", SHOW)
    stub.on("GET tickets/7/comments.json", page_of(comment(1)))
    zendesk = desk()
    zendesk.ticket(7)
    mine, theirs = zendesk.requests_here, []

    def other() -> None:
        zendesk.ticket(7, comments=False)
        theirs.append(zendesk.requests_here)

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert (zendesk.requests_here, theirs) == (mine, [1])
    assert sum(zendesk.requests_made.values()) == mine + 1


class Room:
    """A rate limiter that has room, and remembers the calls to it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def acquire(self, method: str, path: str) -> None:
        self.calls.append(f"acquire {method} {path}")

    def observe(self, method: str, path: str, status: int, reported: RateLimitHeaders) -> None:
        self.calls.append(f"observe {method} {path} {status} {reported.limits}")


def test_each_request_passes_the_limiter_then_the_gate_and_its_answer_is_observed(stub: Stub) -> None:
    room = Room()
    with Zendesk(ZendeskConfig(base_url=stub.base_url, oauth_token="t"), limiter=room) as zendesk:
        guarded = zendesk.guarded_by(lambda: room.calls.append("gate"))
        stub.on("GET users/me.json", Reply(ME, headers={"x-rate-limit": "700", "x-rate-limit-remaining": "699"}))
        assert guarded.me() == zendesk.me()
        path, kind = "GET /api/v2/users/me.json", "GET /api/v2/users/me"
        seen = f"observe {path} 200 {{'account': ReportedLimit(total=700, remaining=699, resets=60.0)}}"
        assert room.calls == [f"acquire {path}", "gate", seen, f"acquire {path}", seen]
        assert guarded.requests_made == zendesk.requests_made == {kind: 2}
        guarded.close()


def test_a_gate_that_raises_keeps_a_request_back(stub: Stub, desk: Desk) -> None:
    def shut() -> None:
        raise Busy("the worker stops", retry_after=1.0)

    guarded = desk().guarded_by(shut)
    with pytest.raises(Busy, match="the worker stops"):
        put(guarded)
    assert stub.seen == []
    guarded.close()


def test_a_paused_client_sends_nothing_until_zendesk_accepts_the_credentials(stub: Stub, desk: Desk) -> None:
    zendesk = desk()
    zendesk.pause("refused")
    with pytest.raises(Unauthorized, match="refused"):
        put(zendesk)
    assert stub.seen == []
    stub.on("GET tickets/count.json", Reply({"error": "x"}, 401), {"count": {"value": 3}})
    with pytest.raises(Unauthorized):
        zendesk.resume_if_accepted()
    with pytest.raises(Unauthorized, match="refused"):
        put(zendesk)
    zendesk.resume_if_accepted()
    stub.on("PUT tickets/7.json", DONE)
    assert put(zendesk).updated_at == "2026-11-21T09:00:05Z"


def test_a_request_says_no_more_than_what_changes() -> None:
    body = payload(READ, Update(step=Step(kind="note"), html_body="<p>n</p>"), None, None, {})
    assert body == {
        "safe_update": True,
        "updated_stamp": "2026-11-21T09:00:00Z",
        "metadata": {},
        "comment": {"html_body": "<p>n</p>", "public": False},
    }
    removed = payload(READ, Update(step=Step(kind="tags", remove_tags=frozenset({"vip"}))), None, None, {})
    assert removed["tags"] == ["gupshup"]
    with pytest.raises(ValueError, match="ticket 7: files need a comment"):
        payload(READ, TAG, "up", None, {})


def test_files_go_up_under_one_token(stub: Stub, desk: Desk) -> None:
    stub.on("POST uploads.json", Reply({"upload": {"token": "one"}}, 201))
    files = [
        File(name="a&b=c ü.pdf", content_type="application/pdf", content=b"%PDF\x00\xff"),
        File(name="draft.txt", content_type="text/plain; charset=utf-8", content=b"draft"),
    ]
    assert desk().upload(files) == "one"
    assert [(s.query, s.headers["content-type"], s.body) for s in stub.seen] == [
        ({"filename": "a&b=c ü.pdf"}, "application/pdf", b"%PDF\x00\xff"),
        ({"filename": "draft.txt", "token": "one"}, "text/plain; charset=utf-8", b"draft"),
    ]
    with pytest.raises(ValueError, match="nothing to upload"):
        desk().upload([])
    stub.on("POST uploads.json", {"upload": {}})
    with pytest.raises(InvalidResponse, match="without a token"):
        desk().upload(files)


def test_other_records_are_read_and_written_by_the_same_rules(stub: Stub, desk: Desk) -> None:
    stub.on(
        "GET triggers.json",
        {"triggers": [{"id": 1}], "meta": {"has_more": True, "after_cursor": "x"}},
        {"triggers": [{"id": 2}], "meta": {"has_more": False, "after_cursor": None}},
    )
    stub.on("DELETE triggers/1.json", Reply(b"", 204))
    zendesk = desk()
    assert list(zendesk.pages("triggers.json", "triggers", active="true")) == [{"id": 1}, {"id": 2}]
    assert zendesk.write("DELETE", "triggers/1.json") == {}
    assert stub.seen[0].query == {"active": "true", "page[size]": "100"}


# --- Clock, logs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "passed", "expected"),
    [
        ("2026-11-21T08:59:59Z", 0.0, []),
        ("2026-11-21T09:00:00Z", 0.0, [1.0]),
        ("2026-11-21T09:00:00Z", 0.75, [0.25]),
        ("2026-11-21T09:00:00Z", 1.0, []),
        ("2026-11-21T09:00:00.123456789Z", 0.5, [0.5]),
        ("2026-11-21T09:30:00Z", 0.0, [3.0]),
        ("", 0.0, []),
    ],
)
def test_a_write_waits_until_zendesks_own_clock_has_left_the_second(
    stub: Stub, slept: list[float], stamp: str, passed: float, expected: list[float]
) -> None:
    now = 5000.0
    stub.on("GET tickets/count.json", Reply({"count": {}}, headers={"Date": "Sat, 21 Nov 2026 09:00:00 GMT"}))
    access = ZendeskConfig(base_url=stub.base_url, oauth_token="t")
    with Zendesk(access, sleep=slept.append, monotonic=lambda: now) as zendesk:
        zendesk.check()
        now += passed
        assert zendesk.wait_until_past(stamp) == bool(expected)
    assert slept == expected


def test_without_a_date_from_zendesk_a_whole_second_is_waited(stub: Stub, desk: Desk, slept: list[float]) -> None:
    zendesk = desk()
    assert zendesk.wait_until_past("2026-11-21T09:00:00Z")
    stub.on("GET tickets/count.json", Reply({"count": {}}, headers={"Date": "today"}))
    zendesk.check()
    assert zendesk.wait_until_past("2026-11-21T09:00:00Z")
    assert slept == [1.0, 1.0]


def test_keys_that_zendesk_ignored_are_logged_without_values(
    stub: Stub, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    warning = (
        '{:allowed_parameters=>{:controller=>"tickets", :action=>"update", '
        ':unpermitted_keys=>["ticket.colour"], :invalid_values=>["Ada"]}}'
    )
    stub.on("PUT tickets/7.json", Reply(DONE, headers={"x-zendesk-api-warn": warning}))
    put(desk())
    assert 'ignored keys that we sent: "ticket.colour"' in caplog.text
    stub.on("PUT tickets/7.json", Reply(DONE, headers={"x-zendesk-api-warn": "Ada"}))
    put(desk())
    assert "it does not say which" in caplog.text
    assert "Ada" not in caplog.text


def test_nothing_of_a_customers_words_or_of_a_token_is_logged(
    stub: Stub, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.on("POST uploads.json", {"upload": {"token": "upl04d"}})
    stub.on("PUT tickets/7.json", DONE, Reply(DONE, cut=True))
    stub.on("GET tickets/7.json", {"ticket": {**RAW, "subject": "words of Ada"}})
    zendesk = desk(oauth_token="0auth")
    file = File(name="words of Ada", content_type="text/plain", content=b"words of Ada")
    update = Update(step=Step(kind="note"), html_body="words of Ada")
    zendesk.upload([file, file])
    zendesk.update(READ, update, upload_token="upl04d", metadata=NOTE)
    with pytest.raises(OutcomeUnknown) as caught:
        zendesk.update(READ, update, upload_token="upl04d", metadata=NOTE)
    zendesk.ticket(7, comments=False)
    logged = f"{caplog.text} {caught.value} {zendesk!r} {zendesk.requests_made}"
    for secret in ("words of Ada", "words%20of", "upl04d", "0auth"):
        assert secret not in logged


def test_closing_leaves_a_gateway_that_can_be_used_again(stub: Stub, desk: Desk) -> None:
    stub.on("GET tickets/count.json", {"count": {"value": 3}})
    Tokens(stub)
    zendesk = desk(**CLIENT)
    assert zendesk.check() == 3
    zendesk.close()
    assert zendesk.check() == 3


# --- Against the sandbox -------------------------------------------------------------------------------------------


@pytest.fixture
def gateway(sandbox: SandboxServer) -> Iterator[Zendesk]:
    access = ZendeskConfig(
        base_url=sandbox.base_url, oauth_client_id=seed.CLIENT_ID, oauth_client_secret=SecretStr(seed.CLIENT_SECRET)
    )
    with Zendesk(access) as zendesk:
        yield zendesk


def a_ticket(sandbox: SandboxServer) -> int:
    written = sandbox.store.write_as_client(
        "client@lovelace.example.com",
        "Emmy",
        "The portal answers 401",
        subject="Messages fail",
        files=[("log.txt", "text/plain", b"HTTP 401 Unauthorized")],
    )
    return int(written["id"])


def test_a_ticket_of_the_sandbox_is_read_answered_and_found_again(sandbox: SandboxServer, gateway: Zendesk) -> None:
    ticket_id = a_ticket(sandbox)
    ticket = gateway.ticket(ticket_id)
    assert ticket.requester is not None
    assert (ticket.subject, ticket.requester.name, ticket.our_user_id) == ("Messages fail", "Emmy", gateway.me().id)
    assert ticket.organization is not None
    assert ticket.organization.organization_fields["gupshup_app_name"] == "LovelaceOptics"
    assert [(c.public, c.plain_body) for c in ticket.comments] == [(True, "The portal answers 401")]
    assert gateway.attachment(ticket.comments[0].attachments[0], 8) == b"HTTP 401"
    token = gateway.upload([File(name="draft.txt", content_type="text/plain", content=b"draft")])
    group_id = gateway.group_id("whatsapp n2")
    step = Step(kind="reply", add_tags=frozenset({"gupshup", "gupshup__http_401"}), status="pending")
    now = gateway.update(
        ticket,
        Update(step=step, html_body="<p>Read this</p>", public=True),
        upload_token=token,
        group_id=group_id,
        metadata=NOTE,
    )
    assert (now.tags, now.status, now.group_id) == (("gupshup", "gupshup__http_401"), "pending", group_id)
    assert now.comments == ticket.comments
    again = gateway.ticket(ticket_id)
    assert again.group == Group(id=group_id or 0, name="WhatsApp N2")
    assert [(c.author_id, c.public, c.plain_body) for c in again.comments[1:]] == [(gateway.me().id, True, "Read this")]
    assert gateway.attachment(again.comments[1].attachments[0], 99) == b"draft"
    audits = list(gateway.pages(f"tickets/{ticket_id}/audits.json", "audits"))
    assert audits[-1]["metadata"]["custom"] == NOTE
    changes = gateway.changed(start_time=0)
    assert [row["id"] for row in changes.tickets] == [ticket_id]
    assert gateway.changed(cursor=changes.cursor) == ChangedTickets((), changes.cursor, end_of_stream=True)
    assert gateway.check() == 1


def test_the_sandbox_refuses_what_zendesk_refuses(sandbox: SandboxServer, gateway: Zendesk) -> None:
    ticket = gateway.ticket(a_ticket(sandbox))
    sandbox.change(clock_offset=5)
    sandbox.store.update_ticket(ticket.id, {"tags": ["by_an_agent"]}, actor_id=gateway.me().id)
    with pytest.raises(Conflict, match=f"ticket {ticket.id}"):
        gateway.update(ticket, TAG, metadata=NOTE)
    solve = Update(step=Step(kind="tags", status="solved"))
    with pytest.raises(Refused, match=r"base: field \d+ is required when solving a ticket$"):
        gateway.update(gateway.ticket(ticket.id), solve, metadata=NOTE)
    agent = gateway.me().id
    for status in ("solved", "closed"):
        sandbox.store.update_ticket(ticket.id, {"status": status, "assignee_id": agent}, actor_id=agent)
    closed = gateway.ticket(ticket.id)
    assert (closed.status, closed.comments, closed.tags) == ("closed", (), ("by_an_agent",))
    with pytest.raises(TicketClosed, match=f"ticket {ticket.id}"):
        gateway.update(closed, TAG, metadata=NOTE)
    with pytest.raises(NotFound, match="ticket 999"):
        gateway.ticket(999)


def test_the_sandbox_lets_nobody_in_with_a_wrong_secret(sandbox: SandboxServer) -> None:
    for wrong in (
        ZendeskConfig(
            base_url=sandbox.base_url, oauth_client_id=seed.CLIENT_ID, oauth_client_secret=SecretStr("wrong")
        ),
        ZendeskConfig(base_url=sandbox.base_url, oauth_token=SecretStr("wrong")),
        ZendeskConfig(base_url=sandbox.base_url, email=seed.ADMIN_EMAIL, api_token=SecretStr("wrong")),
    ):
        with Zendesk(wrong) as zendesk, pytest.raises(Unauthorized) as caught:
            zendesk.check()
        assert caught.value.account_wide
    right = ZendeskConfig(base_url=sandbox.base_url, email=seed.ADMIN_EMAIL, api_token=SecretStr(seed.API_TOKEN))
    with Zendesk(right) as zendesk:
        assert (zendesk.check(), zendesk.me().email) == (0, seed.ADMIN_EMAIL)


def test_half_a_surrogate_pair_in_a_comment_becomes_a_replacement_character() -> None:
    raw = json.loads('{"id": 1, "body": "401 \\ud83d\\ude00 \\ud800 end"}')
    assert parsed(Comment, raw).body == "401 😀 � end"
