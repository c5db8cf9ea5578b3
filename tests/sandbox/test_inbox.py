"""The inbox page over HTTP: what it shows, what its forms do, whom it refuses, and that hostile words stay words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from support import sample_desk
from support.hostile_texts import HOSTILE
from zendesk_sandbox import inbox_forms
from zendesk_sandbox.inbox_text import as_written, pages, safe_html, shown_as, visible
from zendesk_sandbox.inbox_view import PAGE_SIZE, audit_rows, field_rows, refusal
from zendesk_sandbox.kinds import make
from zendesk_sandbox.seed import ADMIN_EMAIL, seed
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.store import SandboxStore


class Desk:
    """A sandbox and a visitor who does not follow redirects."""

    def __init__(self, sandbox: SandboxServer) -> None:
        self.store: SandboxStore = sandbox.store
        self._base = sandbox.base_url
        self._http = requests.Session()
        self._http.trust_env = False

    def get(self, path: str, status: int = 200) -> requests.Response:
        answer = self._http.get(self._base + path, allow_redirects=False, timeout=10)
        assert answer.status_code == status, answer.text
        return answer

    def page(self, path: str, status: int = 200) -> HTMLParser:
        return HTMLParser(self.get(path, status).text)

    def post(self, path: str, status: int = 303, **sent: Any) -> requests.Response:
        headers = {"Origin": self._base} | sent.pop("headers", {})
        answer = self._http.post(self._base + path, allow_redirects=False, timeout=10, headers=headers, **sent)
        assert answer.status_code == status, answer.text
        return answer

    def write(self, subject: str = "It fails", body: str = "Please help.", **more: Any) -> int:
        email, name = more.pop("email", "linus@example.com"), more.pop("name", "Linus")
        return int(self.store.write_as_client(email, name, body, subject=subject, **more)["id"])

    def agent(self, email: str = "ada@example.com") -> int:
        return int(self.store.user_by_email(email)["id"])

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Desk]:
    with SandboxServer() as sandbox:
        visitor = Desk(sandbox)
        yield visitor
        visitor.close()


@pytest.fixture
def desk(running: Desk) -> Desk:
    with running.store.lock:
        running.store.clear()
        seed(running.store)
    return running


def words(node: Any) -> str:
    return " ".join(node.text().split())


def one(page: Any, css: str) -> Any:
    node = page.css_first(css)
    assert node is not None, css
    return node


def every(page: HTMLParser, css: str) -> list[str]:
    return [words(node) for node in page.css(css)]


# --- The list ------------------------------------------------------------------------------------------------


def test_the_list_shows_what_an_agent_needs_to_choose(desk: Desk) -> None:
    ticket_id = desk.write("401 in production")
    group = next(g for g in desk.store.groups.values() if g["name"] == "WhatsApp N2")
    change = {"status": "open", "group_id": group["id"], "tags": ["gupshup", "gupshup__http_401", "vip"]}
    ticket, _ = desk.store.update_ticket(ticket_id, change, desk.agent())
    page = desk.page("/")
    assert every(page, "thead th") == ["ID", "Subject", "Requester", "Status", "Group", "Gupshup tags", "Updated (UTC)"]
    (row,) = page.css("tbody tr")
    assert [words(cell) for cell in row.css("td.id, .subject, .requester, .state, .group")] == [
        f"#{ticket_id}", "401 in production", "Linus", "Open", "WhatsApp N2"
    ]  # fmt: skip
    assert [words(tag) for tag in row.css(".tag")] == ["gupshup", "gupshup__http_401"]
    assert one(row, "time").attributes["datetime"] == ticket["updated_at"]
    assert one(row, "a").attributes["href"] == f"/inbox/tickets/{ticket_id}"
    assert "not a real Zendesk" in words(one(page, ".banner"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["three", "two", "one"]),
        ("status=open", ["two"]),
        ("tag=gupshup__1003", ["one"]),
        ("q=ONE", ["one"]),
        ("q=wallet", ["one"]),
        ("q=mei+three", ["three"]),
        ("q=%232", ["two"]),
        ("q=mei&status=new", ["three"]),
        ("q=nothing+like+it", []),
        ("status=%3Cscript%3E", []),
    ],
)
def test_the_list_is_narrowed_by_status_tag_and_words(desk: Desk, query: str, found: list[str]) -> None:
    first = desk.write("one", "Our wallet is empty")
    second = desk.write("two")
    desk.write("three", email="mei@example.com", name="Mei")
    desk.store.update_ticket(first, {"tags": ["gupshup", "gupshup__1003"], "status": "pending"}, desk.agent())
    desk.store.update_ticket(second, {"status": "open"}, desk.agent())
    page = desk.page(f"/?{query}")
    assert sorted(every(page, "tbody .subject")) == sorted(found)
    counted = "3 tickets" if len(found) == 3 else f"{len(found)} of 3 tickets"
    assert words(one(page, "#count")).startswith(counted)


def test_a_filter_stays_chosen_even_when_no_ticket_has_it(desk: Desk) -> None:
    page = desk.page("/?status=hold&tag=gupshup__999&q=%22x%22")
    chosen = [node.attributes["value"] for node in page.css("option[selected]")]
    assert chosen == ["hold", "gupshup__999"]
    assert one(page, "#q").attributes["value"] == '"x"'


@pytest.mark.parametrize(
    ("number", "rows"), [("1", PAGE_SIZE), ("2", 3), ("99", 3), ("0", PAGE_SIZE), ("x", PAGE_SIZE)]
)
def test_the_list_comes_in_pages(desk: Desk, number: str, rows: int) -> None:
    for index in range(PAGE_SIZE + 3):
        desk.write(f"number {index}")
    page = desk.page(f"/?q=number&page={number}")
    assert len(page.css("tbody tr")) == rows
    assert every(page, ".pages a") == ["1", "2"]
    assert "q=number" in str(one(page, ".pages a").attributes["href"])


def test_an_empty_inbox_says_how_to_begin(desk: Desk) -> None:
    assert one(desk.page("/"), ".empty a").attributes["href"] == "/inbox/new"


# --- The ticket ----------------------------------------------------------------------------------------------


def test_the_ticket_tells_client_reply_and_note_apart_in_words(desk: Desk) -> None:
    page = desk.page(f"/inbox/tickets/{sample_desk.fill(desk.store)}")
    said = [tuple(words(node) for node in c.css(".who h2, .kind")) for c in page.css(".comment")]
    assert said == [
        ("Elena Ferrer Client", "Message from the client"),
        ("Zendesk Gupshup Admin", "Public reply"),
        ("Zendesk Gupshup Admin", "Internal note, not shown to the client"),
        ("Elena Ferrer Client", "Message from the client"),
    ]
    assert [c.attributes["class"] for c in page.css(".comment")] == [
        f"comment {kind}" for kind in ("client", "agent", "note", "client")
    ]


def test_the_ticket_shows_people_fields_and_tags(desk: Desk) -> None:
    ticket_id = sample_desk.fill(desk.store)
    page = desk.page(f"/inbox/tickets/{ticket_id}")
    properties = dict(zip(every(page, "#properties dt"), every(page, "#properties dd"), strict=True))
    assert properties == {
        "Group": "WhatsApp N2", "Assignee": "None", "Priority": "High", "Channel": "web",
        "Gupshup error": "Gupshup HTTP 401",
    }  # fmt: skip
    people = list(zip(every(page, "#people dt"), every(page, "#people dd"), strict=True))
    assert people == [
        ("Name", "Elena Ferrer"),
        ("E-mail", "elena@lovelace.example.com"),
        ("Language", "es"),
        ("Name", "Lovelace Optics"),
        ("Domains", "lovelace.example.com"),
        ("Gupshup app name", "LovelaceOptics"),
        ("Gupshup app ID", "6f1e2d3c-4b5a-4978-8c6d-0e1f2a3b4c5d"),
        ("Gupshup owner e-mail", "owner@lovelace.example.com"),
    ]
    assert every(page, "#tags .tag") == desk.store.tickets[ticket_id]["tags"]


def test_pasted_json_keeps_its_shape_and_our_reply_its_lists(desk: Desk) -> None:
    page = desk.page(f"/inbox/tickets/{sample_desk.fill(desk.store)}")
    first, reply, note, _ = page.css(".comment .body")
    assert '{\n  "status": "error",\n  "message": {\n    "code": 401,' in first.text()
    assert len(reply.css("ol > li")) == 3
    assert words(one(note, "blockquote strong")) == "⚠ Do not touch the API key"
    assert words(one(note, "pre code")).startswith('"code": 401')


def test_the_audit_trail_says_who_changed_what(desk: Desk) -> None:
    ticket_id = sample_desk.fill(desk.store)
    trail = desk.page(f"/inbox/tickets/{ticket_id}").css("#audits > li")
    assert len(trail) == len(desk.store.audits(ticket_id)) == 4
    assert words(one(trail[1], ".audit-head")).startswith("Zendesk Gupshup via api")
    assert "Change tags added gupshup_noted__http_401" in [words(li) for li in trail[1].css("ul li")]
    assert '"step": "note"' in one(trail[1], "pre").text()
    assert {"Public comment", "Change group_id none to WhatsApp N2", "Change status new to pending"} <= {
        words(li) for li in trail[2].css("ul li")
    }
    assert trail[0].css("pre") == []


def test_an_event_by_a_trigger_names_it() -> None:
    source = {"from": {"title": "Gupshup error", "id": 1}, "rel": "trigger"}
    events = [
        {
            "type": "Change",
            "field_name": "priority",
            "previous_value": None,
            "value": "high",
            "via": {"source": source},
        },
        {"type": "Notification", "subject": "Re: x", "recipients": [1], "id": 5},
        {"type": "Create", "field_name": "36001", "value": ["one", "two"]},
        {"type": "Change", "field_name": "tags", "previous_value": "a b", "value": ["b", "c"]},
    ]
    (row,) = audit_rows([{"id": 1, "author_id": 9, "events": events}], {}, {}, {36001: {"title": "Several"}})
    none = dict.fromkeys(("name", "before", "after", "added", "removed", "text", "rule"))
    assert row["events"] == [
        none | {"kind": "Change", "name": "priority", "before": "none", "after": "high", "rule": "Gupshup error"},
        none | {"kind": "Notification", "text": "subject: Re: x; recipients: [1]"},
        none | {"kind": "Create", "name": "Several", "after": "one two"},
        none | {"kind": "Change", "name": "tags", "added": ["c"], "removed": ["a"]},
    ]


def test_what_is_not_there_is_a_page_that_says_so(desk: Desk) -> None:
    for path in ("/inbox/tickets/999", "/inbox/attachments/999/x.txt", "/inbox/tickets/99999999999999999999999999"):
        page = desk.page(path, 404)
        assert words(one(page, "h1")) == "Not found"
    desk.get("/inbox/static/inbox.html", 404)
    desk.get("/inbox/static/..%2fbase.html", 404)
    desk.post("/inbox/tickets/999/client", 404, data={"body": "x"})


# --- Attachments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "disposition", "served"),
    [
        ("guide.pdf", "application/pdf", "inline", "application/pdf"),
        ("log.txt", "text/plain", "inline", "text/plain; charset=utf-8"),
        ("a.json", "application/json; charset=latin-1", "inline", "text/plain; charset=utf-8"),
        ("page.html", "text/html", "attachment", "application/octet-stream"),
        ("picture.svg", "image/svg+xml", "attachment", "application/octet-stream"),
        ("x", "", "attachment", "application/octet-stream"),
        ('a/b"\r\nX-Evil: 1;é.txt', "text/plain", "inline", "text/plain; charset=utf-8"),
        ("..", "text/plain", "inline", "text/plain; charset=utf-8"),
    ],
)
def test_an_attachment_opens_only_where_that_is_harmless(
    desk: Desk, name: str, kind: str, disposition: str, served: str
) -> None:
    ticket_id = desk.write(files=[(name, kind, b"%PDF \xff bytes")])
    link = one(desk.page(f"/inbox/tickets/{ticket_id}"), ".files a")
    assert ("download" in link.attributes) == (disposition == "attachment")
    answer = desk.get(str(link.attributes["href"]))
    assert answer.content == b"%PDF \xff bytes"
    assert answer.headers["Content-Type"] == served
    assert answer.headers["Content-Disposition"].startswith(f"{disposition}; filename*=UTF-8''")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Evil" not in answer.headers


@pytest.mark.parametrize(("size", "shown"), [(1, "1 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (52000, "52 kB")])
def test_sizes_read_well(desk: Desk, size: int, shown: str) -> None:
    ticket_id = desk.write(files=[("a.txt", "text/plain", b"x" * size)])
    assert words(one(desk.page(f"/inbox/tickets/{ticket_id}"), ".size")) == shown


# --- Forms ---------------------------------------------------------------------------------------------------

NEW = {
    "name": "Mei",
    "email": "mei@hopper.example.com",
    "locale": "pt-BR",
    "subject": "Erro 1003",
    "body": "Olá\r\n\r\nÉ isto",
}


def test_a_client_opens_a_ticket(desk: Desk) -> None:
    other = next(o for o in desk.store.organizations.values() if o["name"] == "Noether Bakery")
    files = [("files", ("log.txt", b"1003", "text/plain")), ("files", ("", b"", "application/octet-stream"))]
    answer = desk.post("/inbox/new", data=NEW | {"organization_id": other["id"]}, files=files)
    (ticket,) = desk.store.tickets.values()
    assert answer.headers["Location"] == f"/inbox/tickets/{ticket['id']}"
    requester = desk.store.users[ticket["requester_id"]]
    assert (requester["name"], requester["email"], requester["locale"], requester["role"]) == (
        "Mei", "mei@hopper.example.com", "pt-BR", "end-user"
    )  # fmt: skip
    assert (ticket["subject"], ticket["organization_id"]) == ("Erro 1003", other["id"])
    (comment,) = desk.store.comments(ticket["id"])
    assert (comment["body"], comment["public"]) == ("Olá\n\nÉ isto", True)
    assert [(a["file_name"], a["content_type"], a["size"]) for a in comment["attachments"]] == [
        ("log.txt", "text/plain", 4)
    ]


def test_without_an_organization_the_domain_decides(desk: Desk) -> None:
    desk.post("/inbox/new", data=NEW | {"organization_id": ""})
    (ticket,) = desk.store.tickets.values()
    assert desk.store.organizations[ticket["organization_id"]]["name"] == "Hopper Logistics"


@pytest.mark.parametrize("change", [{"name": " "}, {"email": ""}, {"email": "mei"}, {"subject": ""}, {"body": "\n"}])
def test_an_incomplete_ticket_is_refused_and_what_was_typed_stays(desk: Desk, change: dict[str, str]) -> None:
    answer = desk.post("/inbox/new", 422, data=NEW | change)
    page = HTMLParser(answer.text)
    assert words(one(page, "[role=alert]")).startswith("Not done.")
    typed = NEW | change
    assert one(page, "#subject").attributes["value"] == typed["subject"]
    assert one(page, "option[selected]").attributes["value"] == "pt-BR"
    assert desk.store.tickets == {}


def test_the_client_and_the_agent_write_on_a_ticket(desk: Desk) -> None:
    ticket_id, agent = desk.write(), desk.agent("grace@example.com")
    path = f"/inbox/tickets/{ticket_id}"
    files = [("files", ("a.txt", b"1", "text/plain"))]
    assert desk.post(f"{path}/client", data={"body": "More"}, files=files).headers["Location"] == f"{path}#latest"
    desk.post(f"{path}/agent", data={"body": "**Hello**", "kind": "public", "agent_id": agent})
    desk.post(f"{path}/agent", data={"body": "Secret", "kind": "internal", "agent_id": agent})
    requester = desk.store.tickets[ticket_id]["requester_id"]
    assert [
        (c["author_id"], c["public"], c["body"], len(c["attachments"])) for c in desk.store.comments(ticket_id)
    ] == [
        (requester, True, "Please help.", 0),
        (requester, True, "More", 1),
        (agent, True, "**Hello**", 0),
        (agent, False, "Secret", 0),
    ]
    assert words(one(desk.page(path), ".comment.agent strong")) == "Hello"


def test_an_agent_applies_a_macro(desk: Desk) -> None:
    ticket_id = desk.write()
    actions = [{"field": "current_tags", "value": "gupshup_draft"}, {"field": "status", "value": "pending"}]
    macro = make(desk.store, "macros", {"title": "Draft", "actions": actions})
    make(desk.store, "macros", {"title": "Old", "actions": actions, "active": False})
    path = f"/inbox/tickets/{ticket_id}"
    assert every(desk.page(path), "#macro option") == ["Draft"]
    desk.post(f"{path}/macro", data={"macro_id": macro["id"], "agent_id": desk.agent()})
    ticket = desk.store.tickets[ticket_id]
    assert (ticket["tags"], ticket["status"]) == (["gupshup_draft"], "pending")
    assert desk.store.audits(ticket_id)[-1]["author_id"] == desk.agent()
    desk.post(f"{path}/macro", 422, data={"macro_id": "12345"})
    desk.post(f"{path}/macro", 422, data={"macro_id": "x"})


def test_status_and_tags_are_changed_by_the_assignee_else_the_first_agent(desk: Desk) -> None:
    ticket_id = desk.write()
    path = f"/inbox/tickets/{ticket_id}"
    desk.post(f"{path}/tags", data={"add": "Gupshup_Off vip"})
    assert desk.store.tickets[ticket_id]["tags"] == ["gupshup_off", "vip"]
    desk.post(f"{path}/tags", data={"remove": "vip"})
    assert desk.store.tickets[ticket_id]["tags"] == ["gupshup_off"]
    assert desk.store.audits(ticket_id)[-1]["author_id"] == desk.agent("ada@example.com")
    desk.store.update_ticket(ticket_id, {"assignee_id": desk.agent("grace@example.com")}, desk.agent(ADMIN_EMAIL))
    desk.post(f"{path}/status", data={"status": "solved"})
    assert desk.store.tickets[ticket_id]["status"] == "solved"
    assert desk.store.audits(ticket_id)[-1]["author_id"] == desk.agent("grace@example.com")
    desk.post(f"{path}/status", 422, data={"status": "asleep"})


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("agent", {"body": " "}),
        ("client", {"body": ""}),
        ("agent", {"body": "x", "agent_id": "1"}),
        ("macro", {}),
        ("status", {}),
        ("status", {"status": "solved"}),
    ],
)
def test_what_cannot_be_done_changes_nothing_and_says_why(desk: Desk, form: str, data: dict[str, str]) -> None:
    ticket_id = desk.write()
    before = (desk.store.tickets[ticket_id], desk.store.comments(ticket_id))
    page = HTMLParser(desk.post(f"/inbox/tickets/{ticket_id}/{form}", 422, data=data).text)
    assert words(one(page, "[role=alert]")).startswith("Not done.")
    assert (desk.store.tickets[ticket_id], desk.store.comments(ticket_id)) == before


def test_a_closed_ticket_refuses_the_agent_and_gives_the_client_a_follow_up(desk: Desk) -> None:
    ticket_id = desk.write()
    desk.store.update_ticket(ticket_id, {"status": "closed"}, desk.agent())
    path = f"/inbox/tickets/{ticket_id}"
    page = HTMLParser(desk.post(f"{path}/agent", 422, data={"body": "Too late", "kind": "internal"}).text)
    assert "closed prevents ticket update" in words(one(page, "[role=alert]"))
    assert one(page, "#agent-body").text().strip() == "Too late"
    assert one(page, "input[value=internal]").attributes.keys() >= {"checked"}
    answer = desk.post(f"{path}/client", data={"body": "Again"})
    assert answer.headers["Location"] == f"/inbox/tickets/{ticket_id + 1}#latest"


def test_a_requester_without_an_address_cannot_write(desk: Desk) -> None:
    payload = {"subject": "x", "comment": {"body": "x"}, "requester": {"name": "Nobody"}}
    ticket_id = desk.store.create_ticket(payload, desk.agent())["id"]
    desk.post(f"/inbox/tickets/{ticket_id}/client", 422, data={"body": "x"})


def test_a_file_too_large_and_a_form_that_is_none_are_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket_id = desk.write()
    monkeypatch.setattr(inbox_forms, "FILE_LIMIT", 10)
    path = f"/inbox/tickets/{ticket_id}/client"
    desk.post(path, 413, data={"body": "x"}, files=[("files", ("a.bin", b"12345678901", "text/plain"))])
    desk.post(path, 400, data=b"no parts", headers={"Content-Type": "multipart/form-data; boundary=x"})
    desk.post(path, 400, data={f"k{n}": "1" for n in range(60)})
    assert len(desk.store.comments(ticket_id)) == 1


# --- Strangers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": None}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": None}, 303),
        ({}, 303),
    ],
)
def test_only_our_own_pages_may_send_forms(desk: Desk, headers: dict[str, str], status: int) -> None:
    ticket_id = desk.write()
    forms = {"client": {"body": "x"}, "agent": {"body": "y"}, "tags": {"add": "z"}, "status": {"status": "open"}}
    for name, data in forms.items():
        desk.post(f"/inbox/tickets/{ticket_id}/{name}", status, data=data, headers=headers)
    desk.post("/inbox/new", status, data=NEW, headers=headers)
    done = (len(desk.store.comments(ticket_id)), desk.store.tickets[ticket_id]["tags"], len(desk.store.tickets))
    assert done == ((3, ["z"], 2) if status == 303 else (1, [], 1))


def test_every_page_allows_nothing_but_its_own_files(desk: Desk) -> None:
    ticket_id = sample_desk.fill(desk.store)
    for path in ("/", f"/inbox/tickets/{ticket_id}", "/inbox/new", "/inbox/static/style.css", "/inbox/static/inbox.js"):
        assert desk.get(path).headers["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; "
            "connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    for path in ("/", f"/inbox/tickets/{ticket_id}", "/inbox/new"):
        page = desk.page(path)
        assert page.css("style, [style], script:not([src])") == []
        loaded = [n.attributes.get("src") or n.attributes.get("href") for n in page.css("[src], link[href]")]
        assert all(str(address).startswith(("/inbox/static/", "data:")) for address in loaded)


# --- Hostile words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(desk: Desk, text: str) -> None:
    """The page with them has the very elements that the page with harmless words has."""
    html = f"<p>{text}</p>"
    shown: list[str] = []
    for words_ in ("harmless", text):
        email, body = f"{len(shown)}@example.com", words_.encode("utf-8", "replace").decode()
        ticket_id = desk.write(words_, body, name=words_, email=email)
        files = [(body, "text/plain", b"x")]
        desk.store.write_as_client(email, words_, body, ticket_id=ticket_id, files=files)
        shown.append(desk.get(f"/inbox/tickets/{ticket_id}").text)
        desk.post(f"/inbox/tickets/{ticket_id}/agent", 422, data={"body": "", "kind": visible(words_)})
    before, after = ([node.tag for node in HTMLParser(page).root.traverse()] for page in shown)  # type: ignore[union-attr]
    assert after == before
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", shown[1])
    assert HTMLParser(desk.get("/?q=alert").text).css("script:not([src])") == []
    assert not re.search("<script|<img|onerror=", safe_html(html))


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ('<p class="banner" id="x" style="color:red" onclick="f()">a</p>', "<p>a</p>"),
        ("<script>f()</script><style>p{}</style>a", "a"),
        ('<a href="javascript:f()">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<img src="https://example.com/x.png">a', "a"),
        ("<form action=/x><input><button>a</button></form>", "a"),
        ("<iframe src=/></iframe><nav>a</nav><details open>b</details>", "ab"),
        ("<p>unclosed <b>bold", "<p>unclosed <b>bold</b></p>"),
        ("<p>a\x00\x1bb\r\n</p>", "<p>a\ufffd\ufffdb\n</p>"),
        ('<td colspan="2">a</td><ol start="3"><li>b</li></ol>', 'a<ol start="3"><li>b</li></ol>'),
    ],
)
def test_html_keeps_its_shape_and_loses_its_teeth(html: str, safe: str) -> None:
    assert safe_html(html) == safe


def test_html_nested_without_end_is_no_trouble() -> None:
    assert len(safe_html("<div>" * 13_000)) == 13_000 * len("<div></div>")


@pytest.mark.parametrize(
    ("html", "role", "written"),
    [
        ("<div><p>a<br>b</p></div>", "end-user", "as typed"),
        ("", "end-user", "as typed"),
        ("", "agent", "as typed"),
        ("<div><p>a</p></div>", "agent", None),
        ("<div><b>a</b></div>", "end-user", None),
    ],
)
def test_only_a_client_s_plain_text_is_shown_as_typed(html: str, role: str, written: str | None) -> None:
    assert as_written({"html_body": html, "body": "as typed"}, {"role": role}) == written


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("plain", "plain"),
        ({"error": "RecordNotFound", "description": "Not found"}, "Not found."),
        ({"error": {"title": "Forbidden", "message": "Not on your plan"}}, "Not on your plan."),
        ({"error": "X", "description": "Bad.", "details": {"base": [{"description": "Why"}, "odd"]}}, "Bad. Why"),
    ],
)
def test_zendesk_s_refusals_read_as_one_line(body: Any, line: str) -> None:
    assert refusal(body) == line


@pytest.mark.parametrize(
    ("expression", "printed"),
    [
        ("{{ nothing }}", ""),
        ("{{ '<b>' }}", "&lt;b&gt;"),
        ("{{ 'no <time>'|when }}", "no &lt;time&gt;"),
        ("{{ nothing|when }}", ""),
        (
            "{{ '2026-01-02T03:04:05Z'|when }}",
            '<time datetime="2026-01-02T03:04:05Z" title="2026-01-02 03:04:05 UTC">2 Jan 2026, 03:04</time>',
        ),
        ("{{ 5e12|size }}", "5000 GB"),
    ],
)
def test_values_are_printed_for_people(expression: str, printed: str) -> None:
    assert pages().from_string(expression).render(nothing=None) == printed


def test_fields_show_labels_and_leave_out_what_is_empty() -> None:
    options = [{"name": "One", "value": "one"}, {"name": "Two", "value": "two"}]
    fields: dict[int, dict[str, Any]] = {
        1: {"title": "Several", "custom_field_options": options},
        2: {"title": "Urgent"},
    }
    values = {1: ["one", "two", "gone"], 2: True, 3: "text", 4: None, 5: False, 6: 0, 7: []}
    ticket = {"custom_fields": [{"id": key, "value": value} for key, value in values.items()]}
    assert field_rows(ticket, fields) == [
        ("Several", "One, Two, gone"),
        ("Urgent", "yes"),
        ("Field 3", "text"),
        ("Field 6", "0"),
    ]


def test_the_browser_s_question_for_an_icon_is_no_error(desk: Desk) -> None:
    assert desk.get("/favicon.ico", 204).content == b""


def test_an_unknown_content_type_is_a_download() -> None:
    assert shown_as({"content_type": None}) == ("application/octet-stream", False)


# --- News ----------------------------------------------------------------------------------------------------


def test_the_state_changes_with_what_is_shown_and_with_nothing_else(desk: Desk) -> None:
    one, two = desk.write("one"), desk.write("two")

    def stamps() -> tuple[str, ...]:
        paths = ("/inbox/state", f"/inbox/state?ticket={one}", f"/inbox/state?ticket={two}", "/inbox/state?ticket=x")
        return tuple(desk.get(path).json()["stamp"] for path in paths)

    first = stamps()
    assert stamps() == first
    body = desk.page(f"/inbox/tickets/{one}").body
    assert body is not None
    assert (body.attributes["data-stamp"], body.attributes["data-state"]) == (first[1], f"/inbox/state?ticket={one}")
    desk.store.update_ticket(one, {"comment": {"body": "x", "public": False}}, desk.agent())
    desk.store.update_ticket(one, {"comment": {"body": "y", "public": False}, "tags": ["a"]}, desk.agent())
    second = stamps()
    assert [a == b for a, b in zip(first, second, strict=True)] == [False, False, True, False]
