"""Triggers, webhooks, macros and views of the sandbox: when they fire, what they send, and when it is tried again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.sandbox_api import Api, Endpoint
from zendesk_sandbox.server import SandboxServer

BODY = '{"ticket_id": "{{ticket.id}}"}'


@pytest.fixture
def api(sandbox: SandboxServer) -> Iterator[Api]:
    with Api(sandbox) as api:
        yield api


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as endpoint:
        yield endpoint


def webhook(api: Api, url: str, **more: Any) -> str:
    given: dict[str, Any] = {
        "name": "worker",
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
    }
    given |= {"subscriptions": ["conditional_ticket_events"], **more}
    made: str = api.json("POST", "/webhooks", {"webhook": given}, 201)["webhook"]["id"]
    return made


def trigger(api: Api, actions: list[dict[str, Any]], *conditions: tuple[str, str, str], **more: Any) -> int:
    rows = [dict(zip(("field", "operator", "value"), row, strict=True)) for row in conditions]
    body = {"trigger": {"title": "t", "all": rows, "actions": actions, **more}}
    made: int = api.json("POST", "/triggers", body, 201)["trigger"]["id"]
    return made


def calling(webhook_id: str, body: str = BODY) -> list[dict[str, Any]]:
    return [{"field": "notification_webhook", "value": [webhook_id, body]}]


def called(sandbox: SandboxServer, endpoint: Endpoint) -> int:
    assert sandbox.store.deliveries.wait_idle()
    return len(endpoint.received)


def header(api: Api, webhook_id: str) -> str:
    secret: str = api.json("GET", f"/webhooks/{webhook_id}/signing_secret")["signing_secret"]["secret"]
    return secret


def test_a_trigger_calls_its_webhook_signed_as_zendesk_signs(
    sandbox: SandboxServer, api: Api, endpoint: Endpoint
) -> None:
    hook = webhook(api, endpoint.url)
    trigger(api, calling(hook), ("update_type", "is", "Create"))
    sandbox.store.write_as_client("lin@example.com", "Lin", "It fails", subject="Help")
    assert called(sandbox, endpoint) == 1
    got = endpoint.received[0]
    assert got.body == b'{\n   "ticket_id": "1"\n}\n'
    stamp = got.headers["X-Zendesk-Webhook-Signature-Timestamp"]
    digest = hmac.new(header(api, hook).encode(), stamp.encode() + got.body, hashlib.sha256).digest()
    assert got.headers["X-Zendesk-Webhook-Signature"] == base64.b64encode(digest).decode()
    assert got.headers["X-Zendesk-Webhook-Id"] == hook
    assert got.headers["User-Agent"] == "Zendesk Webhook"
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"
    assert {"X-Zendesk-Account-Id", "X-Zendesk-Webhook-Invocation-Id"} <= got.headers.keys()


def test_the_create_is_answered_before_the_webhook_is(sandbox: SandboxServer, api: Api, endpoint: Endpoint) -> None:
    endpoint.open.clear()
    trigger(api, calling(webhook(api, endpoint.url)), ("update_type", "is", "Create"))
    assert api.ticket()["id"] == 1
    endpoint.open.set()
    assert called(sandbox, endpoint) == 1


def test_a_reset_secret_signs_from_then_on(sandbox: SandboxServer, api: Api, endpoint: Endpoint) -> None:
    hook = webhook(api, endpoint.url)
    old = header(api, hook)
    assert len(old) == 44
    new = api.json("POST", f"/webhooks/{hook}/signing_secret", status=201)["signing_secret"]["secret"]
    assert new not in (old, "")
    trigger(api, calling(hook), ("update_type", "is", "Create"))
    api.ticket()
    assert called(sandbox, endpoint) == 1
    got = endpoint.received[0]
    message = got.headers["X-Zendesk-Webhook-Signature-Timestamp"].encode() + got.body
    digest = base64.b64encode(hmac.new(new.encode(), message, hashlib.sha256).digest()).decode()
    assert got.headers["X-Zendesk-Webhook-Signature"] == digest


def test_a_bearer_token_and_custom_headers_are_sent_and_the_token_is_never_shown(
    sandbox: SandboxServer, api: Api, endpoint: Endpoint
) -> None:
    sign_in = {"type": "bearer_token", "data": {"token": "hush"}, "add_position": "header"}
    hook = webhook(api, endpoint.url, authentication=sign_in, custom_headers={"x-env": "test"})
    assert api.json("GET", f"/webhooks/{hook}")["webhook"]["authentication"]["data"] == {}
    trigger(api, calling(hook), ("update_type", "is", "Create"))
    api.ticket()
    assert called(sandbox, endpoint) == 1
    sent = endpoint.received[0].headers
    assert (sent["Authorization"], sent["x-env"]) == ("Bearer hush", "test")


RETRIES = [
    ([(409, {})] * 5, 4, "a 409 is tried three times more"),
    ([(409, {}), (200, {})], 2, "until it is taken"),
    ([(500, {})] * 5, 1, "a 500 is lost"),
    ([(502, {})] * 5, 1, "a 502 is lost"),
    ([(404, {})] * 5, 1, "a 404 is lost"),
    ([(503, {})] * 5, 1, "a 503 without Retry-After is lost"),
    ([(503, {"Retry-After": "60"})] * 5, 1, "a long Retry-After is lost"),
    ([(503, {"Retry-After": "0"}), (200, {})], 2, "a short one is waited for"),
    ([(429, {"Retry-After": "0"}), (200, {})], 2, "for a 429 as well"),
    ([(429, {"Retry-After": "soon"})] * 5, 1, "words are no time"),
]


@pytest.mark.parametrize(("answers", "calls", "claim"), RETRIES, ids=[row[2] for row in RETRIES])
def test_a_call_is_tried_again_only_where_zendesk_does(
    sandbox: SandboxServer,
    api: Api,
    endpoint: Endpoint,
    answers: list[tuple[int, dict[str, str]]],
    calls: int,
    claim: str,
) -> None:
    endpoint.answers += answers
    trigger(api, calling(webhook(api, endpoint.url)), ("update_type", "is", "Create"))
    api.ticket()
    assert called(sandbox, endpoint) == calls, claim


def test_a_retry_keeps_the_invocation_and_has_a_time_and_signature_of_its_own(
    sandbox: SandboxServer, api: Api, endpoint: Endpoint
) -> None:
    endpoint.answers.append((409, {}))
    endpoint.open.clear()
    hook = webhook(api, endpoint.url)
    trigger(api, calling(hook), ("update_type", "is", "Create"))
    api.ticket()
    assert endpoint.arrived.acquire(timeout=10)
    sandbox.change(clock_offset=30)
    endpoint.open.set()
    assert called(sandbox, endpoint) == 2
    first, second = (row.headers for row in endpoint.received)
    assert first["X-Zendesk-Webhook-Invocation-Id"] == second["X-Zendesk-Webhook-Invocation-Id"]
    assert endpoint.received[0].body == endpoint.received[1].body
    for name in ("X-Zendesk-Webhook-Signature-Timestamp", "X-Zendesk-Webhook-Signature"):
        assert first[name] != second[name]
    invocation = api.json("GET", f"/webhooks/{hook}/invocations")["invocations"][0]
    assert (invocation["status"], invocation["status_code"]) == ("completed", 200)
    attempts = api.json("GET", f"/webhooks/{hook}/invocations/{invocation['id']}/attempts")["attempts"]
    assert [attempt["status_code"] for attempt in attempts] == [200, 409]
    assert attempts[1]["request"]["payload"] == endpoint.received[0].body.decode()


def test_a_timeout_is_tried_five_times_more(sandbox: SandboxServer, api: Api, endpoint: Endpoint) -> None:
    sandbox.change(webhook_timeout=0.05)
    endpoint.open.clear()
    hook = webhook(api, endpoint.url)
    trigger(api, calling(hook), ("update_type", "is", "Create"))
    api.ticket()
    assert called(sandbox, endpoint) == 6
    assert api.json("GET", f"/webhooks/{hook}/invocations")["invocations"][0]["status"] == "terminated"


def test_a_refused_connection_is_lost(sandbox: SandboxServer, api: Api) -> None:
    with Endpoint() as gone:
        url = gone.url
    hook = webhook(api, url)
    trigger(api, calling(hook), ("update_type", "is", "Create"))
    api.ticket()
    assert sandbox.store.deliveries.wait_idle()
    invocation = api.json("GET", f"/webhooks/{hook}/invocations")["invocations"][0]
    assert len(api.json("GET", f"/webhooks/{hook}/invocations/{invocation['id']}/attempts")["attempts"]) == 1


def test_a_webhook_that_keeps_failing_is_not_called_for_a_while_and_then_probed(
    sandbox: SandboxServer, api: Api, endpoint: Endpoint
) -> None:
    sandbox.change(breaker_pause=3600.0)
    endpoint.answers += [(500, {})] * 10
    hook = webhook(api, endpoint.url)
    trigger(api, calling(hook), ("update_type", "is", "Create"))
    for number in range(1, 11):
        api.ticket()
        assert called(sandbox, endpoint) == number
    api.ticket()
    assert called(sandbox, endpoint) == 10
    assert api.json("GET", f"/webhooks/{hook}/invocations")["invocations"][0]["status"] == "circuit broken"
    sandbox.store.deliveries.end_pauses()
    for number in (11, 12):
        api.ticket()
        assert called(sandbox, endpoint) == number


def test_an_inactive_webhook_is_not_called(sandbox: SandboxServer, api: Api, endpoint: Endpoint) -> None:
    hook = webhook(api, endpoint.url)
    trigger(api, calling(hook), ("update_type", "is", "Create"))
    answer = api.send("PATCH", f"/webhooks/{hook}", {"webhook": {"status": "inactive"}})
    assert (answer.status_code, answer.content) == (204, b"")
    api.ticket()
    assert called(sandbox, endpoint) == 0


def test_a_template_that_makes_broken_json_is_sent_broken(sandbox: SandboxServer, api: Api, endpoint: Endpoint) -> None:
    hook = webhook(api, endpoint.url)
    trigger(api, calling(hook, '{"text": "{{ticket.latest_comment}}"}'), ("update_type", "is", "Create"))
    api.ticket(comment={"body": 'he said "401"'})
    assert called(sandbox, endpoint) == 1
    assert endpoint.received[0].body == b'{"text": "he said "401""}'


def test_a_test_call_shows_the_endpoints_answer_inside_a_200(api: Api, endpoint: Endpoint) -> None:
    endpoint.answers.append((404, {}))
    hook = webhook(api, endpoint.url)
    shown = api.json("POST", f"/webhooks/test?webhook_id={hook}", {"request": {"payload": '{"a": 1}'}}, 200)
    assert shown["response"]["status_code"] == 404
    assert json.loads(endpoint.received[0].body) == {"a": 1}


def test_a_webhook_that_a_trigger_uses_stays_until_the_trigger_goes(api: Api, endpoint: Endpoint) -> None:
    hook = webhook(api, endpoint.url)
    trigger_id = trigger(api, calling(hook), ("update_type", "is", "Create"))
    assert api.send("DELETE", f"/webhooks/{hook}").status_code == 400
    assert api.send("DELETE", f"/triggers/{trigger_id}").status_code == 204
    assert api.send("DELETE", f"/webhooks/{hook}").status_code == 204


CREATE = ("update_type", "is", "Create")
CONDITIONS: list[tuple[tuple[tuple[str, str, str], ...], bool]] = [
    ((CREATE,), True),
    ((("update_type", "is", "Change"),), False),
    ((("status", "less_than", "solved"),), True),
    ((("status", "greater_than", "open"),), False),
    ((("current_tags", "includes", "vip other"),), True),
    ((("current_tags", "not_includes", "vip other"),), False),
    ((("current_tags", "not_includes", "gupshup_done"),), True),
    ((("comment_is_public", "is", "true"),), True),
    ((("comment_is_public", "is", "false"),), False),
    ((("comment_includes_word", "includes", "whatsapp gupshup"),), True),
    ((("comment_includes_word", "includes", "gup"),), False),
    ((("comment_includes_word", "not_includes", "gupshup"),), False),
    ((("role", "is", "end_user"),), True),
    ((("role", "is", "agent"),), False),
    ((("group_id", "is", ""),), True),
    ((("priority", "is", "urgent"),), False),
    ((CREATE, ("role", "is", "agent")), False),
]


@pytest.mark.parametrize(("conditions", "fires"), CONDITIONS, ids=[str(row[0]) for row in CONDITIONS])
def test_a_trigger_fires_when_all_its_conditions_hold(
    sandbox: SandboxServer, api: Api, conditions: tuple[tuple[str, str, str], ...], fires: bool
) -> None:
    trigger(api, [{"field": "current_tags", "value": "vip"}], CREATE)
    trigger(api, [{"field": "current_tags", "value": "fired"}], *conditions)
    ticket = sandbox.store.write_as_client("lin@example.com", "Lin", "Gupshup says 401", subject="Help")
    assert ("fired" in ticket["tags"]) == fires


def test_of_any_conditions_one_is_enough(sandbox: SandboxServer, api: Api) -> None:
    rows = [{"field": "priority", "operator": "is", "value": name} for name in ("high", "urgent")]
    trigger(api, [{"field": "current_tags", "value": "fired"}], any=rows)
    assert api.ticket(priority="high")["tags"] == ["fired"]
    assert api.ticket(priority="low")["tags"] == []


def test_a_later_trigger_sees_what_an_earlier_one_did_and_an_earlier_one_what_a_later_did(api: Api) -> None:
    trigger(api, [{"field": "current_tags", "value": "second"}], ("current_tags", "includes", "first"))
    trigger(api, [{"field": "current_tags", "value": "first"}], CREATE)
    trigger(api, [{"field": "current_tags", "value": "third"}], ("current_tags", "includes", "second"))
    assert api.ticket()["tags"] == ["first", "second", "third"]


def test_each_trigger_fires_once_in_an_update_and_our_own_writes_fire_them_too(
    sandbox: SandboxServer, api: Api, endpoint: Endpoint
) -> None:
    trigger(api, calling(webhook(api, endpoint.url)), ("update_type", "is", "Change"))
    trigger(api, [{"field": "current_tags", "value": "seen"}], ("update_type", "is", "Change"))
    api.ticket()
    api.update(1, tags=["x"])
    assert called(sandbox, endpoint) == 1


def test_trigger_actions_set_group_priority_status_and_tags_and_say_so_in_the_audit(api: Api) -> None:
    group = next(row["id"] for row in api.json("GET", "/groups")["groups"] if row["name"] == "WhatsApp N2")
    actions = [
        {"field": "group_id", "value": str(group)},
        {"field": "priority", "value": "high"},
        {"field": "status", "value": "open"},
        {"field": "set_tags", "value": "a b"},
        {"field": "remove_tags", "value": "a"},
    ]
    trigger_id = trigger(api, actions, CREATE)
    ticket = api.ticket(tags=["z"])
    assert [ticket[key] for key in ("group_id", "priority", "status", "tags")] == [group, "high", "open", ["b"]]
    event = api.json("GET", "/tickets/1/audits")["audits"][0]["events"][-1]
    assert event["via"]["source"]["from"]["id"] == trigger_id


def test_a_trigger_fires_when_a_ticket_is_being_closed_and_never_after(
    sandbox: SandboxServer, api: Api, endpoint: Endpoint
) -> None:
    trigger(api, calling(webhook(api, endpoint.url)), ("status", "is", "closed"))
    api.ticket()
    api.update(1, status="closed")
    assert called(sandbox, endpoint) == 1
    api.update(1, 422, tags=["x"])
    assert called(sandbox, endpoint) == 1


def test_an_inactive_trigger_stays_still(api: Api) -> None:
    trigger_id = trigger(api, [{"field": "current_tags", "value": "fired"}], CREATE)
    api.json("PUT", f"/triggers/{trigger_id}", {"trigger": {"active": False}})
    assert api.ticket()["tags"] == []


REFUSED: list[dict[str, Any]] = [
    {"title": "t", "all": [{"field": "moon", "operator": "is", "value": "full"}]},
    {"title": "t", "all": [{"field": "status", "operator": "resembles", "value": "open"}]},
    {"title": "t", "actions": [{"field": "comment_value", "value": "a trigger cannot comment"}]},
    {"title": "t", "actions": [{"field": "notification_webhook", "value": ["01NOSUCHWEBHOOK", "{}"]}]},
    {"title": ""},
    {"title": "t", "category_id": "5"},
]


@pytest.mark.parametrize("given", REFUSED, ids=str)
def test_a_trigger_that_could_not_work_is_refused(api: Api, given: dict[str, Any]) -> None:
    body = {"actions": [{"field": "status", "value": "open"}], **given}
    assert api.json("POST", "/triggers", {"trigger": body}, 422)["error"] == "RecordInvalid"


def test_categories_order_triggers_before_their_positions(api: Api) -> None:
    late = api.json("POST", "/trigger_categories", {"trigger_category": {"name": "late", "position": 9}}, 201)
    category = late["trigger_category"]["id"]
    assert isinstance(category, str)
    trigger(api, [{"field": "set_tags", "value": "late"}], CREATE, category_id=category, position=1)
    trigger(api, [{"field": "set_tags", "value": "early"}], CREATE, position=7)
    assert api.ticket()["tags"] == ["late"]


def macro(api: Api, *actions: dict[str, Any]) -> int:
    made: int = api.json("POST", "/macros", {"macro": {"title": "m", "actions": list(actions)}}, 201)["macro"]["id"]
    return made


def test_a_macro_is_previewed_and_changes_nothing(api: Api) -> None:
    api.ticket(tags=["a"])
    words = {"field": "comment_value", "value": "Hello {{ticket.requester.name}}"}
    key = macro(api, words, {"field": "current_tags", "value": "gupshup_draft"})
    shown = api.json("GET", f"/tickets/1/macros/{key}/apply")["result"]["ticket"]
    assert shown["tags"] == ["a", "gupshup_draft"]
    assert shown["comment"]["body"] == "Hello Zendesk Gupshup"
    assert shown["comment"]["scoped_body"] == [["channel:all", "Hello Zendesk Gupshup"]]
    assert api.json("GET", "/tickets/1")["ticket"]["tags"] == ["a"]
    assert len(api.comments(1)) == 1


def test_an_agent_who_applies_a_macro_makes_an_ordinary_update(
    sandbox: SandboxServer, api: Api, endpoint: Endpoint
) -> None:
    trigger(api, calling(webhook(api, endpoint.url)), ("current_tags", "includes", "gupshup_draft"))
    key = macro(
        api,
        {"field": "current_tags", "value": "gupshup_draft"},
        {"field": "comment_value", "value": "please draft"},
        {"field": "comment_mode_is_public", "value": "false"},
    )
    api.ticket()
    ada = sandbox.store.user_by_email("ada@example.com")["id"]
    assert sandbox.store.apply_macro_as_agent(1, key, ada)["tags"] == ["gupshup_draft"]
    comment = api.comments(1)[-1]
    assert (comment["public"], comment["author_id"], comment["body"]) == (False, ada, "please draft")
    assert called(sandbox, endpoint) == 1


def test_a_macro_may_comment_and_may_not_call_webhooks(api: Api) -> None:
    refused = {"macro": {"title": "m", "actions": [{"field": "notification_webhook", "value": ["x", "{}"]}]}}
    assert api.json("POST", "/macros", refused, 422)["error"] == "RecordInvalid"


def test_updating_actions_replaces_them_all(api: Api) -> None:
    key = macro(api, {"field": "status", "value": "open"}, {"field": "priority", "value": "low"})
    actions = [{"field": "status", "value": "pending"}]
    assert api.json("PUT", f"/macros/{key}", {"macro": {"actions": actions}})["macro"]["actions"] == actions


def test_a_view_lists_and_counts_the_tickets_that_fit(api: Api) -> None:
    body = {"title": "Gupshup", "all": [{"field": "current_tags", "operator": "includes", "value": "gupshup"}]}
    view = api.json("POST", "/views", {"view": body}, 201)["view"]["id"]
    for tags in (["gupshup"], ["other"], ["gupshup", "x"]):
        api.ticket(tags=tags)
    rows = api.json("GET", f"/views/{view}/tickets?page[size]=1")
    assert [row["id"] for row in rows["tickets"]] == [1]
    assert [row["id"] for row in api.json("GET", rows["links"]["next"])["tickets"]] == [3]
    assert api.json("GET", f"/views/{view}/count")["view_count"]["value"] == 2


def test_automations_are_kept(api: Api) -> None:
    rows = [{"field": "status", "operator": "is", "value": "pending"}]
    body = {"title": "a", "all": rows, "actions": [{"field": "status", "value": "open"}]}
    made = api.json("POST", "/automations", {"automation": body}, 201)["automation"]
    assert made["conditions"] == {"all": rows, "any": []}
    assert api.send("DELETE", f"/automations/{made['id']}").status_code == 204
