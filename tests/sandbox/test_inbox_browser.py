"""The inbox page in a real browser: forms, news without a reload, narrow windows, contrast, and a silent console."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support import sample_desk
from support.browser import Browser, absent
from support.hostile_texts import HOSTILE
from zendesk_sandbox.seed import seed
from zendesk_sandbox.server import SandboxServer

pytestmark = [pytest.mark.browser, pytest.mark.skipif(absent() is not None, reason=absent() or "")]

# Every text on the page whose contrast with what lies behind it is under 4.5:1, as "ratio text".
_FAINT = """
const numbers = (css) => css.match(/[\\d.]+/g).map(Number);
// color-mix gives `color(srgb r g b / a)` with parts of one, all else gives rgb with parts of 255.
const rgba = (css) => {
  const [r, g, b, a = 1] = numbers(css.replace("srgb", ""));
  const scale = css.startsWith("color(") ? 255 : 1;
  return [r * scale, g * scale, b * scale, a];
};
const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
function behind(node) {
  if (!node) return [255, 255, 255, 1];
  const own = rgba(getComputedStyle(node).backgroundColor);
  return own[3] === 1 ? own : over(own, behind(node.parentElement));
}
const light = (colour) => colour.slice(0, 3).map((c) => c / 255)
  .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const faint = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let seen = 0;
while (walker.nextNode()) {
  const parent = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
  if (!text || parent.closest("script, noscript, option") || !parent.checkVisibility()) continue;
  const ground = behind(parent), ink = over(rgba(getComputedStyle(parent).color), ground);
  const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  seen += 1;
  if (ratio < 4.5) faint.push(ratio.toFixed(2) + " " + text.slice(0, 40));
}
return [seen, faint];
"""


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: SandboxServer) -> SandboxServer:
    with running.store.lock:
        running.store.clear()
        seed(running.store)
    return running


@pytest.mark.parametrize("scripts", [True, False], ids=["with script", "without script"])
def test_client_and_agent_talk(browser: Browser, sandbox: SandboxServer, tmp_path: Path, scripts: bool) -> None:
    browser.page_scripts(scripts)
    browser.open(sandbox.base_url)
    browser.click(".empty a")
    browser.type("#name", "Elena Ferrer")
    browser.type("#email", "elena@lovelace.example.com")
    browser.type("#locale", "Español")
    browser.type("#subject", "Error 401")
    browser.type("#body", "No podemos enviar mensajes.\n{\n  'code': 401\n}")
    (tmp_path / "log.txt").write_text("401 Unauthorized")
    browser.type("#new-files", str(tmp_path / "log.txt"))
    browser.click("#send")
    browser.find("#conversation")
    assert browser.url == f"{sandbox.base_url}/inbox/tickets/1"
    assert "{\n  'code': 401\n}" in browser.text("#conversation .client .body")
    assert browser.text(".files") == "log.txt\n16 bytes"
    assert "Lovelace Optics" in browser.text("#people")

    browser.type("#agent-body", "Buenos días, **Elena**")
    browser.click("#send-agent")
    assert "Public reply\n" in browser.text(".comment.agent")
    assert browser.text(".comment.agent strong") == "Elena"

    browser.click("input[value=internal]")
    browser.type("#agent-body", "Ask the owner")
    browser.click("#send-agent")
    assert "Internal note, not shown to the client" in browser.text(".comment.note")

    browser.click("#panel-client summary")
    browser.type("#client-body", "Gracias")
    browser.click("#send-client")
    browser.find("#conversation article:nth-child(4)")
    said = [(c["public"], c["plain_body"].split("\n")[0]) for c in sandbox.store.comments(1)]
    assert said == [
        (True, "No podemos enviar mensajes."),
        (True, "Buenos días, Elena"),
        (False, "Ask the owner"),
        (True, "Gracias"),
    ]
    assert browser.complaints() == []


def test_status_and_tags_change_with_a_click(browser: Browser, sandbox: SandboxServer) -> None:
    ticket_id = sample_desk.fill(sandbox.store)
    browser.open(f"{sandbox.base_url}/inbox/tickets/{ticket_id}")
    browser.type("#set-status", "On-hold")
    browser.click("#send-status")
    browser.wait_for(lambda: browser.text(".ticket-head .badge") == "On-hold")
    browser.type("#add-tag", "gupshup_off")
    browser.click("#send-tag")
    browser.click("button[value=gupshup_off]")
    browser.wait_for(lambda: "gupshup_off" not in browser.text("#tags"))
    browser.click("#panel-macro summary")
    browser.click("#send-macro")
    browser.wait_for(lambda: "gupshup_draft" in browser.text("#tags"))
    browser.click("#audit summary")
    assert "added gupshup_draft" in browser.text("#audits li")
    assert sandbox.store.tickets[ticket_id]["status"] == "hold"


def test_news_arrive_without_a_reload_and_what_is_typed_stays(browser: Browser, sandbox: SandboxServer) -> None:
    store = sandbox.store
    ticket_id = int(store.write_as_client("linus@example.com", "Linus", "Help", subject="First")["id"])
    agent = store.user_by_email("ada@example.com")["id"]
    browser.open(sandbox.base_url)
    browser.script("window.here = true; document.querySelector('.subject a').focus()")
    store.write_as_client("mei@example.com", "Mei", "Help", subject="Second")
    browser.wait_for(lambda: browser.count("tbody tr") == 2)
    assert browser.script("return [window.here, document.activeElement.textContent]") == [True, "First"]

    browser.open(f"{sandbox.base_url}/inbox/tickets/{ticket_id}")
    browser.script("window.here = true")
    browser.click("#audit summary")
    browser.type("#agent-body", "Half a sent")
    note = {"comment": {"body": "From elsewhere", "public": False}, "status": "pending", "tags": ["gupshup"]}
    store.update_ticket(ticket_id, note, agent)
    browser.wait_for(lambda: browser.count(".comment") == 2)
    assert "From elsewhere" in browser.text(".comment.note")
    assert browser.text(".ticket-head .badge") == "Pending"
    assert "gupshup" in browser.text("#tags")
    assert "added gupshup" in browser.text("#audits")
    assert browser.script(
        "return [window.here, document.querySelector('#agent-body').value, document.querySelector('#set-status').value]"
    ) == [True, "Half a sent", "pending"]
    assert browser.complaints() == []


def test_news_arrive_on_a_page_that_shows_a_refusal(browser: Browser, sandbox: SandboxServer) -> None:
    store = sandbox.store
    ticket_id = int(store.write_as_client("linus@example.com", "Linus", "Help", subject="First")["id"])
    browser.open(f"{sandbox.base_url}/inbox/tickets/{ticket_id}")
    browser.type("#set-status", "Solved")
    browser.click("#send-status")
    assert "Assignee: is required" in browser.text("#problem")
    store.write_as_client("linus@example.com", "Linus", "More", ticket_id=ticket_id)
    browser.wait_for(lambda: browser.count(".comment") == 2)


@pytest.mark.parametrize("width", [390, 320, 768, 1280])
def test_no_page_is_wider_than_its_window(browser: Browser, sandbox: SandboxServer, width: int) -> None:
    store = sandbox.store
    ticket_id = sample_desk.fill(store)
    wide = "w" * 3000
    for number, text in enumerate((*HOSTILE[:-1], wide)):
        email, html = f"{number}@example.com", f"<pre>{text}</pre><table><tr><td>{text}</td><td>x</td></tr></table>"
        hostile = int(store.write_as_client(email, text, text, subject=text)["id"])
        files = [(text[:300], "text/plain", b"x")]
        store.write_as_client(email, text, "", ticket_id=hostile, html_body=html, files=files)
    store.update_ticket(hostile, {"tags": ["gupshup", "gupshup_" + "t" * 900], "subject": wide}, 26155588900000 + 256)
    browser.resize(width, 800)
    for path in (
        "/",
        f"/?tag={wide}&q={wide}",
        "/inbox/new",
        f"/inbox/tickets/{ticket_id}",
        f"/inbox/tickets/{hostile}",
    ):
        browser.open(sandbox.base_url + path)
        browser.script(
            "document.querySelectorAll('details').forEach((d) => { d.removeAttribute('name'); d.open = true })"
        )
        assert browser.overflow() == [], path
    assert browser.complaints() == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read(browser: Browser, sandbox: SandboxServer, dark: bool) -> None:
    """WCAG AA: 4.5 to 1, in both colour schemes."""
    ticket_id = sample_desk.fill(sandbox.store)
    browser.dark(dark)
    for path in ("/", "/inbox/new", f"/inbox/tickets/{ticket_id}", "/inbox/tickets/999"):
        browser.open(sandbox.base_url + path)
        browser.script(
            "document.querySelectorAll('details').forEach((d) => { d.removeAttribute('name'); d.open = true })"
        )
        seen, faint = browser.script(_FAINT)
        assert seen >= 4
        assert faint == [], path


def test_every_field_has_a_label_and_every_id_is_unique(browser: Browser, sandbox: SandboxServer) -> None:
    ticket_id = sample_desk.fill(sandbox.store)
    for path in ("/", "/inbox/new", f"/inbox/tickets/{ticket_id}"):
        browser.open(sandbox.base_url + path)
        unnamed, ids = browser.script("""
            const fields = [...document.querySelectorAll("input, select, textarea")];
            const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
            return [fields.filter((f) => !f.labels.length).map((f) => f.outerHTML), ids];
        """)
        assert unnamed == []
        assert len(ids) == len(set(ids))


def test_text_and_pdf_open_in_the_browser(browser: Browser, sandbox: SandboxServer) -> None:
    ticket_id = sample_desk.fill(sandbox.store)
    browser.open(f"{sandbox.base_url}/inbox/tickets/{ticket_id}")
    links = browser.script("return [...document.querySelectorAll('.files a')].map((link) => link.href)")
    kinds = {}
    for link in links:
        browser.open(link)
        kinds[link.rpartition("/")[2]] = browser.script("return document.contentType")
    assert kinds == {
        "log.txt": "text/plain",
        "guia-para-el-owner.pdf": "application/pdf",
        "borrador-ticket-gupshup.txt": "text/plain",
    }
    assert browser.complaints() == []
