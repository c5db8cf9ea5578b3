"""What the tests of `setup` and the report of its figures share: an account, hand-made changes, Zendesk's contract."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from pydantic import SecretStr

from zendesk_gupshup.brain import load_brain
from zendesk_gupshup.pipeline import Brain
from zendesk_gupshup.provision.apply import carry_out, plan
from zendesk_gupshup.provision.kinds import KINDS, Json, kind_of
from zendesk_gupshup.provision.options import Setup
from zendesk_gupshup.settings import Settings
from zendesk_gupshup.settings.model import FollowUpSettings
from zendesk_gupshup.zendesk.client import Zendesk
from zendesk_gupshup.zendesk.config import ZendeskConfig
from zendesk_sandbox.seed import CLIENT_ID, CLIENT_SECRET
from zendesk_sandbox.server import SandboxServer
from zendesk_sandbox.shapes import CATEGORY_ID

ENDPOINT = "http://127.0.0.1:9/webhooks/zendesk"
SETUP = Setup(endpoint=ENDPOINT)


def access(base_url: str, **more: Any) -> ZendeskConfig:
    return ZendeskConfig(
        base_url=base_url, oauth_client_id=CLIENT_ID, oauth_client_secret=SecretStr(CLIENT_SECRET), **more
    )


@cache
def brain() -> Brain:
    """Without reminders, in whose place the automation is wanted: so all objects are."""
    return load_brain(Settings(follow_up=FollowUpSettings(remind_after=())))


def apply(zendesk: Any, setup: Setup = SETUP, with_brain: Brain | None = None) -> Mapping[str, str]:
    """Plan and carry out; the ids by key."""
    return carry_out(zendesk, plan(zendesk, setup, with_brain or brain()).changes)


def snapshot(sandbox: SandboxServer) -> dict[str, Any]:
    """Everything in the account that setup could touch."""
    with sandbox.store.lock:
        return {kind.plural: copy.deepcopy(getattr(sandbox.store, kind.plural)) for kind in KINDS}


def shape(sandbox: SandboxServer) -> dict[str, list[Any]]:
    """The account without ids and times, to compare two accounts: in place of an id stands whose it is."""
    held = snapshot(sandbox)
    names = {
        str(key): f"<{plural} {row.get('title') or row.get('name')}>"
        for plural, rows in held.items()
        for key, row in rows.items()
    }

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            gone = ("id", "url", "created_at", "updated_at", "position", "updated_by", "created_by")
            return {key: plain(item) for key, item in value.items() if key not in gone}
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"\b(\d{14}|[0-9A-Z]{26})\b", lambda match: names.get(match[0], match[0]), value)
        return value

    return {plural: sorted((plain(row) for row in rows.values()), key=repr) for plural, rows in held.items()}


class Killed(BaseException):
    """As a killed process: nothing catches it."""


class Counting:
    """A Zendesk that does what it is told and notes it down; after `last` requests it is killed, or loses an answer."""

    def __init__(
        self, zendesk: Zendesk, last: int | None = None, *, lose: Callable[[], BaseException] = Killed
    ) -> None:
        self._zendesk = zendesk
        self._last = last
        self._lose = lose
        self.calls: list[tuple[str, str, Json | None]] = []

    def _did(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> None:
        self.calls.append((method, path, dict(body) if body else None))
        if len(self.calls) == self._last:
            raise self._lose()

    def get(self, path: str, **params: Any) -> Json:
        answer = self._zendesk.get(path, **params)
        self._did("GET", path)
        return answer

    def pages(self, path: str, key: str, **params: Any) -> Iterable[Json]:
        found = tuple(self._zendesk.pages(path, key, **params))
        self._did("GET", path)
        return found

    def write(self, method: str, path: str, body: Mapping[str, Any] | None = None, **params: Any) -> Json:
        answer = self._zendesk.write(method, path, body, **params)
        self._did(method, path, body)
        return answer

    def me(self) -> Any:
        found = self._zendesk.me()
        self._did("GET", "users/me")
        return found

    def group_id(self, name: str) -> int | None:
        found = self._zendesk.group_id(name)
        self._did("GET", "groups")
        return found


# What an admin may do: its name, the object, and the change, given the object as it stands; `None` deletes it.
Alter = Callable[[Json], Json | None]


def _less(rows: list[Json], field: str) -> list[Json]:
    return [row for row in rows if row["field"] != field]


def _guardless(trigger: Json) -> Json:
    return {"conditions": {"all": _less(trigger["conditions"]["all"], "role"), "any": []}}


def _other_body(trigger: Json) -> Json:
    value = [trigger["actions"][0]["value"][0], '{"comment": "{{ticket.latest_comment}}"}']
    return {"actions": [{"field": "notification_webhook", "value": value}]}


def _reworded(macro: Json) -> Json:
    rows = [dict(row) for row in macro["actions"]]
    rows[0]["value"] = rows[0]["value"].replace("Gupshup", "Grapeshot")
    return {"actions": rows}


def _sooner(automation: Json) -> Json:
    rows = [dict(row) for row in automation["conditions"]["all"]]
    return {"all": [{**row, "value": "1"} if row["field"] == "requester_updated_at" else row for row in rows]}


ALTERATIONS: tuple[tuple[str, str, Alter], ...] = (
    ("trigger switched off", "trigger/new-ticket", lambda _: {"active": False}),
    ("trigger without its loop guard", "trigger/client-comment", _guardless),
    ("trigger that sends a comment along", "trigger/draft-request", _other_body),
    ("trigger renamed", "trigger/new-ticket", lambda _: {"title": "Do not touch"}),
    ("trigger moved to another category", "trigger/new-ticket", lambda _: {"category_id": str(CATEGORY_ID)}),
    ("trigger deleted", "trigger/client-comment", lambda _: None),
    ("macro reworded", "macro/escalate-401.en", _reworded),
    ("macro with another tag", "macro/draft", lambda _: {"actions": [{"field": "current_tags", "value": "draft"}]}),
    ("view that shows other tickets", "view/needs-review", lambda v: {"all": v["conditions"]["all"][:2]}),
    ("automation that hurries", "automation/remind-owner", _sooner),
    ("webhook pointed elsewhere", "webhook/worker", lambda _: {"endpoint": "https://example.com/other"}),
    ("webhook switched off", "webhook/worker", lambda _: {"status": "inactive"}),
    (
        "option of a field renamed",
        "ticket-field/state",
        lambda f: {
            "custom_field_options": [
                {"id": o["id"], "name": o["name"] + "!", "value": o["value"]} for o in f["custom_field_options"]
            ]
        },
    ),
    (
        "options of a field removed",
        "ticket-field/error-code",
        lambda f: {"custom_field_options": f["custom_field_options"][:5]},
    ),
    ("field switched off", "ticket-field/app-id", lambda _: {"active": False}),
    ("field deleted", "organization-field/account-type", lambda _: None),
    ("category renamed", "trigger-category/gupshup", lambda _: {"name": "WhatsApp"}),
)


def alter(zendesk: Zendesk, ids: Mapping[str, str], key: str, change: Alter) -> None:
    """Do by hand what the alteration says, through the API."""
    kind = kind_of(key)
    path = f"{kind.plural}/{ids[key]}"
    body = change(dict(zendesk.get(path)[kind.name]))
    if body is None:
        zendesk.write("DELETE", path)
    else:
        zendesk.write(kind.change, path, {kind.name: body})


# --- Zendesk's own description ------------------------------------------------------------------------------------


class _Loader(yaml.CSafeLoader):
    """The file has a bare `=`, which YAML 1.1 takes for a value of its own and PyYAML then cannot build."""


_Loader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:value"]
    for key, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

# The description says nothing of these bodies; the object that is answered is the nearest that it has.
_OBJECTS = {
    "ticket_fields": ("ticket_field", "TicketFieldObject"),
    "organization_fields": ("organization_field", "OrganizationFieldObject"),
    "views": ("view", "ViewObject"),
    "automations": ("automation", "AutomationObject"),
}
# Where the description is at odds with what a real account answers or its own reference: a value may be a list in an
# automation as in a trigger, and a field's PUT leaves out what cannot change.
_LIST_VALUES = {"automations"}


def descriptions(shared: Path) -> tuple[Json, Json]:
    """The Support API's description and the webhooks' (unofficial), with `nullable` in JSON Schema's words."""
    files = (shared / "zendesk" / name for name in ("oas.yaml", "webhooks-openapi-unofficial.yaml"))
    found = [yaml.load(file.read_text(encoding="utf-8"), _Loader) for file in files]
    return _with_null(found[0]), _with_null(found[1])


def _with_null(node: Any) -> Any:
    if isinstance(node, list):
        return [_with_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _with_null(value) for key, value in node.items() if key not in ("nullable", "example", "examples")}
    return {"anyOf": [{"type": "null"}, plain]} if node.get("nullable") is True else plain


def problems(documents: tuple[Json, Json], call: tuple[str, str, Json | None]) -> list[str]:
    """What is not right with one request by the description: its path, its method, its body."""
    method, path, body = call
    name = path.partition("?")[0].removesuffix(".json").strip("/")
    plural = name.split("/")[0]
    document, prefix = (documents[1], "") if plural == "webhooks" else (documents[0], "/api/v2")
    template = next((t for t in document["paths"] if _fits(t, f"{prefix}/{name}")), None)
    if template is None:
        return [f"no path {name}"]
    operation = document["paths"][template].get(method.lower())
    if operation is None:
        return [f"no {method} {template}"]
    if method not in ("POST", "PUT", "PATCH"):
        return []
    given = ((operation.get("requestBody") or {}).get("content") or {}).get("application/json") or {}
    schema = given.get("schema")
    if schema is None:
        key, model = _OBJECTS[plural]
        part: Json = {"$ref": f"#/components/schemas/{model}"}
        schema = {"type": "object", "properties": {key: part}, "required": [key]}
    root = {**schema, "components": {"schemas": document["components"]["schemas"]}}
    errors = jsonschema.Draft4Validator(root).iter_errors(body)
    told = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:120]}" for e in errors]
    if plural in _LIST_VALUES:
        told = [text for text in told if not re.search(r"actions/\d+/value: \[", text)]
    if method != "POST" and plural in _OBJECTS:
        told = [text for text in told if "is a required property" not in text]
    return told


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path) is not None
