"""The console in Zendesk's frame: lists, previews, report; by hand, by keyboard, and with a broken worker."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support import npm_packages
from support.app_desk import ORIGIN
from support.app_tokens import USER
from support.browser import ENTER, TAB, Browser
from support.console_desk import NOON, REFUSED, ConsoleDesk
from support.ledger_entries import entry
from zendesk_gupshup.app.console_documents import ConsoleWords, incident_document
from zendesk_gupshup.app.console_incidents import ShownIncident
from zendesk_gupshup.dictionary import load
from zendesk_gupshup.model.finding import ErrorCode
from zendesk_gupshup.storage.app_actions import AppActions

PARTS = ("decisions", "held", "failures", "modes", "incidents", "unknown", "templates", "report")
WIDTHS = (640, 1280)
_AXE = """
const done = arguments[arguments.length - 1];
axe.run(document, { resultTypes: ["violations"], iframes: false }).then(({ violations }) => done(violations.map(
  ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(" ")}`)));
"""
_TICKETS = "return [...document.querySelectorAll('tbody th a')].map((link) => Number(link.textContent))"


def open_rows(desk: ConsoleDesk, part: str) -> None:
    """Whatever opens in this part."""
    if part in ("decisions", "modes"):
        desk.browser.click("tbody tr .row-actions button")
    if part == "failures":
        desk.browser.click("tbody tr .row-actions button:nth-child(2)")


def change_width(browser: Browser, width: int) -> None:
    browser.resize(width, 900)
    browser.wait_for(lambda: browser.script("return innerWidth") == width, f"{width} pixels")


@pytest.mark.skipif(npm_packages.AXE_ABSENT is not None, reason=str(npm_packages.AXE_ABSENT))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_checker_finds_nothing_and_nothing_is_wider_than_the_window(console: ConsoleDesk, scheme: str) -> None:
    browser = console.open(scheme=scheme)
    browser.script(npm_packages.axe() + "; window.axe = axe;")
    found: dict[tuple[str, int], Any] = {}
    for part in PARTS:
        console.go(part)
        open_rows(console, part)
        for width in WIDTHS:
            change_width(browser, width)
            found[part, width] = (browser.script_async(_AXE), browser.overflow())
    assert found == dict.fromkeys(product(PARTS, WIDTHS), ([], []))
    assert [line for line in browser.complaints() if "favicon" not in line] == []


def test_a_clients_words_are_text_whatever_they_are(console: ConsoleDesk) -> None:
    browser = console.open()
    browser.click("tbody tr .row-actions button")
    quote = browser.text(".quote blockquote")
    assert quote.startswith('Error 401 <img src=x onerror="document.title=1"> [U+202E]gnorw')
    assert (browser.count("main img"), browser.script("return document.title")) == (0, "Gupshup errors")


def test_pages_are_added_and_no_row_comes_twice_while_others_arrive(console: ConsoleDesk) -> None:
    browser = console.open()
    for shown in (100, 130):
        console.ledger.record(entry(1000 + shown, findings=[REFUSED]))
        browser.click("#more")
        browser.find(f"tbody tr:nth-child({shown})")
    assert browser.script(_TICKETS) == list(range(130, 0, -1))
    assert (browser.count("#more"), browser.text("#live")) == (0, "Rows shown: 130. These are all.")
    browser.script("scrollTo(0, 0)")
    browser.click("#refresh")
    console.read()
    assert browser.script(_TICKETS)[:2] == [1130, 1100]


def test_the_focus_goes_on_where_the_next_page_begins(console: ConsoleDesk) -> None:
    browser = console.open()
    browser.click("#more")
    browser.wait_for(lambda: len(browser.script(_TICKETS)) == 100)
    assert browser.script("return document.activeElement.textContent") == "80"


def test_filters_narrow_the_list_and_a_wrong_one_is_marked(console: ConsoleDesk) -> None:
    browser = console.open()
    browser.type("#filter-code", "gupshup 1003")
    browser.type("#filter-outcome", "failed")
    browser.click("#filter")
    console.read()
    tickets = browser.script(_TICKETS)
    assert (len(tickets), [n for n in tickets if n % 7]) == (15, [])
    browser.type("#filter-ticket", "7 or so")
    browser.click("#filter")
    console.read()
    assert browser.text("[role=alert]").startswith("Not filtered. Please correct: Ticket.")
    marked = "return [...document.querySelectorAll('[aria-invalid=true]')].map((one) => one.id)"
    assert (browser.script(marked), browser.script("return document.activeElement.id")) == (
        ["filter-ticket"], "filter-ticket"
    )  # fmt: skip
    browser.type("#filter-ticket", "3")
    browser.click("#filter")
    console.read()
    assert browser.text("main").endswith("Nothing fits these filters.")


def test_filters_are_kept_when_the_admin_comes_back(console: ConsoleDesk) -> None:
    browser = console.open()
    browser.type("#filter-ticket", "7")
    browser.click("#filter")
    console.read()
    console.go("held")
    console.go("decisions")
    assert browser.script(_TICKETS) == [7]


def test_a_failure_is_retried_once_and_says_so(console: ConsoleDesk) -> None:
    browser = console.open("failures")
    browser.click("[aria-label='Retry ticket 22']")
    browser.wait_for(lambda: browser.text("#live") == "Ticket 22 is queued again.")
    assert console.queued == [22]
    assert "queued again" in browser.text("tbody tr:nth-child(2)")
    assert [(one["user_id"], one["action"]) for one in AppActions(console.ledger.engine, ORIGIN).recorded(22)] == [
        (USER, "retry")
    ]


def test_a_failure_is_dropped_with_a_reason_alone(console: ConsoleDesk) -> None:
    browser = console.open("failures")
    browser.click("[aria-label='Drop ticket 23']")
    assert browser.script("return document.activeElement.id") == "why-23"
    browser.press(ENTER)
    browser.wait_for(lambda: browser.text("#live") == "Write a reason.")
    browser.type("#why-23", "a test of ours")
    browser.press(ENTER)
    browser.wait_for(lambda: browser.text("#live") == "Ticket 23 is dropped.")
    console.go("held")
    console.go("failures")
    assert browser.count("tbody tr") == 2
    browser.click("#dropped")
    browser.wait_for(lambda: browser.count("tbody tr") == 3)
    assert "Dropped: a test of ours" in browser.text("tbody")


def test_a_failure_that_is_gone_meanwhile_says_so(console: ConsoleDesk) -> None:
    browser = console.open("failures")
    console.ledger.forget(ticket=22)
    browser.click("[aria-label='Retry ticket 22']")
    browser.wait_for(lambda: browser.text("#live") == "Ticket 22 is not on the list any more.")
    assert console.queued == []


def test_a_mode_says_which_lines_to_write_and_changes_nothing(console: ConsoleDesk) -> None:
    browser = console.open("modes")
    browser.click("tbody tr .row-actions button")
    assert "right: 2, wrong code: 1, reply inserted and edited: 1" in browser.text("tbody tr")
    lines = browser.script("return [...document.querySelectorAll('pre')].map((one) => one.textContent)")
    assert lines == ['"gupshup_http 401" = "observe"', '"gupshup_http 401" = "assist"']
    assert browser.count("main form") == 0


_PAPERS = (
    "return [...document.querySelectorAll('iframe.paper')].map((one) => [one.getAttribute('sandbox'), one.srcdoc])"
)


def test_a_preview_is_a_page_without_any_rights_that_follows_each_choice(console: ConsoleDesk) -> None:
    browser = console.open("templates")
    papers = browser.script(_PAPERS)
    assert [sandbox for sandbox, _ in papers] == ["", ""]
    assert "Hello Ada Lovelace" in papers[0][1]
    browser.type("#preview-language", "Spanish")
    browser.wait_for(
        lambda: "Ada Lovelace" in browser.script(_PAPERS)[0][1] and "Hello" not in browser.script(_PAPERS)[0][1]
    )
    browser.type("#preview-name", "gupshup 1003")
    browser.wait_for(lambda: len(browser.script(_PAPERS)) == 2 and "1003" in browser.script(_PAPERS)[0][1])
    browser.type("#preview-ticket", "130")
    browser.wait_for(lambda: "Ada" not in browser.script(_PAPERS)[0][1], "the ticket of the ledger")
    browser.type("#preview-ticket", "4711")
    browser.wait_for(lambda: browser.count("main [role=alert]") == 1)
    assert browser.text("main [role=alert]") == "Cannot be shown: ticket: no code was found on this ticket so far"


def test_a_preview_is_drawn_and_runs_no_script(console: ConsoleDesk) -> None:
    browser = console.open("templates")
    browser.enter("iframe.paper")
    assert browser.text("body").startswith("Hello Ada Lovelace")
    colours = browser.script(
        "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]"
    )
    assert colours == ["rgb(255, 255, 255)", "rgb(28, 35, 41)"]


def test_the_report_has_its_chart_and_nothing_that_a_chart_needs_not(console: ConsoleDesk) -> None:
    browser = console.open("report")
    kinds = browser.script(
        "return [...new Set([...document.querySelectorAll('svg.columns, svg.columns *')].map((n) => n.localName))]"
    )
    assert set(kinds) == {"svg", "line", "text", "g", "rect", "title"}
    assert browser.text(".tile .value") == "116"
    hostile = (
        '<svg class="columns"><script>document.title = 1</script>'
        '<a href="javascript:1"><rect onclick="1" width="3"/></a>'
        '<rect width="5" style="x"/></svg>'
    )
    console.broken = lambda request: _report(request, hostile)
    browser.type("#days", "7 days")
    browser.wait_for(lambda: browser.count("svg.columns rect") == 1)
    assert browser.script("return document.querySelector('svg.columns').outerHTML") == (
        '<svg class="columns"><rect width="5"></rect></svg>'
    )


def _report(request: Request, chart: str) -> Response | None:
    if not request.url.path.endswith("/report"):
        return None
    table = {"key": "over", "title": "Over", "head": ["a"], "rows": [], "note": "", "below": "", "numbers": 0}
    empty: dict[str, Any] = {"period": "", "made": "", "tiles": [], "alerts": [], "legend": [], "tables": [table]}
    return JSONResponse(empty | {"charts": {"wide": chart, "narrow": chart}})


def test_an_incident_is_shown_with_its_problem_ticket(console: ConsoleDesk) -> None:
    browser = console.open()
    words = ConsoleWords(load(), "en")
    incidents = [
        ShownIncident(2, ErrorCode.model_validate(REFUSED["error"]), NOON, None, 4, 9, 4711),
        ShownIncident(1, ErrorCode.model_validate(REFUSED["error"]), NOON - 7200, NOON - 3600, 3, 5, None),
    ]
    rows = [incident_document(one, words) for one in incidents]
    answer = {"rows": rows, "next": None, "tickets": f"{ORIGIN}/agent/tickets/"}
    console.broken = lambda request: JSONResponse(answer) if request.url.path.endswith("/incidents") else None
    console.go("incidents")
    cells = browser.script(
        "return [...document.querySelectorAll('tbody tr')].map((row) => row.innerText.split(/[\\t\\n]+/))"
    )
    assert [row[:2] + row[-3:] for row in cells] == [
        ["gupshup_http 401", "Unauthorized", "4", "9", "4711"],
        ["gupshup_http 401", "Unauthorized", "3", "5", ""],
    ]
    assert "open" in cells[0]


@pytest.mark.parametrize(
    ("locale", "language", "title"),
    [("es-419", "es", "Decisiones"), ("pt-BR", "pt-BR", "Decisões"), ("fr", "en", "Decisions")],
)
def test_the_console_speaks_the_admins_language(console: ConsoleDesk, locale: str, language: str, title: str) -> None:
    console.about = {"currentUser.locale": locale}
    browser = console.open()
    browser.wait_for(lambda: browser.text("#place-title") == title)
    console.read()
    assert browser.script("return document.documentElement.lang") == language
    named = browser.script("return document.querySelector('#main').innerText")
    assert re.findall(r"\b[a-z]{3,}\.[a-z_]{3,}\b", named) == []


def test_a_ticket_is_opened_in_zendesk(console: ConsoleDesk) -> None:
    browser = console.open()
    browser.click("tbody th a")
    assert browser.wait_for(lambda: browser.script("return window.asked")) == [["routeTo", "ticket", 130]]
    link = browser.script(
        "const { href, rel, target } = document.querySelector('tbody th a'); return [href, rel, target]"
    )
    assert link == [f"{ORIGIN}/agent/tickets/130", "noopener noreferrer", "_blank"]


def test_without_zendesks_word_the_console_works_all_the_same(console: ConsoleDesk) -> None:
    console.inside = False
    browser = console.open()
    assert (len(browser.script(_TICKETS)), browser.text("#place-title")) == (50, "Decisions")


def test_the_keyboard_is_enough(console: ConsoleDesk) -> None:
    browser = console.open()
    browser.script("document.getElementById('to-decisions').focus()")
    focused = "return document.activeElement.id || document.activeElement.textContent"
    browser.press(TAB, TAB, ENTER)
    console.read()
    assert (browser.script(focused), browser.text("#place-title")) == ("place-title", "Failures")
    seen = []
    for _ in range(8):
        browser.press(TAB)
        seen.append(
            browser.script("return document.activeElement.getAttribute('aria-label') ?? document.activeElement.id")
        )
    assert seen[:6] == ["refresh", "dropped", "", "Open ticket 23", "Retry ticket 23", "Drop ticket 23"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "This page is signed in no longer."), (403, "Only admins may see the console."),
        (429, "Too many requests."), (500, "The worker has a problem."), (200, "The worker has a problem."),
    ],
)  # fmt: skip
def test_a_worker_that_refuses_or_fails_is_told_of_in_words(console: ConsoleDesk, status: int, words: str) -> None:
    browser = console.open()
    console.broken = lambda request: Response("<h1>no</h1>", status) if "/api/" in request.url.path else None
    console.go("held")
    assert browser.text("[role=alert]").startswith(words)
    console.broken = lambda _: None
    console.go("decisions")
    assert len(browser.script(_TICKETS)) == 50


def test_a_next_page_that_fails_keeps_what_is_shown(console: ConsoleDesk) -> None:
    browser = console.open()
    console.broken = lambda request: Response("", 500) if "/api/" in request.url.path else None
    browser.click("#more")
    browser.wait_for(lambda: "The worker has a problem" in browser.text("main"))
    console.broken = lambda _: None
    browser.click("#more")
    browser.wait_for(lambda: len(browser.script(_TICKETS)) == 100)
