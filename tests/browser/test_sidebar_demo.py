"""The demo's worker behind the frame: a person writes as the client, and an agent acts in the sidebar."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.browser import Browser
from support.zaf_desk import FRAME
from zendesk_gupshup.demo.stage import stage
from zendesk_sandbox.server import SandboxServer

TEXT = 'Desde hoy la API de Gupshup contesta HTTP 401 {"status":"error","message":"Authentication Failed"} a todo.'


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[SandboxServer, Browser]]:
    with stage() as (sandbox, _, _worker), Browser(1280, 900, timeout=60, isolated=True) as browser:
        sandbox.change(limits=False)
        yield sandbox, browser


@pytest.mark.no_cover
def test_the_sidebar_shows_what_the_worker_found_without_a_request_to_zendesk(
    demo: tuple[SandboxServer, Browser],
) -> None:
    sandbox, browser = demo
    ticket = sandbox.store.write_as_client("ines@example.com", "Inés", TEXT, subject="Error 401", locale="es-MX")
    page = f"{sandbox.base_url}/inbox/tickets/{ticket['id']}"
    browser.open(page)
    browser.wait_for(lambda: browser.count(".comment.note") == 1, "the internal note")
    browser.enter(FRAME)
    browser.find("[data-view]:not([data-view=unseen])")
    assert "gupshup_http 401" in browser.text("main")
    assert browser.text(".sent.good").startswith("Reply sent")
    assert browser.overflow() == []
    # Who looks is known by now: opening the page again asks Zendesk for nothing.
    before = len(sandbox.requests)
    browser.enter(None)
    browser.open(page)
    browser.enter(FRAME)
    browser.find("[data-view]")
    assert len(sandbox.requests) == before
    assert browser.complaints() == []


FORBIDDEN = """We moved our CleverTap account. Since then "Send Test" with the Gupshup provider returns
HTTP 403 {"status":"error","message":"Authentication Failed"}"""


NO_BALANCE = "The campaign has stopped, and the Gupshup console shows error 1003 - Wallet Balance Low for all messages."


def opened(demo: tuple[SandboxServer, Browser], email: str, text: str = FORBIDDEN) -> tuple[Browser, int]:
    """A ticket that the worker has only noted; the browser is in its frame."""
    sandbox, browser = demo
    ticket = int(sandbox.store.write_as_client(email, "Ravi", text, subject="Rejected", locale="en-IN")["id"])
    browser.enter(None)
    browser.open(f"{sandbox.base_url}/inbox/tickets/{ticket}")
    browser.wait_for(lambda: browser.count(".comment.note") == 1, "the internal note")
    browser.enter(FRAME)
    browser.find("[data-view=found]")
    return browser, ticket


def public(sandbox: SandboxServer, ticket: int) -> list[str]:
    """The public replies of the team, as plain text."""
    return [comment["plain_body"] for comment in sandbox.store.comments(ticket)[1:] if comment["public"]]


@pytest.mark.no_cover
def test_the_worker_sends_the_reply_when_asked_in_the_sidebar(demo: tuple[SandboxServer, Browser]) -> None:
    browser, ticket = opened(demo, "ravi@example.com")
    browser.click("#send")
    browser.click("#yes")
    browser.wait_for(lambda: len(public(demo[0], ticket)) == 1, "the reply")
    browser.wait_for(lambda: "Reply sent" in browser.text("main"), "the word of it")
    assert browser.count("#send") == 0


@pytest.mark.no_cover
def test_what_the_agent_inserts_and_submits_is_the_only_reply(demo: tuple[SandboxServer, Browser]) -> None:
    browser, ticket = opened(demo, "asha@example.com")
    browser.click("#insert")
    browser.find(".said.good")
    browser.enter(None)
    browser.click("#send-agent")
    browser.find(".comment.agent")
    [reply] = public(demo[0], ticket)
    assert "Gupshup answers HTTP 403" in reply
    browser.enter(FRAME)
    # The worker has not looked since; that the reply was inserted is known all the same.
    assert browser.text("#insert") == "Insert again"


@pytest.mark.no_cover
def test_feedback_and_the_wish_for_a_draft_reach_the_worker(demo: tuple[SandboxServer, Browser]) -> None:
    browser, ticket = opened(demo, "priya@example.com", NO_BALANCE)
    browser.click("#feedback-right")
    assert browser.text(".said.good").startswith("Thank you.")
    browser.click("#draft")
    # The note has the draft already, so the worker adds no second one.
    assert browser.text(".said.warn").startswith("Nothing was added")
    assert len(demo[0].store.comments(ticket)) == 2
    assert "Last given by you" in browser.text("main")
