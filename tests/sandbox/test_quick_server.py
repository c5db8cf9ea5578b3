"""A sandbox that ends: at once, with what is in flight answered, and from whatever state it is in."""

from __future__ import annotations

import threading

import pytest
import requests
from starlette.requests import Request
from starlette.responses import Response

from zendesk_sandbox.server import SandboxServer

_TICKETS = "/api/v2/tickets.json"
_ADA = ("ada@example.com/token", "sandbox-token")


def threads() -> int:
    return sum(thread.name == "sandbox" for thread in threading.enumerate())


def test_one_that_is_ended_as_soon_as_it_is_started_ends() -> None:
    before = threads()
    for _ in range(50):
        SandboxServer(seed=False).start().stop()
    assert threads() == before


def test_the_end_closes_idle_connections_and_may_be_told_twice() -> None:
    before = threads()
    with requests.Session() as session:
        with SandboxServer() as sandbox:
            assert session.get(f"{sandbox.base_url}{_TICKETS}", auth=_ADA, timeout=30).status_code == 200
        sandbox.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{sandbox.base_url}{_TICKETS}", auth=_ADA, timeout=30)
    assert threads() == before


def test_a_request_in_flight_is_answered_first() -> None:
    reached, answers = threading.Event(), list[int]()

    async def note(request: Request) -> Response | None:
        reached.set()
        return None

    with SandboxServer(latency_ms=200) as sandbox:
        sandbox.faults.before.append(note)
        url = f"{sandbox.base_url}{_TICKETS}"
        asking = threading.Thread(target=lambda: answers.append(requests.get(url, auth=_ADA, timeout=30).status_code))
        asking.start()
        assert reached.wait(30)
    asking.join(30)
    assert answers == [200]
