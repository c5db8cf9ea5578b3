"""Groups, fields, macros, triggers, views and automations by Zendesk's paths."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from . import rules
from .api_tickets import shown, side_loads
from .call import Answer, ApiCall, Endpoint, page, warn
from .errors import invalid, not_found
from .kinds import BY_PLURAL, KINDS, ObjectKind, make, records
from .shapes import Json
from .store import SandboxStore


def _kind(call: ApiCall) -> ObjectKind:
    return BY_PLURAL[call.path.removeprefix("/api/v2/").split("/")[0]]


def _record(call: ApiCall) -> Json:
    row = records(call.store, _kind(call).plural).get(int(call.params["id"]) if str(call.params["id"]).isdigit() else 0)
    if row is None:
        raise not_found()
    return row


def _out(kind: ObjectKind, row: Json) -> Json:
    """A category's id is a string, unlike any other."""
    return (
        {**{k: v for k, v in row.items() if k != "url"}, "id": str(row["id"])}
        if kind.name == "trigger_category"
        else row
    )


def index(call: ApiCall) -> Answer:
    kind = _kind(call)
    found = list(records(call.store, kind.plural).values())
    if call.query.get("active") in ("true", "false") or call.path.endswith("/active"):
        wanted = call.query.get("active", "true") == "true"
        found = [row for row in found if row.get("active") == wanted]
    rows = page(call, kind.plural, found)
    return Answer({**rows, kind.plural: [_out(kind, row) for row in rows[kind.plural]]})


def create(call: ApiCall) -> Answer:
    kind = _kind(call)
    given = call.record(kind.name)
    row = make(call.store, kind.plural, given)
    headers = warn(kind.plural, "create", kind.name, given, kind.settable)
    link = {"location": f"{call.base}/api/v2/{kind.plural}/{row['id']}.json"}
    return Answer({kind.name: _out(kind, row)}, 201, link | headers)


def show(call: ApiCall) -> Answer:
    kind = _kind(call)
    return Answer({kind.name: _out(kind, _record(call))})


def update(call: ApiCall) -> Answer:
    kind, old = _kind(call), _record(call)
    given = call.record(kind.name)
    settable = kind.settable - {"type", "key"} if kind.plural.endswith("_fields") else kind.settable
    row = {**old, **{k: v for k, v in given.items() if k in old and k in settable}, "updated_at": call.store.stamp()}
    row = kind.complete(call.store, given, row) if kind.complete else row
    records(call.store, kind.plural)[row["id"]] = row
    return Answer({kind.name: _out(kind, row)}, headers=warn(kind.plural, "update", kind.name, given, settable))


def delete(call: ApiCall) -> Answer:
    kind, row = _kind(call), _record(call)
    if row.get("removable") is False:
        raise invalid(base="Field is a system field and cannot be deleted")
    if kind.name == "trigger_category" and any(
        t["category_id"] == str(row["id"]) for t in call.store.triggers.values()
    ):
        raise invalid(base="Category has triggers")
    del records(call.store, kind.plural)[row["id"]]
    return Answer(status=204)


def options(call: ApiCall) -> Answer:
    """The choices of a drop-down field."""
    return Answer(page(call, "custom_field_options", _record(call).get("custom_field_options") or []))


def of_view(store: SandboxStore, view: Json, user: Json) -> list[Json]:
    """The tickets a view shows; its conditions are those of triggers."""
    found = store.tickets.values()
    return [ticket for ticket in found if rules.fires(view["conditions"], rules.Moment(ticket, ticket, None, user))]


def view_tickets(call: ApiCall) -> Answer:
    rows = page(call, "tickets", of_view(call.store, _record(call), call.user))
    rows["tickets"] = [shown(call.store, ticket) for ticket in rows["tickets"]]
    return Answer(rows | side_loads(call.store, rows["tickets"], call.includes))


def view_count(call: ApiCall) -> Answer:
    view = _record(call)
    value = len(of_view(call.store, view, call.user))
    link = f"/api/v2/views/{view['id']}/count.json"
    return Answer(
        {"view_count": {"url": link, "view_id": view["id"], "value": value, "pretty": str(value), "fresh": True}}
    )


def count(call: ApiCall) -> Answer:
    refreshed = datetime.fromtimestamp(call.store.now(), UTC).isoformat(timespec="seconds")
    return Answer({"count": {"value": len(records(call.store, _kind(call).plural)), "refreshed_at": refreshed}})


def assignable(call: ApiCall) -> Answer:
    return Answer(page(call, "groups", list(call.store.groups.values())))


def _endpoints() -> list[Endpoint]:
    found: list[Endpoint] = [
        ("GET", "/groups/assignable", assignable),
        ("GET", "/views/active", index),
        ("GET", "/macros/active", index),
        ("GET", "/triggers/active", index),
        ("GET", "/views/count", count),
        ("GET", "/views/{id}/tickets", view_tickets),
        ("GET", "/views/{id}/count", view_count),
        ("GET", "/ticket_fields/{id}/options", options),
    ]
    handlers: tuple[tuple[str, str, Any], ...] = (
        ("GET", "", index),
        ("POST", "", create),
        ("GET", "/{id}", show),
        ("PUT", "/{id}", update),
        ("PATCH", "/{id}", update),
        ("DELETE", "/{id}", delete),
    )
    return found + [(method, f"/{kind.plural}{tail}", handler) for kind in KINDS for method, tail, handler in handlers]


ENDPOINTS = _endpoints()
