"""Who may ask the sandbox, how often, and what can be turned at it while it runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from support.sandbox_api import Api
from zendesk_sandbox.seed import CLIENT_ID, CLIENT_SECRET
from zendesk_sandbox.server import SandboxServer, run

GRANT = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


def get(url: str, **more: Any) -> requests.Response:
    return requests.get(url, timeout=10, **more)


def token(sandbox: SandboxServer, **more: Any) -> str:
    answer = requests.post(
        f"{sandbox.base_url}/oauth/tokens", json={**GRANT, "scope": "read write", **more}, timeout=10
    )
    assert answer.status_code == 200, answer.text
    made: str = answer.json()["access_token"]
    return made


def bearer(value: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {value}"}


@pytest.mark.parametrize(
    "sign_in",
    [
        None,
        ("worker@example.com/token", "wrong"),
        ("nobody@example.com/token", "sandbox-token"),
        ("worker@example.com", "x"),
    ],
    ids=["none", "wrong token", "unknown address", "password"],
)
def test_without_a_good_credential_there_is_no_ticket(sandbox: SandboxServer, sign_in: Any) -> None:
    answer = get(f"{sandbox.base_url}/api/v2/tickets/count", auth=sign_in)
    assert (answer.status_code, answer.json()) == (401, {"error": "Couldn't authenticate you"})


def test_me_answers_200_to_nobody_and_to_a_password(sandbox: SandboxServer) -> None:
    for sign_in in (None, ("worker@example.com", "a password")):
        answer = get(f"{sandbox.base_url}/api/v2/users/me", auth=sign_in)
        assert (answer.status_code, answer.json()["user"]["name"]) == (200, "Anonymous user")
        assert answer.json()["user"]["id"] is None


def test_an_api_token_acts_as_the_agent_whose_address_it_comes_with(sandbox: SandboxServer) -> None:
    with Api(sandbox, "ada@example.com") as ada:
        assert ada.json("GET", "/users/me")["user"]["name"] == "Ada"
        assert ada.json("GET", "/incremental/tickets/cursor?start_time=0", status=403)["error"]["title"] == "Forbidden"


def test_a_client_gets_a_bearer_token_by_json_or_form(sandbox: SandboxServer) -> None:
    url = f"{sandbox.base_url}/oauth/tokens"
    for answer in (
        requests.post(url, json={**GRANT, "scope": "tickets:read read", "expires_in": 7200}, timeout=10),
        requests.post(url, data={**GRANT, "scope": "tickets:read read", "expires_in": "7200"}, timeout=10),
    ):
        body = answer.json()
        assert (body["token_type"], body["scope"], body["expires_in"]) == ("bearer", "read tickets:read", 7200)
        me = get(f"{sandbox.base_url}/api/v2/users/me", headers=bearer(body["access_token"])).json()["user"]
        assert me["name"] == "Zendesk Gupshup"


REFUSALS = [
    ({"client_secret": "wrong"}, 401, "invalid_client"),
    ({"client_id": "wrong"}, 401, "invalid_client"),
    ({"scope": "moon:read"}, 400, "invalid_scope"),
    ({"scope": "impersonate"}, 400, "invalid_scope"),
    ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ({"expires_in": 10}, 400, "invalid_request"),
    ({"expires_in": 200_000}, 400, "invalid_request"),
]


@pytest.mark.parametrize(("change", "status", "error"), REFUSALS, ids=[str(row[0]) for row in REFUSALS])
def test_a_wrong_token_request_is_refused_by_name(
    sandbox: SandboxServer, change: dict[str, Any], status: int, error: str
) -> None:
    answer = requests.post(f"{sandbox.base_url}/oauth/tokens", json={**GRANT, "scope": "read", **change}, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_bearer_token_runs_out(sandbox: SandboxServer) -> None:
    value = token(sandbox, expires_in=300)
    url = f"{sandbox.base_url}/api/v2/tickets/count"
    assert get(url, headers=bearer(value)).status_code == 200
    sandbox.change(clock_offset=299)
    assert get(url, headers=bearer(value)).status_code == 200
    sandbox.change(clock_offset=301)
    expired = get(url, headers=bearer(value))
    assert (expired.status_code, expired.json()["error"]) == (401, "invalid_token")


def test_scopes_are_kept_to_and_audits_need_read(sandbox: SandboxServer, api: Api) -> None:
    api.ticket()
    headers = bearer(token(sandbox, scope="tickets:read"))
    base = f"{sandbox.base_url}/api/v2"
    assert get(f"{base}/tickets/1", headers=headers).status_code == 200
    assert get(f"{base}/tickets/1/audits", headers=headers).status_code == 403
    assert get(f"{base}/macros", headers=headers).status_code == 403
    refused = requests.put(f"{base}/tickets/1", json={"ticket": {"tags": ["x"]}}, headers=headers, timeout=10)
    assert refused.status_code == 403
    assert refused.json()["description"] == "You are missing the following required scopes: write"


def test_an_unknown_endpoint_is_named_as_such(api: Api) -> None:
    assert api.json("GET", "/moon", status=404)["error"] == "InvalidEndpoint"
    assert api.json("DELETE", "/search", status=404)["error"] == "InvalidEndpoint"


def test_a_body_that_is_no_json_is_refused(api: Api) -> None:
    answer = api.session.post(f"{api.base}/api/v2/tickets", data=b"{", timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, "InvalidJSON")
    assert api.json("POST", "/tickets", {"tickets": []}, 400)["error"] == "ParameterMissing"


def limited(sandbox: SandboxServer, **options: Any) -> None:
    sandbox.change(limits=True, **options)


def test_every_answer_tells_the_budget(sandbox: SandboxServer, api: Api) -> None:
    limited(sandbox)
    first, second = api.send("GET", "/tickets/count"), api.send("GET", "/tickets/9")
    assert (first.headers["x-rate-limit"], first.headers["ratelimit-limit"]) == ("700", "700")
    left = int(first.headers["x-rate-limit-remaining"])
    assert second.headers["ratelimit-remaining"] in (str(left - 1), "699")  # 699 in the next window
    assert 1 <= int(first.headers["ratelimit-reset"]) <= 60


def refusal(api: Api, method: str, path: str, body: Any = None) -> requests.Response:
    """The first 429; a budget of three is met within a few requests, also across the turn of a window."""
    for _ in range(10):
        answer = api.send(method, path, body)
        if answer.status_code == 429:
            return answer
    raise AssertionError(f"{method} {path} was never refused")


def test_the_accounts_budget_is_refused_in_plain_text_with_a_time_to_wait(sandbox: SandboxServer, api: Api) -> None:
    limited(sandbox, requests_per_minute=3)
    answer = refusal(api, "GET", "/tickets/count")
    assert answer.text == "Number of allowed API requests per minute exceeded"
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["x-rate-limit-remaining"] == "0"
    sandbox.change(clock_offset=61)
    assert api.send("GET", "/tickets/count").status_code == 200


def test_updates_have_a_budget_of_their_own(sandbox: SandboxServer, api: Api) -> None:
    api.ticket()
    limited(sandbox, ticket_updates_per_minute=3)
    answer = refusal(api, "PUT", "/tickets/1", {"ticket": {"priority": "high"}})
    assert answer.headers["zendesk-ratelimit-tickets-update"].startswith("total=3; remaining=0; resets=")
    assert answer.json()["error"] == "APIRateLimitExceeded"
    assert api.send("GET", "/tickets/1").status_code == 200


def test_one_ticket_takes_so_many_updates_in_ten_minutes(sandbox: SandboxServer, api: Api) -> None:
    api.ticket()
    api.ticket()
    limited(sandbox, updates_per_ticket_in_10_minutes=3)
    answer = refusal(api, "PUT", "/tickets/1/tags", {"tags": ["x"]})
    assert answer.headers["zendesk-ratelimit-per-ticket-updates"].startswith("total=3; remaining=0; resets=")
    assert 1 <= int(answer.headers["Retry-After"]) <= 600
    assert api.send("PUT", "/tickets/2/tags", {"tags": ["x"]}).status_code == 200


def test_the_export_has_ten_a_minute(sandbox: SandboxServer, api: Api) -> None:
    limited(sandbox, exports_per_minute=3)
    answer = refusal(api, "GET", "/incremental/tickets/cursor?start_time=0")
    text = "Number of allowed incremental export API requests per minute exceeded"
    assert answer.json() == {"error": "APIRateLimitExceeded", "description": text}


def test_without_limits_nothing_is_refused_and_budgets_cannot_be_used_up(sandbox: SandboxServer, api: Api) -> None:
    sandbox.change(requests_per_minute=3)
    for _ in range(5):
        answer = api.send("GET", "/tickets/count")
    assert (answer.status_code, answer.headers["x-rate-limit-remaining"]) == (200, "1000000")


def test_options_are_read_and_changed_while_it_runs(sandbox: SandboxServer) -> None:
    url = f"{sandbox.base_url}/sandbox/options"
    assert get(url).json()["limits"] is False
    changed = requests.patch(url, json={"latency_ms": 5, "incremental_lag": 60}, timeout=10).json()
    assert (changed["latency_ms"], changed["incremental_lag"]) == (5, 60)
    assert sandbox.store.options.latency_ms == 5


@pytest.mark.parametrize("given", [{"speed": 1}, {"latency_ms": "5"}, {"limits": 1}, {"latency_ms": True}], ids=str)
def test_an_option_that_is_none_is_refused(sandbox: SandboxServer, given: dict[str, Any]) -> None:
    url = f"{sandbox.base_url}/sandbox/options"
    assert requests.patch(url, json=given, timeout=10).status_code == 400


def test_requests_are_logged_with_who_asked(sandbox: SandboxServer, api: Api) -> None:
    api.send("GET", "/tickets/7?include=users")
    get(f"{sandbox.base_url}/api/v2/tickets")
    url = f"{sandbox.base_url}/sandbox/requests"
    rows = [{key: row[key] for key in ("method", "path", "status", "user")} for row in get(url).json()["requests"]]
    assert rows == [
        {"method": "GET", "path": "/api/v2/tickets/7?include=users", "status": 404, "user": "worker@example.com"},
        {"method": "GET", "path": "/api/v2/tickets", "status": 401, "user": None},
    ]
    assert requests.delete(url, timeout=10).status_code == 204
    assert sandbox.requests == []


def test_a_reset_brings_back_the_seed_alone(sandbox: SandboxServer, api: Api) -> None:
    api.ticket()
    assert requests.post(f"{sandbox.base_url}/sandbox/reset", timeout=10).status_code == 204
    assert api.json("GET", "/tickets/count")["count"]["value"] == 0
    assert [user["name"] for user in api.json("GET", "/users")["users"]] == ["Zendesk Gupshup", "Ada", "Grace"]
    assert api.ticket()["id"] == 1


@pytest.mark.parametrize("headers", [{"Host": "evil.example.com"}, {"Origin": "https://evil.example.com"}], ids=str)
@pytest.mark.parametrize("path", ["/sandbox/options", "/api/v2/users/me", "/"])
def test_a_strangers_page_cannot_reach_in(sandbox: SandboxServer, path: str, headers: dict[str, str]) -> None:
    assert get(f"{sandbox.base_url}{path}", headers=headers).status_code == 403


def test_the_command_serves_this_machine_only() -> None:
    with pytest.raises(ValueError, match="this machine only"):
        run(host="0.0.0.0")


def test_latency_holds_an_answer_back_and_not_the_others(sandbox: SandboxServer, api: Api) -> None:
    """Two slow answers overlap: held back together they take less than one after the other."""
    sandbox.change(latency_ms=300)
    times: list[float] = []

    def ask() -> None:
        times.append(get(f"{sandbox.base_url}/api/v2/users/me").elapsed.total_seconds())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert min(times) > 0.2
    assert max(times) < 8 * 0.3


def test_faults_may_answer_instead_or_change_what_was_answered(sandbox: SandboxServer, api: Api) -> None:
    async def refuse(request: Request) -> Response | None:
        return JSONResponse({"error": "down"}, 503) if request.method == "PUT" else None

    async def lose(request: Request, response: Response) -> Response:
        return Response(status_code=502) if request.method == "POST" else response

    sandbox.faults.before.append(refuse)
    sandbox.faults.after.append(lose)
    assert api.send("POST", "/tickets", {"ticket": {"comment": {"body": "x"}}}).status_code == 502
    assert api.json("GET", "/tickets/1")["ticket"]["id"] == 1
    assert api.send("PUT", "/tickets/1", {"ticket": {"tags": ["x"]}}).status_code == 503
    assert api.json("GET", "/tickets/1/tags")["tags"] == []


def test_two_writers_with_the_same_stamp_of_an_older_second_cannot_both_win(sandbox: SandboxServer, api: Api) -> None:
    """Sixteen at once with the stamp of an older second: one is applied, the others are told."""
    stamp = api.ticket()["updated_at"]
    sandbox.change(clock_offset=5)
    codes: list[int] = []

    def write(number: int) -> None:
        with Api(sandbox) as own:
            body = {"safe_update": True, "updated_stamp": stamp, "comment": {"body": str(number)}}
            codes.append(own.send("PUT", "/tickets/1", {"ticket": body}).status_code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] + [409] * 15
    assert len(api.comments(1)) == 2


WRONG_WEBHOOKS: list[dict[str, Any]] = [
    {"name": ""},
    {"http_method": "FETCH"},
    {"request_format": "xml"},
    {"endpoint": "ftp://example.com"},
    {"subscriptions": ["zen:event-type:ticket.created"]},
]


@pytest.mark.parametrize("change", WRONG_WEBHOOKS, ids=str)
def test_a_webhook_this_sandbox_would_not_call_is_refused(api: Api, change: dict[str, Any]) -> None:
    given = {"name": "w", "endpoint": "https://example.com", "http_method": "POST", "request_format": "json"}
    body = {"webhook": {**given, "status": "active", "subscriptions": ["conditional_ticket_events"], **change}}
    assert api.json("POST", "/webhooks", body, 400)["errors"][0]["code"] == "InvalidWebhook"


def test_webhooks_are_cloned_found_by_name_and_paged(api: Api) -> None:
    given = {"name": "first", "endpoint": "https://example.com", "http_method": "POST", "request_format": "json"}
    body = {"webhook": {**given, "status": "inactive", "subscriptions": ["conditional_ticket_events"]}}
    first = api.json("POST", "/webhooks", body, 201)["webhook"]
    clone = api.json("POST", f"/webhooks?clone_webhook_id={first['id']}", status=201)["webhook"]
    assert (clone["endpoint"], clone["id"] != first["id"]) == (first["endpoint"], True)
    assert api.send("POST", "/webhooks?clone_webhook_id=none").status_code == 404
    api.json("PUT", f"/webhooks/{clone['id']}", {"webhook": {"name": "second"}}, 204)
    found = api.json("GET", "/webhooks?filter[name_contains]=SECOND")["webhooks"]
    assert [row["id"] for row in found] == [clone["id"]]
    page = api.json("GET", "/webhooks?page[size]=1")
    assert page["meta"]["has_more"] is True
    assert api.json("GET", page["links"]["next"])["webhooks"][0]["id"] == first["id"]
    changed = {"webhook": {"subscriptions": ["zen:event-type:ticket.created"]}}
    assert api.send("PUT", f"/webhooks/{clone['id']}", changed).status_code == 400
    assert api.send("GET", "/webhooks/none").status_code == 404
    assert api.send("POST", "/webhooks/test?webhook_id=none", {"request": {}}).status_code == 404
    assert api.send("POST", "/webhooks/test", {"request": {}}).status_code == 400


def test_users_are_made_changed_and_found(api: Api) -> None:
    body = {"user": {"name": "Lin", "email": "lin@example.com", "tags": ["Gupshup_Off"], "colour": 1}}
    made = api.send("POST", "/users", body)
    assert (made.status_code, made.json()["user"]["tags"]) == (201, ["gupshup_off"])
    assert '"user.colour"' in made.headers["x-zendesk-api-warn"]
    key = made.json()["user"]["id"]
    changed = api.json("PUT", f"/users/{key}", {"user": {"external_id": "7", "user_fields": {"plan": "x"}}})["user"]
    assert (changed["external_id"], changed["user_fields"]) == ("7", {"plan": "x"})
    assert [row["id"] for row in api.json("GET", "/users/search?external_id=7")["users"]] == [key]
    assert [row["id"] for row in api.json("GET", "/users/search?query=lin")["users"]] == [key]
    assert [row["id"] for row in api.json("GET", f"/users/show_many?ids={key},9")["users"]] == [key]
    assert [row["name"] for row in api.json("GET", "/users?role=agent")["users"]] == ["Ada", "Grace"]
    assert api.json("POST", "/users", body, 422)["error"] == "RecordInvalid"
    assert api.json("POST", "/users", {"user": {"email": "x@example.com"}}, 422)["error"] == "RecordInvalid"
    assert api.send("GET", "/users/9").status_code == 404


def test_organizations_are_found_by_name_beginning_or_their_own_id(api: Api) -> None:
    body = {"organization": {"name": "Curie Labs", "external_id": "c7"}}
    key = api.json("POST", "/organizations", body, 201)["organization"]["id"]
    for path in ("search?external_id=c7", "autocomplete?name=cur"):
        assert [row["id"] for row in api.json("GET", f"/organizations/{path}")["organizations"]] == [key]
    assert api.json("POST", "/organizations", body, 422)["error"] == "RecordInvalid"
    assert api.json("POST", "/organizations", {"organization": {}}, 422)["error"] == "RecordInvalid"
    assert api.send("GET", "/organizations/search").status_code == 400
    assert api.send("GET", "/organizations/9").status_code == 404


def test_the_account_tells_its_limits(api: Api) -> None:
    assert api.json("GET", "/account/settings")["settings"]["limits"]["attachment_size"] == 50 * 1024 * 1024


def test_an_upload_can_be_taken_back(api: Api) -> None:
    assert api.send("POST", "/uploads", data=b"x").status_code == 400
    token = api.send("POST", "/uploads?filename=a.txt", data=b"x").json()["upload"]["token"]
    assert [api.send("DELETE", f"/uploads/{token}").status_code for _ in range(2)] == [204, 404]
    assert api.send("POST", "/uploads?filename=b.txt&token=none", data=b"x").status_code == 422


def test_rules_are_listed_counted_and_kept_from_going_while_used(api: Api) -> None:
    rows = [{"field": "status", "operator": "is", "value": "new"}]
    for title, active in (("a", True), ("b", False)):
        api.json("POST", "/views", {"view": {"title": title, "all": rows, "active": active}}, 201)
    for path in ("/views/active", "/views?active=true"):
        assert [row["title"] for row in api.json("GET", path)["views"]] == ["a"]
    assert api.json("GET", "/views/count")["count"]["value"] == 2
    assert len(api.json("GET", "/groups/assignable")["groups"]) == 2
    made = {"title": "Code", "type": "tagger", "custom_field_options": [{"name": "A", "value": "code_a"}]}
    field = api.json("POST", "/ticket_fields", {"ticket_field": made}, 201)["ticket_field"]["id"]
    options = api.json("GET", f"/ticket_fields/{field}/options")["custom_field_options"]
    assert [row["value"] for row in options] == ["code_a"]
    bare = {"ticket_field": {"title": "Code", "type": "tagger"}}
    assert api.json("POST", "/ticket_fields", bare, 422)["error"] == "RecordInvalid"
    assert (
        api.json("POST", "/organization_fields", {"organization_field": {"title": "x"}}, 422)["error"]
        == "RecordInvalid"
    )
    category = api.json("GET", "/trigger_categories")["trigger_categories"][0]["id"]
    trigger = {"trigger": {"title": "t", "all": rows, "actions": [{"field": "status", "value": "open"}]}}
    api.json("POST", "/triggers", trigger, 201)
    assert api.send("DELETE", f"/trigger_categories/{category}").status_code == 422


def test_a_body_of_a_wrong_shape_is_refused_and_said_to_be_ours_to_mend(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.ticket()
    refused = api.update(1, 400, group_id={"id": 5})
    assert refused["error"] == "InvalidValue"
    assert "could not be handled" in caplog.text
    assert api.json("POST", "/tickets", [], 400)["error"] in ("InvalidJSON", "ParameterMissing")
    assert api.send("GET", "/tickets?page=x").status_code == 400
    assert api.send("GET", "/tickets?page[after]=x").status_code == 400


def test_a_token_tells_its_own_scopes_and_an_api_token_is_none(sandbox: SandboxServer, api: Api) -> None:
    url = f"{sandbox.base_url}/api/v2/oauth/tokens/current"
    shown = get(url, headers=bearer(token(sandbox, scope="read tickets:write")))
    assert (shown.status_code, shown.json()["token"]["scopes"]) == (200, ["read", "tickets:write"])
    assert api.send("GET", "/oauth/tokens/current").status_code == 404
