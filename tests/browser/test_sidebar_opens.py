"""How the page opens in Zendesk's frame, and what it says where it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from support.zaf_desk import FRAME, Desk
from support.zaf_views import FOUND, VIEWS
from support.zaf_worker import QUICK

# A wait of so many milliseconds is over at once: nobody will answer.
SHORT = 200


def test_the_page_shakes_hands_and_takes_the_height_that_it_needs(any_desk: Desk) -> None:
    browser = any_desk.open()
    assert browser.text("h1") == "Authentication failed"
    assert any_desk.worker.said("GET ") == [None]
    inside = "return Math.ceil(document.body.getBoundingClientRect().height)"
    outside = f"return document.querySelector('{FRAME}').clientHeight"
    browser.wait_for(lambda: any_desk.sidebar().script(inside) == any_desk.host().script(outside), "the height")
    assert any_desk.host().complaints() == []


def test_host_and_page_are_of_different_sites_and_the_page_keeps_no_cookie(desk: Desk) -> None:
    desk.open()
    assert desk.browser.script("return [location.hostname, document.cookie]") == ["localhost", ""]
    assert desk.host().script("return location.hostname") == "127.0.0.1"


def silent(desk: Desk) -> None:
    desk.sandbox.change(app_silent=True)


def no_script(desk: Desk) -> None:
    desk.worker.sdk_url = f"{desk.worker.origin}/gone.js"


def empty_script(desk: Desk) -> None:
    desk.worker.sdk_url = f"{desk.worker.origin}/sdk.js"


@pytest.mark.parametrize(
    ("fault", "notice"),
    [(silent, "silent"), (no_script, "sdk"), (empty_script, "sdk")],
    ids=lambda v: getattr(v, "__name__", v),
)
def test_without_zendesks_word_the_findings_are_read_by_number_and_nothing_is_inserted(
    desk: Desk, fault: Any, notice: str
) -> None:
    fault(desk)
    desk.worker.page = QUICK | {"handshake-ms": SHORT}
    browser = desk.open(f"[data-notice={notice}]")
    assert desk.worker.calls == []
    browser.type("#number", "1")
    browser.click("#show")
    browser.find("[data-view=found]")
    assert browser.count("#insert") == 0
    assert browser.count("#draft") == 1


def test_a_wrong_origin_is_no_handshake(any_desk: Desk) -> None:
    any_desk.worker.page = QUICK | {"handshake-ms": SHORT}
    any_desk.open(None)
    any_desk.host().script(
        "const form = document.getElementById('app-form');"
        "form.action = form.action.replace('127.0.0.1', 'elsewhere.example'); form.submit()"
    )
    any_desk.sidebar("[data-notice=silent]")


def test_outside_zendesk_the_page_says_so(desk: Desk) -> None:
    desk.open(None)
    desk.host().script(
        "const form = document.getElementById('app-form'); form.action = form.action.split('?')[0]; form.submit()"
    )
    assert desk.sidebar("[data-notice=outside]").text("h1") == "Open this in Zendesk."


def test_a_reload_of_the_frame_sends_the_same_token_again_and_is_as_good(desk: Desk) -> None:
    browser = desk.open()
    browser.script("document.documentElement.dataset.old = 'yes'; location.reload()")
    browser.wait_for(lambda: desk.sidebar(None).count("html:not([data-old]) [data-view]"), "the page anew")
    assert browser.text("h1") == "Authentication failed"


def test_a_reload_with_an_old_token_asks_to_reload_the_apps(desk: Desk) -> None:
    desk.worker.clock_ahead = 331
    browser = desk.open("[data-notice=expired]")
    assert browser.text("h1") == "This page is too old."
    assert browser.text(".notice p").startswith("Reload the apps")


@pytest.mark.parametrize(
    ("answer", "notice"),
    [
        ((401, {"error": "session"}), "session"),
        ((403, {"error": "access"}), "access"),
        ((429, {"error": "often"}), "often"),
        ((500, "Internal Server Error"), "broken"),
        ((200, "<html>a proxy's page</html>"), "broken"),
        ((200, "[1]"), "broken"),
        ("hang", "slow"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_worker_in_trouble_is_named(desk: Desk, answer: Any, notice: str) -> None:
    desk.worker.answers["GET "] = answer
    desk.worker.page = QUICK | {"answer-ms": SHORT}
    browser = desk.open(f"[data-notice={notice}]")
    if notice in ("often", "broken", "slow"):
        desk.worker.answers.clear()
        browser.click("#retry")
        browser.find("[data-view=found]")


def test_a_worker_that_goes_away_leaves_what_was_shown(desk: Desk) -> None:
    browser = desk.open()
    # No request of the page leaves the browser any more: as with a worker that is away.
    browser.script("window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))")
    browser.click("#feedback-right")
    assert browser.text(".said.bad") == (
        "The worker does not answer. It may be restarting. If this lasts, tell your administrator."
    )
    assert browser.text("h1") == "Authentication failed"


def test_a_session_that_ends_later_keeps_the_agents_words(desk: Desk) -> None:
    browser = desk.open()
    browser.type("#reply", "My own words")
    desk.worker.answers["POST /feedback"] = (401, {"error": "session"})
    browser.click("#feedback-right")
    assert browser.text(".said.bad").startswith("Your session is over.")
    assert browser.script("return document.getElementById('reply').value") == "My own words"


@pytest.mark.parametrize(
    ("locale", "lang", "button"),
    [
        ("en-US", "en", "Insert into the reply box"),
        ("es-419", "es", "Insertar en la respuesta"),
        ("pt-br", "pt-BR", "Inserir na resposta"),
        ("fr", "en", "Insert into the reply box"),
    ],
)
def test_the_page_speaks_the_agents_language_and_the_reply_the_clients(
    desk: Desk, locale: str, lang: str, button: str
) -> None:
    desk.user(locale=locale)
    browser = desk.open()
    browser.wait_for(lambda: browser.script("return document.documentElement.lang") == lang, f"lang {lang}")
    browser.wait_for(lambda: browser.text("#insert") == button, button)
    assert browser.script("return document.getElementById('reply').lang") == "pt-BR"


@pytest.mark.parametrize("state", VIEWS)
def test_each_state_has_one_primary_button_at_most_and_fits_the_narrowest_frame(desk: Desk, state: str) -> None:
    desk.worker.view = VIEWS[state]
    browser = desk.open()
    assert browser.count("button.primary") <= 1
    assert browser.overflow() == []
    assert desk.host().complaints() == []


@pytest.mark.parametrize(("sent", "told"), [(FOUND["sent"], ["Internal note added"]), ([], [])], ids=["note", "none"])
def test_where_nothing_is_found_any_more_our_comments_are_told_all_the_same(
    desk: Desk, sent: list[dict[str, str]], told: list[str]
) -> None:
    desk.worker.view = VIEWS["nothing"] | {"sent": sent}
    browser = desk.open("[data-view=nothing]")
    lines = browser.script("return [...document.querySelectorAll('.sent')].map((line) => line.innerText)")
    assert [line.split(",")[0] for line in lines] == told


def test_the_mode_says_what_may_happen_and_not_that_it_did(desk: Desk) -> None:
    desk.worker.view = FOUND | {"mode": {"effective": "auto", "because": None}}
    assert "The worker may answer this code by itself." in desk.open().text("main")


def test_an_unseen_ticket_is_looked_at_when_asked(desk: Desk) -> None:
    desk.worker.view = VIEWS["unseen"]
    browser = desk.open("[data-view=unseen]")
    assert desk.worker.said("POST /look") == []
    browser.click("#look")
    browser.wait_for(lambda: desk.worker.said("POST /look") == [{}], "the wish")
    desk.worker.view = VIEWS["found"]
    browser.find("[data-view=found]")


def test_dark_and_light_are_the_hosts_choice(any_desk: Desk) -> None:
    any_desk.browser.dark(True)
    browser = any_desk.open()
    dark = browser.script("return getComputedStyle(document.body).backgroundColor")
    browser.dark(False)
    browser.wait_for(lambda: browser.script("return document.documentElement.dataset.scheme") == "light", "light")
    light = browser.script("return getComputedStyle(document.body).backgroundColor")
    assert (dark, light) == ("rgb(21, 26, 30)", "rgb(255, 255, 255)")
