"""Messaging tickets of the sandbox: the conversation log, who writes into it, and what the worker makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from pydantic import SecretStr
from selectolax.lexbor import LexborHTMLParser

from support.sandbox_api import Api
from support.workers import ERROR, SECONDS, ours
from zendesk_gupshup.demo import stage
from zendesk_gupshup.doctor import examine
from zendesk_gupshup.doctor.lines import Line
from zendesk_gupshup.model.unread_reasons import UnreadReason
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_sandbox import seed
from zendesk_sandbox.server import SandboxServer


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


@pytest.fixture
def gateway(sandbox: SandboxServer) -> Iterator[Zendesk]:
    access = ZendeskConfig(base_url=sandbox.base_url, email=seed.ADMIN_EMAIL, api_token=SecretStr(seed.API_TOKEN))
    with Zendesk(access) as zendesk:
        yield zendesk


def control(sandbox: SandboxServer, path: str, status: int, **given: Any) -> Any:
    answer = requests.post(f"{sandbox.base_url}/sandbox/{path}", json=given, timeout=10)
    assert answer.status_code == status, answer.text
    return answer.json()


def begun(sandbox: SandboxServer, text: str = "It fails") -> int:
    written = control(sandbox, "write", 201, email="lin@example.com", name="Lin", body=text, channel="whatsapp")
    return int(written["ticket"]["id"])


def test_a_clients_message_stands_in_the_conversation_log_alone(sandbox: SandboxServer, api: Api) -> None:
    ticket_id = begun(sandbox)
    control(sandbox, "message", 201, ticket_id=ticket_id, author="bot", text="Hello")
    control(sandbox, "write", 201, email="lin@example.com", name="Lin", body="Still", ticket_id=ticket_id)
    ticket = api.json("GET", f"/tickets/{ticket_id}")["ticket"]
    assert (ticket["from_messaging_channel"], ticket["via"]["channel"]) == (True, "whatsapp")
    assert [c["body"] for c in api.comments(ticket_id)] == ["Conversation with Lin\n\nURL: None"]
    events = api.json("GET", f"/tickets/{ticket_id}/conversation_log")["events"]
    assert [(e["type"], e["author"]["type"], e["content"].get("text")) for e in events] == [
        ("Comment", "user", None),
        ("Messaging::ConversationMessage", "user", "It fails"),
        ("Messaging::ConversationMessage", "bot", "Hello"),
        ("Messaging::ConversationMessage", "user", "Still"),
    ]


def test_the_log_comes_in_pages_by_cursor(sandbox: SandboxServer, api: Api, gateway: Zendesk) -> None:
    ticket_id = begun(sandbox, "message 0")
    for number in range(1, 120):
        sandbox.store.write_message(ticket_id, "user", f"message {number}")
    first = api.json("GET", f"/tickets/{ticket_id}/conversation_log?page[size]=100")
    assert (len(first["events"]), first["meta"]["has_more"]) == (100, True)
    texts = [comment.body for comment in gateway.ticket(ticket_id).comments[1:]]
    assert texts == [f"message {number}" for number in range(120)]
    assert gateway.requests_made["GET /api/v2/tickets/{id}/conversation_log"] == 2


def test_a_message_lists_its_ticket_anew_and_leaves_its_stamp(sandbox: SandboxServer, gateway: Zendesk) -> None:
    ticket_id = begun(sandbox)
    stamp, seen = gateway.ticket(ticket_id).updated_at, gateway.changed(start_time=0)
    sandbox.store.write_message(ticket_id, "agent", "We look at it.")
    assert [row["id"] for row in gateway.changed(cursor=seen.cursor).tickets] == [ticket_id]
    assert gateway.ticket(ticket_id).updated_at == stamp


def test_a_files_message_keeps_its_file(sandbox: SandboxServer, gateway: Zendesk) -> None:
    written = sandbox.store.write_as_client(
        "lin@example.com", "Lin", "", channel="line", files=[("a.log", "text/plain", b"Gupshup 401")]
    )
    message = gateway.ticket(int(written["id"])).comments[1]
    assert [gateway.attachment(file, 99) for file in message.attachments] == [b"Gupshup 401"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"ticket_id": 1, "author": "nobody", "text": "x"}, 422),
        ({"ticket_id": 1, "author": "user", "text": ""}, 422),
        ({"ticket_id": 2, "author": "user", "text": "x"}, 422),
        ({"ticket_id": 9, "author": "user", "text": "x"}, 404),
        ({"author": "user", "text": "x"}, 400),
        ({"ticket_id": 1, "author": "user", "text": "x", "more": 1}, 400),
    ],
)
def test_what_is_no_message_is_refused(sandbox: SandboxServer, api: Api, given: dict[str, Any], status: int) -> None:
    begun(sandbox)
    api.ticket()
    control(sandbox, "message", status, **given)


def test_a_plan_without_the_log_answers_404_and_doctor_says_so(sandbox: SandboxServer, gateway: Zendesk) -> None:
    assert examine._conversations(gateway) == Line(
        "messaging", "note", "not checked: no ticket of a messaging channel among the newest 100"
    )
    ticket_id = begun(sandbox)
    assert examine._conversations(gateway) == Line(
        "messaging", "ok", "the conversation of the newest messaging ticket can be read"
    )
    requests.patch(f"{sandbox.base_url}/sandbox/options", json={"conversation_log": False}, timeout=10)
    line = examine._conversations(gateway)
    assert (line.status, "404" in line.text) == ("warning", True)
    assert gateway.ticket(ticket_id).conversation_unread == UnreadReason.CONVERSATION_REFUSED(status=404)


def test_the_inbox_begins_a_conversation_shows_it_and_lets_agents_speak(sandbox: SandboxServer) -> None:
    new = {"name": "Lin", "email": "lin@example.com", "subject": "Help", "body": "It fails", "channel": "whatsapp"}
    headers = {"Origin": sandbox.base_url}
    made = requests.post(f"{sandbox.base_url}/inbox/new", data=new, headers=headers, timeout=10, allow_redirects=False)
    assert made.headers["location"] == "/inbox/tickets/1"
    sandbox.store.write_message(1, "bot", "Hello, I am the bot")
    requests.post(f"{sandbox.base_url}/inbox/tickets/1/agent", data={"body": "On it"}, headers=headers, timeout=10)
    page = LexborHTMLParser(requests.get(f"{sandbox.base_url}/inbox/tickets/1", timeout=10).text)
    assert [body.text().strip() for body in page.css("#conversation .body")] == [
        "Conversation with Lin\n\nURL: None",
        "It fails",
        "Hello, I am the bot",
        "On it",
    ]
    assert [role.text() for role in page.css("#conversation .role")] == ["Client", "Client", "Bot", "Agent"]


def test_the_worker_notes_messaging_tickets_and_what_staff_wrote_for_a_client(
    sandbox: SandboxServer, tmp_path: Path
) -> None:
    """Also a message that leaves its ticket's stamp as it was when the ticket was settled."""
    (tmp_path / "zendesk-gupshup.toml").write_text("[worker]\nsweep_seconds = 7\n", encoding="utf-8")
    api = stage.Api(sandbox.base_url)
    told, later = begun(sandbox, ERROR), begun(sandbox, "Hello, is anybody there?")
    with Api(sandbox, "ada@example.com") as ada:
        phoned = ada.ticket(comment={"body": ERROR, "public": False}, requester={"email": "x@example.com", "name": "X"})
    worker = stage.WorkerProcess(stage.environment(sandbox.base_url, "a secret of this test", tmp_path), tmp_path, 0)
    try:
        assert worker.wait_for(lambda: ours(api, told) == ours(api, phoned["id"]) == (0, 1), SECONDS), worker.lines
        assert worker.wait_for(lambda: worker.settled(later), SECONDS), worker.lines
        assert ours(api, later) == (0, 0)
        sandbox.store.write_message(later, "user", ERROR)
        assert worker.wait_for(lambda: ours(api, later) == (0, 1), SECONDS), worker.lines
    finally:
        worker.kill()
    assert [one["guards"] for one in worker.settled(told)][:1] == [["messaging"]]
