"""A person in a real browser writes as the client and sees the worker's answer come."""

from __future__ import annotations

import pytest

from support.browser import Browser, absent
from zendesk_gupshup.demo.stage import stage

pytestmark = [pytest.mark.browser, pytest.mark.skipif(bool(absent()), reason=absent() or "")]

TEXT = 'Desde hoy la API de Gupshup contesta HTTP 401 {"status":"error","message":"Authentication Failed"} a todo.'


@pytest.mark.no_cover
def test_the_client_writes_and_the_reply_the_note_and_the_files_appear() -> None:
    with stage() as (sandbox, _, _worker), Browser(1280, 900, timeout=60, isolated=True) as browser:
        sandbox.change(limits=False)
        browser.open(f"{sandbox.base_url}/inbox/new")
        browser.type("#name", "Inés")
        browser.type("#email", "ines@example.com")
        browser.type("#locale", "es-MX")
        browser.type("#subject", "Error 401")
        browser.type("#body", TEXT)
        browser.click("#send")
        browser.wait_for(lambda: browser.count(".comment.client") == 1, "the client's words")
        # The page refreshes itself: nobody presses reload.
        browser.wait_for(lambda: browser.count(".comment.agent") == 1, "the public reply")
        browser.wait_for(lambda: browser.count(".comment.note") == 1, "the internal note")
        reply, note = browser.text(".comment.agent"), browser.text(".comment.note")
        assert "Se ha detectado un error de autenticación (401)" in reply
        assert "gupshup-draft" in reply
        assert "gupshup-owner-guide.es.pdf" in reply
        assert "gupshup_http 401" in note or "401" in note
        assert "gupshup__http_401" in browser.text("main")
        assert browser.complaints() == []
