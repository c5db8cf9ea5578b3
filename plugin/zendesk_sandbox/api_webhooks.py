"""Webhooks by Zendesk's paths: create, change, test, their secrets and the outcomes of their calls."""

from __future__ import annotations

import base64

import requests

from . import deliveries
from .call import Answer, ApiCall, Endpoint
from .errors import StoreError, not_found
from .shapes import Json
from .store import SandboxStore

_SETTABLE: tuple[str, ...] = (
    "name",
    "description",
    "status",
    "subscriptions",
    "endpoint",
    "http_method",
    "request_format",
)
_SETTABLE += ("authentication", "custom_headers")
_NEEDED = ("name", "endpoint", "http_method", "request_format", "status")
# What Zendesk signs test calls with before a webhook is saved; public, and never to be trusted.
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - no secret of ours
_PAGE = 30


def make(store: SandboxStore, given: Json, user_id: int) -> Json:
    """A webhook with a fresh signing secret; only those that triggers call are offered here."""
    missing = [key for key in _NEEDED if not given.get(key)]
    if missing:
        raise _refused(f"{missing[0]} is required")
    if given.get("subscriptions") != ["conditional_ticket_events"]:
        raise _refused("this sandbox only calls webhooks that subscribe to conditional_ticket_events")
    now = store.now()
    row: Json = {"id": deliveries.ulid(now)} | {key: given[key] for key in _SETTABLE if key in given}
    row |= {"created_at": store.stamp(now), "created_by": str(user_id)}
    _check(row)
    store.webhooks[row["id"]] = row
    store.deliveries.secrets[row["id"]] = deliveries.new_secret()
    return row


def _check(row: Json) -> None:
    if row["http_method"] not in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        raise _refused("http_method is invalid")
    if row["request_format"] != "json":
        raise _refused("this sandbox only sends json")
    if not str(row["endpoint"]).startswith(("https://", "http://")):
        raise _refused("endpoint is not an address")


def _refused(detail: str) -> StoreError:
    return StoreError(400, {"errors": [{"code": "InvalidWebhook", "title": "Invalid webhook", "detail": detail}]})


def _out(row: Json) -> Json:
    """A password, a token and a key never come back."""
    sign_in = row.get("authentication")
    if not sign_in:
        return row
    data = {key: value for key, value in (sign_in.get("data") or {}).items() if key in ("username", "name")}
    return {**row, "authentication": {**sign_in, "data": data}}


def _webhook(call: ApiCall) -> Json:
    if call.params["id"] not in call.store.webhooks:
        raise not_found()
    return call.store.webhooks[call.params["id"]]


def index(call: ApiCall) -> Answer:
    wanted = call.query.get("filter[name_contains]", "").lower()
    found = [_out(row) for row in call.store.webhooks.values() if wanted in row["name"].lower()]
    return Answer(_page(call, "webhooks", found[::-1]))


def create(call: ApiCall) -> Answer:
    if "clone_webhook_id" in call.query:
        old = call.store.webhooks.get(call.query["clone_webhook_id"])
        if old is None:
            raise not_found()
        given = {key: value for key, value in old.items() if key in _SETTABLE}
    else:
        given = call.record("webhook")
    return Answer({"webhook": _out(make(call.store, given, call.user["id"]))}, 201)


def show(call: ApiCall) -> Answer:
    return Answer({"webhook": _out(_webhook(call))})


def update(call: ApiCall) -> Answer:
    """PUT and PATCH both answer 204 with nothing; the kind of subscription stays what it was."""
    old, given = _webhook(call), call.record("webhook")
    row = {**old, **{key: value for key, value in given.items() if key in _SETTABLE}}
    if row["subscriptions"] != old["subscriptions"]:
        raise _refused("subscriptions cannot be changed")
    _check(row)
    row |= {"updated_at": call.store.stamp(), "updated_by": str(call.user["id"])}
    call.store.webhooks[row["id"]] = row
    return Answer(status=204)


def delete(call: ApiCall) -> Answer:
    webhook = _webhook(call)
    for trigger in call.store.triggers.values():
        if any(a["field"] == "notification_webhook" and a["value"][0] == webhook["id"] for a in trigger["actions"]):
            raise _refused("the webhook is used by a trigger")
    del call.store.webhooks[webhook["id"]]
    return Answer(status=204)


def secret(call: ApiCall) -> Answer:
    return Answer(_secret(call.store, _webhook(call)))


def reset_secret(call: ApiCall) -> Answer:
    webhook = _webhook(call)
    call.store.deliveries.secrets[webhook["id"]] = deliveries.new_secret()
    return Answer(_secret(call.store, webhook), 201)


def _secret(store: SandboxStore, webhook: Json) -> Json:
    return {"signing_secret": {"secret": store.deliveries.secrets[webhook["id"]], "algorithm": "SHA256"}}


def prepare_test(call: ApiCall) -> tuple[Json, dict[str, str], str]:
    """What a test call will send: a saved webhook's own request, with what the test changes about it."""
    given = call.json().get("request") or {}
    saved = call.store.webhooks.get(call.query.get("webhook_id", ""))
    if "webhook_id" in call.query and saved is None:
        raise not_found()
    webhook = {**(saved or {"id": "", "http_method": "POST", "request_format": "json"})}
    webhook |= {key: value for key, value in given.items() if key in ("endpoint", "http_method", "authentication")}
    if not webhook.get("endpoint"):
        raise _refused("endpoint is required")
    body = deliveries.wire_body(str(given.get("payload") or "{}"))
    timestamp = call.store.stamp()
    key = call.store.deliveries.secrets[webhook["id"]] if saved else TEST_SECRET
    raw = body.encode() if webhook["http_method"] not in ("GET", "DELETE") else b""
    headers = {"X-Zendesk-Webhook-Signature-Timestamp": timestamp, "Content-Type": "application/json; charset=utf-8"}
    headers |= {
        "X-Zendesk-Webhook-Signature": deliveries.signature(key, timestamp, raw),
        "User-Agent": "Zendesk Webhook",
    }
    headers |= {"X-Zendesk-Webhook-Id": webhook["id"]} if saved else {}
    return webhook, headers | deliveries.credentials(webhook), body


def run_test(prepared: tuple[Json, dict[str, str], str], timeout: float) -> Answer:
    """The endpoint's answer, whatever it is, inside a 200 of ours."""
    try:
        answer = deliveries.send(*prepared, timeout)
    except requests.RequestException as error:
        raise StoreError(
            422, {"errors": [{"code": "TestFailed", "title": "Test failed", "detail": type(error).__name__}]}
        ) from None
    headers = [{"key": key, "value": value} for key, value in answer.headers.items()]
    return Answer({"response": {"headers": headers, "status_code": answer.status_code, "payload": answer.text}})


def invocations(call: ApiCall) -> Answer:
    webhook = _webhook(call)
    found = call.store.deliveries.invocations(webhook["id"])
    wanted = call.query.get("filter[status]")
    return Answer(_page(call, "invocations", [row for row in found if not wanted or row["status"] == wanted]))


def attempts(call: ApiCall) -> Answer:
    _webhook(call)
    return Answer({"attempts": call.store.deliveries.attempts(call.params["invocation"])})


def _page(call: ApiCall, name: str, rows: list[Json]) -> Json:
    """This API's own pages: the newest first, a cursor only where there is more."""
    after = call.query.get("page[after]")
    if after:
        last = base64.b64decode(after).decode().partition(",")[0]
        rows = [row for row in rows if row["id"] < last]
    size = call.number("page[size]", _PAGE, 100)
    shown = rows[:size]
    if len(rows) <= size:
        return {"meta": {"has_more": False}, name: shown}
    cursor = base64.b64encode(f"{shown[-1]['id']},desc".encode()).decode()
    link = f"{call.base}{call.path}?page[after]={cursor}"
    return {"meta": {"has_more": True, "after_cursor": cursor}, "links": {"next": link}, name: shown}


ENDPOINTS: list[Endpoint] = [
    ("GET", "/webhooks", index),
    ("POST", "/webhooks", create),
    ("GET", "/webhooks/{id}", show),
    ("PUT", "/webhooks/{id}", update),
    ("PATCH", "/webhooks/{id}", update),
    ("DELETE", "/webhooks/{id}", delete),
    ("GET", "/webhooks/{id}/signing_secret", secret),
    ("POST", "/webhooks/{id}/signing_secret", reset_secret),
    ("GET", "/webhooks/{id}/invocations", invocations),
    ("GET", "/webhooks/{id}/invocations/{invocation}/attempts", attempts),
]
