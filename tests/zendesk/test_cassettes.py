"""The gateway's flows, replayed from cassettes without a network; `make record` records them anew.

Recording takes the sandbox, or the account that ZENDESK_SUBDOMAIN, ZENDESK_OAUTH_CLIENT_ID and
ZENDESK_OAUTH_CLIENT_SECRET name: an empty one for trying things, in which the tickets made here are deleted again.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from pytest_recording import network
from vcr.errors import CannotOverwriteExistingCassetteException

from support.tape import CASSETTES, CLIENT_ID, CLIENT_SECRET, HOST, Layout, Scrubber, given_of, recorder
from zendesk_gupshup.model.plan import Step
from zendesk_gupshup.model.write import File, Update
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_gupshup.zendesk.errors import Conflict, NotFound, TicketClosed
from zendesk_sandbox import seed
from zendesk_sandbox.server import SandboxServer

METADATA = {"zendesk_gupshup": "cassette"}
NOTE = Update(step=Step(kind="note", add_tags=frozenset({"gupshup"})), html_body="<p>For the agent</p>")

Given = Mapping[str, Any]
Play = Callable[[str], Any]


@pytest.fixture
def play(record_mode: str) -> Play:
    """`with play("note") as (zendesk, given):` a gateway on the cassette, and the ticket it was recorded with."""
    return _record if record_mode != "none" else _replay


@contextmanager
def _replay(name: str, *, whole: bool = True) -> Iterator[tuple[Zendesk, Given]]:
    given = given_of(name)
    tape = recorder(Scrubber(given["ticket_id"]), Layout("", {}), record=False)
    access = ZendeskConfig(
        subdomain=HOST.partition(".")[0], oauth_client_id=CLIENT_ID, oauth_client_secret=SecretStr(CLIENT_SECRET)
    )
    with network.blocking_context(), tape.use_cassette(name) as cassette:
        with Zendesk(access, sleep=lambda _: None) as zendesk:
            yield zendesk, given
        assert cassette.all_played or not whole


@contextmanager
def _record(name: str) -> Iterator[tuple[Zendesk, Given]]:
    (CASSETTES / f"{name}.yaml").unlink(missing_ok=True)
    with ExitStack() as stack:
        subdomain = os.environ.get("ZENDESK_SUBDOMAIN")
        if subdomain:
            against, access = (
                "a Zendesk account",
                ZendeskConfig(
                    subdomain=subdomain,
                    oauth_client_id=os.environ["ZENDESK_OAUTH_CLIENT_ID"],
                    oauth_client_secret=SecretStr(os.environ["ZENDESK_OAUTH_CLIENT_SECRET"]),
                ),
            )
        else:
            sandbox = stack.enter_context(SandboxServer(limits=False, incremental_lag=0))
            against, access = (
                "the sandbox of this project",
                ZendeskConfig(
                    base_url=sandbox.base_url,
                    oauth_client_id=seed.CLIENT_ID,
                    oauth_client_secret=SecretStr(seed.CLIENT_SECRET),
                ),
            )
        given = _prepared(stack.enter_context(Zendesk(access)), stack)
        tape = recorder(Scrubber(given["ticket_id"]), Layout(against, given), record=True)
        stack.enter_context(tape.use_cassette(name))
        yield stack.enter_context(Zendesk(access)), given


def _prepared(zendesk: Zendesk, stack: ExitStack) -> Given:
    """A ticket of an invented requester, deleted in the end."""
    started = int(time.time()) - 120
    made = zendesk.write(
        "POST",
        "tickets.json",
        {
            "ticket": {
                "subject": "Messages fail",
                "comment": {"body": "The portal answers HTTP 401 Unauthorized", "public": True},
                "requester": {"name": "Emmy", "email": "emmy@example.com"},
                "assignee_id": zendesk.me().id,
                "tags": ["vip"],
            }
        },
    )["ticket"]
    stack.callback(zendesk.write, "DELETE", f"tickets/{made['id']}.json")
    return {"ticket_id": made["id"], "start_time": started}


# --- The flows -----------------------------------------------------------------------------------------------------


def test_sign_in(play: Play) -> None:
    with play("sign_in_by_client_credentials") as (zendesk, _):
        assert zendesk.check() >= 0
        assert zendesk.me().role == "admin"


def test_read_ticket(play: Play) -> None:
    with play("read_ticket_with_comments") as (zendesk, given):
        ticket = zendesk.ticket(given["ticket_id"])
        assert (ticket.id, ticket.subject, ticket.tags) == (given["ticket_id"], "Messages fail", ("vip",))
        assert ticket.requester is not None
        assert (ticket.requester.name, ticket.requester.email) == ("Emmy", "emmy@example.com")
        assert [(c.public, c.plain_body) for c in ticket.comments] == [
            (True, "The portal answers HTTP 401 Unauthorized")
        ]
        assert ticket.our_user_id == zendesk.me().id


def test_nothing_changed(play: Play) -> None:
    """Looking twice writes nothing, and the second look is the same as the first."""
    with play("nothing_changed") as (zendesk, given):
        assert zendesk.ticket(given["ticket_id"]) == zendesk.ticket(given["ticket_id"])


def test_upload_and_reply(play: Play) -> None:
    with play("upload_and_reply") as (zendesk, given):
        ticket = zendesk.ticket(given["ticket_id"])
        token = zendesk.upload(
            [
                File(name="draft & guide.txt", content_type="text/plain", content=b"App name: Example"),
                File(name="guide.txt", content_type="text/plain", content=b"1. Sign in"),
            ]
        )
        step = Step(
            kind="reply",
            add_tags=frozenset({"gupshup", "gupshup__http_401", "gupshup_replied__http_401"}),
            remove_tags=frozenset({"gupshup_draft"}),
            priority="high",
            status="pending",
        )
        update = Update(step=step, html_body="<p>An authentication error (401)</p>", public=True)
        now = zendesk.update(ticket, update, upload_token=token, metadata=METADATA)
        assert now.tags == ("gupshup", "gupshup__http_401", "gupshup_replied__http_401", "vip")
        assert (now.status, now.priority, now.comments) == ("pending", "high", ticket.comments)
        reply = zendesk.ticket(given["ticket_id"]).comments[-1]
        assert (reply.public, reply.author_id, reply.plain_body) == (
            True,
            zendesk.me().id,
            "An authentication error (401)",
        )
        assert sorted(a.file_name for a in reply.attachments) == ["draft & guide.txt", "guide.txt"]


def test_note(play: Play) -> None:
    with play("internal_note") as (zendesk, given):
        ticket = zendesk.ticket(given["ticket_id"])
        now = zendesk.update(ticket, NOTE, metadata=METADATA)
        assert now.tags == ("gupshup", "vip")
        note = zendesk.ticket(given["ticket_id"]).comments[-1]
        assert (note.public, note.plain_body) == (False, "For the agent")


def test_conflict(play: Play) -> None:
    with play("conflict_409") as (zendesk, given):
        ticket = zendesk.ticket(given["ticket_id"])
        zendesk.wait_until_past(ticket.updated_at)
        zendesk.write("PUT", f"tickets/{ticket.id}.json", {"ticket": {"priority": "low"}})
        with pytest.raises(Conflict, match=f"ticket {ticket.id}: changed since it was read .409 UpdateConflict"):
            zendesk.update(ticket, NOTE, metadata=METADATA)
        assert len(zendesk.ticket(ticket.id).comments) == 1


def test_closed(play: Play) -> None:
    with play("closed_422") as (zendesk, given):
        path = f"tickets/{given['ticket_id']}.json"
        for status in ("solved", "closed"):
            zendesk.write("PUT", path, {"ticket": {"status": status}})
        ticket = zendesk.ticket(given["ticket_id"])
        assert (ticket.status, ticket.comments) == ("closed", ())
        with pytest.raises(TicketClosed, match=f"ticket {ticket.id}"):
            zendesk.update(ticket, NOTE, metadata=METADATA)


def test_not_found(play: Play) -> None:
    with play("not_found_404") as (zendesk, _), pytest.raises(NotFound, match="ticket 99999999"):
        zendesk.ticket(99999999)


def test_incremental_page(play: Play) -> None:
    with play("incremental_page") as (zendesk, given):
        page = zendesk.changed(start_time=given["start_time"], per_page=100)
        assert {row["id"] for row in page.tickets} <= {given["ticket_id"]}
        assert page.cursor
        assert page.end_of_stream
        after = zendesk.changed(cursor=page.cursor, per_page=100)
        assert (after.tickets, after.end_of_stream) == ((), True)


# --- The cassettes themselves --------------------------------------------------------------------------------------


@pytest.fixture
def replaying(record_mode: str) -> None:
    if record_mode != "none":
        pytest.skip("recording")


@pytest.mark.usefixtures("replaying")
def test_a_request_that_differs_in_its_body_is_noticed() -> None:
    public = NOTE.model_copy(update={"public": True})
    with _replay("internal_note", whole=False) as (zendesk, given):
        ticket = zendesk.ticket(given["ticket_id"])
        with pytest.raises(CannotOverwriteExistingCassetteException, match="same_body"):
            zendesk.update(ticket, public, metadata=METADATA)


@pytest.mark.usefixtures("replaying")
def test_replay_has_no_network() -> None:
    blocked = pytest.raises(RuntimeError, match="Network is disabled")
    with _replay("not_found_404", whole=False), socket.socket() as endpoint, blocked:
        endpoint.connect(("127.0.0.1", 9))


@pytest.mark.usefixtures("replaying")
@pytest.mark.parametrize("file", sorted(CASSETTES.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_cassette_says_where_it_comes_from_and_holds_no_secret(file: Any) -> None:
    text = file.read_text()
    head = yaml.safe_load(text)
    assert head["recorded_against"] in ("the sandbox of this project", "a Zendesk account")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", head["recorded_at"])
    assert text.startswith("recorded_against: ")
    assert re.search(r"authorization|Bearer |Basic |cookie|127\.0\.0\.1|localhost", text, re.IGNORECASE) is None
    assert seed.CLIENT_SECRET not in text
    assert set(re.findall(r"([\w-]+\.zendesk\.com)", text)) <= {HOST}
    assert set(re.findall(r"[\w.+-]+@([\w.-]+)", text)) <= {"example.com", "lovelace.example.com"}
    for interaction in head["interactions"]:
        assert interaction["request"]["uri"].startswith(f"https://{HOST}/")
        secrets = re.findall(r"client_secret=([^&]+)", interaction["request"]["body"] or "")
        assert set(secrets) <= {CLIENT_SECRET}


@pytest.mark.usefixtures("replaying")
def test_every_flow_has_its_cassette() -> None:
    assert {file.stem for file in CASSETTES.glob("*.yaml")} == {
        "closed_422",
        "conflict_409",
        "incremental_page",
        "internal_note",
        "not_found_404",
        "nothing_changed",
        "read_ticket_with_comments",
        "sign_in_by_client_credentials",
        "upload_and_reply",
    }
