"""The sandbox's answers against Zendesk's own API description and against recordings of a real account.

Both lie beside the project and may be absent; then these tests are skipped and say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from support.sandbox_api import Api, Endpoint
from zendesk_sandbox.server import SandboxServer

JSON = "application/json"


class _Loader(yaml.CSafeLoader):
    """The file has a bare `=`, which YAML 1.1 takes for a value of its own and PyYAML then cannot build."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:value"]
    for key, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _with_null(node: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(node, list):
        return [_with_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _with_null(value) for key, value in node.items() if key not in ("nullable", "example", "examples")}
    return {"anyOf": [{"type": "null"}, plain]} if node.get("nullable") is True else plain


@pytest.fixture(scope="session")
def oas(shared: Path) -> dict[str, Any]:
    with (shared / "zendesk" / "oas.yaml").open(encoding="utf-8") as file:
        document: dict[str, Any] = yaml.load(file, _Loader)
    document["components"]["schemas"] = _with_null(document["components"]["schemas"])
    return document


@pytest.fixture(scope="session")
def nulls(shared: Path) -> frozenset[str]:
    """Keys that a real account sent as null: the description hardly ever says which may be."""
    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                look(item)
        elif isinstance(value, dict):
            found.update(key for key, item in value.items() if item is None)
            for item in value.values():
                look(item)

    for exchange in recordings(shared, "*.json"):
        text = exchange["response"]["body"].get("string") or ""
        if text.startswith("{"):
            look(json.loads(text))
    return frozenset(found)


def without(value: Any, nulls: frozenset[str], *, fields: bool = False) -> Any:
    """The value less the nulls that were recorded as such; any other null stays and has to fit.

    Custom fields without a value are null too, whatever they are called (recorded in a user's).
    """
    if isinstance(value, list):
        return [without(item, nulls) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without(item, nulls, fields=key in ("organization_fields", "user_fields"))
        for key, item in value.items()
        if item is not None or not (fields or key in nulls)
    }


# Where the recordings contradict the description, the sandbox follows the recordings.
RECORDED_OTHERWISE = {
    r"audit/events/\d+/(previous_)?value": "a change of tags has lists of tags",
    r"result/ticket/fields": "the fields of a ticket are a list, in a preview too",
}


def problems(oas: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> list[str]:
    root = {**_with_null(schema), "components": {"schemas": oas["components"]["schemas"]}}
    found = {
        "/".join(str(part) for part in error.absolute_path): error
        for error in jsonschema.Draft4Validator(root).iter_errors(value)
    }
    known = [path for path in found if any(re.fullmatch(pattern, path) for pattern in RECORDED_OTHERWISE)]
    return sorted(f"{path}: {error.message[:200]}" for path, error in found.items() if path not in known)


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


CHANGE = {
    "ticket": {"comment": {"body": "x", "public": False}, "tags": ["a"], "priority": "high", "metadata": {"a": "b"}}
}
FIELD = {"type": "tagger", "title": "Code", "custom_field_options": [{"name": "A", "value": "code_a"}]}
ACTIONS = [{"field": "status", "value": "open"}]
RULE = {"title": "t", "all": [{"field": "status", "operator": "less_than", "value": "solved"}], "actions": ACTIONS}
RULE_SHOWN = {"title": "t", "conditions": {"all": RULE["all"], "any": []}, "actions": ACTIONS}

# Method, path with the names of `made` in it, body, the description's path, and the status it documents
# where that is another than the one a real account was seen to answer.
EXCHANGES: list[tuple[str, str, Any, str, str | None]] = [
    ("GET", "/tickets?page[size]=1", None, "/tickets", None),
    ("GET", "/tickets", None, "/tickets", None),
    ("POST", "/tickets", {"ticket": {"subject": "S", "comment": {"body": "x"}}}, "/tickets", None),
    ("GET", "/tickets/count", None, "/tickets/count", None),
    ("GET", "/tickets/show_many?ids=1", None, "/tickets/show_many", None),
    ("GET", "/tickets/1", None, "/tickets/{ticket_id}", None),
    ("PUT", "/tickets/1", CHANGE, "/tickets/{ticket_id}", None),
    ("GET", "/tickets/1/comments?page[size]=100", None, "/tickets/{ticket_id}/comments", None),
    (
        "GET",
        "/tickets/{talk}/conversation_log?page[size]=100",
        None,
        "/tickets/{ticket_id}/conversation_log",
        None,
    ),
    ("GET", "/tickets/1/audits", None, "/tickets/{ticket_id}/audits", None),
    ("GET", "/tickets/1/tags", None, "/tickets/{ticket_id}/tags", None),
    ("PUT", "/tickets/1/tags", {"tags": ["x"]}, "/tickets/{ticket_id}/tags", None),
    ("POST", "/tickets/1/tags", {"tags": ["x"]}, "/tickets/{ticket_id}/tags", None),
    ("PUT", "/tickets/update_many?ids=1", {"ticket": {"status": "open"}}, "/tickets/update_many", None),
    ("GET", "/job_statuses/{job}", None, "/job_statuses/{job_status_id}", None),
    ("GET", "/users/me", None, "/users/me", None),
    ("GET", "/users/{user}", None, "/users/{user_id}", None),
    ("GET", "/users/search?query=ada@example.com", None, "/users/search", None),
    (
        "POST",
        "/users/create_or_update",
        {"user": {"name": "N", "email": "n@example.com"}},
        "/users/create_or_update",
        None,
    ),
    ("GET", "/organizations", None, "/organizations", None),
    ("GET", "/organizations/{organization}", None, "/organizations/{organization_id}", None),
    ("POST", "/organizations", {"organization": {"name": "Curie Labs"}}, "/organizations", None),
    ("GET", "/organizations/search?name=Lovelace Optics", None, "/organizations/search", None),
    ("GET", "/groups", None, "/groups", None),
    ("POST", "/groups", {"group": {"name": "G"}}, "/groups", None),
    ("GET", "/brands", None, "/brands", None),
    ("GET", "/ticket_forms", None, "/ticket_forms", None),
    ("GET", "/custom_statuses", None, "/custom_statuses", None),
    ("GET", "/custom_statuses/26155621627795", None, "/custom_statuses/{custom_status_id}", None),
    ("GET", "/ticket_fields", None, "/ticket_fields", None),
    ("POST", "/ticket_fields", {"ticket_field": FIELD}, "/ticket_fields", None),
    ("GET", "/organization_fields", None, "/organization_fields", None),
    (
        "POST",
        "/organization_fields",
        {"organization_field": {"key": "k", "title": "K", "type": "text"}},
        "/organization_fields",
        None,
    ),
    ("GET", "/user_fields", None, "/user_fields", None),
    ("GET", "/attachments/{attachment}", None, "/attachments/{attachment_id}", None),
    ("GET", "/macros", None, "/macros", None),
    ("POST", "/macros", {"macro": {"title": "m", "actions": ACTIONS}}, "/macros", "200"),
    ("GET", "/macros/{macro}", None, "/macros/{macro_id}", None),
    ("PUT", "/macros/{macro}", {"macro": {"title": "m2", "actions": ACTIONS}}, "/macros/{macro_id}", None),
    ("GET", "/tickets/1/macros/{macro}/apply", None, "/tickets/{ticket_id}/macros/{macro_id}/apply", None),
    ("GET", "/triggers", None, "/triggers", None),
    ("POST", "/triggers", {"trigger": RULE_SHOWN}, "/triggers", None),
    ("GET", "/triggers/{trigger}", None, "/triggers/{trigger_id}", None),
    ("GET", "/trigger_categories?page[size]=10", None, "/trigger_categories", None),
    ("GET", "/views", None, "/views", None),
    ("POST", "/views", {"view": {"title": "v", "all": RULE["all"]}}, "/views", "200"),
    ("GET", "/views/{view}", None, "/views/{view_id}", None),
    ("GET", "/views/{view}/tickets", None, "/views/{view_id}/tickets", None),
    ("GET", "/views/{view}/count", None, "/views/{view_id}/count", None),
    ("GET", "/automations", None, "/automations", None),
    ("POST", "/automations", {"automation": RULE}, "/automations", None),
    ("GET", "/incremental/tickets/cursor?start_time=0", None, "/incremental/tickets/cursor", None),
    ("GET", "/search?query=type:ticket", None, "/search", None),
    ("GET", "/search/count?query=type:ticket", None, "/search/count", None),
    ("GET", "/search/export?query=help&filter[type]=ticket", None, "/search/export", None),
]


def made(sandbox: SandboxServer, api: Api) -> dict[str, Any]:
    """One of everything, and the ids to ask for it by."""
    field = api.json("POST", "/ticket_fields", {"ticket_field": FIELD})["ticket_field"]["id"]
    headers = {"Content-Type": "text/plain"}
    upload = api.send("POST", "/uploads?filename=a.txt", data=b"hi", headers=headers).json()["upload"]
    comment = {"body": "Help", "uploads": [upload["token"]]}
    api.ticket(tags=["x"], comment=comment, custom_fields=[{"id": field, "value": "code_a"}], metadata={"a": "b"})
    api.update(1, comment={"html_body": "<p>hi</p>", "public": True}, priority="high")
    job = api.json("PUT", "/tickets/update_many?ids=1,9", {"ticket": {"additional_tags": ["y"]}})["job_status"]
    assert sandbox.store.scheduler.wait_idle()
    talk = sandbox.store.write_as_client("lin@example.com", "Lin", "It fails", channel="whatsapp")["id"]
    sandbox.store.write_message(talk, "bot", "Hello")
    return {
        "talk": talk,
        "job": job["id"],
        "attachment": upload["attachment"]["id"],
        "user": sandbox.store.user_by_email("ada@example.com")["id"],
        "organization": next(iter(sandbox.store.organizations)),
        "macro": api.json("POST", "/macros", {"macro": {"title": "m", "actions": ACTIONS}})["macro"]["id"],
        "trigger": api.json("POST", "/triggers", {"trigger": {**RULE, "title": "never", "active": False}})["trigger"][
            "id"
        ],
        "view": api.json("POST", "/views", {"view": {"title": "v", "all": RULE["all"]}})["view"]["id"],
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "template", "documented"), EXCHANGES, ids=[f"{row[0]} {row[1]}" for row in EXCHANGES]
)
def test_answers_and_requests_fit_zendesks_own_description(
    oas: dict[str, Any],
    nulls: frozenset[str],
    sandbox: SandboxServer,
    api: Api,
    method: str,
    path: str,
    body: Any,
    template: str,
    documented: str | None,
) -> None:
    answer = api.send(method, path.format(**made(sandbox, api)), body)
    operation = oas["paths"][f"/api/v2{template}"][method.lower()]
    response = operation["responses"][documented or str(answer.status_code)]
    assert problems(oas, response["content"][JSON]["schema"], without(answer.json(), nulls)) == []
    expected = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
    if body is not None and expected is not None:
        assert problems(oas, expected, body) == []


def recordings(shared: Path, pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted((shared / "zendesk" / "recorded").glob(pattern)):
        yield from json.loads(path.read_text(encoding="utf-8"))["http_interactions"]


def recorded(shared: Path, pattern: str, *keys: str) -> list[dict[str, Any]]:
    """Every record found under these keys in the recordings; `*` goes through a list."""
    found: list[dict[str, Any]] = []
    for exchange in recordings(shared, pattern):
        if exchange["response"]["status"]["code"] in (200, 201):
            try:
                found += _dig(json.loads(exchange["response"]["body"]["string"] or "{}"), keys)
            except ValueError:
                continue
    assert found, f"nothing recorded under {keys} in {pattern}"
    return found


def _dig(value: Any, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    if not keys:
        return [value] if isinstance(value, dict) else []
    if keys[0] == "*":
        return [row for item in value or [] for row in _dig(item, keys[1:])]
    return _dig(value[keys[0]], keys[1:]) if isinstance(value, dict) and value.get(keys[0]) is not None else []


def keys_of(rows: list[dict[str, Any]]) -> set[str]:
    return {key for row in rows for key in row}


OTHER_EVENT = dict.fromkeys(("value", "field_name", "via", "subject", "recipients"), "an event of another kind")
OTHER_JOB = dict.fromkeys(("index", "account_id"), "a row of another kind of job")
OTHER_PAGE = dict.fromkeys(("count", "next_page", "previous_page", "job_status"), "an answer to another request")
OPTIONS = {"custom_field_options": "no drop-down was recorded"}

# Ours, where it was recorded, what we send beside that, and what we do not send, with the reasons.
SHAPES: list[tuple[str, str, tuple[str, ...], dict[str, str], dict[str, str]]] = [
    ("ticket", "TestTicketCreate*single_object*", ("ticket",), {"generated_timestamp": "recorded with uploads"}, {}),
    ("ticket", "TestAttachmentUpload*redact*", ("ticket",), {}, {}),
    ("ticket_audit", "TestTicketCreate*single_object*", ("audit",), {}, {}),
    ("comment", "TestAttachmentUpload*redact*", ("comments", "*"), {}, {}),
    (
        "comment_event",
        "TestAttachmentUpload*redact*",
        ("audit", "events", "*"),
        {},
        OTHER_EVENT,
    ),
    ("user", "TestUserCreateUpdateDelete.test_single_object_creation-create*", ("user",), {}, {}),
    ("me", "TestUserMe*", ("user",), {}, {"authenticity_token": "a form's token, of no use to an API client"}),
    ("organization", "TestOrganizationCreate*single_object*", ("organization",), {}, {}),
    ("group", "TestGroupCreate*single_object*", ("group",), {}, {}),
    ("upload", "TestAttachmentUpload*", ("upload",), {}, {}),
    ("attachment", "TestAttachmentUpload*", ("upload", "attachment"), {}, {}),
    ("macro", "TestMacros*single_object*", ("macro",), {}, {}),
    ("trigger", "TestTriggers*single_object*", ("trigger",), {}, {}),
    ("view", "TestViews*single_object*", ("view",), {}, {}),
    ("automation", "TestAutomations*single_object*", ("automation",), {}, {}),
    (
        "ticket_field",
        "TestTicketField*single_object*",
        ("ticket_field",),
        OPTIONS,
        {},
    ),
    ("organization_field", "TestOrganizationFields*single_object*", ("organization_field",), {}, {}),
    ("webhook", "TestWebhooks*create_webhook*", ("webhook",), {}, {}),
    ("signing_secret", "TestWebhooks*secret*", ("signing_secret",), {}, {}),
    ("invocation", "TestWebhooks*invocations*", ("invocations", "*"), {}, {}),
    ("attempt", "TestWebhooks*attempts*", ("attempts", "*"), {}, {}),
    ("test_call", "TestWebhooks*testing*", ("response",), {}, {}),
    ("job", "TestTicketCreate*multiple*", ("job_status",), {}, {}),
    (
        "job_row",
        "TestTicketCreate*update-many*",
        ("job_status", "results", "*"),
        {},
        OTHER_JOB,
    ),
    ("export_row", "TicketsIncrementalTest*", ("tickets", "*"), {}, {}),
    ("search_export", "TestUserSearchExportApi*", (), {}, {}),
    (
        "tickets_page",
        "TestTicketsPagination*",
        (),
        {},
        OTHER_PAGE,
    ),
]


def ours(sandbox: SandboxServer, api: Api, endpoint: Endpoint) -> dict[str, list[dict[str, Any]]]:
    ids = made(sandbox, api)
    given = {"name": "w", "endpoint": endpoint.url, "http_method": "POST", "request_format": "json", "status": "active"}
    sign_in = {"type": "basic_auth", "data": {"username": "u", "password": "p"}, "add_position": "header"}
    given |= {"subscriptions": ["conditional_ticket_events"], "description": "D", "authentication": sign_in}  # type: ignore[dict-item]
    webhook = api.json("POST", "/webhooks", {"webhook": given})["webhook"]
    call = {"field": "notification_webhook", "value": [webhook["id"], '{"ticket_id": "{{ticket.id}}"}']}
    rows = [{"field": "update_type", "operator": "is", "value": "Change"}]
    api.json("POST", "/triggers", {"trigger": {"title": "calls", "all": rows, "actions": [call]}})
    updated = api.update(1, comment={"body": "x"}, tags=["z"])
    assert sandbox.store.deliveries.wait_idle()
    hook = f"/webhooks/{webhook['id']}"
    invocations = api.json("GET", f"{hook}/invocations")["invocations"]
    field = {"organization_field": {"key": "k", "title": "K"}}
    upload = api.send("POST", "/uploads?filename=a.txt", data=b"hi", headers={"Content-Type": "text/plain"}).json()
    job = api.json("GET", f"/job_statuses/{ids['job']}")["job_status"]
    return {
        "ticket": [updated["ticket"], api.json("GET", "/tickets/1")["ticket"]],
        "ticket_audit": [updated["audit"]],
        "comment": api.comments(1),
        "comment_event": [updated["audit"]["events"][0]],
        "user": [api.json("GET", f"/users/{ids['user']}")["user"]],
        "me": [api.json("GET", "/users/me")["user"]],
        "organization": [api.json("GET", f"/organizations/{ids['organization']}")["organization"]],
        "group": api.json("GET", "/groups")["groups"],
        "upload": [upload["upload"]],
        "attachment": [upload["upload"]["attachment"]],
        "macro": [api.json("GET", f"/macros/{ids['macro']}")["macro"]],
        "trigger": [api.json("GET", f"/triggers/{ids['trigger']}")["trigger"]],
        "view": [api.json("GET", f"/views/{ids['view']}")["view"]],
        "automation": [api.json("POST", "/automations", {"automation": RULE})["automation"]],
        "ticket_field": api.json("GET", "/ticket_fields")["ticket_fields"],
        "organization_field": [api.json("POST", "/organization_fields", field)["organization_field"]],
        "webhook": [webhook],
        "signing_secret": [api.json("GET", f"{hook}/signing_secret")["signing_secret"]],
        "invocation": invocations,
        "attempt": api.json("GET", f"{hook}/invocations/{invocations[0]['id']}/attempts")["attempts"],
        "test_call": [api.json("POST", f"/webhooks/test?webhook_id={webhook['id']}", {"request": {}})["response"]],
        "job": [job],
        "job_row": job["results"][:1],
        "export_row": api.json("GET", "/incremental/tickets/cursor?start_time=0")["tickets"],
        "search_export": [api.json("GET", "/search/export?query=x&filter[type]=ticket")],
        "tickets_page": [api.json("GET", "/tickets?page[size]=1")],
    }


@pytest.mark.parametrize(
    ("name", "pattern", "path", "extra", "lacking"), SHAPES, ids=[f"{row[0]} as in {row[1]}" for row in SHAPES]
)
def test_records_have_the_keys_that_were_recorded(
    shared: Path,
    sandbox: SandboxServer,
    api: Api,
    name: str,
    pattern: str,
    path: tuple[str, ...],
    extra: dict[str, str],
    lacking: dict[str, str],
) -> None:
    with Endpoint() as endpoint:
        mine = keys_of(ours(sandbox, api, endpoint)[name])
    real = keys_of(recorded(shared, pattern, *path))
    assert (mine - real, real - mine) == (set(extra) - real, set(lacking))


def test_a_page_of_the_export_has_the_keys_and_the_cursor_of_the_recorded_one(shared: Path, api: Api) -> None:
    api.ticket()
    real = [
        json.loads(exchange["response"]["body"]["string"])
        for exchange in recordings(shared, "TicketsIncrementalTest.test_pagination*")
        if "cursor" in exchange["request"]["uri"]
    ]
    mine = api.json("GET", "/incremental/tickets/cursor?start_time=0")
    assert mine.keys() == real[0].keys()
    assert {type(value) for value in (mine["before_url"], mine["end_of_stream"])} == {type(None), bool}


def test_a_webhook_call_has_the_headers_and_the_indent_of_the_recorded_one(
    shared: Path, sandbox: SandboxServer, api: Api
) -> None:
    attempts = recorded(shared, "TestWebhooks*attempts*", "attempts", "*")
    real = next(row["request"] for row in attempts if "request" in row)
    with Endpoint() as endpoint:
        ours(sandbox, api, endpoint)
        sent = endpoint.received[0]
    mine = {key for key in sent.headers if key.startswith(("X-Zendesk", "User-Agent", "Content-Type"))}
    assert mine == {row["key"] for row in real["headers"]}
    for text in (real["payload"], sent.body.decode()):
        lines = text.split("\n")
        assert (lines[0], lines[1][:4].strip(), lines[-1]) == ("{", '"', "")


NOT_FOUND = {"error": "RecordNotFound", "description": "Not found"}
ERRORS = [
    ("GET", "/tickets/99", None, 404, NOT_FOUND),
    (
        "DELETE",
        "/ticket_fields/9223372036854775807",
        None,
        404,
        {"error": "RecordNotFound", "description": "Not found"},
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "wanted"), ERRORS, ids=[row[1] for row in ERRORS])
def test_what_is_not_there_is_refused_as_recorded(
    shared: Path, api: Api, method: str, path: str, body: Any, status: int, wanted: dict[str, str]
) -> None:
    real = [e["response"] for e in recordings(shared, "*recordnotfound*") if e["response"]["status"]["code"] == status]
    assert wanted in [json.loads(response["body"]["string"]) for response in real]
    assert api.json(method, path, body, status) == wanted


def test_the_warning_about_unknown_keys_is_spelled_as_recorded(shared: Path, api: Api) -> None:
    real = [
        exchange["response"]["headers"]["x-zendesk-api-warn"][0]
        for exchange in recordings(shared, "TestTicketCreateUpdateDelete.test_single_object_update-update-single*")
        if "x-zendesk-api-warn" in exchange["response"]["headers"]
    ]
    api.ticket()
    mine = api.send("PUT", "/tickets/1", {"ticket": {"description": "t", "id": 1, "subject": "t"}})
    assert mine.headers["x-zendesk-api-warn"] == real[0]
