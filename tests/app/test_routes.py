"""The app's routes: who gets a page, what an API call has to bring, and what every answer forbids the browser."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from typing import Any, cast

import pytest
import sqlalchemy as sa

from support.app_desk import ADMIN, AGENT, FORM, HOST, LIGHT, ORIGIN, AppDesk, Got, TableZendesk, app_brain
from support.app_tokens import USER, public_pem, token
from zendesk_gupshup.app.gate import AppError, Call
from zendesk_gupshup.app.routes import ApiAnswer, Endpoint
from zendesk_gupshup.app.server import app_server
from zendesk_gupshup.settings import Settings
from zendesk_gupshup.storage.app_store import AppStore
from zendesk_gupshup.zendesk.errors import Busy, Unreachable

POLICY = (
    "default-src 'none'; script-src 'self' https://static.zdassets.com; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors https://example.zendesk.com https://help.example.com"
)


def told(call: Call) -> ApiAnswer:
    return ApiAnswer(
        {"user": call.user.id, "ticket": call.ticket_id, "body": dict(call.body), "language": call.language}
    )


def broken(_call: Call) -> ApiAnswer:
    raise sa.exc.OperationalError("select secret", {}, Exception("locked"))


def busy(_call: Call) -> ApiAnswer:
    raise Busy("wait", retry_after=7.0)


def changed(_call: Call) -> ApiAnswer:
    raise AppError(409, "changed", "it changed", fields={"app_name": "is another one now"})


ENDPOINTS = (
    Endpoint("GET", "tickets/{ticket}/told", "ticket_sidebar", told),
    Endpoint("POST", "tickets/{ticket}/note", "ticket_sidebar", told, writes=True),
    Endpoint("GET", "tickets/{ticket}/broken", "ticket_sidebar", broken),
    Endpoint("GET", "tickets/{ticket}/busy", "ticket_sidebar", busy),
    Endpoint("GET", "tickets/{ticket}/changed", "ticket_sidebar", changed),
    Endpoint("GET", "tickets/{ticket}/empty", "ticket_sidebar", lambda _: ApiAnswer()),
    Endpoint("GET", "console/list", "nav_bar", told),
)


@pytest.fixture
def desk(engine: sa.Engine) -> AppDesk:
    return AppDesk(engine, endpoints=ENDPOINTS)


def error(got: Got) -> tuple[int, str]:
    return got.status, got.json["error"]


def notice(got: Got) -> tuple[int, str]:
    found = re.search(r'<meta name="notice" content="(\w+)">', got.body.decode())
    return got.status, found[1] if found else ""


# --- Opening a page ----------------------------------------------------------------------------------------------


def test_without_the_setting_there_is_no_route(engine: sa.Engine) -> None:
    settings = Settings.model_validate({"zendesk": {"subdomain": "example"}})
    assert app_server(settings, engine, cast("Any", TableZendesk()), app_brain(), lambda *_: None) is None


def test_an_agent_gets_the_sidebar_with_a_session_and_no_cookie(desk: AppDesk) -> None:
    opened = desk.open()
    assert opened.status == 200
    assert 'content="https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"' in opened.body.decode()
    assert "set-cookie" not in opened.headers
    answer = desk.get("tickets/7/told", desk.bearer()).json
    assert answer == {"user": USER, "ticket": 7, "body": {}, "language": "en"}


def test_a_page_says_who_may_frame_it_and_what_it_may_load(engine: sa.Engine) -> None:
    desk = AppDesk(engine, settings={"origins": ["https://help.example.com"]})
    headers = desk.open().headers
    assert headers["content-security-policy"] == POLICY
    assert "x-frame-options" not in headers
    kept = {name: headers[name] for name in ("referrer-policy", "x-content-type-options", "cache-control")}
    assert kept == {"referrer-policy": "no-referrer", "x-content-type-options": "nosniff", "cache-control": "no-store"}
    refused = desk.open(token="x")
    assert refused.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize("scheme", ["dark", "light", "", '"><script>'])
def test_the_colour_scheme_of_the_frame_is_kept(desk: AppDesk, scheme: str) -> None:
    shown = scheme if scheme in ("dark", "light") else ""
    opened = desk.open(query=f"?origin={ORIGIN}&app_guid=x&colorScheme={scheme}")
    assert f'data-scheme="{shown}"' in opened.body.decode()


def test_the_user_is_asked_of_zendesk_once_in_ten_minutes(desk: AppDesk) -> None:
    for _ in range(3):
        desk.open()
    desk.get("tickets/7/told", desk.bearer())
    assert desk.zendesk.asked == [f"users/{USER}.json"]


@pytest.mark.parametrize(
    ("user", "page", "expected"),
    [
        (AGENT, "sidebar", (200, "")),
        (LIGHT, "sidebar", (200, "")),
        (ADMIN, "sidebar", (200, "")),
        (ADMIN, "console", (200, "")),
        (AGENT, "console", (403, "access")),
        (AGENT | {"role": "end-user"}, "sidebar", (403, "access")),
        (AGENT | {"active": False}, "sidebar", (403, "access")),
        (ADMIN | {"suspended": True}, "console", (403, "access")),
        (AGENT | {"id": 43}, "sidebar", (403, "access")),
    ],
)
def test_who_gets_which_page(engine: sa.Engine, user: Mapping[str, Any], page: str, expected: tuple[int, str]) -> None:
    assert notice(AppDesk(engine, TableZendesk(user)).open(page)) == expected


def test_a_user_that_zendesk_does_not_know_gets_no_page(desk: AppDesk) -> None:
    desk.zendesk.answers.clear()
    assert notice(desk.open()) == (403, "access")


def test_a_page_is_not_opened_while_zendesk_cannot_say_who_it_is(desk: AppDesk) -> None:
    desk.zendesk.answers[f"users/{USER}.json"] = Unreachable("away")
    assert notice(desk.open()) == (503, "away")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b""), (FORM, b"token="), (FORM, b"token=a&token=b"), (FORM, b"other=1"), (FORM, b"token=%ff"),
        (FORM, "token=ü".encode()), (FORM, b"&".join(b"a=1" for _ in range(50))), (FORM, b"token=" + b"a" * 9000),
        ("application/json", b'{"token": "x"}'), ("multipart/form-data; boundary=x", b"--x--"), ("", b"token=x"),
    ],
)  # fmt: skip
def test_a_form_without_a_right_token_is_refused_in_a_page(desk: AppDesk, content_type: str, body: bytes) -> None:
    assert notice(desk.ask("POST", "/zaf/sidebar", body, {"content-type": content_type})) == (401, "expired")
    assert desk.zendesk.asked == []


def test_a_body_over_16_kb_is_not_read(desk: AppDesk) -> None:
    assert desk.ask("POST", "/zaf/sidebar", b"token=" + b"a" * 16_384, {"content-type": FORM}).status == 413
    assert error(desk.post("tickets/7/note", desk.bearer(), {"a": "b" * 16_384})) == (413, "too_large")


def test_a_sidebars_token_opens_no_console(engine: sa.Engine) -> None:
    assert notice(AppDesk(engine, TableZendesk(ADMIN)).open("console", token())) == (401, "expired")


def test_a_new_key_is_asked_for_once_a_minute(desk: AppDesk) -> None:
    url = f"{ORIGIN}/api/v2/apps/77/public_key.pem"
    desk.zendesk.answers[url] = public_pem("new")
    statuses = [desk.open(token=token(key)).status for key in ("new", "third", "fourth", "new")]
    assert statuses == [200, 401, 401, 200]
    assert desk.zendesk.asked == [url, f"users/{USER}.json"]
    assert AppStore(desk.engine, ORIGIN).value("public_key") == public_pem("new").decode()


def test_without_a_key_the_page_says_that_the_app_is_not_set_up(desk: AppDesk, engine: sa.Engine) -> None:
    desk.store.delete_values("public_key")
    assert notice(desk.open()) == (503, "broken")
    no_number = AppDesk(engine, settings={"installation_id": None})
    assert notice(no_number.open()) == (503, "broken")


def test_what_setup_stored_is_enough(engine: sa.Engine) -> None:
    desk = AppDesk(engine, settings={"installation_id": None, "app_id": None})
    desk.store.keep_value("installation_id", "9001")
    assert desk.open().status == 200


# --- Static files ------------------------------------------------------------------------------------------------


def test_a_static_file_has_its_checksum_in_its_name_and_never_changes(desk: AppDesk) -> None:
    url = re.search(r'href="(/zaf/static/app\.[0-9a-f]{12}\.css)"', desk.open().body.decode())
    assert url
    file = desk.ask("GET", url[1])
    assert (file.status, file.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "gzip"),
        ("br;q=1.0, GZIP;q=0.8, *;q=0.1", "gzip"),
        ("deflate,x-gzip ; q=0.001", "gzip"),
        ("gzip;q=0", None),
        ("deflate, gzip; q=0.000", None),
        ("identity", None),
        ("*", None),
        ("", None),
        (None, None),
    ],
)
def test_a_static_file_comes_by_gzip_to_those_who_take_it(
    desk: AppDesk, accepted: str | None, coding: str | None
) -> None:
    url = re.findall(r'"(/zaf/static/[\w.]+\.js)"', desk.open().body.decode())[0]
    plain = desk.ask("GET", url)
    file = desk.ask("GET", url, headers={} if accepted is None else {"accept-encoding": accepted})
    assert (file.status, file.headers.get("content-encoding")) == (200, coding)
    assert (gzip.decompress(file.body) if coding else file.body) == plain.body
    assert int(file.headers["content-length"]) == len(file.body)
    told = [{name: got.headers[name] for name in ("vary", "cache-control", "content-type")} for got in (file, plain)]
    assert told[0] == told[1]
    assert file.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["app.css", "app.000000000000.css", "..%2f..%2fpages%2fsidebar.html", "x/y", ""])
def test_there_is_nothing_else(desk: AppDesk, name: str) -> None:
    assert error(desk.ask("GET", f"/zaf/static/{name}")) == (404, "gone")


# --- The API -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer x", "Basic YTpi", "Bearer ü", f"Bearer {'a' * 3000}"])
def test_without_a_session_nothing_is_told(desk: AppDesk, given: str | None) -> None:
    headers = {} if given is None else {"authorization": given}
    got = desk.get("tickets/7/told", headers)
    assert error(got) == (401, "session")
    assert got.headers["cache-control"] == "no-store"


def test_zendesks_own_token_is_no_session(desk: AppDesk) -> None:
    assert error(desk.get("tickets/7/told", {"authorization": f"Bearer {token()}"})) == (401, "session")


def test_a_session_is_for_its_page_alone(engine: sa.Engine) -> None:
    desk = AppDesk(engine, TableZendesk(ADMIN), endpoints=ENDPOINTS)
    sidebar, console = desk.bearer(), desk.bearer("console")
    answers = [desk.get(path, of).status for of in (sidebar, console) for path in ("tickets/7/told", "console/list")]
    assert answers == [200, 403, 403, 200]


def test_who_is_no_agent_any_more_has_no_access(desk: AppDesk) -> None:
    bearer = desk.bearer()
    desk.store.keep_access(USER, {})
    assert error(desk.get("tickets/7/told", bearer)) == (403, "access")


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "x", "٧", "9" * 19, "9" * 5000, "7 or 1=1", "%2e%2e"])
def test_a_ticket_has_a_number(desk: AppDesk, number: str) -> None:
    assert error(desk.get(f"tickets/{number}/told", desk.bearer())) == (404, "gone")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"https://{HOST}", 200), (f"http://{HOST.upper()}", 200),
        ("https://example.zendesk.com", 403), ("null", 403), ("", 403), (f"https://{HOST}.evil.example", 403),
    ],
)  # fmt: skip
def test_only_our_own_pages_may_call(desk: AppDesk, origin: str, status: int) -> None:
    assert desk.get("tickets/7/told", desk.bearer(), origin=origin).status == status


def test_behind_a_proxy_the_public_address_counts(engine: sa.Engine) -> None:
    desk = AppDesk(engine, settings={"url": "https://public.example"}, endpoints=ENDPOINTS)
    bearer = desk.bearer()
    answers = [
        desk.get("tickets/7/told", bearer, origin=o).status for o in ("https://public.example", f"https://{HOST}")
    ]
    assert answers == [200, 403]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b""), ("application/json", b"{"), ("application/json", b"[]"),
        ("application/json", b"\xff"), ("application/json", b"[" * 10_000),
        ("text/plain", b"{}"), (FORM, b"a=1"), ("", b"{}"),
    ],
)  # fmt: skip
def test_a_body_is_a_json_object(desk: AppDesk, content_type: str, body: bytes) -> None:
    headers = {**desk.bearer(), "content-type": content_type}
    assert error(desk.ask("POST", "/zaf/api/tickets/7/note", body, headers)) == (422, "refused")


@pytest.mark.parametrize("key", ["", "short", "a" * 65, "with space", "ümlaut-key"])
def test_an_idempotency_key_is_a_word(desk: AppDesk, key: str) -> None:
    assert error(desk.post("tickets/7/note", desk.bearer(), {}, Idempotency_Key=key)) == (422, "refused")


def test_a_light_agent_reads_and_does_not_write(engine: sa.Engine) -> None:
    desk = AppDesk(engine, TableZendesk(LIGHT), endpoints=ENDPOINTS)
    bearer = desk.bearer()
    assert desk.get("tickets/7/told", bearer).status == 200
    assert error(desk.post("tickets/7/note", bearer, {})) == (403, "read_only")


def test_a_user_writes_ten_times_a_minute(desk: AppDesk) -> None:
    bearer = desk.bearer()
    answers = [desk.post("tickets/7/note", bearer, {}) for _ in range(11)]
    assert [got.status for got in answers] == [200] * 10 + [429]
    assert error(answers[-1]) == (429, "often")
    assert 0 < int(answers[-1].headers["retry-after"]) <= 62
    # Reading goes on.
    assert desk.get("tickets/7/told", bearer).status == 200


def test_a_user_asks_sixty_times_a_minute(desk: AppDesk) -> None:
    bearer = desk.bearer()
    assert [desk.get("tickets/7/told", bearer).status for _ in range(61)] == [200] * 60 + [429]


@pytest.mark.parametrize(
    ("path", "expected"),
    [("broken", (503, "away")), ("busy", (503, "away")), ("changed", (409, "changed")), ("none", (404, "gone"))],
)
def test_what_an_endpoint_raises_is_answered(desk: AppDesk, path: str, expected: tuple[int, str]) -> None:
    got = desk.get(f"tickets/7/{path}", desk.bearer())
    assert error(got) == expected
    assert b"secret" not in got.body


def test_an_answer_may_have_no_content_and_an_error_its_fields(desk: AppDesk) -> None:
    bearer = desk.bearer()
    empty = desk.get("tickets/7/empty", bearer)
    assert (empty.status, empty.body) == (204, b"")
    assert desk.get("tickets/7/changed", bearer).json["fields"] == {"app_name": "is another one now"}


@pytest.mark.parametrize(
    ("asked", "told_in"), [("pt-BR,pt;q=0.9", "pt"), ("es-MX", "es"), ("de, en;q=0.5", "en"), ("", "en"), ("☃", "en")]
)
def test_words_come_in_the_readers_language(desk: AppDesk, asked: str, told_in: str) -> None:
    headers = {**desk.bearer(), "accept-language": asked.encode("utf-8").decode("latin-1")}
    assert desk.ask("GET", "/zaf/api/tickets/7/told", b"", headers).json["language"] == told_in
