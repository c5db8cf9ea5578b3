"""What our client relies on in zenpy, requests and urllib3 below their documented surface.

Each test fails where a version of theirs changes that; `zenpy_internals.py` and `requests_internals.py` are then the
files to look at.
"""

from __future__ import annotations

import ast
import gzip
import inspect
import logging
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import requests
import urllib3
from requests.adapters import HTTPAdapter

from support.stub_zendesk import Reply, Stub, certificate
from zendesk_gupshup.zendesk import requests_internals, zenpy_internals
from zendesk_gupshup.zendesk.requests_internals import (
    DirectCalls,
    EnvironmentCache,
    chunks,
    set_content,
    was_never_sent,
)
from zendesk_gupshup.zendesk.zenpy_internals import RawZenpy

PACKAGE = Path(zenpy_internals.__file__).parents[1]


class Recording(requests.Session):
    """A session that answers each call alike, and keeps what it was called with."""

    # So zenpy leaves the credentials to us.
    authorized = True

    def __init__(self, status: int = 200) -> None:
        super().__init__()
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self._status = status

    def request(self, method: str | bytes, url: str | bytes, *_: Any, **kwargs: Any) -> requests.Response:
        self.calls.append((str(method), str(url), kwargs))
        answer = requests.Response()
        answer.status_code, answer.url = self._status, str(url)
        answer.headers["X-Rate-Limit-Remaining"] = "1"
        set_content(answer, b'{"ticket": {"id": "not as zenpy has it"}}')
        return answer


@pytest.fixture(autouse=True)
def _no_redirection(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZENPY_FORCE_NETLOC", "ZENPY_FORCE_SCHEME"):
        monkeypatch.delenv(name, raising=False)


# --- zenpy -----------------------------------------------------------------------------------------------------


def test_zenpy_makes_one_call_to_the_address_it_builds_and_hands_out_the_raw_answer() -> None:
    session = Recording()
    zenpy = RawZenpy("example", session, 7.0)
    answer = zenpy.call("PUT", "tickets/7.json", {"cursor": "a&b=", "ids": "1,2"}, json={"ticket": {"id": 7}})
    assert answer.content == b'{"ticket": {"id": "not as zenpy has it"}}'
    ((method, url, given),) = session.calls
    address, _, query = url.partition("?")
    assert (method, address) == ("PUT", "https://example.zendesk.com/api/v2/tickets/7.json")
    # In no order that zenpy promises.
    assert sorted(query.split("&")) == ["cursor=a%26b%3D", "ids=1,2"]
    assert given == {"data": None, "json": {"ticket": {"id": 7}}, "timeout": 7.0}


def test_zenpy_leaves_our_adapters_and_our_headers_alone() -> None:
    session = Recording()
    adapters, headers = dict(session.adapters), dict(session.headers)
    RawZenpy("example", session, 7.0)
    assert (dict(session.adapters), session.auth) == (adapters, None)
    assert {name: session.headers[name] for name in headers if name != "User-Agent"} == {
        name: value for name, value in headers.items() if name != "User-Agent"
    }


def test_zenpy_logs_no_payload(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        RawZenpy("example", Recording(), 7.0).call(
            "PUT", "tickets/7.json", {}, json={"ticket": {"subject": "Zanzibar"}}
        )
    assert "Zanzibar" not in caplog.text


# --- requests and urllib3 --------------------------------------------------------------------------------------


def test_requests_asks_the_session_for_its_environment_once_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = list(inspect.signature(requests.Session.merge_environment_settings).parameters)
    assert parameters == ["self", "url", "proxies", "stream", "verify", "cert"]
    looked_up: list[str] = []
    theirs = requests.Session.merge_environment_settings

    def merge(self: requests.Session, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        looked_up.append(str(url))
        return theirs(self, url, proxies, stream, verify, cert)

    monkeypatch.setattr(requests.Session, "merge_environment_settings", merge)
    with Stub() as stub, EnvironmentCache() as session:
        stub.on("GET users/me.json", {})
        for _ in range(3):
            assert session.get(f"{stub.base_url}/api/v2/users/me.json", stream=True).ok
        assert looked_up == [f"{stub.base_url}/api/v2/users/me.json"]
        # What a caller asks for itself is not kept.
        session.get(f"{stub.base_url}/api/v2/users/me.json", verify=False)
        assert len(looked_up) == 2


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with EnvironmentCache() as session:
        found = session.merge_environment_settings("https://example.zendesk.com/x", {}, True, None, None)
    assert (found["proxies"]["https"], found["verify"], found["stream"]) == ("http://127.0.0.1:9", "/nowhere.pem", True)


def test_a_body_is_read_unpacked_from_below_and_handed_over() -> None:
    with Stub() as stub, requests.Session() as session:
        stub.on("GET users/me.json", {"user": {"id": 10}})
        answer = session.get(f"{stub.base_url}/api/v2/users/me.json", stream=True)
        assert isinstance(answer.raw, urllib3.response.HTTPResponse)
        body = b"".join(chunks(answer))
        assert answer.raw.decode_content is True
        set_content(answer, body)
        assert (answer.content, answer.json(), answer.text) == (body, {"user": {"id": 10}}, body.decode())


def test_a_body_that_breaks_off_raises_what_we_catch() -> None:
    with Stub() as stub, requests.Session() as session:
        stub.on("GET users/me.json", Reply({"user": {"id": 10}}, cut=True))
        answer = session.get(f"{stub.base_url}/api/v2/users/me.json", stream=True)
        with pytest.raises(requests_internals.NETWORK_ERRORS):
            list(chunks(answer))


Send = Callable[..., object]


def _as_requests_sends(method: str, url: str, **given: Any) -> object:
    with requests.Session() as session:
        session.headers["User-Agent"] = "zendesk-gupshup"
        session.mount("https://", HTTPAdapter(max_retries=0))
        session.mount("http://", HTTPAdapter(max_retries=0))
        return session.request(method, url, **given)


def _as_we_send(method: str, url: str, *, headers: Mapping[str, str] = MappingProxyType({}), **given: Any) -> object:
    with EnvironmentCache() as session:
        session.headers["User-Agent"] = "zendesk-gupshup"
        calls = DirectCalls(session, requests_internals.origin(url))
        try:
            return b"".join(chunks(calls.send(method, url, headers=headers, **given)))
        finally:
            calls.close()


SENDERS = [pytest.param(_as_requests_sends, id="requests"), pytest.param(_as_we_send, id="directly")]


def failure(send: Send, url: str, timeout: float = 5.0) -> Exception:
    try:
        send("PUT", url, timeout=timeout)
    except requests_internals.NETWORK_ERRORS as error:
        return error
    raise AssertionError(f"{url} answered")


@pytest.mark.parametrize("send", SENDERS)
@pytest.mark.parametrize("kind", ["nobody listens", "no such host", "certificate", "proxy", "proxy for https"])
def test_what_never_left_is_known_by_the_librarys_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, send: Send, kind: str
) -> None:
    context, _ = certificate(tmp_path)
    if kind.startswith("proxy"):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with Stub(context) as stub:
        url = {
            "certificate": stub.base_url,
            "nobody listens": "http://127.0.0.1:9",
            "no such host": "https://zendesk.invalid",
            "proxy": "http://zendesk.invalid",
            "proxy for https": "https://zendesk.invalid",
        }[kind]
        assert was_never_sent(failure(send, url))
        assert stub.seen == []


@pytest.mark.parametrize("send", SENDERS)
@pytest.mark.parametrize("reply", [Reply({}, late=True), Reply(broken=True)])
def test_what_may_have_been_sent_is_not_taken_for_unsent(send: Send, reply: Reply) -> None:
    with Stub() as stub:
        stub.on("PUT tickets/7.json", reply)
        assert not was_never_sent(failure(send, f"{stub.base_url}/api/v2/tickets/7.json", timeout=0.3))


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("GET", "tickets/7.json?include=users,groups&page[size]=100&page%5Bafter%5D=a%2Bb%3D%3D", {}),
        ("PUT", "tickets/7.json", {"json": {"ticket": {"subject": "Zanzíbar \ud83d"}}}),
        ("POST", "uploads.json?filename=a%20b.pdf", {"data": b"%PDF", "headers": {"Content-Type": "application/pdf"}}),
        ("POST", "uploads.json?filename=empty.txt", {"data": b"", "headers": {"Content-Type": "text/plain"}}),
        ("POST", "webhooks.json", {}),
    ],
)
def test_a_direct_call_is_the_one_that_requests_would_send(
    monkeypatch: pytest.MonkeyPatch, method: str, path: str, given: dict[str, Any], proxied: bool
) -> None:
    with Stub() as stub:
        stub.answer = lambda _: Reply({})
        host = stub.base_url
        if proxied:
            monkeypatch.setenv("HTTP_PROXY", stub.base_url.replace("//", "//ada:pass@"))
            host = "http://zendesk.invalid"
        for send in (_as_requests_sends, _as_we_send):
            more = {**given, "headers": {"Authorization": "Bearer t", **given.get("headers", {})}}
            send(method, f"{host}/api/v2/{path}", timeout=5.0, **more)
        theirs, ours = stub.seen
        assert ours == theirs
        assert ("proxy-authorization" in ours.headers, ours.headers["host"] == "zendesk.invalid") == (proxied, proxied)


def test_a_packed_answer_is_unpacked_and_its_headers_are_read_in_any_case() -> None:
    with Stub() as stub, EnvironmentCache() as session:
        packed = gzip.compress(b'{"user": {"id": 10}}')
        stub.on("GET users/me.json", Reply(packed, headers={"Content-Encoding": "gzip", "Retry-After": "7"}))
        calls = DirectCalls(session, stub.base_url)
        answer = calls.send("GET", f"{stub.base_url}/api/v2/users/me.json", timeout=5.0, headers={})
        set_content(answer, b"".join(chunks(answer)))
        calls.close()
    assert (answer.status_code, answer.content) == (200, b'{"user": {"id": 10}}')
    assert (answer.headers["retry-after"], "RETRY-AFTER" in answer.headers) == ("7", True)


def test_direct_calls_share_a_connection_and_send_nothing_again() -> None:
    with EnvironmentCache() as session:
        calls = DirectCalls(session, "https://zendesk.invalid")
        assert (calls._adapter.max_retries.total, calls._adapter.max_retries.read) == (0, False)
        assert calls._connected().pool is calls._connected().pool


def test_the_words_of_a_refused_certificate_are_openssls() -> None:
    assert "CERTIFICATE_VERIFY_FAILED" in str(ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] x"))


# --- Nowhere else ----------------------------------------------------------------------------------------------


BELOW = {"_content", "raw", "_call_api", "_build_url"}


def reaches_below(file: Path) -> bool:
    """Whether it imports zenpy or urllib3, or names what we use of them and of requests below their surface."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        modules = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        modules += [name.name for name in node.names] if isinstance(node, ast.Import) else []
        if {module.partition(".")[0] for module in modules} & {"zenpy", "urllib3"}:
            return True
        if isinstance(node, ast.Attribute) and node.attr in BELOW:
            return True
    return False


def test_only_these_two_files_reach_below_the_surface() -> None:
    found = {str(file.relative_to(PACKAGE)) for file in PACKAGE.rglob("*.py") if reaches_below(file)}
    assert found == {"zendesk/zenpy_internals.py", "zendesk/requests_internals.py"}
