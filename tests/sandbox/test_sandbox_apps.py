"""The sandbox's side of an app in a frame: the signed token, and the ticket's page that opens it."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
import requests
from jwskate import Jwk, SignedJwt

from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.zaf import InstalledApp, new_key

NOW = 1_700_000_000.0
KEY = new_key()
APP_ORIGIN = "http://localhost:9"


def installed(account: str = "https://example.zendesk.com") -> InstalledApp:
    return InstalledApp(account, 100, 200, "Errors", {"ticket_sidebar": f"{APP_ORIGIN}/zaf/sidebar"}, KEY)


def test_the_token_has_the_documented_claims_and_the_apps_signature() -> None:
    app = installed()
    token = SignedJwt(app.token(7, "ticket_sidebar", now=NOW))
    token.verify(Jwk.from_pem(app.public_key), alg="RS256")
    claims = {name: value for name, value in token.claims.items() if name != "qsh"}
    assert claims == {
        "iss": "example.zendesk.com",
        "aud": "https://example.zendesk.com/api/v2/apps/installations/200.json",
        "sub": "https://example.zendesk.com/api/v2/users/7.json",
        "iat": 1_700_000_000,
        "nbf": 1_700_000_000,
        "exp": 1_700_000_300,
        "cnf": {"jku": "https://example.zendesk.com/api/v2/apps/100/public_key"},
        "context": {"product": "support", "location": "ticket_sidebar"},
    }


def test_a_private_key_is_in_no_repr() -> None:
    assert KEY.d not in repr(installed())


def page(sandbox: SandboxServer, query: str = "") -> requests.Response:
    sandbox.store.write_as_client("ines@example.com", "Inês", "401")
    return requests.get(f"{sandbox.base_url}/inbox/tickets/1{query}", timeout=10)


def test_without_an_app_the_page_has_no_frame_and_lets_none_in(sandbox: SandboxServer) -> None:
    answer = page(sandbox)
    assert "<iframe" not in answer.text
    assert "frame-src" not in answer.headers["content-security-policy"]


def test_the_page_lets_in_the_frame_of_its_app_and_no_other(sandbox: SandboxServer) -> None:
    sandbox.store.app_installations[200] = installed(sandbox.base_url)
    policy = page(sandbox).headers["content-security-policy"].split("; ")
    assert [rule for rule in policy if rule.startswith(("frame-src", "form-action", "default-src"))] == [
        "default-src 'none'",
        f"form-action 'self' {APP_ORIGIN}",
        f"frame-src {APP_ORIGIN}",
    ]


@pytest.mark.parametrize("email", ["ada@example.com", "grace@example.com", "worker@example.com"])
def test_the_page_is_opened_for_the_agent_who_looks(sandbox: SandboxServer, email: str) -> None:
    sandbox.store.app_installations[200] = installed(sandbox.base_url)
    viewer = sandbox.store.user_by_email(email)["id"]
    text = page(sandbox, f"?viewer={viewer}").text
    [token] = re.findall(r'name="token" value="([^"]+)"', text)
    [data] = re.findall(r'data-zaf="([^"]+)"', text)
    assert str(SignedJwt(token).claims["sub"]).endswith(f"/users/{viewer}.json")
    told = json.loads(unescape(data))
    assert (told["user"]["email"], told["context"]["ticketId"], told["origin"]) == (email, 1, APP_ORIGIN)


@pytest.mark.parametrize("viewer", ["1", "x", "", "-1", str(2**70)])
def test_nobody_else_is_an_agent(sandbox: SandboxServer, viewer: str) -> None:
    sandbox.store.app_installations[200] = installed(sandbox.base_url)
    [data] = re.findall(r'data-zaf="([^"]+)"', page(sandbox, f"?viewer={viewer}").text)
    assert json.loads(unescape(data))["user"]["email"] == "ada@example.com"
