"""The sandbox takes writes from its own pages and from programs, and from no page of somebody else."""

from __future__ import annotations

import socket
from typing import Any

import pytest
import requests

from zendesk_sandbox.origin import refusal
from zendesk_sandbox.server import SandboxServer

HOST = "127.0.0.1:8090"
OWN = f"http://{HOST}"
EVIL = "https://evil.example.com"

PASSES: list[dict[str, str]] = [
    {"Host": HOST},
    {"Host": "localhost:8090"},
    {"Host": "LocalHost"},
    {"Host": "[::1]:8090"},
    {"Host": "127.0.0.2:8090"},
    {"Host": HOST, "Origin": OWN},
    {"Host": HOST, "Origin": f"https://{HOST}"},
    {"Host": "localhost:8090", "Origin": "http://LOCALHOST:8090"},
    {"Host": HOST, "Sec-Fetch-Site": "same-origin", "Origin": OWN, "Referer": f"{OWN}/inbox/new"},
    {"Host": HOST, "Sec-Fetch-Site": "none"},
    {"Host": HOST, "Referer": f"{OWN}/inbox/tickets/7"},
]
# Neither reads nor writes: a name that a stranger has resolved to this machine, or a page of another host.
STRANGERS: list[dict[str, str]] = [
    {},
    {"Host": ""},
    {"Host": "rebound.example.com"},
    {"Host": "rebound.example.com:8090", "Origin": "http://rebound.example.com:8090"},
    {"Host": "127.0.0.1.example.com:8090"},
    {"Host": "localhost.example.com"},
    {"Host": "10.0.0.7:8090"},
    {"Host": "0.0.0.0:8090"},
    {"Host": HOST, "Origin": EVIL},
    {"Host": HOST, "Origin": "null"},
    {"Host": HOST, "Origin": ""},
    {"Host": HOST, "Origin": f"https://{HOST}@evil.example.com"},
    {"Host": HOST, "Origin": "http://[oops"},
    {"Host": HOST, "Origin": EVIL, "Sec-Fetch-Site": "same-origin"},
]
# What another program's page on this machine, or a form without an origin, may not write.
FOREIGN_WRITES: list[dict[str, str]] = [
    {"Host": HOST, "Origin": "http://127.0.0.1:3000"},
    {"Host": HOST, "Origin": "http://127.0.0.1"},
    {"Host": HOST, "Origin": "http://localhost:8090"},
    {"Host": HOST, "Sec-Fetch-Site": "cross-site"},
    {"Host": HOST, "Sec-Fetch-Site": "same-site"},
    {"Host": HOST, "Sec-Fetch-Site": "same-site", "Origin": OWN},
    {"Host": HOST, "Referer": f"{EVIL}/page"},
    {"Host": HOST, "Referer": "http://127.0.0.1:3000/"},
]


def refused(method: str, headers: dict[str, str]) -> bool:
    return refusal(method, [(k.lower().encode(), v.encode()) for k, v in headers.items()]) is not None


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("headers", PASSES, ids=str)
def test_programs_and_our_own_pages_are_let_in(method: str, headers: dict[str, str]) -> None:
    assert not refused(method, headers)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("headers", STRANGERS, ids=str)
def test_strangers_are_not(method: str, headers: dict[str, str]) -> None:
    assert refused(method, headers)


@pytest.mark.parametrize("headers", FOREIGN_WRITES, ids=str)
def test_a_page_of_another_origin_may_not_write(headers: dict[str, str]) -> None:
    assert [refused(method, headers) for method in ("POST", "PUT", "PATCH", "DELETE")] == [True] * 4


def test_of_two_hosts_none_is_believed() -> None:
    two = [(b"host", HOST.encode()), (b"host", b"rebound.example.com")]
    assert refusal("GET", two) == refusal("GET", two[::-1]) == "Loopback only"


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TEXT = {"Content-Type": "text/plain"}
# Each way to write: what a form, a script or a link of somebody else's page could send.
WRITES: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/sandbox/write", {"data": '{"email": "a@b.example", "body": "x"}', "headers": TEXT}),
    ("POST", "/sandbox/reset", {"data": "", "headers": FORM}),
    ("PATCH", "/sandbox/options", {"json": {"latency_ms": 1}}),
    ("DELETE", "/sandbox/requests", {}),
    ("PUT", "/sandbox/faults", {"data": "[]", "headers": TEXT}),
    ("POST", "/sandbox/faults", {"data": "[]", "headers": TEXT}),
    ("POST", "/inbox/new", {"data": {"subject": "x", "body": "y"}}),
    ("POST", "/inbox/tickets/1/status", {"data": {"status": "solved"}}),
    ("POST", "/oauth/tokens", {"data": {"grant_type": "client_credentials"}}),
    ("POST", "/api/v2/tickets.json", {"data": '{"ticket": {"comment": {"body": "x"}}}', "headers": TEXT}),
    ("PUT", "/api/v2/tickets/1", {"json": {"ticket": {"tags": ["x"]}}}),
    ("DELETE", "/api/v2/tickets/1", {}),
]


@pytest.mark.parametrize(("method", "path", "sent"), WRITES, ids=[f"{w[0]} {w[1]}" for w in WRITES])
def test_no_foreign_page_writes_anything_anywhere(
    sandbox: SandboxServer, method: str, path: str, sent: dict[str, Any]
) -> None:
    sandbox.store.write_as_client("olivia@client.example", "Olivia", "Help", subject="WhatsApp")
    before = (sandbox.store.tickets[1].copy(), len(sandbox.store.tickets), sandbox.store.options, sandbox.requests)
    statuses = []
    for foreign in ({"Origin": "http://127.0.0.1:3000"}, {"Origin": EVIL}, {"Sec-Fetch-Site": "cross-site"},
                    {"Referer": f"{EVIL}/"}, {"Host": "rebound.example.com"}):  # fmt: skip
        headers = {**sent.get("headers", {}), **foreign}
        with requests.Session() as session:
            session.auth = ("ada@example.com/token", "sandbox-token")
            answer = session.request(method, sandbox.base_url + path, **{**sent, "headers": headers}, timeout=10)
        statuses.append(answer.status_code)
    after = (sandbox.store.tickets[1], len(sandbox.store.tickets), sandbox.store.options, sandbox.requests)
    assert (statuses, after) == ([403] * 5, before)


@pytest.mark.parametrize("headers", [{}, {"Origin": "own"}], ids=["a program", "our own page"])
def test_a_write_with_credentials_passes(sandbox: SandboxServer, headers: dict[str, str]) -> None:
    given = {name: sandbox.base_url if value == "own" else value for name, value in headers.items()}
    answer = requests.post(
        f"{sandbox.base_url}/api/v2/tickets.json",
        json={"ticket": {"comment": {"body": "x"}}},
        auth=("ada@example.com/token", "sandbox-token"),
        headers=given,
        timeout=10,
    )
    assert (answer.status_code, len(sandbox.store.tickets)) == (201, 1)


def test_a_request_without_a_host_is_refused(sandbox: SandboxServer) -> None:
    host, port = sandbox.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(b"POST /sandbox/reset HTTP/1.0\r\nContent-Length: 0\r\n\r\n")
        assert line.recv(100).split(b"\r\n")[0].split(b" ")[1] in (b"400", b"403")
