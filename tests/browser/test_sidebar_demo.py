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
    with stage() as (sandbox, _, _worker), Browser(1280, 900, timeout=60) as browser:
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
