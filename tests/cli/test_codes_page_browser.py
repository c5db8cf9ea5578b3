"""The page of `codes export` on a phone: nothing is wider than the screen, and the search box finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.browser import Browser, absent
from support.cli import run
from zendesk_gupshup.model.base import LANGUAGES

pytestmark = [pytest.mark.browser, pytest.mark.skipif(absent() is not None, reason=absent() or "")]

_FOUND = "return [...document.querySelectorAll('.entry:not([hidden]) h3')].map(node => node.textContent)"


def test_the_page_fits_a_phone_and_its_search_box_finds(browser: Browser, tmp_path: Path) -> None:
    browser.resize(390, 844)
    for language in LANGUAGES:
        page = tmp_path / f"{language}.html"
        assert run("codes", "export", "--format", "html", "--lang", language, "--output", str(page))[0] == 0
        browser.open(page.as_uri())
        assert (browser.overflow(), browser.complaints()) == ([], [])
    browser.type("input[type=search]", "SALDO telefônico 1003")
    assert browser.text("output").startswith("0 / ")
    browser.open(page.as_uri())
    browser.type("input[type=search]", "wallet  BALANÇE")
    assert "1003 Wallet Balance Low" in browser.script(_FOUND)
    assert "401 Unauthorized" not in browser.script(_FOUND)
    assert browser.complaints() == []
